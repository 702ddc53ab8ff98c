#include "base/base.h"
#include "hall/sealed.h"

#include "store/seal.h"

#define SEALED_JSON	(64 * 1024)

int
sealed_put(const struct hall *h, const char *column, const void *p, size_t len, struct buf *out,
    struct err *err)
{
	seal_add(hall_seal(h), column, p, len, out);
	return buf_check(out, err);
}

int
sealed_get(const struct hall *h, const char *column, const void *p, size_t len, struct buf *out,
    struct err *err)
{
	return seal_open(hall_seal(h), column, p, len, out, err);
}

int
sealed_put_json(const struct hall *h, const char *column, const json_t *j, struct buf *out,
    struct err *err)
{
	struct buf	text = {0};
	int		rc = -1;

	buf_init(&text, SEALED_JSON);
	json_write(j, &text);
	if (buf_check(&text, err) == 0)
		rc = sealed_put(h, column, text.p, text.len, out, err);
	buf_free(&text);
	return rc;
}

int
sealed_get_json(const struct hall *h, const char *column, struct rows *rows, int col,
    json_t **out, struct err *err)
{
	struct buf	 text = {0};
	const void	*p = NULL;
	size_t		 len = 0;
	int		 rc = -1;

	p = rows_blob(rows, col, &len);
	if (len == 0) {
		*out = json_object();
		return 0;
	}
	buf_init(&text, SEALED_JSON);
	if (sealed_get(h, column, p, len, &text, err) == 0)
		rc = json_parse(text.p, text.len, SEALED_JSON, out, err);
	buf_free(&text);
	return rc;
}

void
keyed(const struct hall *h, const char *column, const char *text, char digest[KEYED_TEXT])
{
	seal_digest(hall_seal(h), column, text, digest);
}

void
keyed_pair(const struct hall *h, const char *column, const char *a, const char *b,
    char digest[KEYED_TEXT])
{
	char	*both = xasprintf("%s|%s", a, b);

	keyed(h, column, both, digest);
	free(both);
}

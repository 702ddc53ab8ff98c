#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "pki/sm2.h"
#include "token/assistant.h"
#include "token/signable.h"

#include <pthread.h>

#define SIGNED_FILE	(256 * 1024)

static pthread_mutex_t	signed_lock = PTHREAD_MUTEX_INITIALIZER;

/* The rows, oldest first; an empty array when there are none or the file is damaged. */
static json_t *
signed_load(const char *path)
{
	struct err	 err = {0};
	struct buf	 b;
	json_t		*rows = NULL;

	buf_init(&b, SIGNED_FILE);
	if (file_read(path, &b, &err) < 0 || json_parse(b.p, b.len, 0, &rows, &err) < 0 ||
	    !json_is_array(rows)) {
		json_decref(rows);
		rows = json_array();
	}
	buf_free(&b);
	return rows;
}

static json_t *
signed_row(const char *origin, const char *text, const char *serial)
{
	unsigned char	 digest[SM2_DIGEST_LEN];
	char		 hex[2 * SM2_DIGEST_LEN + 1], when[CLOCK_TEXT];
	const char	*kind = "";
	struct err	 err = {0};

	if (signable_kind(text, strlen(text), &kind, &err) < 0)
		kind = "?";
	sm3(text, strlen(text), digest);
	hex_encode(digest, sizeof(digest), hex);
	return json_pack("{s:s,s:s,s:s,s:s,s:s}", "time", clock_datetime(clock_now(), when),
	    "origin", origin, "kind", kind, "digest", hex, "serial", serial);
}

int
signed_add(const struct assistant *a, const char *origin, const char *text, const char *serial,
    struct err *err)
{
	char		*path = xasprintf("%s/signed.json", a->state_dir);
	json_t		*rows;
	struct buf	 b;
	int		 rc;

	pthread_mutex_lock(&signed_lock);
	rows = signed_load(path);
	json_array_append_new(rows, signed_row(origin, text, serial));
	while (json_array_size(rows) > SIGNED_KEPT)
		json_array_remove(rows, 0);
	buf_init(&b, SIGNED_FILE);
	json_write(rows, &b);
	if ((rc = buf_check(&b, err)) == 0 &&
	    (rc = file_mkdirs(a->state_dir, 0700, err)) == 0)
		rc = file_write(path, b.p, b.len, 0600, err);
	pthread_mutex_unlock(&signed_lock);
	buf_free(&b);
	json_decref(rows);
	free(path);
	return rc;
}

void
signed_list(const struct assistant *a, json_t *out)
{
	char	*path = xasprintf("%s/signed.json", a->state_dir);
	json_t	*rows, *list = json_array();

	pthread_mutex_lock(&signed_lock);
	rows = signed_load(path);
	pthread_mutex_unlock(&signed_lock);
	for (size_t i = json_array_size(rows); i-- > 0;)
		json_array_append(list, json_array_get(rows, i));
	json_object_set_new(out, "signed", list);
	json_decref(rows);
	free(path);
}

#include "base/base.h"
#include "base/limits.h"
#include "base/str.h"
#include "http/multipart.h"

#define MULTIPART_HEAD_MAX	4096	/* headers of one part */

char *
multipart_parameter(struct arena *a, const char *header, const char *name)
{
	size_t	 n = strlen(name);

	for (const char *p = strchr(header, ';'); p != NULL; p = strchr(p, ';')) {
		p += 1 + strspn(p + 1, " \t");
		if (strncasecmp(p, name, n) != 0 || p[n] != '=') {
			const char	*quote = strchr(p, '"'), *semi = strchr(p, ';');

			/* a ';' inside quotes does not end a parameter */
			if (quote != NULL && semi != NULL && quote < semi &&
			    (quote = strchr(quote + 1, '"')) != NULL)
				p = quote;
			continue;
		}
		p += n + 1;
		if (*p != '"')
			return arena_strndup(a, p, strcspn(p, "; \t"));
		p++;
		return arena_strndup(a, p, strcspn(p, "\""));
	}
	return NULL;
}

/* One header line of a part, by lower-case name; "" when absent. */
static const char *
part_header(struct arena *a, const char *head, size_t len, const char *name)
{
	size_t		 n = strlen(name);
	const char	*end = head + len;

	while (head < end) {
		const char	*eol = memmem(head, (size_t)(end - head), "\r\n", 2);

		if (eol == NULL)
			eol = end;
		if ((size_t)(eol - head) > n && strncasecmp(head, name, n) == 0 &&
		    head[n] == ':') {
			char	*value = arena_strndup(a, head + n + 1,
			    (size_t)(eol - head) - n - 1);

			str_trim(value);
			return value;
		}
		head = eol + 2;
	}
	return "";
}

static int
part_parse(struct arena *a, const char *head, size_t len, struct multipart_part *out,
    struct err *err)
{
	const char	*disposition = part_header(a, head, len, "content-disposition");
	char		*filename;

	if (strncasecmp(disposition, "form-data", 9) != 0)
		return err_set(err, ERR_INPUT, "a part without Content-Disposition: form-data");
	out->name = multipart_parameter(a, disposition, "name");
	filename = multipart_parameter(a, disposition, "filename");
	out->type = part_header(a, head, len, "content-type");
	if (out->name == NULL || !utf8_is_valid(out->name, strlen(out->name)))
		return err_set(err, ERR_INPUT, "a part without a name");
	if (filename != NULL) {
		for (const char *p = filename; *p != '\0'; p++)
			if (*p == '/' || *p == '\\')
				filename = filename + (p - filename) + 1;
		if (!utf8_is_valid(filename, strlen(filename)))
			filename = arena_strdup(a, "upload");
	}
	out->filename = filename;
	return 0;
}

/* The end of the current part: CRLF "--" boundary. */
static const char *
part_end(const char *p, const char *end, const char *mark, size_t mark_len)
{
	return memmem(p, (size_t)(end - p), mark, mark_len);
}

int
multipart_parse(struct arena *a, const char *content_type, const char *body, size_t len,
    struct multipart_part **parts, size_t *n, struct err *err)
{
	const char	*boundary = multipart_parameter(a, content_type, "boundary");
	const char	*p = body, *end = body + len;
	char		*mark;
	size_t		 mark_len;

	*n = 0;
	if (strncasecmp(content_type, "multipart/form-data", 19) != 0 || boundary == NULL ||
	    boundary[0] == '\0' || strlen(boundary) > 70)
		return err_set(err, ERR_INPUT, "no multipart/form-data with a boundary");
	*parts = arena_alloc(a, LIMIT_FORM_FIELDS * sizeof(**parts));
	mark = arena_printf(a, "\r\n--%s", boundary);
	mark_len = strlen(mark);
	if (len < mark_len || memcmp(p, mark + 2, mark_len - 2) != 0)
		return err_set(err, ERR_INPUT, "the body does not begin with its boundary");
	p += mark_len - 2;
	while (end - p >= 2 && memcmp(p, "--", 2) != 0) {
		struct multipart_part	*part = &(*parts)[*n];
		const char		*head = p + 2, *data, *stop;

		if (*n == LIMIT_FORM_FIELDS)
			return err_set(err, ERR_LIMIT, "more than %d parts", LIMIT_FORM_FIELDS);
		if (memcmp(p, "\r\n", 2) != 0 ||
		    (data = memmem(head, (size_t)(end - head), "\r\n\r\n", 4)) == NULL ||
		    data - head > MULTIPART_HEAD_MAX ||
		    (stop = part_end(data + 2, end, mark, mark_len)) == NULL)
			return err_set(err, ERR_INPUT, "a part is cut off");
		if (part_parse(a, head, (size_t)(data - head), part, err) < 0)
			return -1;
		part->data = data + 4;
		part->len = stop < part->data ? 0 : (size_t)(stop - part->data);
		(*n)++;
		p = stop + mark_len;
	}
	if (end - p < 2)
		return err_set(err, ERR_INPUT, "the body has no closing boundary");
	return 0;
}

#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/str.h"

/* Just enough of MIME to show a message: headers, one level of multipart, base64. */

#define MIME_MAX	(4 * 1024 * 1024)

/* The unfolded value of a header in [p, end) into out; names in any case. */
static void
mime_header(const char *p, const char *end, const char *name, struct buf *out)
{
	size_t		 n = strlen(name);
	const char	*eol;
	bool		 on = false;

	for (; p < end; p = eol + 1) {
		if ((eol = memchr(p, '\n', (size_t)(end - p))) == NULL)
			eol = end;
		if (*p != ' ' && *p != '\t') {
			if (on)
				return;
			if ((size_t)(eol - p) > n && strncasecmp(p, name, n) == 0 && p[n] == ':') {
				on = true;
				p += n + 1;
			}
		}
		if (on)
			buf_add(out, p, (size_t)(eol - p) -
			    (eol > p && eol[-1] == '\r' ? 1 : 0));
	}
}

/* Encoded words in base64 to text; blanks between two of them do not count. */
static void
mime_words(const char *p, struct buf *out)
{
	const char	*end, *next;

	p += strspn(p, " \t");
	while (*p != '\0') {
		if (strncasecmp(p, "=?UTF-8?B?", 10) == 0 && (end = strstr(p + 10, "?=")) != NULL) {
			if (base64_decode(p + 10, (size_t)(end - p - 10), out) < 0)
				buf_addstr(out, "(?)");
			p = end + 2;
			next = p + strspn(p, " \t");
			if (strncmp(next, "=?", 2) == 0)
				p = next;
			continue;
		}
		buf_addch(out, *p++);
	}
}

static void
mime_set_header(json_t *m, const char *key, const char *p, const char *end, const char *name)
{
	struct buf	 raw, text;

	buf_init(&raw, 65536);
	buf_init(&text, 65536);
	mime_header(p, end, name, &raw);
	mime_words(raw.p, &text);
	js_set_str(m, key, utf8_is_valid(text.p, text.len) ? text.p : "(bad UTF-8)");
	buf_free(&raw);
	buf_free(&text);
}

static void	mime_multipart(json_t *m, const char *boundary, const char *p, const char *end);

/* "--boundary" of a multipart type; "" for another. */
static const char *
mime_boundary(const char *type, char boundary[128])
{
	const char	*b = strcasestr(type, "boundary=\"");

	boundary[0] = '\0';
	if (strcasestr(type, "multipart/") != NULL && b != NULL)
		snprintf(boundary, 128, "--%.*s", (int)strcspn(b + 10, "\""), b + 10);
	return boundary;
}

/* An attachment: "file": {"name","type","bytes" (how many)}. */
static void
mime_file(json_t *m, const char *type, const char *disposition, size_t bytes)
{
	const char	*mark = strstr(disposition, "filename=\"");
	struct buf	 raw, name;

	buf_init(&raw, 4096);
	buf_init(&name, 4096);
	if (mark != NULL)
		buf_add(&raw, mark + 10, strcspn(mark + 10, "\""));
	mime_words(raw.p, &name);
	json_object_set_new(m, "file", json_pack("{s:s,s:s,s:I}", "name", name.p, "type",
	    type + strspn(type, " \t"),
	    "bytes", (json_int_t)bytes));
	buf_free(&raw);
	buf_free(&name);
}

/* A body part, decoded, as "text" or "html"; or a file, or parts again. */
static void
mime_part(json_t *m, const char *p, const char *head_end, const char *end)
{
	const char	*body = head_end;
	struct buf	 type, coding, packed, text, disposition;
	char		 boundary[128];

	buf_init(&disposition, 4096);
	buf_init(&type, 4096);
	buf_init(&coding, 4096);
	buf_init(&packed, MIME_MAX);
	buf_init(&text, MIME_MAX);
	mime_header(p, head_end, "Content-Type", &type);
	mime_header(p, head_end, "Content-Transfer-Encoding", &coding);
	mime_header(p, head_end, "Content-Disposition", &disposition);
	if (strcasestr(coding.p, "base64") != NULL) {
		for (; body < end; body++)
			if (strchr(" \t\r\n", *body) == NULL)
				buf_addch(&packed, *body);
		if (base64_decode(packed.p, packed.len, &text) < 0)
			buf_addstr(&text, "(bad base64)");
	} else {
		buf_add(&text, body, (size_t)(end - body));
	}
	if (mime_boundary(type.p, boundary)[0] != '\0')
		mime_multipart(m, boundary, head_end, end);
	else if (strcasestr(disposition.p, "attachment") != NULL)
		mime_file(m, type.p, disposition.p, text.len);
	else
		js_set_str(m, strcasestr(type.p, "text/html") != NULL ? "html" : "text",
		    utf8_is_valid(text.p, text.len) ? text.p : "(bad UTF-8)");
	buf_free(&disposition);
	buf_free(&type);
	buf_free(&coding);
	buf_free(&packed);
	buf_free(&text);
}

/* Where the body begins: behind the blank line. */
static const char *
mime_body(const char *p, const char *end)
{
	const char	*blank = memmem(p, (size_t)(end - p), "\r\n\r\n", 4);

	return blank == NULL ? end : blank + 4;
}

static void
mime_multipart(json_t *m, const char *boundary, const char *p, const char *end)
{
	size_t		 n = strlen(boundary);
	const char	*part = NULL, *mark;

	while ((mark = memmem(p, (size_t)(end - p), boundary, n)) != NULL) {
		if (part != NULL)
			mime_part(m, part, mime_body(part, mark), mark);
		p = mark + n;
		if (end - p >= 2 && p[0] == '-' && p[1] == '-')
			return;
		part = p + strspn(p, "\r\n");
	}
}

json_t *
sb_mime_read(const char *p, size_t len)
{
	const char	*end = p + len, *body = mime_body(p, end);
	json_t		*m = json_object();
	struct buf	 type;
	char		 boundary[128];

	mime_set_header(m, "from", p, body, "From");
	mime_set_header(m, "subject", p, body, "Subject");
	mime_set_header(m, "message_id", p, body, "Message-ID");
	mime_set_header(m, "date", p, body, "Date");
	js_set_str(m, "text", "");
	js_set_str(m, "html", "");
	buf_init(&type, 4096);
	mime_header(p, body, "Content-Type", &type);
	if (mime_boundary(type.p, boundary)[0] != '\0') {
		mime_multipart(m, boundary, body, end);
	} else {
		mime_part(m, p, body, end);
	}
	buf_free(&type);
	return m;
}

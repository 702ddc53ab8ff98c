#include "base/base.h"
#include "base/str.h"
#include "base/url.h"
#include "http/parse.h"

/* tchar of RFC 9110 5.6.2 */
static bool
is_token_char(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* The end of the head (after the blank line), 0 for more, -1 for a bare LF or a NUL. */
static ssize_t
head_end(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i] == '\0')
			return -1;
		if (p[i] == '\r' && i + 1 < len && p[i + 1] != '\n')
			return -1;
		if (p[i] != '\n')
			continue;
		if (i == 0 || p[i - 1] != '\r')
			return -1;
		if (i >= 3 && p[i - 2] == '\n')
			return (ssize_t)i + 1;
	}
	return 0;
}

/* "GET /x HTTP/1.1": exactly one blank between the parts (RFC 9112 3). */
static int
parse_request_line(char *line, struct http_head *h)
{
	char	*sp1 = strchr(line, ' '), *sp2;

	if (sp1 == NULL || sp1 == line || (sp2 = strchr(sp1 + 1, ' ')) == NULL ||
	    sp2 == sp1 + 1 || strchr(sp2 + 1, ' ') != NULL)
		return -400;
	*sp1 = *sp2 = '\0';
	h->method = line;
	h->target = sp1 + 1;
	for (const char *m = h->method; *m != '\0'; m++)
		if (*m < 'A' || *m > 'Z' || m - h->method > 15)
			return -400;
	for (const char *t = h->target; *t != '\0'; t++)
		if ((unsigned char)*t <= 0x20 || (unsigned char)*t >= 0x7f)
			return -400;
	if (!str_has_prefix(sp2 + 1, "HTTP/"))
		return -400;
	if (!str_has_prefix(sp2 + 1, "HTTP/1.") || strlen(sp2 + 1) != 8 ||
	    (sp2[8] != '0' && sp2[8] != '1'))
		return -505;
	h->minor = sp2[8] - '0';
	return h->target[0] == '/' ? 0 : -400;
}

static int
parse_header(char *line, struct http_header *out)
{
	char	*colon = strchr(line, ':'), *end;

	if (colon == NULL || colon == line)
		return -400;
	*colon = '\0';
	for (char *c = line; *c != '\0'; c++) {
		if (!is_token_char((unsigned char)*c))
			return -400;
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	}
	out->name = line;
	for (colon++; *colon == ' ' || *colon == '\t';)
		colon++;
	for (end = colon + strlen(colon); end > colon && (end[-1] == ' ' || end[-1] == '\t');)
		end--;
	*end = '\0';
	for (const char *c = colon; *c != '\0'; c++)
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return -400;
	out->value = colon;
	return 0;
}

static int
parse_length(const char *value, struct http_head *h)
{
	int64_t	 n;

	if (h->has_length || str_to_i64(value, INT64_MAX, &n) < 0)
		return -400;
	h->has_length = true;
	h->length = (uint64_t)n;
	return 0;
}

/* What the framing and the connection depend on. */
static int
parse_meaning(struct http_head *h)
{
	int	 hosts = 0, rc = 0;
	bool	 coding = false;

	for (size_t i = 0; i < h->n_headers && rc == 0; i++) {
		const char	*name = h->headers[i].name, *value = h->headers[i].value;

		if (strcmp(name, "host") == 0) {
			hosts++;
		} else if (strcmp(name, "content-length") == 0) {
			rc = parse_length(value, h);
		} else if (strcmp(name, "transfer-encoding") == 0) {
			rc = coding ? -400 : strcasecmp(value, "chunked") == 0 ? 0 : -501;
			coding = h->chunked = true;
		} else if (strcmp(name, "connection") == 0) {
			h->close |= strcasestr(value, "close") != NULL;
		} else if (strcmp(name, "expect") == 0) {
			h->expect_continue |= strcasecmp(value, "100-continue") == 0;
		}
	}
	if (rc == 0 && (hosts > 1 || (hosts == 0 && h->minor == 1)))
		rc = -400;
	if (rc == 0 && h->chunked && (h->has_length || h->minor == 0))
		rc = -400;
	h->close |= h->minor == 0;
	return rc;
}

int
http_head_parse(char *p, size_t len, struct http_head *out)
{
	ssize_t	 end = head_end(p, len);
	char	*line, *next;
	int	 rc;

	*out = (struct http_head){0};
	if (end < 0)
		return -400;
	if (end == 0)
		return len >= LIMIT_HTTP_HEADER ?
		    (memchr(p, '\n', len) == NULL ? -414 : -431) : 0;
	if ((size_t)end > LIMIT_HTTP_HEADER)
		return -431;
	for (line = p; (next = strstr(line, "\r\n")) != line; line = next + 2) {
		*next = '\0';
		if (line == p) {
			rc = parse_request_line(line, out);
		} else if (out->n_headers == LIMIT_HTTP_HEADERS) {
			rc = -431;
		} else {
			rc = line[0] == ' ' || line[0] == '\t' ? -400 :
			    parse_header(line, &out->headers[out->n_headers++]);
		}
		if (rc < 0)
			return rc;
	}
	if (out->method == NULL)
		return -400;
	rc = parse_meaning(out);
	return rc < 0 ? rc : (int)end;
}

enum { CHUNK_SIZE, CHUNK_SIZE_LF, CHUNK_DATA, CHUNK_DATA_CR, CHUNK_DATA_LF, CHUNK_TRAILER,
	CHUNK_TRAILER_LF, CHUNK_END_LF, CHUNK_TRAILER_LINE };

static int
chunk_size_byte(struct http_chunk *c, char b)
{
	int	 v = b >= '0' && b <= '9' ? b - '0' : b >= 'a' && b <= 'f' ? b - 'a' + 10 :
	    b >= 'A' && b <= 'F' ? b - 'A' + 10 : -1;

	if (b == '\r' && c->digits > 0) {
		c->state = CHUNK_SIZE_LF;
		return 0;
	}
	if (v < 0 || ++c->digits > 8)
		return -1;
	c->left = c->left * 16 + (uint64_t)v;
	return 0;
}

/* One byte that is not chunk data. */
static int
chunk_byte(struct http_chunk *c, char b, bool *done)
{
	switch (c->state) {
	case CHUNK_SIZE:
		return chunk_size_byte(c, b);
	case CHUNK_SIZE_LF:
		c->state = c->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
		return b == '\n' ? 0 : -1;
	case CHUNK_DATA_CR:
		c->state = CHUNK_DATA_LF;
		return b == '\r' ? 0 : -1;
	case CHUNK_DATA_LF:
		c->state = CHUNK_SIZE;
		c->digits = 0;
		return b == '\n' ? 0 : -1;
	case CHUNK_TRAILER:		/* at the start of a trailer line */
		c->state = b == '\r' ? CHUNK_END_LF : CHUNK_TRAILER_LINE;
		return b == '\n' || b == '\0' ? -1 : 0;
	case CHUNK_TRAILER_LINE:
		if (b == '\r')
			c->state = CHUNK_TRAILER_LF;
		return b == '\n' || b == '\0' || ++c->trailer > 4096 ? -1 : 0;
	case CHUNK_TRAILER_LF:
		c->state = CHUNK_TRAILER;
		return b == '\n' ? 0 : -1;
	case CHUNK_END_LF:
		*done = true;
		return b == '\n' ? 0 : -1;
	}
	return -1;
}

ssize_t
http_chunk_feed(struct http_chunk *c, const char *p, size_t len, bool *done,
    void (*data)(void *arg, const char *p, size_t len), void *arg)
{
	size_t	 i = 0;

	while (i < len && !*done) {
		if (c->state == CHUNK_DATA) {
			size_t	 n = len - i < c->left ? len - i : (size_t)c->left;

			data(arg, p + i, n);
			c->left -= n;
			i += n;
			if (c->left == 0)
				c->state = CHUNK_DATA_CR;
			continue;
		}
		if (chunk_byte(c, p[i++], done) < 0)
			return -1;
	}
	return (ssize_t)i;
}

static bool
path_is_clean(const char *path, size_t len, bool slashes)
{
	if (path[0] != '/' || !utf8_is_valid(path, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)path[i] < 0x20 || path[i] == 0x7f || path[i] == '\\')
			return false;
	for (const char *s = path; s != NULL; s = strchr(s + 1, '/')) {
		size_t	 n = strcspn(s + 1, "/");

		if ((n == 0 && s[1] == '/' && !slashes) || (n == 1 && s[1] == '.') ||
		    (n == 2 && s[1] == '.' && s[2] == '.'))
			return false;
	}
	return true;
}

char *
http_path_decode(struct arena *a, const char *target, bool slashes, const char **query)
{
	const char	*mark = strchr(target, '?');
	size_t		 n = mark == NULL ? strlen(target) : (size_t)(mark - target);
	struct buf	 b;
	char		*path = NULL;

	*query = mark == NULL ? "" : mark + 1;
	buf_init(&b, LIMIT_HTTP_HEADER);
	if (url_decode(&b, target, n, false) == 0 && path_is_clean(b.p, b.len, slashes))
		path = arena_strndup(a, b.p, b.len);
	buf_free(&b);
	return path;
}

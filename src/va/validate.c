#include "base/base.h"
#include "base/clock.h"
#include "base/str.h"
#include "va/work.h"

#include <time.h>

/* Validators and ranges of HTTP (RFC 9110 8.8, 13, 14). */

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static void
http_date(int64_t ms, char text[40])
{
	static const char	 days[] = "SunMonTueWedThuFriSat";
	static const char	 months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t			 t = (time_t)(ms / 1000);
	struct tm		 tm = {0};

	gmtime_r(&t, &tm);
	snprintf(text, 40, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * (tm.tm_wday % 7),
	    tm.tm_mday, months + 3 * (tm.tm_mon % 12), tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
}

/* The tag stands in the list, weak or not; "*" names any. */
static bool
etag_is_in(const char *list, const char *etag)
{
	const char	*at = strstr(list, etag);

	return strcmp(list, "*") == 0 || at != NULL;
}

/* RFC 9110 13.2.2: a tag outranks a date; a date counts when it is the one we gave. */
static bool
is_unchanged(const struct http_request *req, const char *etag, const char *modified)
{
	const char	*tag = http_header(req, "if-none-match");
	const char	*since = http_header(req, "if-modified-since");

	if (tag != NULL)
		return etag_is_in(tag, etag);
	return since != NULL && modified[0] != '\0' && strcmp(since, modified) == 0;
}

/*
 * Dates have whole seconds: while another answer of the same second may still take this one's
 * place, here or at another va, its date tells nobody anything (RFC 9110 8.8.2.2).
 */
static bool
is_settled(int64_t modified)
{
	return clock_now() / 1000 > (modified + va_fresh_ms()) / 1000 + 1;
}

/* One range of a body of n bytes: 1 a part, 0 all of it (not understood), -1 outside. */
static int
range_parse(const char *text, int64_t n, int64_t *from, int64_t *to)
{
	char		 first[20] = "", last[20] = "";
	const char	*dash;

	if (strncasecmp(text, "bytes=", 6) != 0 || (dash = strchr(text += 6, '-')) == NULL ||
	    (size_t)(dash - text) >= sizeof(first) || strlen(dash + 1) >= sizeof(last))
		return 0;
	snprintf(first, sizeof(first), "%.*s", (int)(dash - text), text);
	snprintf(last, sizeof(last), "%s", dash + 1);
	if (first[0] == '\0') {
		if (str_to_i64(last, INT64_MAX, from) < 0)
			return 0;
		if (*from == 0)
			return -1;
		*to = n - 1;
		*from = *from > n ? 0 : n - *from;
		return n > 0 ? 1 : -1;
	}
	*to = n - 1;
	if (str_to_i64(first, INT64_MAX, from) < 0 ||
	    (last[0] != '\0' && str_to_i64(last, INT64_MAX, to) < 0) ||
	    (last[0] != '\0' && *to < *from))
		return 0;
	*to = MIN(*to, n - 1);
	return *from < n ? 1 : -1;
}

static size_t
body_len(const struct http_response *res)
{
	return res->fixed != NULL ? res->fixed_len : res->body.len;
}

static void
body_cut(struct http_response *res, size_t from, size_t len)
{
	if (res->fixed != NULL) {
		res->fixed = (const char *)res->fixed + from;
		res->fixed_len = len;
	} else {
		memmove(res->body.p, res->body.p + from, len);
		res->body.len = len;
	}
}

static void
respond_range(const struct http_request *req, struct http_response *res, const char *etag,
    const char *modified)
{
	const char	*range = http_header(req, "range"), *only = http_header(req, "if-range");
	int64_t		 n = (int64_t)body_len(res), from, to;

	http_respond_header(res, "Accept-Ranges", "bytes");
	if (range == NULL || strcmp(req->method, "GET") != 0 ||
	    (only != NULL && strcmp(only, etag) != 0 && strcmp(only, modified) != 0))
		return;
	switch (range_parse(range, n, &from, &to)) {
	case 1:
		res->status = 206;
		http_respond_header(res, "Content-Range", "bytes %" PRId64 "-%" PRId64 "/%" PRId64,
		    from, to, n);
		body_cut(res, (size_t)from, (size_t)(to - from + 1));
		break;
	case -1:
		res->status = 416;
		http_respond_header(res, "Content-Range", "bytes */%" PRId64, n);
		http_respond_clear(res);
		break;
	default:
		break;
	}
}

void
va_respond_cached(const struct http_request *req, struct http_response *res,
    const struct va_caching *c)
{
	const char	*match = http_header(req, "if-match");
	unsigned char	 digest[SM2_DIGEST_LEN];
	char		 hex[33], etag[40], modified[40] = "";

	if (c->etag == NULL) {
		sm3(res->body.p, res->body.len, digest);
		hex_encode(digest, 16, hex);
		snprintf(etag, sizeof(etag), "\"%s\"", hex);
	} else {
		snprintf(etag, sizeof(etag), "%s", c->etag);
	}
	http_respond_header(res, "ETag", "%s", etag);
	if (c->modified != 0 && is_settled(c->modified)) {
		http_date(c->modified, modified);
		http_respond_header(res, "Last-Modified", "%s", modified);
	}
	http_respond_header(res, "Cache-Control", c->max_age > 0 ? "max-age=%" PRId64 ", public, "
	    "no-transform, must-revalidate" : "no-cache, max-age=%" PRId64,
	    c->max_age > 0 ? c->max_age : 0);
	if (match != NULL && !etag_is_in(match, etag)) {
		res->status = 412;
		http_respond_clear(res);
	} else if (is_unchanged(req, etag, modified)) {
		res->status = 304;
		http_respond_clear(res);
	} else if (c->range) {
		respond_range(req, res, etag, modified);
	}
}

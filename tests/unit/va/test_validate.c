#include "unit.h"
#include "base/clock.h"
#include "va/work.h"

#define MODIFIED	INT64_C(784111777000)	/* Sun, 06 Nov 1994 08:49:37 GMT */

/* The answer for "0123456789" to a request with one header more. */
static void
get(const char *name, const char *value, struct http_response *res)
{
	struct http_header	 h = {name, value};
	struct http_request	 req = {.method = "GET", .path = "/", .headers = &h,
		.n_headers = name == NULL ? 0 : 1};

	*res = (struct http_response){.status = 200};
	buf_init(&res->head, 4096);
	buf_init(&res->body, 4096);
	buf_addstr(&res->body, "0123456789");
	va_respond_cached(&req, res, &(struct va_caching){MODIFIED, 5, true, NULL});
}

static void
expect(const char *name, const char *value, int status, const char *body)
{
	struct http_response	 res;

	get(name, value, &res);
	assert_int_equal(res.status, status);
	assert_int_equal(res.body.len, strlen(body));
	assert_memory_equal(res.body.p, body, strlen(body));
	buf_free(&res.head);
	buf_free(&res.body);
}

void
test_validate__unchanged(void **state)
{
	struct http_response	 res;
	char			 etag[64] = "", *at;

	(void)state;
	get(NULL, NULL, &res);
	assert_non_null(strstr(res.head.p, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
	assert_non_null(strstr(res.head.p, "Cache-Control: max-age=5, public"));
	assert_non_null(at = strstr(res.head.p, "ETag: "));
	assert_int_equal(sscanf(at, "ETag: %60s", etag), 1);
	buf_free(&res.head);
	buf_free(&res.body);
	expect("if-none-match", etag, 304, "");
	expect("if-none-match", "\"another\"", 200, "0123456789");
	expect("if-none-match", "*", 304, "");
	expect("if-modified-since", "Sun, 06 Nov 1994 08:49:37 GMT", 304, "");
	expect("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT", 200, "0123456789");
	expect("if-match", etag, 200, "0123456789");
	expect("if-match", "*", 200, "0123456789");
	expect("if-match", "\"another\"", 412, "");
}

/* While another answer of the same second may come, its date is no validator. */
void
test_validate__young(void **state)
{
	(void)state;
	for (int64_t age = 0; age < 12; age += 4) {
		struct http_request	 req = {.method = "GET", .path = "/"};
		struct http_response	 res = {.status = 200};

		buf_init(&res.head, 4096);
		buf_init(&res.body, 16);
		va_respond_cached(&req, &res, &(struct va_caching){clock_now() -
		    age * CLOCK_SECOND, 5, false, NULL});
		assert_true((strstr(res.head.p, "Last-Modified") != NULL) ==
		    (age * CLOCK_SECOND > va_fresh_ms() + CLOCK_SECOND));
		buf_free(&res.head);
		buf_free(&res.body);
	}
}

void
test_validate__ranges(void **state)
{
	(void)state;
	expect("range", "bytes=0-0", 206, "0");
	expect("range", "Bytes=0-0", 206, "0");
	expect("range", "bytes=3-5", 206, "345");
	expect("range", "bytes=8-99", 206, "89");
	expect("range", "bytes=7-", 206, "789");
	expect("range", "bytes=-3", 206, "789");
	expect("range", "bytes=-99", 206, "0123456789");
	expect("range", "bytes=10-", 416, "");
	expect("range", "bytes=-0", 416, "");
	expect("range", "bytes=5-3", 200, "0123456789");
	expect("range", "bytes=1-2,4-5", 200, "0123456789");
	expect("range", "lines=1-2", 200, "0123456789");
}

static int	 validate_dropped;

static void
validate_drop(void *arg)
{
	(void)arg;
	validate_dropped++;
}

/* Bytes that others keep: a part of them is sent, their tag is the one given; unchanged, they are
 * let go at once. */
void
test_validate__kept_bytes(void **state)
{
	static const char	 bytes[] = "0123456789";
	struct http_request	 req = {.method = "GET"};
	struct http_response	 res = {.status = 200, .fixed = bytes, .fixed_len = 10,
	    .release = validate_drop};
	const struct va_caching	 c = {.max_age = 5, .range = true, .etag = "\"kept\""};

	(void)state;
	validate_dropped = 0;
	buf_init(&res.head, 4096);
	buf_init(&res.body, 16);
	va_respond_cached(&req, &res, &c);
	assert_int_equal(res.fixed_len, 10);
	assert_non_null(strstr(res.head.p, "ETag: \"kept\""));
	assert_int_equal(validate_dropped, 0);
	http_respond_clear(&res);
	assert_int_equal(validate_dropped, 1);
	assert_null(res.fixed);
	http_respond_clear(&res);
	assert_int_equal(validate_dropped, 1);
	buf_free(&res.head);
	buf_free(&res.body);
}

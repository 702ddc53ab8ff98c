#include "base/base.h"
#include "gate/call.h"
#include "base/conf.h"
#include "base/log.h"
#include "http/client.h"

void
call_answer_init(struct call_answer *a)
{
	a->status = 0;
	a->headers = json_object();
	buf_init(&a->body, LIMIT_JSON);
}

void
call_answer_free(struct call_answer *a)
{
	json_decref(a->headers);
	buf_free(&a->body);
}

/* Header lines into an object of lower-case names; the first of a name counts. */
static void
call_headers(const struct buf *head, json_t *out)
{
	const char	*colon, *end;
	char		 name[64], value[2048];

	for (const char *p = head->p; *p != '\0'; p = *end == '\0' ? end : end + 1) {
		end = p + strcspn(p, "\n");
		colon = memchr(p, ':', (size_t)(end - p));
		if (colon == NULL || colon - p >= (ptrdiff_t)sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(colon - p), p);
		for (char *c = name; *c != '\0'; c++)
			if (*c >= 'A' && *c <= 'Z')
				*c += 'a' - 'A';
		colon += 1 + strspn(colon + 1, " \t");
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(colon, "\r\n"), colon);
		if (json_object_get(out, name) == NULL)
			js_set_str(out, name, value);
	}
}

/* The address holds personal data in its query: it stays out of what is logged. */
static enum verdict
call_failed(const struct call *c, bool unknown, const struct err *err, struct reply *r)
{
	size_t	 n = strlen(c->url);

	return reply_set(r, unknown ? REPLY_UNKNOWN : REPLY_RETRY, "connection", "%s %s%s",
	    c->api, unknown ? "no answer" : "not reached",
	    strncmp(err->text, c->url, n) == 0 ? err->text + n : "");
}

static enum verdict
call_judge(const struct call *c, const struct call_answer *a, struct reply *r)
{
	char	 code[16];

	snprintf(code, sizeof(code), "http-%d", a->status);
	if (a->status == 429)
		return reply_set(r, REPLY_RETRY, code, "%s: too many requests", c->api);
	if (a->status >= 500 || a->status < 200)
		return reply_set(r, REPLY_UNKNOWN, code, "%s: status %d", c->api, a->status);
	return REPLY_DONE;
}

enum verdict
call_http(const struct call *c, struct call_answer *a, struct reply *r)
{
	struct http_call	 call = {.method = c->method, .url = c->url,
		.headers = c->headers, .body = strcmp(c->method, "GET") == 0 ? NULL : c->body,
		.body_len = c->len, .timeout_ms = c->timeout_ms, .max_answer = c->max_answer,
		.public_only = c->public_only};
	struct http_answer	 answer;
	struct err		 err = {0};
	enum verdict		 v;
	bool			 unknown = false;

	if (!breaker_allows(c->provider, c->api, &r->not_before))
		return reply_set(r, REPLY_RETRY, "breaker", "%s failed repeatedly", c->api);
	http_answer_init(&answer);
	if (http_call(&call, &answer, &unknown, &err) < 0) {
		v = call_failed(c, unknown, &err, r);
	} else {
		a->status = answer.status;
		call_headers(&answer.head, a->headers);
		if (c->max_answer > a->body.max)
			a->body.max = c->max_answer;
		buf_add(&a->body, answer.body.p, answer.body.len);
		v = call_judge(c, a, r);
	}
	breaker_tell(c->provider, c->api, v == REPLY_DONE || a->status == 429);
	http_answer_free(&answer);
	return v;
}

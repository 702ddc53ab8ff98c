#include "base/base.h"
#include "gate/aliyun.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "gate/acs3.h"
#include "gate/call.h"
#include "gate/wire.h"

#define ALIYUN_HEADERS	6

/* The header lines of a signed request; lines[i] are buffers of the caller. */
static void
aliyun_headers(const struct aliyun_call *c, const char *host, const char *path,
    struct buf lines[ALIYUN_HEADERS])
{
	char		 date[CLOCK_TEXT], nonce[33];
	struct acs3	 q = {.uri = path, .host = host, .action = c->action,
		.version = c->version, .params = c->params, .date = date, .nonce = nonce,
		.key_id = conf_str("gate.aliyun_key_id"),
		.key_secret = conf_str("gate.aliyun_key_secret")};

	clock_iso(clock_now(), date);
	rand_token(nonce, 32);
	buf_addf(&lines[0], "x-acs-action: %s", c->action);
	buf_addf(&lines[1], "x-acs-version: %s", c->version);
	buf_addf(&lines[2], "x-acs-date: %s", date);
	buf_addf(&lines[3], "x-acs-signature-nonce: %s", nonce);
	buf_addstr(&lines[4], "x-acs-content-sha256: " ACS3_EMPTY);
	buf_addstr(&lines[5], "Authorization: ");
	acs3_authorization(&q, &lines[5]);
}

static enum verdict
aliyun_send(const struct aliyun_call *c, const char *host, const char *path,
    struct call_answer *a, struct reply *r)
{
	struct buf	 lines[ALIYUN_HEADERS], url;
	const char	*headers[ALIYUN_HEADERS + 1] = {NULL};
	enum verdict	 v;

	buf_init(&url, 65536);
	for (size_t i = 0; i < ALIYUN_HEADERS; i++)
		buf_init(&lines[i], 1024);
	aliyun_headers(c, host, path, lines);
	for (size_t i = 0; i < ALIYUN_HEADERS; i++)
		headers[i] = lines[i].p;
	buf_addf(&url, "%s?", c->url);
	acs3_query(c->params, &url);
	v = call_http(&(struct call){.provider = "aliyun", .api = c->action, .method = "POST",
	    .url = url.p, .headers = headers, .body = "", .len = 0,
	    .timeout_ms = c->timeout_ms}, a, r);
	for (size_t i = 0; i < ALIYUN_HEADERS; i++)
		buf_free(&lines[i]);
	buf_free(&url);
	return v;
}

enum verdict
aliyun_call(const struct aliyun_call *c, json_t **out, struct buf *raw, struct reply *r)
{
	struct call_answer	 a;
	struct err		 err = {0};
	const char		*path;
	char			 host[256];
	enum verdict		 v;

	*out = NULL;
	if (wire_url_split(c->url, host, &path) < 0)
		return reply_set(r, REPLY_RETRY, "setting", "%s is no address", c->url);
	call_answer_init(&a);
	v = aliyun_send(c, host, path, &a, r);
	if (v == REPLY_DONE && json_parse(a.body.p, a.body.len, 0, out, &err) < 0)
		v = reply_set(r, REPLY_UNKNOWN, "answer", "%s: %.200s", err.text, a.body.p);
	if (v == REPLY_DONE && raw != NULL)
		buf_add(raw, a.body.p, a.body.len);
	if (v == REPLY_DONE)
		snprintf(r->provider_no, sizeof(r->provider_no), "%s",
		    js_str(*out, "RequestId"));
	call_answer_free(&a);
	return v;
}

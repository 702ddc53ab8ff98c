#include "base/base.h"
#include "gate/wechat.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/url.h"
#include "gate/call.h"
#include "gate/wire.h"

#define WECHAT_TIMEOUT_MS	8000
#define WECHAT_FILE_MS		30000
#define WECHAT_WINDOW		(5 * CLOCK_MINUTE)
#define WECHAT_TEXT_MAX		(LIMIT_JSON + 4096)

/* Authorization over method, path and the very bytes of the body. */
static int
wechat_authorization(const char *method, const char *path, const struct buf *body,
    struct buf *out, struct err *err)
{
	EVP_PKEY	*key = NULL;
	struct buf	 text, sign;
	char		 nonce[33];
	int64_t		 now = clock_now() / CLOCK_SECOND;
	int		 rc = -1;

	buf_init(&text, WECHAT_TEXT_MAX);
	buf_init(&sign, 2048);
	rand_token(nonce, 32);
	buf_addf(&text, "%s\n%s\n%" PRId64 "\n%s\n%s\n", method, path, now, nonce, body->p);
	if (buf_check(&text, err) < 0 ||
	    wire_private_key(conf_path("gate.wechat_key"), &key, err) < 0 ||
	    wire_rsa_sign(key, text.p, text.len, &sign, err) < 0)
		goto out;
	buf_addf(out, "Authorization: WECHATPAY2-SHA256-RSA2048 mchid=\"%s\",nonce_str=\"%s\","
	    "timestamp=\"%" PRId64 "\",serial_no=\"%s\",signature=\"%s\"",
	    conf_str("gate.wechat_mchid"), nonce, now, conf_str("gate.wechat_serial"), sign.p);
	rc = buf_check(out, err);
 out:
	EVP_PKEY_free(key);
	buf_free(&text);
	buf_free(&sign);
	return rc;
}

/* Signature, key id and age of an answer or a notification. */
int
wechat_check(const json_t *headers, const void *body, size_t len, struct err *err)
{
	const char	*timestamp = js_str(headers, "wechatpay-timestamp");
	EVP_PKEY	*key = NULL;
	struct buf	 text;
	int64_t		 seconds;
	int		 rc = -1;

	if (strcmp(js_str(headers, "wechatpay-serial"),
	    conf_str("gate.wechat_public_id")) != 0)
		return err_set(err, ERR_CRYPTO, "signed with unknown key %.80s",
		    js_str(headers, "wechatpay-serial"));
	if (str_to_i64(timestamp, INT64_MAX / CLOCK_SECOND, &seconds) < 0 ||
	    llabs(clock_now() - seconds * CLOCK_SECOND) >= WECHAT_WINDOW)
		return err_set(err, ERR_CRYPTO, "timestamp %.20s is not of now", timestamp);
	buf_init(&text, WECHAT_TEXT_MAX);
	buf_addf(&text, "%s\n%s\n", timestamp, js_str(headers, "wechatpay-nonce"));
	buf_add(&text, body, len);
	buf_addch(&text, '\n');
	if (buf_check(&text, err) == 0 &&
	    wire_public_key(conf_path("gate.wechat_public"), &key, err) == 0)
		rc = wire_rsa_check(key, text.p, text.len,
		    js_str(headers, "wechatpay-signature"), err);
	EVP_PKEY_free(key);
	buf_free(&text);
	return rc;
}

/* Judge an answer; *out is its object (json_decref), NULL for an empty one. */
static enum verdict
wechat_answer(const struct call_answer *a, json_t **out, struct reply *r)
{
	struct err	 err = {0};
	const char	*code;

	if (wechat_check(a->headers, a->body.p, a->body.len, &err) < 0 ||
	    (a->body.len > 0 && json_parse(a->body.p, a->body.len, 0, out, &err) < 0))
		return reply_set(r, REPLY_UNKNOWN, "answer", "status %d, %s: %.200s",
		    a->status, err.text, a->body.p);
	if (a->status < 300)
		return REPLY_DONE;
	code = js_str(*out, "code");
	return reply_set(r, strcmp(code, "SYSTEM_ERROR") == 0 ? REPLY_UNKNOWN : REPLY_REFUSED,
	    code, "status %d: %s", a->status, js_str(*out, "message"));
}

static enum verdict
wechat_send(const char *api, const char *method, const char *url, const char *authorization,
    const struct buf *body, struct call_answer *a, struct reply *r)
{
	char		 serial[128];
	const char	*headers[] = {authorization, "Accept: application/json",
		"Content-Type: application/json", "User-Agent: yinxin-gate/1", serial, NULL};

	snprintf(serial, sizeof(serial), "Wechatpay-Serial: %s",
	    conf_str("gate.wechat_public_id"));
	return call_http(&(struct call){.provider = "wechat", .api = api, .method = method,
	    .url = url, .headers = headers, .body = body->p, .len = body->len,
	    .timeout_ms = WECHAT_TIMEOUT_MS}, a, r);
}

/* Call path (below gate.wechat_url) with a JSON body or NULL for GET. */
enum verdict
wechat_call(const char *api, const char *path, const json_t *in, json_t **out,
    struct reply *r)
{
	const char		*method = in == NULL ? "GET" : "POST", *whole;
	struct call_answer	 a;
	struct err		 err = {0};
	struct buf		 url, body, authorization;
	char			 host[256];
	enum verdict		 v;

	*out = NULL;
	call_answer_init(&a);
	buf_init(&url, 4096);
	buf_init(&body, LIMIT_JSON);
	buf_init(&authorization, 4096);
	buf_addf(&url, "%s%s", conf_str("gate.wechat_url"), path);
	if (in != NULL)
		json_write(in, &body);
	if (wire_url_split(url.p, host, &whole) < 0)
		v = reply_set(r, REPLY_RETRY, "setting", "gate.wechat_url is no address");
	else if (wechat_authorization(method, whole, &body, &authorization, &err) < 0)
		v = reply_err(r, &err);
	else if ((v = wechat_send(api, method, url.p, authorization.p, &body, &a, r)) ==
	    REPLY_DONE)
		v = wechat_answer(&a, out, r);
	call_answer_free(&a);
	buf_free(&url);
	buf_free(&body);
	buf_free(&authorization);
	return v;
}

enum verdict
wechat_file(const char *api, const char *url, size_t max, struct buf *out, struct reply *r)
{
	const char		*whole, *headers[] = {NULL, "Accept: */*",
		"User-Agent: yinxin-gate/1", NULL};
	struct call_answer	 a;
	struct err		 err = {0};
	struct buf		 none, authorization;
	char			 host[256];
	enum verdict		 v;

	call_answer_init(&a);
	buf_init(&none, 16);
	buf_addstr(&none, "");
	buf_init(&authorization, 4096);
	if (wire_url_split(url, host, &whole) < 0)
		v = reply_set(r, REPLY_UNKNOWN, "answer", "download_url is no address");
	else if (wechat_authorization("GET", whole, &none, &authorization, &err) < 0)
		v = reply_err(r, &err);
	else {
		headers[0] = authorization.p;
		v = call_http(&(struct call){.provider = "wechat", .api = api, .method = "GET",
		    .url = url, .headers = headers, .timeout_ms = WECHAT_FILE_MS,
		    .max_answer = max}, &a, r);
	}
	if (v == REPLY_DONE && a.status != 200)
		v = reply_set(r, REPLY_RETRY, "http", "status %d", a.status);
	if (v == REPLY_DONE)
		buf_add(out, a.body.p, a.body.len);
	call_answer_free(&a);
	buf_free(&none);
	buf_free(&authorization);
	return v;
}

#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"

/* WeChat Pay API v3: native payments, refunds, notifications. */

#define WECHAT_WINDOW	(5 * CLOCK_MINUTE)
#define WECHAT_TEXT	(LIMIT_JSON + 4096)

static void
wechat_sign_text(const char *timestamp, const char *nonce, const struct buf *body,
    struct buf *out)
{
	buf_addf(out, "%s\n%s\n", timestamp, nonce);
	buf_add(out, body->p, body->len);
	buf_addch(out, '\n');
}

/* Put the three signature headers over the body into an array of lines. */
void
sb_wechat_headers(const struct buf *body, const char *what, json_t *headers)
{
	struct buf	 text, sign;
	char		 timestamp[24], nonce[33], line[1200];

	buf_init(&text, WECHAT_TEXT);
	buf_init(&sign, 1024);
	snprintf(timestamp, sizeof(timestamp), "%" PRId64, clock_now() / 1000);
	rand_token(nonce, 32);
	wechat_sign_text(timestamp, nonce, body, &text);
	if (strcmp(what, "signtest") == 0)
		buf_addstr(&sign, "WECHATPAY/SIGNTEST/");
	sb_sign(strcmp(what, "forged") == 0 ? sb.wechat_merchant : sb.wechat, text.p, text.len,
	    &sign);
	snprintf(line, sizeof(line), "Wechatpay-Timestamp: %s", timestamp);
	json_array_append_new(headers, json_string(line));
	snprintf(line, sizeof(line), "Wechatpay-Nonce: %s", nonce);
	json_array_append_new(headers, json_string(line));
	snprintf(line, sizeof(line), "Wechatpay-Signature: %s", sign.p);
	json_array_append_new(headers, json_string(line));
	snprintf(line, sizeof(line), "Wechatpay-Serial: %s", conf_str("gate.wechat_public_id"));
	json_array_append_new(headers, json_string(line));
	buf_free(&text);
	buf_free(&sign);
}

/* Takes value (NULL: no body). */
void
sb_wechat_answer(struct sb_call *c, int status, json_t *value)
{
	bool		 wrong = c->api != NULL && sb_fault(c->api, "bad_signature", NULL);
	json_t		*headers = json_array(), *h;
	const char	*colon;
	char		 name[64];
	size_t		 i;

	c->res->status = status;
	if (value != NULL) {
		json_write(value, &c->res->body);
		http_respond_header(c->res, "Content-Type", "application/json; charset=utf-8");
	}
	sb_wechat_headers(&c->res->body, wrong ? "forged" : "", headers);
	json_array_foreach(headers, i, h) {
		colon = strchr(json_string_value(h), ':');
		snprintf(name, sizeof(name), "%.*s", (int)(colon - json_string_value(h)),
		    json_string_value(h));
		http_respond_header(c->res, name, "%s", colon + 2);
	}
	json_decref(headers);
	json_decref(value);
}

void
sb_wechat_error(struct sb_call *c, int status, const char *code, const char *message)
{
	sb_wechat_answer(c, status, json_pack("{s:s,s:s}", "code", code, "message", message));
}

/* The value of name="…" in the Authorization header. */
static const char *
wechat_part(const char *header, const char *name, char *text, size_t size)
{
	char		 want[32];
	const char	*p;

	text[0] = '\0';
	snprintf(want, sizeof(want), "%s=\"", name);
	if (header != NULL && (p = strstr(header, want)) != NULL)
		snprintf(text, size, "%.*s", (int)strcspn(p + strlen(want), "\""),
		    p + strlen(want));
	return text;
}

static bool
wechat_signature_fits(struct sb_call *c, const char *authorization)
{
	char		 timestamp[32], nonce[64], signature[1024];
	struct buf	 text;
	bool		 ok;

	wechat_part(authorization, "timestamp", timestamp, sizeof(timestamp));
	wechat_part(authorization, "nonce_str", nonce, sizeof(nonce));
	wechat_part(authorization, "signature", signature, sizeof(signature));
	buf_init(&text, WECHAT_TEXT);
	buf_addf(&text, "%s\n%s\n%s\n%s\n", c->req->method, c->req->target, timestamp, nonce);
	buf_add(&text, c->req->body, c->req->body_len);
	buf_addch(&text, '\n');
	ok = sb_verify(sb.wechat_merchant, text.p, text.len, signature);
	buf_free(&text);
	return ok;
}

bool
sb_wechat_allowed(struct sb_call *c)
{
	const char	*a = http_header(c->req, "authorization");
	char		 mchid[64], serial[64], timestamp[32];
	int64_t		 at = 0;

	wechat_part(a, "mchid", mchid, sizeof(mchid));
	wechat_part(a, "serial_no", serial, sizeof(serial));
	wechat_part(a, "timestamp", timestamp, sizeof(timestamp));
	if (a == NULL || !str_has_prefix(a, "WECHATPAY2-SHA256-RSA2048 ") ||
	    strcmp(mchid, conf_str("gate.wechat_mchid")) != 0 ||
	    strcmp(serial, conf_str("gate.wechat_serial")) != 0 ||
	    !wechat_signature_fits(c, a)) {
		sb_wechat_error(c, 401, "SIGN_ERROR", "错误的签名，导致验签失败");
		return false;
	}
	if (str_to_i64(timestamp, INT64_C(9999999999), &at) < 0 ||
	    llabs(at * 1000 - clock_now()) > WECHAT_WINDOW) {
		sb_wechat_error(c, 401, "SIGN_ERROR", "Http头Authorization中的timestamp与发起请求"
		    "的时间不得超过5分钟");
		return false;
	}
	return true;
}

const char *
sb_wechat_rfc3339(int64_t ms, char text[64])
{
	char	 plain[CLOCK_TEXT];

	clock_datetime(ms, plain);
	plain[10] = 'T';
	snprintf(text, 64, "%s+08:00", plain);
	return text;
}

/* "2026-11-21T09:05:07+08:00" only, as our gate writes it. */
static int64_t
wechat_time(const char *text)
{
	struct tm	 tm = {0};
	const char	*end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	return end == NULL || strcmp(end, "+08:00") != 0 ? 0 :
	    (int64_t)timegm(&tm) * 1000 - 8 * CLOCK_HOUR;
}

json_t *
sb_wechat_body(struct sb_call *c)
{
	struct err	 err = {0};
	json_t		*in = NULL;

	if (json_parse(c->req->body, c->req->body_len, 0, &in, &err) < 0)
		sb_wechat_error(c, 400, "PARAM_ERROR", "请求不是合法的JSON");
	return in;
}

static void
wechat_native_new(struct sb_call *c, json_t *in, int64_t fen)
{
	const char	*no = js_str(in, "out_trade_no");
	int64_t		 expires = wechat_time(js_str(in, "time_expire"));
	json_t		*t = sb_trade("wechat", no);

	if (t != NULL && strcmp(js_str(t, "state"), "paid") == 0) {
		sb_wechat_error(c, 400, "ORDER_PAID", "该订单已支付");
		return;
	}
	if (t != NULL && strcmp(js_str(t, "state"), "waiting") != 0) {
		sb_wechat_error(c, 400, "ORDER_CLOSED", "该订单已关闭");
		return;
	}
	if (t != NULL && (js_int(t, "fen", 0) != fen ||
	    strcmp(js_str(t, "subject"), js_str(in, "description")) != 0)) {
		sb_wechat_error(c, 400, "INVALID_REQUEST",
		    "请求重入时，参数与首次请求时不一致");
		return;
	}
	if (t == NULL)
		t = sb_trade_new("wechat", no, fen, js_str(in, "description"),
		    js_str(in, "notify_url"),
		    expires == 0 ? clock_now() + 2 * CLOCK_HOUR : expires);
	sb_wechat_answer(c, 200, json_pack("{s:s}", "code_url", js_str(t, "qr")));
}

static void
wechat_native(struct sb_call *c)
{
	json_t		*in, *amount;
	const char	*no;

	c->api = "wechat.native";
	if (!sb_wechat_allowed(c) || (in = sb_wechat_body(c)) == NULL)
		return;
	no = js_str(in, "out_trade_no");
	amount = json_object_get(in, "amount");
	if (strcmp(js_str(in, "appid"), conf_str("gate.wechat_appid")) != 0 ||
	    strcmp(js_str(in, "mchid"), conf_str("gate.wechat_mchid")) != 0)
		sb_wechat_error(c, 400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配");
	else if (strlen(no) < 6 || strlen(no) > 32 || js_str(in, "description")[0] == '\0' ||
	    utf8_count(js_str(in, "description")) > 127 || js_str(in, "notify_url")[0] == '\0' ||
	    strchr(js_str(in, "notify_url"), '?') != NULL || js_int(amount, "total", 0) < 1)
		sb_wechat_error(c, 400, "PARAM_ERROR", "参数错误");
	else
		wechat_native_new(c, in, js_int(amount, "total", 0));
	json_decref(in);
}

static json_t *
wechat_transaction(json_t *t)
{
	const char	*state = js_str(t, "state");
	json_t		*out = json_object();
	char		 time[64];

	js_set_str(out, "appid", conf_str("gate.wechat_appid"));
	js_set_str(out, "mchid", conf_str("gate.wechat_mchid"));
	js_set_str(out, "out_trade_no", js_str(t, "no"));
	js_set_str(out, "trade_type", "NATIVE");
	js_set_str(out, "trade_state", strcmp(state, "waiting") == 0 ? "NOTPAY" :
	    strcmp(state, "closed") == 0 ? "CLOSED" :
	    js_int(t, "refunded_fen", 0) > 0 ? "REFUND" : "SUCCESS");
	js_set_str(out, "trade_state_desc", state);
	json_object_set_new(out, "amount", json_pack("{s:I,s:I,s:s}", "total",
	    (json_int_t)js_int(t, js_int(t, "paid_at", 0) != 0 ? "paid_fen" : "fen", 0),
	    "payer_total", (json_int_t)js_int(t, "paid_fen", 0), "currency", "CNY"));
	if (js_int(t, "paid_at", 0) != 0) {
		js_set_str(out, "transaction_id", js_str(t, "channel_no"));
		js_set_str(out, "success_time", sb_wechat_rfc3339(js_int(t, "paid_at", 0), time));
		json_object_set_new(out, "payer", json_pack("{s:s}", "openid",
		    "oSandboxPayer000000000001"));
	}
	return out;
}

/* …/out-trade-no/{no} and …/out-trade-no/{no}/close */
static void
wechat_by_no(struct sb_call *c)
{
	const char	*slash = strchr(c->rest, '/');
	char		 no[64];
	json_t		*t, *in = NULL;
	bool		 close = slash != NULL && strcmp(slash, "/close") == 0;

	c->api = close ? "wechat.close" : "wechat.query";
	snprintf(no, sizeof(no), "%.*s", (int)strcspn(c->rest, "/"), c->rest);
	if (!sb_wechat_allowed(c) || (close && (in = sb_wechat_body(c)) == NULL))
		return;
	t = sb_trade("wechat", no);
	if (strcmp(close ? js_str(in, "mchid") : js_str(c->query, "mchid"),
	    conf_str("gate.wechat_mchid")) != 0)
		sb_wechat_error(c, 400, "PARAM_ERROR", "mchid");
	else if (t == NULL)
		sb_wechat_error(c, 404, "ORDER_NOT_EXIST", "订单不存在");
	else if (!close) {
		sb_trade_is_open(t);
		sb_wechat_answer(c, 200, wechat_transaction(t));
	} else if (js_int(t, "paid_at", 0) != 0)
		sb_wechat_error(c, 400, "ORDER_PAID", "该订单已支付");
	else {
		js_set_str(t, "state", "closed");
		sb_wechat_answer(c, 204, NULL);
	}
	json_decref(in);
}

static json_t *
wechat_refund_object(json_t *r, json_t *t, bool notice)
{
	json_t	*out = json_object();
	char	 time[64];

	if (notice)
		js_set_str(out, "mchid", conf_str("gate.wechat_mchid"));
	js_set_str(out, "refund_id", js_str(r, "channel_no"));
	js_set_str(out, "out_refund_no", js_str(r, "no"));
	js_set_str(out, "transaction_id", js_str(t, "channel_no"));
	js_set_str(out, "out_trade_no", js_str(t, "no"));
	js_set_str(out, notice ? "refund_status" : "status", js_str(r, "state"));
	if (strcmp(js_str(r, "state"), "SUCCESS") == 0)
		js_set_str(out, "success_time", sb_wechat_rfc3339(js_int(r, "at", 0), time));
	js_set_str(out, "user_received_account", "支付用户零钱");
	json_object_set_new(out, "amount", json_pack("{s:I,s:I,s:I,s:I,s:s}", "total",
	    (json_int_t)js_int(t, "paid_fen", 0), "refund", (json_int_t)js_int(r, "fen", 0),
	    "payer_total", (json_int_t)js_int(t, "paid_fen", 0), "payer_refund",
	    (json_int_t)js_int(r, "fen", 0), "currency", "CNY"));
	return out;
}

static json_t *
wechat_refund_new(json_t *t, const char *no, int64_t fen)
{
	json_t	*r;
	char	 key[128], id[32];

	rand_digits(id, 24);
	r = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:s}", "channel", "wechat", "no", no, "trade_no",
	    js_str(t, "no"), "channel_no", id, "fen", (json_int_t)fen, "at",
	    (json_int_t)clock_now(), "state", sb_fault("wechat.refund", "processing", NULL) ?
	    "PROCESSING" : "SUCCESS");
	snprintf(key, sizeof(key), "wechat:%.64s", no);
	sb_put("refunds", key, r);
	js_set_int(t, "refunded_fen", js_int(t, "refunded_fen", 0) + fen);
	if (js_int(t, "refunded_fen", 0) == js_int(t, "paid_fen", 0))
		js_set_str(t, "state", "refunded");
	sb_notify(t, r);
	return r;
}

static void
wechat_refund(struct sb_call *c)
{
	json_t		*in, *t, *r;
	const char	*no;
	int64_t		 fen;

	c->api = "wechat.refund";
	if (!sb_wechat_allowed(c) || (in = sb_wechat_body(c)) == NULL)
		return;
	no = js_str(in, "out_refund_no");
	fen = js_int(json_object_get(in, "amount"), "refund", 0);
	t = sb_trade("wechat", js_str(in, "out_trade_no"));
	r = sb_refund("wechat", no);
	if (t == NULL || js_int(t, "paid_at", 0) == 0)
		sb_wechat_error(c, 404, "RESOURCE_NOT_EXISTS", "订单不存在");
	else if (no[0] == '\0' || js_int(json_object_get(in, "amount"), "total", 0) !=
	    js_int(t, "paid_fen", 0) || (r != NULL && js_int(r, "fen", 0) != fen))
		sb_wechat_error(c, 400, "PARAM_ERROR", "退款请求参数错误");
	else if (r == NULL && (fen < 1 ||
	    fen > js_int(t, "paid_fen", 0) - js_int(t, "refunded_fen", 0)))
		sb_wechat_error(c, 400, "INVALID_REQUEST",
		    "订单金额或退款金额与之前请求不一致");
	else {
		if (r == NULL)
			r = wechat_refund_new(t, no, fen);
		sb_wechat_answer(c, 200, wechat_refund_object(r, t, false));
	}
	json_decref(in);
}

/* A refund in process is done when somebody asks the second time. */
static void
wechat_refund_query(struct sb_call *c)
{
	json_t	*r;

	c->api = "wechat.refund_query";
	if (!sb_wechat_allowed(c))
		return;
	if ((r = sb_refund("wechat", c->rest)) == NULL) {
		sb_wechat_error(c, 404, "RESOURCE_NOT_EXISTS", "退款单不存在");
		return;
	}
	if (strcmp(js_str(r, "state"), "PROCESSING") == 0)
		js_set_str(r, "state", "SUCCESS");
	sb_wechat_answer(c, 200, wechat_refund_object(r, sb_trade("wechat",
	    js_str(r, "trade_no")), false));
}

/* AEAD_AES_256_GCM with the APIv3 key: base64 of ciphertext and tag. */
static void
wechat_seal(const struct buf *plain, const char *nonce, const char *aad, struct buf *base64)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	unsigned char	*out = xmalloc(plain->len + 32);
	int		 n = 0, last = 0;

	if (EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL,
	    (const unsigned char *)conf_str("gate.wechat_apiv3_key"),
	    (const unsigned char *)nonce) != 1 ||
	    EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *)aad,
	    (int)strlen(aad)) != 1 ||
	    EVP_EncryptUpdate(ctx, out, &n, (unsigned char *)plain->p, (int)plain->len) != 1 ||
	    EVP_EncryptFinal_ex(ctx, out + n, &last) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16, out + n + last) != 1)
		BUG("cannot encrypt");
	base64_add(base64, out, (size_t)(n + last) + 16);
	EVP_CIPHER_CTX_free(ctx);
	free(out);
}

void
sb_wechat_notice(json_t *t, json_t *refund, const char *id, const char *what,
    struct buf *body)
{
	json_t		*object = refund == NULL ? wechat_transaction(t) :
	    wechat_refund_object(refund, t, true), *event;
	const char	*original = refund == NULL ? "transaction" : "refund";
	struct buf	 plain, sealed;
	char		 nonce[13], time[64], type[32];

	if (strcmp(what, "amount") == 0)
		js_set_int(json_object_get(object, "amount"), "total",
		    js_int(json_object_get(object, "amount"), "total", 0) - 1);
	if (strcmp(what, "merchant") == 0)
		js_set_str(object, "mchid", "1999999999");
	buf_init(&plain, LIMIT_JSON);
	buf_init(&sealed, 2 * LIMIT_JSON);
	rand_token(nonce, 12);
	json_write(object, &plain);
	wechat_seal(&plain, nonce, original, &sealed);
	snprintf(type, sizeof(type), "%s.SUCCESS", refund == NULL ? "TRANSACTION" : "REFUND");
	event = json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s,s:s,s:s,s:s}}", "id", id,
	    "create_time", sb_wechat_rfc3339(clock_now(), time), "resource_type",
	    "encrypt-resource", "event_type", type, "summary", "sandbox", "resource",
	    "original_type", original, "algorithm", "AEAD_AES_256_GCM", "ciphertext", sealed.p,
	    "associated_data", original, "nonce", nonce);
	json_write(event, body);
	json_decref(event);
	json_decref(object);
	buf_free(&plain);
	buf_free(&sealed);
}

static void
wechat_bill(struct sb_call *c)
{
	const char	*date = js_str(c->query, "bill_date");
	unsigned char	 digest[20];
	struct err	 err = {0};
	struct buf	 csv;
	char		 token[25], url[200], hex[41];

	c->api = "wechat.bill";
	if (!sb_wechat_allowed(c))
		return;
	buf_init(&csv, SB_BILL_MAX);
	if (sb_bill_csv("wechat", date, &csv, &err) < 0) {
		sb_wechat_error(c, 400, err.kind == ERR_NOT_FOUND ? "NO_STATEMENT_EXIST" :
		    "PARAM_ERROR", err.text);
	} else {
		EVP_Digest(csv.p, csv.len, digest, NULL, EVP_sha1(), NULL);
		hex_encode(digest, sizeof(digest), hex);
		rand_token(token, 24);
		sb_put("bills", token, json_pack("{s:s}", "csv", csv.p));
		snprintf(url, sizeof(url), "%s/wechat/v3/billdownload/file?token=%s", sb.base, token);
		sb_wechat_answer(c, 200, json_pack("{s:s,s:s,s:s}", "hash_type", "SHA1",
		    "hash_value", hex, "download_url", url));
	}
	buf_free(&csv);
}

/* Asked for with a signature, answered without one. */
static void
wechat_bill_file(struct sb_call *c)
{
	json_t	*bill = json_object_get(sb_map("bills"), js_str(c->query, "token"));

	if (!sb_wechat_allowed(c))
		return;
	if (bill == NULL) {
		sb_wechat_error(c, 404, "RESOURCE_NOT_EXISTS", "账单文件不存在");
		return;
	}
	http_respond_header(c->res, "Content-Type", "text/plain");
	buf_addstr(&c->res->body, js_str(bill, "csv"));
}

const struct sb_route	 sb_routes_wechat[] = {
	{"GET", "/wechat/v3/bill/tradebill", wechat_bill},
	{"GET", "/wechat/v3/billdownload/file", wechat_bill_file},
	{"POST", "/wechat/v3/pay/transactions/native", wechat_native},
	{NULL, "/wechat/v3/pay/transactions/out-trade-no/*", wechat_by_no},
	{"POST", "/wechat/v3/refund/domestic/refunds", wechat_refund},
	{"GET", "/wechat/v3/refund/domestic/refunds/*", wechat_refund_query},
	{0}
};

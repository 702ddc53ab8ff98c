#include "base/base.h"
#include "gate/pay.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/url.h"
#include "gate/wechat.h"
#include "gate/wire.h"

/* WeChat Pay API v3, Native (QR on a PC page), answers signed with the 微信支付公钥. */

static json_t *
wechat_amount(const char *key, int64_t fen)
{
	json_t	*amount = json_object();

	js_set_int(amount, key, fen);
	js_set_str(amount, "currency", "CNY");
	return amount;
}

/* description holds at most 127 characters. */
static void
wechat_description(const char *subject, char out[512])
{
	size_t	 n = 0, chars = 0;

	for (const char *p = subject; *p != '\0' && n < 500; p++) {
		if (((unsigned char)*p & 0xc0) != 0x80 && ++chars > 127)
			break;
		out[n++] = *p;
	}
	out[n] = '\0';
}

static enum verdict
wechat_create(const struct pay_req *q, struct pay_answer *a, struct reply *r)
{
	json_t		*in = json_object(), *answer;
	char		 description[512], text[512];
	enum verdict	 v;

	wechat_description(q->subject, description);
	js_set_str(in, "appid", conf_str("gate.wechat_appid"));
	js_set_str(in, "mchid", conf_str("gate.wechat_mchid"));
	js_set_str(in, "description", description);
	js_set_str(in, "out_trade_no", q->trade_no);
	js_set_str(in, "time_expire", wire_time_text(q->expires, text));
	snprintf(text, sizeof(text), "%s" GATE_NOTIFY_PATH "wechat", conf_str("web.public_url"));
	js_set_str(in, "notify_url", text);
	json_object_set_new(in, "amount", wechat_amount("total", q->fen));
	v = wechat_call("native", "/v3/pay/transactions/native", in, &answer, r);
	if (v == REPLY_DONE) {
		snprintf(a->qr, sizeof(a->qr), "%s", js_str(answer, "code_url"));
		if (a->qr[0] == '\0')
			v = reply_set(r, REPLY_UNKNOWN, "answer", "no code_url");
	}
	json_decref(answer);
	json_decref(in);
	return v;
}

static enum pay_state
wechat_state(const char *state)
{
	if (strcmp(state, "SUCCESS") == 0)
		return PAY_PAID;
	if (strcmp(state, "REFUND") == 0)
		return PAY_REFUNDED;
	if (strcmp(state, "CLOSED") == 0 || strcmp(state, "REVOKED") == 0 ||
	    strcmp(state, "PAYERROR") == 0)
		return PAY_CLOSED;
	return PAY_WAITING;
}

/* A transaction, from a query or a notification; it must be of our merchant and in yuan. */
static int
wechat_transaction(const json_t *t, struct pay_answer *a, struct err *err)
{
	const json_t	*amount = json_object_get(t, "amount");

	if (strcmp(js_str(t, "mchid"), conf_str("gate.wechat_mchid")) != 0 ||
	    strcmp(js_str(t, "appid"), conf_str("gate.wechat_appid")) != 0)
		return err_set(err, ERR_DENIED, "mchid %.40s or appid %.40s is not ours",
		    js_str(t, "mchid"), js_str(t, "appid"));
	if (js_str(t, "out_trade_no")[0] == '\0' || js_str(t, "trade_state")[0] == '\0')
		return err_set(err, ERR_INPUT, "out_trade_no or trade_state missing");
	if (strcmp(js_str_or(amount, "currency", "CNY"), "CNY") != 0)
		return err_set(err, ERR_DENIED, "currency %.8s", js_str(amount, "currency"));
	a->state = wechat_state(js_str(t, "trade_state"));
	a->fen = js_int(amount, "total", 0);
	a->at = wire_time_rfc3339(js_str(t, "success_time"));
	snprintf(a->trade_no, sizeof(a->trade_no), "%s", js_str(t, "out_trade_no"));
	snprintf(a->channel_trade_no, sizeof(a->channel_trade_no), "%s",
	    js_str(t, "transaction_id"));
	return 0;
}

static enum verdict
wechat_query(const struct pay_req *q, struct pay_answer *a, struct reply *r)
{
	struct err	 err = {0};
	json_t		*answer;
	char		 path[256];
	enum verdict	 v;

	snprintf(path, sizeof(path), "/v3/pay/transactions/out-trade-no/%s?mchid=%s",
	    q->trade_no, conf_str("gate.wechat_mchid"));
	v = wechat_call("query", path, NULL, &answer, r);
	if (v == REPLY_DONE) {
		if (wechat_transaction(answer, a, &err) < 0 ||
		    strcmp(a->trade_no, q->trade_no) != 0)
			v = reply_set(r, REPLY_UNKNOWN, "answer", "%s", err.text);
	} else if (v == REPLY_REFUSED && (strcmp(r->code, "ORDER_NOT_EXIST") == 0 ||
	    strcmp(r->code, "RESOURCE_NOT_EXISTS") == 0)) {
		a->state = PAY_NOT_FOUND;
		v = REPLY_DONE;
	}
	json_decref(answer);
	return v;
}

static enum verdict
wechat_close(const struct pay_req *q, struct pay_answer *a, struct reply *r)
{
	json_t		*in = json_object(), *answer;
	char		 path[256];
	enum verdict	 v;

	(void)a;
	js_set_str(in, "mchid", conf_str("gate.wechat_mchid"));
	snprintf(path, sizeof(path), "/v3/pay/transactions/out-trade-no/%s/close",
	    q->trade_no);
	v = wechat_call("close", path, in, &answer, r);
	if (v == REPLY_REFUSED && (strcmp(r->code, "ORDER_CLOSED") == 0 ||
	    strcmp(r->code, "ORDER_NOT_EXIST") == 0))
		v = REPLY_DONE;
	json_decref(answer);
	json_decref(in);
	return v;
}

/* A refund as it stands, from the answer, a query or a notification. */
static enum verdict
wechat_refund_read(const json_t *t, struct pay_answer *a, struct reply *r)
{
	const char	*status = js_str_or(t, "status", js_str(t, "refund_status"));

	snprintf(a->trade_no, sizeof(a->trade_no), "%s", js_str(t, "out_trade_no"));
	snprintf(a->refund_no, sizeof(a->refund_no), "%s", js_str(t, "out_refund_no"));
	snprintf(a->channel_refund_no, sizeof(a->channel_refund_no), "%s",
	    js_str(t, "refund_id"));
	a->fen = js_int(json_object_get(t, "amount"), "refund", 0);
	a->at = wire_time_rfc3339(js_str(t, "success_time"));
	if (strcmp(status, "SUCCESS") == 0) {
		a->refund = REFUND_DONE;
		return REPLY_DONE;
	}
	if (strcmp(status, "PROCESSING") == 0) {
		a->refund = REFUND_PENDING;
		return reply_set(r, REPLY_PENDING, status, "refund not done yet");
	}
	a->refund = REFUND_FAILED;	/* CLOSED, ABNORMAL */
	return reply_set(r, REPLY_REFUSED, status, "the refund was not made");
}

/* On failure or unknown the same out_refund_no again: a new number would pay back twice. */
static enum verdict
wechat_refund(const struct pay_req *q, struct pay_answer *a, struct reply *r)
{
	json_t		*in = json_object(), *amount = wechat_amount("refund", q->fen), *answer;
	char		 url[512];
	enum verdict	 v;

	js_set_int(amount, "total", q->total_fen);
	js_set_str(in, "out_trade_no", q->trade_no);
	js_set_str(in, "out_refund_no", q->refund_no);
	js_set_str(in, "reason", q->reason);
	snprintf(url, sizeof(url), "%s" GATE_NOTIFY_PATH "wechat", conf_str("web.public_url"));
	js_set_str(in, "notify_url", url);
	json_object_set_new(in, "amount", amount);
	v = wechat_call("refund", "/v3/refund/domestic/refunds", in, &answer, r);
	if (v == REPLY_DONE)
		v = wechat_refund_read(answer, a, r);
	json_decref(answer);
	json_decref(in);
	return v;
}

static enum verdict
wechat_refund_query(const struct pay_req *q, struct pay_answer *a, struct reply *r)
{
	json_t		*answer;
	char		 path[256];
	enum verdict	 v;

	snprintf(path, sizeof(path), "/v3/refund/domestic/refunds/%s", q->refund_no);
	v = wechat_call("refund_query", path, NULL, &answer, r);
	if (v == REPLY_DONE)
		v = wechat_refund_read(answer, a, r);
	json_decref(answer);
	return v;
}

/* ---- the bill ---- */

static const struct bill_columns	wechat_columns = {
	.trade_no = "商户订单号", .channel_trade_no = "微信订单号", .refund_no = "商户退款单号",
	.kind = "交易状态", .payment = "SUCCESS", .refund = "REFUND", .paid = "订单金额",
	.refunded = "申请退款金额",
};

/* The file's own answer is not signed; its digest came in a signed one. */
static enum verdict
wechat_bill_file(const char *url, const char *sha1, struct bill *out, struct reply *r)
{
	struct err	 err = {0};
	struct buf	 text;
	char		 hex[41];
	enum verdict	 v;

	buf_init(&text, BILL_BYTES);
	v = wechat_file("bill_file", url, BILL_BYTES, &text, r);
	if (v == REPLY_DONE && strcasecmp(wire_sha1(text.p, text.len, hex), sha1) != 0)
		v = reply_set(r, REPLY_RETRY, "digest", "the bill is not the one announced");
	else if (v == REPLY_DONE && bill_read_csv(text.p, text.len, &wechat_columns, out, &err) < 0)
		v = reply_set(r, REPLY_REFUSED, "bill", "%s", err.text);
	buf_free(&text);
	return v;
}

static enum verdict
wechat_bill(const char *date, struct bill *out, struct reply *r)
{
	json_t		*answer;
	char		 path[128];
	enum verdict	 v;

	snprintf(path, sizeof(path), "/v3/bill/tradebill?bill_date=%.10s&bill_type=ALL", date);
	v = wechat_call("bill", path, NULL, &answer, r);
	if (v == REPLY_DONE) {
		v = wechat_bill_file(js_str(answer, "download_url"), js_str(answer, "hash_value"),
		    out, r);
	} else if (strcmp(r->code, "NO_STATEMENT_EXIST") == 0) {
		v = REPLY_DONE;		/* a day without business */
	} else if (strcmp(r->code, "STATEMENT_CREATING") == 0) {
		v = reply_set(r, REPLY_RETRY, "STATEMENT_CREATING", "the bill is being made");
	}
	json_decref(answer);
	return v;
}

/* The encrypted resource of a notification, as JSON. */
static int
wechat_resource(const json_t *event, json_t **out, struct err *err)
{
	const json_t	*resource = json_object_get(event, "resource");
	struct buf	 plain;
	int		 rc = -1;

	if (strcmp(js_str(resource, "algorithm"), "AEAD_AES_256_GCM") != 0)
		return err_set(err, ERR_INPUT, "algorithm %.40s",
		    js_str(resource, "algorithm"));
	buf_init(&plain, LIMIT_JSON);
	if (wire_aes_open(conf_str("gate.wechat_apiv3_key"), js_str(resource, "nonce"),
	    js_str(resource, "associated_data"), js_str(resource, "ciphertext"), &plain,
	    err) == 0)
		rc = json_parse(plain.p, plain.len, 0, out, err);
	buf_free(&plain);
	return rc;
}

static int
wechat_notice_read(const char *type, const json_t *resource, struct pay_notice *n,
    struct err *err)
{
	struct reply	 r = {0};

	if (str_has_prefix(type, "TRANSACTION.")) {
		n->event = PAY_EVENT_TRADE;
		return wechat_transaction(resource, &n->answer, err);
	}
	n->event = PAY_EVENT_OTHER;
	if (!str_has_prefix(type, "REFUND."))
		return 0;
	if (strcmp(js_str(resource, "mchid"), conf_str("gate.wechat_mchid")) != 0)
		return err_set(err, ERR_DENIED, "mchid %.40s is not ours",
		    js_str(resource, "mchid"));
	n->event = PAY_EVENT_REFUND;
	wechat_refund_read(resource, &n->answer, &r);
	return 0;
}

static int
wechat_notice(const json_t *headers, const void *body, size_t len, struct pay_notice *n,
    struct err *err)
{
	json_t	*event = NULL, *resource = NULL;
	int	 rc = -1;

	if (wechat_check(headers, body, len, err) < 0 ||
	    json_parse(body, len, 0, &event, err) < 0 ||
	    wechat_resource(event, &resource, err) < 0)
		goto out;
	snprintf(n->id, sizeof(n->id), "%s", js_str(event, "id"));
	if (n->id[0] == '\0')
		err_set(err, ERR_INPUT, "event id missing");
	else
		rc = wechat_notice_read(js_str(event, "event_type"), resource, n, err);
 out:
	json_decref(resource);
	json_decref(event);
	return rc;
}

/* Signature probes (WECHATPAY/SIGNTEST/) must hear a 4XX as well. */
static void
wechat_say(bool ok, struct gate_answer *answer)
{
	answer->status = ok ? 200 : 400;
	snprintf(answer->type, sizeof(answer->type), "application/json");
	buf_addstr(&answer->body, ok ? "{\"code\":\"SUCCESS\",\"message\":\"成功\"}" :
	    "{\"code\":\"FAIL\",\"message\":\"失败\"}");
}

const struct pay_provider	 pay_wechat = {
	.name = "wechat",
	.create = wechat_create,
	.query = wechat_query,
	.close = wechat_close,
	.refund = wechat_refund,
	.refund_query = wechat_refund_query,
	.bill = wechat_bill,
	.notice = wechat_notice,
	.answer = wechat_say,
};

#include "base/base.h"
#include "gate/pay.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/url.h"
#include "gate/call.h"
#include "gate/wire.h"

/*
 * Alipay, RSA2 with public keys: face-to-face payment by QR code (当面付), and paying on the PC by
 * logging in to the account (电脑网站支付).
 */
#define ALIPAY_TIMEOUT_MS	5000
#define ALIPAY_BILL_MS		20000	/* the address lives for 30 s */
#define ALIPAY_TEXT_MAX		65536

static int
alipay_by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/*
 * What is signed: fields with a value, without `sign` (and without sign_type in a
 * notification), sorted, raw, joined.
 */
static void
alipay_text(const json_t *fields, bool notification, struct buf *out)
{
	const char	*names[LIMIT_FORM_FIELDS], *name;
	json_t		*value, *all = json_copy((json_t *)(uintptr_t)fields);
	size_t		 n = 0;

	json_object_foreach(all, name, value)
		if (n < ARRAY_LEN(names) && strcmp(name, "sign") != 0 &&
		    !(notification && strcmp(name, "sign_type") == 0) &&
		    json_string_length(value) > 0)
			names[n++] = name;
	qsort(names, n, sizeof(names[0]), alipay_by_name);
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s%s=%s", i > 0 ? "&" : "", names[i], js_str(all, names[i]));
	json_decref(all);
}

static int
alipay_sign(json_t *fields, struct err *err)
{
	EVP_PKEY	*key = NULL;
	struct buf	 text, sign;
	int		 rc = -1;

	buf_init(&text, ALIPAY_TEXT_MAX);
	buf_init(&sign, 2048);
	alipay_text(fields, false, &text);
	if (buf_check(&text, err) < 0 ||
	    wire_private_key(conf_path("gate.alipay_key"), &key, err) < 0 ||
	    wire_rsa_sign(key, text.p, text.len, &sign, err) < 0)
		goto out;
	js_set_str(fields, "sign", sign.p);
	rc = 0;
 out:
	EVP_PKEY_free(key);
	buf_free(&text);
	buf_free(&sign);
	return rc;
}

/* The public parameters; notify_url only where a notification may follow. */
static json_t *
alipay_fields(const char *method, const json_t *biz, bool notify)
{
	json_t		*fields = json_object();
	char		 now[CLOCK_TEXT];
	struct buf	 content;

	buf_init(&content, ALIPAY_TEXT_MAX);
	json_write(biz, &content);
	js_set_str(fields, "app_id", conf_str("gate.alipay_app_id"));
	js_set_str(fields, "method", method);
	js_set_str(fields, "format", "JSON");
	js_set_str(fields, "charset", "utf-8");
	js_set_str(fields, "sign_type", "RSA2");
	js_set_str(fields, "timestamp", clock_datetime(clock_now(), now));
	js_set_str(fields, "version", "1.0");
	js_set_str(fields, "biz_content", content.p);
	if (notify) {
		buf_clear(&content);
		buf_addf(&content, "%s" GATE_NOTIFY_PATH "alipay", conf_str("web.public_url"));
		js_set_str(fields, "notify_url", content.p);
	}
	buf_free(&content);
	return fields;
}

/* Signed text of an answer: the raw value of <method>_response, byte for byte. */
static int
alipay_check(const struct buf *body, const char *member, struct err *err)
{
	EVP_PKEY	*key = NULL;
	const char	*text;
	json_t		*all = NULL;
	size_t		 len;
	int		 rc = -1;

	if (json_parse(body->p, body->len, 0, &all, err) < 0)
		return -1;
	if (js_str(all, "sign")[0] == '\0' ||
	    wire_json_raw(body->p, body->len, member, &text, &len) < 0)
		err_set(err, ERR_CRYPTO, "Alipay's answer is not signed");
	else if (wire_public_key(conf_path("gate.alipay_public"), &key, err) == 0)
		rc = wire_rsa_check(key, text, len, js_str(all, "sign"), err);
	EVP_PKEY_free(key);
	json_decref(all);
	return rc;
}

/* What code and sub_code mean (docs.open.alipay.com/194/105322). */
static enum verdict
alipay_verdict(const json_t *answer, struct reply *r)
{
	const char	*code = js_str(answer, "code"), *sub = js_str(answer, "sub_code");
	char		 both[96];
	enum verdict	 v = REPLY_REFUSED;

	snprintf(both, sizeof(both), "%s%s%s", code, sub[0] == '\0' ? "" : "/", sub);
	if (strcmp(code, "10000") == 0)
		v = REPLY_DONE;
	else if (strcmp(code, "20000") == 0 || strstr(sub, "SYSTEM_ERROR") != NULL)
		v = REPLY_UNKNOWN;
	return reply_set(r, v, both, "%s: %s", js_str(answer, "msg"),
	    js_str(answer, "sub_msg"));
}

/* The verified answer of a method, as a new reference. */
static enum verdict
alipay_answer(const struct call_answer *a, const char *method, json_t **out, struct reply *r)
{
	struct err	 err = {0};
	char		 member[96];
	json_t		*all = NULL;
	enum verdict	 v;

	snprintf(member, sizeof(member), "%s_response", method);
	for (char *p = member; *p != '\0'; p++)
		if (*p == '.')
			*p = '_';
	if (alipay_check(&a->body, member, &err) < 0 ||
	    json_parse(a->body.p, a->body.len, 0, &all, &err) < 0)
		return reply_set(r, REPLY_UNKNOWN, "answer", "%s: %.200s", err.text,
		    a->body.p);
	*out = json_incref(json_object_get(all, member));
	json_decref(all);
	v = alipay_verdict(*out, r);
	return a->status == 200 ? v : reply_set(r, REPLY_UNKNOWN, "http", "status %d",
	    a->status);
}

/* All but biz_content stands in the query; charset must, or the gateway misreads the rest. */
static enum verdict
alipay_send(const char *method, json_t *fields, struct call_answer *a, struct reply *r)
{
	const char	*headers[] = {
		"Content-Type: application/x-www-form-urlencoded;charset=utf-8", NULL};
	struct buf	 url, body;
	enum verdict	 v;

	buf_init(&url, ALIPAY_TEXT_MAX);
	buf_init(&body, ALIPAY_TEXT_MAX);
	buf_addstr(&body, "biz_content=");
	url_encode_str(&body, js_str(fields, "biz_content"));
	json_object_del(fields, "biz_content");
	buf_addf(&url, "%s?", conf_str("gate.alipay_url"));
	url_form_write(fields, &url);
	v = call_http(&(struct call){.provider = "alipay", .api = method, .method = "POST",
	    .url = url.p, .headers = headers, .body = body.p, .len = body.len,
	    .timeout_ms = ALIPAY_TIMEOUT_MS}, a, r);
	buf_free(&url);
	buf_free(&body);
	return v;
}

/* Call a method; *out is the verified answer (json_decref), NULL when there is none. */
static enum verdict
alipay_call(const char *method, const json_t *biz, bool notify, json_t **out, struct reply *r)
{
	struct call_answer	 a;
	struct err		 err = {0};
	json_t			*fields = alipay_fields(method, biz, notify);
	enum verdict		 v;

	*out = NULL;
	call_answer_init(&a);
	if (alipay_sign(fields, &err) < 0)
		v = reply_err(r, &err);
	else if ((v = alipay_send(method, fields, &a, r)) == REPLY_DONE)
		v = alipay_answer(&a, method, out, r);
	call_answer_free(&a);
	json_decref(fields);
	return v;
}

static enum verdict
alipay_create(const struct pay_req *q, struct pay_answer *a, struct reply *r)
{
	char		 yuan[32], expires[CLOCK_TEXT];
	json_t		*biz = json_object(), *answer;
	enum verdict	 v;

	js_set_str(biz, "out_trade_no", q->trade_no);
	js_set_str(biz, "total_amount", fen_text(q->fen, yuan));
	js_set_str(biz, "subject", q->subject);
	js_set_str(biz, "seller_id", conf_str("gate.alipay_seller_id"));
	js_set_str(biz, "product_code", "FACE_TO_FACE_PAYMENT");
	js_set_str(biz, "time_expire", clock_datetime(q->expires, expires));
	v = alipay_call("alipay.trade.precreate", biz, true, &answer, r);
	if (v == REPLY_DONE) {
		snprintf(a->qr, sizeof(a->qr), "%s", js_str(answer, "qr_code"));
		if (a->qr[0] == '\0' ||
		    strcmp(js_str(answer, "out_trade_no"), q->trade_no) != 0)
			v = reply_set(r, REPLY_UNKNOWN, "answer", "no qr_code in the answer");
	}
	json_decref(answer);
	json_decref(biz);
	return v;
}

/*
 * No call is made: the signed request is the address itself, opened by the payer's browser.  Alipay
 * learns of the trade when he logs in there; what it tells the browser on the way back
 * (return_url) proves nothing: notification and query do.
 */
static enum verdict
alipay_page(const struct pay_req *q, struct pay_answer *a, struct reply *r)
{
	char		 yuan[32], expires[CLOCK_TEXT];
	json_t		*biz = json_object(), *fields;
	struct err	 err = {0};
	struct buf	 url;
	enum verdict	 v = REPLY_DONE;

	js_set_str(biz, "out_trade_no", q->trade_no);
	js_set_str(biz, "total_amount", fen_text(q->fen, yuan));
	js_set_str(biz, "subject", q->subject);
	js_set_str(biz, "product_code", "FAST_INSTANT_TRADE_PAY");
	js_set_str(biz, "time_expire", clock_datetime(q->expires, expires));
	fields = alipay_fields("alipay.trade.page.pay", biz, true);
	buf_init(&url, sizeof(a->qr) - 1);
	buf_addf(&url, "%s%s", conf_str("web.public_url"), q->back);
	js_set_str(fields, "return_url", url.p);
	if (alipay_sign(fields, &err) < 0) {
		v = reply_err(r, &err);
	} else {
		buf_clear(&url);
		buf_addf(&url, "%s?", conf_str("gate.alipay_url"));
		url_form_write(fields, &url);
		if (buf_check(&url, &err) < 0)
			v = reply_err(r, &err);
		else
			snprintf(a->qr, sizeof(a->qr), "%s", url.p);
	}
	buf_free(&url);
	json_decref(fields);
	json_decref(biz);
	return v;
}

static enum pay_state
alipay_state(const char *status, bool refunded)
{
	if (strcmp(status, "TRADE_SUCCESS") == 0 || strcmp(status, "TRADE_FINISHED") == 0)
		return PAY_PAID;
	if (strcmp(status, "TRADE_CLOSED") == 0)
		return refunded ? PAY_REFUNDED : PAY_CLOSED;
	return PAY_WAITING;
}

/* Before the payer scans, Alipay does not know the trade: normal, not a failure. */
static enum verdict
alipay_query(const struct pay_req *q, struct pay_answer *a, struct reply *r)
{
	json_t		*biz = json_object(), *answer;
	enum verdict	 v;

	js_set_str(biz, "out_trade_no", q->trade_no);
	v = alipay_call("alipay.trade.query", biz, false, &answer, r);
	if (v == REPLY_DONE) {
		a->state = alipay_state(js_str(answer, "trade_status"),
		    js_str(answer, "send_pay_date")[0] != '\0');
		snprintf(a->channel_trade_no, sizeof(a->channel_trade_no), "%s",
		    js_str(answer, "trade_no"));
		a->at = wire_time_china(js_str(answer, "send_pay_date"));
		if (strcmp(js_str(answer, "out_trade_no"), q->trade_no) != 0 ||
		    wire_fen(js_str(answer, "total_amount"), &a->fen) < 0)
			v = reply_set(r, REPLY_UNKNOWN, "answer", "trade or amount missing");
	} else if (v == REPLY_REFUSED &&
	    strcmp(js_str(answer, "sub_code"), "ACQ.TRADE_NOT_EXIST") == 0) {
		a->state = PAY_NOT_FOUND;
		v = REPLY_DONE;
	}
	json_decref(answer);
	json_decref(biz);
	return v;
}

/* A trade nobody scanned does not exist and ends by its time_expire: closed as well. */
static enum verdict
alipay_close(const struct pay_req *q, struct pay_answer *a, struct reply *r)
{
	json_t		*biz = json_object(), *answer;
	enum verdict	 v;

	(void)a;
	js_set_str(biz, "out_trade_no", q->trade_no);
	v = alipay_call("alipay.trade.close", biz, false, &answer, r);
	if (v == REPLY_REFUSED &&
	    strcmp(js_str(answer, "sub_code"), "ACQ.TRADE_NOT_EXIST") == 0)
		v = REPLY_DONE;
	json_decref(answer);
	json_decref(biz);
	return v;
}

/* code 10000 means only that the query worked: the refund is done when REFUND_SUCCESS. */
static enum verdict
alipay_refund_query(const struct pay_req *q, struct pay_answer *a, struct reply *r)
{
	json_t		*biz = json_object(), *answer;
	enum verdict	 v;

	js_set_str(biz, "out_trade_no", q->trade_no);
	js_set_str(biz, "out_request_no", q->refund_no);
	v = alipay_call("alipay.trade.fastpay.refund.query", biz, false, &answer, r);
	if (v == REPLY_DONE) {
		snprintf(a->channel_refund_no, sizeof(a->channel_refund_no), "%s",
		    js_str(answer, "trade_no"));
		if (strcmp(js_str(answer, "refund_status"), "REFUND_SUCCESS") != 0)
			v = reply_set(r, REPLY_PENDING, "", "refund not done yet");
		else if (wire_fen(js_str(answer, "refund_amount"), &a->fen) < 0)
			v = reply_set(r, REPLY_UNKNOWN, "answer", "refund_amount missing");
		a->refund = v == REPLY_DONE ? REFUND_DONE : REFUND_PENDING;
	}
	json_decref(answer);
	json_decref(biz);
	return v;
}

/* fund_change N: an earlier request did it, or nothing moved yet; the query tells. */
static enum verdict
alipay_refund(const struct pay_req *q, struct pay_answer *a, struct reply *r)
{
	char		 yuan[32];
	json_t		*biz = json_object(), *answer;
	enum verdict	 v;

	js_set_str(biz, "out_trade_no", q->trade_no);
	js_set_str(biz, "refund_amount", fen_text(q->fen, yuan));
	js_set_str(biz, "out_request_no", q->refund_no);
	js_set_str(biz, "refund_reason", q->reason);
	v = alipay_call("alipay.trade.refund", biz, false, &answer, r);
	if (v == REPLY_DONE && strcmp(js_str(answer, "fund_change"), "Y") == 0) {
		a->refund = REFUND_DONE;
		a->fen = q->fen;
		a->at = clock_now();
		snprintf(a->channel_refund_no, sizeof(a->channel_refund_no), "%s",
		    js_str(answer, "trade_no"));
	} else if (v == REPLY_DONE) {
		v = alipay_refund_query(q, a, r);
	}
	json_decref(answer);
	json_decref(biz);
	return v;
}

static int
alipay_notice_check(json_t *fields, struct err *err)
{
	EVP_PKEY	*key = NULL;
	struct buf	 text;
	int		 rc = -1;

	buf_init(&text, ALIPAY_TEXT_MAX);
	alipay_text(fields, true, &text);
	if (buf_check(&text, err) == 0 &&
	    wire_public_key(conf_path("gate.alipay_public"), &key, err) == 0)
		rc = wire_rsa_check(key, text.p, text.len, js_str(fields, "sign"), err);
	EVP_PKEY_free(key);
	buf_free(&text);
	if (rc < 0)
		return rc;
	if (strcmp(js_str(fields, "app_id"), conf_str("gate.alipay_app_id")) != 0)
		return err_set(err, ERR_DENIED, "app_id %s is not ours",
		    js_str(fields, "app_id"));
	if (strcmp(js_str(fields, "seller_id"), conf_str("gate.alipay_seller_id")) != 0)
		return err_set(err, ERR_DENIED, "seller_id %s is not ours",
		    js_str(fields, "seller_id"));
	return 0;
}

/* A refund notifies with the trade's status too: it is told apart by out_biz_no. */
static int
alipay_notice_read(const json_t *f, struct pay_notice *n, struct err *err)
{
	struct pay_answer	*a = &n->answer;
	bool			 refund = js_str(f, "refund_fee")[0] != '\0';

	if (js_str(f, "notify_id")[0] == '\0' || js_str(f, "out_trade_no")[0] == '\0')
		return err_set(err, ERR_INPUT, "notify_id or out_trade_no missing");
	snprintf(n->id, sizeof(n->id), "%s", js_str(f, "notify_id"));
	snprintf(a->trade_no, sizeof(a->trade_no), "%s", js_str(f, "out_trade_no"));
	snprintf(a->channel_trade_no, sizeof(a->channel_trade_no), "%s",
	    js_str(f, "trade_no"));
	if (strcmp(js_str(f, "notify_type"), "trade_status_sync") != 0) {
		n->event = PAY_EVENT_OTHER;
		return 0;
	}
	n->event = refund ? PAY_EVENT_REFUND : PAY_EVENT_TRADE;
	a->state = alipay_state(js_str(f, "trade_status"), refund);
	a->refund = REFUND_DONE;
	snprintf(a->refund_no, sizeof(a->refund_no), "%s", js_str(f, "out_biz_no"));
	a->at = wire_time_china(js_str(f, refund ? "gmt_refund" : "gmt_payment"));
	if (wire_fen(js_str(f, refund ? "refund_fee" : "total_amount"), &a->fen) < 0)
		return err_set(err, ERR_INPUT, "amount missing");
	return 0;
}

static int
alipay_notice(const json_t *headers, const void *body, size_t len, struct pay_notice *n,
    struct err *err)
{
	json_t	*fields = NULL;
	int	 rc = -1;

	(void)headers;
	if (url_form_parse(body, len, &fields, err) < 0)
		return -1;
	if (alipay_notice_check(fields, err) == 0)
		rc = alipay_notice_read(fields, n, err);
	json_decref(fields);
	return rc;
}

/* Exactly seven bytes. */
static void
alipay_say(bool ok, struct gate_answer *answer)
{
	answer->status = 200;
	snprintf(answer->type, sizeof(answer->type), "text/plain");
	buf_addstr(&answer->body, ok ? "success" : "fail");
}

/* ---- the bill ---- */

static const struct bill_columns	alipay_columns = {
	.trade_no = "商户订单号", .channel_trade_no = "支付宝交易号",
	.refund_no = "退款批次号/请求号", .kind = "业务类型", .payment = "交易", .refund = "退款",
	.paid = "订单金额（元）", .refunded = "订单金额（元）",
};

/* The address lives for 30 s and needs no signature: it came in a signed answer. */
static enum verdict
alipay_bill_file(const char *url, struct bill *out, struct reply *r)
{
	struct call_answer	 a;
	struct err		 err = {0};
	struct buf		 text;
	enum verdict		 v;

	call_answer_init(&a);
	buf_init(&text, BILL_BYTES * 2);
	v = call_http(&(struct call){.provider = "alipay", .api = "bill_file", .method = "GET",
	    .url = url, .timeout_ms = ALIPAY_BILL_MS, .max_answer = BILL_BYTES}, &a, r);
	if (v == REPLY_DONE && a.status != 200)
		v = reply_set(r, REPLY_RETRY, "http", "status %d", a.status);
	else if (v == REPLY_DONE && (bill_unzip(a.body.p, a.body.len, &text, &err) < 0 ||
	    bill_read_csv(text.p, text.len, &alipay_columns, out, &err) < 0))
		v = reply_set(r, REPLY_REFUSED, "bill", "%s", err.text);
	call_answer_free(&a);
	buf_free(&text);
	return v;
}

static enum verdict
alipay_bill(const char *date, struct bill *out, struct reply *r)
{
	json_t		*biz = json_pack("{s:s,s:s}", "bill_type", "trade", "bill_date", date),
			*answer;
	enum verdict	 v = alipay_call("alipay.data.dataservice.bill.downloadurl.query", biz,
	    false, &answer, r);

	if (v == REPLY_DONE)
		v = alipay_bill_file(js_str(answer, "bill_download_url"), out, r);
	else if (strstr(r->code, "BILL_NOT_EXIST") != NULL)
		v = REPLY_DONE;		/* a day without business */
	json_decref(answer);
	json_decref(biz);
	return v;
}

const struct pay_provider	 pay_alipay = {
	.name = "alipay",
	.create = alipay_create,
	.page = alipay_page,
	.query = alipay_query,
	.close = alipay_close,
	.refund = alipay_refund,
	.refund_query = alipay_refund_query,
	.bill = alipay_bill,
	.notice = alipay_notice,
	.answer = alipay_say,
};

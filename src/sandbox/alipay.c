#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/url.h"

/* Alipay's gateway (face-to-face payment, paying at its page) and its notifications. */

#define ALIPAY_WINDOW	(10 * CLOCK_MINUTE)
#define ALIPAY_TEXT	65536

static int
alipay_by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What is signed; without_type: in notifications sign_type does not count. */
static void
alipay_text(json_t *fields, bool without_type, struct buf *out)
{
	const char	*names[LIMIT_FORM_FIELDS * 2], *name, *sep = "";
	json_t		*value;
	size_t		 n = 0;

	json_object_foreach(fields, name, value)
		if (strcmp(name, "sign") != 0 && json_string_length(value) > 0 &&
		    !(without_type && strcmp(name, "sign_type") == 0) && n < ARRAY_LEN(names))
			names[n++] = name;
	qsort(names, n, sizeof(names[0]), alipay_by_name);
	for (size_t i = 0; i < n; i++, sep = "&")
		buf_addf(out, "%s%s=%s", sep, names[i], js_str(fields, names[i]));
}

/* Answer {"<method>_response":{…},"sign":"…"}, signed over the very bytes. Takes value. */
static void
alipay_answer(struct sb_call *c, const char *method, json_t *value)
{
	char		 member[96];
	struct buf	 text, sign;
	bool		 wrong = c->api != NULL && sb_fault(c->api, "bad_signature", NULL);

	snprintf(member, sizeof(member), "%s_response", method);
	for (char *p = member; *p != '\0'; p++)
		if (*p == '.')
			*p = '_';
	buf_init(&text, ALIPAY_TEXT);
	buf_init(&sign, 1024);
	json_write(value, &text);
	sb_sign(wrong ? sb.alipay_app : sb.alipay, text.p, text.len, &sign);
	buf_addf(&c->res->body, "{\"%s\":%s,\"sign\":\"%s\"}", member, text.p, sign.p);
	http_respond_header(c->res, "Content-Type", "text/html;charset=utf-8");
	buf_free(&text);
	buf_free(&sign);
	json_decref(value);
}

static void
alipay_no(struct sb_call *c, const char *method, const char *code, const char *sub,
    const char *message)
{
	alipay_answer(c, method, json_pack("{s:s,s:s,s:s,s:s}", "code", code, "msg",
	    strcmp(code, "40004") == 0 ? "Business Failed" : "Invalid Arguments", "sub_code", sub,
	    "sub_msg", message));
}

static json_t *
alipay_yes(void)
{
	return json_pack("{s:s,s:s}", "code", "10000", "msg", "Success");
}

/* "12.34" with exactly two decimals; -1 otherwise. */
static int64_t
alipay_fen(const char *yuan)
{
	const char	*dot = strchr(yuan, '.');
	char		 digits[32];
	int64_t		 fen;

	if (dot == NULL || strlen(dot) != 3 || strlen(yuan) > 16)
		return -1;
	snprintf(digits, sizeof(digits), "%.*s%s", (int)(dot - yuan), yuan, dot + 1);
	return str_to_i64(digits, INT64_C(10000000000), &fen) < 0 ? -1 : fen;
}

/* "2026-11-21 09:05:07", China. */
static int64_t
alipay_time(const char *text)
{
	struct tm	 tm = {0};
	const char	*end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);

	return end == NULL || *end != '\0' ? 0 : (int64_t)timegm(&tm) * 1000 - 8 * CLOCK_HOUR;
}

static void
alipay_precreate(struct sb_call *c, const char *method, json_t *biz)
{
	const char	*no = js_str(biz, "out_trade_no");
	int64_t		 fen = alipay_fen(js_str(biz, "total_amount"));
	int64_t		 expires = alipay_time(js_str(biz, "time_expire"));
	json_t		*t = sb_trade("alipay", no), *answer;

	if (no[0] == '\0' || strlen(no) > 64 || js_str(biz, "subject")[0] == '\0' || fen < 1) {
		alipay_no(c, method, "40004", "ACQ.INVALID_PARAMETER", "参数无效");
		return;
	}
	if (t != NULL && strcmp(js_str(t, "state"), "paid") == 0) {
		alipay_no(c, method, "40004", "ACQ.TRADE_HAS_SUCCESS", "交易已被支付");
		return;
	}
	if (t != NULL && (js_int(t, "fen", 0) != fen || js_str(t, "return_url")[0] != '\0')) {
		alipay_no(c, method, "40004", "ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改");
		return;
	}
	if (t == NULL)
		t = sb_trade_new("alipay", no, fen, js_str(biz, "subject"),
		    js_str(c->query, "notify_url"),
		    expires == 0 ? clock_now() + 2 * CLOCK_HOUR : expires);
	answer = alipay_yes();
	js_set_str(answer, "out_trade_no", no);
	js_set_str(answer, "qr_code", js_str(t, "qr"));
	alipay_answer(c, method, answer);
}

/*
 * alipay.trade.page.pay: the payer's browser comes with the signed request and gets a page to log
 * in at; the gateway knows no trade before he does.  The same number again leads to the same
 * trade, unless it was made otherwise.
 */
static void
alipay_page_pay(struct sb_call *c, const char *method, json_t *biz)
{
	const char	*no = js_str(biz, "out_trade_no"), *why = NULL;
	int64_t		 fen = alipay_fen(js_str(biz, "total_amount"));
	int64_t		 expires = alipay_time(js_str(biz, "time_expire"));
	json_t		*t = sb_trade("alipay", no);
	char		 page[160];

	(void)method;
	if (no[0] == '\0' || strlen(no) > 64 || js_str(biz, "subject")[0] == '\0' || fen < 1 ||
	    strcmp(js_str(biz, "product_code"), "FAST_INSTANT_TRADE_PAY") != 0)
		why = "INVALID_PARAMETER：参数无效。";
	else if (t != NULL && (js_int(t, "fen", 0) != fen || js_str(t, "return_url")[0] == '\0'))
		why = "CONTEXT_INCONSISTENT：交易信息被篡改。";
	if (why != NULL) {
		sb_error_page(c, 200, why);
		return;
	}
	if (t == NULL) {
		t = sb_trade_new("alipay", no, fen, js_str(biz, "subject"),
		    js_str(c->query, "notify_url"),
		    expires == 0 ? clock_now() + 2 * CLOCK_HOUR : expires);
		snprintf(page, sizeof(page), "%s/alipay/page/%s", sb.base, js_str(t, "code"));
		js_set_str(t, "page", page);
		js_set_str(t, "qr", page);
		js_set_str(t, "return_url", js_str(c->query, "return_url"));
	}
	sb_redirect(c, js_str(t, "page"));
}

/* Where the payer goes from the page: what stands in the address is signed, and proves nothing. */
void
sb_alipay_return(json_t *t, struct buf *url)
{
	json_t		*f = json_object();
	struct buf	 text, sign;
	char		 yuan[32], time[CLOCK_TEXT];

	js_set_str(f, "charset", "utf-8");
	js_set_str(f, "method", "alipay.trade.page.pay.return");
	js_set_str(f, "out_trade_no", js_str(t, "no"));
	js_set_str(f, "trade_no", js_str(t, "channel_no"));
	js_set_str(f, "total_amount", fen_text(js_int(t, "fen", 0), yuan));
	js_set_str(f, "app_id", conf_str("gate.alipay_app_id"));
	js_set_str(f, "seller_id", conf_str("gate.alipay_seller_id"));
	js_set_str(f, "timestamp", clock_datetime(clock_now(), time));
	js_set_str(f, "version", "1.0");
	js_set_str(f, "sign_type", "RSA2");
	buf_init(&text, ALIPAY_TEXT);
	buf_init(&sign, 1024);
	alipay_text(f, true, &text);
	sb_sign(sb.alipay, text.p, text.len, &sign);
	js_set_str(f, "sign", sign.p);
	buf_addf(url, "%s?", js_str(t, "return_url"));
	url_form_write(f, url);
	buf_free(&text);
	buf_free(&sign);
	json_decref(f);
}

static const char *
alipay_status(json_t *t)
{
	const char	*state = js_str(t, "state");

	if (strcmp(state, "waiting") == 0)
		return "WAIT_BUYER_PAY";
	return strcmp(state, "paid") == 0 ? "TRADE_SUCCESS" : "TRADE_CLOSED";
}

static void
alipay_query(struct sb_call *c, const char *method, json_t *biz)
{
	json_t	*t = sb_trade("alipay", js_str(biz, "out_trade_no")), *answer;
	char	 yuan[32], time[CLOCK_TEXT];

	if (t == NULL || !js_bool(t, "scanned")) {
		alipay_no(c, method, "40004", "ACQ.TRADE_NOT_EXIST", "交易不存在");
		return;
	}
	sb_trade_is_open(t);
	answer = alipay_yes();
	js_set_str(answer, "trade_no", js_str(t, "channel_no"));
	js_set_str(answer, "out_trade_no", js_str(t, "no"));
	js_set_str(answer, "trade_status", alipay_status(t));
	js_set_str(answer, "total_amount", fen_text(js_int(t, "paid_at", 0) != 0 ?
	    js_int(t, "paid_fen", 0) : js_int(t, "fen", 0), yuan));
	js_set_str(answer, "buyer_logon_id", "san***@sandbox.example");
	if (js_int(t, "paid_at", 0) != 0)
		js_set_str(answer, "send_pay_date",
		    clock_datetime(js_int(t, "paid_at", 0), time));
	alipay_answer(c, method, answer);
}

static void
alipay_close(struct sb_call *c, const char *method, json_t *biz)
{
	json_t	*t = sb_trade("alipay", js_str(biz, "out_trade_no")), *answer;

	if (t == NULL || !js_bool(t, "scanned")) {
		alipay_no(c, method, "40004", "ACQ.TRADE_NOT_EXIST", "交易不存在");
		return;
	}
	if (js_int(t, "paid_at", 0) != 0) {
		alipay_no(c, method, "40004", "ACQ.TRADE_STATUS_ERROR", "交易状态不合法");
		return;
	}
	js_set_str(t, "state", "closed");
	answer = alipay_yes();
	js_set_str(answer, "out_trade_no", js_str(t, "no"));
	js_set_str(answer, "trade_no", js_str(t, "channel_no"));
	alipay_answer(c, method, answer);
}

static json_t *
alipay_refund_new(json_t *t, const char *no, int64_t fen)
{
	json_t	*r = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:s}", "channel", "alipay", "no", no,
	    "trade_no", js_str(t, "no"), "channel_no", js_str(t, "channel_no"), "fen",
	    (json_int_t)fen, "at", (json_int_t)clock_now(), "state", "done");
	char	 key[128];

	snprintf(key, sizeof(key), "alipay:%.64s", no);
	sb_put("refunds", key, r);
	js_set_int(t, "refunded_fen", js_int(t, "refunded_fen", 0) + fen);
	if (js_int(t, "refunded_fen", 0) == js_int(t, "paid_fen", 0))
		js_set_str(t, "state", "refunded");
	return r;
}

static void
alipay_refund(struct sb_call *c, const char *method, json_t *biz)
{
	json_t		*t = sb_trade("alipay", js_str(biz, "out_trade_no")), *r, *answer;
	const char	*no = js_str(biz, "out_request_no");
	int64_t		 fen = alipay_fen(js_str(biz, "refund_amount"));
	char		 yuan[32];

	no = no[0] == '\0' ? js_str(biz, "out_trade_no") : no;
	r = sb_refund("alipay", no);
	if (t == NULL || js_int(t, "paid_at", 0) == 0) {
		alipay_no(c, method, "40004", "ACQ.TRADE_NOT_EXIST", "交易不存在");
		return;
	}
	if (r != NULL && js_int(r, "fen", 0) != fen) {
		alipay_no(c, method, "40004", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
		    "同一退款请求号的金额不一致");
		return;
	}
	if (r == NULL && (fen < 1 ||
	    fen > js_int(t, "paid_fen", 0) - js_int(t, "refunded_fen", 0))) {
		alipay_no(c, method, "40004", "ACQ.REASON_TRADE_REFUND_FEE_ERR",
		    "退款金额无效");
		return;
	}
	answer = alipay_yes();
	js_set_str(answer, "fund_change", r == NULL ? "Y" : "N");
	if (r == NULL)
		sb_notify(t, alipay_refund_new(t, no, fen));
	js_set_str(answer, "trade_no", js_str(t, "channel_no"));
	js_set_str(answer, "out_trade_no", js_str(t, "no"));
	js_set_str(answer, "refund_fee", fen_text(js_int(t, "refunded_fen", 0), yuan));
	alipay_answer(c, method, answer);
}

static void
alipay_refund_query(struct sb_call *c, const char *method, json_t *biz)
{
	json_t	*r = sb_refund("alipay", js_str(biz, "out_request_no")), *answer = alipay_yes();
	char	 yuan[32];

	if (r != NULL && strcmp(js_str(r, "trade_no"), js_str(biz, "out_trade_no")) == 0) {
		js_set_str(answer, "trade_no", js_str(r, "channel_no"));
		js_set_str(answer, "out_trade_no", js_str(r, "trade_no"));
		js_set_str(answer, "out_request_no", js_str(r, "no"));
		js_set_str(answer, "refund_status", "REFUND_SUCCESS");
		js_set_str(answer, "refund_amount", fen_text(js_int(r, "fen", 0), yuan));
	}
	alipay_answer(c, method, answer);
}

/* The address of the bill holds its day and, for half a minute, a token. */
static void
alipay_bill(struct sb_call *c, const char *method, json_t *biz)
{
	const char	*date = js_str(biz, "bill_date");
	struct err	 err = {0};
	struct buf	 csv;
	json_t		*answer;
	char		 token[25], url[200];

	buf_init(&csv, SB_BILL_MAX);
	if (strcmp(js_str(biz, "bill_type"), "trade") != 0) {
		alipay_no(c, method, "40004", "isp.unknow-bill-type", "账单类型错误");
	} else if (sb_bill_csv("alipay", date, &csv, &err) < 0) {
		alipay_no(c, method, "40004", err.kind == ERR_NOT_FOUND ?
		    "isp.bill_not_exist BILL_NOT_EXIST" : "isv.invalid-parameter", err.text);
	} else {
		rand_token(token, 24);
		sb_put("bills", token, json_pack("{s:s,s:s,s:I}", "csv", csv.p, "date", date,
		    "until", (json_int_t)(clock_now() + 30 * CLOCK_SECOND)));
		snprintf(url, sizeof(url), "%s/alipay/bill/%s", sb.base, token);
		answer = alipay_yes();
		js_set_str(answer, "bill_download_url", url);
		alipay_answer(c, method, answer);
	}
	buf_free(&csv);
}

static void
alipay_bill_file(struct sb_call *c)
{
	json_t		*bill = json_object_get(sb_map("bills"), c->rest);
	const char	*text = js_str(bill, "csv");
	struct buf	 csv;

	if (bill == NULL || js_int(bill, "until", 0) < clock_now()) {
		sb_error_page(c, 403, "下载地址已失效。");
		return;
	}
	buf_init(&csv, SB_BILL_MAX);
	buf_addstr(&csv, text);
	http_respond_header(c->res, "Content-Type", "application/zip");
	sb_bill_zip(&csv, js_str(bill, "date"), &c->res->body);
	buf_free(&csv);
}

/* Signature, application, clock.  The gateway tells the text it verified, HTML-escaped. */
static bool
alipay_allowed(struct sb_call *c, json_t *fields, const char *method)
{
	struct buf	 text, message;
	bool		 ok;

	buf_init(&text, ALIPAY_TEXT);
	buf_init(&message, 2 * ALIPAY_TEXT);
	alipay_text(fields, false, &text);
	ok = strcmp(js_str(fields, "sign_type"), "RSA2") == 0 &&
	    sb_verify(sb.alipay_app, text.p, text.len, js_str(fields, "sign"));
	if (!ok) {
		buf_addstr(&message, "验签出错，建议检查签名字符串或私钥与应用公钥是否匹配，"
		    "网关生成的验签字符串为：");
		sb_html(&message, text.p);
		alipay_no(c, method, "40002", "isv.invalid-signature", message.p);
	} else if (strcmp(js_str(fields, "app_id"), conf_str("gate.alipay_app_id")) != 0) {
		alipay_no(c, method, "40002", "isv.invalid-app-id", "无效的AppID参数");
		ok = false;
	} else if (llabs(alipay_time(js_str(fields, "timestamp")) - clock_now()) >
	    ALIPAY_WINDOW) {
		alipay_no(c, method, "40002", "isv.invalid-timestamp", "非法的时间戳参数");
		ok = false;
	} else if (strcmp(js_str(c->query, "charset"), "utf-8") != 0) {
		alipay_no(c, method, "40002", "isv.invalid-charset", "字符集错误");
		ok = false;
	}
	buf_free(&text);
	buf_free(&message);
	return ok;
}

struct alipay_row {
	const char	*method, *api;
	void		(*answer)(struct sb_call *c, const char *method, json_t *biz);
};

static void
alipay_serve(struct sb_call *c, const struct alipay_row *rows, size_t n)
{
	const char	*method = js_str(c->query, "method"), *text;
	json_t		*fields = json_copy(c->query), *biz = NULL;
	struct err	 err = {0};
	size_t		 i;

	json_object_update_missing(fields, c->form);
	text = js_str(fields, "biz_content");
	for (i = 0; i < n && strcmp(rows[i].method, method) != 0; i++)
		;
	if (i == n) {
		alipay_no(c, "error", "40002", "isv.invalid-method", "不存在的方法名");
	} else {
		c->api = rows[i].api;
		if (!alipay_allowed(c, fields, method))
			c->res->status = 200;
		else if (json_parse(text, strlen(text), 0, &biz, &err) < 0)
			alipay_no(c, method, "40002", "isv.invalid-parameter", "biz_content");
		else
			rows[i].answer(c, method, biz);
	}
	json_decref(biz);
	json_decref(fields);
}

/* What a browser may bring. */
static void
alipay_browser(struct sb_call *c)
{
	static const struct alipay_row	 rows[] = {
		{"alipay.trade.page.pay", "alipay.page", alipay_page_pay},
	};

	alipay_serve(c, rows, ARRAY_LEN(rows));
}

static void
alipay_gateway(struct sb_call *c)
{
	static const struct alipay_row	 rows[] = {
		{"alipay.trade.precreate", "alipay.precreate", alipay_precreate},
		{"alipay.trade.query", "alipay.query", alipay_query},
		{"alipay.trade.close", "alipay.close", alipay_close},
		{"alipay.trade.refund", "alipay.refund", alipay_refund},
		{"alipay.data.dataservice.bill.downloadurl.query", "alipay.bill", alipay_bill},
		{"alipay.trade.fastpay.refund.query", "alipay.refund_query",
		    alipay_refund_query},
	};

	alipay_serve(c, rows, ARRAY_LEN(rows));
}

static void
alipay_notice_fields(json_t *f, json_t *t, json_t *refund, const char *id, const char *what)
{
	int64_t	 fen = js_int(t, "paid_fen", 0) + (strcmp(what, "amount") == 0 ? -1 : 0);
	char	 yuan[32], time[CLOCK_TEXT];

	js_set_str(f, "notify_time", clock_datetime(clock_now(), time));
	js_set_str(f, "notify_type", "trade_status_sync");
	js_set_str(f, "notify_id", id);
	js_set_str(f, "app_id", conf_str("gate.alipay_app_id"));
	js_set_str(f, "auth_app_id", conf_str("gate.alipay_app_id"));
	js_set_str(f, "charset", "utf-8");
	js_set_str(f, "version", "1.0");
	js_set_str(f, "sign_type", "RSA2");
	js_set_str(f, "trade_no", js_str(t, "channel_no"));
	js_set_str(f, "out_trade_no", js_str(t, "no"));
	js_set_str(f, "seller_id", strcmp(what, "merchant") == 0 ? "2088999999999999" :
	    conf_str("gate.alipay_seller_id"));
	js_set_str(f, "trade_status", alipay_status(t));
	js_set_str(f, "total_amount", fen_text(fen, yuan));
	js_set_str(f, "receipt_amount", yuan);
	js_set_str(f, "buyer_pay_amount", yuan);
	js_set_str(f, "subject", js_str(t, "subject"));
	js_set_str(f, "buyer_logon_id", "san***@sandbox.example");
	js_set_str(f, "gmt_create", clock_datetime(js_int(t, "created", 0), time));
	js_set_str(f, "gmt_payment", clock_datetime(js_int(t, "paid_at", 0), time));
	js_set_str(f, "fund_bill_list", "[{\"amount\":\"0.10\",\"fundChannel\":\"ALIPAYACCOUNT\"}]");
	if (refund == NULL)
		return;
	js_set_str(f, "out_biz_no", js_str(refund, "no"));
	js_set_str(f, "refund_fee", fen_text(js_int(t, "refunded_fen", 0), yuan));
	js_set_str(f, "gmt_refund", clock_datetime(js_int(refund, "at", 0), time));
}

void
sb_alipay_notice(json_t *t, json_t *refund, const char *id, const char *what,
    struct buf *body)
{
	json_t		*f = json_object();
	struct buf	 text, sign;

	buf_init(&text, ALIPAY_TEXT);
	buf_init(&sign, 1024);
	alipay_notice_fields(f, t, refund, id, what);
	alipay_text(f, true, &text);
	sb_sign(strcmp(what, "forged") == 0 ? sb.alipay_app : sb.alipay, text.p, text.len,
	    &sign);
	js_set_str(f, "sign", sign.p);
	url_form_write(f, body);
	buf_free(&text);
	buf_free(&sign);
	json_decref(f);
}

const struct sb_route	 sb_routes_alipay[] = {
	{"POST", "/alipay/gateway.do", alipay_gateway},
	{"GET", "/alipay/gateway.do", alipay_browser},
	{"GET", "/alipay/bill/*", alipay_bill_file},
	{0}
};

#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/url.h"

/* Pages that stand for telephones, mailboxes, cashiers and registries. */

static const char	 pages_style[] =
    "body{margin:0;font:16px/1.6 system-ui,'Noto Sans CJK SC',sans-serif;background:#f4f5f7;"
    "color:#1f2328}header{background:#33475b;color:#fff;padding:.6rem 1rem}"
    "header a{color:#dfe7ef;margin-right:1rem;text-decoration:none}"
    "main{max-width:46rem;margin:0 auto;padding:1rem}h1{font-size:1.3rem;margin:.4rem 0 1rem}"
    "h2{font-size:1.05rem;margin:1.4rem 0 .4rem}.card{background:#fff;border:1px solid #d8dde3;"
    "border-radius:8px;padding:.8rem 1rem;margin:.6rem 0;overflow-wrap:anywhere;overflow-x:auto}"
    ".dim{color:#57606a;font-size:.9rem}.sum{font-size:2rem;margin:.4rem 0}"
    "button,.button{display:block;width:100%;box-sizing:border-box;padding:.8rem;margin:.5rem 0;"
    "border:1px solid #b6bfc9;border-radius:8px;background:#fff;font:inherit;cursor:pointer;"
    "text-align:center}button.main{background:#1a6fc4;border-color:#1a6fc4;color:#fff}"
    "input,select{width:100%;box-sizing:border-box;padding:.5rem;font:inherit;border:1px solid "
    "#b6bfc9;border-radius:6px;margin:.2rem 0 .6rem}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.35rem .5rem;border-bottom:1px solid #e3e7eb;"
    "vertical-align:top;white-space:nowrap}";

void
sb_html(struct buf *b, const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		switch (*p) {
		case '&': buf_addstr(b, "&amp;"); break;
		case '<': buf_addstr(b, "&lt;"); break;
		case '>': buf_addstr(b, "&gt;"); break;
		case '"': buf_addstr(b, "&quot;"); break;
		case '\'': buf_addstr(b, "&#39;"); break;
		default: buf_addch(b, *p);
		}
}

const char *
sb_time(int64_t ms)
{
	static _Thread_local char	 text[CLOCK_TEXT];

	return clock_datetime(ms, text);
}

void
sb_page_begin(struct sb_call *c, const char *title)
{
	struct buf	*b = &c->res->body;

	http_respond_header(c->res, "Content-Type", "text/html; charset=utf-8");
	http_respond_header(c->res, "Cache-Control", "no-store");
	buf_addstr(b, "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
	sb_html(b, title);
	buf_addf(b, " - 外部世界（沙箱）</title><style>%s</style></head><body><header>"
	    "<a href=\"/\">外部世界（沙箱）</a><a href=\"/phone\">手机</a>"
	    "<a href=\"/mail\">邮箱</a><a href=\"/trades\">交易</a>"
	    "<a href=\"/bank\">银行</a></header><main><h1>",
	    pages_style);
	sb_html(b, title);
	buf_addstr(b, "</h1>");
}

void
sb_page_end(struct sb_call *c)
{
	buf_addstr(&c->res->body, "</main></body></html>");
}

void
sb_redirect(struct sb_call *c, const char *to)
{
	c->res->status = 303;
	for (const char *p = to; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			to = "/";
	http_respond_header(c->res, "Location", "%s", to);
}

void
sb_error_page(struct sb_call *c, int status, const char *text)
{
	c->res->status = status;
	sb_page_begin(c, "不能完成");
	buf_addstr(&c->res->body, "<div class=\"card\">");
	sb_html(&c->res->body, text);
	buf_addstr(&c->res->body, "</div>");
	sb_page_end(c);
}

static void
pages_index(struct sb_call *c)
{
	static const char *const links[][2] = {
		{"/phone", "手机：收到的短信"}, {"/mail", "邮箱：收到的邮件"},
		{"/trades", "收银台：待付与已付的交易"}, {"/faces", "人脸核验"},
		{"/scan", "扫一扫：粘贴二维码内容"}, {"/people", "人口登记"},
		{"/companies", "企业登记"}, {"/cards", "银行卡登记"}, {"/bank", "银行：账户与明细"},
		{"/tax", "税务：开出的发票"}, {"/courier", "快递：揽收与派送"}, {"/faults", "故障开关"},
		{"/notifications", "发往大厅的通知"},
	};
	struct buf	*b = &c->res->body;

	sb_page_begin(c, "外部世界（沙箱）");
	buf_addstr(b, "<p>这里代替短信、邮件、支付宝、微信支付、实名核验机构、税务和快递，只用于开发、测试和演示。"
	    "没有真实的钱，也没有真实的人。</p>");
	for (size_t i = 0; i < ARRAY_LEN(links); i++)
		buf_addf(b, "<a class=\"button\" href=\"%s\">%s</a>", links[i][0], links[i][1]);
	buf_addstr(b, "<a class=\"button\" href=\"");
	sb_html(b, sb.hall_url);
	buf_addstr(b, "\">回到证书大厅</a>");
	sb_page_end(c);
}

/* "手机号 (n 条)" for each value of a field, newest first. */
static void
pages_senders(struct buf *b, const char *list, const char *field, const char *path)
{
	json_t		*counts = json_object(), *e, *n;
	const char	*key;
	size_t		 i;

	for (i = json_array_size(sb_list(list)); i-- > 0;) {
		e = json_array_get(sb_list(list), i);
		key = js_str(e, field);
		js_set_int(counts, key, js_int(counts, key, 0) + 1);
	}
	json_object_foreach(counts, key, n) {
		buf_addf(b, "<a class=\"button\" href=\"%s?%s=", path, field);
		url_encode_str(b, key);
		buf_addstr(b, "\">");
		sb_html(b, key);
		buf_addf(b, "（%d）</a>", (int)json_integer_value(n));
	}
	if (json_object_size(counts) == 0)
		buf_addstr(b, "<p class=\"dim\">还没有消息。</p>");
	json_decref(counts);
}

static void
pages_phone(struct sb_call *c)
{
	const char	*phone = js_str(c->query, "phone");
	struct buf	*b = &c->res->body;
	json_t		*m;

	sb_page_begin(c, phone[0] == '\0' ? "手机" : phone);
	if (phone[0] == '\0')
		pages_senders(b, "sms", "phone", "/phone");
	for (size_t i = json_array_size(sb_list("sms")); phone[0] != '\0' && i-- > 0;) {
		m = json_array_get(sb_list("sms"), i);
		if (strcmp(js_str(m, "phone"), phone) != 0)
			continue;
		buf_addf(b, "<div class=\"card\"><div class=\"dim\">%s</div>",
		    sb_time(js_int(m, "at", 0)));
		sb_html(b, js_str(m, "text"));
		buf_addstr(b, "</div>");
	}
	sb_page_end(c);
}

/* Text with its http(s) addresses as links. */
static void
pages_linked(struct buf *b, const char *text)
{
	char	*part;
	size_t	 n;

	while (*text != '\0') {
		if (str_has_prefix(text, "http://") || str_has_prefix(text, "https://")) {
			n = strcspn(text, " \t\r\n<>\"'，。；）)");
			for (size_t i = 0; i < n; i++)
				if ((unsigned char)text[i] >= 0x80)
					n = i;
			part = xstrndup(text, n);
			buf_addstr(b, "<a href=\"");
			sb_html(b, part);
			buf_addstr(b, "\">");
			sb_html(b, part);
			buf_addstr(b, "</a>");
			free(part);
			text += n;
			continue;
		}
		if (*text == '\n')
			buf_addstr(b, "<br>");
		part = xstrndup(text++, 1);
		sb_html(b, part);
		free(part);
	}
}

static void
pages_mail_one(struct sb_call *c, json_t *m)
{
	struct buf	*b = &c->res->body;

	sb_page_begin(c, js_str(m, "subject"));
	buf_addstr(b, "<div class=\"card\"><div class=\"dim\">发件人：");
	sb_html(b, js_str(m, "from"));
	buf_addstr(b, "<br>收件人：");
	sb_html(b, js_str(m, "to"));
	buf_addf(b, "<br>%s</div><p>", sb_time(js_int(m, "at", 0)));
	pages_linked(b, js_str(m, "text"));
	buf_addstr(b, "</p></div>");
	sb_page_end(c);
}

static void
pages_mail(struct sb_call *c)
{
	const char	*to = js_str(c->query, "to"), *id = js_str(c->query, "id");
	struct buf	*b = &c->res->body;
	int64_t		 number = 0;
	json_t		*m;

	if (id[0] != '\0' && str_to_i64(id, INT64_MAX, &number) < 0)
		number = -1;
	for (size_t i = 0; number != 0 && i < json_array_size(sb_list("mails")); i++)
		if (js_int(json_array_get(sb_list("mails"), i), "id", 0) == number) {
			pages_mail_one(c, json_array_get(sb_list("mails"), i));
			return;
		}
	sb_page_begin(c, to[0] == '\0' ? "邮箱" : to);
	if (to[0] == '\0')
		pages_senders(b, "mails", "to", "/mail");
	for (size_t i = json_array_size(sb_list("mails")); to[0] != '\0' && i-- > 0;) {
		m = json_array_get(sb_list("mails"), i);
		if (strcasecmp(js_str(m, "to"), to) != 0)
			continue;
		buf_addf(b, "<a class=\"button\" href=\"/mail?id=%" PRId64 "\">",
		    js_int(m, "id", 0));
		sb_html(b, js_str(m, "subject"));
		buf_addf(b, "<br><span class=\"dim\">%s</span></a>", sb_time(js_int(m, "at", 0)));
	}
	sb_page_end(c);
}

static const char *
pages_trade_state(json_t *t)
{
	const char	*s = js_str(t, "state");

	if (strcmp(s, "waiting") == 0)
		return "待付款";
	if (strcmp(s, "paid") == 0)
		return js_int(t, "refunded_fen", 0) > 0 ? "已付款，部分退款" : "已付款";
	return strcmp(s, "refunded") == 0 ? "已退款" : "已关闭";
}

static void
pages_trades(struct sb_call *c)
{
	struct buf	*b = &c->res->body;
	const char	*key;
	char		 yuan[32];
	json_t		*t;

	sb_page_begin(c, "交易");
	json_object_foreach(sb_map("trades"), key, t) {
		sb_trade_is_open(t);
		buf_addf(b, "<a class=\"button\" href=\"%s\">%s %s 元 %s<br><span class=\"dim\">",
		    strstr(js_str(t, "page"), sb.base) == js_str(t, "page") ?
		    js_str(t, "page") + strlen(sb.base) : js_str(t, "page"),
		    strcmp(js_str(t, "channel"), "alipay") == 0 ? "支付宝" : "微信支付",
		    fen_text(js_int(t, "fen", 0), yuan), pages_trade_state(t));
		sb_html(b, js_str(t, "no"));
		buf_addstr(b, " ");
		sb_html(b, js_str(t, "subject"));
		buf_addstr(b, "</span></a>");
	}
	if (json_object_size(sb_map("trades")) == 0)
		buf_addstr(b, "<p class=\"dim\">还没有交易。</p>");
	sb_page_end(c);
}

/* Alipay's page on the PC: there is no trade before the payer has logged in. */
static void
pages_log_in(struct sb_call *c)
{
	sb_page_begin(c, "登录支付宝账户付款");
	buf_addstr(&c->res->body, "<form class=\"card\" method=\"post\"><label>支付宝账户<input "
	    "name=\"account\" value=\"san@sandbox.example\" autocomplete=\"off\"></label>"
	    "<button class=\"main\" name=\"do\" value=\"login\">登录</button></form>");
	sb_page_end(c);
}

/* The payer's phone; or, for a trade with a return_url, his browser. */
static void
pages_cashier(struct sb_call *c)
{
	json_t		*t = sb_trade_by_qr(c->rest);
	struct buf	*b = &c->res->body;
	char		 yuan[32];

	if (t == NULL) {
		sb_error_page(c, 404, "二维码无效或已过期。");
		return;
	}
	if (js_str(t, "return_url")[0] != '\0' && !js_bool(t, "scanned") && sb_trade_is_open(t)) {
		pages_log_in(c);
		return;
	}
	js_set_bool(t, "scanned", true);
	sb_page_begin(c, strcmp(js_str(t, "channel"), "alipay") == 0 ? "支付宝付款" :
	    "微信付款");
	buf_addstr(b, "<div class=\"card\"><div>");
	sb_html(b, js_str(t, "subject"));
	buf_addf(b, "</div><div class=\"sum\">￥%s</div><div class=\"dim\">交易号 ",
	    fen_text(js_int(t, "fen", 0), yuan));
	sb_html(b, js_str(t, "no"));
	if (!sb_trade_is_open(t)) {
		buf_addf(b, "</div><p><strong>%s</strong></p></div>", pages_trade_state(t));
		sb_page_end(c);
		return;
	}
	buf_addstr(b, "<br>请在到期前付款：");
	buf_addf(b, "%s</div></div><form method=\"post\">"
	    "<button class=\"main\" name=\"do\" value=\"pay\">确认付款</button>"
	    "<button name=\"do\" value=\"less\">少付一分钱（制造金额不符）</button>"
	    "<button name=\"do\" value=\"cancel\">取消，关闭交易</button></form>",
	    sb_time(js_int(t, "expires", 0)));
	sb_page_end(c);
}

static void
pages_cashier_do(struct sb_call *c)
{
	json_t		*t = sb_trade_by_qr(c->rest);
	const char	*what = js_str(c->form, "do"), *why = NULL;
	struct buf	 back;

	if (t == NULL) {
		sb_error_page(c, 404, "二维码无效或已过期。");
		return;
	}
	if (strcmp(what, "pay") == 0)
		why = sb_trade_pay(t, js_int(t, "fen", 0));
	else if (strcmp(what, "less") == 0)
		why = sb_trade_pay(t, js_int(t, "fen", 0) - 1);
	else if (strcmp(what, "cancel") == 0 && sb_trade_is_open(t))
		js_set_str(t, "state", "closed");
	else if (strcmp(what, "login") == 0)
		js_set_bool(t, "scanned", true);
	buf_init(&back, 8192);
	if (why != NULL) {
		sb_error_page(c, 409, why);
	} else if (js_str(t, "return_url")[0] != '\0' && js_int(t, "paid_at", 0) != 0) {
		sb_alipay_return(t, &back);
		sb_redirect(c, back.p);
	} else {
		sb_redirect(c, c->req->path);
	}
	buf_free(&back);
}

/* From the text of any QR code to the page it stands for. */
static void
pages_scan(struct sb_call *c)
{
	const char	*text = js_str(c->query, "text");
	json_t		*t = text[0] == '\0' ? NULL : sb_trade_by_qr(text);

	if (t != NULL) {
		sb_redirect(c, js_str(t, "page"));
		return;
	}
	sb_page_begin(c, "扫一扫");
	buf_addstr(&c->res->body, "<form method=\"get\"><label>二维码内容<input name=\"text\" "
	    "autocomplete=\"off\" required></label><button class=\"main\">打开</button></form>");
	if (text[0] != '\0')
		buf_addstr(&c->res->body, "<p class=\"card\">不认识这个二维码，请核对后再试。</p>");
	sb_page_end(c);
}

static void
pages_face(struct sb_call *c)
{
	json_t		*f = json_object_get(sb_map("faces"), c->rest);
	struct buf	*b = &c->res->body;
	char		 mask[MASK_TEXT];

	if (f == NULL || strcmp(js_str(f, "state"), "created") != 0) {
		sb_error_page(c, 404, "这次核验已经结束，请回到原页面查看结果。");
		return;
	}
	sb_page_begin(c, "人脸核验");
	buf_addstr(b, "<div class=\"card\">");
	sb_html(b, mask_name(js_str(f, "name"), mask));
	buf_addstr(b, "<br>");
	sb_html(b, mask_idno(js_str(f, "id_no"), mask));
	buf_addstr(b, "</div><form method=\"post\">"
	    "<button class=\"main\" name=\"do\" value=\"passed\">核验通过（是本人）</button>"
	    "<button name=\"do\" value=\"failed\">核验不通过（不是本人）</button>"
	    "<button name=\"do\" value=\"expired\">超时，不核验</button></form>");
	sb_page_end(c);
}

static void
pages_face_do(struct sb_call *c)
{
	json_t		*f = json_object_get(sb_map("faces"), c->rest);
	const char	*what = js_str(c->form, "do");

	if (f == NULL || strcmp(js_str(f, "state"), "created") != 0 ||
	    (strcmp(what, "passed") != 0 && strcmp(what, "failed") != 0 &&
	    strcmp(what, "expired") != 0)) {
		sb_error_page(c, 404, "这次核验已经结束，请回到原页面查看结果。");
		return;
	}
	js_set_str(f, "state", what);
	sb_redirect(c, js_str(f, "return_url"));
}

static void
pages_faces(struct sb_call *c)
{
	struct buf	*b = &c->res->body;
	const char	*key;
	json_t		*f;

	sb_page_begin(c, "人脸核验");
	json_object_foreach(sb_map("faces"), key, f) {
		buf_addf(b, "<a class=\"button\" href=\"/face/%s\">", key);
		sb_html(b, js_str(f, "name"));
		buf_addf(b, " %s<br><span class=\"dim\">%s</span></a>", js_str(f, "state"),
		    sb_time(js_int(f, "created", 0)));
	}
	if (json_object_size(sb_map("faces")) == 0)
		buf_addstr(b, "<p class=\"dim\">还没有核验。</p>");
	sb_page_end(c);
}

/* A table of a registry and a form to add to it. fields: name and label, ends with NULL. */
static void
pages_registry(struct sb_call *c, const char *title, const char *list,
    const char *const fields[][2])
{
	struct buf	*b = &c->res->body;
	json_t		*e;
	size_t		 i;

	sb_page_begin(c, title);
	buf_addstr(b, "<div class=\"card\"><table><tr>");
	for (size_t k = 0; fields[k][0] != NULL; k++)
		buf_addf(b, "<th>%s</th>", fields[k][1]);
	buf_addstr(b, "</tr>");
	json_array_foreach(sb_list(list), i, e) {
		buf_addstr(b, "<tr>");
		for (size_t k = 0; fields[k][0] != NULL; k++) {
			buf_addstr(b, "<td>");
			sb_html(b, js_str(e, fields[k][0]));
			buf_addstr(b, "</td>");
		}
		buf_addstr(b, "</tr>");
	}
	buf_addstr(b, "</table></div><h2>登记</h2><form method=\"post\">");
	for (size_t k = 0; fields[k][0] != NULL; k++)
		buf_addf(b, "<label>%s<input name=\"%s\" required></label>", fields[k][1],
		    fields[k][0]);
	buf_addstr(b, "<button class=\"main\">登记</button></form>");
	sb_page_end(c);
}

static void
pages_registry_add(struct sb_call *c, const char *list, const char *const fields[][2])
{
	json_t	*e = json_object();

	for (size_t k = 0; fields[k][0] != NULL; k++)
		js_set_str(e, fields[k][0], js_str(c->form, fields[k][0]));
	sb_push(list, e);
	sb_redirect(c, c->req->path);
}

static const char *const	 person_fields[][2] = {{"name", "姓名"}, {"id_no", "身份证号"},
	{"phone", "手机号"}, {NULL, NULL}};
static const char *const	 company_fields[][2] = {{"name", "名称"},
	{"uscc", "统一社会信用代码"}, {"legal_person", "法定代表人"}, {NULL, NULL}};

static void
pages_people(struct sb_call *c)
{
	pages_registry(c, "人口登记", "people", person_fields);
}

static void
pages_people_add(struct sb_call *c)
{
	pages_registry_add(c, "people", person_fields);
}

static const char *const	 card_fields[][2] = {{"card", "卡号"}, {"name", "姓名"},
	{"id_no", "身份证号"}, {"phone", "预留手机号"}, {NULL, NULL}};

static void
pages_cards(struct sb_call *c)
{
	pages_registry(c, "银行卡登记", "cards", card_fields);
}

static void
pages_cards_add(struct sb_call *c)
{
	pages_registry_add(c, "cards", card_fields);
}

static void
pages_companies(struct sb_call *c)
{
	pages_registry(c, "企业登记", "companies", company_fields);
}

static void
pages_companies_add(struct sb_call *c)
{
	pages_registry_add(c, "companies", company_fields);
}

/* What can go wrong: {api or "*" of a family, what, label}. */
static const char *const	 fault_rows[][3] = {
	{"aliyun.SendSms", "limit", "短信：频率限制（每分钟 1、每小时 5、每天 10 条）"},
	{"aliyun.SendSms", "http_500", "短信：已发送但返回 500"},
	{"aliyun.SendSms", "timeout", "短信：已发送但不答复"},
	{"aliyun.Mobile3MetaDetailVerify", "no_record", "三要素：查无记录"},
	{"aliyun.Mobile3MetaDetailVerify", "http_500", "三要素：返回 500"},
	{"aliyun.BankMetaVerify", "no_record", "银行卡四要素：查无记录"},
	{"aliyun.BankMetaVerify", "limit", "银行卡四要素：次数超限"},
	{"aliyun.EntElementVerifyV2", "no_record", "企业四要素：查无记录"},
	{"bank.BB1PAYOP", "timeout", "银行打款：已受理但不答复"},
	{"bank.BB1PAYOP", "http_500", "银行打款：已受理但返回 500"},
	{"bank.BB1PAYOP", "reject", "银行打款：拒绝受理"},
	{"bank.BB1PAYOP", "wordy", "银行打款：失败，理由很长"},
	{"bank.BB1PAYOP", "late", "银行打款：一直处理中（在银行页面入账）"},
	{"bank.BB1PAYOP", "returned", "银行打款：到账后退票"},
	{"bank.BB1PAYQR", "http_500", "银行查询：返回 500"},
	{"bank.BB1PAYQR", "bad_signature", "银行查询：签名错误"},
	{"aliyun.InitFaceVerify", "malformed", "人脸：返回不完整的 JSON"},
	{"alipay.precreate", "timeout", "支付宝下单：成功但不答复"},
	{"alipay.query", "bad_signature", "支付宝查询：签名错误"},
	{"alipay.query", "malformed", "支付宝查询：不完整的 JSON"},
	{"alipay.refund", "http_500", "支付宝退款：已退但返回 500"},
	{"alipay.notify", "lost", "支付宝通知：丢失"},
	{"alipay.notify", "duplicate", "支付宝通知：重复（value 次）"},
	{"alipay.notify", "forged", "支付宝通知：先来一份伪造的"},
	{"alipay.notify", "late", "支付宝通知：迟到（value 毫秒）"},
	{"alipay.notify", "amount", "支付宝通知：金额不符"},
	{"alipay.notify", "merchant", "支付宝通知：别家的商户号"},
	{"wechat.native", "timeout", "微信下单：成功但不答复"},
	{"wechat.query", "bad_signature", "微信查询：签名错误"},
	{"wechat.refund", "processing", "微信退款：处理中"},
	{"wechat.refund", "http_500", "微信退款：已退但返回 500"},
	{"wechat.notify", "signtest", "微信通知：先来一份签名探测"},
	{"wechat.notify", "lost", "微信通知：丢失"},
	{"wechat.notify", "duplicate", "微信通知：重复（value 次）"},
	{"wechat.notify", "forged", "微信通知：先来一份伪造的"},
	{"wechat.notify", "late", "微信通知：迟到（value 毫秒）"},
	{"wechat.notify", "amount", "微信通知：金额不符"},
	{"wechat.notify", "merchant", "微信通知：别家的商户号"},
	{"fapiao.issue", "refuse", "开票：购买方名称与税号不符，拒绝"},
	{"fapiao.issue", "fail", "开票：受理后开票失败"},
	{"fapiao.issue", "hold", "开票：等办税人员认证，在“税务”页面手工开出"},
	{"fapiao.issue", "timeout", "开票：受理但不答复"},
	{"fapiao.query", "bad_signature", "开票查询：签名错误"},
	{"fapiao.query", "amount", "开票查询：金额不符"},
	{"fapiao.reverse", "http_500", "红冲：受理但返回 500"},
	{"fapiao.reverse", "fail", "红冲：受理后失败"},
	{"fapiao.file", "lost", "发票文件：暂时没有"},
	{"sf.EXP_RECE_CREATE_ORDER", "timeout", "顺丰下单：成功但不答复"},
	{"sf.EXP_RECE_CREATE_ORDER", "refuse", "顺丰下单：地址不在派送范围"},
	{"sf.EXP_RECE_SEARCH_ROUTES", "http_500", "顺丰路由：返回 500"},
	{"sf.push", "lost", "顺丰推送：丢失"},
	{"sf.push", "duplicate", "顺丰推送：重复（value 次）"},
	{"smtp", "reject", "邮件：永久拒收（550）"},
	{"smtp", "later", "邮件：稍后再来（451）"},
	{"smtp", "drop", "邮件：收下但断线"},
};

static void
pages_faults(struct sb_call *c)
{
	struct buf	*b = &c->res->body;
	json_t		*f;
	size_t		 i;

	sb_page_begin(c, "故障开关");
	json_array_foreach(sb_list("faults"), i, f) {
		buf_addstr(b, "<div class=\"card\">");
		sb_html(b, js_str(f, "api"));
		buf_addstr(b, " ");
		sb_html(b, js_str(f, "what"));
		buf_addf(b, " <span class=\"dim\">剩余 %d 次，value %d</span></div>",
		    (int)js_int(f, "n", -1), (int)js_int(f, "value", 0));
	}
	buf_addstr(b, "<form method=\"post\"><label>故障<select name=\"fault\">");
	for (i = 0; i < ARRAY_LEN(fault_rows); i++)
		buf_addf(b, "<option value=\"%zu\">%s</option>", i, fault_rows[i][2]);
	buf_addstr(b, "</select></label><label>次数（-1 一直有效）<input name=\"n\" value=\"1\">"
	    "</label><label>value<input name=\"value\" value=\"0\"></label>"
	    "<button class=\"main\" name=\"do\" value=\"set\">打开</button>"
	    "<button name=\"do\" value=\"clear\">全部关闭</button></form>");
	sb_page_end(c);
}

static void
pages_faults_do(struct sb_call *c)
{
	size_t	 i = strtoul(js_str(c->form, "fault"), NULL, 10);

	if (strcmp(js_str(c->form, "do"), "clear") == 0)
		json_array_clear(sb_list("faults"));
	else if (i < ARRAY_LEN(fault_rows))
		sb_push("faults", json_pack("{s:s,s:s,s:I,s:I}", "api", fault_rows[i][0], "what",
		    fault_rows[i][1], "n", (json_int_t)strtoll(js_str(c->form, "n"), NULL, 10),
		    "value", (json_int_t)strtoll(js_str(c->form, "value"), NULL, 10)));
	sb_redirect(c, "/faults");
}

static void
pages_notifications(struct sb_call *c)
{
	struct buf	*b = &c->res->body;
	json_t		*n;

	sb_page_begin(c, "发往大厅的通知");
	for (size_t i = json_array_size(sb_list("notifications")); i-- > 0;) {
		n = json_array_get(sb_list("notifications"), i);
		buf_addf(b, "<div class=\"card\">%s %s <span class=\"dim\">%s</span><br>",
		    js_bool(n, "ok") ? "已收到" : "未收到", js_str(n, "channel"),
		    sb_time(js_int(n, "at", 0)));
		sb_html(b, js_str(n, "trade"));
		buf_addstr(b, " ");
		sb_html(b, js_str(n, "what"));
		buf_addf(b, " HTTP %d<br><span class=\"dim\">", (int)js_int(n, "status", 0));
		sb_html(b, js_str(n, "url"));
		buf_addstr(b, " ");
		sb_html(b, js_str(n, "answer"));
		buf_addstr(b, "</span></div>");
	}
	sb_page_end(c);
}

const struct sb_route	 sb_routes_pages[] = {
	{"GET", "/", pages_index},
	{"GET", "/phone", pages_phone},
	{"GET", "/mail", pages_mail},
	{"GET", "/trades", pages_trades},
	{"GET", "/alipay/qr/*", pages_cashier},
	{"POST", "/alipay/qr/*", pages_cashier_do},
	{"GET", "/alipay/page/*", pages_cashier},
	{"POST", "/alipay/page/*", pages_cashier_do},
	{"GET", "/wxpay/qr/*", pages_cashier},
	{"POST", "/wxpay/qr/*", pages_cashier_do},
	{"GET", "/scan", pages_scan},
	{"GET", "/face/*", pages_face},
	{"POST", "/face/*", pages_face_do},
	{"GET", "/faces", pages_faces},
	{"GET", "/people", pages_people},
	{"POST", "/people", pages_people_add},
	{"GET", "/companies", pages_companies},
	{"POST", "/companies", pages_companies_add},
	{"GET", "/cards", pages_cards},
	{"POST", "/cards", pages_cards_add},
	{"GET", "/faults", pages_faults},
	{"POST", "/faults", pages_faults_do},
	{"GET", "/notifications", pages_notifications},
	{0}
};

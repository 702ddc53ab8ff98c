#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"

/*
 * 电子发票 of WeChat Pay (new-tax-control-fapiao) and the tax office behind it.  "fapiao" holds by
 * application {"id","in" (the request),"status","number","at","red_number","red_at","tax","why"}.
 */

static bool
tax_is_rate(int64_t rate)
{
	static const int	 rates[] = {0, 100, 300, 500, 600, 900, 1300};

	for (size_t i = 0; i < ARRAY_LEN(rates); i++)
		if (rates[i] == rate)
			return true;
	return false;
}

/* Tax in an amount that contains it. */
static int64_t
tax_of(int64_t fen, int64_t rate)
{
	return fen - (fen * 20000 + 10000 + rate) / (2 * (10000 + rate));
}

static const char *
tax_wrong_buyer(const json_t *b, bool special)
{
	bool		 unit = strcmp(js_str(b, "type"), "ORGANIZATION") == 0;
	size_t		 len = strlen(js_str(b, "taxpayer_id"));

	if (!unit && strcmp(js_str(b, "type"), "INDIVIDUAL") != 0)
		return "购买方类型不正确";
	if (utf8_count(js_str(b, "name")) < 2 || utf8_count(js_str(b, "name")) > 100)
		return "购买方名称不正确";
	if (unit && len != 15 && len != 17 && len != 18 && len != 20)
		return "购买方纳税人识别号不正确";
	if (special && (!unit || js_str(b, "address")[0] == '\0' ||
	    js_str(b, "telephone")[0] == '\0' || js_str(b, "bank_name")[0] == '\0' ||
	    js_str(b, "bank_account")[0] == '\0'))
		return "专用发票须有购买方地址、电话、开户银行和账号";
	return NULL;
}

/* What is wrong with the invoice asked for; *tax gets the sum of its lines. */
static const char *
tax_wrong_invoice(const json_t *f, int64_t *tax)
{
	json_t	*items = json_object_get(f, "items"), *item;
	int64_t	 sum = 0, fen;
	size_t	 i;

	*tax = 0;
	json_array_foreach(items, i, item) {
		fen = js_int(item, "total_amount", 0);
		if (strlen(js_str(item, "tax_code")) != 19 ||
		    !str_is_digits(js_str(item, "tax_code")))
			return "税收分类编码须为19位数字";
		if (js_str(item, "goods_name")[0] == '\0' || js_int(item, "quantity", 0) <= 0 ||
		    fen <= 0 || !tax_is_rate(js_int(item, "tax_rate", -1)) ||
		    !json_is_boolean(json_object_get(item, "discount")))
			return "发票行信息不正确";
		sum += fen;
		*tax += tax_of(fen, js_int(item, "tax_rate", 0));
	}
	if (sum <= 0 || sum != js_int(f, "total_amount", 0))
		return "总价税合计与发票行合计不一致";
	if (strcmp(js_str(f, "fapiao_bill_type"), "COMM_FAPIAO") != 0 &&
	    strcmp(js_str(f, "fapiao_bill_type"), "VAT_FAPIAO") != 0)
		return "发票类型不正确";
	return js_str(f, "billing_person_id")[0] == '\0' ? "缺少开票人" : NULL;
}

/* 20 digits: year, region of Hunan, channel, serial. */
static void
tax_number(char number[24])
{
	char	 digits[17], day[CLOCK_TEXT];

	rand_digits(digits, 16);
	snprintf(number, 24, "%.2s43%s", clock_datetime(clock_now(), day) + 2, digits);
}

static void
tax_issue_now(json_t *f)
{
	char	 number[24];

	tax_number(number);
	js_set_str(f, "status", "ISSUED");
	js_set_str(f, "number", number);
	js_set_int(f, "at", clock_now());
}

static void
tax_accept(struct sb_call *c, const char *id, json_t *in, int64_t tax)
{
	json_t	*f = json_object_get(sb_map("fapiao"), id);

	if (f != NULL && !json_equal(json_object_get(f, "in"), in)) {
		sb_wechat_error(c, 400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致");
		return;
	}
	if (f == NULL)
		sb_put("fapiao", id, json_pack("{s:s,s:O,s:s,s:I,s:I,s:b,s:b}", "id", id, "in", in,
		    "status", "ISSUE_ACCEPTED", "tax", (json_int_t)tax, "asked",
		    (json_int_t)clock_now(), "held", sb_fault("fapiao.issue", "hold", NULL),
		    "fails", sb_fault("fapiao.issue", "fail", NULL)));
	sb_wechat_answer(c, 202, NULL);
}

static void
tax_apply(struct sb_call *c)
{
	json_t		*in, *one;
	const char	*why, *id;
	int64_t		 tax = 0;

	c->api = "fapiao.issue";
	if (!sb_wechat_allowed(c) || (in = sb_wechat_body(c)) == NULL)
		return;
	id = js_str(in, "fapiao_apply_id");
	one = json_array_get(json_object_get(in, "fapiao_information"), 0);
	why = tax_wrong_buyer(json_object_get(in, "buyer_information"),
	    strcmp(js_str(one, "fapiao_bill_type"), "VAT_FAPIAO") == 0);
	if (why == NULL)
		why = tax_wrong_invoice(one, &tax);
	if (why == NULL && (id[0] == '\0' || strlen(id) > 32 ||
	    strcmp(js_str(in, "scene"), "WITHOUT_WECHATPAY") != 0))
		why = "发票申请单号或开票场景不正确";
	if (why == NULL && sb_fault("fapiao.issue", "refuse", NULL))
		why = "购买方名称与纳税人识别号不一致";
	if (why != NULL)
		sb_wechat_error(c, 400, "PARAM_ERROR", why);
	else
		tax_accept(c, id, in, tax);
	json_decref(in);
}

/* Half a second after it was asked for it is there. */
static void
tax_go_on(json_t *f)
{
	const char	*status = js_str(f, "status");
	char		 number[24];

	if (clock_now() < js_int(f, "asked", 0) + 500 || js_bool(f, "held"))
		return;
	if (strcmp(status, "ISSUE_ACCEPTED") == 0 && js_bool(f, "fails")) {
		js_set_str(f, "status", "ISSUE_FAILED");
		js_set_str(f, "why", "纳税人识别号不存在");
	} else if (strcmp(status, "ISSUE_ACCEPTED") == 0) {
		tax_issue_now(f);
	} else if (strcmp(status, "REVERSE_ACCEPTED") == 0) {
		if (js_bool(f, "reverse_fails")) {
			js_set_str(f, "status", "REVERSE_FAILED");
			js_set_str(f, "why", "该发票已被购买方用于抵扣");
			return;
		}
		tax_number(number);
		js_set_str(f, "status", "REVERSED");
		js_set_str(f, "red_number", number);
		js_set_int(f, "red_at", clock_now());
	}
}

static json_t *
tax_fapiao(const char *number, int64_t at)
{
	char	 time[64];

	return json_pack("{s:s,s:s,s:s,s:s,s:s}", "fapiao_code", "", "fapiao_number", number,
	    "check_code", "", "password", "", "fapiao_time", sb_wechat_rfc3339(at, time));
}

static json_t *
tax_model(json_t *f)
{
	json_t	*in = json_object_get(f, "in");
	json_t	*one = json_array_get(json_object_get(in, "fapiao_information"), 0);
	json_t	*out = json_object();
	int64_t	 fen = js_int(one, "total_amount", 0), tax = js_int(f, "tax", 0);

	if (sb_fault("fapiao.query", "amount", NULL))
		fen++;
	js_set_str(out, "fapiao_id", js_str(one, "fapiao_id"));
	js_set_str(out, "status", js_str(f, "status"));
	if (js_str(f, "number")[0] != '\0')
		json_object_set_new(out, "blue_fapiao", tax_fapiao(js_str(f, "number"),
		    js_int(f, "at", 0)));
	if (js_str(f, "red_number")[0] != '\0')
		json_object_set_new(out, "red_fapiao", tax_fapiao(js_str(f, "red_number"),
		    js_int(f, "red_at", 0)));
	js_set_int(out, "total_amount", fen);
	js_set_int(out, "tax_amount", tax);
	js_set_int(out, "amount", fen - tax);
	js_set_str(out, "fail_reason", js_str(f, "why"));
	json_object_set(out, "buyer_information", json_object_get(in, "buyer_information"));
	json_object_set(out, "items", json_object_get(one, "items"));
	return out;
}

static void
tax_reverse(struct sb_call *c, json_t *f)
{
	json_t		*in, *one;
	const char	*status = js_str(f, "status");

	c->api = "fapiao.reverse";
	if ((in = sb_wechat_body(c)) == NULL)
		return;
	one = json_array_get(json_object_get(in, "fapiao_information"), 0);
	if (js_str(in, "reverse_reason")[0] == '\0' ||
	    strcmp(js_str(one, "fapiao_number"), js_str(f, "number")) != 0) {
		sb_wechat_error(c, 400, "PARAM_ERROR", "发票号码不正确，或没有冲红原因");
	} else if (strcmp(status, "ISSUED") != 0 && !str_has_prefix(status, "REVERSE")) {
		sb_wechat_error(c, 400, "INVALID_REQUEST", "发票还没有开出，不能冲红");
	} else {
		if (strcmp(status, "REVERSED") != 0) {
			js_set_str(f, "status", "REVERSE_ACCEPTED");
			js_set_int(f, "asked", clock_now());
			js_set_bool(f, "reverse_fails", sb_fault("fapiao.reverse", "fail", NULL));
		}
		sb_wechat_answer(c, 202, NULL);
	}
	json_decref(in);
}

static void
tax_files(struct sb_call *c, json_t *f)
{
	char	 url[200], id[64];

	c->api = "fapiao.file";
	snprintf(id, sizeof(id), "%s", js_str(f, "id"));
	if (js_str(f, "number")[0] == '\0' || sb_fault("fapiao.file", "lost", NULL)) {
		sb_wechat_answer(c, 200, json_pack("{s:[]}", "fapiao_download_info_list"));
		return;
	}
	snprintf(url, sizeof(url), "%s/wechat/fapiao-file?id=%s", sb.base, id);
	sb_wechat_answer(c, 200, json_pack("{s:[{s:s,s:s,s:s}]}", "fapiao_download_info_list",
	    "fapiao_id", js_str(c->query, "fapiao_id"), "download_url", url, "status",
	    js_str(f, "status")));
}

/* …/{id}, …/{id}/reverse, …/{id}/fapiao-files */
static void
tax_by_id(struct sb_call *c)
{
	const char	*slash = strchr(c->rest, '/');
	char		 id[64];
	json_t		*f;

	c->api = "fapiao.query";
	snprintf(id, sizeof(id), "%.*s", (int)strcspn(c->rest, "/"), c->rest);
	if (!sb_wechat_allowed(c))
		return;
	if ((f = json_object_get(sb_map("fapiao"), id)) == NULL) {
		sb_wechat_error(c, 404, "RESOURCE_NOT_EXISTS", "发票申请单不存在");
		return;
	}
	tax_go_on(f);
	if (slash != NULL && strcmp(slash, "/reverse") == 0)
		tax_reverse(c, f);
	else if (slash != NULL && strcmp(slash, "/fapiao-files") == 0)
		tax_files(c, f);
	else
		sb_wechat_answer(c, 200, json_pack("{s:i,s:[o]}", "total_count", 1,
		    "fapiao_information", tax_model(f)));
}

/* Text in UTF-16 hex, as a PDF string of a composite font. */
static void
tax_pdf_text(struct buf *b, const char *text)
{
	const unsigned char	*p = (const unsigned char *)text;
	unsigned int		 ch;

	buf_addch(b, '<');
	while (*p != '\0') {
		if (*p < 0x80)
			ch = *p++;
		else if (*p < 0xe0)
			ch = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu), p += 2;
		else if (*p < 0xf0)
			ch = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu), p += 3;
		else
			ch = '?', p += 4;
		buf_addf(b, "%04X", ch);
	}
	buf_addstr(b, "> Tj 0 -26 Td\n");
}

static void
tax_pdf_content(json_t *f, struct buf *b)
{
	json_t		*in = json_object_get(f, "in");
	json_t		*one = json_array_get(json_object_get(in, "fapiao_information"), 0);
	json_t		*buyer = json_object_get(in, "buyer_information");
	char		 line[400], yuan[32], tax[32];

	buf_addstr(b, "BT /F1 14 Tf 60 360 Td\n");
	tax_pdf_text(b, strcmp(js_str(one, "fapiao_bill_type"), "VAT_FAPIAO") == 0 ?
	    "电子发票（增值税专用发票）" : "电子发票（普通发票）");
	snprintf(line, sizeof(line), "发票号码：%s", js_str(f, "number"));
	tax_pdf_text(b, line);
	snprintf(line, sizeof(line), "开票日期：%.10s", sb_time(js_int(f, "at", 0)));
	tax_pdf_text(b, line);
	snprintf(line, sizeof(line), "购买方：%s", js_str(buyer, "name"));
	tax_pdf_text(b, line);
	snprintf(line, sizeof(line), "纳税人识别号：%s", js_str(buyer, "taxpayer_id"));
	tax_pdf_text(b, line);
	snprintf(line, sizeof(line), "价税合计：￥%s　其中税额：￥%s",
	    fen_text(js_int(one, "total_amount", 0), yuan), fen_text(js_int(f, "tax", 0), tax));
	tax_pdf_text(b, line);
	tax_pdf_text(b, "沙箱开具，不是真的发票");
	buf_addstr(b, "ET\n");
}

/* Five objects and their table, by hand. */
static void
tax_pdf(json_t *f, struct buf *out)
{
	static const char *const objects[] = {
		"<</Type/Catalog/Pages 2 0 R>>",
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 420]/Contents 6 0 R/Resources<</Font<<"
		    "/F1 4 0 R>>>>>>",
		"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UTF16-H"
		    "/DescendantFonts[5 0 R]>>",
		"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry"
		    "(Adobe)/Ordering(GB1)/Supplement 4>>/DW 1000/FontDescriptor<</Type"
		    "/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[0 -200 1000 900]"
		    "/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 700/StemV 80>>>>",
	};
	struct buf	 content;
	size_t		 at[8], n = ARRAY_LEN(objects), xref;

	buf_init(&content, 65536);
	tax_pdf_content(f, &content);
	buf_addstr(out, "%PDF-1.4\n");
	for (size_t i = 0; i < n; i++) {
		at[i] = out->len;
		buf_addf(out, "%zu 0 obj\n%s\nendobj\n", i + 1, objects[i]);
	}
	at[n] = out->len;
	buf_addf(out, "%zu 0 obj\n<</Length %zu>>\nstream\n%sendstream\nendobj\n", n + 1,
	    content.len, content.p);
	xref = out->len;
	buf_addf(out, "xref\n0 %zu\n0000000000 65535 f \n", n + 2);
	for (size_t i = 0; i <= n; i++)
		buf_addf(out, "%010zu 00000 n \n", at[i]);
	buf_addf(out, "trailer\n<</Size %zu/Root 1 0 R>>\nstartxref\n%zu\n%%%%EOF\n", n + 2, xref);
	buf_free(&content);
}

static void
tax_file(struct sb_call *c)
{
	json_t	*f = json_object_get(sb_map("fapiao"), js_str(c->query, "id"));

	if (!sb_wechat_allowed(c))
		return;
	if (f == NULL || js_str(f, "number")[0] == '\0') {
		sb_wechat_error(c, 404, "RESOURCE_NOT_EXISTS", "发票文件不存在");
		return;
	}
	http_respond_header(c->res, "Content-Type", "application/pdf");
	tax_pdf(f, &c->res->body);
}

/* ---- the tax office's page ---- */

static const char *
tax_status_text(json_t *f)
{
	const char	*s = js_str(f, "status");

	if (strcmp(s, "ISSUE_ACCEPTED") == 0)
		return js_bool(f, "held") ? "等办税人员认证" : "已受理";
	if (strcmp(s, "ISSUED") == 0)
		return "已开具";
	if (strcmp(s, "REVERSED") == 0)
		return "已红冲";
	return strcmp(s, "REVERSE_ACCEPTED") == 0 ? "红冲已受理" : "失败";
}

static void
tax_page(struct sb_call *c)
{
	struct buf	*b = &c->res->body;
	const char	*key;
	char		 yuan[32];
	json_t		*f, *in, *one;

	sb_page_begin(c, "税务：开出的发票");
	json_object_foreach(sb_map("fapiao"), key, f) {
		in = json_object_get(f, "in");
		one = json_array_get(json_object_get(in, "fapiao_information"), 0);
		buf_addstr(b, "<div class=\"card\"><strong>");
		sb_html(b, js_str(json_object_get(in, "buyer_information"), "name"));
		buf_addf(b, "</strong>　￥%s　%s　%s<br><span class=\"dim\">发票号码 %s",
		    fen_text(js_int(one, "total_amount", 0), yuan),
		    strcmp(js_str(one, "fapiao_bill_type"), "VAT_FAPIAO") == 0 ? "专票" : "普票",
		    tax_status_text(f), js_str(f, "number"));
		if (js_str(f, "red_number")[0] != '\0')
			buf_addf(b, "，红字 %s", js_str(f, "red_number"));
		buf_addstr(b, "<br>");
		sb_html(b, key);
		buf_addstr(b, "</span>");
		if (js_bool(f, "held"))
			buf_addf(b, "<form method=\"post\"><input type=\"hidden\" name=\"id\" value=\""
			    "%s\"><button class=\"main\" name=\"do\" value=\"issue\">认证并开具</button>"
			    "<button name=\"do\" value=\"fail\">驳回</button></form>", key);
		buf_addstr(b, "</div>");
	}
	if (json_object_size(sb_map("fapiao")) == 0)
		buf_addstr(b, "<p class=\"dim\">还没有发票。</p>");
	sb_page_end(c);
}

/* The clerk has signed in at the tax bureau: what was held goes on. */
static void
tax_release(const char *id, const char *what)
{
	json_t	*f = json_object_get(sb_map("fapiao"), id);

	if (f != NULL && js_bool(f, "held")) {
		js_set_bool(f, "held", false);
		js_set_bool(f, "fails", strcmp(what, "fail") == 0);
	}
}

static void
tax_page_do(struct sb_call *c)
{
	tax_release(js_str(c->form, "id"), js_str(c->form, "do"));
	sb_redirect(c, "/tax");
}

/* {"id","do": "issue" | "fail"} */
static void
tax_control_do(struct sb_call *c)
{
	struct err	 err = {0};
	json_t		*in = NULL;

	if (json_parse(c->req->body, c->req->body_len, 0, &in, &err) == 0)
		tax_release(js_str(in, "id"), js_str(in, "do"));
	json_decref(in);
	sb_json(c, 200, json_object());
}

static void
tax_control(struct sb_call *c)
{
	json_t		*out = json_array(), *f;
	const char	*key;

	json_object_foreach(sb_map("fapiao"), key, f)
		json_array_insert(out, 0, f);
	sb_json(c, 200, json_pack("{s:o}", "fapiao", out));
}

const struct sb_route	 sb_routes_tax[] = {
	{"POST", "/wechat/v3/new-tax-control-fapiao/fapiao-applications", tax_apply},
	{NULL, "/wechat/v3/new-tax-control-fapiao/fapiao-applications/*", tax_by_id},
	{"GET", "/wechat/fapiao-file", tax_file},
	{"GET", "/tax", tax_page},
	{"POST", "/tax", tax_page_do},
	{"GET", "/control/fapiao", tax_control},
	{"POST", "/control/fapiao", tax_control_do},
	{0}
};

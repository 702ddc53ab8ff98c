#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"

/*
 * SF Express: the 丰桥 standard service, and the driver's hands.  "parcels" holds by our order
 * number {"id","waybill","receiver","phone","collect","routes":[…],"state","push_url"?}.
 */
#define SF_WINDOW	(5 * CLOCK_MINUTE)
#define SF_TEXT		(256 * 1024)

/* What the driver can do next: op code and words. */
static const struct { const char *op, *label, *place, *text; } sf_scans[] = {
	{"50", "揽收", "长沙市", "顺丰速运 已收取快件"},
	{"30", "运输中", "长沙岳麓集散中心", "快件已发往下一站"},
	{"44", "派送中", "长沙市岳麓区", "正在派送途中，请您准备签收"},
	{"80", "签收", "长沙市岳麓区", "已签收，感谢使用顺丰，期待再次为您服务"},
	{"33", "派送不成功", "长沙市岳麓区", "派件不成功：电话无人接听，约定再次派送"},
};

static void
sf_answer(struct sb_call *c, const char *code, const char *message, json_t *data)
{
	struct buf	 text;
	char		 id[33];

	buf_init(&text, LIMIT_JSON);
	if (data != NULL)
		json_write(data, &text);
	rand_token(id, 32);
	sb_json(c, 200, json_pack("{s:s,s:s,s:s,s:s}", "apiErrorMsg", message, "apiResponseID", id,
	    "apiResultCode", code, "apiResultData", data == NULL ? "" : text.p));
	json_decref(data);
	buf_free(&text);
}

/* The service's own answer inside the gateway's; takes data. */
static void
sf_reply(struct sb_call *c, const char *error, const char *message, json_t *data)
{
	bool	 ok = strcmp(error, "S0000") == 0;
	json_t	*inner = json_pack("{s:b,s:s,s:s}", "success", ok, "errorCode", error, "errorMsg",
		    message);

	if (data != NULL)
		json_object_set_new(inner, "msgData", data);
	sf_answer(c, "A1000", "", inner);
}

static void
sf_encode(struct buf *out, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
		if (*p < 0x80 && (strchr("*-._", *p) != NULL || (*p >= '0' && *p <= '9') ||
		    (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z')))
			buf_addch(out, (char)*p);
		else if (*p == ' ')
			buf_addch(out, '+');
		else
			buf_addf(out, "%%%02X", *p);
}

/* base64(md5(URLEncode(msgData + timestamp + checkWord))) */
static bool
sf_digest_fits(struct sb_call *c)
{
	unsigned char	 md5[16];
	struct buf	 plain, encoded, digest;
	bool		 fits;

	buf_init(&plain, SF_TEXT);
	buf_init(&encoded, 3 * SF_TEXT);
	buf_init(&digest, 64);
	buf_addf(&plain, "%s%s%s", js_str(c->form, "msgData"), js_str(c->form, "timestamp"),
	    conf_str("gate.sf_check_word"));
	sf_encode(&encoded, plain.p);
	if (EVP_Digest(encoded.p, encoded.len, md5, NULL, EVP_md5(), NULL) != 1)
		BUG("no MD5");
	base64_add(&digest, md5, sizeof(md5));
	fits = strcmp(digest.p, js_str(c->form, "msgDigest")) == 0;
	buf_free(&plain);
	buf_free(&encoded);
	buf_free(&digest);
	return fits;
}

static bool
sf_allowed(struct sb_call *c)
{
	int64_t	 at = 0;

	if (strcmp(js_str(c->form, "partnerID"), conf_str("gate.sf_partner")) != 0 ||
	    js_str(c->form, "requestID")[0] == '\0' || strlen(js_str(c->form, "requestID")) > 40)
		sf_answer(c, "A1001", "必传参数不可为空", NULL);
	else if (str_to_i64(js_str(c->form, "timestamp"), INT64_MAX, &at) < 0 ||
	    llabs(at - clock_now()) > SF_WINDOW)
		sf_answer(c, "A1002", "请求时效已过期", NULL);
	else if (!sf_digest_fits(c))
		sf_answer(c, "A1006", "数字签名无效", NULL);
	else
		return true;
	return false;
}

static json_t *
sf_parcel(const char *waybill)
{
	const char	*key;
	json_t		*p;

	json_object_foreach(sb_map("parcels"), key, p)
		if (strcmp(js_str(p, "waybill"), waybill) == 0)
			return p;
	return NULL;
}

static json_t *
sf_order_model(const json_t *p)
{
	return json_pack("{s:s,s:s,s:s,s:i,s:[{s:i,s:s}]}", "orderId", js_str(p, "id"),
	    "originCode", "731", "destCode", "731", "filterResult", 2, "waybillNoInfoList",
	    "waybillType", 1, "waybillNo", js_str(p, "waybill"));
}

/* The contact of this type is complete. */
static const json_t *
sf_contact(const json_t *in, int type)
{
	json_t	*list = json_object_get(in, "contactInfoList"), *p;
	size_t	 i;

	json_array_foreach(list, i, p)
		if (js_int(p, "contactType", 0) == type && js_str(p, "contact")[0] != '\0' &&
		    js_str(p, "mobile")[0] != '\0' && js_str(p, "address")[0] != '\0')
			return p;
	return NULL;
}

static void
sf_order(struct sb_call *c, json_t *in)
{
	const char	*id = js_str(in, "orderId");
	const json_t	*to = sf_contact(in, 2);
	int64_t		 pay = js_int(in, "payMethod", 0);
	char		 waybill[24], digits[14], whole[400];
	json_t		*p;

	if (json_object_get(sb_map("parcels"), id) != NULL) {
		sf_reply(c, "8016", "重复下单", NULL);
		return;
	}
	if (id[0] == '\0' || to == NULL || sf_contact(in, 1) == NULL || (pay != 1 && pay != 2)) {
		sf_reply(c, "1010", "寄件或收件信息不完整", NULL);
		return;
	}
	if (pay == 1 && strcmp(js_str(in, "monthlyCard"), conf_str("gate.sf_monthly_card")) != 0) {
		sf_reply(c, "8114", "月结卡号不正确", NULL);
		return;
	}
	if (sb_fault("sf.EXP_RECE_CREATE_ORDER", "refuse", NULL)) {
		sf_reply(c, "S0000", "", json_pack("{s:s,s:i,s:s}", "orderId", id, "filterResult", 3,
		    "remark", "超出派送范围"));
		return;
	}
	rand_digits(digits, 13);
	snprintf(waybill, sizeof(waybill), "SF%s", digits);
	snprintf(whole, sizeof(whole), "%s%s%s", js_str(to, "province"), js_str(to, "city"),
	    js_str(to, "address"));
	p = json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:s,s:[]}", "id", id, "waybill", waybill, "receiver",
	    js_str(to, "contact"), "phone", js_str(to, "mobile"), "address", whole, "collect",
	    pay == 2, "state", "ordered", "routes");
	sb_put("parcels", id, p);
	sf_reply(c, "S0000", "", sf_order_model(p));
}

static void
sf_search_order(struct sb_call *c, json_t *in)
{
	json_t	*p = json_object_get(sb_map("parcels"), js_str(in, "orderId"));

	if (p == NULL)
		sf_reply(c, "6150", "找不到该订单", NULL);
	else
		sf_reply(c, "S0000", "", sf_order_model(p));
}

static void
sf_update_order(struct sb_call *c, json_t *in)
{
	json_t	*p = json_object_get(sb_map("parcels"), js_str(in, "orderId"));

	if (p == NULL) {
		sf_reply(c, "8018", "未获取到订单信息", NULL);
	} else if (js_int(in, "dealType", 0) != 2 || json_array_size(json_object_get(p, "routes")) > 0) {
		sf_reply(c, "8037", "快件已揽收，不能取消", NULL);
	} else {
		js_set_str(p, "state", "cancelled");
		sf_reply(c, "S0000", "", json_pack("{s:s,s:i}", "orderId", js_str(p, "id"),
		    "resStatus", 2));
	}
}

/* Whoever does not know the last digits of a party's phone sees nothing. */
static void
sf_search_routes(struct sb_call *c, json_t *in)
{
	json_t		*list = json_array(), *p, *no, *routes;
	const char	*phone, *tail = js_str(in, "checkPhoneNo");
	size_t		 i;

	json_array_foreach(json_object_get(in, "trackingNumber"), i, no) {
		p = i < 10 ? sf_parcel(json_string_value(no)) : NULL;
		phone = p == NULL ? "" : js_str(p, "phone");
		routes = strlen(tail) == 4 && str_has_suffix(phone, tail) ?
		    json_incref(json_object_get(p, "routes")) : json_array();
		json_array_append_new(list, json_pack("{s:s,s:o}", "mailNo",
		    json_string_value(no), "routes", routes));
	}
	sf_reply(c, "S0000", "", json_pack("{s:o}", "routeResps", list));
}

static void
sf_service(struct sb_call *c)
{
	static const struct {
		const char	*service, *api;
		void		(*answer)(struct sb_call *c, json_t *in);
	} services[] = {
		{"EXP_RECE_CREATE_ORDER", "sf.EXP_RECE_CREATE_ORDER", sf_order},
		{"EXP_RECE_SEARCH_ORDER_RESP", "sf.EXP_RECE_SEARCH_ORDER_RESP", sf_search_order},
		{"EXP_RECE_UPDATE_ORDER", "sf.EXP_RECE_UPDATE_ORDER", sf_update_order},
		{"EXP_RECE_SEARCH_ROUTES", "sf.EXP_RECE_SEARCH_ROUTES", sf_search_routes},
	};
	const char	*data = js_str(c->form, "msgData");
	struct err	 err = {0};
	json_t		*in = NULL;

	if (!sf_allowed(c))
		return;
	if (json_parse(data, strlen(data), 0, &in, &err) < 0) {
		sf_reply(c, "1001", "msgData不是合法的JSON", NULL);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		if (strcmp(js_str(c->form, "serviceCode"), services[i].service) == 0) {
			c->api = services[i].api;
			services[i].answer(c, in);
		}
	if (c->api == NULL)
		sf_answer(c, "A1004", "无对应服务权限", NULL);
	json_decref(in);
}

void
sb_sf_push(json_t *p, struct buf *body)
{
	json_t	*routes = json_object_get(p, "routes"), *push, *r;

	r = json_array_get(routes, json_array_size(routes) - 1);
	push = json_pack("{s:{s:[{s:s,s:s,s:s,s:s,s:s,s:s}]}}", "Body", "WaybillRoute", "mailno",
	    js_str(p, "waybill"), "orderid", js_str(p, "id"), "acceptTime",
	    js_str(r, "acceptTime"), "acceptAddress", js_str(r, "acceptAddress"), "remark",
	    js_str(r, "remark"), "opCode", js_str(r, "opCode"));
	json_write(push, body);
	json_decref(push);
}

static bool
sf_scan(json_t *p, const char *op)
{
	for (size_t i = 0; i < ARRAY_LEN(sf_scans); i++) {
		if (strcmp(sf_scans[i].op, op) != 0)
			continue;
		json_array_append_new(json_object_get(p, "routes"), json_pack(
		    "{s:s,s:s,s:s,s:s}", "acceptTime", sb_time(clock_now()), "acceptAddress",
		    sf_scans[i].place, "remark", sf_scans[i].text, "opCode", op));
		js_set_str(p, "state", strcmp(op, "80") == 0 ? "signed" : "moving");
		sb_notify_parcel(p);
		return true;
	}
	return false;
}

/* ---- the driver's page ---- */

static void
sf_page(struct sb_call *c)
{
	struct buf	*b = &c->res->body;
	const char	*key;
	json_t		*p, *r;
	size_t		 i;

	sb_page_begin(c, "快递：揽收与派送");
	json_object_foreach(sb_map("parcels"), key, p) {
		buf_addf(b, "<div class=\"card\"><strong>%s</strong>　%s<br>", js_str(p, "waybill"),
		    js_bool(p, "collect") ? "到付" : "月结");
		sb_html(b, js_str(p, "receiver"));
		buf_addch(b, ' ');
		sb_html(b, js_str(p, "address"));
		json_array_foreach(json_object_get(p, "routes"), i, r)
			buf_addf(b, "<br><span class=\"dim\">%s %s</span>", js_str(r, "acceptTime"),
			    js_str(r, "remark"));
		if (strcmp(js_str(p, "state"), "ordered") == 0 ||
		    strcmp(js_str(p, "state"), "moving") == 0) {
			buf_addf(b, "<form method=\"post\"><input type=\"hidden\" name=\"waybill\" "
			    "value=\"%s\">", js_str(p, "waybill"));
			for (i = 0; i < ARRAY_LEN(sf_scans); i++)
				buf_addf(b, "<button name=\"op\" value=\"%s\">%s</button>",
				    sf_scans[i].op, sf_scans[i].label);
			buf_addstr(b, "</form>");
		}
		buf_addstr(b, "</div>");
	}
	if (json_object_size(sb_map("parcels")) == 0)
		buf_addstr(b, "<p class=\"dim\">还没有快件。</p>");
	sb_page_end(c);
}

static void
sf_page_do(struct sb_call *c)
{
	json_t	*p = sf_parcel(js_str(c->form, "waybill"));

	if (p == NULL || !sf_scan(p, js_str(c->form, "op")))
		sb_error_page(c, 404, "没有这个快件，或没有这种操作。");
	else
		sb_redirect(c, "/courier");
}

/* {"waybill","op","push_url"? (where this parcel's pushes go)} */
static void
sf_control(struct sb_call *c)
{
	struct err	 err = {0};
	json_t		*in = NULL, *p;

	if (json_parse(c->req->body, c->req->body_len, 0, &in, &err) < 0 ||
	    (p = sf_parcel(js_str(in, "waybill"))) == NULL) {
		sb_json(c, 404, json_pack("{s:s}", "error", "no such parcel"));
		json_decref(in);
		return;
	}
	if (js_str(in, "push_url")[0] != '\0')
		js_set_str(p, "push_url", js_str(in, "push_url"));
	if (!sf_scan(p, js_str(in, "op")))
		sb_json(c, 400, json_pack("{s:s}", "error", "no such op"));
	else
		sb_json(c, 200, json_incref(p));
	json_decref(in);
}

static void
sf_control_list(struct sb_call *c)
{
	json_t		*out = json_array(), *p;
	const char	*key;

	json_object_foreach(sb_map("parcels"), key, p)
		json_array_insert(out, 0, p);
	sb_json(c, 200, json_pack("{s:o}", "parcels", out));
}

const struct sb_route	 sb_routes_sf[] = {
	{"POST", "/sf/std/service", sf_service},
	{"GET", "/courier", sf_page},
	{"POST", "/courier", sf_page_do},
	{"GET", "/control/parcels", sf_control_list},
	{"POST", "/control/parcel", sf_control},
	{0}
};

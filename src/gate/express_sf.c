#include "base/base.h"
#include "gate/express.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/url.h"
#include "gate/call.h"
#include "gate/wire.h"

/* SF Express, 丰桥 standard service. */
#define SF_TIMEOUT_MS	8000
#define SF_TEXT		(256 * 1024)
#define SF_PUSH_MAX	50		/* waybills of one push */

/* As URLEncoder of Java does it: blank is '+', only "*-._" stay besides letters and digits. */
static void
sf_encode(struct buf *out, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
		if ((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= 'a' && *p <= 'z') || strchr("*-._", *p) != NULL)
			buf_addch(out, (char)*p);
		else if (*p == ' ')
			buf_addch(out, '+');
		else
			buf_addf(out, "%%%02X", *p);
}

static void
sf_md5(const struct buf *text, struct buf *out)
{
	unsigned char	 digest[16];

	if (EVP_Digest(text->p, text->len, digest, NULL, EVP_md5(), NULL) != 1)
		BUG("no MD5");
	base64_add(out, digest, sizeof(digest));
}

void
sf_digest(const char *how, const char *data, const char *timestamp, const char *check_word,
    struct buf *out)
{
	struct buf	 plain, encoded;
	char		 hex[WIRE_HEX];

	buf_init(&plain, SF_TEXT);
	buf_init(&encoded, 3 * SF_TEXT);
	buf_addf(&plain, "%s%s%s", data, timestamp, check_word);
	sf_encode(&encoded, plain.p);
	if (strcmp(how, "sm3") == 0)
		buf_addstr(out, wire_sm3(plain.p, plain.len, hex));
	else
		sf_md5(strcmp(how, "md5-plain") == 0 ? &plain : &encoded, out);
	buf_free(&plain);
	buf_free(&encoded);
}

/* apiResultCode: what the gateway itself says, before the service was asked. */
static enum verdict
sf_gateway(const json_t *answer, struct reply *r)
{
	static const char *const again[] = {"A1002", "A1005"}, *const unknown[] = {"A1009", "A1099"};
	const char	*code = js_str(answer, "apiResultCode");
	enum verdict	 v = REPLY_REFUSED;

	str_copy(r->provider_no, sizeof(r->provider_no), js_str(answer, "apiResponseID"));
	if (strcmp(code, "A1000") == 0)
		return REPLY_DONE;
	for (size_t i = 0; i < 2; i++)
		if (strcmp(code, again[i]) == 0)
			v = REPLY_RETRY;
		else if (strcmp(code, unknown[i]) == 0)
			v = REPLY_UNKNOWN;
	return reply_set(r, v, code[0] == '\0' ? "answer" : code, "%s",
	    js_str(answer, "apiErrorMsg"));
}

/* The service's own answer is JSON inside a string; *out is its msgData. */
static enum verdict
sf_service(const json_t *answer, json_t **out, struct reply *r)
{
	const char	*text = js_str(answer, "apiResultData");
	struct err	 err = {0};
	json_t		*inner = NULL;
	enum verdict	 v = REPLY_DONE;

	if (json_parse(text, strlen(text), 0, &inner, &err) < 0)
		return reply_set(r, REPLY_UNKNOWN, "answer", "%s", err.text);
	if (!js_bool(inner, "success"))
		v = reply_set(r, REPLY_REFUSED, js_str(inner, "errorCode"), "%s",
		    js_str(inner, "errorMsg"));
	*out = json_incref(json_object_get(inner, "msgData"));
	json_decref(inner);
	return v;
}

/* The very bytes of msgData are signed and sent. */
static void
sf_form(const char *service, const struct buf *data, struct buf *form)
{
	struct buf	 digest;
	char		 timestamp[24], id[33];

	buf_init(&digest, 128);
	snprintf(timestamp, sizeof(timestamp), "%" PRId64, clock_now());
	rand_token(id, 32);
	sf_digest(conf_str("gate.sf_digest"), data->p, timestamp, conf_str("gate.sf_check_word"),
	    &digest);
	buf_addstr(form, "partnerID=");
	sf_encode(form, conf_str("gate.sf_partner"));
	buf_addf(form, "&requestID=%s&serviceCode=%s&timestamp=%s&msgDigest=", id, service,
	    timestamp);
	sf_encode(form, digest.p);
	buf_addstr(form, "&msgData=");
	sf_encode(form, data->p);
	buf_free(&digest);
}

static enum verdict
sf_call(const char *service, const json_t *in, json_t **out, struct reply *r)
{
	static const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded;charset=UTF-8", NULL};
	struct call_answer	 a;
	struct err		 err = {0};
	struct buf		 data, form;
	json_t			*answer = NULL;
	enum verdict		 v;

	*out = NULL;
	call_answer_init(&a);
	buf_init(&data, SF_TEXT);
	buf_init(&form, 4 * SF_TEXT);
	json_write(in, &data);
	sf_form(service, &data, &form);
	v = call_http(&(struct call){.provider = "sf", .api = service, .method = "POST",
	    .url = conf_str("gate.sf_url"), .headers = headers, .body = form.p,
	    .len = form.len, .timeout_ms = SF_TIMEOUT_MS}, &a, r);
	if (v == REPLY_DONE && json_parse(a.body.p, a.body.len, 0, &answer, &err) < 0)
		v = reply_set(r, REPLY_UNKNOWN, "answer", "status %d, %s", a.status, err.text);
	if (v == REPLY_DONE)
		v = sf_gateway(answer, r);
	if (v == REPLY_DONE)
		v = sf_service(answer, out, r);
	json_decref(answer);
	call_answer_free(&a);
	buf_free(&data);
	buf_free(&form);
	return v;
}

static json_t *
sf_contact(int type, const json_t *party)
{
	const char	*company = js_str(party, "company");
	json_t		*c = json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s}", "contactType", type,
			    "contact", js_str(party, "contact"), "mobile", js_str(party, "phone"),
			    "country", "CN", "province", js_str(party, "province"), "city",
			    js_str(party, "city"), "address", js_str(party, "address"));

	if (company[0] != '\0')
		js_set_str(c, "company", company);
	return c;
}

/* The waybill of the parcel itself (type 1), not of returns. */
static enum verdict
sf_waybill(const json_t *data, struct express_answer *a, struct reply *r)
{
	json_t	*list = json_object_get(data, "waybillNoInfoList"), *w;
	size_t	 i;

	json_array_foreach(list, i, w)
		if (js_int(w, "waybillType", 0) == 1 && a->waybill[0] == '\0')
			str_copy(a->waybill, sizeof(a->waybill), js_str(w, "waybillNo"));
	return a->waybill[0] != '\0' ? REPLY_DONE :
	    reply_set(r, REPLY_UNKNOWN, "answer", "no waybill");
}

/* The order is there already: it was made by a try whose answer got lost. */
static enum verdict
sf_order_again(const struct express_req *q, struct express_answer *a, struct reply *r)
{
	json_t		*in = json_pack("{s:s,s:i}", "orderId", q->ref, "searchType", 1), *data;
	enum verdict	 v = sf_call("EXP_RECE_SEARCH_ORDER_RESP", in, &data, r);

	if (v == REPLY_DONE)
		v = sf_waybill(data, a, r);
	json_decref(data);
	json_decref(in);
	return v;
}

static enum verdict
sf_order(const struct express_req *q, struct express_answer *a, struct reply *r)
{
	json_t		*in, *data;
	enum verdict	 v;

	in = json_pack("{s:s,s:s,s:[{s:s,s:i}],s:[o,o],s:i,s:i,s:i,s:i}", "language", "zh-CN",
	    "orderId", q->ref, "cargoDetails", "name", q->cargo, "count", 1, "contactInfoList",
	    sf_contact(1, q->sender), sf_contact(2, q->receiver), "payMethod",
	    q->collect ? 2 : 1, "expressTypeId", 1, "parcelQty", 1, "isReturnRoutelabel", 1);
	if (!q->collect)
		js_set_str(in, "monthlyCard", conf_str("gate.sf_monthly_card"));
	v = sf_call("EXP_RECE_CREATE_ORDER", in, &data, r);
	if (v == REPLY_DONE)
		v = js_int(data, "filterResult", 2) == 3 ? reply_set(r, REPLY_REFUSED, "filter",
		    "the address is not served: %s", js_str(data, "remark")) :
		    sf_waybill(data, a, r);
	else if (v == REPLY_REFUSED && strcmp(r->code, "8016") == 0)
		v = sf_order_again(q, a, r);
	json_decref(data);
	json_decref(in);
	return v;
}

static enum verdict
sf_cancel(const struct express_req *q, struct express_answer *a, struct reply *r)
{
	json_t		*in = json_pack("{s:s,s:i}", "orderId", q->ref, "dealType", 2), *data;
	enum verdict	 v = sf_call("EXP_RECE_UPDATE_ORDER", in, &data, r);

	(void)a;
	json_decref(data);
	json_decref(in);
	return v;
}

static void
sf_route_read(const json_t *route, struct express_answer *a)
{
	struct express_route	*out = &a->route[a->n];
	const char		*code = js_str(route, "opCode");

	memset(out, 0, sizeof(*out));
	out->at = wire_time_china(js_str(route, "acceptTime"));
	if (out->at == 0)
		return;
	str_copy(out->place, sizeof(out->place), js_str(route, "acceptAddress"));
	str_copy(out->text, sizeof(out->text), js_str(route, "remark"));
	str_copy(out->code, sizeof(out->code), code);
	if (strcmp(code, "80") == 0 || strcmp(code, "8000") == 0)
		a->signed_at = out->at;
	a->n++;
}

static enum verdict
sf_routes(const struct express_req *q, struct express_answer *a, struct reply *r)
{
	json_t		*in, *data, *one, *route;
	size_t		 i, k;
	enum verdict	 v;

	in = json_pack("{s:s,s:i,s:[s],s:i,s:s}", "language", "zh-CN", "trackingType", 1,
	    "trackingNumber", q->waybill, "methodType", 1, "checkPhoneNo", q->tail);
	v = sf_call("EXP_RECE_SEARCH_ROUTES", in, &data, r);
	if (v == REPLY_DONE)
		json_array_foreach(json_object_get(data, "routeResps"), i, one) {
			if (strcmp(js_str(one, "mailNo"), q->waybill) != 0)
				continue;
			json_array_foreach(json_object_get(one, "routes"), k, route)
				if (a->n < EXPRESS_ROUTES)
					sf_route_read(route, a);
		}
	json_decref(data);
	json_decref(in);
	return v;
}

static int
sf_push(const void *body, size_t len, json_t **waybills, struct err *err)
{
	json_t	*in = NULL, *list = json_array(), *route;
	size_t	 i;

	if (json_parse(body, len, 0, &in, err) < 0) {
		json_decref(list);
		return -1;
	}
	json_array_foreach(json_object_get(json_object_get(in, "Body"), "WaybillRoute"), i, route)
		if (js_str(route, "mailno")[0] != '\0' && json_array_size(list) < SF_PUSH_MAX)
			json_array_append_new(list, json_string(js_str(route, "mailno")));
	json_decref(in);
	if (json_array_size(list) == 0) {
		json_decref(list);
		return err_set(err, ERR_INPUT, "a push without waybills");
	}
	*waybills = list;
	return 0;
}

static void
sf_say(bool ok, struct gate_answer *answer)
{
	answer->status = 200;
	snprintf(answer->type, sizeof(answer->type), "application/json");
	buf_addstr(&answer->body, ok ? "{\"return_code\":\"0000\",\"return_msg\":\"成功\"}" :
	    "{\"return_code\":\"1000\",\"return_msg\":\"失败\"}");
}

extern const struct express_provider	express_sf;
const struct express_provider		express_sf = {
	.name = "sf",
	.order = sf_order,
	.cancel = sf_cancel,
	.routes = sf_routes,
	.push = sf_push,
	.answer = sf_say,
};

#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/url.h"

#include <openssl/hmac.h>

/* Aliyun: SendSms (dysmsapi 2017-05-25) and cloudauth 2019-03-07, signed with ACS3. */

#define ALIYUN_WINDOW	(15 * CLOCK_MINUTE)
#define ALIYUN_TEXT	65536

static void
aliyun_error(struct sb_call *c, int status, const char *code, const char *message)
{
	char	 id[33];

	rand_token(id, 32);
	sb_json(c, status, json_pack("{s:s,s:s,s:s}", "Code", code, "Message", message,
	    "RequestId", id));
}

/* "k=v" pairs of a query as they were sent, sorted. */
static int
aliyun_by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
aliyun_sorted_query(const char *query, struct buf *out)
{
	char		*copy = xstrdup(query), *p = copy, *part;
	const char	*parts[128];
	size_t		 n = 0;

	while ((part = strsep(&p, "&")) != NULL)
		if (*part != '\0' && n < ARRAY_LEN(parts))
			parts[n++] = part;
	qsort(parts, n, sizeof(parts[0]), aliyun_by_text);
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s%s", i > 0 ? "&" : "", parts[i]);
	free(copy);
}

/* The canonical request, from what really arrived. */
static void
aliyun_canonical(const struct http_request *req, const char *signed_headers, struct buf *out)
{
	char		*names = xstrdup(signed_headers), *p = names, *name;
	const char	*value;
	char		 digest[65];

	buf_addf(out, "%s\n%.*s\n", req->method, (int)strcspn(req->target, "?"), req->target);
	aliyun_sorted_query(req->query, out);
	buf_addch(out, '\n');
	while ((name = strsep(&p, ";")) != NULL) {
		value = http_header(req, name);
		buf_addf(out, "%s:%s\n", name, value == NULL ? "" : value);
	}
	sb_sha256_hex(req->body, req->body_len, digest);
	buf_addf(out, "\n%s\n%s", signed_headers, digest);
	free(names);
}

/* The value of name= in the Authorization header, up to a comma. */
static const char *
aliyun_part(const char *header, const char *name, char *text, size_t size)
{
	const char	*p = header == NULL ? NULL : strstr(header, name);

	text[0] = '\0';
	if (p != NULL)
		snprintf(text, size, "%.*s", (int)strcspn(p + strlen(name), ","),
		    p + strlen(name));
	return text;
}

static bool
aliyun_signature_fits(struct sb_call *c, const char *authorization)
{
	unsigned char	 mac[32];
	char		 names[512], signature[128], digest[65], hex[65], text[128];
	struct buf	 canonical, message;
	bool		 ok;

	aliyun_part(authorization, "SignedHeaders=", names, sizeof(names));
	aliyun_part(authorization, "Signature=", signature, sizeof(signature));
	buf_init(&canonical, ALIYUN_TEXT);
	buf_init(&message, 2 * ALIYUN_TEXT);
	aliyun_canonical(c->req, names, &canonical);
	sb_sha256_hex(canonical.p, canonical.len, digest);
	snprintf(text, sizeof(text), "ACS3-HMAC-SHA256\n%s", digest);
	HMAC(EVP_sha256(), conf_str("gate.aliyun_key_secret"),
	    (int)strlen(conf_str("gate.aliyun_key_secret")), (unsigned char *)text,
	    strlen(text), mac, NULL);
	hex_encode(mac, sizeof(mac), hex);
	ok = strcmp(hex, signature) == 0;
	if (!ok) {
		buf_addf(&message, "Specified signature is not matched with our calculation. "
		    "server string to sign is:%s", canonical.p);
		aliyun_error(c, 400, "SignatureDoesNotMatch", message.p);
	}
	buf_free(&canonical);
	buf_free(&message);
	return ok;
}

static bool
aliyun_headers_signed(struct sb_call *c, const char *authorization)
{
	static const char *const need[] = {"host", "x-acs-action", "x-acs-content-sha256",
		"x-acs-date", "x-acs-signature-nonce", "x-acs-version"};
	char	 names[512], list[520], one[64];

	aliyun_part(authorization, "SignedHeaders=", names, sizeof(names));
	snprintf(list, sizeof(list), ";%s;", names);
	for (size_t i = 0; i < ARRAY_LEN(need); i++) {
		snprintf(one, sizeof(one), ";%s;", need[i]);
		if (http_header(c->req, need[i]) == NULL || strstr(list, one) == NULL) {
			aliyun_error(c, 400, "MissingSignedHeader", need[i]);
			return false;
		}
	}
	return true;
}

/* "2026-11-21T01:05:07Z" within the window. */
static bool
aliyun_is_of_now(const char *date)
{
	struct tm	 tm = {0};
	const char	*end = strptime(date, "%Y-%m-%dT%H:%M:%SZ", &tm);

	return end != NULL && *end == '\0' &&
	    llabs((int64_t)timegm(&tm) * 1000 - clock_now()) < ALIYUN_WINDOW;
}

static bool
aliyun_allowed(struct sb_call *c)
{
	const char	*authorization = http_header(c->req, "authorization"), *nonce;
	char		 key[128];

	aliyun_part(authorization, "Credential=", key, sizeof(key));
	if (authorization == NULL || !str_has_prefix(authorization, "ACS3-HMAC-SHA256 ") ||
	    strcmp(key, conf_str("gate.aliyun_key_id")) != 0) {
		aliyun_error(c, 404, "InvalidAccessKeyId.NotFound",
		    "Specified access key is not found.");
		return false;
	}
	if (!aliyun_headers_signed(c, authorization) || !aliyun_signature_fits(c, authorization))
		return false;
	if (!aliyun_is_of_now(http_header(c->req, "x-acs-date"))) {
		aliyun_error(c, 400, "InvalidTimeStamp.Expired", "Specified time stamp or date "
		    "value is expired.");
		return false;
	}
	nonce = http_header(c->req, "x-acs-signature-nonce");
	if (json_object_get(sb_map("nonces"), nonce) != NULL) {
		aliyun_error(c, 400, "SignatureNonceUsed", "Specified signature nonce was used "
		    "already.");
		return false;
	}
	sb_put("nonces", nonce, json_true());
	return true;
}

/* SMS of this phone not older than ms. */
static int
sms_count(const char *phone, int64_t ms)
{
	json_t	*m;
	size_t	 i;
	int	 n = 0;

	json_array_foreach(sb_list("sms"), i, m)
		if (strcmp(js_str(m, "phone"), phone) == 0 &&
		    js_int(m, "at", 0) > clock_now() - ms)
			n++;
	return n;
}

/* Flow control of codes, when switched on (fault aliyun.SendSms limit). */
static const char *
sms_limit(const char *phone)
{
	if (!sb_fault("aliyun.SendSms", "limit", NULL))
		return NULL;
	if (sms_count(phone, CLOCK_MINUTE) >= 1)
		return "触发分钟级流控Permits:1";
	if (sms_count(phone, CLOCK_HOUR) >= 5)
		return "触发小时级流控Permits:5";
	return sms_count(phone, CLOCK_DAY) >= 10 ? "触发天级流控Permits:10" : NULL;
}

static void
sms_accept(struct sb_call *c, json_t *params)
{
	const char	*code = js_str(c->query, "TemplateCode");
	struct buf	 text;
	char		 biz[24], id[33];

	buf_init(&text, 8192);
	rand_digits(biz, 20);
	rand_token(id, 32);
	buf_addf(&text, "【%s】", conf_str("gate.sms_sign"));
	sb_template_fill(code, params, &text);
	sb_push("sms", json_pack("{s:s,s:s,s:O,s:s,s:s,s:s,s:I}", "phone",
	    js_str(c->query, "PhoneNumbers"), "template", code, "params", params, "text", text.p,
	    "biz_id", biz, "out_id", js_str(c->query, "OutId"), "at",
	    (json_int_t)clock_now()));
	sb_json(c, 200, json_pack("{s:s,s:s,s:s,s:s}", "Code", "OK", "Message", "OK", "BizId",
	    biz, "RequestId", id));
	buf_free(&text);
}

static void
sms_send(struct sb_call *c)
{
	const char	*phone = js_str(c->query, "PhoneNumbers"), *limit;
	const char	*text = js_str(c->query, "TemplateParam");
	json_t		*params = NULL;
	struct err	 err = {0};

	if (!str_is_digits(phone) || strlen(phone) != 11 || phone[0] != '1')
		aliyun_error(c, 200, "isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误");
	else if (strcmp(js_str(c->query, "SignName"), conf_str("gate.sms_sign")) != 0)
		aliyun_error(c, 200, "isv.SMS_SIGNATURE_ILLEGAL", "短信签名不合法");
	else if (js_str(c->query, "TemplateCode")[0] == '\0')
		aliyun_error(c, 200, "isv.SMS_TEMPLATE_ILLEGAL", "短信模版不合法");
	else if (json_parse(text, strlen(text), 0, &params, &err) < 0 ||
	    !json_is_object(params))
		aliyun_error(c, 200, "isv.INVALID_JSON_PARAM", "JSON参数不合法");
	else if ((limit = sms_limit(phone)) != NULL)
		aliyun_error(c, 200, "isv.BUSINESS_LIMIT_CONTROL", limit);
	else
		sms_accept(c, params);
	json_decref(params);
}

static void
aliyun_sms(struct sb_call *c)
{
	const char	*action = http_header(c->req, "x-acs-action");

	c->api = "aliyun.SendSms";
	if (!aliyun_allowed(c))
		return;
	if (strcmp(action, "SendSms") != 0 ||
	    strcmp(http_header(c->req, "x-acs-version"), "2017-05-25") != 0)
		aliyun_error(c, 404, "InvalidAction.NotFound", action);
	else
		sms_send(c);
}

/* Takes result. */
static void
cloudauth_answer(struct sb_call *c, const char *code, const char *message, json_t *result)
{
	json_t	*answer = json_object();
	char	 id[33];

	rand_token(id, 32);
	js_set_str(answer, "RequestId", id);
	js_set_str(answer, "Code", code);
	js_set_str(answer, "Message", message);
	if (result != NULL)
		json_object_set_new(answer, "ResultObject", result);
	sb_json(c, 200, answer);
}

/* 101 all agree; 201 phone with neither, 202 name only, 203 ID only; 301 nothing known. */
static void
cloudauth_mobile3(struct sb_call *c)
{
	const char	*id_no = js_str(c->query, "IdentifyNum");
	const char	*name = js_str(c->query, "UserName"), *phone = js_str(c->query, "Mobile");
	json_t		*p = sb_person(id_no);
	const char	*biz = "2", *sub = "201";

	c->api = "aliyun.Mobile3MetaDetailVerify";
	if (strcmp(js_str(c->query, "ParamType"), "normal") != 0 || name[0] == '\0' ||
	    strlen(id_no) != 18 || strlen(phone) != 11) {
		cloudauth_answer(c, "401", "参数非法", NULL);
		return;
	}
	if (p == NULL || sb_fault(c->api, "no_record", NULL)) {
		biz = "3";
		sub = "301";
	} else if (strcmp(js_str(p, "phone"), phone) == 0) {
		biz = strcmp(js_str(p, "name"), name) == 0 ? "1" : "2";
		sub = biz[0] == '1' ? "101" : "203";
	}
	cloudauth_answer(c, "200", "success", json_pack("{s:s,s:s,s:s}", "BizCode", biz,
	    "SubCode", sub, "IspName", "CMCC"));
}

/* 101 all agree; 201 they do not; 301 no such card. */
static void
cloudauth_card4(struct sb_call *c)
{
	const char	*card = js_str(c->query, "BankCard"), *biz = "3", *sub = "301";
	json_t		*e;
	size_t		 i;

	c->api = "aliyun.BankMetaVerify";
	if (strcmp(js_str(c->query, "ParamType"), "normal") != 0 ||
	    strcmp(js_str(c->query, "VerifyMode"), "VERIFY_BANK_CARD") != 0 ||
	    strcmp(js_str(c->query, "ProductType"), "BANK_CARD_4_META") != 0 ||
	    !str_is_digits(card) || strlen(js_str(c->query, "IdentifyNum")) != 18 ||
	    strlen(js_str(c->query, "Mobile")) != 11) {
		cloudauth_answer(c, "401", "参数非法", NULL);
		return;
	}
	if (sb_fault(c->api, "limit", NULL)) {
		cloudauth_answer(c, "403", "异常重复调用次数超限", NULL);
		return;
	}
	json_array_foreach(sb_list("cards"), i, e)
		if (strcmp(js_str(e, "card"), card) == 0) {
			bool	 same = strcmp(js_str(e, "name"),
				    js_str(c->query, "UserName")) == 0 &&
				    strcasecmp(js_str(e, "id_no"),
				    js_str(c->query, "IdentifyNum")) == 0 &&
				    strcmp(js_str(e, "phone"),
				    js_str(c->query, "Mobile")) == 0;

			biz = same ? "1" : "2";
			sub = same ? "101" : "201";
		}
	if (sb_fault(c->api, "no_record", NULL)) {
		biz = "3";
		sub = "301";
	}
	cloudauth_answer(c, "200", "success", json_pack("{s:s,s:s}", "BizCode", biz, "SubCode",
	    sub));
}

/* Flags of what does not agree with the business register, divided by commas. */
static void
company_flags(struct sb_call *c, json_t *company, struct buf *flags)
{
	json_t		*legal = sb_person(js_str(c->query, "LegalPersonCertNo"));
	const char	*named = js_str(company, "legal_person");

	if (strcmp(js_str(company, "name"), js_str(c->query, "EntName")) != 0)
		buf_addstr(flags, "EntNameFlag,");
	if (strcmp(named, js_str(c->query, "LegalPersonName")) != 0)
		buf_addstr(flags, "LegalPersonNameFlag,");
	else if (strcmp(js_str_or(company, "legal_id", js_str(legal, "id_no")),
	    js_str(c->query, "LegalPersonCertNo")) != 0 ||
	    (legal != NULL && strcmp(js_str(legal, "name"), named) != 0))
		buf_addstr(flags, "LegalPersonCertNoFlag,");
}

static void
cloudauth_company(struct sb_call *c)
{
	static const char *const need[] = {"SceneCode", "MerchantBizId", "MerchantUserId",
		"LicenseNo", "EntName", "LegalPersonName", "LegalPersonCertNo"};
	json_t		*e, *company = NULL, *answer;
	struct buf	 flags;
	char		 id[33];
	size_t		 i;
	bool		 good = strcmp(js_str(c->query, "InfoVerifyType"), "ENT_4META") == 0 &&
			    strcmp(js_str(c->query, "UserAuthorization"), "1") == 0 &&
			    strlen(js_str(c->query, "MerchantBizId")) <= 32;

	c->api = "aliyun.EntElementVerifyV2";
	for (i = 0; i < ARRAY_LEN(need); i++)
		good = good && js_str(c->query, need[i])[0] != '\0';
	if (!good) {
		cloudauth_answer(c, "401", "参数非法", NULL);
		return;
	}
	json_array_foreach(sb_list("companies"), i, e)
		if (strcasecmp(js_str(e, "uscc"), js_str(c->query, "LicenseNo")) == 0)
			company = e;
	buf_init(&flags, 256);
	if (company != NULL)
		company_flags(c, company, &flags);
	rand_token(id, 32);
	answer = json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "RequestId", id, "Code",
	    "Success", "Message", "success", "Result", "BizCode", company == NULL ||
	    sb_fault(c->api, "no_record", NULL) ? "3" : flags.len > 0 ? "2" : "1",
	    "ReasonDetail", flags.p, "Status", "正常");
	sb_json(c, 200, answer);
	buf_free(&flags);
}

static void
cloudauth_face_init(struct sb_call *c)
{
	static const char *const need[] = {"SceneId", "OuterOrderNo", "CertName", "CertNo",
		"ReturnUrl", "MetaInfo"};
	char	 id[33], url[256];

	c->api = "aliyun.InitFaceVerify";
	for (size_t i = 0; i < ARRAY_LEN(need); i++)
		if (js_str(c->query, need[i])[0] == '\0') {
			cloudauth_answer(c, "400", need[i], NULL);
			return;
		}
	if (strlen(js_str(c->query, "OuterOrderNo")) > 32) {
		cloudauth_answer(c, "401", "OuterOrderNo", NULL);
		return;
	}
	rand_token(id, 32);
	snprintf(url, sizeof(url), "%s/face/%s", sb.base, id);
	sb_put("faces", id, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "certify_id", id, "name",
	    js_str(c->query, "CertName"), "id_no", js_str(c->query, "CertNo"), "return_url",
	    js_str(c->query, "ReturnUrl"), "order", js_str(c->query, "OuterOrderNo"), "state",
	    "created", "created", (json_int_t)clock_now()));
	cloudauth_answer(c, "200", "success", json_pack("{s:s,s:s}", "CertifyId", id,
	    "CertifyUrl", url));
}

static void
cloudauth_face_describe(struct sb_call *c)
{
	json_t		*face = json_object_get(sb_map("faces"), js_str(c->query, "CertifyId"));
	const char	*state = js_str(face, "state");

	c->api = "aliyun.DescribeFaceVerify";
	if (face == NULL || strcmp(state, "expired") == 0)
		cloudauth_answer(c, "404", "认证已失效", NULL);
	else if (strcmp(state, "created") == 0)
		cloudauth_answer(c, "200", "success", json_pack("{s:s,s:s}", "Passed", "",
		    "SubCode", ""));
	else
		cloudauth_answer(c, "200", "success", json_pack("{s:s,s:s,s:s}", "Passed",
		    strcmp(state, "passed") == 0 ? "T" : "F", "SubCode",
		    strcmp(state, "passed") == 0 ? "200" : "206", "MaterialInfo",
		    "{\"verifyScore\":98.6,\"faceAttack\":\"F\"}"));
}

static void
aliyun_cloudauth(struct sb_call *c)
{
	static const struct { const char *action; void (*answer)(struct sb_call *c); } rows[] = {
		{"Mobile3MetaDetailVerify", cloudauth_mobile3},
		{"BankMetaVerify", cloudauth_card4},
		{"EntElementVerifyV2", cloudauth_company},
		{"InitFaceVerify", cloudauth_face_init},
		{"DescribeFaceVerify", cloudauth_face_describe},
	};
	const char	*action = http_header(c->req, "x-acs-action");

	if (!aliyun_allowed(c))
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].action, action) == 0 &&
		    strcmp(http_header(c->req, "x-acs-version"), "2019-03-07") == 0) {
			rows[i].answer(c);
			return;
		}
	aliyun_error(c, 404, "InvalidAction.NotFound", action);
}

const struct sb_route	 sb_routes_aliyun[] = {
	{"POST", "/aliyun-sms/", aliyun_sms},
	{"POST", "/aliyun-cloudauth/", aliyun_cloudauth},
	{0}
};

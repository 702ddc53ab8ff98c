#include "base/base.h"
#include "gate/aliyun.h"
#include "base/conf.h"
#include "base/str.h"
#include "gate/ident.h"
#include "gate/wire.h"

/* Aliyun identity verification, cloudauth 2019-03-07. */
#define CLOUDAUTH_VERSION	"2019-03-07"
#define CLOUDAUTH_TIMEOUT_MS	10000

struct cloudauth_row {
	const char		*code;
	enum ident_result	 result;
};

/* Codes of the envelope other than 200: nothing was checked (nor charged). */
static const struct cloudauth_row cloudauth_codes[] = {
	{"400", IDENT_INVALID_INPUT}, {"401", IDENT_INVALID_INPUT}, {"402", IDENT_BUSY},
	{"403", IDENT_LIMITED}, {"404", IDENT_EXPIRED}, {NULL, IDENT_BUSY},
};

static enum ident_result
cloudauth_result(const struct cloudauth_row *rows, const char *code)
{
	while (rows->code != NULL && strcmp(rows->code, code) != 0)
		rows++;
	return rows->result;
}

/*
 * Call, judge the envelope.  DONE: either a->result is set already (*out NULL), or *out is
 * the ResultObject and its codes decide.  402 and 5xx may pass: RETRY.
 */
static enum verdict
cloudauth_call(const char *action, const json_t *params, struct ident_answer *a, json_t **out,
    struct reply *r)
{
	json_t		*answer;
	struct buf	 raw;
	const char	*code;
	enum verdict	 v;

	*out = NULL;
	buf_init(&raw, LIMIT_JSON);
	v = aliyun_call(&(struct aliyun_call){.url = conf_str("gate.aliyun_cloudauth_url"),
	    .action = action, .version = CLOUDAUTH_VERSION, .params = params,
	    .timeout_ms = CLOUDAUTH_TIMEOUT_MS}, &answer, &raw, r);
	if (v == REPLY_DONE) {
		wire_sm3(raw.p, raw.len, a->evidence);
		code = js_str(answer, "Code");
		if (strcmp(code, "200") == 0) {
			*out = json_incref(json_object_get(answer, "ResultObject"));
		} else {
			a->result = cloudauth_result(cloudauth_codes, code);
			v = reply_set(r, a->result == IDENT_BUSY ? REPLY_RETRY : REPLY_DONE,
			    code, "%s", js_str(answer, "Message"));
		}
	}
	json_decref(answer);
	buf_free(&raw);
	return v;
}

static json_t *
cloudauth_person(const struct ident_req *q, const char *name_key, const char *id_key)
{
	json_t	*params = json_object();

	js_set_str(params, name_key, q->name);
	js_set_str(params, id_key, q->id_no);
	return params;
}

static const char *
cloudauth_mobile3_sentence(enum ident_result result, const char *sub)
{
	if (result != IDENT_INCONSISTENT)
		return ident_sentence(result);
	if (strcmp(sub, "202") == 0)
		return "姓名与手机号一致，但身份证号不一致，请核对身份证号。";
	if (strcmp(sub, "203") == 0)
		return "身份证号与手机号一致，但姓名不一致，请核对姓名。";
	return "这个手机号不是用该姓名和身份证号办理的，请换成本人实名的手机号。";
}

/* BizCode 1 agree, 2 do not, 3 nothing known. */
static enum verdict
cloudauth_mobile3(const struct ident_req *q, struct ident_answer *a, struct reply *r)
{
	static const struct cloudauth_row rows[] = {{"1", IDENT_CONSISTENT},
		{"2", IDENT_INCONSISTENT}, {"3", IDENT_NO_RECORD}, {NULL, IDENT_BUSY}};
	json_t		*params = cloudauth_person(q, "UserName", "IdentifyNum"), *result;
	enum verdict	 v;

	js_set_str(params, "ParamType", "normal");
	js_set_str(params, "Mobile", q->phone);
	v = cloudauth_call("Mobile3MetaDetailVerify", params, a, &result, r);
	if (result != NULL) {
		a->result = cloudauth_result(rows, js_str(result, "BizCode"));
		snprintf(r->code, sizeof(r->code), "%s/%s", js_str(result, "BizCode"),
		    js_str(result, "SubCode"));
		if (a->result == IDENT_BUSY)
			v = reply_set(r, REPLY_UNKNOWN, r->code, "unknown BizCode");
	}
	a->sentence = cloudauth_mobile3_sentence(a->result, js_str(result, "SubCode"));
	json_decref(result);
	json_decref(params);
	return v;
}

/* BizCode of BankMetaVerify: 1 agree, 2 do not, 3 nothing known; which of the four it is the bank
 * does not tell. */
static enum verdict
cloudauth_card4(const struct ident_req *q, struct ident_answer *a, struct reply *r)
{
	static const struct cloudauth_row rows[] = {{"1", IDENT_CONSISTENT},
		{"2", IDENT_INCONSISTENT}, {"3", IDENT_NO_RECORD}, {NULL, IDENT_BUSY}};
	json_t		*params = cloudauth_person(q, "UserName", "IdentifyNum"), *result;
	enum verdict	 v;

	js_set_str(params, "ParamType", "normal");
	js_set_str(params, "VerifyMode", "VERIFY_BANK_CARD");
	js_set_str(params, "ProductType", "BANK_CARD_4_META");
	js_set_str(params, "BankCard", q->card);
	js_set_str(params, "Mobile", q->phone);
	v = cloudauth_call("BankMetaVerify", params, a, &result, r);
	if (result != NULL) {
		a->result = cloudauth_result(rows, js_str(result, "BizCode"));
		snprintf(r->code, sizeof(r->code), "%s/%s", js_str(result, "BizCode"),
		    js_str(result, "SubCode"));
		if (a->result == IDENT_BUSY)
			v = reply_set(r, REPLY_UNKNOWN, r->code, "unknown BizCode");
	}
	a->sentence = a->result == IDENT_INCONSISTENT ? "姓名、身份证号、银行卡号与银行预留手机号"
	    "不是同一人的，请核对后修改；预留手机号换过的，请先到开户银行更新。" :
	    a->result == IDENT_NO_RECORD ? "银行查不到这张卡，请核对卡号，或换一张本人的银行卡。" :
	    a->result == IDENT_LIMITED ? "这张卡今天核验次数过多，请明天再试，或换一种方式。" :
	    ident_sentence(a->result);
	json_decref(result);
	json_decref(params);
	return v;
}

/* Which of the four differs, from "LegalPersonNameFlag,…" with 1 for each that does not agree. */
static const char *
cloudauth_company_sentence(const json_t *result)
{
	static const struct { const char *flag, *sentence; } rows[] = {
		{"LicenseNoFlag", "统一社会信用代码在工商登记中查不到，请核对单位证件号码。"},
		{"EntNameFlag", "单位名称与工商登记不一致，请按营业执照上的名称填写。"},
		{"LegalPersonNameFlag", "填写的法定代表人与工商登记不一致，请填写现任法定代表人的姓名。"},
		{"LegalPersonCertNoFlag", "法定代表人的身份证号与工商登记不一致，请核对身份证号。"},
	};
	const char	*detail = js_str(result, "ReasonDetail");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strstr(detail, rows[i].flag) != NULL)
			return rows[i].sentence;
	return "单位名称、统一社会信用代码与法定代表人不一致，请核对后修改。";
}

/* EntElementVerifyV2 has an envelope of its own: Code "Success" and Result. */
static enum verdict
cloudauth_company_result(const json_t *answer, struct ident_answer *a, struct reply *r)
{
	static const struct cloudauth_row rows[] = {{"1", IDENT_CONSISTENT},
		{"2", IDENT_INCONSISTENT}, {"3", IDENT_NO_RECORD}, {NULL, IDENT_BUSY}};
	const json_t	*result = json_object_get(answer, "Result");
	const char	*code = js_str(answer, "Code");

	if (strcmp(code, "Success") != 0 || result == NULL) {
		a->result = cloudauth_result(cloudauth_codes, code);
		a->sentence = ident_sentence(a->result);
		return reply_set(r, a->result == IDENT_BUSY ? REPLY_RETRY : REPLY_DONE, code, "%s",
		    js_str(answer, "Message"));
	}
	a->result = cloudauth_result(rows, js_str(result, "BizCode"));
	snprintf(r->code, sizeof(r->code), "%s/%s", js_str(result, "BizCode"),
	    js_str(result, "ReasonDetail"));
	if (a->result == IDENT_BUSY)
		return reply_set(r, REPLY_UNKNOWN, r->code, "unknown BizCode");
	a->sentence = a->result == IDENT_INCONSISTENT ? cloudauth_company_sentence(result) :
	    a->result == IDENT_NO_RECORD ? "工商登记中查不到这个单位；新设立或刚变更的单位数据要过几天才有，"
	    "请改用企业对公账户认证。" : ident_sentence(a->result);
	return REPLY_DONE;
}

static enum verdict
cloudauth_company(const struct ident_req *q, struct ident_answer *a, struct reply *r)
{
	json_t		*params = cloudauth_person(q, "LegalPersonName", "LegalPersonCertNo");
	json_t		*answer = NULL;
	struct buf	 raw;
	enum verdict	 v;

	js_set_str(params, "SceneCode", conf_str("gate.company_scene"));
	js_set_str(params, "MerchantBizId", q->request_id);
	js_set_str(params, "MerchantUserId", q->request_id);
	js_set_str(params, "UserAuthorization", "1");
	js_set_str(params, "InfoVerifyType", "ENT_4META");
	js_set_str(params, "LicenseNo", q->code);
	js_set_str(params, "EntName", q->company);
	buf_init(&raw, LIMIT_JSON);
	v = aliyun_call(&(struct aliyun_call){.url = conf_str("gate.aliyun_cloudauth_url"),
	    .action = "EntElementVerifyV2", .version = CLOUDAUTH_VERSION, .params = params,
	    .timeout_ms = CLOUDAUTH_TIMEOUT_MS}, &answer, &raw, r);
	if (v == REPLY_DONE) {
		wire_sm3(raw.p, raw.len, a->evidence);
		v = cloudauth_company_result(answer, a, r);
	}
	json_decref(answer);
	json_decref(params);
	buf_free(&raw);
	return v;
}

/* MetaInfo comes from the phone: without it the provider refuses. */
static enum verdict
cloudauth_face_init(const struct ident_req *q, struct ident_answer *a, struct reply *r)
{
	json_t		*params = cloudauth_person(q, "CertName", "CertNo"), *result;
	enum verdict	 v;

	js_set_str(params, "SceneId", conf_str("gate.face_scene"));
	js_set_str(params, "OuterOrderNo", q->request_id);
	js_set_str(params, "ProductCode", "ID_PRO");
	js_set_str(params, "Model", "LIVENESS");
	js_set_str(params, "CertType", "IDENTITY_CARD");
	js_set_str(params, "ReturnUrl", q->return_url);
	js_set_str(params, "MetaInfo", q->meta_info);
	v = cloudauth_call("InitFaceVerify", params, a, &result, r);
	if (result != NULL) {
		a->result = IDENT_STARTED;
		snprintf(a->certify_id, sizeof(a->certify_id), "%s",
		    js_str(result, "CertifyId"));
		snprintf(a->url, sizeof(a->url), "%s", js_str(result, "CertifyUrl"));
		if (a->certify_id[0] == '\0' || a->url[0] == '\0')
			v = reply_set(r, REPLY_UNKNOWN, "answer", "no CertifyUrl");
	}
	a->sentence = ident_sentence(a->result);
	json_decref(result);
	json_decref(params);
	return v;
}

/* SubCodes of DescribeFaceVerify; decided by Passed alone, the rest only explains. */
static enum verdict
cloudauth_face_result(const json_t *result, struct ident_answer *a, struct reply *r)
{
	const char	*passed = js_str(result, "Passed"), *sub = js_str(result, "SubCode");

	snprintf(r->code, sizeof(r->code), "%s/%s", passed, sub);
	if (strcmp(passed, "T") == 0)
		a->result = IDENT_CONSISTENT;
	else if (strcmp(passed, "F") == 0 && strcmp(sub, "204") == 0)
		a->result = IDENT_NO_RECORD;
	else if (strcmp(passed, "F") == 0)
		a->result = IDENT_INCONSISTENT;
	else {
		a->result = IDENT_PENDING;
		return reply_set(r, REPLY_PENDING, sub, "not finished");
	}
	a->sentence = a->result == IDENT_INCONSISTENT ?
	    "人脸核验没有通过：请由本人在光线充足处重新核验。" : ident_sentence(a->result);
	return REPLY_DONE;
}

static enum verdict
cloudauth_face_query(const struct ident_req *q, struct ident_answer *a, struct reply *r)
{
	json_t		*params = json_object(), *result;
	enum verdict	 v;

	js_set_str(params, "SceneId", conf_str("gate.face_scene"));
	js_set_str(params, "CertifyId", q->certify_id);
	v = cloudauth_call("DescribeFaceVerify", params, a, &result, r);
	if (result != NULL)
		v = cloudauth_face_result(result, a, r);
	if (a->sentence == NULL)
		a->sentence = ident_sentence(a->result);
	json_decref(result);
	json_decref(params);
	return v;
}

const struct ident_provider	 ident_aliyun = {
	.name = "aliyun",
	.mobile3 = cloudauth_mobile3,
	.card4 = cloudauth_card4,
	.company = cloudauth_company,
	.face_init = cloudauth_face_init,
	.face_query = cloudauth_face_query,
};

#include "base/base.h"
#include "hall/identity/way.h"

#include "base/str.h"
#include "hall/form/form_check.h"
#include "pki/idcode.h"

/* ---- what is filled in ---- */

static int
check_card(const struct form_context *c, const char *value, struct err *err)
{
	(void)c;
	return idcode_check_bankcard(value, err);
}

/* Digits, perhaps in groups: an account of any bank. */
static int
check_account(const struct form_context *c, const char *value, struct err *err)
{
	size_t	n = 0;

	(void)c;
	for (; *value != '\0'; value++) {
		if (*value == ' ' || *value == '-')
			continue;
		if (*value < '0' || *value > '9')
			return err_set(err, ERR_INPUT, "账号只由数字组成，请核对开户许可证或网银。");
		n++;
	}
	return n >= 8 && n <= 32 ? 0 :
	    err_set(err, ERR_INPUT, "账号应为8至32位数字，请核对开户许可证或网银。");
}

#define FIELD(n, l, t, m, h, k) { .name = (n), .label = (l), .type = (t), .required = true, \
	.max = (m), .help = (h), .check = (k) }
#define FIELD_END	{ .name = NULL }
#define FIELDS_LEGAL								\
	FIELD("legal_name", "法定代表人姓名", FIELD_TEXT, 30,			\
	    "与营业执照上的一致。", check_name),				\
	FIELD("legal_id_no", "法定代表人身份证号码", FIELD_TEXT, 18, NULL, check_adult)

static const struct field	form_legal_phone[] = {
	FIELDS_LEGAL,
	FIELD("phone", "法定代表人手机号码", FIELD_TEL, 11,
	    "须是用法定代表人本人身份证办理的号码，验证码发到这部手机。", check_mobile),
	FIELD_END,
};
static const struct field	form_legal_card[] = {
	FIELDS_LEGAL,
	FIELD("card", "法定代表人银行卡号", FIELD_TEXT, 23, "本人名下的借记卡或信用卡。", check_card),
	FIELD("phone", "银行预留手机号码", FIELD_TEL, 11,
	    "办卡时留给银行的手机号码，验证码发到这部手机。", check_mobile),
	FIELD_END,
};
static const struct field	form_phone[] = {
	FIELD("phone", "本人手机号码", FIELD_TEL, 11,
	    "须是用本人身份证办理的号码，验证码发到这部手机。", check_mobile),
	FIELD_END,
};
static const struct field	form_card[] = {
	FIELD("card", "本人银行卡号", FIELD_TEXT, 23, "本人名下的借记卡或信用卡。", check_card),
	FIELD("phone", "银行预留手机号码", FIELD_TEL, 11,
	    "办卡时留给银行的手机号码，验证码发到这部手机。", check_mobile),
	FIELD_END,
};

const struct field	form_account[] = {
	FIELD("bank", "开户银行", FIELD_TEXT, 40, "写到支行，例如建设银行长沙芙蓉支行。", check_text),
	FIELD("account", "账号", FIELD_TEXT, 40, NULL, check_account),
	FIELD_END,
};

/* ---- the ways ---- */

static const struct way	way_legal_phone = {
	.name = "legal_phone", .title = "法定代表人手机认证", .organisation = true,
	.needs = "法定代表人的姓名、身份证号码，和用本人身份证办理的手机号码；手机在身边，能收短信。",
	.takes = "约2分钟", .form = form_legal_phone,
	.stages = { WAY_COMPANY, WAY_MOBILE3, WAY_CODE }, .n_stages = 3,
};
static const struct way	way_remittance = {
	.name = "remittance", .title = "银行账户打款认证", .organisation = true, .person = true,
	.needs = "开户银行和账号，户名须与申请的主体一致；能看到账户明细里的附言（单位请财务人员查看）。",
	.takes = "几分钟到1个工作日", .form = form_account,
	.stages = { WAY_REMIT }, .n_stages = 1,
};
static const struct way	way_legal_card = {
	.name = "legal_card", .title = "法定代表人银行卡认证", .organisation = true,
	.needs = "法定代表人的姓名、身份证号码、本人银行卡号和银行预留手机号码；手机在身边，能收短信。",
	.takes = "约2分钟", .form = form_legal_card,
	.stages = { WAY_COMPANY, WAY_CARD4, WAY_CODE }, .n_stages = 3,
};
static const struct way	way_phone = {
	.name = "phone", .title = "手机实名认证", .person = true,
	.needs = "用本人身份证办理的手机号码；手机在身边，能收短信。",
	.takes = "约1分钟", .form = form_phone,
	.stages = { WAY_MOBILE3, WAY_CODE }, .n_stages = 2,
};
static const struct way	way_card = {
	.name = "card", .title = "银行卡认证", .person = true,
	.needs = "本人的银行卡号和银行预留手机号码；手机在身边，能收短信。",
	.takes = "约1分钟", .form = form_card,
	.stages = { WAY_CARD4, WAY_CODE }, .n_stages = 2,
};
static const struct way	way_face = {
	.name = "face", .title = "人脸识别", .person = true,
	.needs = "带摄像头的手机，由本人扫码后按提示操作。",
	.takes = "约2分钟", .stages = { WAY_FACE }, .n_stages = 1,
};

const struct way *const	ways_all[] = {
#define WAY(name)	&way_##name,
#include "hall/identity/ways.def"
#undef WAY
	NULL
};

const struct way *
way_by_name(const char *name)
{
	size_t	i = 0;

	for (i = 0; ways_all[i] != NULL; i++)
		if (strcmp(ways_all[i]->name, name) == 0)
			return ways_all[i];
	return NULL;
}

bool
way_has(const struct way *w, enum way_stage stage)
{
	int	i = 0;

	for (i = 0; i < w->n_stages; i++)
		if (w->stages[i] == stage)
			return true;
	return false;
}

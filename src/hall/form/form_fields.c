#include "base/base.h"
#include "hall/form/form.h"

#include "hall/form/form_check.h"

/* The fields of every form (rows APP-U-01, APP-U-02, APP-I-01 of the feature list). */

#define FIELD(n, l, t, r, m, h, ...) \
	{ .name = (n), .label = (l), .type = (t), .required = (r), .max = (m), .help = (h), \
	  __VA_ARGS__ }

/* Who acts for the unit; told by SMS and mail. */
#define FIELDS_AGENT								\
	FIELD("agent_name", "经办人姓名", FIELD_TEXT, true, 30, NULL,		\
	    .group = "经办人信息", .check = check_name),			\
	FIELD("agent_phone", "经办人手机", FIELD_TEL, true, 11,			\
	    "接收业务办理状态的短信通知，请务必准确。", .check = check_mobile),	\
	FIELD("agent_mail", "经办人E-Mail", FIELD_MAIL, true, 100,		\
	    "接收下载授权码和电子发票，请务必准确。", .check = check_mail),	\
	FIELD("agent_id_type", "经办人证件类型", FIELD_CHOICE, true, 20, NULL,	\
	    .options = options_resident),					\
	FIELD("agent_id_no", "经办人证件号码", FIELD_TEXT, true, 18,		\
	    "18位居民身份证号码。", .check = check_adult)

#define FIELDS_CERTIFICATE							\
	FIELD("years", "证书年限", FIELD_RADIO, true, 1,			\
	    "请按实际业务需要选择，到期前须办理更新。", .group = "证书价格",	\
	    .check = check_years, .options = options_years,			\
	    .applies = form_is_first),						\
	FIELD("question", "验证问题", FIELD_CHOICE, true, 60, NULL,		\
	    .group = "验证问题提示", .options = options_question,		\
	    .applies = form_has_question),					\
	FIELD("answer", "验证答案", FIELD_TEXT, true, 30,			\
	    "请牢记，办理证书更新等后续业务时会用到。", .check = check_answer,	\
	    .applies = form_has_question),					\
	FIELD("medium", "证书介质", FIELD_RADIO, true, 10, NULL,		\
	    .group = "证书介质", .options = options_medium),			\
	FIELD("seal", "电子印章", FIELD_RADIO, false, 10,			\
	    "一张证书配一枚电子印章，随证书写入UKey，用于在电子文件上盖章。",	\
	    .group = "电子印章", .options = options_seal, .applies = form_has_seal)

#define FIELDS_ADDRESS(province_label, city_label)				\
	FIELD("province", province_label, FIELD_CHOICE, true, 30, NULL,		\
	    .options = options_province),					\
	FIELD("city", city_label, FIELD_CHOICE, true, 30, NULL,			\
	    .check = check_city, .options = options_city)

const struct field	form_organisation[] = {
	FIELD("user_name", "用户名", FIELD_TEXT, true, 15,
	    "一个用户名对应一个证书，不可重名；可用手机号或单位简拼，不超过12位字母或数字。",
	    .group = "申请单位信息", .check = check_user_name,
	    .applies = form_is_first),
	FIELD("org_name", "单位名称", FIELD_TEXT, true, 60,
	    "须与单位证件上的名称完全一致。", .check = check_text),
	FIELD("org_phone", "单位联系电话", FIELD_TEL, true, 20,
	    "区号-号码，例如0731-12345678。", .check = check_phone),
	FIELD("org_mail", "单位邮箱地址", FIELD_MAIL, true, 100, NULL, .check = check_mail),
	FIELD("org_fax", "单位传真", FIELD_TEL, true, 20, "没有传真时填写联系电话。",
	    .check = check_phone),
	FIELDS_ADDRESS("单位所在省份", "单位所在城市"),
	FIELD("address", "单位详细地址", FIELD_TEXT, true, 100, NULL, .check = check_text),
	FIELD("postcode", "单位邮政编码", FIELD_TEXT, true, 6, NULL, .check = check_postcode),
	FIELD("org_id_type", "单位证件类型", FIELD_RADIO, true, 20, NULL,
	    .options = options_unit_code),
	FIELD("org_id_no", "单位证件号码", FIELD_TEXT, true, 18,
	    "18位统一社会信用代码，或组织机构代码。", .check = check_unit_code),
	FIELD("licence_no", "工商营业执照号", FIELD_TEXT, false, 30,
	    "三证合一的单位不必填写。", .check = check_code_text),
	FIELD("tax_no", "税务登记证号", FIELD_TEXT, false, 30,
	    "三证合一的单位不必填写。", .check = check_code_text),
	FIELD("qualification_ends", "资质证书有效期", FIELD_DATE, false, 10,
	    "单位资质证书及印章上的到期日期；没有资质证书的不必填写。",
	    .check = check_future_date),
	FIELDS_AGENT,
	FIELDS_CERTIFICATE,
	{ .name = NULL },
};

const struct field	form_person[] = {
	FIELD("person_name", "申请人姓名", FIELD_TEXT, true, 30, NULL,
	    .group = "申请人信息", .check = check_name),
	FIELD("user_name", "用户名", FIELD_TEXT, true, 15,
	    "一个用户名对应一个证书，不可重名；可用手机号或姓名简拼，不超过12位字母或数字。",
	    .check = check_user_name,
	    .applies = form_is_first),
	FIELD("sex", "性别", FIELD_RADIO, true, 3, NULL, .options = options_sex),
	FIELD("org_name", "工作单位", FIELD_TEXT, true, 60,
	    "须与单位证件上的名称完全一致，发票抬头为该单位。", .check = check_text),
	FIELD("department", "工作部门", FIELD_TEXT, true, 30, NULL, .check = check_text),
	FIELD("mail", "邮箱地址", FIELD_MAIL, true, 100, NULL, .check = check_mail),
	FIELD("person_id_type", "申请人证件类型", FIELD_CHOICE, true, 20, NULL,
	    .options = options_resident),
	FIELD("person_id_no", "申请人证件号码", FIELD_TEXT, true, 18,
	    "18位居民身份证号码。", .check = check_person_id),
	FIELD("phone", "联系电话", FIELD_TEL, true, 20, "区号-号码，或手机号码。",
	    .check = check_phone),
	FIELD("mobile", "移动电话", FIELD_TEL, true, 11,
	    "申请人本人实名登记的手机号码，用于身份识别。", .check = check_mobile),
	FIELD("postcode", "邮政编码", FIELD_TEXT, true, 6, NULL, .check = check_postcode),
	FIELDS_ADDRESS("所在省份", "所在城市"),
	FIELD("address", "详细地址", FIELD_TEXT, true, 100, NULL, .check = check_text),
	FIELDS_AGENT,
	FIELDS_CERTIFICATE,
	{ .name = NULL },
};

const struct field	form_register[] = {
	FIELD("mobile", "手机号码", FIELD_TEL, true, 11, "作为网站登录用户名。",
	    .group = "登录用户名", .check = check_mobile),
	FIELD("mail", "电子邮箱", FIELD_MAIL, true, 100, "作为网站登录用户名。",
	    .check = check_mail),
	FIELD("login_name", "登录名", FIELD_TEXT, false, 20,
	    "可不填；4至20位字母、数字或下划线。", .check = check_login_name),
	FIELD("password", "密码", FIELD_PASSWORD, true, 64,
	    "8至64位，包含字母、数字、符号中的至少两种。", .group = "密码",
	    .check = check_password),
	FIELD("password2", "再次输入密码", FIELD_PASSWORD, true, 64, NULL,
	    .check = check_password_again),
	FIELD("code", "短信验证码", FIELD_CODE, true, 6, NULL, .group = "验证",
	    .check = check_code),
	{ .name = NULL },
};

const struct field	form_password[] = {
	FIELD("old", "当前密码", FIELD_PASSWORD, true, 64, NULL),
	FIELD("password", "新密码", FIELD_PASSWORD, true, 64,
	    "8至64位，包含字母、数字、符号中的至少两种。", .check = check_password),
	FIELD("password2", "再次输入新密码", FIELD_PASSWORD, true, 64, NULL,
	    .check = check_password_again),
	{ .name = NULL },
};

const struct field	form_reset[] = {
	FIELD("target", "手机号码或邮箱", FIELD_TEXT, true, 100,
	    "注册时填写的手机号码或邮箱。", .check = check_target),
	FIELD("code", "验证码", FIELD_CODE, true, 6, NULL, .check = check_code),
	FIELD("password", "新密码", FIELD_PASSWORD, true, 64,
	    "8至64位，包含字母、数字、符号中的至少两种。", .check = check_password),
	FIELD("password2", "再次输入新密码", FIELD_PASSWORD, true, 64, NULL,
	    .check = check_password_again),
	{ .name = NULL },
};

const struct field	form_mail[] = {
	FIELD("mail", "电子邮箱", FIELD_MAIL, true, 100, "验证后可用于找回密码。",
	    .check = check_mail),
	FIELD("code", "邮件验证码", FIELD_CODE, true, 6, NULL, .check = check_code),
	{ .name = NULL },
};

const struct field	form_mobile[] = {
	FIELD("mobile", "手机号码", FIELD_TEL, true, 11, NULL, .check = check_mobile),
	FIELD("code", "短信验证码", FIELD_CODE, true, 6, NULL, .check = check_code),
	{ .name = NULL },
};

/* The old number is dead: who says so, and the new one. */
const struct field	form_petition_mobile[] = {
	FIELD("login", "原手机号、邮箱或登录名", FIELD_TEXT, true, 100,
	    "注册时填写的，用来找到您的账户。", .group = "您的账户"),
	FIELD("name", "姓名", FIELD_TEXT, true, 30, "账户使用人（经办人）的姓名，与身份证一致。",
	    .check = check_name),
	FIELD("id_no", "身份证号", FIELD_TEXT, true, 18, "18位居民身份证号码。",
	    .check = check_adult),
	FIELD("contact", "联系邮箱", FIELD_MAIL, false, 100, "也用邮件通知您办理结果。",
	    .check = check_mail),
	FIELD("note", "更换原因", FIELD_TEXT, true, 100,
	    "例如：原号码已停机销号，无法接收短信，UKey、软证书都不在手边。", .check = check_text),
	FIELD("mobile", "新手机号", FIELD_TEL, true, 11, "更换后用它登录和接收短信。",
	    .group = "新手机号", .check = check_mobile),
	FIELD("code", "短信验证码", FIELD_CODE, true, 6, NULL, .check = check_code),
	{ .name = NULL },
};

/* What may be said anew of a petition that came back; what stays empty stays. */
#define FIELDS_MEND								\
	FIELD("name", "姓名", FIELD_TEXT, false, 30, "与身份证一致；不改的不用填写。",		\
	    .check = check_name),						\
	FIELD("id_no", "身份证号", FIELD_TEXT, false, 18, "18位居民身份证号码。",			\
	    .check = check_adult),						\
	FIELD("contact", "邮箱", FIELD_MAIL, false, 100, "也用邮件通知您办理结果。",		\
	    .check = check_mail),						\
	FIELD("note", "更换原因", FIELD_TEXT, false, 100, NULL, .check = check_text)

const struct field form_mend_mobile[] = {
	FIELDS_MEND,
	FIELD("mobile", "新手机号", FIELD_TEL, false, 11, "只在要换成另一个号码时填写。",
	    .check = check_mobile),
	FIELD("code", "短信验证码", FIELD_CODE, false, 6, NULL, .check = check_code),
	{ .name = NULL },
};

const struct field form_mend_handler[] = {
	FIELDS_MEND,
	{ .name = NULL },
};

/* Another handler of the same organisation: whose certificates, and who asks. */
const struct field	form_petition_handler[] = {
	FIELD("subject", "单位或个人名称", FIELD_TEXT, true, 60, "证书主体，与证件上的名称完全一致。",
	    .group = "要接管的证书", .check = check_text),
	FIELD("subject_id", "主体证件号码", FIELD_TEXT, true, 18,
	    "统一社会信用代码等，与申请证书时填写的一致。", .check = check_code_text),
	FIELD("name", "姓名", FIELD_TEXT, true, 30, "您本人，与身份证一致。",
	    .group = "新经办人（您）", .check = check_name),
	FIELD("id_no", "身份证号", FIELD_TEXT, true, 18, "18位居民身份证号码。",
	    .check = check_adult),
	FIELD("contact", "邮箱", FIELD_MAIL, true, 100, "接收下载授权码和通知。",
	    .check = check_mail),
	FIELD("note", "更换原因", FIELD_TEXT, true, 100, "例如：原经办人已离职。",
	    .check = check_text),
	{ .name = NULL },
};

const struct field	form_handover[] = {
	FIELD("name", "姓名", FIELD_TEXT, true, 30, "您本人，与身份证一致。",
	    .check = check_name),
	FIELD("id_no", "身份证号", FIELD_TEXT, true, 18, "18位居民身份证号码。",
	    .check = check_adult),
	FIELD("mail", "邮箱", FIELD_MAIL, true, 100, "接收下载授权码和通知。",
	    .check = check_mail),
	FIELD("code", "短信验证码", FIELD_CODE, true, 6, "发到您账户的手机号。",
	    .check = check_code),
	{ .name = NULL },
};

const struct field	form_collection[] = {
	FIELD("receiver", "收货姓名", FIELD_TEXT, true, 30, NULL, .group = "收货地址",
	    .check = check_name),
	FIELD("phone", "电话号码", FIELD_TEL, true, 20, NULL, .check = check_phone),
	FIELDS_ADDRESS("省份", "城市"),
	FIELD("address", "详细地址", FIELD_TEXT, true, 100, "须能收到快递。",
	    .check = check_text),
	{ .name = NULL },
};

const struct field *
form_by_name(const char *name)
{
	if (strcmp(name, "organisation") == 0)
		return form_organisation;
	if (strcmp(name, "person") == 0)
		return form_person;
	return NULL;
}

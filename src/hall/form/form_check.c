#include "base/base.h"
#include "hall/form/form_check.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/certificate/eseal.h"
#include "hall/def/halldef.h"
#include "pki/idcode.h"
#include "pki/profile.h"
#include "pki/region.h"

#define FORM_ADULT	16		/* years: may act for a unit (civil code, article 18) */

static const char *
form_value(const struct form_context *c, const char *name)
{
	return js_str(c->values, name);
}

FORM_CHECK(check_user_name)
{
	const struct halldef	*d = hall_def(c->hall);
	size_t			 i = 0, len = strlen(value);

	for (i = 0; i < len; i++)
		if (!((value[i] >= '0' && value[i] <= '9') ||
		    (value[i] >= 'a' && value[i] <= 'z') ||
		    (value[i] >= 'A' && value[i] <= 'Z')))
			return err_set(err, ERR_INPUT,
			    "用户名只能用字母和数字，请去掉其他字符，例如用单位简拼或手机号。");
	if (len > (size_t)d->user_name_max)
		return err_set(err, ERR_INPUT, "用户名最多%d位，现在有%zu位，请缩短。",
		    d->user_name_max, len);
	return form_user_name_free(c->hall, value, c->order, err);
}

FORM_CHECK(check_name)
{
	const char	*p = NULL;

	(void)c;
	if (utf8_count(value) < 2)
		return err_set(err, ERR_INPUT, "请填写完整的姓名，与身份证上的一致。");
	for (p = value; *p != '\0'; p++)
		if ((*p >= '0' && *p <= '9') || strchr("<>\"'&;@", *p) != NULL)
			return err_set(err, ERR_INPUT, "姓名中不能有数字或符号，请与身份证核对。");
	return 0;
}

FORM_CHECK(check_text)
{
	(void)c;
	if (strpbrk(value, "<>") != NULL)
		return err_set(err, ERR_INPUT, "不能包含尖括号，请去掉后重新填写。");
	if (utf8_count(value) < 2)
		return err_set(err, ERR_INPUT, "太短，请填写完整。");
	return 0;
}

FORM_CHECK(check_mobile)
{
	(void)c;
	return idcode_check_mobile(value, err);
}

FORM_CHECK(check_phone)
{
	(void)c;
	return idcode_check_phone(value, err);
}

FORM_CHECK(check_mail)
{
	(void)c;
	return idcode_check_email(value, err);
}

FORM_CHECK(check_postcode)
{
	(void)c;
	return idcode_check_postcode(value, err);
}

FORM_CHECK(check_city)
{
	const char	*province = form_value(c, "province");

	if (region_find(province) != NULL && !region_has_city(province, value))
		return err_set(err, ERR_INPUT, "%s没有“%s”，请重新选择城市。", province, value);
	return 0;
}

FORM_CHECK(check_unit_code)
{
	if (strcmp(form_value(c, "org_id_type"), "org-code") == 0)
		return idcode_check_orgcode(value, err);
	return idcode_check_uscc(value, err);
}

FORM_CHECK(check_code_text)
{
	const char	*p = NULL;

	(void)c;
	for (p = value; *p != '\0'; p++)
		if (!((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
		    (*p >= 'A' && *p <= 'Z') || *p == '-'))
			return err_set(err, ERR_INPUT, "号码只由字母、数字和短横组成，请核对证件。");
	if (p - value < 6)
		return err_set(err, ERR_INPUT, "号码太短，请核对证件。");
	return 0;
}

FORM_CHECK(check_resident)
{
	(void)c;
	return idcode_check_resident(value, clock_now(), err);
}

FORM_CHECK(check_person_id)
{
	struct idcode_resident	r = {0};
	const char		*sex = form_value(c, "sex");

	if (idcode_check_resident(value, clock_now(), err) < 0)
		return -1;
	idcode_resident(value, &r);
	if (*sex != '\0' && r.male != (strcmp(sex, "男") == 0))
		return err_set(err, ERR_INPUT, "证件号码表示的性别与所选的“%s”不符，请核对。",
		    sex);
	return 0;
}

FORM_CHECK(check_adult)
{
	struct idcode_resident	r = {0};

	(void)c;
	if (idcode_check_resident(value, clock_now(), err) < 0)
		return -1;
	idcode_resident(value, &r);
	if (idcode_resident_age(&r, clock_now()) < FORM_ADULT)
		return err_set(err, ERR_INPUT, "经办人须年满%d周岁，请换一位经办人。",
		    FORM_ADULT);
	return 0;
}

FORM_CHECK(check_future_date)
{
	int64_t	day = 0;

	(void)c;
	if (clock_parse_date(value, &day) < 0)
		return err_set(err, ERR_INPUT, "请按“年-月-日”填写日期，例如2027-06-30。");
	if (day + CLOCK_DAY <= clock_now())
		return err_set(err, ERR_INPUT, "%s已经过去，请填写仍在有效期内的资质证书的到期日。",
		    value);
	if (day > clock_add_years(clock_now(), 50))
		return err_set(err, ERR_INPUT, "日期太远，请核对资质证书上的到期日。");
	return 0;
}

FORM_CHECK(check_years)
{
	const struct def_product	*p = halldef_product(hall_def(c->hall),
					    c->product == NULL ? "" : c->product);
	int64_t				 years = 0;

	if (p == NULL || str_to_i64(value, HALLDEF_YEARS, &years) < 0 ||
	    product_amount(p, (int)years) < 0)
		return err_set(err, ERR_INPUT, "请选择证书年限。");
	return 0;
}

FORM_CHECK(check_answer)
{
	(void)c;
	if (utf8_count(value) < 2)
		return err_set(err, ERR_INPUT, "验证答案至少2个字，请填写容易记住而别人不知道的答案。");
	return 0;
}

FORM_CHECK(check_code)
{
	(void)c;
	if (strlen(value) != 6 || !str_is_digits(value))
		return err_set(err, ERR_INPUT, "验证码是6位数字，请按短信或邮件填写。");
	return 0;
}

FORM_CHECK(check_target)
{
	(void)c;
	if (strchr(value, '@') != NULL)
		return idcode_check_email(value, err);
	return idcode_check_mobile(value, err);
}

FORM_CHECK(check_login_name)
{
	const char	*p = NULL;
	bool		 letter = false;

	(void)c;
	for (p = value; *p != '\0'; p++) {
		bool	abc = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');

		letter = letter || abc;
		if (!abc && *p != '_' && !(*p >= '0' && *p <= '9'))
			return err_set(err, ERR_INPUT, "登录名只能用字母、数字和下划线。");
	}
	if (!letter || p - value < 4)
		return err_set(err, ERR_INPUT, "登录名至少4位，其中至少有一个字母。");
	return 0;
}

/* Passwords that are tried first by everybody who guesses. */
static bool
form_is_usual(const char *p)
{
	static const char *const usual[] = { "12345678", "123456789", "1234567890", "password",
	    "password1", "passw0rd", "qwertyui", "qwerty123", "abc12345", "abcd1234",
	    "a1234567", "a12345678", "1qaz2wsx", "11111111", "00000000", "88888888",
	    "ca123456789", "woaini1314", "admin123", "iloveyou1" };
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(usual); i++)
		if (strcasecmp(usual[i], p) == 0)
			return true;
	return false;
}

FORM_CHECK(check_password)
{
	static const char *const own[] = { "mobile", "login_name", "target" };
	const char	*p = NULL, *mail = form_value(c, "mail"), *at = strchr(mail, '@');
	bool		 letter = false, digit = false, other = false;
	size_t		 i = 0, n = utf8_count(value);

	for (p = value; *p != '\0'; p++) {
		if (*p >= '0' && *p <= '9')
			digit = true;
		else if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'))
			letter = true;
		else
			other = true;
	}
	if (n < 8)
		return err_set(err, ERR_INPUT, "密码至少8位，现在只有%zu位。", n);
	if (letter + digit + other < 2)
		return err_set(err, ERR_INPUT, "密码须包含字母、数字、符号中的至少两种。");
	if (form_is_usual(value))
		return err_set(err, ERR_INPUT, "这个密码太常见，很容易被猜到，请换一个。");
	for (i = 0; i < ARRAY_LEN(own); i++)
		if (*form_value(c, own[i]) != '\0' &&
		    strstr(value, form_value(c, own[i])) != NULL)
			return err_set(err, ERR_INPUT, "密码中不要包含手机号或登录名，请换一个。");
	if (at != NULL && at - mail >= 4 && strncmp(value, mail, (size_t)(at - mail)) == 0)
		return err_set(err, ERR_INPUT, "密码中不要包含邮箱名，请换一个。");
	return 0;
}

FORM_CHECK(check_password_again)
{
	if (strcmp(value, form_value(c, "password")) != 0)
		return err_set(err, ERR_INPUT, "两次输入的密码不一致，请重新输入。");
	return 0;
}

static void
form_option(json_t *list, const char *value, const char *text)
{
	(void)json_array_append_new(list, json_pack("{s:s, s:s}", "value", value, "text", text));
}

json_t *
options_province(const struct form_context *c)
{
	json_t	*list = json_array();
	size_t	 i = 0;

	(void)c;
	for (i = 0; regions[i].code != NULL; i++)
		form_option(list, regions[i].name, regions[i].name);
	return list;
}

/* The cities of the chosen province; of all when none is chosen yet. */
json_t *
options_city(const struct form_context *c)
{
	const struct region	*r = region_find(form_value(c, "province"));
	json_t			*list = json_array();
	size_t			 i = 0, k = 0;

	for (i = 0; regions[i].code != NULL; i++)
		for (k = 0; (r == NULL || r == &regions[i]) && regions[i].cities[k] != NULL; k++)
			form_option(list, regions[i].cities[k], regions[i].cities[k]);
	return list;
}

json_t *
options_unit_code(const struct form_context *c)
{
	const struct def_product	*p = halldef_product(hall_def(c->hall),
					    c->product == NULL ? "" : c->product);
	const struct product		*q = p == NULL ? NULL : product_find(p->profile);
	json_t				*list = json_array();

	form_option(list, "uscc", "统一社会信用代码");
	/* Only where the certificate can carry the older code. */
	if (q != NULL && profile_names_by(q->sign, "org-code"))
		form_option(list, "org-code", "组织机构代码（未办理三证合一）");
	return list;
}

json_t *
options_resident(const struct form_context *c)
{
	json_t	*list = json_array();

	(void)c;
	form_option(list, "resident-id", "居民身份证");
	return list;
}

json_t *
options_sex(const struct form_context *c)
{
	json_t	*list = json_array();

	(void)c;
	form_option(list, "男", "男");
	form_option(list, "女", "女");
	return list;
}

json_t *
options_medium(const struct form_context *c)
{
	json_t				*list = json_array();
	const struct def_product	*p = halldef_product(hall_def(c->hall),
					    c->product == NULL ? "" : c->product);

	if (p != NULL && p->soft)
		form_option(list, "soft", "软证书（密钥文件，下载到自己的电脑）");
	else
		form_option(list, "ukey", "UKey");
	return list;
}

json_t *
options_seal(const struct form_context *c)
{
	const struct def_product	*p = halldef_product(hall_def(c->hall),
					    c->product == NULL ? "" : c->product);
	json_t				*list = json_array();
	char				 text[120], fee[48] = "", fen[32];

	if (p == NULL || !p->seal.on)
		return list;
	if (p->seal.fee > 0)
		(void)snprintf(fee, sizeof(fee), "（¥%s）", fen_text(p->seal.fee, fen));
	form_option(list, "no", "不办理");
	if (p->seal.stamp) {
		(void)snprintf(text, sizeof(text), "%s%s", eseal_kind_text("stamp", p->person), fee);
		form_option(list, "yes", text);
	}
	if (p->seal.signature) {
		(void)snprintf(text, sizeof(text), "%s%s", eseal_kind_text("signature", p->person),
		    fee);
		form_option(list, "signature", text);
	}
	return list;
}

json_t *
options_years(const struct form_context *c)
{
	static const char *const	 numbers[] = { "", "一年", "二年", "三年", "四年", "五年" };
	const struct def_product	*p = halldef_product(hall_def(c->hall),
					    c->product == NULL ? "" : c->product);
	json_t				*list = json_array();
	char				 value[4];
	int				 i = 0;

	for (i = 1; p != NULL && i <= HALLDEF_YEARS; i++) {
		(void)snprintf(value, sizeof(value), "%d", i);
		if (product_amount(p, i) >= 0)
			form_option(list, value, numbers[i]);
	}
	return list;
}

json_t *
options_question(const struct form_context *c)
{
	const struct halldef	*d = hall_def(c->hall);
	json_t			*list = json_array();
	size_t			 i = 0;

	for (i = 0; i < d->n_questions; i++)
		form_option(list, d->questions[i], d->questions[i]);
	return list;
}

bool
form_is_first(const struct form_context *c)
{
	return c->op == NULL || strcmp(c->op, "new") == 0;
}

bool
form_has_question(const struct form_context *c)
{
	/* Later orders are proved with the answer that was given first. */
	return hall_def(c->hall)->security_question && form_is_first(c);
}

bool
form_has_seal(const struct form_context *c)
{
	const struct def_product	*p = halldef_product(hall_def(c->hall),
					    c->product == NULL ? "" : c->product);

	/* Whether there is one was decided with the first certificate. */
	return p != NULL && p->seal.on && form_is_first(c);
}

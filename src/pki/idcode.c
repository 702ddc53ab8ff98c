#include "base/base.h"
#include "base/clock.h"
#include "base/str.h"
#include "pki/idcode.h"
#include "pki/region.h"

static const char	 idcode_uscc_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static bool
idcode_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
idcode_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool
idcode_is_alnum(char c)
{
	c = idcode_upper(c);
	return idcode_is_digit(c) || (c >= 'A' && c <= 'Z');
}

/* Whole characters of UTF-8, for "you typed N". */
static size_t
idcode_count(const char *s)
{
	return utf8_is_valid(s, strlen(s)) ? utf8_count(s) : strlen(s);
}

const char *
idcode_fold(const char *s, char *text, size_t size)
{
	size_t	 n = 0;

	for (; *s != '\0' && n + 1 < size; s++)
		if (*s != ' ')
			text[n++] = idcode_upper(*s);
	text[n] = '\0';
	return text;
}

/* Organisations ------------------------------------------------------------------------- */

/* GB 32100-2015 appendix A: sum of value times 3^(i-1) mod 31. */
int
idcode_check_uscc(const char *s, struct err *err)
{
	unsigned	 sum = 0, weight = 1;
	char		 want, code[19];

	if (strlen(s) != 18)
		return err_set(err, ERR_INPUT, "统一社会信用代码应为18位，现在是%zu位，请补全或删去多余的字符。",
		    idcode_count(s));
	idcode_fold(s, code, sizeof(code));
	for (size_t i = 0; i < 18; i++) {
		const char	*at = code[i] == '\0' ? NULL : strchr(idcode_uscc_alphabet, code[i]);

		if (at == NULL)
			return err_set(err, ERR_INPUT, "统一社会信用代码第%zu位不能是这个字符"
			    "（只用数字和除I、O、S、V、Z以外的大写字母），请核对。", i + 1);
		if (i >= 2 && i < 8 && !idcode_is_digit(code[i]))
			return err_set(err, ERR_INPUT, "统一社会信用代码第%zu位应为数字（第3至8位是"
			    "登记地区代码），请核对。", i + 1);
		if (i < 17)
			sum += (unsigned)(at - idcode_uscc_alphabet) * weight;
		weight = weight * 3 % 31;
	}
	want = idcode_uscc_alphabet[(31 - sum % 31) % 31];
	if (code[17] != want)
		return err_set(err, ERR_INPUT, "统一社会信用代码第18位校验码不对，请逐位核对是否抄错。");
	return 0;
}

/* GB 11714-1997: weights 3 7 9 10 5 8 4 2, check 11 - sum mod 11. */
int
idcode_check_orgcode(const char *s, struct err *err)
{
	static const unsigned	 weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
	size_t			 len = strlen(s);
	unsigned		 sum = 0;
	const char		*check = s + 8;

	if (len == 10 && s[8] == '-')
		check = s + 9;
	else if (len != 9)
		return err_set(err, ERR_INPUT, "组织机构代码应为9位（可写作8位-1位），请核对。");
	for (size_t i = 0; i < 8; i++) {
		char	 c = idcode_upper(s[i]);

		if (!idcode_is_alnum(c))
			return err_set(err, ERR_INPUT, "组织机构代码第%zu位应为数字或大写字母，请核对。", i + 1);
		sum += weights[i] * (unsigned)(idcode_is_digit(c) ? c - '0' : c - 'A' + 10);
	}
	if (idcode_upper(*check) != "0X987654321"[sum % 11])
		return err_set(err, ERR_INPUT, "组织机构代码最后一位校验码不对，请逐位核对是否抄错。");
	return 0;
}

/* Persons ------------------------------------------------------------------------------- */

static int
idcode_check_birth(const char *s, int64_t today, struct err *err)
{
	char	 date[11];
	int64_t	 born;

	snprintf(date, sizeof(date), "%.4s-%.2s-%.2s", s + 6, s + 10, s + 12);
	if (memcmp(s + 6, "1880", 4) < 0 || clock_parse_date(date, &born) < 0)
		return err_set(err, ERR_INPUT, "身份证号码第7至14位（%.8s）不是真实的出生日期，请核对。",
		    s + 6);
	if (born > today)
		return err_set(err, ERR_INPUT, "身份证号码里的出生日期（%s）还没有到，请核对。", date);
	return 0;
}

/* GB 11643-1999: check character over 17 digits, ISO 7064 MOD 11-2. */
int
idcode_check_resident(const char *s, int64_t today, struct err *err)
{
	static const unsigned	 weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	unsigned		 sum = 0;

	if (strlen(s) == 15 && str_is_digits(s))
		return err_set(err, ERR_INPUT, "这是15位的旧身份证号码，请填写18位的新号码。");
	if (strlen(s) != 18)
		return err_set(err, ERR_INPUT, "身份证号码应为18位，现在是%zu位，请补全或删去多余的字符。",
		    idcode_count(s));
	for (size_t i = 0; i < 17; i++) {
		if (!idcode_is_digit(s[i]))
			return err_set(err, ERR_INPUT, "身份证号码第%zu位应为数字，请核对。", i + 1);
		sum += weights[i] * (unsigned)(s[i] - '0');
	}
	if (!idcode_is_digit(s[17]) && idcode_upper(s[17]) != 'X')
		return err_set(err, ERR_INPUT, "身份证号码第18位应为数字或X，请核对。");
	if (region_by_code(s) == NULL && memcmp(s, "83", 2) != 0)
		return err_set(err, ERR_INPUT, "身份证号码前两位（%.2s）不是省级行政区划代码，请核对。", s);
	if (idcode_check_birth(s, today, err) < 0)
		return -1;
	if (idcode_upper(s[17]) != "10X98765432"[sum % 11])
		return err_set(err, ERR_INPUT, "身份证号码第18位校验码不对，请逐位核对是否抄错。");
	return 0;
}

static int
idcode_number(const char *s, size_t n)
{
	int	 value = 0;

	for (size_t i = 0; i < n; i++)
		value = value * 10 + (s[i] - '0');
	return value;
}

void
idcode_resident(const char *s, struct idcode_resident *r)
{
	*r = (struct idcode_resident){
		.year = idcode_number(s + 6, 4), .month = idcode_number(s + 10, 2),
		.day = idcode_number(s + 12, 2), .male = (s[16] - '0') % 2 == 1,
	};
	snprintf(r->region, sizeof(r->region), "%.6s", s);
}

int
idcode_resident_age(const struct idcode_resident *r, int64_t today)
{
	char	 text[CLOCK_TEXT];
	int	 year, month, day;

	clock_date(today, text);
	year = idcode_number(text, 4);
	month = idcode_number(text + 5, 2);
	day = idcode_number(text + 8, 2);
	if (month < r->month || (month == r->month && day < r->day))
		year--;
	return year - r->year;
}

int
idcode_check_passport(const char *s, struct err *err)
{
	size_t	 len = strlen(s);

	for (size_t i = 0; i < len; i++)
		if (!idcode_is_alnum(s[i]))
			return err_set(err, ERR_INPUT, "护照号码第%zu位应为字母或数字，请核对。", i + 1);
	if (len < 5 || len > 17)
		return err_set(err, ERR_INPUT, "护照号码应为5至17位字母或数字，请核对。");
	return 0;
}

/* Ways to reach somebody ---------------------------------------------------------------- */

int
idcode_check_mobile(const char *s, struct err *err)
{
	for (size_t i = 0; s[i] != '\0'; i++)
		if (!idcode_is_digit(s[i]))
			return err_set(err, ERR_INPUT, "手机号码只能是数字，不要带空格、横线或+86。");
	if (strlen(s) != 11)
		return err_set(err, ERR_INPUT, "手机号码应为11位，现在是%zu位，请核对。", strlen(s));
	if (s[0] != '1' || s[1] < '3')
		return err_set(err, ERR_INPUT, "手机号码应以13至19开头，请核对。");
	return 0;
}

/* Digits from s on: at least min, at most max; gives their number, 0 when out of range. */
static size_t
idcode_digits(const char *s, size_t min, size_t max)
{
	size_t	 n = 0;

	while (idcode_is_digit(s[n]))
		n++;
	return n >= min && n <= max ? n : 0;
}

/* 400-800-1234 or 4008001234, also 800. */
static bool
idcode_is_service_phone(const char *s)
{
	size_t	 n = 0;

	if (!str_has_prefix(s, "400") && !str_has_prefix(s, "800"))
		return false;
	for (const char *p = s; *p != '\0'; p++) {
		if (idcode_is_digit(*p))
			n++;
		else if (*p != '-' || p[1] == '-' || p[1] == '\0')
			return false;
	}
	return n == 10;
}

/* 0 and area code, subscriber number, extension: 0731-88888888-123. */
static bool
idcode_is_landline(const char *s)
{
	size_t	 area, n;

	if (s[0] != '0')
		return false;
	if (strchr(s, '-') == NULL)
		return idcode_digits(s, 10, 12) == strlen(s);
	if ((area = idcode_digits(s, 3, 4)) == 0 || s[area] != '-') {
		if ((n = idcode_digits(s, 10, 12)) == 0)
			return false;
	} else {
		n = idcode_digits(s + area + 1, 7, 8);
		if (n == 0)
			return false;
		n += area + 1;
	}
	if (s[n] == '\0')
		return true;
	return s[n] == '-' && idcode_digits(s + n + 1, 1, 6) > 0 &&
	    idcode_digits(s + n + 1, 1, 6) == strlen(s + n + 1);
}

int
idcode_check_phone(const char *s, struct err *err)
{
	for (const char *p = s; *p != '\0'; p++)
		if (!idcode_is_digit(*p) && *p != '-')
			return err_set(err, ERR_INPUT, "电话号码只能有数字和横线，例如0731-88888888。");
	if (idcode_is_service_phone(s) || idcode_is_landline(s) ||
	    idcode_check_mobile(s, NULL) == 0)
		return 0;
	if ((strlen(s) == 7 || strlen(s) == 8) && str_is_digits(s))
		return err_set(err, ERR_INPUT, "固定电话请带上区号，例如0731-%s。", s);
	return err_set(err, ERR_INPUT, "电话号码不对，请填写区号-号码（例如0731-88888888）或11位手机号码。");
}

/* Labels of letters, digits and inner hyphens, the last one letters only. */
static bool
idcode_is_domain(const char *s)
{
	size_t	 labels = 0;

	for (;; s++) {
		size_t	 n = strcspn(s, ".");
		bool	 letters = true;

		if (n == 0 || n > 63 || s[0] == '-' || s[n - 1] == '-')
			return false;
		for (size_t i = 0; i < n; i++) {
			if (!idcode_is_alnum(s[i]) && s[i] != '-')
				return false;
			letters = letters && !idcode_is_digit(s[i]) && s[i] != '-';
		}
		labels++;
		s += n;
		if (*s == '\0')
			return labels >= 2 && letters && n >= 2;
	}
}

static bool
idcode_is_mailbox(const char *s, size_t len)
{
	if (len == 0 || len > 64 || s[0] == '.' || s[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!idcode_is_alnum(s[i]) && strchr("!#$%&'*+/=?^_`{|}~.-", s[i]) == NULL)
			return false;
		if (s[i] == '.' && s[i + 1] == '.')
			return false;
	}
	return true;
}

int
idcode_check_email(const char *s, struct err *err)
{
	const char	*at = strchr(s, '@');

	if (strlen(s) > 100)
		return err_set(err, ERR_INPUT, "电子邮箱最多100个字符，请换一个较短的邮箱。");
	if (at == NULL)
		return err_set(err, ERR_INPUT, "电子邮箱里缺少@，例如name@example.com。");
	if (!idcode_is_mailbox(s, (size_t)(at - s)))
		return err_set(err, ERR_INPUT, "电子邮箱@前面的部分不对，请核对。");
	if (!idcode_is_domain(at + 1))
		return err_set(err, ERR_INPUT, "电子邮箱@后面的部分不对，应像example.com，请核对。");
	return 0;
}

int
idcode_check_postcode(const char *s, struct err *err)
{
	if (strlen(s) != 6 || !str_is_digits(s) || strcmp(s, "000000") == 0)
		return err_set(err, ERR_INPUT, "邮政编码应为6位数字，请核对。");
	return 0;
}

/* ISO/IEC 7812-1 appendix B (Luhn). */
int
idcode_check_bankcard(const char *s, struct err *err)
{
	char		 code[32];
	unsigned	 sum = 0;
	size_t		 len;

	idcode_fold(s, code, sizeof(code));
	len = strlen(code);
	if (!str_is_digits(code) || len < 16 || len > 19)
		return err_set(err, ERR_INPUT, "银行卡号应为16至19位数字，请核对。");
	for (size_t i = 0; i < len; i++) {
		unsigned	 d = (unsigned)(code[len - 1 - i] - '0');

		if (i % 2 == 1)
			d = d * 2 > 9 ? d * 2 - 9 : d * 2;
		sum += d;
	}
	if (sum % 10 != 0)
		return err_set(err, ERR_INPUT, "银行卡号的校验位不对，请逐位核对是否抄错。");
	return 0;
}

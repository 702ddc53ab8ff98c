#include "unit.h"
#include "base/clock.h"
#include "pki/idcode.h"
#include "pki/region.h"

#define TODAY	INT64_C(1795000000000)		/* 2026-11-18 */

typedef int	(*check_fn)(const char *s, struct err *err);

static int
check_resident(const char *s, struct err *err)
{
	return idcode_check_resident(s, TODAY, err);
}

static const struct row {
	check_fn	 check;
	const char	*text;
	const char	*want;		/* part of the sentence; NULL: accepted */
} rows[] = {
	{idcode_check_uscc, "91350100M000100Y43", NULL},
	{idcode_check_uscc, "91440300708461136T", NULL},
	{idcode_check_uscc, "91440300708461136t", NULL},
	{idcode_check_uscc, "91440300708461136A", "第18位校验码不对"},
	{idcode_check_uscc, "91440300708461163T", "第18位校验码不对"},
	{idcode_check_uscc, "9144030070846113", "现在是16位"},
	{idcode_check_uscc, "9144030070846113OT", "第17位"},
	{idcode_check_uscc, "9A440300708461136T", "第18位校验码不对"},
	{idcode_check_uscc, "91A40300708461136T", "第3位应为数字"},
	{idcode_check_uscc, "", "现在是0位"},
	{idcode_check_orgcode, "D2143569-X", NULL},
	{idcode_check_orgcode, "708461136", NULL},
	{idcode_check_orgcode, "708461137", "校验码不对"},
	{idcode_check_orgcode, "70846113", "9位"},
	{check_resident, "11010519491231002X", NULL},
	{check_resident, "11010519491231002x", NULL},
	{check_resident, "440524188001010014", NULL},
	{check_resident, "110105194912310021", "第18位校验码不对"},
	{check_resident, "990105194912310021", "前两位"},
	{check_resident, "110105194902300021", "出生日期"},
	{check_resident, "110105202712310021", "还没有到"},
	{check_resident, "110105491231002", "15位"},
	{check_resident, "1101051949123100", "现在是16位"},
	{check_resident, "11010519491231A02X", "第15位应为数字"},
	{check_resident, "11010519491231002A", "数字或X"},
	{idcode_check_passport, "E12345678", NULL},
	{idcode_check_passport, "E1", "5至17位"},
	{idcode_check_mobile, "13874891234", NULL},
	{idcode_check_mobile, "1387489123", "现在是10位"},
	{idcode_check_mobile, "12874891234", "13至19"},
	{idcode_check_mobile, "+8613874891", "只能是数字"},
	{idcode_check_phone, "0731-88888888", NULL},
	{idcode_check_phone, "0731-88888888-123", NULL},
	{idcode_check_phone, "073188888888", NULL},
	{idcode_check_phone, "010-12345678", NULL},
	{idcode_check_phone, "13874891234", NULL},
	{idcode_check_phone, "400-800-1234", NULL},
	{idcode_check_phone, "88888888", "区号"},
	{idcode_check_phone, "0731-888", "不对"},
	{idcode_check_phone, "0731 88888888", "数字和横线"},
	{idcode_check_phone, "0731-88888888-", "不对"},
	{idcode_check_email, "wang_er@qq.com", NULL},
	{idcode_check_email, "a.b+c@mail.example.com.cn", NULL},
	{idcode_check_email, "wang.qq.com", "@"},
	{idcode_check_email, "@qq.com", "前面"},
	{idcode_check_email, "a..b@qq.com", "前面"},
	{idcode_check_email, "a@qq", "后面"},
	{idcode_check_email, "a@-qq.com", "后面"},
	{idcode_check_email, "a@qq.com\r\nBcc: b@c.com", "后面"},
	{idcode_check_email, "a@b@qq.com", "后面"},
	{idcode_check_postcode, "410000", NULL},
	{idcode_check_postcode, "41000", "6位"},
	{idcode_check_postcode, "41000a", "6位"},
	{idcode_check_bankcard, "6228480000000000018", NULL},
	{idcode_check_bankcard, "6228 4800 0000 0000 018", NULL},
	{idcode_check_bankcard, "6228480000000000019", "校验位"},
	{idcode_check_bankcard, "6212260000000000000", NULL},
	{idcode_check_bankcard, "62284800", "16至19位"},
};

void
test_idcode__table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err	 err = {0};
		int		 rc = rows[i].check(rows[i].text, &err);

		if (rows[i].want == NULL && rc < 0)
			fail_msg("%s: %s", rows[i].text, err.text);
		if (rows[i].want != NULL && (rc == 0 || err.kind != ERR_INPUT ||
		    strstr(err.text, rows[i].want) == NULL))
			fail_msg("%s: %d %s", rows[i].text, rc, err.text);
	}
}

/* One wrong digit is always found (both codes guarantee it). */
void
test_idcode__single_errors(void **state)
{
	char	 uscc[] = "91440300708461136T", person[] = "11010519491231002X";

	(void)state;
	for (size_t i = 0; i < 17; i++) {
		char	 keep = uscc[i], other = person[i];

		for (char c = '0'; c <= '9'; c++) {
			uscc[i] = c;
			assert_int_equal(idcode_check_uscc(uscc, NULL), c == keep ? 0 : -1);
			person[i] = c;
			assert_int_equal(idcode_check_resident(person, TODAY, NULL),
			    c == other ? 0 : -1);
		}
		uscc[i] = keep;
		person[i] = other;
	}
}

void
test_idcode__resident_facts(void **state)
{
	struct idcode_resident	 r;

	(void)state;
	idcode_resident("11010519491231002X", &r);
	assert_int_equal(r.year * 10000 + r.month * 100 + r.day, 19491231);
	assert_false(r.male);
	assert_string_equal(r.region, "110105");
	assert_int_equal(idcode_resident_age(&r, TODAY), 76);
}

void
test_idcode__fold(void **state)
{
	char	 text[8];

	(void)state;
	assert_string_equal(idcode_fold("a1 x", text, sizeof(text)), "A1X");
	assert_string_equal(idcode_fold("123456789", text, sizeof(text)), "1234567");
}

void
test_region__tables(void **state)
{
	size_t	 n = 0, cities = 0;

	(void)state;
	for (const struct region *r = regions; r->code != NULL; r++, n++) {
		assert_non_null(r->cities[0]);
		assert_ptr_equal(region_find(r->name), r);
		assert_ptr_equal(region_by_code(r->code), r);
		for (size_t i = 0; r->cities[i] != NULL; i++, cities++)
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(r->cities[i], r->cities[j]);
	}
	assert_int_equal(n, 34);
	assert_true(cities > 330);
	for (n = 0; region_find("湖南省")->cities[n] != NULL;)
		n++;
	assert_int_equal(n, 14);
	assert_true(region_has_city("湖南省", "湘西土家族苗族自治州"));
	assert_false(region_has_city("湖南省", "武汉市"));
	assert_false(region_has_city("火星", "武汉市"));
}

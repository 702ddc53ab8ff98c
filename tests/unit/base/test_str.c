#include "unit.h"
#include "base/str.h"

void
test_str__hex_and_base64_round_trip(void **state)
{
	unsigned char	 in[257], out[257];
	char		 text[2 * sizeof(in) + 1];
	struct buf	 b, back;

	(void)state;
	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (unsigned char)(i * 7);
	hex_encode(in, sizeof(in), text);
	assert_int_equal(hex_decode(text, out, sizeof(out)), 0);
	assert_memory_equal(in, out, sizeof(in));
	for (size_t n = 0; n < 20; n++) {
		buf_init(&b, 1000);
		buf_init(&back, 1000);
		base64_add(&b, in, n);
		assert_int_equal(base64_decode(b.p, b.len, &back), 0);
		assert_int_equal(back.len, n);
		assert_memory_equal(back.p, in, n);
		buf_free(&b);
		buf_free(&back);
	}
}

void
test_str__base64_refuses_loose_forms(void **state)
{
	static const char *const bad[] = {"A", "AB", "ABC", "AB=C", "A===", "====", "AB C",
	    "QQ==QQ==", "QR==", "QUJ=", "A\nBC"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct buf	 b;

		buf_init(&b, 100);
		if (base64_decode(bad[i], strlen(bad[i]), &b) == 0)
			fail_msg("accepted %s", bad[i]);
		buf_free(&b);
	}
}

void
test_str__utf8_checks_shortest_form(void **state)
{
	(void)state;
	assert_true(utf8_is_valid("长沙😀", strlen("长沙😀")));
	assert_false(utf8_is_valid("\xc0\xaf", 2));
	assert_false(utf8_is_valid("\xed\xa0\x80", 3));
	assert_false(utf8_is_valid("\xf5\x80\x80\x80", 4));
	assert_false(utf8_is_valid("\xe4\xb8", 2));
	assert_int_equal(utf8_count("长沙abc"), 5);
	assert_false(utf8_has_hidden("长沙 abc·‘’—é"));
	assert_true(utf8_has_hidden("甲\u202e乙"));
	assert_true(utf8_has_hidden("\ufeff甲"));
	assert_true(utf8_has_hidden("甲\u200b"));
	assert_true(utf8_has_hidden("a\x1b[1m"));
	assert_true(utf8_has_hidden("a\xc2\x85"));
}

void
test_str__masks_hide_personal_data(void **state)
{
	char		 text[MASK_TEXT];
	struct buf	 b;

	(void)state;
	assert_string_equal(mask_phone("18807318888", text), "188****8888");
	assert_string_equal(mask_idno("43040419900101123X", text), "4304**********123X");
	assert_string_equal(mask_mail("wang@qq.com", text), "w***g@qq.com");
	assert_string_equal(mask_name("张三丰", text), "张*丰");
	assert_string_equal(mask_name("张三", text), "张*");
	buf_init(&b, 1000);
	mask_all("tel 18807318888, id 43040419900101123X mail 18704724@qq.com no 20260101", &b);
	assert_string_equal(b.p,
	    "tel 188****8888, id 4304**********123X mail 1***4@qq.com no 20260101");
	buf_free(&b);
}

void
test_str__trim_and_fold_full_width(void **state)
{
	char	 a[] = " \xe3\x80\x80长沙 1\t\xe3\x80\x80", b[] = "９１４３（ａ）Ｘ";

	(void)state;
	str_trim(a);
	assert_string_equal(a, "长沙 1");
	str_fold(b);
	assert_string_equal(b, "9143(a)X");
}

void
test_str__numbers_are_strict(void **state)
{
	int64_t	 v;

	(void)state;
	assert_int_equal(str_to_i64("34000", 99999, &v), 0);
	assert_int_equal(v, 34000);
	assert_int_equal(str_to_i64("", 10, &v), -1);
	assert_int_equal(str_to_i64("-1", 10, &v), -1);
	assert_int_equal(str_to_i64("11", 10, &v), -1);
	assert_int_equal(str_to_i64("99999999999999999999", INT64_MAX, &v), -1);
}

#include "base/base.h"
#include "unit.h"
#include "base/str.h"

/* `n` times three bytes of UTF-8 after `before` ASCII ones. */
static char *
long_text(size_t before, size_t n)
{
	char	*s = xcalloc(1, before + n * 3 + 1);

	memset(s, 'a', before);
	for (size_t i = 0; i < n; i++)
		memcpy(s + before + i * 3, "字", 3);
	return s;
}

/* A sentence that is too long stays UTF-8: else it could not travel as JSON. */
void
test_err__cut_between_characters(void **state)
{
	(void)state;
	for (size_t before = 0; before < 6; before++) {
		struct err	 err = {0};
		char		*s = long_text(before, 400);

		err_set(&err, ERR_INPUT, "%s", s);
		assert_true(utf8_is_valid(err.text, strlen(err.text)));
		assert_true(strlen(err.text) > LIMIT_ERR_TEXT - 4);
		err_add(&err, "%s", s);
		assert_true(utf8_is_valid(err.text, strlen(err.text)));
		errno = ENOENT;
		err_errno(&err, ERR_STORE, "%s", s);
		assert_true(utf8_is_valid(err.text, strlen(err.text)));
		free(s);
	}
}

/* Nor does a part of it that was cut, or that never was text. */
void
test_err__any_bytes_become_text(void **state)
{
	struct err	 err = {0};

	(void)state;
	for (int n = 1; n < 8; n++) {
		err_set(&err, ERR_INPUT, "序列号“%.*s”不正确", n, "甲乙丙");
		assert_true(utf8_is_valid(err.text, strlen(err.text)));
		assert_non_null(strstr(err.text, "”不正确"));
	}
	err_set(&err, ERR_INPUT, "a\xff\xc3(\xe7\x94z\xf0\x9f\x98");
	assert_string_equal(err.text, "a(z");
	err_add(&err, "%.4s", "甲乙");
	assert_string_equal(err.text, "甲: a(z");
}

void
test_err__what_fits_is_kept_whole(void **state)
{
	struct err	 err = {0};

	(void)state;
	err_set(&err, ERR_INPUT, "字é😀");
	assert_string_equal(err.text, "字é😀");
	err_add(&err, "第 %d 行", 3);
	assert_string_equal(err.text, "第 3 行: 字é😀");
}

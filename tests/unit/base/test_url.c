#include "unit.h"
#include "base/url.h"

void
test_url__form_round_trip(void **state)
{
	struct err	 err = {0};
	const char	*text = "a=%E5%8D%B0+%E4%BF%A1&b=50%25&c=&d";
	json_t		*fields = NULL, *again = NULL;
	struct buf	 b;

	(void)state;
	buf_init(&b, 1024);
	assert_ok(url_form_parse(text, strlen(text), &fields, &err));
	assert_string_equal(js_str(fields, "a"), "印 信");
	assert_string_equal(js_str(fields, "b"), "50%");
	assert_string_equal(js_str(fields, "d"), "");
	url_form_write(fields, &b);
	assert_string_equal(b.p, "a=%E5%8D%B0%20%E4%BF%A1&b=50%25&c=&d=");
	assert_ok(url_form_parse(b.p, b.len, &again, &err));
	assert_true(json_equal(fields, again));
	json_decref(fields);
	json_decref(again);
	buf_free(&b);
}

void
test_url__form_refuses(void **state)
{
	static const char *const bad[] = {"a=%4", "a=%zz", "a=%00", "a=%ff", "a=1&a=2"};
	struct err	 err = {0};
	json_t		*fields = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_err(url_form_parse(bad[i], strlen(bad[i]), &fields, &err), ERR_INPUT);
}

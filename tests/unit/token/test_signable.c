#include "unit.h"
#include "base/buf.h"
#include "token/signable.h"

static const char *
kind_of(const char *text)
{
	const char	*kind = "refused";
	struct err	 err = {0};

	if (signable_kind(text, strlen(text), &kind, &err) < 0)
		assert_int_equal(err.kind, ERR_DENIED);
	return kind;
}

void
test_signable__knows_what_it_signs(void **state)
{
	(void)state;
	assert_string_equal(kind_of("yinxin-sign-in\nhall\n1\n"), "sign-in");
	assert_string_equal(kind_of("{\"type\":\"approval\",\"v\":1}"), "approval");
	assert_string_equal(kind_of("{\"serial\":\"01\",\"type\":\"hold\",\"v\":1}"), "hold");
	assert_string_equal(kind_of("{\"type\":\"unlock\",\"v\":1}"), "unlock");
}

/* A mark somewhere in the text is not enough. */
void
test_signable__refuses_what_only_looks_so(void **state)
{
	static const char *const	bad[] = {
		"", "yinxin-sign-in", "yinxin-sign-in\n", " yinxin-sign-in\nhall\n",
		"I owe you 1000 yuan. yinxin-sign-in\n",
		"contract \"type\":\"approval\"", "{\"a\":{\"type\":\"hold\"},\"v\":1}",
		"{\"type\":\"hold\"}",				/* no version */
		"{\"type\":\"transfer\",\"v\":1}",
		"{\"type\":\"hold\",\"type\":\"transfer\",\"v\":1}",
		"{\"type\":\"hold\",\"v\":1} and more", "[\"type\",\"hold\"]",
		"{\"v\":1,\"type\":\"hold\"}",			/* not canonical */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_string_equal(kind_of(bad[i]), "refused");
}

void
test_signable__has_a_largest_size(void **state)
{
	char		*text = xcalloc(1, SIGNABLE_MAX + 2);
	const char	*kind;
	struct err	 err = {0};

	(void)state;
	memset(text, 'a', SIGNABLE_MAX + 1);
	memcpy(text, "yinxin-sign-in\n", 15);
	assert_err(signable_kind(text, SIGNABLE_MAX + 1, &kind, &err), ERR_LIMIT);
	assert_ok(signable_kind(text, SIGNABLE_MAX, &kind, &err));
	free(text);
}

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
	assert_string_equal(kind_of("{\"type\":\"restoration\",\"v\":1}"), "restoration");
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

/* A page that may use the UKey gets no signature for somebody else's sign-in. */
void
test_signable__a_sign_in_is_for_one_site(void **state)
{
	static const struct { const char *site, *origin; bool is; } rows[] = {
		{"https://ca.example", "https://ca.example", true},
		{"https://CA.example", "https://ca.example", true},
		{"https://ca.example/hall", "https://ca.example", true},
		{"https://ca.example:443", "https://ca.example", true},
		{"https://ca.example:443/hall", "https://ca.example", true},
		{"https://ca.example:8443", "https://ca.example:8443", true},
		{"https://ca.example:8443", "https://ca.example", false},
		{"https://ca.example:4430", "https://ca.example", false},
		{"https://ca.example.evil.example", "https://ca.example", false},
		{"https://ca.example", "https://ca.example.evil.example", false},
		{"https://ca.example", "https://evil.example", false},
		{"https://ca.example", "", false},
		{"", "https://ca.example", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char	*text = xasprintf("yinxin-sign-in\nhall\n%s\nid\n2026\n", rows[i].site);

		if (signable_is_for(text, rows[i].origin) != rows[i].is)
			fail_msg("%s asked by %s", rows[i].site, rows[i].origin);
		free(text);
	}
	assert_false(signable_is_for("yinxin-sign-in\n", "https://ca.example"));
	assert_false(signable_is_for("yinxin-sign-in\nhall", "https://ca.example"));
	assert_true(signable_is_for("{\"type\":\"hold\",\"v\":1}", "https://ca.example"));
}

#include "unit.h"
#include "base/buf.h"
#include "base/yaml.h"


void
test_yaml__reads_a_tree(void **state)
{
	static const char	 text[] = "a: one\nb:\n  - x\n  - {c: 7, d: true}\n";
	struct err		 err = {0};
	struct yaml_doc		*d = NULL;
	const struct yaml	*b = NULL;
	const char		*s = NULL;
	int64_t			 n = 0;
	bool			 yes = false;

	(void)state;
	assert_ok(yaml_parse(text, sizeof(text) - 1, "t.yaml", &d, &err));
	assert_ok(yaml_text(d, yaml_root(d), "a", NULL, &s, &err));
	assert_string_equal(s, "one");
	assert_ok(yaml_need(d, yaml_root(d), "b", YAML_LIST, &b, &err));
	assert_int_equal(b->n, 2);
	assert_int_equal(b->child[1].line, 4);
	assert_ok(yaml_int(d, &b->child[1], "c", 1, 9, 0, &n, &err));
	assert_int_equal(n, 7);
	assert_ok(yaml_bool(d, &b->child[1], "d", false, &yes, &err));
	assert_true(yes);
	assert_err(yaml_int(d, &b->child[1], "c", 1, 5, 0, &n, &err), ERR_INPUT);
	assert_string_equal(err.text, "t.yaml line 4: \"c\" must be a whole number from 1 to 5");
	assert_err(yaml_text(d, yaml_root(d), "zz", NULL, &s, &err), ERR_INPUT);
	assert_string_equal(err.text, "t.yaml line 1: key \"zz\" is missing");
	yaml_doc_free(d);
}

void
test_yaml__names_the_line(void **state)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "a: 1\na: 2\n", "t line 2: key \"a\" stands here twice" },
		{ "a: &x 1\nb: *x\n", "t line 1: anchors are not allowed" },
		{ "a: *x\n", "line 1" },
		{ "a: [1, 2\n", "line 2" },
		{ "--- {a: 1}\n--- {b: 2}\n", "t line 2: only one document is allowed" },
		{ "", "t line 1: the document is empty" },
		{ "a: \"\\0\"\n", "t line 1: not valid text" },
		{ "? [a]\n: 1\n", "t line 1: a key must be plain text" },
		{ "a: \xff\n", "line 1" },
		{ "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "t line 1: nested too deep" },
	};
	struct err		 err = {0};
	struct yaml_doc		*d = NULL;
	size_t			 i = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		assert_err(yaml_parse(bad[i].text, strlen(bad[i].text), "t", &d, &err),
		    ERR_INPUT);
		if (strstr(err.text, bad[i].says) == NULL)
			fail_msg("case %zu: %s", i, err.text);
	}
}

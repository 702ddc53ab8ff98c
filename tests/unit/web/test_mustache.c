#include "unit.h"
#include "base/json.h"
#include "web/mustache.h"

/* Cases of the public specification, by its file and name; and our own rules. */

struct world {
	struct mustache	*partial[4];
	const char	*name[4];
};

static const struct mustache *
find(const char *name, void *arg)
{
	struct world	*w = arg;

	for (size_t i = 0; i < ARRAY_LEN(w->name); i++)
		if (w->name[i] != NULL && strcmp(w->name[i], name) == 0)
			return w->partial[i];
	return NULL;
}

static int
run(const char *text, const char *data, struct world *w, bool strict, struct buf *out,
    struct err *err)
{
	struct mustache	*m = NULL;
	json_t		*model = NULL;
	const json_t	*contexts[1];
	struct mustache_view v = {.contexts = contexts, .n = 1, .strict = strict,
	    .partial = find, .arg = w};
	int		 rc = -1;

	buf_clear(out);
	model = json_loads(data, JSON_DECODE_ANY, NULL);
	assert_non_null(model);
	contexts[0] = model;
	if (mustache_new(&m, "test", text, strlen(text), err) == 0)
		rc = mustache_render(m, &v, out, err);
	mustache_free(m);
	json_decref(model);
	return rc;
}

struct spec {
	const char	*text, *data, *want;
	const char	*part, *part_text;
};

static void
check(const struct spec *cases, size_t n)
{
	struct err	err = {0};
	struct buf	out;

	buf_init(&out, 100000);
	for (size_t i = 0; i < n; i++) {
		struct world	w = {0};

		if (cases[i].part != NULL) {
			w.name[0] = cases[i].part;
			assert_ok(mustache_new(&w.partial[0], "part", cases[i].part_text,
			    strlen(cases[i].part_text), &err));
		}
		assert_ok(run(cases[i].text, cases[i].data, &w, false, &out, &err));
		assert_string_equal(out.p, cases[i].want);
		mustache_free(w.partial[0]);
	}
	buf_free(&out);
}

void
test_mustache__interpolation(void **state)
{
	static const struct spec cases[] = {
		{"Hello from {Mustache}!\n", "{}", "Hello from {Mustache}!\n", NULL, NULL},
		{"Hello, {{subject}}!", "{\"subject\":\"world\"}", "Hello, world!", NULL, NULL},
		{"{{forbidden}}", "{\"forbidden\":\"& \\\" < > '\"}",
		    "&amp; &quot; &lt; &gt; &#39;", NULL, NULL},
		{"\"{{mph}} miles an hour!\"", "{\"mph\":85}", "\"85 miles an hour!\"", NULL,
		    NULL},
		{"\"{{power}} jiggawatts!\"", "{\"power\":1.210}", "\"1.21 jiggawatts!\"",
		    NULL, NULL},
		{"I ({{cannot}}) be seen!", "{\"cannot\":null}", "I () be seen!", NULL, NULL},
		{"I ({{cannot}}) be seen!", "{}", "I () be seen!", NULL, NULL},
		{"{{person.name}} == {{#person}}{{name}}{{/person}}",
		    "{\"person\":{\"name\":\"Joe\"}}", "Joe == Joe", NULL, NULL},
		{"{{a.b.c.d.e.name}}",
		    "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"name\":\"Phil\"}}}}}}", "Phil", NULL,
		    NULL},
		{"\"{{a.b.c}}\" == \"\"", "{\"a\":{}}", "\"\" == \"\"", NULL, NULL},
		{"{{#a}}{{b.c}}{{/a}}", "{\"a\":{\"b\":{}},\"b\":{\"c\":\"ERROR\"}}", "", NULL,
		    NULL},
		{"Hello, {{.}}!", "\"world\"", "Hello, world!", NULL, NULL},
		{"| {{string}} |", "{\"string\":\"---\"}", "| --- |", NULL, NULL},
		{"  {{string}}\n", "{\"string\":\"---\"}", "  ---\n", NULL, NULL},
		{"|{{ string }}|", "{\"string\":\"---\"}", "|---|", NULL, NULL},
	};

	(void)state;
	check(cases, ARRAY_LEN(cases));
}

void
test_mustache__sections(void **state)
{
	static const struct spec cases[] = {
		{"\"{{#boolean}}This should be rendered.{{/boolean}}\"", "{\"boolean\":true}",
		    "\"This should be rendered.\"", NULL, NULL},
		{"\"{{#boolean}}This should not.{{/boolean}}\"", "{\"boolean\":false}",
		    "\"\"", NULL, NULL},
		{"\"{{#null}}no{{/null}}\"", "{\"null\":null}", "\"\"", NULL, NULL},
		{"\"{{#context}}Hi {{name}}.{{/context}}\"",
		    "{\"context\":{\"name\":\"Joe\"}}", "\"Hi Joe.\"", NULL, NULL},
		{"\"{{#a}}{{b}} is {{c}}{{/a}}\"", "{\"a\":{\"b\":1},\"c\":2}", "\"1 is 2\"",
		    NULL, NULL},
		{"\"{{#list}}{{item}}{{/list}}\"",
		    "{\"list\":[{\"item\":1},{\"item\":2},{\"item\":3}]}", "\"123\"", NULL,
		    NULL},
		{"\"{{#list}}Yay lists!{{/list}}\"", "{\"list\":[]}", "\"\"", NULL, NULL},
		{"\"{{#list}}({{.}}){{/list}}\"", "{\"list\":[1,2,\"c\"]}", "\"(1)(2)(c)\"",
		    NULL, NULL},
		{"\"{{#list}}({{#.}}{{.}}{{/.}}){{/list}}\"", "{\"list\":[[1,2,3],[\"a\"]]}",
		    "\"(123)(a)\"", NULL, NULL},
		{"| A {{#bool}}B {{#bool}}C{{/bool}} D{{/bool}} E |", "{\"bool\":true}",
		    "| A B C D E |", NULL, NULL},
		{"\"{{#a.b.c}}Here{{/a.b.c}}\" == \"Here\"", "{\"a\":{\"b\":{\"c\":true}}}",
		    "\"Here\" == \"Here\"", NULL, NULL},
		{"| This Is\n{{#boolean}}\n|\n{{/boolean}}\n| A Line\n", "{\"boolean\":true}",
		    "| This Is\n|\n| A Line\n", NULL, NULL},
		{"| This Is\n  {{#boolean}}\n|\n  {{/boolean}}\n| A Line\n",
		    "{\"boolean\":true}", "| This Is\n|\n| A Line\n", NULL, NULL},
		{"|\r\n{{#boolean}}\r\n{{/boolean}}\r\n|", "{\"boolean\":true}", "|\r\n|",
		    NULL, NULL},
		{"  {{#boolean}}\n#{{/boolean}}\n/", "{\"boolean\":true}", "#\n/", NULL, NULL},
		{"#{{#boolean}}\n/\n  {{/boolean}}", "{\"boolean\":true}", "#\n/\n", NULL,
		    NULL},
		{" | {{#boolean}}\t|\t{{/boolean}} | \n", "{\"boolean\":true}",
		    " | \t|\t | \n", NULL, NULL},
		{" {{#boolean}}YES{{/boolean}}\n {{#boolean}}GOOD{{/boolean}}\n",
		    "{\"boolean\":true}", " YES\n GOOD\n", NULL, NULL},
		{"|{{# boolean }}={{/ boolean }}|", "{\"boolean\":true}", "|=|", NULL, NULL},
	};

	(void)state;
	check(cases, ARRAY_LEN(cases));
}

void
test_mustache__inverted(void **state)
{
	static const struct spec cases[] = {
		{"\"{{^boolean}}This should be rendered.{{/boolean}}\"",
		    "{\"boolean\":false}", "\"This should be rendered.\"", NULL, NULL},
		{"\"{{^boolean}}no{{/boolean}}\"", "{\"boolean\":true}", "\"\"", NULL, NULL},
		{"\"{{^context}}Hi{{/context}}\"", "{\"context\":{\"name\":\"Joe\"}}", "\"\"",
		    NULL, NULL},
		{"\"{{^list}}n/a{{/list}}\"", "{\"list\":[{\"n\":1}]}", "\"\"", NULL, NULL},
		{"\"{{^list}}Empty{{/list}}\"", "{\"list\":[]}", "\"Empty\"", NULL, NULL},
		{"[{{^missing}}Cannot find key 'missing'!{{/missing}}]", "{}",
		    "[Cannot find key 'missing'!]", NULL, NULL},
		{"| This Is\n{{^boolean}}\n|\n{{/boolean}}\n| A Line\n", "{\"boolean\":false}",
		    "| This Is\n|\n| A Line\n", NULL, NULL},
	};

	(void)state;
	check(cases, ARRAY_LEN(cases));
}

void
test_mustache__comments_delimiters(void **state)
{
	static const struct spec cases[] = {
		{"12345{{! Comment Block! }}67890", "{}", "1234567890", NULL, NULL},
		{"12345{{!\n  This is a\n  multi-line comment...\n}}67890\n", "{}",
		    "1234567890\n", NULL, NULL},
		{"Begin.\n{{! Comment Block! }}\nEnd.\n", "{}", "Begin.\nEnd.\n", NULL, NULL},
		{"  {{! I'm Still Standalone }}\n!", "{}", "!", NULL, NULL},
		{"!\n  {{! I'm Still Standalone }}", "{}", "!\n", NULL, NULL},
		{"  12 {{! 34 }}\n", "{}", "  12 \n", NULL, NULL},
		{"12345 {{! Comment Block! }} 67890", "{}", "12345  67890", NULL, NULL},
		{"{{=<% %>=}}(<%text%>)", "{\"text\":\"Hey!\"}", "(Hey!)", NULL, NULL},
		{"({{=[ ]=}}[text])", "{\"text\":\"It worked!\"}", "(It worked!)", NULL, NULL},
		{"Begin.\n{{=@ @=}}\nEnd.\n", "{}", "Begin.\nEnd.\n", NULL, NULL},
		{"|{{= @   @ =}}|", "{}", "||", NULL, NULL},
	};

	(void)state;
	check(cases, ARRAY_LEN(cases));
}

void
test_mustache__partials(void **state)
{
	static const struct spec cases[] = {
		{"\"{{>text}}\"", "{}", "\"from partial\"", "text", "from partial"},
		{"\"{{>text}}\"", "{}", "\"\"", NULL, NULL},
		{"\"{{>partial}}\"", "{\"text\":\"content\"}", "\"*content*\"", "partial",
		    "*{{text}}*"},
		{"{{>node}}", "{\"content\":\"X\",\"nodes\":[{\"content\":\"Y\",\"nodes\":[]}]}",
		    "X(Y())", "node", "{{content}}({{#nodes}}{{>node}}{{/nodes}})"},
		{"| {{>partial}} |", "{}", "| \t|\t |", "partial", "\t|\t"},
		{"  {{data}}  {{> partial}}\n", "{\"data\":\"|\"}", "  |  >\n>\n", "partial",
		    ">\n>"},
		{"|\r\n{{>partial}}\r\n|", "{}", "|\r\n>|", "partial", ">"},
		{"  {{>partial}}\n>", "{}", "  >\n  >>", "partial", ">\n>"},
		{">\n  {{>partial}}", "{}", ">\n  >\n  >", "partial", ">\n>"},
		{"\\\n {{>partial}}\n/\n", "{\"content\":\"<\\n-\"}", "\\\n |\n &lt;\n-\n |\n/\n",
		    "partial", "|\n{{content}}\n|\n"},
	};

	(void)state;
	check(cases, ARRAY_LEN(cases));
}

void
test_mustache__strict_names_place(void **state)
{
	struct err	err = {0};
	struct buf	out;
	struct world	w = {0};

	(void)state;
	buf_init(&out, 1000);
	assert_err(run("a\nb {{missing}}", "{}", &w, true, &out, &err), ERR_BUG);
	assert_non_null(strstr(err.text, "test line 2"));
	assert_non_null(strstr(err.text, "missing"));
	assert_err(run("{{#missing}}x{{/missing}}", "{}", &w, true, &out, &err), ERR_BUG);
	assert_err(run("{{^missing}}x{{/missing}}", "{}", &w, true, &out, &err), ERR_BUG);
	assert_err(run("{{>missing}}", "{}", &w, true, &out, &err), ERR_BUG);
	assert_err(run("{{a.b}}", "{\"a\":{}}", &w, true, &out, &err), ERR_BUG);
	assert_err(run("{{a}}", "{\"a\":[1]}", &w, true, &out, &err), ERR_BUG);
	assert_ok(run("{{#a}}x{{/a}}{{b}}", "{\"a\":[],\"b\":\"\"}", &w, true, &out, &err));
	buf_free(&out);
}

void
test_mustache__raw_only_when_marked(void **state)
{
	struct err	err = {0};
	struct buf	out;
	struct world	w = {0};

	(void)state;
	buf_init(&out, 1000);
	assert_err(run("{{{x}}}", "{\"x\":\"<b>\"}", &w, false, &out, &err), ERR_BUG);
	assert_err(run("{{&x}}", "{\"x\":\"<b>\"}", &w, false, &out, &err), ERR_BUG);
	assert_ok(run("{{{x}}}", "{\"x\":{\"$html\":\"<b>\"}}", &w, true, &out, &err));
	assert_string_equal(out.p, "<b>");
	buf_free(&out);
}

void
test_mustache__bad_templates(void **state)
{
	static const char *const bad[] = {"{{a", "{{#a}}", "{{/a}}", "{{#a}}{{/b}}", "{{a b}}",
	    "{{}}", "{{{a}}", "{{=x=}}", "{{=aaaaaaaaa b=}}", "{{#a}}{{#b}}{{/a}}{{/b}}", "{{"};
	struct err	err = {0};
	struct mustache	*m = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_err(mustache_new(&m, "bad", bad[i], strlen(bad[i]), &err), ERR_INPUT);
		assert_non_null(strstr(err.text, "bad line 1"));
		assert_null(m);
	}
	assert_err(mustache_new(&m, "bad", "a\0b", 3, &err), ERR_INPUT);
}

void
test_mustache__bounds(void **state)
{
	struct err	err = {0};
	struct buf	out;
	struct world	w = {.name = {"me"}};
	char		deep[2 * MUSTACHE_DEPTH * 8] = "";

	(void)state;
	buf_init(&out, 100);
	assert_ok(mustache_new(&w.partial[0], "me", "x{{>me}}", 8, &err));
	assert_err(run("{{>me}}", "{}", &w, true, &out, &err), ERR_LIMIT);
	assert_err(run("{{#l}}0123456789{{/l}}", "{\"l\":[1,2,3,4,5,6,7,8,9,10,11]}", &w, true,
	    &out, &err), ERR_LIMIT);
	for (int i = 0; i <= MUSTACHE_DEPTH; i++)
		(void)strncat(deep, "{{#a}}", sizeof(deep) - strlen(deep) - 1);
	assert_err(run(deep, "{}", &w, true, &out, &err), ERR_INPUT);
	mustache_free(w.partial[0]);
	buf_free(&out);
}

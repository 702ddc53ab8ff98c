#include "world.h"
#include "hall/form/form.h"
#include "hall/platform/platform.h"

#define SECTION									\
	"platforms:\n"								\
	"  - id: zjy\n"								\
	"    title: 住建云\n"							\
	"    issuer: https://op.example.cn\n"					\
	"    client_id: hall\n"							\
	"    secret_file: gate/zjy.secret\n"					\
	"    scopes: [openid, phone]\n"						\
	"    home: https://zjy.example.cn/\n"					\
	"    change: 请在住建云修改。\n"						\
	"    fields:\n"								\
	"      org_name: organisation_name\n"					\
	"      org_id_type: =uscc\n"						\
	"      agent_phone: phone_number\n"

static const struct { const char *from, *to, *says; } platforms_bad[] = {
	{ "id: zjy", "id: ZJY", "small letters" },
	{ "id: zjy", "id: a/b", "small letters" },
	{ "id: zjy", "id: \"\"", "must not be empty" },
	{ "title: 住建云", "title: \"\"", "\"title\"" },
	{ "issuer: https://op.example.cn", "issuer: http://op.example.cn", "\"issuer\"" },
	{ "issuer: https://op.example.cn", "issuer: http://127.0.0.1.evil.example", "\"issuer\"" },
	{ "issuer: https://op.example.cn", "issuer: https://op.example.cn?x=1", "\"issuer\"" },
	{ "issuer: https://op.example.cn", "issuer: https://", "\"issuer\"" },
	{ "client_id: hall", "client_id: \"\"", "must not be empty" },
	{ "secret_file: gate/zjy.secret", "#", "key \"secret_file\" is missing" },
	{ "scopes: [openid, phone]", "scopes: [phone]", "must hold openid" },
	{ "home: https://zjy.example.cn/", "home: javascript:alert(1)", "\"home\"" },
	{ "change: 请在住建云修改。", "change: \"\"", "must not be empty" },
	{ "org_name: organisation_name", "org_nam: organisation_name", "no platform fills" },
	{ "org_name: organisation_name", "years: years", "no platform fills" },
	{ "org_name: organisation_name", "user_name: login", "no platform fills" },
	{ "org_name: organisation_name", "org_name: \"\"", "must not be empty" },
	{ "org_name: organisation_name", "org_name: =", "the name of a claim" },
	{ "title: 住建云", "title: 一二三四五六七八九十一二三四五六七八九十一", "up to 20" },
	{ "    client_id:", "    clientid:", "unknown key \"clientid\"" },
};

static struct halldef *
platforms_load(const char *from, const char *to, struct err *err)
{
	char			 dir[] = "/tmp/hall-def-XXXXXX", path[40], *p = NULL;
	struct buf		 text, out;
	struct err		 read = {0};
	struct halldef		*d = NULL;
	const char		*at = from == NULL ? NULL : strstr(SECTION, from);

	buf_init(&text, LIMIT_HALL_FILE);
	buf_init(&out, LIMIT_HALL_FILE);
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/x.yaml", dir);
	if (file_read("halls/dfca-construction.yaml", &text, &read) < 0)
		fail_msg("%s", read.text);
	while ((p = strstr(text.p, "file: dfca")) != NULL)	/* beside no agreements */
		memcpy(p, "text: dfca", 10);
	buf_add(&out, text.p, text.len);
	if (from == NULL)
		buf_addstr(&out, SECTION);
	else
		buf_addf(&out, "%.*s%s%s", (int)(at - SECTION), SECTION, to, at + strlen(from));
	if (file_write(path, out.p, out.len, 0600, &read) < 0)
		fail_msg("%s", read.text);
	(void)(halldef_load(path, &d, err) == 0);
	(void)unlink(path);
	(void)rmdir(dir);
	buf_free(&out);
	buf_free(&text);
	return d;
}

void
test_platform__definition(void **state)
{
	struct err	 err = {0};
	struct halldef	*d = platforms_load(NULL, NULL, &err);

	(void)state;
	if (d == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(d->n_platforms, 1);
	assert_string_equal(halldef_platform(d, "zjy")->scopes, "openid phone");
	assert_int_equal(halldef_platform(d, "zjy")->n_fields, 3);
	assert_null(halldef_platform(d, "other"));
	halldef_free(d);
	for (size_t i = 0; i < ARRAY_LEN(platforms_bad); i++) {
		err_clear(&err);
		d = platforms_load(platforms_bad[i].from, platforms_bad[i].to, &err);
		if (d != NULL)
			fail_msg("%s was taken", platforms_bad[i].to);
		if (strstr(err.text, platforms_bad[i].says) == NULL || strstr(err.text, ":") == NULL)
			fail_msg("%s: %s", platforms_bad[i].to, err.text);
	}
}

/* What is no text, or longer than any field, fills nothing. */
void
test_platform__maps_claims(void **state)
{
	struct err	 err = {0};
	struct halldef	*d = platforms_load(NULL, NULL, &err);
	char		 longest[PLATFORM_FACT + 2];
	json_t		*claims = NULL, *facts = NULL;

	(void)state;
	memset(longest, 'a', PLATFORM_FACT + 1);
	longest[PLATFORM_FACT + 1] = '\0';
	claims = json_pack("{s:s, s:s, s:s}", "organisation_name", longest, "phone_number",
	    "+86 13800001111", "sub", "x");
	facts = platform_map(halldef_platform(d, "zjy"), claims);
	assert_string_equal(js_str(facts, "org_name"), "");
	assert_string_equal(js_str(facts, "agent_phone"), "13800001111");
	assert_string_equal(js_str(facts, "org_id_type"), "uscc");
	assert_int_equal(json_object_size(facts), 2);
	json_decref(facts);
	js_set_str(claims, "organisation_name", longest + 1);
	(void)json_object_set_new(claims, "phone_number", json_integer(13800001111));
	facts = platform_map(halldef_platform(d, "zjy"), claims);
	assert_string_equal(js_str(facts, "org_name"), longest + 1);
	assert_string_equal(js_str(facts, "agent_phone"), "");
	json_decref(facts);
	json_decref(claims);
	halldef_free(d);
}

static const char *
mobile_of(const char *number, json_t *verified)
{
	static char	 mobile[16];
	json_t		*claims = json_pack("{s:s}", "phone_number", number);

	if (verified != NULL)
		(void)json_object_set_new(claims, "phone_number_verified", verified);
	platform_mobile(claims, mobile);
	json_decref(claims);
	return mobile;
}

void
test_platform__only_a_verified_mobile_of_ours(void **state)
{
	(void)state;
	assert_string_equal(mobile_of("+8613800001111", json_true()), "13800001111");
	assert_string_equal(mobile_of("+86 138-0000-1111", json_true()), "13800001111");
	assert_string_equal(mobile_of("13800001111", json_true()), "13800001111");
	assert_string_equal(mobile_of("13800001111", json_false()), "");
	assert_string_equal(mobile_of("13800001111", NULL), "");
	assert_string_equal(mobile_of("13800001111", json_string("true")), "");
	assert_string_equal(mobile_of("1380000111", json_true()), "");
	assert_string_equal(mobile_of("138000011112", json_true()), "");
	assert_string_equal(mobile_of("+1 13800001111", json_true()), "");
	assert_string_equal(mobile_of("+86 1380000111100000", json_true()), "");
	assert_string_equal(mobile_of("12800001111", json_true()), "");
	assert_string_equal(mobile_of("", json_true()), "");
}

/* Given fields keep the platform's value whatever is sent, in a first application alone, and a
 * value that our rules refuse is refused with where to mend it. */
void
test_platform__given_fields(void **state)
{
	struct err		 err = {0};
	struct world		 w;
	json_t			*given = json_pack("{s:s, s:s}", "org_name", "给定有限公司", "agent_phone",
				    "138"), *in = json_pack("{s:s}", "org_name", "别的单位");
	json_t			*errors = json_array(), *values = NULL, *e = NULL;
	struct form_context	 c = {.product = "org", .op = "new", .given = given,
		.given_help = "请在住建云修改。"};
	size_t			 i = 0;
	bool			 told = false;

	(void)state;
	world_open(&w);
	c.hall = w.h;
	assert_err(form_check(&c, form_organisation, in, &values, errors, &err), ERR_INPUT);
	assert_string_equal(js_str(values, "org_name"), "给定有限公司");
	json_array_foreach(errors, i, e)
		if (strcmp(js_str(e, "field"), "agent_phone") == 0)
			told = strstr(js_str(e, "text"), "请在住建云修改。") != NULL;
	assert_true(told);
	json_decref(values);
	assert_true(form_is_given(&c, &form_organisation[0]) ==
	    (strcmp(form_organisation[0].name, "org_name") == 0));
	c.op = "change";
	(void)json_array_clear(errors);
	assert_err(form_check(&c, form_organisation, in, &values, errors, &err), ERR_INPUT);
	assert_string_equal(js_str(values, "org_name"), "别的单位");
	json_decref(values);
	json_decref(errors);
	json_decref(in);
	json_decref(given);
	world_close(&w);
}

static void
told(struct world *w, const char *ref, bool ok, json_t *claims)
{
	struct platform_fact	fact = {.platform = "none", .ref = ref, .ok = ok, .reason = "token",
		.detail = "", .authorize = "", .claims = claims};
	struct err		err = {0};

	/* A platform that is no longer in the definition: nothing happens. */
	assert_ok(hall_sink.platform_told(NULL, &fact, &err));
	(void)w;
	json_decref(claims);
}

void
test_platform__not_in_the_definition(void **state)
{
	struct err		 err = {0};
	struct world		 w;
	struct gate_platform	 p = {0};
	struct platform_step	 s;

	(void)state;
	world_open(&w);
	assert_int_equal(hall_sink.platform("none", &p), -1);
	told(&w, "r", false, NULL);
	told(&w, "", true, NULL);
	assert_err(platform_begin(w.h, &w.me, "none", "/user", &s, &err), ERR_NOT_FOUND);
	assert_err(platform_arrive(w.h, &w.me, "none", "x", &s, &err), ERR_NOT_FOUND);
	world_close(&w);
}

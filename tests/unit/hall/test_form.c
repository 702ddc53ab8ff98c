#include "world.h"
#include "hall/form/form.h"

/* One field of a good form replaced by something bad: its sentence, and nothing else. */
static const struct { const char *field, *value, *says; } form_bad[] = {
	{ "user_name", "", "请填写用户名" },
	{ "user_name", "abcdefghijklm", "最多12位" },
	{ "user_name", "a_b", "只能用字母和数字" },
	{ "user_name", "长沙", "只能用字母和数字" },
	{ "org_name", "", "请填写单位名称" },
	{ "org_name", "  　 ", "请填写单位名称" },
	{ "org_name", "<script>alert(1)</script>", "尖括号" },
	{ "org_name", "A", "太短" },
	{ "org_name", "有限\001公司", "不可见的字符" },
	{ "org_phone", "12", "" },
	{ "org_mail", "a@", "" },
	{ "org_mail", "a b@c.cn", "" },
	{ "org_fax", "abc", "" },
	{ "province", "火星省", "请从列表中选择单位所在省份" },
	{ "city", "杭州市", "湖南省没有" },
	{ "postcode", "41000", "" },
	{ "org_id_type", "passport", "请从列表中选择" },
	{ "org_id_no", "91350100M000100Y44", "" },
	{ "org_id_no", "M8888888888888888888888888", "最多18个字" },
	{ "licence_no", "1", "太短" },
	{ "tax_no", "12345 67", "字母、数字" },
	{ "qualification_ends", "2026-02-30", "年-月-日" },
	{ "qualification_ends", "2001-01-01", "已经过去" },
	{ "agent_name", "王", "完整的姓名" },
	{ "agent_name", "王2", "数字或符号" },
	{ "agent_phone", "12345678901", "" },
	{ "agent_phone", "0731-88888888", "最多11个字" },
	{ "agent_mail", "", "请填写经办人E-Mail" },
	{ "agent_id_no", "110105194912310021", "" },
	{ "agent_id_no", "11010519491331002X", "" },
	{ "years", "6", "请选择证书年限" },
	{ "years", "", "请选择证书年限" },
	{ "question", "谁？", "请从列表中选择验证问题" },
	{ "answer", "", "请填写验证答案" },
	{ "medium", "软证书", "请从列表中选择证书介质" },
};

static void
form_expect(struct world *w, const char *field, const char *value, const char *says)
{
	struct err		 err = {0};
	struct form_context	 c = {.hall = w->h, .product = "org"};
	json_t			*in = world_form_org("zhongkan"), *values = NULL;
	json_t			*errors = json_array();

	js_set_str(in, field, value);
	if (form_check(&c, form_organisation, in, &values, errors, &err) == 0)
		fail_msg("%s \"%s\" was taken", field, value);
	if (err.kind != ERR_INPUT || json_array_size(errors) != 1 ||
	    strcmp(js_str(json_array_get(errors, 0), "field"), field) != 0 ||
	    strstr(js_str(json_array_get(errors, 0), "text"), says) == NULL)
		fail_msg("%s \"%s\": %zu errors, %s", field, value, json_array_size(errors),
		    err.text);
	json_decref(errors);
	json_decref(values);
	json_decref(in);
}

void
test_form__each_bad_field_gets_its_sentence(void **state)
{
	struct world	 w;
	char		*huge = xmalloc(100001);
	size_t		 i = 0;

	(void)state;
	memset(huge, 'x', 100000);
	huge[100000] = '\0';
	world_open(&w);
	for (i = 0; i < ARRAY_LEN(form_bad); i++)
		form_expect(&w, form_bad[i].field, form_bad[i].value, form_bad[i].says);
	for (i = 0; form_organisation[i].name != NULL; i++)
		form_expect(&w, form_organisation[i].name, huge, "");
	for (i = 0; form_organisation[i].name != NULL; i++)
		form_expect(&w, form_organisation[i].name, "'; DROP TABLE orders; --\r\n\"<>&", "");
	free(huge);
	world_close(&w);
}

void
test_form__values_are_normalised(void **state)
{
	struct err		 err = {0};
	struct world		 w;
	struct form_context	 c;
	json_t			*in = world_form_org("zk"), *values = NULL, *errors = json_array();
	json_t			*model = NULL;

	(void)state;
	world_open(&w);
	c = (struct form_context){.hall = w.h, .product = "org"};
	js_set_str(in, "agent_phone", " １８９０７３１１８８９ ");
	js_set_str(in, "agent_id_no", "11010519491231002x");
	js_set_str(in, "org_name", "　湖南（长沙）勘察有限公司 ");
	js_set_str(in, "unknown", "ignored");
	assert_ok(form_check(&c, form_organisation, in, &values, errors, &err));
	assert_string_equal(js_str(values, "agent_phone"), "18907311889");
	assert_string_equal(js_str(values, "agent_id_no"), "11010519491231002X");
	assert_string_equal(js_str(values, "org_name"), "湖南（长沙）勘察有限公司");
	assert_string_equal(js_str(values, "org_mail"), "120749808@qq.com");
	assert_null(json_object_get(values, "unknown"));
	model = form_model(&c, form_organisation, values, errors);
	assert_true(json_array_size(model) >= 4);
	json_decref(model);
	json_decref(values);
	json_decref(errors);
	json_decref(in);
	world_close(&w);
}

void
test_form__person_id_must_agree_with_the_sex(void **state)
{
	struct err		 err = {0};
	struct world		 w;
	struct form_context	 c;
	json_t			*in = json_pack("{s:s, s:s}", "sex", "男", "person_id_no",
				    "11010519491231002X");

	(void)state;
	world_open(&w);
	c = (struct form_context){.hall = w.h, .product = "person"};
	assert_err(form_check_one(&c, form_person, "person_id_no", in, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "性别"));
	js_set_str(in, "sex", "女");
	assert_ok(form_check_one(&c, form_person, "person_id_no", in, &err));
	assert_err(form_check_one(&c, form_person, "nothing", in, &err), ERR_NOT_FOUND);
	json_decref(in);
	world_close(&w);
}

void
test_form__user_names_are_unique(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 a[ORDER_NO], b[ORDER_NO];
	json_t		*errors = json_array(), *in = world_form_org("CSKC01");
	const char	*next = NULL;

	(void)state;
	world_open(&w);
	world_order(&w, "cskc01", "window", a);
	assert_ok(order_create(w.h, &w.me, "org", b, &err));
	assert_string_not_equal(a, b);
	(void)world_step(&w, b, "agreement", json_pack("{s:s, s:s, s:s}", "agree_service", "1",
	    "agree_privacy", "1", "agree_sensitive", "1"));
	assert_err(step_accept(w.h, &w.me, b, "form", in, errors, &next, &err), ERR_INPUT);
	assert_string_equal(js_str(json_array_get(errors, 0), "field"), "user_name");
	assert_ok(order_cancel(w.h, &w.me, a, "", &err));
	json_array_clear(errors);
	assert_ok(step_accept(w.h, &w.me, b, "form", in, errors, &next, &err));
	assert_string_equal(next, "confirm");
	json_decref(in);
	json_decref(errors);
	world_close(&w);
}

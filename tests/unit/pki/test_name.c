#include "unit.h"
#include "pki/profile.h"

void
test_name__round_trip(void **state)
{
	struct err	 err = {0};
	struct name	 n = {0}, back = {0};
	X509_NAME	*x = NULL;
	char		 text[NAME_TEXT];
	json_t		*subject = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "kind", "organisation",
	    "CN", "长沙建工", "O", "长沙建工", "ST", "湖南省", "L", "长沙市", "OU", "");

	(void)state;
	assert_ok(name_from_json(&n, subject, &err));
	assert_int_equal(n.n, 5);
	assert_string_equal(name_text(&n, text), "CN=长沙建工, O=长沙建工, L=长沙市, ST=湖南省, C=CN");
	assert_string_equal(name_get(&n, "ST"), "湖南省");
	assert_string_equal(name_get(&n, "OU"), "");
	assert_ok(name_to_x509(&n, &x, &err));
	assert_int_equal(ASN1_STRING_type(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(x, 0))),
	    V_ASN1_PRINTABLESTRING);
	assert_int_equal(ASN1_STRING_type(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(x, 4))),
	    V_ASN1_UTF8STRING);
	assert_ok(name_from_x509(&back, x, &err));
	assert_int_equal(back.n, n.n);
	for (size_t i = 0; i < n.n; i++) {
		assert_string_equal(back.row[i].attribute, n.row[i].attribute);
		assert_string_equal(back.row[i].value, n.row[i].value);
	}
	json_decref(subject);
	X509_NAME_free(x);
	name_free(&back);
	name_free(&n);
}

void
test_name__refuses(void **state)
{
	char		 many[66], text[NAME_TEXT];
	struct err	 err = {0};
	struct name	 n = {0};

	(void)state;
	memset(many, 'a', 65);
	many[65] = '\0';
	assert_err(name_add(&n, "DC", "x", &err), ERR_INPUT);
	assert_err(name_add(&n, "CN", many, &err), ERR_INPUT);
	assert_err(name_add(&n, "CN", "a\nb", &err), ERR_INPUT);
	assert_err(name_add(&n, "CN", "\xff", &err), ERR_INPUT);
	assert_err(name_add(&n, "C", "cn", &err), ERR_INPUT);
	assert_err(name_add(&n, "C", "CHN", &err), ERR_INPUT);
	assert_err(name_add(&n, "emailAddress", "王@qq.com", &err), ERR_INPUT);
	assert_int_equal(n.n, 0);
	assert_string_equal(name_text(&n, text), "");
	for (int i = 0; i < NAME_ROWS; i++)
		assert_ok(name_add(&n, "OU", many + 1, &err));
	assert_err(name_add(&n, "OU", "a", &err), ERR_INPUT);
	assert_int_equal(strlen(name_text(&n, text)), NAME_ROWS * (64 + 3) + (NAME_ROWS - 1) * 2);
	name_free(&n);
}

void
test_profile__tables(void **state)
{
	const struct profile	*p;

	(void)state;
	for (size_t i = 0; (p = profile_at(i)) != NULL; i++) {
		assert_ptr_equal(profile_find(p->name), p);
		assert_non_null(p->title);
		/* one class of use per certificate */
		assert_true(p->usage == PROFILE_CA_USAGE || (p->usage & PROFILE_SIGN_USAGE) == 0 ||
		    (p->usage & PROFILE_ENC_USAGE) == 0);
		assert_true(p->max_years > 0 && p->required != NULL);
	}
	assert_string_equal(product_find("sm2-org")->sign->name, "sm2-org-sign");
	assert_string_equal(product_find("sm2-org")->enc->name, "sm2-org-enc");
	assert_string_equal(product_find("sm2-person")->sign->name, "sm2-person-sign");
	assert_string_equal(product_find("sm2-person")->enc->name, "sm2-person-enc");
	assert_string_equal(product_find("staff")->sign->name, "staff");
	assert_null(product_find("staff")->enc);
	assert_null(profile_find("nothing"));
	assert_null(product_find("nothing"));
}

void
test_profile__check(void **state)
{
	const struct profile	*org = profile_find("sm2-org-sign");
	struct err		 err = {0};
	struct name		 n = {0};

	(void)state;
	assert_ok(name_add(&n, "C", "CN", &err));
	assert_ok(name_add(&n, "CN", "甲", &err));
	assert_err(profile_check(org, &n, 1, &err), ERR_INPUT);
	assert_ok(name_add(&n, "O", "甲", &err));
	assert_ok(profile_check(org, &n, 1, &err));
	assert_ok(profile_check(org, &n, 5, &err));
	assert_err(profile_check(org, &n, 6, &err), ERR_INPUT);
	assert_err(profile_check(org, &n, 0, &err), ERR_INPUT);
	assert_ok(name_add(&n, "serialNumber", "1", &err));
	assert_err(profile_check(org, &n, 1, &err), ERR_INPUT);
	name_free(&n);
}

#include "unit.h"
#include "pki/profile.h"

extern const char	profile_builtin[];

/* A file of one profile and one product; `more` goes into the profile. */
static int
parse(const char *kind, const char *usage, const char *more, struct err *err)
{
	struct buf	 b;
	int		 rc;

	buf_init(&b, 65536);
	for (size_t i = 0; i < 4; i++)
		buf_addf(&b, "%s  - {name: %s, title: t, kind: %s, keys: [sm2], usage: [%s], "
		    "max_years: 2, subject: {required: [CN]}}\n", i == 0 ? "profiles:\n" : "",
		    (const char *[]){"root", "issuing-ca", "ocsp", "staff"}[i],
		    (const char *[]){"ca", "ca", "ocsp", "sign"}[i],
		    (const char *[]){"keyCertSign", "keyCertSign", "digitalSignature",
		    "digitalSignature"}[i]);
	buf_addf(&b, "  - {name: x, title: t, kind: %s, usage: [%s]%s}\n", kind, usage, more);
	buf_addstr(&b, "products:\n  - {name: x, title: t, sign: staff}\n");
	rc = profiles_parse(b.p, b.len, "test.yaml", err);
	buf_free(&b);
	return rc;
}

static void
assert_fault(const char *kind, const char *usage, const char *more, const char *why)
{
	struct err	 err = {0};

	assert_err(parse(kind, usage, more, &err), ERR_INPUT);
	if (strstr(err.text, why) == NULL || strstr(err.text, "test.yaml line 6") == NULL)
		fail_msg("not about \"%s\": %s", why, err.text);
}

/* medium of a product: ukey unless it says soft, nothing else. */
void
test_profile__medium_of_a_product(void **state)
{
	static const char	 text[] = "profiles:\n"
		"  - {name: root, title: t, kind: ca, keys: [sm2], usage: [keyCertSign], max_years: 2, "
		"subject: {required: [CN]}}\nproducts:\n"
		"  - {name: x, title: t, sign: root, medium: paper}\n";
	struct err	 err = {0};

	(void)state;
	assert_true(product_find("sm2-person-soft")->soft);
	assert_int_equal(product_find("sm2-person-soft")->sign->max_years, 2);
	assert_string_equal(product_find("sm2-person-soft")->sign->policy, "1.2.156.999999.1.2");
	assert_false(product_find("sm2-person")->soft);
	assert_err(profiles_parse(text, strlen(text), "test.yaml", &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "\"medium\" must be ukey or soft"));
}

#define REST	", keys: [sm2], max_years: 2, subject: {required: [CN]}"

void
test_profile__faults_are_named(void **state)
{
	(void)state;
	assert_fault("sogn", "digitalSignature", REST, "unknown kind");
	assert_fault("sign", "digitalSignatur", REST, "unknown key usage");
	assert_fault("sign", "digitalSignature", ", max_years: 2, subject: {required: [CN]}",
	    "keys");
	assert_fault("sign", "digitalSignature",
	    ", keys: [dsa], max_years: 2, subject: {required: [CN]}", "unknown key kind");
	assert_fault("sign", "digitalSignature",
	    ", keys: [sm2], max_years: 2, subject: {required: [XX]}", "unknown attribute");
	assert_fault("sign", "digitalSignature, keyCertSign", REST, "for kind ca");
	assert_fault("sign", "digitalSignature, keyAgreement", REST, "GB/T 20518");
	assert_fault("enc", "keyAgreement, digitalSignature", REST, "GB/T 20518");
	assert_fault("tsa", "digitalSignature", REST, "RFC 3161");
	assert_fault("sign", "digitalSignature", REST ", eku: [notAnEku]", "object identifier");
	assert_fault("sign", "digitalSignature", REST ", identity: passport", "unknown identity");
	assert_fault("sign", "digitalSignature", REST ", path_len: 1", "path_len");
	assert_fault("sign", "digitalSignature", REST ", list_parts: 4", "pointers");
	assert_fault("sign", "digitalSignature", REST ", pointers: true, list_parts: 257",
	    "list_parts");
	assert_fault("ca", "keyCertSign", REST ", pointers: true, list_parts: 4", "kind ca");
	assert_fault("sign", "digitalSignature", REST ", colour: red", "colour");
	assert_fault("sign", "digitalSignature",
	    REST ", extensions: [{oid: 1.2.3, der: 0c01}]", "DER");
	assert_fault("sign", "digitalSignature",
	    REST ", extensions: [{oid: 2.5.29.15, der: 0500}]", "not written this way");
	assert_fault("sign", "digitalSignature", REST ", extensions: [{oid: 1.2.3}]", "either");
	assert_fault("sign", "digitalSignature", REST ", policy: {oid: abc}", "object identifier");
}

/* A faulty file changes nothing; a good one is there at once, and what was handed out lives. */
void
test_profile__whole_or_not_at_all(void **state)
{
	struct err		 err = {0};
	const struct profile	*before = profile_find("sm2-org-sign"), *x;
	struct name		 subject = {0};

	(void)state;
	assert_non_null(before);
	assert_string_equal(before->eku, "1.3.6.1.5.5.7.3.2,1.3.6.1.5.5.7.3.4");
	assert_int_equal(before->usage, PROFILE_SIGN_USAGE);
	assert_null(profile_find("x"));
	assert_true(parse("sign", "nothing", REST, &err) < 0);
	assert_null(profile_find("x"));
	assert_ok(parse("sign", "digitalSignature", ", keys: [ecdsa, rsa], max_years: 2, "
	    "subject: {required: [CN], allowed: [C], fixed: {C: CN}}, policy: {oid: 1.2.3, cps: "
	    "'http://a.test/'}, extensions: [{oid: 1.2.3.4, critical: true, utf8: 甲}]", &err));
	x = profile_find("x");
	assert_non_null(x);
	assert_true(profile_allows_key(x, "rsa") && !profile_allows_key(x, "sm2"));
	assert_string_equal(x->policy, "1.2.3");
	assert_int_equal(x->n_extension, 1);
	assert_memory_equal(x->extension[0].value, "\x0c\x03\xe7\x94\xb2", 5);
	assert_ok(name_add(&subject, "C", "CN", &err));
	assert_ok(name_add(&subject, "CN", "a", &err));
	assert_ok(profile_check(x, &subject, 2, &err));
	assert_err(profile_check(x, &subject, 3, &err), ERR_INPUT);
	name_free(&subject);
	assert_ok(name_add(&subject, "C", "DE", &err));
	assert_ok(name_add(&subject, "CN", "a", &err));
	assert_err(profile_check(x, &subject, 2, &err), ERR_INPUT);
	name_free(&subject);
	assert_null(profile_find("sm2-org-sign"));
	assert_string_equal(profile_eku("seal"), "");		/* nobody makes seals then */
	assert_string_equal(before->name, "sm2-org-sign");
	assert_ok(profiles_parse(profile_builtin, strlen(profile_builtin), "built-in", &err));
	assert_non_null(profile_find("sm2-org-sign"));
	assert_string_not_equal(profile_eku("seal"), "");
}

#include "pki/ca.h"
#include "base/str.h"

#include <openssl/x509v3.h>

void
test_cert__pair_reads_back(void **state)
{
	struct err	 err = {0};
	struct ca	 ca;
	struct cert	*again = NULL;
	struct buf	 pem;
	unsigned char	 point[SM2_POINT_LEN], want[SM2_POINT_LEN];
	char		 code[CERT_IDENTITY_TEXT];
	const char	*type = NULL;

	(void)state;
	ca_make(&ca);
	buf_init(&pem, LIMIT_CERT);
	cert_pem_add(ca.sign, &pem);
	assert_ok(cert_parse(pem.p, pem.len, &again, &err));
	assert_true(cert_is_same(again, ca.sign));
	assert_string_equal(cert_subject(again),
	    "CN=长沙建工有限公司, O=长沙建工有限公司, C=CN");
	assert_string_equal(cert_issuer(again), cert_subject(ca.issuing));
	assert_string_equal(cert_cn(again), "长沙建工有限公司");
	assert_int_equal(strlen(cert_serial(again)), 32);
	assert_int_equal(strlen(cert_fingerprint(again)), 64);
	assert_int_equal(cert_not_before(again), CA_NOW - CLOCK_DAY);
	assert_ok(cert_point(again, point, &err));
	assert_ok(sm2_point(ca.sign_key, want, &err));
	assert_memory_equal(point, want, sizeof(want));
	assert_true(cert_identity(again, &type, code));
	assert_string_equal(type, "uscc");
	assert_string_equal(code, "91350100M000100Y43");
	assert_true(cert_is_sign(again) && !cert_is_enc(again) && !cert_is_ca(again));
	assert_true(cert_is_enc(ca.enc) && !cert_is_sign(ca.enc));
	assert_true(cert_is_ca(ca.issuing) && cert_is_ca(ca.root));
	assert_true(cert_has_eku(ca.ocsp, "1.3.6.1.5.5.7.3.9"));
	assert_int_equal(X509_get_ext_by_NID(cert_x509(again), NID_basic_constraints, -1), -1);
	cert_free(again);
	buf_free(&pem);
	ca_free(&ca);
}

/* Another implementation of the path rules agrees. */
void
test_cert__openssl_accepts_the_chain(void **state)
{
	struct ca	 ca;
	X509_STORE	*store = X509_STORE_new();
	X509_STORE_CTX	*ctx = X509_STORE_CTX_new();
	STACK_OF(X509)	*middle = sk_X509_new_null();

	(void)state;
	ca_make(&ca);
	X509_STORE_add_cert(store, cert_x509(ca.root));
	sk_X509_push(middle, cert_x509(ca.issuing));
	assert_int_equal(X509_STORE_CTX_init(ctx, store, cert_x509(ca.sign), middle), 1);
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), CA_NOW / 1000);
	X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx),
	    X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
	if (X509_verify_cert(ctx) != 1)
		fail_msg("%s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
	sk_X509_free(middle);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ca_free(&ca);
}

void
test_cert__chain_rules(void **state)
{
	struct err	 err = {0};
	struct ca	 ca, other;
	const int64_t	 soon = CA_NOW + CLOCK_DAY;

	(void)state;
	ca_make(&ca);
	ca_make(&other);
	assert_ok(cert_verify_chain((const struct cert *[]){ca.sign, ca.issuing, ca.root}, 3,
	    soon, &err));
	assert_ok(cert_verify_chain((const struct cert *[]){ca.enc, ca.issuing}, 2, soon, &err));
	assert_err(cert_verify_chain((const struct cert *[]){ca.sign, ca.issuing, ca.root}, 3,
	    clock_add_years(soon, 4), &err), ERR_EXPIRED);
	assert_err(cert_verify_chain((const struct cert *[]){ca.sign, ca.issuing, ca.root}, 3,
	    CA_NOW - 2 * CLOCK_DAY, &err), ERR_EXPIRED);
	/* same names, other keys */
	assert_err(cert_verify_chain((const struct cert *[]){ca.sign, other.issuing,
	    other.root}, 3, soon, &err), ERR_CRYPTO);
	assert_err(cert_verify_chain((const struct cert *[]){ca.sign, ca.root}, 2, soon, &err),
	    ERR_CRYPTO);
	/* an end entity is no issuer */
	assert_err(cert_verify_chain((const struct cert *[]){ca.enc, ca.sign, ca.issuing}, 3,
	    soon, &err), ERR_CRYPTO);
	assert_err(cert_verify_chain(NULL, 0, soon, &err), ERR_INPUT);
	ca_free(&other);
	ca_free(&ca);
}

/* pathLenConstraint 0: an issuing CA below the issuing CA, forged with its key, fails. */
void
test_cert__path_length(void **state)
{
	struct err	 err = {0};
	struct ca	 ca;
	EVP_PKEY	*key = NULL;
	struct cert	*below, *leaf, *wide;

	(void)state;
	ca_make(&ca);
	assert_ok(sm2_generate(&key, &err));
	/* the lint lets nobody sign it below the one that may have no CA below */
	wide = ca_issue("root", "测试签发", ca.issuing_key, ca.root, ca.root_key, 10);
	below = ca_issue("issuing-ca", "下级", key, wide, ca.issuing_key, 5);
	leaf = ca_issue("staff", "某人", ca.sign_key, below, key, 1);
	assert_err(cert_verify_chain((const struct cert *[]){leaf, below, ca.issuing, ca.root},
	    4, CA_NOW, &err), ERR_CRYPTO);
	assert_non_null(strstr(err.text, "path length"));
	cert_free(wide);
	cert_free(leaf);
	cert_free(below);
	EVP_PKEY_free(key);
	ca_free(&ca);
}

void
test_cert__every_flipped_byte_fails(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	const unsigned char	*der;
	unsigned char		*copy;
	size_t			 len;

	(void)state;
	ca_make(&ca);
	der = cert_der(ca.sign, &len);
	copy = xmalloc(len);
	memcpy(copy, der, len);
	for (size_t i = 0; i < len; i++) {
		struct cert	*c = NULL;

		if (i == len / 2)
			cert_expect_signatures(ca.issuing);	/* with the tables, too */
		copy[i] ^= 0x01;
		if (cert_parse(copy, len, &c, &err) == 0 &&
		    cert_verify_signature(c, ca.issuing, &err) == 0)
			fail_msg("byte %zu may be changed", i);
		cert_free(c);
		copy[i] ^= 0x01;
	}
	assert_ok(cert_verify_signature(ca.sign, ca.issuing, &err));
	free(copy);
	ca_free(&ca);
}

void
test_cert__parse_refuses(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	struct cert		*c = NULL;
	const unsigned char	*der;
	unsigned char		 longer[LIMIT_CERT + 1] = {0x30};
	size_t			 len;

	(void)state;
	ca_make(&ca);
	der = cert_der(ca.root, &len);
	assert_err(cert_parse(der, len - 1, &c, &err), ERR_INPUT);
	memcpy(longer, der, len);
	assert_err(cert_parse(longer, len + 1, &c, &err), ERR_INPUT);
	assert_err(cert_parse(longer, sizeof(longer), &c, &err), ERR_INPUT);
	assert_err(cert_parse("", 0, &c, &err), ERR_INPUT);
	assert_err(cert_parse("hello", 5, &c, &err), ERR_INPUT);
	assert_null(c);
	ca_free(&ca);
}

void
test_cert__build_refuses(void **state)
{
	struct err	 err = {0};
	struct ca	 ca;
	struct name	 subject = {0};
	struct cert	*c = NULL;
	struct cert_plan plan = {.profile = profile_find("staff"), .subject = &subject,
	    .not_before = CA_NOW, .not_after = CA_NOW + CLOCK_DAY, .pointers = CA_POINTERS};

	(void)state;
	ca_make(&ca);
	plan.issuer = ca.issuing;
	cert_new_serial(plan.serial);
	plan.key = ca.sign_key;
	assert_ok(name_add(&subject, "C", "CN", &err));
	assert_err(cert_build(&plan, SIGNING(ca.issuing_key), &c, &err), ERR_INPUT);
	assert_ok(name_add(&subject, "CN", "某人", &err));
	assert_err(cert_build(&plan, SIGNING(ca.root_key), &c, &err), ERR_CRYPTO);
	plan.not_after = clock_add_years(CA_NOW, 9);
	assert_err(cert_build(&plan, SIGNING(ca.issuing_key), &c, &err), ERR_INPUT);
	plan.not_after = CA_NOW + CLOCK_DAY;
	plan.not_before = CA_NOW - 2 * CLOCK_DAY;
	assert_err(cert_build(&plan, SIGNING(ca.issuing_key), &c, &err), ERR_INPUT);
	plan.not_before = CA_NOW;
	plan.issuer = ca.enc;
	assert_err(cert_build(&plan, SIGNING(ca.enc_key), &c, &err), ERR_INPUT);
	plan.issuer = ca.issuing;
	plan.pointers.ocsp = "http://a b";
	assert_err(cert_build(&plan, SIGNING(ca.issuing_key), &c, &err), ERR_INPUT);
	plan.pointers.ocsp = "http://va.test/ocsp";
	assert_ok(cert_build(&plan, SIGNING(ca.issuing_key), &c, &err));
	cert_free(c);
	name_free(&subject);
	ca_free(&ca);
}

void
test_cert__identity_forms(void **state)
{
	static const enum identity_form forms[] = {IDENTITY_UTF8, IDENTITY_PRINTABLE,
	    IDENTITY_IMPLICIT, IDENTITY_EXPLICIT};
	static const char *const profile[] = {"sm2-person-sign", "sm2-org-sign"};
	static const char *const want[] = {"resident-id", "uscc"};
	static const char *const codes[] = {"11010519491231002X", "91350100M000100Y43"};
	struct err	 err = {0};
	struct ca	 ca;
	struct name	 subject = {0};
	struct cert_plan plan = {.subject = &subject, .not_before = CA_NOW,
	    .not_after = CA_NOW + CLOCK_DAY, .pointers = CA_POINTERS};

	(void)state;
	ca_make(&ca);
	plan.issuer = ca.issuing;
	plan.key = ca.sign_key;
	assert_ok(name_add(&subject, "C", "CN", &err));
	assert_ok(name_add(&subject, "O", "某单位", &err));
	assert_ok(name_add(&subject, "CN", "某人", &err));
	for (size_t i = 0; i < 2 * ARRAY_LEN(forms); i++) {
		struct cert	*c = NULL;
		char		 code[CERT_IDENTITY_TEXT];
		const char	*type = NULL;

		plan.profile = profile_find(profile[i % 2]);
		plan.id_form = forms[i / 2];
		plan.id_no = codes[i % 2];
		cert_new_serial(plan.serial);
		assert_ok(cert_build(&plan, SIGNING(ca.issuing_key), &c, &err));
		assert_true(cert_identity(c, &type, code));
		assert_string_equal(type, want[i % 2]);
		assert_string_equal(code, codes[i % 2]);
		cert_free(c);
	}
	name_free(&subject);
	ca_free(&ca);
}

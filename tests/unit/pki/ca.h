#ifndef TEST_CA_H
#define TEST_CA_H
#include "unit.h"
#include "base/clock.h"
#include "pki/cert.h"
/*
 * A small certification authority for tests: root, issuing CA, OCSP responder, and a pair for
 * one organisation.  ca_make/ca_free; NOW lies in every validity.
 */
#define CA_NOW	INT64_C(1795000000000)

#define CA_POINTERS	{.ocsp = "http://va.test/ocsp", .ca_issuers = "http://va.test/ca.crt", \
	.crl = "http://va.test/ca.crl", .policy = "1.2.156.99999.1.1", \
	.cps = "http://va.test/cps"}

struct ca {
	EVP_PKEY	*root_key, *issuing_key, *ocsp_key, *sign_key, *enc_key;
	struct cert	*root, *issuing, *ocsp, *sign, *enc;
};

static inline struct cert *
ca_issue(const char *profile, const char *cn, EVP_PKEY *key, const struct cert *issuer,
    EVP_PKEY *issuer_key, int years)
{
	struct err	 err = {0};
	struct name	 subject = {0};
	struct cert	*c = NULL;
	struct cert_plan plan = {.profile = profile_find(profile), .subject = &subject,
	    .issuer = issuer, .not_before = CA_NOW - CLOCK_DAY,
	    .not_after = clock_add_years(CA_NOW, years), .id_no = "91350100M000100Y43",
	    .pointers = CA_POINTERS};

	assert_ok(name_add(&subject, "C", "CN", &err));
	assert_ok(name_add(&subject, "O", "长沙建工有限公司", &err));
	assert_ok(name_add(&subject, "CN", cn, &err));
	cert_new_serial(plan.serial);
	plan.key = key;
	assert_ok(cert_build(&plan, SIGNING(issuer_key), &c, &err));
	name_free(&subject);
	return c;
}

static inline void
ca_make(struct ca *ca)
{
	struct err	 err = {0};

	*ca = (struct ca){0};
	assert_ok(sm2_generate(&ca->root_key, &err));
	assert_ok(sm2_generate(&ca->issuing_key, &err));
	assert_ok(sm2_generate(&ca->ocsp_key, &err));
	assert_ok(sm2_generate(&ca->sign_key, &err));
	assert_ok(sm2_generate(&ca->enc_key, &err));
	ca->root = ca_issue("root", "测试根", ca->root_key, NULL, ca->root_key, 20);
	ca->issuing = ca_issue("issuing-ca", "测试签发", ca->issuing_key, ca->root,
	    ca->root_key, 10);
	ca->ocsp = ca_issue("ocsp", "测试查询", ca->ocsp_key, ca->issuing, ca->issuing_key, 2);
	ca->sign = ca_issue("sm2-org-sign", "长沙建工有限公司", ca->sign_key, ca->issuing,
	    ca->issuing_key, 3);
	ca->enc = ca_issue("sm2-org-enc", "长沙建工有限公司", ca->enc_key, ca->issuing,
	    ca->issuing_key, 3);
}

static inline void
ca_free(struct ca *ca)
{
	cert_free(ca->root);
	cert_free(ca->issuing);
	cert_free(ca->ocsp);
	cert_free(ca->sign);
	cert_free(ca->enc);
	EVP_PKEY_free(ca->root_key);
	EVP_PKEY_free(ca->issuing_key);
	EVP_PKEY_free(ca->ocsp_key);
	EVP_PKEY_free(ca->sign_key);
	EVP_PKEY_free(ca->enc_key);
}
#endif

#include "unit.h"
#include "base/str.h"
#include "pki/csr.h"
#include "pki/der.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

static EVP_PKEY *
csr_key(struct name *n)
{
	struct err	 err = {0};
	EVP_PKEY	*key = NULL;

	assert_ok(sm2_generate(&key, &err));
	assert_ok(name_add(n, "CN", "UKey 申请", &err));
	return key;
}

void
test_csr__round_trip(void **state)
{
	struct err	 err = {0};
	struct name	 n = {0};
	EVP_PKEY	*key = csr_key(&n);
	unsigned char	 point[SM2_POINT_LEN], want[SM2_POINT_LEN];
	struct buf	 der, pem;

	(void)state;
	buf_init(&der, LIMIT_CSR);
	buf_init(&pem, LIMIT_CSR);
	assert_ok(csr_build_key(&n, key, &der, &err));
	assert_ok(csr_check(der.p, der.len, point, &err));
	assert_ok(sm2_point(key, want, &err));
	assert_memory_equal(point, want, sizeof(want));
	buf_addstr(&pem, "-----BEGIN CERTIFICATE REQUEST-----\n");
	base64_add(&pem, der.p, der.len);
	buf_addstr(&pem, "\n-----END CERTIFICATE REQUEST-----\n");
	assert_ok(csr_check(pem.p, pem.len, point, &err));
	for (size_t i = 0; i < der.len; i++) {
		der.p[i] ^= 0x01;
		if (csr_check(der.p, der.len, point, &err) == 0)
			fail_msg("byte %zu may be changed", i);
		der.p[i] ^= 0x01;
	}
	assert_err(csr_check(der.p, der.len - 1, point, &err), ERR_INPUT);
	assert_err(csr_check("x", 1, point, &err), ERR_INPUT);
	assert_err(csr_check("", 0, point, &err), ERR_INPUT);
	buf_free(&pem);
	buf_free(&der);
	name_free(&n);
	EVP_PKEY_free(key);
}

/* Parameters NULL instead of absent, as many Chinese tools write. */
void
test_csr__null_parameters(void **state)
{
	static const char alg[] = "\x30\x0c\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x75\x05";
	struct err		 err = {0};
	struct name		 n = {0};
	EVP_PKEY		*key = csr_key(&n);
	unsigned char		 point[SM2_POINT_LEN];
	struct der_signed	 s;
	struct buf		 der, body, sig, whole;

	(void)state;
	buf_init(&der, LIMIT_CSR);
	buf_init(&body, LIMIT_CSR);
	buf_init(&sig, LIMIT_CSR);
	buf_init(&whole, LIMIT_CSR);
	assert_ok(csr_build_key(&n, key, &der, &err));
	assert_int_equal(der_signed_parse(der.p, der.len, &s), 0);
	buf_add(&body, s.tbs.p, s.tbs.len);
	buf_add(&body, alg, sizeof(alg));	/* with its NUL */
	buf_addch(&sig, '\0');
	buf_add(&sig, s.signature.p, s.signature.len);
	der_add(&body, 0x03, sig.p, sig.len);
	der_add(&whole, 0x30, body.p, body.len);
	assert_ok(csr_check(whole.p, whole.len, point, &err));
	buf_free(&der);
	buf_free(&body);
	buf_free(&sig);
	buf_free(&whole);
	name_free(&n);
	EVP_PKEY_free(key);
}

/* Signed with the empty ID, as OpenSSL's plain call does. */
void
test_csr__empty_id_is_refused(void **state)
{
	struct err	 err = {0};
	struct name	 n = {0};
	EVP_PKEY	*key = csr_key(&n);
	X509_REQ	*req = X509_REQ_new();
	unsigned char	*der = NULL, point[SM2_POINT_LEN];
	int		 len;

	(void)state;
	X509_REQ_set_pubkey(req, key);
	assert_true(X509_REQ_sign(req, key, EVP_sm3()) > 0);
	len = i2d_X509_REQ(req, &der);
	assert_true(len > 0);
	assert_err(csr_check(der, (size_t)len, point, &err), ERR_CRYPTO);
	OPENSSL_free(der);
	X509_REQ_free(req);
	name_free(&n);
	EVP_PKEY_free(key);
}

/* A P-256 request has no place here. */
void
test_csr__other_keys_are_refused(void **state)
{
	struct err	 err = {0};
	EVP_PKEY	*key = EVP_EC_gen("P-256");
	X509_REQ	*req = X509_REQ_new();
	unsigned char	*der = NULL, point[SM2_POINT_LEN];
	int		 len;

	(void)state;
	X509_REQ_set_pubkey(req, key);
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	len = i2d_X509_REQ(req, &der);
	assert_true(len > 0);
	assert_err(csr_check(der, (size_t)len, point, &err), ERR_INPUT);
	OPENSSL_free(der);
	X509_REQ_free(req);
	EVP_PKEY_free(key);
}

/* A challengePassword is found among other attributes. */
void
test_csr__challenge(void **state)
{
	static unsigned char	 der[2048];
	unsigned char		*end;
	struct der		 found = {0};
	int			 len;

	(void)state;
	for (int n = 0; n < 2; n++) {
		EVP_PKEY	*key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
		X509_REQ	*r = X509_REQ_new();

		assert_true(X509_REQ_set_pubkey(r, key));
		assert_true(X509_REQ_add1_attr_by_NID(r, NID_pkcs9_unstructuredName, MBSTRING_ASC,
		    (const unsigned char *)"x", -1));
		if (n == 1)
			assert_true(X509_REQ_add1_attr_by_NID(r, NID_pkcs9_challengePassword,
			    MBSTRING_ASC, (const unsigned char *)"MTIz", -1));
		assert_true(X509_REQ_sign(r, key, EVP_sha256()) > 0);
		end = der;
		assert_true((len = i2d_X509_REQ(r, &end)) > 0);
		assert_int_equal(csr_challenge(der, (size_t)len, &found), n);
		assert_int_equal(csr_challenge(der, (size_t)len - 1, &found), -1);
		X509_REQ_free(r);
		EVP_PKEY_free(key);
	}
	assert_int_equal(found.len, 4);
	assert_memory_equal(found.p, "MTIz", 4);
}

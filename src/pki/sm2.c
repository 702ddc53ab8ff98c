#include "base/base.h"
#include "pki/der.h"
#include "pki/sm2.h"

#include <openssl/evp.h>

/* a, b, xG, yG of sm2p256v1 (GB/T 32918.5): the fixed middle of ZA's input */
static const unsigned char sm2_curve[128] = {
	0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc,
	0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a, 0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7,
	0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd, 0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93,
	0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19, 0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94,
	0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b, 0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7,
	0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6, 0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53,
	0xd0, 0xa9, 0x87, 0x7c, 0xc6, 0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
};

void
sm3(const void *p, size_t len, unsigned char digest[SM2_DIGEST_LEN])
{
	if (EVP_Digest(p, len, digest, NULL, EVP_sm3(), NULL) != 1)
		BUG("SM3 is missing from OpenSSL");
}

void
sm2_za_id(const unsigned char point[SM2_POINT_LEN], const void *id, size_t id_len,
    unsigned char za[SM2_DIGEST_LEN])
{
	const unsigned char	 bits[2] = {(unsigned char)(id_len >> 5),
		(unsigned char)(id_len << 3)};
	EVP_MD_CTX		*ctx = EVP_MD_CTX_new();

	if (id_len > SM2_ID_MAX)
		BUG("an identifier of %zu bytes", id_len);
	if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sm3(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, bits, sizeof(bits)) != 1 ||
	    EVP_DigestUpdate(ctx, id, id_len) != 1 ||
	    EVP_DigestUpdate(ctx, sm2_curve, sizeof(sm2_curve)) != 1 ||
	    EVP_DigestUpdate(ctx, point + 1, SM2_POINT_LEN - 1) != 1 ||
	    EVP_DigestFinal_ex(ctx, za, NULL) != 1)
		BUG("SM3 is missing from OpenSSL");
	EVP_MD_CTX_free(ctx);
}

void
sm2_za(const unsigned char point[SM2_POINT_LEN], unsigned char za[SM2_DIGEST_LEN])
{
	sm2_za_id(point, SM2_DEFAULT_ID, SM2_DEFAULT_ID_LEN, za);
}

void
sm2_digest(const unsigned char point[SM2_POINT_LEN], const void *p, size_t len,
    unsigned char e[SM2_DIGEST_LEN])
{
	unsigned char	 za[SM2_DIGEST_LEN];
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();

	sm2_za(point, za);
	if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sm3(), NULL) != 1 ||
	    EVP_DigestUpdate(ctx, za, sizeof(za)) != 1 ||
	    EVP_DigestUpdate(ctx, p, len) != 1 ||
	    EVP_DigestFinal_ex(ctx, e, NULL) != 1)
		BUG("SM3 is missing from OpenSSL");
	EVP_MD_CTX_free(ctx);
}

int
sm2_sign_message(EVP_PKEY *key, const void *p, size_t len, struct buf *sig, struct err *err)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX	*pctx = NULL;
	unsigned char	 der[SM2_SIG_DER_MAX];
	size_t		 der_len = sizeof(der);
	int		 rc = -1;

	if (ctx == NULL || !EVP_PKEY_is_a(key, "SM2") ||
	    EVP_DigestSignInit(ctx, &pctx, EVP_sm3(), NULL, key) <= 0 ||
	    EVP_PKEY_CTX_set1_id(pctx, SM2_DEFAULT_ID, SM2_DEFAULT_ID_LEN) <= 0 ||
	    EVP_DigestSign(ctx, der, &der_len, p, len) <= 0)
		err_openssl(err, ERR_CRYPTO, "cannot sign with this SM2 key");
	else {
		buf_add(sig, der, der_len);
		rc = buf_check(sig, err);
	}
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
sm2_verify_message(EVP_PKEY *key, const void *p, size_t len, const void *sig, size_t sig_len,
    struct err *err)
{
	unsigned char	 rs[SM2_RAW_SIG_LEN];
	EVP_MD_CTX	*ctx = NULL;
	EVP_PKEY_CTX	*pctx = NULL;
	int		 rc = -1;

	if (sm2_sig_from_der(sig, sig_len, rs, err) < 0)
		return -1;
	if ((ctx = EVP_MD_CTX_new()) == NULL || !EVP_PKEY_is_a(key, "SM2") ||
	    EVP_DigestVerifyInit(ctx, &pctx, EVP_sm3(), NULL, key) <= 0 ||
	    EVP_PKEY_CTX_set1_id(pctx, SM2_DEFAULT_ID, SM2_DEFAULT_ID_LEN) <= 0)
		err_openssl(err, ERR_CRYPTO, "not an SM2 key");
	else if (EVP_DigestVerify(ctx, sig, sig_len, p, len) != 1)
		err_openssl(err, ERR_CRYPTO, "the SM2 signature does not hold");
	else
		rc = 0;
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
sm2_verify_point(const unsigned char point[SM2_POINT_LEN], const void *p, size_t len,
    const void *sig, size_t sig_len, struct err *err)
{
	EVP_PKEY	*key = NULL;
	int		 rc;

	if (sm2_from_point(point, &key, err) < 0)
		return -1;
	rc = sm2_verify_message(key, p, len, sig, sig_len, err);
	EVP_PKEY_free(key);
	return rc;
}

int
sm2_sign_digest(EVP_PKEY *key, const unsigned char e[SM2_DIGEST_LEN],
    unsigned char rs[SM2_RAW_SIG_LEN], struct err *err)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	unsigned char	 der[SM2_SIG_DER_MAX];
	size_t		 len = sizeof(der);
	int		 rc = -1;

	if (ctx == NULL || !EVP_PKEY_is_a(key, "SM2") || EVP_PKEY_sign_init(ctx) <= 0 ||
	    EVP_PKEY_sign(ctx, der, &len, e, SM2_DIGEST_LEN) <= 0)
		err_openssl(err, ERR_CRYPTO, "cannot sign with this SM2 key");
	else
		rc = sm2_sig_from_der(der, len, rs, err);
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

int
sm2_verify_digest(EVP_PKEY *key, const unsigned char e[SM2_DIGEST_LEN],
    const unsigned char rs[SM2_RAW_SIG_LEN], struct err *err)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	struct buf	 der;
	int		 rc = -1;

	buf_init(&der, SM2_SIG_DER_MAX);
	sm2_sig_to_der(rs, &der);
	if (ctx == NULL || !EVP_PKEY_is_a(key, "SM2") || EVP_PKEY_verify_init(ctx) <= 0 ||
	    EVP_PKEY_verify(ctx, (unsigned char *)der.p, der.len, e, SM2_DIGEST_LEN) != 1)
		err_openssl(err, ERR_CRYPTO, "the SM2 signature does not hold");
	else
		rc = 0;
	buf_free(&der);
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

void
sm2_sig_to_der(const unsigned char rs[SM2_RAW_SIG_LEN], struct buf *der)
{
	struct buf	 body;

	buf_init(&body, SM2_SIG_DER_MAX);
	der_add_uint(&body, rs, 32);
	der_add_uint(&body, rs + 32, 32);
	der_add(der, 0x30, body.p, body.len);
	buf_free(&body);
}

int
sm2_sig_from_der(const void *der, size_t len, unsigned char rs[SM2_RAW_SIG_LEN],
    struct err *err)
{
	struct der	 in = {.p = der, .len = len}, body;

	if (der_get(&in, 0x30, &body) < 0 || in.len != 0 ||
	    der_get_uint(&body, rs, 32) < 0 || der_get_uint(&body, rs + 32, 32) < 0 ||
	    body.len != 0)
		return err_set(err, ERR_CRYPTO, "not a DER SM2Signature (GM/T 0009 7.3)");
	return 0;
}

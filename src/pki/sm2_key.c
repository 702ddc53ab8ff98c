#include "base/base.h"
#include "pki/der.h"
#include "pki/sm2.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <pthread.h>

/* SEQUENCE { SEQUENCE { id-ecPublicKey, sm2p256v1 }, BIT STRING (66 bytes) … */
static const unsigned char sm2_spki_head[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d, 0x03, 0x42, 0x00,
};

int
sm2_generate(EVP_PKEY **out, struct err *err)
{
	EVP_PKEY	*key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");

	if (key == NULL)
		return err_openssl(err, ERR_CRYPTO, "cannot generate an SM2 key");
	*out = key;
	return 0;
}

/* Hand a point, and the scalar unless NULL, to OpenSSL's "SM2" key type. */
static EVP_PKEY *
sm2_fromdata(const unsigned char point[SM2_POINT_LEN], const BIGNUM *d)
{
	OSSL_PARAM_BLD	*bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
	OSSL_PARAM	*params = NULL;
	EVP_PKEY	*key = NULL;
	int		 what = d == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;

	if (bld == NULL || ctx == NULL ||
	    !OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
	    SM2_POINT_LEN))
		goto out;
	if (d != NULL && !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d))
		goto out;
	if ((params = OSSL_PARAM_BLD_to_param(bld)) == NULL ||
	    EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, what, params) <= 0)
		key = NULL;
 out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* d*G as 65 bytes; -1 when d is not in [1, n-2] (GB/T 32918.1 6.1). */
static int
sm2_multiply(const BIGNUM *d, unsigned char point[SM2_POINT_LEN])
{
	EC_GROUP	*group = EC_GROUP_new_by_curve_name(NID_sm2);
	EC_POINT	*q = group == NULL ? NULL : EC_POINT_new(group);
	BIGNUM		*top = NULL;
	int		 rc = -1;

	if (q == NULL || (top = BN_dup(EC_GROUP_get0_order(group))) == NULL ||
	    !BN_sub_word(top, 1))
		goto out;
	if (BN_is_zero(d) || BN_is_negative(d) || BN_cmp(d, top) >= 0)
		goto out;
	if (EC_POINT_mul(group, q, d, NULL, NULL, NULL) &&
	    EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED, point,
	    SM2_POINT_LEN, NULL) == SM2_POINT_LEN)
		rc = 0;
 out:
	BN_free(top);
	EC_POINT_free(q);
	EC_GROUP_free(group);
	return rc;
}

int
sm2_from_scalar(const unsigned char d[SM2_SCALAR_LEN], EVP_PKEY **out, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN];
	BIGNUM		*bn = BN_secure_new();
	EVP_PKEY	*key = NULL;

	if (bn != NULL && BN_bin2bn(d, SM2_SCALAR_LEN, bn) != NULL) {
		BN_set_flags(bn, BN_FLG_CONSTTIME);
		if (sm2_multiply(bn, point) == 0)
			key = sm2_fromdata(point, bn);
	}
	BN_clear_free(bn);
	if (key == NULL)
		return err_openssl(err, ERR_CRYPTO, "not an SM2 private key");
	*out = key;
	return 0;
}

/* Any public key: others are made of its copies, which share no work of setting up the curve. */
static EVP_PKEY		*sm2_any;
static pthread_once_t	 sm2_once = PTHREAD_ONCE_INIT;

static void
sm2_make_any(void)
{
	unsigned char	 point[SM2_POINT_LEN];
	BIGNUM		*one = BN_new();

	if (one != NULL && BN_one(one) && sm2_multiply(one, point) == 0)
		sm2_any = sm2_fromdata(point, NULL);
	BN_free(one);
}

/* OpenSSL checks that the point is on the curve. */
int
sm2_from_point(const unsigned char point[SM2_POINT_LEN], EVP_PKEY **out, struct err *err)
{
	EVP_PKEY	*key = NULL;

	pthread_once(&sm2_once, sm2_make_any);
	if (point[0] == 0x04 && sm2_any != NULL && (key = EVP_PKEY_dup(sm2_any)) != NULL &&
	    EVP_PKEY_set1_encoded_public_key(key, point, SM2_POINT_LEN) == 1) {
		*out = key;
		return 0;
	}
	EVP_PKEY_free(key);
	return err_openssl(err, ERR_CRYPTO, "not a point of the SM2 curve");
}

/* Of a key that came with its point compressed. */
static int
sm2_point_xy(const EVP_PKEY *key, unsigned char point[SM2_POINT_LEN], struct err *err)
{
	BIGNUM	*x = NULL, *y = NULL;
	int	 rc = -1;

	if (!EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) ||
	    !EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) ||
	    BN_bn2binpad(x, point + 1, 32) != 32 || BN_bn2binpad(y, point + 33, 32) != 32)
		err_openssl(err, ERR_CRYPTO, "not an SM2 key");
	else {
		point[0] = 0x04;
		rc = 0;
	}
	BN_free(x);
	BN_free(y);
	return rc;
}

int
sm2_point(const EVP_PKEY *key, unsigned char point[SM2_POINT_LEN], struct err *err)
{
	size_t	 len = 0;

	if (!EVP_PKEY_is_a(key, "SM2"))
		return err_set(err, ERR_CRYPTO, "not an SM2 key");
	if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
	    SM2_POINT_LEN, &len) && len == SM2_POINT_LEN && point[0] == 0x04)
		return 0;
	return sm2_point_xy(key, point, err);
}

int
sm2_scalar(const EVP_PKEY *key, unsigned char d[SM2_SCALAR_LEN], struct err *err)
{
	BIGNUM	*bn = NULL;
	int	 rc = -1;

	if (!EVP_PKEY_is_a(key, "SM2") ||
	    !EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &bn) ||
	    BN_bn2binpad(bn, d, SM2_SCALAR_LEN) != SM2_SCALAR_LEN)
		err_openssl(err, ERR_CRYPTO, "not an SM2 private key");
	else
		rc = 0;
	BN_clear_free(bn);
	return rc;
}

void
sm2_spki_add(const unsigned char point[SM2_POINT_LEN], struct buf *der)
{
	buf_add(der, sm2_spki_head, sizeof(sm2_spki_head));
	buf_add(der, point, SM2_POINT_LEN);
}

int
sm2_spki_key(const void *der, size_t len, EVP_PKEY **out, struct err *err)
{
	const unsigned char	*p = der;

	if (len != sizeof(sm2_spki_head) + SM2_POINT_LEN ||
	    memcmp(p, sm2_spki_head, sizeof(sm2_spki_head)) != 0)
		return err_set(err, ERR_INPUT, "not an SM2 SubjectPublicKeyInfo");
	return sm2_from_point(p + sizeof(sm2_spki_head), out, err);
}

int
sm2_spki_parse(const void *der, size_t len, unsigned char point[SM2_POINT_LEN],
    struct err *err)
{
	EVP_PKEY	*key = NULL;

	if (sm2_spki_key(der, len, &key, err) < 0)
		return -1;
	EVP_PKEY_free(key);
	memcpy(point, (const unsigned char *)der + sizeof(sm2_spki_head), SM2_POINT_LEN);
	return 0;
}

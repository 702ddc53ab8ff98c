#include "base/base.h"
#include "pki/key_kinds.h"

/* sm2sign-with-sm3, parameters absent; many Chinese CAs write NULL. */
static const unsigned char key_sm2_algorithm[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75,
};
static const unsigned char key_sm2_alias[] = {
	0x30, 0x0c, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75, 0x05, 0x00,
};

static bool
key_sm2_is(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "SM2");
}

static EVP_PKEY *
key_sm2_generate(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
}

static int
key_sm2_prepare(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_CTX_set1_id(ctx, SM2_DEFAULT_ID, SM2_DEFAULT_ID_LEN) > 0 ? 0 : -1;
}

const struct key_kind	 key_sm2 = {
	.name = "sm2", .title = "SM2/SM3", .algorithm = key_sm2_algorithm,
	.algorithm_len = sizeof(key_sm2_algorithm), .is = key_sm2_is,
	.generate = key_sm2_generate, .digest = EVP_sm3, .prepare = key_sm2_prepare,
	.alias = key_sm2_alias, .alias_len = sizeof(key_sm2_alias),
};

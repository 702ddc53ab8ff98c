#include "base/base.h"
#include "pki/key_kinds.h"

#define KEY_RSA_BITS	3072	/* what we make */
#define KEY_RSA_MIN	2048	/* what a subject may bring */
#define KEY_RSA_MAX	8192	/* a stranger's larger one would only burn our time */

/* sha256WithRSAEncryption with NULL (RFC 4055 5). */
static const unsigned char key_rsa_algorithm[] = {
	0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00,
};

/* Without it: to be accepted too (RFC 4055 5); OpenSSL's CMP writes it so. */
static const unsigned char key_rsa_alias[] = {
	0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b,
};

static bool
key_rsa_is(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= KEY_RSA_MIN &&
	    EVP_PKEY_get_bits(key) <= KEY_RSA_MAX;
}

static EVP_PKEY *
key_rsa_generate(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)KEY_RSA_BITS);
}

const struct key_kind	 key_rsa = {
	.name = "rsa", .title = "RSA 3072/SHA-256", .algorithm = key_rsa_algorithm,
	.algorithm_len = sizeof(key_rsa_algorithm), .is = key_rsa_is,
	.generate = key_rsa_generate, .digest = EVP_sha256,
	.alias = key_rsa_alias, .alias_len = sizeof(key_rsa_alias),
};

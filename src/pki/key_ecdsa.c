#include "base/base.h"
#include "pki/key_kinds.h"

/* ecdsa-with-SHA256, parameters absent (RFC 5758 3.2). */
static const unsigned char key_ecdsa_algorithm[] = {
	0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
};

static bool
key_ecdsa_is(const EVP_PKEY *key)
{
	char	 group[64];

	return EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	    (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0);
}

static EVP_PKEY *
key_ecdsa_generate(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

const struct key_kind	 key_ecdsa = {
	.name = "ecdsa", .title = "ECDSA P-256/SHA-256", .algorithm = key_ecdsa_algorithm,
	.algorithm_len = sizeof(key_ecdsa_algorithm), .is = key_ecdsa_is,
	.generate = key_ecdsa_generate, .digest = EVP_sha256,
};

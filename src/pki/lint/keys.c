#include "base/base.h"
#include "pki/lint/rules.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

/* The key's kind, NULL when it is of none. */
static const struct key_kind *
lint_kind(const struct lint_case *c)
{
	const EVP_PKEY	*key = c->cert->key;

	return key == NULL ? NULL : key_kind_of(key);
}

bool
lint_key_kind(const struct lint_case *c)
{
	return lint_kind(c) != NULL;
}

/* The OID of the key's algorithm, with its parameters; NULL: none can be read. */
static const X509_ALGOR *
lint_key_algorithm(const struct lint_case *c, int *parameters, const void **value)
{
	X509_ALGOR		*algorithm = NULL;
	const ASN1_OBJECT	*oid;

	if (X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm,
	    X509_get_X509_PUBKEY(c->cert->x)) != 1)
		return NULL;
	X509_ALGOR_get0(&oid, parameters, value, algorithm);
	return algorithm;
}

bool
lint_key_parameters(const struct lint_case *c)
{
	int			 type = V_ASN1_UNDEF;
	const void		*value = NULL;
	const X509_ALGOR	*a = lint_key_algorithm(c, &type, &value);

	switch (a == NULL ? NID_undef : OBJ_obj2nid(a->algorithm)) {
	case NID_rsaEncryption:
		return type == V_ASN1_NULL;
	case NID_X9_62_id_ecPublicKey:
		return type == V_ASN1_OBJECT;
	}
	return true;
}

/* OpenSSL takes no point for a key that is not on the curve; the curves are those it has. */
bool
lint_key_on_curve(const struct lint_case *c)
{
	int			 type = V_ASN1_UNDEF;
	const void		*value = NULL;
	const X509_ALGOR	*a = lint_key_algorithm(c, &type, &value);
	int			 curve;

	if (a == NULL || OBJ_obj2nid(a->algorithm) != NID_X9_62_id_ecPublicKey ||
	    type != V_ASN1_OBJECT)
		return true;
	curve = OBJ_obj2nid(value);
	return (curve != NID_sm2 && curve != NID_X9_62_prime256v1) || c->cert->key != NULL;
}

bool
lint_key_exponent(const struct lint_case *c)
{
	EVP_PKEY	*key = c->cert->key;
	BIGNUM		*e = NULL;
	bool		 holds;

	if (key == NULL || !EVP_PKEY_is_a(key, "RSA"))
		return true;
	holds = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
	    BN_num_bits(e) >= 17;
	BN_free(e);
	return holds;
}

/* As it stands in the certificate: OpenSSL reads compressed and hybrid points too. */
bool
lint_key_point(const struct lint_case *c)
{
	X509_ALGOR		*algorithm = NULL;
	const unsigned char	*p = NULL;
	int			 len = 0;

	if (X509_PUBKEY_get0_param(NULL, &p, &len, &algorithm,
	    X509_get_X509_PUBKEY(c->cert->x)) != 1)
		return false;
	return OBJ_obj2nid(algorithm->algorithm) != NID_X9_62_id_ecPublicKey ||
	    (len > 0 && p[0] == 0x04);
}

/* GB/T 20518 lets SM2 keys encipher, so the rule for elliptic curves is not for them. */
bool
lint_key_usage(const struct lint_case *c)
{
	const struct key_kind	*kind = lint_kind(c);
	unsigned		 usage = c->cert->usage;

	if (kind == &key_rsa)
		return (usage & KU_KEY_AGREEMENT) == 0;
	return kind != &key_ecdsa || (usage & (KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT)) == 0;
}

bool
lint_key_own(const struct lint_case *c)
{
	const EVP_PKEY	*own = c->cert->key;
	const EVP_PKEY	*issuer = c->issuer == NULL ? NULL : cert_key(c->issuer);

	return own == NULL || issuer == NULL || !key_is_same(own, issuer);
}

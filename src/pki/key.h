#ifndef PKI_KEY_H
#define PKI_KEY_H
#include "pki/der.h"
#include "pki/sm2.h"
/*
 * Key kinds: what a CA, a responder or a subject may have for a key, one row of keys.def and
 * one file key_<name>.c each.  A kind fixes parameters, digest and signature algorithm:
 *
 *	sm2	sm2p256v1, SM3, sm2sign-with-sm3 with the default ID (GB/T 20518, GM/T 0009)
 *	rsa	3072 bits (a subject may bring 2048 to 8192), SHA-256, sha256WithRSAEncryption (RFC 4055)
 *	ecdsa	P-256, SHA-256, ecdsa-with-SHA256 (RFC 5758)
 *
 * Keys are EVP_PKEY; whoever gets one through `out` frees it.
 */
#define KEY_ID_LEN	20
#define KEY_SIG_MAX	1024		/* longest signature of any kind */

struct key_kind {
	const char	*name;			/* "sm2" */
	const char	*title;			/* for people */
	const unsigned char *algorithm;		/* DER AlgorithmIdentifier of its signatures */
	size_t		 algorithm_len;
	/* The key is of this kind, its parameters as the kind demands. */
	bool		 (*is)(const EVP_PKEY *key);
	EVP_PKEY	*(*generate)(void);	/* NULL: OpenSSL's error queue says why */
	const EVP_MD	*(*digest)(void);	/* of signatures and key identifiers */
	/* Set what a signing or verifying context needs beside the digest; NULL: nothing. */
	int		 (*prepare)(EVP_PKEY_CTX *ctx);
	/* An AlgorithmIdentifier that others write for the same algorithm; NULL: none. */
	const unsigned char *alias;
	size_t		 alias_len;
};
/* NULL when unknown. */
const struct key_kind *key_kind_find(const char *name);
/* The kind of a key, NULL when it is of none (wrong curve, too short). */
const struct key_kind *key_kind_of(const EVP_PKEY *key);
/* i-th kind, NULL at the end. */
const struct key_kind *key_kind_at(size_t i);

NODISCARD int	key_generate(const struct key_kind *kind, EVP_PKEY **out, struct err *err);
/* Same public key.  Can not fail. */
bool		key_is_same(const EVP_PKEY *a, const EVP_PKEY *b);
/*
 * subjectKeyIdentifier: the first 160 bits of the kind's digest over the subjectPublicKey
 * bits (RFC 7093 2 (1), with SM3 for SM2).
 */
NODISCARD int	key_id(const EVP_PKEY *key, unsigned char id[KEY_ID_LEN], struct err *err);
/* DER SubjectPublicKeyInfo, appended. */
NODISCARD int	key_spki_add(const EVP_PKEY *key, struct buf *der, struct err *err);
/* From a SubjectPublicKeyInfo, of any kind; NULL when OpenSSL cannot read it. */
EVP_PKEY	*key_spki_read(const void *der, size_t len);
/* From a SubjectPublicKeyInfo; ERR_INPUT when it is of no kind. */
NODISCARD int	key_spki_parse(const void *der, size_t len, EVP_PKEY **out, struct err *err);

/* Append the signature over the message, in the form certificates carry. */
NODISCARD int	key_sign(EVP_PKEY *key, const void *p, size_t len, struct buf *sig,
		    struct err *err);
/* ERR_CRYPTO when it does not hold. */
NODISCARD int	key_verify(EVP_PKEY *key, const void *p, size_t len, const void *sig,
		    size_t sig_len, struct err *err);
/*
 * The same for a sliced structure: its algorithm must be the kind's (or the alias others
 * write), then the signature over its tbs.
 */
NODISCARD int	key_verify_signed(EVP_PKEY *key, const struct der_signed *s, struct err *err);
/* The algorithm alone. */
NODISCARD int	key_check_algorithm(const EVP_PKEY *key, const struct der_signed *s,
		    struct err *err);
/* A signing context for OpenSSL's X509_…_sign_ctx; the caller frees.  NULL: no kind. */
EVP_MD_CTX	*key_sign_ctx(EVP_PKEY *key);

/*
 * Files: PKCS#8, encrypted with the passphrase (PBES2, PBKDF2, SM4-CBC), PEM, mode 0600.
 * A wrong passphrase is ERR_DENIED; a key of no kind ERR_CRYPTO.
 */
NODISCARD int	key_to_pem(EVP_PKEY *key, const struct secret *pass, struct buf *pem,
		    struct err *err);
NODISCARD int	key_from_pem(const void *pem, size_t len, const struct secret *pass,
		    EVP_PKEY **out, struct err *err);
NODISCARD int	key_write(const char *path, EVP_PKEY *key, const struct secret *pass,
		    struct err *err);
NODISCARD int	key_read(const char *path, const struct secret *pass, EVP_PKEY **out,
		    struct err *err);
#endif

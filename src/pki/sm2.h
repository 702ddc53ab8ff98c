#ifndef PKI_SM2_H
#define PKI_SM2_H
#include "base/buf.h"
#include "base/secret.h"

#include <openssl/evp.h>
/*
 * SM2 (GB/T 32918, GM/T 0003) with SM3 over OpenSSL 3.0.
 *
 * Every message signature uses the default distinguishing identifier of GM/T 0009 clause 10:
 * the 16 bytes 1234567812345678.  OpenSSL's plain sign calls hash with an *empty* identifier
 * and nobody else accepts the result; so all signing in this house goes through here.
 *
 * Keys are EVP_PKEY of the type named "SM2" (never EVP_EC_gen, which makes an EC key that
 * signs with ECDSA).  A key returned through `out` is the caller's: EVP_PKEY_free.
 * Everywhere else points are 65 bytes 04||X||Y, scalars and digests 32 bytes big endian, raw
 * signatures 64 bytes r||s; signatures in files and on the wire are DER SM2Signature.
 *
 * Not checked here: whether a key may be used for the purpose (see cert.h).
 */
#define SM2_DEFAULT_ID		"1234567812345678"
#define SM2_DEFAULT_ID_LEN	16
#define SM2_ID_MAX		8191		/* its length in bits goes into two bytes */
#define SM2_SCALAR_LEN		32
#define SM2_POINT_LEN		65
#define SM2_DIGEST_LEN		32		/* SM3 */
#define SM2_RAW_SIG_LEN		64		/* r||s */
#define SM2_SIG_DER_MAX		72		/* SEQUENCE of two 33-byte INTEGERs */
#define SM2_PLAIN_MAX		4096		/* longest message we encrypt */
#define SM2_CIPHER_MAX		(SM2_PLAIN_MAX + 128)

/* Keys -------------------------------------------------------------------------------- */

NODISCARD int	sm2_generate(EVP_PKEY **out, struct err *err);
/* The pair of a private scalar; ERR_CRYPTO unless 1 <= d < n-1. */
NODISCARD int	sm2_from_scalar(const unsigned char d[SM2_SCALAR_LEN], EVP_PKEY **out,
		    struct err *err);
/* A public key; ERR_CRYPTO when the point is not on the curve. */
NODISCARD int	sm2_from_point(const unsigned char point[SM2_POINT_LEN], EVP_PKEY **out,
		    struct err *err);
NODISCARD int	sm2_point(const EVP_PKEY *key, unsigned char point[SM2_POINT_LEN],
		    struct err *err);
/* The caller wipes d.  ERR_CRYPTO for a public key. */
NODISCARD int	sm2_scalar(const EVP_PKEY *key, unsigned char d[SM2_SCALAR_LEN],
		    struct err *err);
/* SubjectPublicKeyInfo: id-ecPublicKey with sm2p256v1 (GB/T 20518 5.2.3.7). */
void		sm2_spki_add(const unsigned char point[SM2_POINT_LEN], struct buf *der);
NODISCARD int	sm2_spki_parse(const void *der, size_t len, unsigned char point[SM2_POINT_LEN],
		    struct err *err);
NODISCARD int	sm2_spki_key(const void *der, size_t len, EVP_PKEY **out, struct err *err);

/* Digests ----------------------------------------------------------------------------- */

void		sm3(const void *p, size_t len, unsigned char digest[SM2_DIGEST_LEN]);
/* ZA of the public key with the default ID (GB/T 32918.2 5.5).  Can not fail. */
void		sm2_za(const unsigned char point[SM2_POINT_LEN], unsigned char za[SM2_DIGEST_LEN]);
/* The same with another identifier of at most SM2_ID_MAX bytes. */
void		sm2_za_id(const unsigned char point[SM2_POINT_LEN], const void *id,
		    size_t id_len, unsigned char za[SM2_DIGEST_LEN]);
/* e = SM3(ZA || message), ZA with the default ID (GB/T 32918.2 5.5, 6.1).  Can not fail. */
void		sm2_digest(const unsigned char point[SM2_POINT_LEN], const void *p, size_t len,
		    unsigned char e[SM2_DIGEST_LEN]);

/* Signatures -------------------------------------------------------------------------- */

/* Append the DER SM2Signature over the message to sig. */
NODISCARD int	sm2_sign_message(EVP_PKEY *key, const void *p, size_t len, struct buf *sig,
		    struct err *err);
/* 0 when it holds; ERR_CRYPTO when not or when the signature is not strict DER. */
NODISCARD int	sm2_verify_message(EVP_PKEY *key, const void *p, size_t len,
		    const void *sig, size_t sig_len, struct err *err);
/* As above with the bare point, for a key that is known by its certificate only. */
NODISCARD int	sm2_verify_point(const unsigned char point[SM2_POINT_LEN], const void *p,
		    size_t len, const void *sig, size_t sig_len, struct err *err);
/* Over a precomputed e, as SKF_ECCSignData and SKF_ECCVerify do. */
NODISCARD int	sm2_sign_digest(EVP_PKEY *key, const unsigned char e[SM2_DIGEST_LEN],
		    unsigned char rs[SM2_RAW_SIG_LEN], struct err *err);
NODISCARD int	sm2_verify_digest(EVP_PKEY *key, const unsigned char e[SM2_DIGEST_LEN],
		    const unsigned char rs[SM2_RAW_SIG_LEN], struct err *err);
/* r||s <-> DER SM2Signature (GM/T 0009 7.3).  Parsing accepts strict DER only. */
void		sm2_sig_to_der(const unsigned char rs[SM2_RAW_SIG_LEN], struct buf *der);
NODISCARD int	sm2_sig_from_der(const void *der, size_t len,
		    unsigned char rs[SM2_RAW_SIG_LEN], struct err *err);

/* Encryption -------------------------------------------------------------------------- */

/* The parts of a ciphertext, right-aligned 32-byte coordinates. */
struct sm2_cipher {
	unsigned char	 x[32], y[32];		/* C1 */
	unsigned char	 hash[32];		/* C3 */
	unsigned char	*text;			/* C2; of the struct, sm2_cipher_free */
	size_t		 len;			/* of text */
};
/* DER SM2Cipher, order C1 C3 C2 (GM/T 0009 7.2), appended to der. */
NODISCARD int	sm2_encrypt(EVP_PKEY *key, const void *p, size_t len, struct buf *der,
		    struct err *err);
NODISCARD int	sm2_decrypt(EVP_PKEY *key, const void *der, size_t len, struct secret *out,
		    struct err *err);
NODISCARD int	sm2_cipher_parse(const void *der, size_t len, struct sm2_cipher *c,
		    struct err *err);
void		sm2_cipher_add(const struct sm2_cipher *c, struct buf *der);
void		sm2_cipher_free(struct sm2_cipher *c);	/* of a zeroed struct: no-op */

#endif

#ifndef PKI_CSR_H
#define PKI_CSR_H
#include "pki/name.h"
#include "pki/key.h"
/*
 * PKCS#10 certification requests (RFC 2986, GM/T 0092): proof that somebody holds
 * the private key.  Names inside count only where csr_subject is asked,
 * attributes never, but csr_challenge.
 */

/* Sign e (32 bytes) where the private key lives, e.g. SKF_ECCSignData in the UKey. */
typedef int	(*csr_sign_fn)(void *arg, const unsigned char e[SM2_DIGEST_LEN],
		    unsigned char rs[SM2_RAW_SIG_LEN], struct err *err);

/* Build the DER of a request for the point; appends to der. */
NODISCARD int	csr_build(const struct name *subject, const unsigned char point[SM2_POINT_LEN],
		    csr_sign_fn sign, void *arg, struct buf *der, struct err *err);
/* The same with a key of any kind in memory. */
NODISCARD int	csr_build_key(const struct name *subject, EVP_PKEY *key, struct buf *der,
		    struct err *err);
/*
 * Check a request (DER or PEM, at most LIMIT_CSR bytes): version 1, an SM2 key on the curve,
 * signature with the default ID, algorithm parameters NULL or absent, nothing behind it.
 * ERR_INPUT or ERR_CRYPTO with a Chinese sentence.  Gives the public key only.
 */
NODISCARD int	csr_check(const void *p, size_t len, unsigned char point[SM2_POINT_LEN],
		    struct err *err);
/* The same for a key of any of these kinds; the caller frees *key. */
NODISCARD int	csr_check_key(const void *p, size_t len, EVP_PKEY **key, struct err *err);
/*
 * The subject of a DER request, for whoever is allowed to choose it.  ERR_INPUT: an attribute
 * or a value that name_add refuses.
 */
NODISCARD int	csr_subject(const void *p, size_t len, struct name *subject, struct err *err);
/*
 * The challengePassword of a DER request (RFC 2985 5.4.1), which points into it: 1, 0 when there is
 * none, -1 when it is malformed or stands there twice.
 */
NODISCARD int	csr_challenge(const void *p, size_t len, struct der *text);
#endif

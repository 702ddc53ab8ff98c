#ifndef PKI_SM2_VERIFIER_H
#define PKI_SM2_VERIFIER_H
#include "pki/sm2.h"
/*
 * A public key that many signatures are verified with: multiples of the key and of the base
 * point are made once (some 10 ms and 2.5 MB a key), then a signature takes a fifth of the
 * time of sm2_verify_message and is judged alike.
 *
 * Not for anything secret: the time depends on the signature.  Whoever has one may use it
 * from any thread.
 */
struct sm2_verifier;
/* NULL when the point is none or memory is short: use sm2_verify_message then. */
struct sm2_verifier *sm2_verifier_new(const unsigned char point[SM2_POINT_LEN]);
void		 sm2_verifier_free(struct sm2_verifier *v);	/* NULL: no-op */
/* As sm2_verify_message; ERR_CRYPTO when the signature does not hold. */
NODISCARD int	 sm2_verifier_check(const struct sm2_verifier *v, const void *p, size_t len,
		    const void *sig, size_t sig_len, struct err *err);
#endif

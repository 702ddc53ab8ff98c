#ifndef SIGNER_ESEAL_H
#define SIGNER_ESEAL_H
#include "signer/work.h"
#include "seal/eseal.h"
/*
 * The seal maker (制章者): a key of the signer's own, ca-keys/seal.key, with a certificate of the
 * profile "seal".  Another key and certificate are made when it ends within a month or was
 * revoked; seals that the earlier one made go on.
 *
 * A seal is made for the pair of an order only: the officer's approval names the picture's
 * digest and size ("seal":{"height","kind" (stamp, signature; missing: stamp),"picture" (hex SM3),
 * "width"}), the certificate gives name, type and end.  A signature is a person's.
 */
/*
 * At the start.  Without profile or CA at hand there is no maker, and no error; the CA is waited
 * for: the maker is made when a seal is wanted and it has its key again.
 */
NODISCARD int	eseal_maker_open(struct signer *s, const struct secret *passphrase,
		    struct err *err);
void		eseal_maker_release(struct eseal_maker *m);
/*
 * The seal (DER, appended) of the order of this approval, once its pair is issued; the same one
 * when it is asked again.  ERR_DENIED: the statement does not hold, or is about another picture;
 * ERR_WRONG_STATE: nothing issued yet, revoked, or no maker.  Refusals are journaled.
 */
NODISCARD int	eseal_work(struct signer *s, const struct signed_statement *in,
		    const void *picture, size_t len, struct buf *der, struct err *err);
#endif

#ifndef SEAL_ESIGN_H
#define SEAL_ESIGN_H
#include "pki/der.h"
#include "seal/eseal.h"
/*
 * Electronic signatures with a seal (电子签章): SES_Signature of GB/T 38540-2020 8.  It binds the
 * digest of a document to a seal, whole inside, under the key of one of the seal's holders.
 *
 * A struct esign is immutable and parsed within bounds, strict DER.  That it parses says nothing of
 * whether it holds; pdf_check.h asks everything there is to ask.  The generation of GM/T 0031-2014
 * (its time is a time stamp, its certificate stands inside what is signed) is refused.
 */
#define ESIGN_MAX		(ESEAL_MAX + 64 * 1024)
#define ESIGN_PROPERTY_TEXT	256

struct esign;
NODISCARD int	esign_parse(const void *der, size_t len, struct esign **out, struct err *err);
void		esign_free(struct esign *s);		/* NULL: no-op */

/* Borrowed, live as long as the signature. */
const struct eseal *esign_seal(const struct esign *s);
const struct cert *esign_signer(const struct esign *s);
int64_t		 esign_time(const struct esign *s);	/* ms; as the signer's clock said */
const unsigned char *esign_digest(const struct esign *s);	/* SM2_DIGEST_LEN bytes */
const char	*esign_property(const struct esign *s);
bool		 esign_has_critical(const struct esign *s);	/* an unknown critical extension */
struct der	 esign_value(const struct esign *s);	/* the signature value */
struct der	 esign_stamp(const struct esign *s);	/* TimeStampToken over it; len 0: none */
/* The signature alone: SM2 with SM3 and the default ID, over the very bytes of toSign. */
NODISCARD int	esign_verify_signature(const struct esign *s, struct err *err);

/* Making: what is to be signed, then, with the signature over it, the whole. */
struct esign_plan {
	const void	*seal;				/* DER of the seal */
	size_t		 seal_len;
	int64_t		 time;				/* ms; cut to seconds */
	const unsigned char *digest;			/* SM2_DIGEST_LEN bytes */
	const char	*property;			/* ASCII */
};
NODISCARD int	esign_tbs(const struct esign_plan *plan, struct buf *tbs, struct err *err);
/* stamp_len 0: none.  ERR_CRYPTO unless the signature is the signer's. */
NODISCARD int	esign_wrap(const struct buf *tbs, const struct cert *signer, const struct buf *sig,
		    const void *stamp, size_t stamp_len, struct buf *der, struct err *err);
#endif

#ifndef HALL_SOFT_H
#define HALL_SOFT_H
#include "hall/order/order.h"
/*
 * Soft certificates (软证书): products of `medium: soft`, whose key is a file of the applicant's.
 *
 * The key is made on his own computer: by the assistant in a container file (token/soft.h), or by
 * himself, who brings the PKCS#10 request.  Here is noted which of the two, and the number of the
 * container, so that the page can say where the key is.  Neither key nor passphrase is ever here.
 */
#define SOFT_CONTAINER	33		/* longest number and a NUL */

/* Note how the key of this order was made: in {"way","medium"}.  Inside a write; repeats. */
NODISCARD int	soft_bind(struct db *db, const struct order *o, const json_t *in,
		    struct err *err);
/*
 * Into the answer of an issue what other programs take, base64: "p7b" (its certificates and those
 * above them), and "enc_key_sm2", "enc_key_sm4", the parts of enc_key (envelope_split).
 */
NODISCARD int	soft_files(json_t *model, struct err *err);
/* {"soft","medium_text","words" (words.h),"key_place" (a sentence, "" for a UKey)}.  Inside a read. */
NODISCARD int	soft_model(struct db *db, const struct order *o, json_t *model, struct err *err);
#endif

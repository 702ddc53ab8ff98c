#ifndef GATE_CMB_H
#define GATE_CMB_H
#include "base/json.h"
#include "gate/reply.h"
/*
 * The envelope of CMB's corporate direct link (银企直联, CDC): JSON with sorted keys, signed by
 * SM2 with SM3 while the member sigdat holds a placeholder, then encrypted by SM4-CBC.  The
 * user id (10 bytes) and six zeros are the identifier of the signature, and the IV.
 */
#define CMB_UID		10
#define CMB_SM4_KEY	16

/* body of the function `funcode` -> DATA of the form (base64).  head and signature are added.
 * ERR_INPUT: a setting; ERR_CRYPTO. */
NODISCARD int	cmb_seal(const char *funcode, const json_t *body, struct buf *data,
		    struct err *err);
/* An answer (base64) -> its object, after the bank's signature over the raw text was checked.
 * ERR_CRYPTO, ERR_INPUT; an answer in plain text "…ErrMsg…" is ERR_GATEWAY with its words. */
NODISCARD int	cmb_open(const char *data, size_t len, json_t **out, struct err *err);

/* Call a function of the bank: *out is the body of the response (json_decref).  REFUSED with
 * the bank's code when it says no. */
enum verdict	cmb_call(const char *funcode, const json_t *body, json_t **out,
		    struct reply *r);
#endif

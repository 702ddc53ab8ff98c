#ifndef HALL_CERTIFICATE_H
#define HALL_CERTIFICATE_H
#include "hall/hall.h"
/*
 * A certificate after it was issued: how it stands, and freezing, restoring and revoking it.
 * The holder freezes and revokes with the UKey, or freezes with a code to the account's mobile;
 * restores with the UKey and a code what he froze himself.  Staff (reviewers) freeze with one
 * signature, which anybody may have to do at once, and restore and revoke with two.  What the signer
 * wants signed stands in signer/signer.h; it decides, the hall only keeps up with it.
 */

/*
 * The account's own, or any for a reviewer and the system: {"serial","subject","order","not_before",
 * "not_after","days_left","used" (percent of the validity),"status" (good|held|revoked|expired),
 * "status_text","since","reason_text","is_held","is_revoked","may_freeze","may_revoke","may_release","mobile_masked",
 * "fingerprint","has_enc","renew_from","renew_until" (dates, ""),"today","bar":{"end","from","width","today"}
 * (of 1000),"chain","ocsp","asked","acts" (certificate_own.h),"reasons":[{"code","text"}],"officers":[{"id","name"}],
 * "has_seal","seal": eseal.h}
 */
NODISCARD int	certificate_view(struct hall *h, const struct who *who, const char *serial,
		    json_t **model, struct err *err);
/*
 * The text to be signed: in {"kind" (hold|release|revocation),"reason" (revocation),"second"
 * (staff, revocation and release: id of the other officer)} -> {"id","statement"}, good for 10 minutes.
 */
NODISCARD int	certificate_statement(struct hall *h, const struct who *who, const char *serial,
		    const json_t *in, json_t *errors, json_t **model, struct err *err);
/*
 * in {"id","signature" (base64 DER),"code" (the holder's release)}: carry it out, or keep the first of two signatures:
 * *waiting tells that another officer must sign.
 */
NODISCARD int	certificate_change(struct hall *h, const struct who *who, const char *serial,
		    const json_t *in, bool *waiting, struct err *err);
/* Send a code to the account's own mobile; in as code_send. */
NODISCARD int	certificate_code(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, struct err *err);
/* Freeze at once, in {"code"}. */
NODISCARD int	certificate_freeze(struct hall *h, const struct who *who, const char *serial,
		    const json_t *in, json_t *errors, struct err *err);
/* The same after the phone was proved just now in another way (lost.h). */
NODISCARD int	certificate_freeze_now(struct hall *h, const struct who *who, const char *serial,
		    struct err *err);
/*
 * Its files: name sign.pem enc.pem (PEM), sign.cer enc.cer (DER), chain.p7b (both and those above
 * them, RFC 2315 9.1 without content and signer).  out is appended to; *type is a literal.
 */
NODISCARD int	certificate_file(struct hall *h, const struct who *who, const char *serial,
		    const char *name, struct buf *out, const char **type, struct err *err);
/* Reviewers and the system: query {"q","page"} -> {"rows":[…],"waiting":[…]} */
NODISCARD int	certificate_search(struct hall *h, const struct who *who, const json_t *query,
		    json_t **model, struct err *err);
#endif

#ifndef HALL_REVIEW_H
#define HALL_REVIEW_H
#include "hall/order/order.h"
/*
 * Review, by staff with ROLE_REVIEWER.  An approval is signed in the reviewer's UKey over the
 * canonical statement of doc/architecture.md; the signer issues against that signature only.
 * Return and approve carry the version that was looked at: when the applicant changed
 * something meanwhile they are ERR_CONFLICT (look again).
 */
/* query {"state","subject","no","page"}; rows as order_list and "waiting" (hours
 * since everything was there), "due" (promised day), "overdue", "due_soon", "mine" */
NODISCARD int	review_list(struct hall *h, const struct who *who, const json_t *query,
		    json_t **model, struct err *err);
/*
 * Evidence on one page: order_view's model and {"groups":[{"group","fields":[{"label",
 * "value"}]}],"materials":[…],"consents":[{"title","version","digest","time","address"}],
 * "has_unlock","unlock":{"ukey","certificate","proofs":[{"title","time"}]},
 * "identity":[{"method","result","time","provider_no"}],"trades":[…],"warnings":[text],
 * "has_seal","seal_fault" (why its picture cannot be made; ""),
 * "reasons":[{"code","text"}],"targets":[{"id","text"}],"claimed_by"?}
 */
NODISCARD int	review_view(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
/* Take it as one's own for 30 minutes, so that two do not work on it. */
NODISCARD int	review_claim(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
/* in {"version","reason_<n>": code, "target_<n>", "text_<n>" (n = 0…9)}, at least one */
NODISCARD int	review_return(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);
/* The statement to sign: {"statement": canonical text, "version"}; kept until approved. */
NODISCARD int	review_statement(struct hall *h, const struct who *who, const char *no,
		    int64_t version, json_t **model, struct err *err);
/* in {"version","statement","signature" (base64 DER),"certificate" (base64 DER)} */
NODISCARD int	review_approve(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, struct err *err);
#endif

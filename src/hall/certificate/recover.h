#ifndef HALL_RECOVER_H
#define HALL_RECOVER_H
#include "hall/medium/words.h"
#include "hall/order/order.h"
/*
 * Key recovery (密钥恢复): the encryption pair of an ended certificate into the medium (UKey or
 * soft certificate) of another
 * certificate of the same subject, so that what was encrypted to the old one opens again.
 *
 *	reason		why, and which certificate's medium shall get the key
 *	materials, identity	as the definition asks
 *	reviewing	the first key officer chooses the second and signs {"type":"recovery",…}
 *			(kmc/kmc.h), which names order, old and receiving certificate
 *	countersigning	the second signs the same bytes, or declines
 *	recovering	the new medium vouches for a fresh container (pki/carrier.h); kmc's envelope
 *			goes into it; what the hall encrypted to the old certificate is opened
 *
 * One approval gives one key to one medium, until it expires (definition: recovery.days).  The
 * holder is told at the beginning, at each signature and at the end, over the order's and the
 * account's channels: a thief is seen.  A judicial recovery is no business of the hall's.
 */
#define RECOVER_PROOFS	1

/* form["recover"] of the order: {"reason","reason_text","text","receiver" (serial of a sign
 * certificate),"medium" (its own: ukey, soft),"enc_serial","ukey","given","probe" (keyed digest)}; NULL before the reason. */
json_t		*recover_about(const struct order *o);
/* Why keys are recovered: [{"id","text"}]; recover_reason_text: NULL when it is none. */
json_t		*recover_reasons(const struct order *o);
const char	*recover_reason_text(const struct order *o, const char *id);
/* About the receiving medium; before it was chosen about the ended one. */
const struct medium_words	*recover_words(const struct order *o);

/*
 * The account's certificates that may receive for this order, [{"serial","subject",
 * "not_after","medium","medium_text"}]: good, not ended, of the same subject, not the ended one
 * itself, and no soft certificate whose key the holder made by his own means.
 * Inside a read.
 */
NODISCARD int	recover_receivers(struct db *db, const struct hall *h, const struct order *o,
		    json_t **list, struct err *err);
/* The encryption certificate wanted: its DER (der may be NULL) and serial.  Inside a read. */
NODISCARD int	recover_wanted(struct db *db, const struct order *o, struct buf *der,
		    char serial[48], struct err *err);

/* What was signed so far. */
struct recovery {
	bool		 there;
	int64_t		 version, first, second;	/* staff ids */
	struct buf	 statement, first_sig, second_sig;
	int64_t		 first_at, second_at, expires;	/* ms, 0: not yet */
	char		 names[2][128];
};
void		recovery_init(struct recovery *r);
void		recovery_free(struct recovery *r);
NODISCARD int	recovery_load(struct db *db, const struct order *o, struct recovery *r,
		    struct err *err);
/*
 * For pages: "recovery": {"words" (words.h),"reason_text","text","old","old_ended","receiver","expires",
 * "approvals":[{"role","time","done","name"}]}; names: also who they are.  Inside a read.
 */
NODISCARD int	recovery_model(struct db *db, const struct hall *h, const struct order *o,
		    bool names, json_t *model, struct err *err);

/* ---- the applicant ---- */

/* in {"carrier","signature" (base64 DER),"ukey"} -> {"enc_cert","envelope","probe"} (base64) */
NODISCARD int	recover_key_get(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t **model, struct err *err);
/* in {"plain" (base64)}: the probe, opened by the recovered key.  The order is done. */
NODISCARD int	recover_done(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, struct err *err);

/* ---- the desk; who: ROLE_REVIEWER, and for signing an officer of kmc's own list ---- */

/* {"rows":[order rows and "waiting_for"],"judicial": sentence} */
NODISCARD int	recover_list(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
/*
 * review's rows of the order and {"recovery":{…},"proofs":[{"title","time"}],"plain":[sentence],
 * "statement","officers":[{"id","name"}],"may_first","may_second","may_decline","why_not"}
 */
NODISCARD int	recover_view(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
/* in {"version","second" (staff id)} -> {"statement","plain":[sentence]} */
NODISCARD int	recover_statement(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, json_t **model, struct err *err);
/* in {"statement","signature","certificate" (base64 DER)}: the first or the second, whose turn
 * it is. */
NODISCARD int	recover_sign(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, struct err *err);
/* The second does not agree: in {"reason"}. */
NODISCARD int	recover_decline(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);

/* The gate's minute: approvals that have expired.  In a write. */
NODISCARD int	recover_tick(struct db *db, struct hall *h, int64_t now, struct err *err);
#endif

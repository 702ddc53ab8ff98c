#ifndef HALL_PROOF_H
#define HALL_PROOF_H
#include "gate/fact.h"
#include "hall/identity/remittance.h"
#include "hall/identity/way.h"
#include "hall/order/order.h"
#include "hall/sealed.h"
/*
 * Proving who the subject of an order is, by one of the ways of the hall (way.h); the step
 * "proof".  A try walks the questions of its way:
 *
 *	asking	a provider is asked (register, phone, card)
 *	code	an SMS went to the phone that was just found to be the person's: type it
 *	remit	a remittance is under way: type what stands on the statement
 *	face	by phone (face.h)
 *	-> passed | failed (with what differs and what to do) | left (another way is taken)
 *	   | expired
 *
 * Limits, by the definition: tries a day for the account, for the subject and for the phone;
 * wrong answers to a remittance; one open try of an order.  A pass is good for the name and
 * number it was asked about, for this account and agent; an unlocking may use an earlier one
 * within identity.reuse_days.
 */
#define PROOF_REQUEST	'P'		/* request_id of our questions begins so */

struct proof {
	int64_t	 id, order_id, account;
	const struct way *way;
	char	 state[12], was[12];	/* was: as loaded */
	int	 stage;			/* of way->stages */
	json_t	*data;			/* what was filled in */
	char	 proves[KEYED_TEXT], handler[KEYED_TEXT], code[KEYED_TEXT];
	int	 tries, tries_was;
	char	 remit_no[REMIT_NO], provider_no[96], evidence[65], reason[300];
	int64_t	 created, expires, ended;
};
void		proof_release(struct proof *p);		/* of a zeroed struct: no-op */

/* ---- for pages ---- */

/* Start with a way. in: the fields of its form, "way" is the name. */
NODISCARD int	proof_start(struct hall *h, const struct who *who, const char *no,
		    const char *way, const json_t *in, json_t *errors, struct err *err);
/* What came by SMS or stands on the statement. in {"code"} */
NODISCARD int	proof_answer(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);
/* Another SMS. in {"captcha_id","captcha"} */
NODISCARD int	proof_send_code(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);
/* Give the open try up, to take another way. */
NODISCARD int	proof_leave(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
/* Use the earlier proof of this subject and handler. */
NODISCARD int	proof_reuse(struct hall *h, const struct who *who, const char *no,
		    struct err *err);

/* May this order be proved this way, here?  way may be NULL. */
bool		proof_is_offered(const struct hall *h, const struct order *o,
		    const struct way *way);

/* ---- inside a transaction ---- */

/* 1 found, 0 none, -1. */
NODISCARD int	proof_newest(struct db *db, const struct hall *h, const struct order *o,
		    struct proof *p, struct err *err);
/* An earlier pass that this order may use: 1 found, 0 none, -1. */
NODISCARD int	proof_earlier(struct db *db, const struct hall *h, const struct order *o,
		    struct proof *p, struct err *err);
/*
 * {"way","title","state","state_text","reason","over","passed","open","asks_code","asks_remark",
 *  "by_amount","phone_masked","payee","remit_text","tries_left","expires","is_face"}
 */
NODISCARD int	proof_model(struct db *db, const struct hall *h, const struct proof *p,
		    json_t **model, struct err *err);
/* All tries for the reviewer, appended: {"method","result","time","provider_no","reason"} */
NODISCARD int	proof_history(struct db *db, const struct hall *h, const struct order *o,
		    json_t *rows, struct err *err);
/* Facts from gate. */
NODISCARD int	proof_apply(struct db *db, struct hall *h, const struct ident_fact *f,
		    struct err *err);
NODISCARD int	proof_remitted(struct db *db, struct hall *h, struct order *o,
		    const struct remittance *r, struct err *err);
/* The face check of this order ended (face.h); sentence "": passed. */
NODISCARD int	proof_faced(struct db *db, struct hall *h, struct order *o,
		    const char *sentence, struct err *err);

/* ---- between the files of proof ---- */

bool		proof_is(const struct proof *p, const char *state);
void		proof_set(struct proof *p, const char *state, const char *reason);
NODISCARD int	proof_from_row(const struct hall *h, struct rows *rows, struct proof *p,
		    struct err *err);
/* By compare-and-set on state and tries. */
NODISCARD int	proof_save(struct db *db, struct proof *p, struct err *err);
NODISCARD int	proof_insert(struct db *db, const struct hall *h, struct proof *p,
		    struct err *err);
/* Of whom, and for whom: name and number of the subject; account and agent. */
void		proof_digests(const struct hall *h, const struct order *o, struct proof *p);
const char	*proof_subject_name(const struct order *o);
const char	*proof_subject_no(const struct order *o);
/* The keyed digest of an answer to the remittance. */
void		proof_code_digest(const struct hall *h, const struct proof *p, const char *code,
		    char digest[KEYED_TEXT]);
/* Put the question of the stage p->stage; p is not saved. */
NODISCARD int	proof_ask(struct db *db, struct hall *h, struct proof *p,
		    const struct order *o, struct err *err);
/* It holds: the step is done. */
NODISCARD int	proof_pass(struct db *db, struct hall *h, const struct who *who,
		    struct proof *p, struct order *o, struct err *err);
NODISCARD int	proof_fail(struct db *db, struct hall *h, struct proof *p,
		    const struct order *o, const char *sentence, struct err *err);
#endif

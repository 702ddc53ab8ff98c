#ifndef HALL_REMITTANCE_H
#define HALL_REMITTANCE_H
#include "gate/fact.h"
#include "hall/order/order.h"
/*
 * Small sums out of the company's account, for what the payee reads on his statement: the code
 * that proves an account (proof.h), an activation PIN (activation.h).  A remittance is put once,
 * with a number of its own; gate sends it, never twice.  What stands on the statement is not
 * kept here, and gate forgets it when the remittance has ended.
 *
 * waiting -> accepted (the bank has it) -> paid -> returned (it came back); failed: it never
 * left; unknown: nobody knows, a person or the statement of the day will tell.  Wherever it
 * failed, another one with another code is sent, never the same again.
 */
#define REMIT_NO	33
struct remittance {
	char	 no[REMIT_NO], purpose[8], payee[200];
	char	 state[16], was[16], bank_no[80], reason[300];
	int64_t	 order_id, fen, created, updated, paid_at;
	bool	 there;
};
struct remittance_payee { const char *holder, *account, *bank; };

/* Is there a bank that they go out from (gate.bank)?  What needs one is not offered else. */
bool		remittance_has_bank(void);

/* ---- inside a transaction ---- */

/* Queue one: purpose "proof" or "pin". no gets its number. */
NODISCARD int	remittance_put(struct db *db, const struct hall *h, const struct order *o,
		    const char *purpose, const struct remittance_payee *to, int64_t fen,
		    const char *remark, char no[REMIT_NO], struct err *err);
/* By number, or the newest of an order for a purpose; r->there tells. */
NODISCARD int	remittance_load(struct db *db, const char *no, struct remittance *r,
		    struct err *err);
NODISCARD int	remittance_newest(struct db *db, const struct order *o, const char *purpose,
		    struct remittance *r, struct err *err);
bool		remittance_is(const struct remittance *r, const char *state);
/* It did not arrive, or came back. */
bool		remittance_is_lost(const struct remittance *r);
/* {"no","payee" (masked),"amount","state","state_text","reason","created","updated","bank_no",
 * "purpose_text"} */
json_t		*remittance_model(const struct remittance *r);
/* A fact from gate; what has been seen before, or would go back, changes nothing. */
NODISCARD int	remittance_apply(struct db *db, struct hall *h, const struct remit_fact *f,
		    struct err *err);
/* The statement of a day against our remittances: reconcile.h, channel "bank". */
NODISCARD int	remittance_reconcile(struct db *db, struct hall *h, const struct bill_fact *f,
		    struct err *err);

/* ---- the finance desk ---- */

/* Newest 200; state "" for all. {"state","rows":[remittance_model + "order","may_ask"]} */
NODISCARD int	remittance_list(struct hall *h, const struct who *who, const char *state,
		    json_t **model, struct err *err);
/* Ask the bank again.  Finance or the system; ERR_WRONG_STATE when its end is known. */
NODISCARD int	remittance_ask(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
#endif

#ifndef HALL_RECONCILE_H
#define HALL_RECONCILE_H
#include "gate/fact.h"
#include "hall/hall.h"
#include "store/store.h"
/*
 * Reconciliation: the bill of a day against our books.  A difference stays on the finance desk's
 * list until somebody closes it with a note:
 *
 *	unknown		the channel took money for a trade we do not know
 *	missing		our books say paid, the bill does not
 *	amount		both know the trade, with different amounts
 *	found		paid at the channel, not here (a lost notification): credited now by the
 *			same function as any payment, listed closed
 *	doubled		one remittance left our account twice (channel bank)
 *	refund_unknown, refund_missing, refund_amount	the same for money given back
 *
 * Run again for a day, open differences are found anew; closed ones stay closed.
 */
NODISCARD int	reconcile_apply(struct db *db, struct hall *h, const struct bill_fact *f,
		    struct err *err);
/* ---- for the statement of the bank (remittance.h), in a transaction ---- */

/* A difference ("found": closed already). */
NODISCARD int	reconcile_add(struct db *db, const struct bill_fact *f, const char *kind,
		    const char *no, const char *refund_no, int64_t ours, int64_t theirs,
		    struct err *err);
/* The day is gone through anew: its open differences are forgotten. */
NODISCARD int	reconcile_again(struct db *db, const struct bill_fact *f, struct err *err);
/* How the day ended: f->ok, or why there was no bill. */
NODISCARD int	reconcile_done(struct db *db, const struct bill_fact *f, int64_t matched,
		    struct err *err);

/* ---- the finance desk ---- */

/* Finance: {"days":[{"channel","channel_text","day","ok","matched","differences","open",
 * "detail"}],"rows":[{"id","kind_text","advice","trade","refund","ours","theirs",…}]} */
NODISCARD int	reconcile_list(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
/* Finance: in: "note". */
NODISCARD int	reconcile_close(struct hall *h, const struct who *who, const char *id,
		    const json_t *in, json_t *errors, struct err *err);
/* Ask for the bills of this day again, or of yesterday (NULL).  Finance or the system. */
NODISCARD int	reconcile_ask(struct hall *h, const struct who *who, const char *day,
		    struct err *err);
#endif

#ifndef HALL_BUNDLE_H
#define HALL_BUNDLE_H
#include "hall/order/order.h"
/*
 * Bundles: renewals of several certificates of one account (批量更新), or applications for several
 * persons (人员批量办理, batch.h), begun in one go and paid by one payment.  Each order then goes its own way: reviewed, returned, cancelled, fetched by itself.
 *
 * Money.  A trade of a bundle (the carrier) asks for the sum of what its orders owe at that moment;
 * who owes how much is written down with it (trade_share).  When it is paid each order gets its
 * share as a paid trade of its own, in the same transaction: what was paid is the sum of the
 * shares, always.  A share for an order that is paid or cancelled by then goes back by itself, as
 * a partial refund of the carrier; so does that of an order cancelled later.
 */
#define BUNDLE_MOST	100		/* orders */

/*
 * {"rows":[{"serial","subject","user_name","product_title","not_after","days_left","ended",
 *  "question_key","years":[{"years","price"}]}],"others":[{"serial","subject","not_after","why",
 *  "begun"}],"questions":[{"key","question","names"}],"agreements":[…],
 *  "bundles":[{"no","created","n","n_done"}],"has_rows","has_others","has_bundles"}
 */
NODISCARD int	bundle_offer(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
/*
 * in: y_<serial>: years, for each certificate to be renewed; agree_<id>: "1" for each agreement;
 * q_<key>: the answer to each security question that the chosen ones ask.  All or none.
 */
NODISCARD int	bundle_create(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, char no[ORDER_NO], struct err *err);
/*
 * {"no","created","n","n_done","n_paid","total","due","may_pay","settled","orders":[rows of lists and
 *  "years","is_paid","is_over"],"batch" (the first order's number of one for persons, "" none),"ways":[…],"bank","has_bank","trade" (null: none),"trades":[carriers]}
 */
NODISCARD int	bundle_view(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
/* As payment_start, payment_state and payment_voucher, for all that is owed together. */
NODISCARD int	bundle_pay(struct hall *h, const struct who *who, const char *no,
		    const char *way, json_t **trade, struct err *err);
NODISCARD int	bundle_state(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
NODISCARD int	bundle_voucher(struct hall *h, const struct who *who, const char *no,
		    const void *p, size_t len, const char *remark, json_t **trade,
		    struct err *err);

/* ---- the command line (bundle_desk.c) ---- */

/* {"rows":[{"no","created","n","n_done","n_over","n_paid"}]}, the newest. */
NODISCARD int	bundle_list(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
/*
 * Cancel each order that still can be: what was paid for it goes back.  {"cancelled":[no],
 * "kept":[{"no","why"}]}; asked again after an interruption it goes on.
 */
NODISCARD int	bundle_cancel(struct hall *h, const struct who *who, const char *no,
		    const char *reason, json_t **model, struct err *err);

/* ---- between the files of the hall; inside a transaction ---- */

struct bundle {
	int64_t	 id, account, version, created;
	char	 no[ORDER_NO];
};
/* The account's own; ERR_NOT_FOUND with a sentence. */
NODISCARD int	bundle_load(struct db *db, const struct who *who, const char *no,
		    struct bundle *b, struct err *err);
NODISCARD int	bundle_account(struct db *db, int64_t id, int64_t *account, struct err *err);
/* "order" (its number) and "subject" into a trade's model. */
NODISCARD int	bundle_name(struct db *db, int64_t id, json_t *trade, struct err *err);
/* A new one of who's account, and another order in it. */
NODISCARD int	bundle_new(struct db *db, const struct who *who, struct bundle *b,
		    struct err *err);
NODISCARD int	bundle_join(struct db *db, const struct bundle *b, const struct order *o,
		    struct err *err);
/* The number of the bundle an order is in, "" none. */
NODISCARD int	bundle_of(struct db *db, const struct order *o, char no[ORDER_NO],
		    struct err *err);
struct trade;
typedef int (*bundle_fn)(struct db *db, struct hall *h, struct order *o, void *arg,
    struct err *err);
/* fn for each order that is still the bundle's account's. */
NODISCARD int	bundle_each(struct db *db, struct hall *h, const struct bundle *b, bundle_fn fn,
		    void *arg, struct err *err);
/* What this order has to pay now; 0 when it may not be paid. */
int64_t		bundle_owes(const struct hall *h, const struct order *o);
/* One message for n orders. */
NODISCARD int	bundle_tell(struct db *db, const struct hall *h, const struct bundle *b,
		    const char *event, size_t n, int64_t fen, struct err *err);
/* The newest trade of the bundle in one of ",a,b,": 1 found, 0 none. */
NODISCARD int	bundle_trade(struct db *db, const struct bundle *b, const char *channel,
		    const char *states, struct trade *t, struct err *err);
#endif

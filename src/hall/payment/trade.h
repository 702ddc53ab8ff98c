#ifndef HALL_TRADE_H
#define HALL_TRADE_H
#include "gate/fact.h"
#include "hall/payment/payment.h"
/* Trades as rows; between payment.c, payment_fact.c and payment_desk.c. */
struct trade {
	int64_t	 id, order_id;
	char	 no[33], channel[16], state[16];
	int64_t	 amount, received, version;
	char	 qr[4096], provider_no[128], refund_no[40], reason[400];
	char	 voucher[65], voucher_type[8], remark[404];
	int64_t	 created, asked, paid_at, refunded_at;
	int64_t	 bundle;		/* a carrier: of several orders (bundle.h); order_id is 0 */
	int64_t	 parent;		/* a share of a carrier that was paid: its id */
	int64_t	 page;			/* paid at the channel's page, not by a code: when qr, its
					   address, was signed last; 0 a code */
};
void		trade_from_row(struct rows *r, struct trade *t);
/* ERR_NOT_FOUND with a sentence. */
NODISCARD int	trade_load(struct db *db, const char *no, struct trade *t, struct err *err);
/* Newest trade of the order in one of ",a,b,", 1 found, 0 none, -1. */
NODISCARD int	trade_find(struct db *db, const struct order *o, const char *channel,
		    const char *states, struct trade *t, struct err *err);
/* The same among the rows of a statement that lists the trades of an id, oldest first. */
NODISCARD int	trade_newest(struct db *db, enum sql_id of, int64_t id, const char *channel,
		    const char *states, struct trade *t, struct err *err);
NODISCARD int	trade_new(struct db *db, struct trade *t, const struct order *o,
		    const char *way, const char *state, struct err *err);
/* The way it is paid: its channel, or "alipay_page". */
const char	*trade_way(const struct trade *t);
void		trade_set_way(struct trade *t, const char *way);
/* A row as it stands in t, numbered after an order or a bundle. */
NODISCARD int	trade_add(struct db *db, struct trade *t, const char *after, struct err *err);
NODISCARD int	trade_load_id(struct db *db, int64_t id, struct trade *t, struct err *err);
/* Whose refund this is: 1 found, 0 none. */
NODISCARD int	trade_by_refund(struct db *db, const char *refund_no, struct trade *t,
		    struct err *err);
/* The order of a trade; a zeroed one for a carrier. */
NODISCARD int	trade_order(struct db *db, const struct hall *h, const struct trade *t,
		    struct order *o, struct err *err);
/* Ask the channel for a QR code, or for the address of its page, which leads back to this path of
 * ours; … how a waiting trade stands, not too often. */
NODISCARD int	trade_ask_create(struct db *db, const struct hall *h, const struct trade *t,
		    const char *subject, const char *back, struct err *err);
/* The address of the page is to be signed again, else it is too old when it is opened. */
bool		trade_page_is_old(const struct trade *t);
bool		trade_is_fresh(const struct trade *t);	/* its code can be paid for a while yet */
bool		trade_may_ask(const struct trade *t);
NODISCARD int	trade_ask(struct db *db, const struct hall *h, struct trade *t, struct err *err);
/* By compare-and-set on the version. */
NODISCARD int	trade_save(struct db *db, struct trade *t, struct err *err);
bool		trade_is(const struct trade *t, const char *state);
void		trade_set(struct trade *t, const char *state);
json_t		*trade_model(const struct trade *t);

/* 支付宝, 微信支付, 银行转账 … */
const char	*trade_channel_text(const char *channel);
/* The trade has been paid with `fen`: pay the order, or set it aside, or give it back. */
NODISCARD int	payment_received(struct db *db, struct hall *h, const struct who *who,
		    struct order *o, struct trade *t, int64_t fen, struct err *err);
/* … several orders with one carrier: each gets its share (bundle_fact.c). */
NODISCARD int	bundle_received(struct db *db, struct hall *h, const struct who *who,
		    struct trade *t, int64_t fen, struct err *err);
/* An event of the trade's order, or of the carrier. */
NODISCARD int	trade_note(struct db *db, const struct hall *h, const struct who *who,
		    const struct order *o, const struct trade *t, const char *what,
		    const char *note, struct err *err);
/* A wrong amount is kept apart until finance decides. */
NODISCARD int	payment_set_aside(struct db *db, struct hall *h, const struct who *who,
		    const struct order *o, struct trade *t, const char *reason,
		    struct err *err);
/* Queue the refund of a paid trade (by hand for transfers). */
NODISCARD int	payment_give_back(struct db *db, struct hall *h, const struct who *who,
		    struct order *o, struct trade *t, const char *reason, struct err *err);
/* The money of a trade is back: an order that waits for it becomes cancelled. */
NODISCARD int	payment_given_back(struct db *db, struct hall *h, const struct who *who,
		    struct order *o, struct trade *t, struct err *err);

/* Facts from gate. */
NODISCARD int	payment_apply(struct db *db, struct hall *h, const struct pay_fact *f,
		    struct err *err);
NODISCARD int	payment_apply_created(struct db *db, struct hall *h,
		    const struct pay_created_fact *f, struct err *err);
NODISCARD int	payment_apply_refund(struct db *db, struct hall *h,
		    const struct refund_fact *f, struct err *err);
#endif

#ifndef HALL_PAYMENT_H
#define HALL_PAYMENT_H
#include "hall/order/order.h"
/*
 * Money.  An order has trades (one a try: alipay, wechat, transfer).  A trade becomes paid by
 * a fact from gate or by finance; the first one pays the order, once; a further one, one for
 * a cancelled order or with a wrong amount is kept as an exception or refunded by itself.
 * Facts may come in any order and number: a trade never goes back.
 *
 * A trade in a model: {"no","channel","channel_text","amount","state","state_text","created",
 * "qr"? (text of the QR),"paid_time"?,"provider_no"?,"refunded"?}
 * states: creating waiting paid closed failed exception refunding refunded; voucher confirming.
 */
/* Begin or take up paying by a way (payment_way_is_open): the QR's text, or the address of the
 * channel's page, comes a moment later. */
NODISCARD int	payment_start(struct hall *h, const struct who *who, const char *no,
		    const char *way, json_t **trade, struct err *err);
/* For polling: {"paid":bool,"has_trade","trade"?:{…} (newest),"trades":[…],"next"}.  A waiting trade is queried now and then. */
NODISCARD int	payment_state(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
/* Transfer: a picture of the voucher and a remark; finance confirms. */
NODISCARD int	payment_voucher(struct hall *h, const struct who *who, const char *no,
		    const void *p, size_t len, const char *remark, json_t **trade,
		    struct err *err);
NODISCARD int	payment_voucher_read(struct hall *h, const struct who *who, const char *trade,
		    struct buf *out, const char **type, struct err *err);

/* Finance. {"transfers":[trade and {"order","subject","remark","has_voucher"}],
 * "exceptions":[…]} */
NODISCARD int	payment_work(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
/* in {"amount" (yuan as text),"bank_no","reject"?,"reason"?} */
NODISCARD int	payment_confirm(struct hall *h, const struct who *who, const char *trade,
		    const json_t *in, json_t *errors, struct err *err);
/* Give an exception's money back. */
NODISCARD int	payment_refund(struct hall *h, const struct who *who, const char *trade,
		    struct err *err);

/* For order_cancel, inside its transaction: queue refunds of all that was paid. */
NODISCARD int	payment_refund_order(struct db *db, struct hall *h, const struct who *who,
		    struct order *o, struct err *err);
/* For the form, inside its transaction: the amount may be another now; codes that ask for the old
 * one are closed.  Who had paid one all the same gets the money back by itself. */
NODISCARD int	payment_close_stale(struct db *db, struct hall *h, const struct order *o,
		    struct err *err);
/* Does the definition open this way to pay online: "alipay" and "wechat" (codes to scan), "alipay_page"
 * (log in to the account on the PC)? */
bool		payment_way_is_open(const struct halldef *d, const char *way);
/* The definition's ways to pay, for a model: "ways":[{"id","title","help","online"}], "has_bank",
 * "bank":{"holder","account","bank"} (all "" without a bank). */
void		payment_ways(const struct halldef *d, json_t *model);
/* Trades of an order for its view. */
NODISCARD int	payment_trades(struct db *db, const struct hall *h, const struct order *o,
		    json_t **rows, struct err *err);
#endif

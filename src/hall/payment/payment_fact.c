#include "base/base.h"
#include "hall/payment/trade.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/invoice/invoice.h"
#include "hall/journal.h"
#include "hall/notice.h"
#include "hall/steps.h"

/*
 * Money that came or went back.  A trade only moves forward: creating, waiting -> paid or
 * exception -> refunding -> refunded; what was closed or failed may still turn out paid.
 */

/* Of an order, in its history; of a carrier, in the journal alone: each share tells its order. */
int
trade_note(struct db *db, const struct hall *h, const struct who *who, const struct order *o,
    const struct trade *t, const char *what, const char *note, struct err *err)
{
	return t->bundle != 0 ? hall_journal_add(db, who, what, t->no, note, err) :
	    order_note(db, h, who, o, what, note, err);
}

int
payment_set_aside(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    struct trade *t, const char *reason, struct err *err)
{
	trade_set(t, "exception");
	(void)snprintf(t->reason, sizeof(t->reason), "%s", reason);
	if (trade_save(db, t, err) < 0)
		return -1;
	return trade_note(db, h, who, o, t, "pay_exception", reason, err);
}

static int
payment_credit(struct db *db, struct hall *h, const struct who *who, struct order *o,
    struct trade *t, struct err *err)
{
	trade_set(t, "paid");
	if (trade_save(db, t, err) < 0)
		return -1;
	o->paid += t->received;
	js_set_str(o->collection, "paid_by", t->channel);
	if (order_save(db, h, o, err) < 0 ||
	    order_note(db, h, who, o, "paid", t->no, err) < 0 ||
	    notice_order(db, h, o, "paid", NULL, err) < 0)
		return -1;
	return step_settle(db, h, who, o, err);
}

int
payment_received(struct db *db, struct hall *h, const struct who *who, struct order *o,
    struct trade *t, int64_t fen, struct err *err)
{
	if (t->bundle != 0)
		return bundle_received(db, h, who, t, fen, err);
	t->received = fen;
	if (t->paid_at == 0)
		t->paid_at = clock_now();
	/* A code from before the years were changed: what it asked for was paid. */
	if (fen == t->amount && fen != o->amount && strcmp(t->channel, "transfer") != 0)
		return payment_give_back(db, h, who, o, t, "应付金额已改变，请按新的金额缴费", err);
	if (fen != t->amount || fen != o->amount)
		return payment_set_aside(db, h, who, o, t, "实收金额与应收金额不符", err);
	if (o->paid >= o->amount)
		return payment_give_back(db, h, who, o, t, "重复支付", err);
	if (o->state == ORDER_CANCELLED || o->state == ORDER_REFUNDING)
		return payment_give_back(db, h, who, o, t, "业务已取消", err);
	return payment_credit(db, h, who, o, t, err);
}

int
payment_give_back(struct db *db, struct hall *h, const struct who *who, struct order *o,
    struct trade *t, const char *reason, struct err *err)
{
	struct trade	 carrier = *t;
	json_t		*payload = NULL;
	char		*key = NULL;
	int		 rc = 0;

	if (t->parent != 0 && trade_load_id(db, t->parent, &carrier, err) < 0)
		return -1;
	(void)snprintf(t->reason, sizeof(t->reason), "%s", reason);
	(void)snprintf(t->refund_no, sizeof(t->refund_no), "R%s", t->no);
	trade_set(t, "refunding");
	if (trade_save(db, t, err) < 0 ||
	    trade_note(db, h, who, o, t, "refund", reason, err) < 0)
		return -1;
	/* A transfer goes back by hand: finance sees it in its list. */
	if (strcmp(t->channel, "transfer") == 0)
		return 0;
	key = xasprintf("pay.refund:%s", t->refund_no);
	payload = json_pack("{s:s, s:s, s:s, s:I, s:I, s:s}", "channel", t->channel, "trade_no",
	    carrier.no, "refund_no", t->refund_no, "fen", (json_int_t)t->received, "total_fen",
	    (json_int_t)carrier.received, "reason", reason);
	rc = hall_outbox_put(db, h, "pay.refund", key, payload, err);
	json_decref(payload);
	free(key);
	return rc;
}

int
payment_given_back(struct db *db, struct hall *h, const struct who *who, struct order *o,
    struct trade *t, struct err *err)
{
	struct trade	 other = {0};
	json_t		*v = NULL;
	char		 amount[32];
	int		 rc = 0;

	trade_set(t, "refunded");
	t->refunded_at = clock_now();
	t->reason[0] = '\0';
	if (trade_save(db, t, err) < 0)
		return -1;
	if (t->bundle != 0)
		return 0;
	v = json_pack("{s:s}", "amount", fen_text(t->received, amount));
	rc = notice_order(db, h, o, "refunded", v, err);
	json_decref(v);
	if (rc < 0)
		return -1;
	if (o->state != ORDER_REFUNDING)
		return 0;
	/* The order is cancelled when the last of its money is back. */
	rc = trade_find(db, o, NULL, ",paid,refunding,", &other, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	o->paid = 0;
	return order_move(db, h, who, o, EVENT_REFUNDED, NULL, err);
}

int
payment_refund_order(struct db *db, struct hall *h, const struct who *who, struct order *o,
    struct err *err)
{
	struct trade	t = {0};
	int		rc = 0;

	if (order_move(db, h, who, o, EVENT_CANCEL_PAID, NULL, err) < 0 ||
	    invoice_order_refunded(db, h, who, o, err) < 0)
		return -1;
	while ((rc = trade_find(db, o, NULL, ",paid,", &t, err)) > 0)
		if (payment_give_back(db, h, who, o, &t, "业务已取消", err) < 0)
			return -1;
	return rc < 0 ? -1 : notice_order(db, h, o, "cancelled", NULL, err);
}

/* ---- facts from gate ---- */

static int
payment_fact_load(struct db *db, struct hall *h, const char *channel, const char *no,
    struct trade *t, struct order *o, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	if (db_query(db, SQL_TRADE_BY_NO, &rows, err, DB_TEXT(no)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0)
		trade_from_row(rows, t);
	rows_free(rows);
	if (rc <= 0 || strcmp(t->channel, channel) != 0)
		return rc < 0 ? -1 : 0;
	return trade_order(db, h, t, o, err) < 0 ? -1 : 1;
}

static int
payment_fact_take(struct db *db, struct hall *h, struct order *o, struct trade *t,
    const struct pay_fact *f, struct err *err)
{
	struct who	who = {.system = true, .address = ""};
	bool		open = trade_is(t, "creating") || trade_is(t, "waiting") ||
			    trade_is(t, "closed") || trade_is(t, "failed");

	if (!open)
		return 0;			/* known already */
	if (f->state == PAY_PAID || f->state == PAY_DIFFERS) {
		str_copy(t->provider_no, sizeof(t->provider_no), f->channel_trade_no);
		t->paid_at = f->paid_at;
		return payment_received(db, h, &who, o, t, f->fen, err);
	}
	if (f->state == PAY_CLOSED && !trade_is(t, "closed")) {
		trade_set(t, "closed");
		return trade_save(db, t, err);
	}
	if (f->state == PAY_REFUNDED) {
		t->received = f->fen;
		return payment_set_aside(db, h, &who, o, t, "渠道显示已退款", err);
	}
	return 0;
}

int
payment_apply(struct db *db, struct hall *h, const struct pay_fact *f, struct err *err)
{
	struct trade	t = {0};
	struct order	o = {0};
	int		rc = payment_fact_load(db, h, f->channel, f->trade_no, &t, &o, err);

	if (rc > 0)
		rc = payment_fact_take(db, h, &o, &t, f, err);
	order_release(&o);
	return rc < 0 ? -1 : 0;
}

int
payment_apply_created(struct db *db, struct hall *h, const struct pay_created_fact *f,
    struct err *err)
{
	struct trade	t = {0};
	struct order	o = {0};
	int		rc = payment_fact_load(db, h, f->channel, f->trade_no, &t, &o, err);

	if (rc > 0 && trade_is(&t, "creating")) {
		trade_set(&t, f->ok ? "waiting" : "failed");
		(void)snprintf(t.qr, sizeof(t.qr), "%s", f->ok ? f->qr : "");
		(void)snprintf(t.reason, sizeof(t.reason), "%s", f->ok ? "" : f->sentence);
		utf8_mend(t.reason);
		rc = trade_save(db, &t, err);
	}
	order_release(&o);
	return rc < 0 ? -1 : 0;
}

/* Part of a carrier's money went back: the share whose refund it is. */
static int
payment_fact_share(struct db *db, struct hall *h, const struct refund_fact *f, struct trade *t,
    struct order *o, struct err *err)
{
	int64_t	carrier = t->id;
	int	rc = trade_by_refund(db, f->refund_no, t, err);

	if (rc <= 0 || t->parent != carrier)
		return rc < 0 ? -1 : 0;
	return trade_order(db, h, t, o, err) < 0 ? -1 : 1;
}

int
payment_apply_refund(struct db *db, struct hall *h, const struct refund_fact *f,
    struct err *err)
{
	struct who	who = {.system = true, .address = ""};
	struct trade	t = {0};
	struct order	o = {0};
	int		rc = payment_fact_load(db, h, f->channel, f->trade_no, &t, &o, err);

	if (rc > 0 && t.bundle != 0 && strcmp(t.refund_no, f->refund_no) != 0)
		rc = payment_fact_share(db, h, f, &t, &o, err);
	if (rc > 0 && trade_is(&t, "refunding") && f->state == REFUND_DONE) {
		rc = payment_given_back(db, h, &who, &o, &t, err);
	} else if (rc > 0 && trade_is(&t, "refunding") && f->state == REFUND_FAILED) {
		(void)snprintf(t.reason, sizeof(t.reason), "退款失败：%s", f->sentence);
		utf8_mend(t.reason);
		rc = trade_save(db, &t, err);
		if (rc == 0)
			rc = trade_note(db, h, &who, &o, &t, "pay_exception", t.reason, err);
	}
	order_release(&o);
	return rc < 0 ? -1 : 0;
}

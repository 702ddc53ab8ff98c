#include "base/base.h"
#include "hall/payment/bundle.h"

#include "base/clock.h"
#include "hall/journal.h"
#include "hall/payment/trade.h"

/*
 * A carrier was paid: its shares become paid trades of their orders, all in the transaction of the
 * fact.  What each order does with its money is decided as for any payment (payment_received).
 */

struct share { int64_t order, amount; };

static int
share_list(struct db *db, const struct trade *carrier, struct share list[BUNDLE_MOST], size_t *n,
    struct err *err)
{
	struct rows	*rows = NULL;
	int64_t		 sum = 0;
	int		 rc = 0;

	*n = 0;
	if (db_query(db, SQL_TRADE_SHARE_LIST, &rows, err, DB_INT(carrier->id)) < 0)
		return -1;
	while (*n < BUNDLE_MOST && (rc = rows_next(rows, err)) > 0) {
		list[*n] = (struct share){ rows_int(rows, 0), rows_int(rows, 1) };
		sum += list[(*n)++].amount;
	}
	rows_free(rows);
	if (rc >= 0 && sum != carrier->amount)
		return err_set(err, ERR_BUG, "trade %s: its shares are not its amount", carrier->no);
	return rc < 0 ? -1 : 0;
}

static int
share_receive(struct db *db, struct hall *h, const struct who *who, const struct trade *carrier,
    const struct share *s, struct err *err)
{
	struct trade	t = { .order_id = s->order, .amount = s->amount, .parent = carrier->id,
			    .state = "waiting", .paid_at = carrier->paid_at };
	struct order	o = { .id = 0 };
	int		rc = order_load_id(db, h, s->order, &o, err);

	(void)snprintf(t.channel, sizeof(t.channel), "%s", carrier->channel);
	(void)snprintf(t.provider_no, sizeof(t.provider_no), "%s", carrier->provider_no);
	o.quiet = true;				/* one message tells of all */
	if (rc == 0 && (rc = trade_add(db, &t, o.no, err)) == 0)
		rc = payment_received(db, h, who, &o, &t, s->amount, err);
	order_release(&o);
	return rc;
}

int
bundle_received(struct db *db, struct hall *h, const struct who *who, struct trade *t,
    int64_t fen, struct err *err)
{
	const struct order	none = { .id = 0 };
	const struct who	system = { .system = true, .address = "" };
	struct share		list[BUNDLE_MOST];
	struct bundle		b;
	char			no[ORDER_NO];
	size_t			n = 0, i = 0;

	t->received = fen;
	if (t->paid_at == 0)
		t->paid_at = clock_now();
	if (fen != t->amount)
		return payment_set_aside(db, h, who, &none, t, "实收金额与应收金额不符", err);
	if (share_list(db, t, list, &n, err) < 0)
		return -1;
	trade_set(t, "paid");
	if (trade_save(db, t, err) < 0)
		return -1;
	for (i = 0; i < n; i++)
		if (share_receive(db, h, who, t, &list[i], err) < 0)
			return -1;
	(void)snprintf(no, sizeof(no), "%.20s", t->no);
	if (bundle_load(db, &system, no, &b, err) < 0 ||
	    hall_journal_add(db, who, "bundle.paid", no, t->no, err) < 0)
		return -1;
	return bundle_tell(db, h, &b, "bundle_paid", n, fen, err);
}

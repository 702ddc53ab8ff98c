#include "world.h"
#include "hall/certificate/reminder.h"
#include "hall/payment/bundle.h"
#include "hall/payment/reconcile.h"
#include "hall/payment/trade.h"

#define PRICE	34000			/* a year, in fen */

/* A certificate of the account's, ending at `end`; the order it was issued for is as good as any. */
struct held { struct world *w; char no[ORDER_NO]; char serial[48]; int64_t end; const char *state; };

static int
hold_run(struct db *db, void *arg, struct err *err)
{
	struct held	*c = arg;
	struct order	 o = { .id = 0 };
	int		 rc = order_load(db, c->w->h, c->no, &o, err);

	if (rc == 0)
		rc = db_run(db, SQL_CERTIFICATE_INSERT, NULL, err, DB_INT(o.id), DB_TEXT("sign"),
		    DB_INT(o.account), DB_TEXT(c->serial), DB_TEXT("CN=x"),
		    DB_INT(c->end - 365 * CLOCK_DAY), DB_INT(c->end), DB_BLOB("x", 1),
		    DB_INT(clock_now()));
	if (rc == 0 && c->state != NULL)
		rc = db_run(db, SQL_CERTIFICATE_STATE_SET, NULL, err, DB_INT(o.id),
		    DB_TEXT(c->state));
	order_release(&o);
	return rc;
}

static void
hold(struct world *w, const char *name, int64_t end, const char *state, char serial[48])
{
	struct err	err = {0};
	struct held	c = { .w = w, .end = end, .state = state };

	world_order(w, name, "download", c.no);
	rand_digits(c.serial, 20);
	assert_ok(store_write(w->store, hold_run, &c, &err));
	memcpy(serial, c.serial, 48);
}

/* Three certificates that end in a month, their renewals in one bundle. */
struct three {
	struct world	 w;
	char		 serial[3][48], no[3][ORDER_NO], bundle[ORDER_NO], trade[40];
};

static json_t *
offer(struct world *w)
{
	struct err	 err = {0};
	json_t		*m = NULL;

	assert_ok(bundle_offer(w->h, &w->me, &m, &err));
	return m;
}

static json_t *
wanted(struct three *t, const char *answer)
{
	json_t	*m = offer(&t->w), *in = json_pack("{s:s, s:s, s:s}", "agree_service", "1",
		    "agree_privacy", "1", "agree_sensitive", "1"), *q = NULL;
	char	 field[64];
	size_t	 i = 0;

	for (i = 0; i < 3; i++) {
		(void)snprintf(field, sizeof(field), "y_%s", t->serial[i]);
		js_set_str(in, field, i == 2 ? "2" : "1");
	}
	assert_int_equal(json_array_size(json_object_get(m, "questions")), 1);
	json_array_foreach(json_object_get(m, "questions"), i, q) {
		(void)snprintf(field, sizeof(field), "q_%s", js_str(q, "key"));
		js_set_str(in, field, answer);
	}
	json_decref(m);
	return in;
}

static int
begin(struct three *t, json_t *in, struct err *err)
{
	json_t	*errors = json_array();
	int	 rc = bundle_create(t->w.h, &t->w.me, in, errors, t->bundle, err);

	json_decref(errors);
	json_decref(in);
	return rc;
}

static json_t *
view(struct three *t)
{
	struct err	 err = {0};
	json_t		*m = NULL;

	assert_ok(bundle_view(t->w.h, &t->w.me, t->bundle, &m, &err));
	return m;
}

static void
three_open(struct three *t)
{
	struct err	 err = {0};
	json_t		*m = NULL, *o = NULL;
	char		 name[8];
	size_t		 i = 0;

	memset(t, 0, sizeof(*t));
	world_open(&t->w);
	for (i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "b%zu", i);
		hold(&t->w, name, clock_now() + 30 * CLOCK_DAY, NULL, t->serial[i]);
	}
	assert_ok(begin(t, wanted(t, "长沙"), &err));
	m = view(t);
	json_array_foreach(json_object_get(m, "orders"), i, o)
		(void)snprintf(t->no[i], ORDER_NO, "%s", js_str(o, "no"));
	assert_int_equal(i, 3);
	assert_string_equal(js_str(m, "due"), "1360.00");
	json_decref(m);
}

static void
three_pay(struct three *t, const char *channel)
{
	struct err		 err = {0};
	json_t			*trade = NULL;
	struct pay_created_fact	 c = {.channel = channel, .ok = true, .qr = "https://qr",
				    .sentence = "", .code = ""};

	assert_ok(bundle_pay(t->w.h, &t->w.me, t->bundle, channel, &trade, &err));
	(void)snprintf(t->trade, sizeof(t->trade), "%s", js_str(trade, "no"));
	json_decref(trade);
	c.trade_no = t->trade;
	assert_ok(store_write(t->w.store, world_created_run, &c, &err));
}

static void
three_fact(struct three *t, const char *channel, enum pay_state state, int64_t fen)
{
	struct err	err = {0};
	struct pay_fact	f = {.channel = channel, .trade_no = t->trade,
	    .channel_trade_no = "2016090721001004760274959165", .fen = fen, .wanted = 4 * PRICE,
	    .state = state, .paid_at = fen > 0 ? clock_now() : 0};

	assert_ok(store_write(t->w.store, world_payment_run, &f, &err));
}

/* What every share of the order says: "paid" … ; fen of those that are paid. */
static int64_t
share_paid(struct three *t, size_t i, char state[24])
{
	json_t	*m = world_view(&t->w, t->no[i]), *trade = NULL;
	int64_t	 fen = 0;
	size_t	 k = 0;

	state[0] = '\0';
	json_array_foreach(json_object_get(m, "trades"), k, trade) {
		if (!js_bool(trade, "shared"))
			continue;
		(void)snprintf(state, 24, "%s", js_str(trade, "state"));
		fen += js_int(trade, "received_fen", 0);
	}
	json_decref(m);
	return fen;
}

static bool
order_is(struct three *t, size_t i, const char *state)
{
	json_t	*m = world_view(&t->w, t->no[i]);
	bool	 is = strcmp(js_str(m, "state"), state) == 0;

	if (!is)
		printf("order %zu: %s, not %s\n", i, js_str(m, "state"), state);
	json_decref(m);
	return is;
}

static int
sms(struct world *w, const char *template)
{
	json_t	*j = NULL;
	size_t	 i = 0;
	int	 n = 0;

	world_pull(w);
	json_array_foreach(w->out, i, j)
		n += strcmp(js_str(json_object_get(j, "payload"), "template"), template) == 0;
	return n;
}

void
test_bundle__offers_those_in_the_window(void **state)
{
	struct world	 w;
	char		 serial[6][48];
	json_t		*m = NULL;
	int64_t		 now = clock_now();

	(void)state;
	world_open(&w);
	hold(&w, "e1", now + 90 * CLOCK_DAY + CLOCK_MINUTE, NULL, serial[0]);	/* too early */
	hold(&w, "e2", now + 90 * CLOCK_DAY - CLOCK_MINUTE, NULL, serial[1]);
	hold(&w, "e3", now - 365 * CLOCK_DAY + CLOCK_MINUTE, NULL, serial[2]);
	hold(&w, "e4", now - 365 * CLOCK_DAY - CLOCK_MINUTE, NULL, serial[3]);	/* too late */
	hold(&w, "e5", now + 30 * CLOCK_DAY, "frozen", serial[4]);
	hold(&w, "e6", now + 30 * CLOCK_DAY, "revoked", serial[5]);		/* not even shown */
	m = offer(&w);
	assert_int_equal(json_array_size(json_object_get(m, "rows")), 2);
	assert_int_equal(json_array_size(json_object_get(m, "others")), 3);
	assert_string_equal(js_str(json_array_get(json_object_get(m, "rows"), 0), "serial"),
	    serial[2]);
	assert_non_null(strstr(js_str(json_array_get(json_object_get(m, "others"), 2), "why"),
	    "起可以更新"));
	json_decref(m);
	world_close(&w);
}

void
test_bundle__all_or_none_is_begun(void **state)
{
	struct err	 err = {0};
	struct three	 t;
	json_t		*in = NULL, *m = NULL;
	char		 name[8], field[64];
	size_t		 i = 0;

	(void)state;
	memset(&t, 0, sizeof(t));
	world_open(&t.w);
	for (i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "b%zu", i);
		hold(&t.w, name, clock_now() + 30 * CLOCK_DAY, NULL, t.serial[i]);
	}
	assert_err(begin(&t, json_object(), &err), ERR_INPUT);		/* nothing chosen */
	assert_err(begin(&t, wanted(&t, "株洲"), &err), ERR_INPUT);	/* another answer */
	in = wanted(&t, "长沙");
	(void)json_object_del(in, "agree_privacy");
	assert_err(begin(&t, in, &err), ERR_INPUT);
	in = wanted(&t, "长沙");
	(void)snprintf(field, sizeof(field), "y_%s", t.serial[1]);
	js_set_str(in, field, "9");					/* years nobody sells */
	assert_err(begin(&t, in, &err), ERR_INPUT);
	in = wanted(&t, "长沙");
	js_set_str(in, "y_12345678901234567890", "1");			/* not one's own */
	assert_err(begin(&t, in, &err), ERR_NOT_FOUND);
	m = offer(&t.w);
	assert_int_equal(json_array_size(json_object_get(m, "rows")), 3);
	assert_int_equal(json_array_size(json_object_get(m, "bundles")), 0);
	json_decref(m);
	assert_ok(begin(&t, wanted(&t, "长沙"), &err));
	m = offer(&t.w);
	assert_int_equal(json_array_size(json_object_get(m, "rows")), 0);
	assert_int_equal(json_array_size(json_object_get(m, "bundles")), 1);
	json_decref(m);
	assert_int_equal(sms(&t.w, "SMS_BUNDLE_SUBMITTED"), 1);
	assert_int_equal(sms(&t.w, "SMS_SUBMITTED"), 3);		/* of the first applications */
	world_close(&t.w);
}

void
test_bundle__five_wrong_answers_a_day(void **state)
{
	struct err	err = {0};
	struct three	t;
	char		name[8];
	size_t		i = 0;

	(void)state;
	memset(&t, 0, sizeof(t));
	world_open(&t.w);
	for (i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "b%zu", i);
		hold(&t.w, name, clock_now() + 30 * CLOCK_DAY, NULL, t.serial[i]);
	}
	for (i = 0; i < 5; i++)
		assert_err(begin(&t, wanted(&t, "株洲"), &err), ERR_INPUT);
	assert_err(begin(&t, wanted(&t, "长沙"), &err), ERR_LIMIT);
	clock_shift(CLOCK_DAY);
	assert_ok(begin(&t, wanted(&t, "长沙"), &err));
	clock_shift(-CLOCK_DAY);
	world_close(&t.w);
}

void
test_bundle__paid_once_each_order_gets_its_share(void **state)
{
	struct three	 t;
	char		 s[24];
	json_t		*m = NULL;
	int		 i = 0, reviewing = 0;

	(void)state;
	three_open(&t);
	three_pay(&t, "alipay");
	for (i = 0; i < 3; i++)						/* a fact may come thrice */
		three_fact(&t, "alipay", PAY_PAID, 4 * PRICE);
	assert_int_equal(share_paid(&t, 0, s) + share_paid(&t, 1, s) + share_paid(&t, 2, s),
	    4 * PRICE);
	for (i = 0; i < 3; i++) {
		reviewing += order_is(&t, (size_t)i, "reviewing");
		(void)share_paid(&t, (size_t)i, s);
		assert_string_equal(s, "paid");
	}
	assert_int_equal(reviewing, 3);
	m = view(&t);
	assert_false(js_bool(m, "may_pay"));
	assert_int_equal(js_int(m, "n_paid", 0), 3);
	json_decref(m);
	assert_int_equal(sms(&t.w, "SMS_BUNDLE_PAID"), 1);
	assert_int_equal(sms(&t.w, "SMS_PAID") + sms(&t.w, "SMS_REVIEWING"), 0);
	assert_int_equal(world_count(&t.w, "pay.refund"), 0);
	world_close(&t.w);
}

void
test_bundle__two_windows_get_one_trade_and_a_change_another(void **state)
{
	struct err	err = {0};
	struct three	t;
	char		first[40], s[24];

	(void)state;
	three_open(&t);
	three_pay(&t, "wechat");
	(void)snprintf(first, sizeof(first), "%s", t.trade);
	three_pay(&t, "wechat");
	assert_string_equal(t.trade, first);
	assert_ok(order_cancel(t.w.h, &t.w.me, t.no[0], "不更新了", &err));
	three_pay(&t, "wechat");					/* it asks for less now */
	assert_string_not_equal(t.trade, first);
	assert_int_equal(world_count(&t.w, "pay.close"), 1);
	/* the old code is paid all the same: what is owed is credited, the rest goes back */
	(void)snprintf(t.trade, sizeof(t.trade), "%s", first);
	three_fact(&t, "wechat", PAY_PAID, 4 * PRICE);
	(void)share_paid(&t, 0, s);
	assert_string_equal(s, "refunding");
	assert_true(order_is(&t, 0, "cancelled"));
	assert_true(order_is(&t, 1, "reviewing") && order_is(&t, 2, "reviewing"));
	assert_int_equal(world_count(&t.w, "pay.refund"), 1);
	world_close(&t.w);
}

/* The refund of a share, as the channel tells it. */
static void
refund_fact(struct three *t, const char *refund_no, int64_t fen)
{
	struct err		err = {0};
	struct refund_fact	f = {.channel = "alipay", .trade_no = t->trade,
	    .refund_no = refund_no, .channel_refund_no = "", .fen = fen, .state = REFUND_DONE,
	    .at = clock_now(), .code = "", .sentence = ""};

	assert_ok(store_write(t->w.store, world_refund_run, &f, &err));
}

void
test_bundle__one_is_cancelled_and_only_its_share_goes_back(void **state)
{
	struct err	 err = {0};
	struct three	 t;
	json_t		*p = NULL;
	char		 s[24], refund[48];

	(void)state;
	three_open(&t);
	three_pay(&t, "alipay");
	three_fact(&t, "alipay", PAY_PAID, 4 * PRICE);
	assert_ok(order_cancel(t.w.h, &t.w.me, t.no[1], "不更新了", &err));
	p = world_newest(&t.w, "pay.refund");
	assert_string_equal(js_str(p, "trade_no"), t.trade);
	assert_int_equal(js_int(p, "total_fen", 0), 4 * PRICE);
	(void)snprintf(refund, sizeof(refund), "%s", js_str(p, "refund_no"));
	assert_int_equal(js_int(p, "fen", 0), share_paid(&t, 1, s));
	assert_true(order_is(&t, 1, "refunding"));
	refund_fact(&t, "R00000000000000000000", PRICE);		/* nobody's: nothing moves */
	assert_true(order_is(&t, 1, "refunding"));
	refund_fact(&t, refund, PRICE);
	refund_fact(&t, refund, PRICE);
	assert_true(order_is(&t, 1, "cancelled"));
	assert_true(order_is(&t, 0, "reviewing") && order_is(&t, 2, "reviewing"));
	assert_int_equal(world_count(&t.w, "pay.refund"), 1);
	world_close(&t.w);
}

void
test_bundle__an_order_paid_alone_is_not_paid_twice(void **state)
{
	struct err		 err = {0};
	struct three		 t;
	struct pay_created_fact	 c = {.channel = "wechat", .ok = true, .qr = "https://qr",
				    .sentence = "", .code = ""};
	struct pay_fact		 f = {.channel = "wechat", .channel_trade_no = "1",
				    .state = PAY_PAID, .paid_at = clock_now()};
	json_t			*trade = NULL;
	char			 alone[40], s[24];

	(void)state;
	three_open(&t);
	three_pay(&t, "alipay");
	assert_ok(payment_start(t.w.h, &t.w.me, t.no[2], "wechat", &trade, &err));
	(void)snprintf(alone, sizeof(alone), "%s", js_str(trade, "no"));
	c.trade_no = f.trade_no = alone;
	f.fen = f.wanted = js_int(trade, "amount_fen", 0);
	json_decref(trade);
	assert_ok(store_write(t.w.store, world_created_run, &c, &err));
	assert_ok(store_write(t.w.store, world_payment_run, &f, &err));
	three_fact(&t, "alipay", PAY_PAID, 4 * PRICE);
	(void)share_paid(&t, 2, s);
	assert_string_equal(s, "refunding");
	assert_int_equal(world_count(&t.w, "pay.refund"), 1);
	assert_int_equal(js_int(world_newest(&t.w, "pay.refund"), "fen", 0), f.fen);
	assert_true(order_is(&t, 0, "reviewing") && order_is(&t, 1, "reviewing") &&
	    order_is(&t, 2, "reviewing"));
	world_close(&t.w);
}

void
test_bundle__another_amount_pays_nothing(void **state)
{
	struct err	 err = {0};
	struct three	 t;
	json_t		*m = NULL, *row = NULL;

	(void)state;
	three_open(&t);
	three_pay(&t, "alipay");
	three_fact(&t, "alipay", PAY_DIFFERS, 4 * PRICE - 1);
	assert_true(order_is(&t, 0, "submitted"));
	assert_ok(payment_work(t.w.h, &t.w.staff, &m, &err));
	row = json_array_get(json_object_get(m, "exceptions"), 0);
	assert_string_equal(js_str(row, "order"), t.bundle);
	json_decref(m);
	assert_ok(payment_refund(t.w.h, &t.w.staff, t.trade, &err));
	m = world_newest(&t.w, "pay.refund");
	assert_int_equal(js_int(m, "fen", 0), 4 * PRICE - 1);
	refund_fact(&t, js_str(m, "refund_no"), 4 * PRICE - 1);
	m = view(&t);
	assert_string_equal(js_str(json_array_get(json_object_get(m, "trades"), 0), "state"),
	    "refunded");
	assert_true(js_bool(m, "may_pay"));
	json_decref(m);
	world_close(&t.w);
}

void
test_bundle__by_transfer_finance_confirms_once(void **state)
{
	struct err	 err = {0};
	struct three	 t;
	json_t		*trade = NULL, *in = json_pack("{s:s, s:s}", "amount", "1360.00", "bank_no",
			    "BOC1"), *errors = json_array();

	(void)state;
	three_open(&t);
	assert_ok(bundle_voucher(t.w.h, &t.w.me, t.bundle, "JPEG-1", 6, "对公", &trade, &err));
	(void)snprintf(t.trade, sizeof(t.trade), "%s", js_str(trade, "no"));
	json_decref(trade);
	assert_ok(payment_confirm(t.w.h, &t.w.staff, t.trade, in, errors, &err));
	assert_err(payment_confirm(t.w.h, &t.w.staff, t.trade, in, errors, &err), ERR_WRONG_STATE);
	assert_true(order_is(&t, 0, "reviewing") && order_is(&t, 1, "reviewing") &&
	    order_is(&t, 2, "reviewing"));
	/* one is cancelled: its share goes back by hand, finance says when */
	assert_ok(order_cancel(t.w.h, &t.w.me, t.no[0], "", &err));
	json_decref(in);
	json_decref(errors);
	assert_ok(payment_work(t.w.h, &t.w.staff, &in, &err));
	trade = json_array_get(json_object_get(in, "refunds"), 0);
	assert_string_equal(js_str(trade, "order"), t.no[0]);
	assert_ok(payment_refund(t.w.h, &t.w.staff, js_str(trade, "no"), &err));
	assert_true(order_is(&t, 0, "cancelled"));
	json_decref(in);
	world_close(&t.w);
}

static size_t
remind(struct world *w, int64_t at)
{
	struct err	err = {0};
	size_t		n = 0;

	assert_ok(reminder_run(w->h, at, &n, &err));
	return n;
}

static int
tick_run(struct db *db, void *arg, struct err *err)
{
	const int64_t	*at = arg;

	return reminder_tick(db, (struct hall *)(intptr_t)at[1], at[0], err);
}

void
test_bundle__several_reminders_are_one_message(void **state)
{
	struct err	err = {0};
	struct world	w;
	char		serial[4][48], day[CLOCK_TEXT];
	int64_t		now = clock_now(), at[2], end = 0;

	(void)state;
	world_open(&w);
	assert_ok(clock_parse_date(clock_date(now + 40 * CLOCK_DAY, day), &end));
	end += 14 * CLOCK_HOUR;				/* ends at two in the afternoon */
	hold(&w, "r1", end, NULL, serial[0]);
	assert_int_equal(remind(&w, end - 61 * CLOCK_DAY), 1);	/* alone: the 90 days' message */
	assert_int_equal(sms(&w, "SMS_EXPIRING"), 1);
	hold(&w, "r2", end, NULL, serial[1]);
	hold(&w, "r3", end + 25 * CLOCK_DAY, NULL, serial[2]);	/* another stage, the same day */
	/* at nine of the 30th day before the end nothing is due: it ends at two */
	at[1] = (int64_t)(intptr_t)w.h;
	at[0] = end - 30 * CLOCK_DAY + CLOCK_HOUR;
	assert_ok(store_write(w.store, tick_run, at, &err));
	assert_int_equal(sms(&w, "SMS_EXPIRING_MANY"), 1);	/* all three */
	at[0] = end - 29 * CLOCK_DAY - 5 * CLOCK_HOUR;		/* nine the next morning */
	assert_ok(store_write(w.store, tick_run, at, &err));
	assert_int_equal(sms(&w, "SMS_EXPIRING_MANY"), 2);	/* r1 and r2 by then */
	assert_ok(store_write(w.store, tick_run, at, &err));
	assert_int_equal(sms(&w, "SMS_EXPIRING_MANY"), 2);
	assert_int_equal(sms(&w, "SMS_EXPIRING"), 1);
	world_close(&w);
}

static int
bill_run(struct db *db, void *arg, struct err *err)
{
	return hall_sink.bill(db, arg, err);
}

void
test_bundle__the_bill_of_the_day_agrees(void **state)
{
	struct err	 err = {0};
	struct three	 t;
	struct bill_row	 rows[2] = {{.fen = 4 * PRICE}, {.fen = 0}};
	struct bill_fact f = {.channel = "alipay", .date = "2026-11-28", .ok = true, .row = rows,
			    .n = 2, .detail = ""};
	json_t		*m = NULL, *p = NULL;

	(void)state;
	three_open(&t);
	three_pay(&t, "alipay");
	three_fact(&t, "alipay", PAY_PAID, 4 * PRICE);
	assert_ok(order_cancel(t.w.h, &t.w.me, t.no[0], "", &err));
	p = world_newest(&t.w, "pay.refund");
	refund_fact(&t, js_str(p, "refund_no"), js_int(p, "fen", 0));
	(void)snprintf(rows[0].trade_no, sizeof(rows[0].trade_no), "%s", t.trade);
	(void)snprintf(rows[1].trade_no, sizeof(rows[1].trade_no), "%s", t.trade);
	(void)snprintf(rows[1].refund_no, sizeof(rows[1].refund_no), "%s", js_str(p, "refund_no"));
	rows[1].fen = js_int(p, "fen", 0);
	f.from = clock_now() - CLOCK_DAY;
	f.to = clock_now() + CLOCK_DAY;
	assert_ok(store_write(t.w.store, bill_run, &f, &err));
	assert_ok(reconcile_list(t.w.h, &t.w.staff, &m, &err));
	assert_int_equal(json_array_size(json_object_get(m, "rows")), 0);
	assert_int_equal(js_int(json_array_get(json_object_get(m, "days"), 0), "matched", 0), 2);
	json_decref(m);
	/* without the refund's row it is missing */
	f.n = 1;
	assert_ok(store_write(t.w.store, bill_run, &f, &err));
	assert_ok(reconcile_list(t.w.h, &t.w.staff, &m, &err));
	assert_string_equal(js_str(json_array_get(json_object_get(m, "rows"), 0), "kind"),
	    "refund_missing");
	json_decref(m);
	world_close(&t.w);
}

void
test_bundle__others_see_nothing_of_it(void **state)
{
	struct err	 err = {0};
	struct three	 t;
	struct who	 other = {.address = "192.0.2.77"};
	json_t		*m = NULL;

	(void)state;
	three_open(&t);
	other.account = world_register(&t.w, "13900000078", "b@example.com");
	assert_err(bundle_view(t.w.h, &other, t.bundle, &m, &err), ERR_NOT_FOUND);
	assert_err(bundle_pay(t.w.h, &other, t.bundle, "alipay", &m, &err), ERR_NOT_FOUND);
	assert_err(bundle_state(t.w.h, &other, t.bundle, &m, &err), ERR_NOT_FOUND);
	world_close(&t.w);
}

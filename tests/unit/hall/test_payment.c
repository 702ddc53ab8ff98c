#include "world.h"
#include "base/str.h"
#include "hall/payment/trade.h"

#include <pthread.h>
#include <unistd.h>

/* An order that owes money, with one alipay and one wechat trade. */
struct purse {
	struct world	 w;
	char		 no[ORDER_NO];
	char		 trade[2][40];
	const char	*channel[2];
};

static void
purse_open(struct purse *p)
{
	struct err	 err = {0};
	json_t		*t = NULL;
	int		 i = 0;

	p->channel[0] = "alipay";
	p->channel[1] = "wechat";
	world_open(&p->w);
	world_order(&p->w, "pay1", "window", p->no);
	for (i = 0; i < 2; i++) {
		struct pay_created_fact c = {.channel = p->channel[i], .ok = true,
		    .qr = "https://qr", .sentence = "", .code = ""};

		assert_ok(payment_start(p->w.h, &p->w.me, p->no, p->channel[i], &t, &err));
		(void)snprintf(p->trade[i], sizeof(p->trade[i]), "%s", js_str(t, "no"));
		json_decref(t);
		c.trade_no = p->trade[i];
		assert_ok(store_write(p->w.store, world_created_run, &c, &err));
	}
}

static void
purse_fact(struct purse *p, int i, enum pay_state state, int64_t fen)
{
	struct err	 err = {0};
	struct pay_fact	 f = {.channel = p->channel[i], .trade_no = p->trade[i],
	    .channel_trade_no = "2016090721001004760274959165", .fen = fen, .wanted = 34000,
	    .state = state, .paid_at = fen > 0 ? clock_now() : 0};

	assert_ok(store_write(p->w.store, world_payment_run, &f, &err));
}

static int64_t
purse_paid(struct purse *p)
{
	struct err	 err = {0};
	json_t		*m = NULL;
	int64_t		 paid = 0;

	assert_ok(payment_state(p->w.h, &p->w.me, p->no, &m, &err));
	paid = js_bool(m, "paid");
	json_decref(m);
	return paid;
}

static const char *
purse_trade_state(struct purse *p, int i, char text[24])
{
	json_t	*m = world_view(&p->w, p->no), *t = NULL;
	size_t	 k = 0;

	text[0] = '\0';
	json_array_foreach(json_object_get(m, "trades"), k, t)
		if (strcmp(js_str(t, "no"), p->trade[i]) == 0)
			(void)snprintf(text, 24, "%s", js_str(t, "state"));
	json_decref(m);
	return text;
}

/* Facts 0 to 5 times, in any order: one credit, whatever comes. */
void
test_payment__facts_in_any_order_and_number(void **state)
{
	static const enum pay_state	kinds[] = { PAY_WAITING, PAY_PAID, PAY_CLOSED,
	    PAY_NOT_FOUND };
	int				round = 0;

	(void)state;
	for (round = 0; round < 8; round++) {
		struct purse	p;
		struct { int trade; enum pay_state state; } deck[64];
		size_t		n = 0, k = 0, i = 0;
		bool		paid[2] = { false, false };
		char		a[24], b[24];

		purse_open(&p);
		for (k = 0; k < 2; k++)
			for (i = 0; i < ARRAY_LEN(kinds); i++) {
				uint32_t	times = rand_below(6);

				while (times-- > 0 && n < ARRAY_LEN(deck)) {
					deck[n].trade = (int)k;
					deck[n++].state = kinds[i];
					paid[k] = paid[k] || kinds[i] == PAY_PAID;
				}
			}
		while (n > 0) {
			k = rand_below((uint32_t)n);
			purse_fact(&p, deck[k].trade, deck[k].state,
			    deck[k].state == PAY_PAID ? 34000 : 0);
			deck[k] = deck[--n];
		}
		assert_int_equal(purse_paid(&p), paid[0] || paid[1]);
		(void)purse_trade_state(&p, 0, a);
		(void)purse_trade_state(&p, 1, b);
		if (paid[0] && paid[1]) {
			/* the second one goes back, once */
			assert_true(strcmp(a, "paid") == 0 || strcmp(b, "paid") == 0);
			assert_true(strcmp(a, "refunding") == 0 || strcmp(b, "refunding") == 0);
			assert_int_equal(world_count(&p.w, "pay.refund"), 1);
		} else {
			assert_int_equal(world_count(&p.w, "pay.refund"), 0);
		}
		world_close(&p.w);
	}
}

/*
 * A code and Alipay's page are two trades: both paid, the first one counts and the other goes back.
 * The address is signed again when it is old, for the same trade; before that it is given again.
 */
void
test_payment__a_code_and_a_page_pay_once(void **state)
{
	struct err		 err = {0};
	struct purse		 p;
	struct pay_created_fact	 c = {.channel = "alipay", .ok = true, .qr = "https://page",
				    .sentence = "", .code = ""};
	json_t			*t = NULL;
	char			 s[24];

	(void)state;
	purse_open(&p);
	assert_ok(payment_start(p.w.h, &p.w.me, p.no, "alipay_page", &t, &err));
	(void)snprintf(p.trade[1], sizeof(p.trade[1]), "%s", js_str(t, "no"));
	assert_string_equal(js_str(t, "channel"), "alipay");
	assert_true(js_bool(t, "is_page"));
	json_decref(t);
	p.channel[1] = "alipay";
	c.trade_no = p.trade[1];
	assert_ok(store_write(p.w.store, world_created_run, &c, &err));
	assert_int_equal(world_count(&p.w, "pay.create"), 3);
	clock_shift(5 * CLOCK_MINUTE - CLOCK_SECOND);
	assert_ok(payment_start(p.w.h, &p.w.me, p.no, "alipay_page", &t, &err));
	assert_string_equal(js_str(t, "page_url"), "https://page");
	assert_string_equal(js_str(t, "qr"), "");
	json_decref(t);
	assert_int_equal(world_count(&p.w, "pay.create"), 3);
	clock_shift(2 * CLOCK_SECOND);
	assert_ok(payment_start(p.w.h, &p.w.me, p.no, "alipay_page", &t, &err));
	assert_string_equal(js_str(t, "no"), p.trade[1]);
	assert_string_equal(js_str(t, "state"), "creating");
	assert_string_equal(js_str(t, "page_url"), "");
	json_decref(t);
	assert_int_equal(world_count(&p.w, "pay.create"), 4);
	purse_fact(&p, 1, PAY_PAID, 34000);
	purse_fact(&p, 0, PAY_PAID, 34000);
	assert_string_equal(purse_trade_state(&p, 1, s), "paid");
	assert_string_equal(purse_trade_state(&p, 0, s), "refunding");
	assert_int_equal(world_count(&p.w, "pay.refund"), 1);
	assert_int_equal(payment_start(p.w.h, &p.w.me, p.no, "alipay_page", &t, &err), -1);
	assert_int_equal(err.kind, ERR_WRONG_STATE);
	clock_shift(-5 * CLOCK_MINUTE - CLOCK_SECOND);
	world_close(&p.w);
}

void
test_payment__another_amount_is_set_aside(void **state)
{
	struct err	 err = {0};
	struct purse	 p;
	char		 s[24];
	json_t		*m = NULL;

	(void)state;
	purse_open(&p);
	purse_fact(&p, 0, PAY_DIFFERS, 1);
	assert_int_equal(purse_paid(&p), 0);
	assert_string_equal(purse_trade_state(&p, 0, s), "exception");
	purse_fact(&p, 0, PAY_PAID, 34000);		/* does not heal itself */
	assert_string_equal(purse_trade_state(&p, 0, s), "exception");
	assert_ok(payment_work(p.w.h, &p.w.staff, &m, &err));
	assert_int_equal(json_array_size(json_object_get(m, "exceptions")), 1);
	json_decref(m);
	assert_ok(payment_refund(p.w.h, &p.w.staff, p.trade[0], &err));
	assert_int_equal(js_int(world_newest(&p.w, "pay.refund"), "fen", 0), 1);
	assert_err(payment_refund(p.w.h, &p.w.staff, p.trade[0], &err), ERR_WRONG_STATE);
	world_close(&p.w);
}

void
test_payment__cancelled_orders_give_money_back(void **state)
{
	struct err	 err = {0};
	struct purse	 p;
	struct refund_fact f = {.channel = "alipay", .channel_refund_no = "", .fen = 34000,
	    .state = REFUND_DONE, .code = "", .sentence = ""};
	char		 s[24];

	(void)state;
	purse_open(&p);
	purse_fact(&p, 0, PAY_PAID, 34000);
	assert_ok(order_cancel(p.w.h, &p.w.me, p.no, "不办了", &err));
	assert_state(&p.w, p.no, "refunding");
	assert_int_equal(world_count(&p.w, "pay.refund"), 1);
	purse_fact(&p, 1, PAY_PAID, 34000);		/* late, by the other channel */
	assert_int_equal(world_count(&p.w, "pay.refund"), 2);
	f.trade_no = p.trade[0];
	f.refund_no = "R";
	assert_ok(store_write(p.w.store, world_refund_run, &f, &err));
	assert_state(&p.w, p.no, "refunding");		/* the other is not back yet */
	f.channel = "wechat";
	f.trade_no = p.trade[1];
	assert_ok(store_write(p.w.store, world_refund_run, &f, &err));
	assert_ok(store_write(p.w.store, world_refund_run, &f, &err));
	assert_state(&p.w, p.no, "cancelled");
	assert_string_equal(purse_trade_state(&p, 1, s), "refunded");
	world_close(&p.w);
}

void
test_payment__facts_of_strangers_change_nothing(void **state)
{
	struct err	 err = {0};
	struct purse	 p;
	struct pay_fact	 f = {.channel = "wechat", .channel_trade_no = "x", .fen = 34000,
	    .wanted = 34000, .state = PAY_PAID};

	(void)state;
	purse_open(&p);
	f.trade_no = p.trade[0];			/* alipay's number by wechat */
	assert_ok(store_write(p.w.store, world_payment_run, &f, &err));
	f.trade_no = "20160906000482109050";
	assert_ok(store_write(p.w.store, world_payment_run, &f, &err));
	assert_int_equal(purse_paid(&p), 0);
	world_close(&p.w);
}

void
test_payment__transfer_is_confirmed_by_finance(void **state)
{
	struct err	 err = {0};
	struct purse	 p;
	struct who	 admin = {.staff = 77, .roles = ROLE_ADMIN, .address = "192.0.2.9"};
	json_t		*t = NULL, *errors = json_array(), *in = json_object();
	const char	*type = NULL;
	struct buf	 picture = {0};
	char		*no = NULL;

	(void)state;
	purse_open(&p);
	buf_init(&picture, 1024);
	assert_err(payment_voucher(p.w.h, &p.w.me, p.no, "junk", 4, "", &t, &err), ERR_INPUT);
	assert_ok(payment_voucher(p.w.h, &p.w.me, p.no, "JPEG-v", 6, "已汇款", &t, &err));
	no = xstrdup(js_str(t, "no"));
	json_decref(t);
	/* An administrator has no business with other people's papers. */
	assert_err(payment_voucher_read(p.w.h, &admin, no, &picture, &type, &err), ERR_NOT_FOUND);
	assert_ok(payment_voucher_read(p.w.h, &p.w.staff, no, &picture, &type, &err));
	assert_string_equal(picture.p, "JPEG-v");
	buf_free(&picture);
	js_set_str(in, "amount", "三百");
	assert_err(payment_confirm(p.w.h, &p.w.staff, no, in, errors, &err), ERR_INPUT);
	js_set_str(in, "amount", "340");
	assert_err(payment_confirm(p.w.h, &p.w.staff, no, in, errors, &err), ERR_INPUT);
	js_set_str(in, "bank_no", "610659038153-1");
	assert_err(payment_confirm(p.w.h, &p.w.me, no, in, errors, &err), ERR_DENIED);
	assert_ok(payment_confirm(p.w.h, &p.w.staff, no, in, errors, &err));
	assert_err(payment_confirm(p.w.h, &p.w.staff, no, in, errors, &err), ERR_WRONG_STATE);
	assert_int_equal(purse_paid(&p), 1);
	assert_err(payment_start(p.w.h, &p.w.me, p.no, "alipay", &t, &err), ERR_WRONG_STATE);
	free(no);
	json_decref(in);
	json_decref(errors);
	world_close(&p.w);
}

/* One entry on our statement pays one order: the same voucher shown twice is found out. */
void
test_payment__one_bank_entry_pays_one_order(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	json_t		*t = NULL, *in = json_pack("{s:s, s:s}", "amount", "340", "bank_no",
	    "610659038153-1"), *errors = json_array();
	char		 no[2][ORDER_NO], trade[2][40];
	int		 i = 0;

	(void)state;
	world_open(&w);
	for (i = 0; i < 2; i++) {
		world_order(&w, i == 0 ? "pay21" : "pay22", "window", no[i]);
		assert_ok(payment_voucher(w.h, &w.me, no[i], "JPEG-v", 6, "", &t, &err));
		(void)snprintf(trade[i], sizeof(trade[i]), "%s", js_str(t, "no"));
		json_decref(t);
	}
	assert_ok(payment_confirm(w.h, &w.staff, trade[0], in, errors, &err));
	js_set_str(in, "bank_no", " ６１０659038153-1");		/* typed another way */
	assert_err(payment_confirm(w.h, &w.staff, trade[1], in, errors, &err), ERR_INPUT);
	assert_string_equal(js_str(json_array_get(errors, 0), "field"), "bank_no");
	assert_non_null(strstr(js_str(json_array_get(errors, 0), "text"), no[0]));
	js_set_str(in, "bank_no", "610659038153-2");
	assert_ok(payment_confirm(w.h, &w.staff, trade[1], in, errors, &err));
	json_decref(in);
	json_decref(errors);
	world_close(&w);
}

struct clerk {
	struct world	*w;
	const char	*trade, *entry;
	bool		 took;			/* the entry is in his transaction, not committed */
};

/* The first clerk's transaction, seen from inside while the second one begins. */
static int
clerk_run(struct db *db, void *arg, struct err *err)
{
	struct clerk	*c = arg;
	struct trade	 t = {0};

	if (trade_load(db, c->trade, &t, err) < 0)
		return -1;
	trade_set(&t, "paid");
	str_copy(t.provider_no, sizeof(t.provider_no), c->entry);
	if (trade_save(db, &t, err) < 0)
		return -1;
	__atomic_store_n(&c->took, true, __ATOMIC_SEQ_CST);
	usleep(400000);
	return 0;
}

static void *
clerk_thread(void *arg)
{
	struct clerk	*c = arg;
	struct err	 err = {0};

	assert_ok(store_write(c->w->store, clerk_run, c, &err));
	return NULL;
}

/* Two clerks press at once: the second hears which order has the entry. */
void
test_payment__one_bank_entry_of_two_clerks_at_once(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct clerk	 c = {.w = &w, .entry = "610659038153-9"};
	pthread_t	 first;
	json_t		*t = NULL, *in = json_pack("{s:s, s:s}", "amount", "340", "bank_no", c.entry),
			*errors = json_array();
	char		 no[2][ORDER_NO], trade[2][40];
	int		 i = 0;

	(void)state;
	world_open(&w);
	for (i = 0; i < 2; i++) {
		world_order(&w, i == 0 ? "pay31" : "pay32", "window", no[i]);
		assert_ok(payment_voucher(w.h, &w.me, no[i], "JPEG-v", 6, "", &t, &err));
		(void)snprintf(trade[i], sizeof(trade[i]), "%s", js_str(t, "no"));
		json_decref(t);
	}
	c.trade = trade[0];
	assert_int_equal(pthread_create(&first, NULL, clerk_thread, &c), 0);
	while (!__atomic_load_n(&c.took, __ATOMIC_SEQ_CST))
		usleep(1000);
	assert_err(payment_confirm(w.h, &w.staff, trade[1], in, errors, &err), ERR_INPUT);
	assert_string_equal(js_str(json_array_get(errors, 0), "field"), "bank_no");
	assert_non_null(strstr(js_str(json_array_get(errors, 0), "text"), no[0]));
	pthread_join(first, NULL);
	json_decref(in);
	json_decref(errors);
	world_close(&w);
}

/* The channel's no to a refund may be long: cut between characters, it is filed. */
void
test_payment__long_words_of_a_refused_refund(void **state)
{
	struct err		 err = {0};
	struct purse		 p;
	struct buf		 words;
	struct refund_fact	 f = {.channel = "alipay", .channel_refund_no = "", .code = "X",
	    .state = REFUND_FAILED};
	char			 refund[48], text[24];
	int			 i = 0;

	(void)state;
	purse_open(&p);
	assert_ok(order_cancel(p.w.h, &p.w.me, p.no, "", &err));
	purse_fact(&p, 0, PAY_PAID, 34000);			/* paid too late */
	assert_string_equal(purse_trade_state(&p, 0, text), "refunding");
	(void)snprintf(refund, sizeof(refund), "R%s", p.trade[0]);
	buf_init(&words, 4096);
	buf_addch(&words, 'E');
	for (i = 0; i < 200; i++)
		buf_addstr(&words, "钱");
	f.trade_no = p.trade[0];
	f.refund_no = refund;
	f.sentence = words.p;
	assert_ok(store_write(p.w.store, world_refund_run, &f, &err));
	assert_string_equal(purse_trade_state(&p, 0, text), "refunding");
	buf_free(&words);
	world_close(&p.w);
}

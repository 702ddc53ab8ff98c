#include "world.h"
#include "hall/blob.h"
#include "hall/def/halldef.h"
#include "hall/invoice/invoice.h"

#include <pthread.h>
#include <unistd.h>

/* Invoices: once for each paid order, whatever the provider and the applicants do. */
struct office {
	struct world	 w;
	char		 no[4][ORDER_NO];	/* paid orders of one unit */
	char		 invoice[INVOICE_NO];
	json_t		*in, *errors;
};

static void
office_pay(struct world *w, const char *no)
{
	struct err	 err = {0};
	json_t		*t = NULL;
	struct pay_fact	 f = {.channel = "alipay", .channel_trade_no = "2016", .fen = 34000,
	    .wanted = 34000, .state = PAY_PAID, .paid_at = clock_now()};

	assert_ok(payment_start(w->h, &w->me, no, "alipay", &t, &err));
	f.trade_no = js_str(t, "no");
	assert_ok(store_write(w->store, world_payment_run, &f, &err));
	json_decref(t);
}

static void
office_open(struct office *o, int orders)
{
	char	name[16];
	int	i = 0;

	memset(o, 0, sizeof(*o));
	world_open(&o->w);
	o->errors = json_array();
	for (i = 0; i < orders; i++) {
		(void)snprintf(name, sizeof(name), "inv%d", i);
		world_order(&o->w, name, "download", o->no[i]);
		office_pay(&o->w, o->no[i]);
	}
	o->in = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", "common", "mail",
	    "tax@example.com", "tax_no", "91350100M000100Y43", "address", "", "phone", "", "bank", "",
	    "account", "");
}

static void
office_close(struct office *o)
{
	json_decref(o->in);
	json_decref(o->errors);
	world_close(&o->w);
}

static void
office_tick(struct office *o, int order, const char *value)
{
	char	key[40];

	(void)snprintf(key, sizeof(key), "order_%s", o->no[order]);
	js_set_str(o->in, key, value);
}

static int
office_ask(struct office *o, struct err *err)
{
	return invoice_request(o->w.h, &o->w.me, o->in, o->errors, o->invoice, err);
}

static int
office_fact_run(struct db *db, void *arg, struct err *err)
{
	return hall_sink.invoice(db, arg, err);
}

static void
office_fact(struct office *o, const char *no, int attempt, enum invoice_state state, int64_t fen)
{
	struct err		 err = {0};
	char			 ref[40];
	struct invoice_fact	 f = {.ref = ref, .state = state, .code = "", .number =
	    "26432000000012345678", .red_number = state == INVOICE_REVERSED ?
	    "26432000000087654321" : "", .fen = fen, .tax = 1925, .at = clock_now(),
	    .reason_code = state == INVOICE_FAILED ? "PARAM_ERROR" : "", .reason = "税号不符",
	    .file = "%PDF-1.4", .file_len = 8, .reversal = state == INVOICE_REVERSED};

	(void)snprintf(ref, sizeof(ref), "%s_%d", no, attempt);
	assert_ok(store_write(o->w.store, office_fact_run, &f, &err));
}

static void
office_refuse_red(struct office *o)
{
	struct err		 err = {0};
	char			 ref[40];
	struct invoice_fact	 f = {.ref = ref, .state = INVOICE_FAILED, .code = "",
	    .number = "", .red_number = "", .at = clock_now(), .reason_code = "SYSTEM_ERROR",
	    .reason = "稍后再试", .file = "", .reversal = true};

	(void)snprintf(ref, sizeof(ref), "%s_1", o->invoice);
	assert_ok(store_write(o->w.store, office_fact_run, &f, &err));
}

static json_t *
office_view(struct office *o, const char *no)
{
	struct err	 err = {0};
	json_t		*m = NULL;

	assert_ok(invoice_view(o->w.h, &o->w.me, no, &m, &err));
	return m;
}

static void
assert_invoice(struct office *o, const char *no, const char *state, int64_t fen)
{
	json_t	*m = office_view(o, no);

	assert_string_equal(js_str(m, "state"), state);
	assert_int_equal(js_int(m, "amount_fen", 0), fen);
	json_decref(m);
}

/* The newest invoice of the account. */
static void
office_newest(struct office *o, char no[INVOICE_NO])
{
	struct err	 err = {0};
	json_t		*m = NULL;

	assert_ok(invoice_list(o->w.h, &o->w.me, NULL, &m, &err));
	(void)snprintf(no, INVOICE_NO, "%s", js_str(json_array_get(json_object_get(m, "rows"), 0),
	    "no"));
	json_decref(m);
}

/* What of the price is the seal is a line of its own, taxed as the hall says. */
void
test_invoice__the_seal_is_a_line(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	json_t		*p = NULL, *items = NULL, *form = world_form_org("invseal");
	char		 no[ORDER_NO];
	struct pay_fact	 f = {.channel = "alipay", .channel_trade_no = "2017", .fen = 39000,
	    .wanted = 39000, .state = PAY_PAID, .paid_at = clock_now()};
	json_t		*t = NULL;

	(void)state;
	office_open(&o, 1);
	world_order(&o.w, "invseal", "download", no);
	js_set_str(form, "seal", "yes");
	(void)world_step(&o.w, no, "form", form);
	(void)world_step(&o.w, no, "confirm", json_pack("{s:s}", "way", "download"));
	(void)world_step(&o.w, no, "print", json_object());
	assert_ok(payment_start(o.w.h, &o.w.me, no, "alipay", &t, &err));
	f.trade_no = js_str(t, "no");
	assert_ok(store_write(o.w.store, world_payment_run, &f, &err));
	json_decref(t);
	memcpy(o.no[0], no, sizeof(no));
	office_tick(&o, 0, "1");
	assert_ok(office_ask(&o, &err));
	p = world_newest(&o.w, "invoice.issue");
	items = json_object_get(p, "items");
	assert_int_equal(js_int(p, "fen", 0), 39000);
	assert_int_equal(json_array_size(items), 2);
	assert_int_equal(js_int(json_array_get(items, 0), "fen", 0), 34000);
	assert_string_equal(js_str(json_array_get(items, 1), "name"), "电子印章服务");
	assert_int_equal(js_int(json_array_get(items, 1), "fen", 0), 5000);
	assert_int_equal(js_int(json_array_get(items, 1), "rate", 0), 600);
	office_close(&o);
}

void
test_invoice__asked_for_issued_and_sent(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	struct buf	 pdf = {0};
	json_t		*m = NULL, *p = NULL;
	int		 mails = 0;

	(void)state;
	office_open(&o, 1);
	office_tick(&o, 0, "1");
	assert_ok(office_ask(&o, &err));
	p = world_newest(&o.w, "invoice.issue");
	assert_int_equal(js_int(p, "fen", 0), 34000);
	assert_string_equal(js_str(json_object_get(p, "buyer"), "title"), "测试勘察单位一");
	assert_string_equal(js_str(json_object_get(p, "buyer"), "mail"), "");	/* none of theirs */
	assert_int_equal(json_array_size(json_object_get(p, "items")), 1);
	assert_invoice(&o, o.invoice, "requested", 34000);
	assert_err(office_ask(&o, &err), ERR_CONFLICT);
	err_clear(&err);
	assert_int_equal(world_count(&o.w, "invoice.issue"), 1);
	mails = world_count(&o.w, "mail");
	for (int i = 0; i < 2; i++) {		/* each fact twice */
		office_fact(&o, o.invoice, 1, INVOICE_ACCEPTED, 0);
		office_fact(&o, o.invoice, 1, INVOICE_ISSUED, 34000);
		office_fact(&o, o.invoice, 1, INVOICE_FILE_READY, 0);
	}
	assert_invoice(&o, o.invoice, "issued", 34000);
	assert_int_equal(world_count(&o.w, "mail"), mails + 1);
	p = world_newest(&o.w, "mail");
	assert_string_equal(js_str(p, "to"), "tax@example.com");
	assert_string_equal(js_str(json_object_get(p, "attachment"), "type"), "application/pdf");
	assert_string_equal(js_str(world_newest(&o.w, "sms"), "template"), "SMS_INVOICE");
	buf_init(&pdf, 1024);
	assert_ok(invoice_pdf(o.w.h, &o.w.me, o.invoice, &pdf, &err));
	assert_string_equal(pdf.p, "%PDF-1.4");
	buf_free(&pdf);
	m = world_view(&o.w, o.no[0]);
	assert_false(js_bool(m, "may_invoice"));
	assert_int_equal(json_array_size(json_object_get(m, "invoices")), 1);
	json_decref(m);
	office_close(&o);
}

void
test_invoice__others_see_nothing(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	struct who	 other = {.address = "192.0.2.8"};
	struct buf	 pdf = {0};
	json_t		*m = NULL;

	(void)state;
	office_open(&o, 1);
	office_tick(&o, 0, "1");
	assert_ok(office_ask(&o, &err));
	office_fact(&o, o.invoice, 1, INVOICE_ISSUED, 34000);
	other.account = world_register(&o.w, "18807319999", "other@example.com");
	buf_init(&pdf, 1024);
	assert_err(invoice_view(o.w.h, &other, o.invoice, &m, &err), ERR_NOT_FOUND);
	err_clear(&err);
	assert_err(invoice_pdf(o.w.h, &other, o.invoice, &pdf, &err), ERR_NOT_FOUND);
	err_clear(&err);
	assert_err(invoice_drop(o.w.h, &other, o.invoice, &err), ERR_NOT_FOUND);
	err_clear(&err);
	assert_err(invoice_request(o.w.h, &other, o.in, o.errors, o.invoice, &err), ERR_NOT_FOUND);
	err_clear(&err);
	assert_err(invoice_retry(o.w.h, &o.w.me, o.invoice, &err), ERR_DENIED);
	err_clear(&err);
	assert_err(invoice_work(o.w.h, &o.w.me, NULL, &m, &err), ERR_DENIED);
	buf_free(&pdf);
	office_close(&o);
}

void
test_invoice__only_paid_orders_in_time(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	char		 no[ORDER_NO];

	(void)state;
	office_open(&o, 1);
	assert_err(office_ask(&o, &err), ERR_INPUT);	/* none ticked */
	err_clear(&err);
	world_order(&o.w, "unpaid", "download", no);
	(void)snprintf(o.no[1], ORDER_NO, "%s", no);
	office_tick(&o, 1, "1");
	assert_err(office_ask(&o, &err), ERR_WRONG_STATE);
	err_clear(&err);
	office_tick(&o, 1, "");
	office_tick(&o, 0, "1");
	clock_shift(360 * CLOCK_DAY + CLOCK_MINUTE);	/* halls/…: 360 days */
	assert_err(office_ask(&o, &err), ERR_EXPIRED);
	err_clear(&err);
	clock_shift(-2 * CLOCK_MINUTE);
	assert_ok(office_ask(&o, &err));
	clock_shift(-360 * CLOCK_DAY + CLOCK_MINUTE);
	office_close(&o);
}

void
test_invoice__a_special_one_names_the_buyer_wholly(void **state)
{
	static const char *const need[][2] = { { "address", "五一大道8号" },
	    { "phone", "0731-12345678" }, { "bank", "中国银行" }, { "account", "610659038153" } };
	struct office	 o;
	struct err	 err = {0};
	size_t		 i = 0;

	(void)state;
	office_open(&o, 1);
	office_tick(&o, 0, "1");
	js_set_str(o.in, "kind", "special");
	for (i = 0; i < ARRAY_LEN(need); i++) {
		assert_err(office_ask(&o, &err), ERR_INPUT);
		err_clear(&err);
		assert_int_equal(json_array_size(o.errors), ARRAY_LEN(need) - i);
		js_set_str(o.in, need[i][0], need[i][1]);
	}
	js_set_str(o.in, "tax_no", "");
	assert_err(office_ask(&o, &err), ERR_INPUT);
	err_clear(&err);
	js_set_str(o.in, "tax_no", "91350100M000100Y43");
	assert_ok(office_ask(&o, &err));
	assert_string_equal(js_str(world_newest(&o.w, "invoice.issue"), "kind"), "special");
	office_close(&o);
}

/* Refused: mended it goes out under another number; dropped its order is free again. */
void
test_invoice__a_failed_one_is_mended_or_dropped(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	char		 first[40];

	(void)state;
	office_open(&o, 1);
	office_tick(&o, 0, "1");
	assert_ok(office_ask(&o, &err));
	assert_err(invoice_drop(o.w.h, &o.w.me, o.invoice, &err), ERR_WRONG_STATE);
	err_clear(&err);
	(void)snprintf(first, sizeof(first), "%s", js_str(world_newest(&o.w, "invoice.issue"),
	    "ref"));
	office_fact(&o, o.invoice, 1, INVOICE_FAILED, 0);
	assert_invoice(&o, o.invoice, "failed", 34000);
	assert_string_equal(js_str(world_newest(&o.w, "sms"), "template"), "SMS_INVOICE_FAILED");
	assert_ok(invoice_mend(o.w.h, &o.w.me, o.invoice, o.in, o.errors, &err));
	assert_string_not_equal(js_str(world_newest(&o.w, "invoice.issue"), "ref"), first);
	office_fact(&o, o.invoice, 1, INVOICE_ISSUED, 34000);	/* of the first try: too late */
	assert_invoice(&o, o.invoice, "requested", 34000);
	office_fact(&o, o.invoice, 2, INVOICE_FAILED, 0);
	assert_ok(invoice_drop(o.w.h, &o.w.me, o.invoice, &err));
	assert_invoice(&o, o.invoice, "dropped", 34000);
	assert_ok(office_ask(&o, &err));
	office_close(&o);
}

void
test_invoice__another_amount_is_not_told_as_issued(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	json_t		*in = json_pack("{s:s}", "reason", "金额不符");
	int		 sms = 0;

	(void)state;
	office_open(&o, 1);
	office_tick(&o, 0, "1");
	assert_ok(office_ask(&o, &err));
	sms = world_count(&o.w, "sms");
	office_fact(&o, o.invoice, 1, INVOICE_ISSUED, 34001);
	assert_invoice(&o, o.invoice, "differs", 34000);
	assert_int_equal(world_count(&o.w, "sms"), sms);
	assert_err(office_ask(&o, &err), ERR_CONFLICT);
	err_clear(&err);
	assert_ok(invoice_reverse(o.w.h, &o.w.staff, o.invoice, in, o.errors, &err));
	office_fact(&o, o.invoice, 1, INVOICE_REVERSED, 0);
	assert_invoice(&o, o.invoice, "reversed", 34000);
	assert_ok(office_ask(&o, &err));		/* free again */
	json_decref(in);
	office_close(&o);
}

/* Whatever the retry is about, the provider hears the first reason. */
void
test_invoice__a_red_letter_keeps_its_reason(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	json_t		*in = json_pack("{s:s}", "reason", "抬头写错了");
	int		 i = 0;

	(void)state;
	office_open(&o, 1);
	office_tick(&o, 0, "1");
	assert_ok(office_ask(&o, &err));
	office_fact(&o, o.invoice, 1, INVOICE_ISSUED, 34000);
	assert_ok(invoice_reverse(o.w.h, &o.w.staff, o.invoice, in, o.errors, &err));
	assert_string_equal(js_str(world_newest(&o.w, "invoice.reverse"), "reason"), "抬头写错了");
	assert_err(invoice_retry(o.w.h, &o.w.staff, o.invoice, &err), ERR_WRONG_STATE);
	err_clear(&err);
	for (i = 0; i < 2; i++) {
		office_refuse_red(&o);
		assert_ok(invoice_retry(o.w.h, &o.w.staff, o.invoice, &err));
		assert_int_equal(world_count(&o.w, "invoice.reverse"), 2 + i);
		assert_string_equal(js_str(world_newest(&o.w, "invoice.reverse"), "reason"),
		    "抬头写错了");
	}
	json_decref(in);
	office_close(&o);
}

/* A refund takes the invoice back; before it is issued, as soon as it is. */
void
test_invoice__a_refund_takes_it_back(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	int		 early = 0;

	(void)state;
	for (early = 0; early < 2; early++) {
		office_open(&o, 1);
		office_tick(&o, 0, "1");
		assert_ok(office_ask(&o, &err));
		if (!early)
			office_fact(&o, o.invoice, 1, INVOICE_ISSUED, 34000);
		assert_ok(order_cancel(o.w.h, &o.w.me, o.no[0], "", &err));
		if (early) {
			assert_invoice(&o, o.invoice, "requested", 34000);
			assert_int_equal(world_count(&o.w, "invoice.reverse"), 0);
			office_fact(&o, o.invoice, 1, INVOICE_ISSUED, 34000);
		}
		assert_invoice(&o, o.invoice, "reversing", 34000);
		assert_int_equal(world_count(&o.w, "invoice.reverse"), 1);
		office_fact(&o, o.invoice, 1, INVOICE_REVERSED, 0);
		office_fact(&o, o.invoice, 1, INVOICE_REVERSED, 0);
		assert_invoice(&o, o.invoice, "reversed", 34000);
		assert_err(office_ask(&o, &err), ERR_WRONG_STATE);
		err_clear(&err);
		office_close(&o);
	}
}

/* Three orders on one invoice, one refunded: the other two get a new one, once. */
void
test_invoice__of_several_the_others_get_another(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	char		 next[INVOICE_NO], first[INVOICE_NO];
	int		 i = 0;

	(void)state;
	office_open(&o, 3);
	for (i = 0; i < 3; i++)
		office_tick(&o, i, "1");
	assert_ok(office_ask(&o, &err));
	memcpy(first, o.invoice, sizeof(first));
	assert_invoice(&o, first, "requested", 3 * 34000);
	office_fact(&o, first, 1, INVOICE_ISSUED, 3 * 34000);
	assert_ok(order_cancel(o.w.h, &o.w.me, o.no[1], "", &err));
	office_newest(&o, next);
	assert_invoice(&o, next, "waiting", 2 * 34000);
	assert_int_equal(world_count(&o.w, "invoice.issue"), 1);
	/* A second one is cancelled while the red letter is under way. */
	assert_ok(order_cancel(o.w.h, &o.w.me, o.no[2], "", &err));
	assert_invoice(&o, next, "waiting", 34000);
	office_fact(&o, first, 1, INVOICE_REVERSED, 0);
	assert_invoice(&o, next, "requested", 34000);
	assert_int_equal(world_count(&o.w, "invoice.issue"), 2);
	assert_int_equal(js_int(world_newest(&o.w, "invoice.issue"), "fen", 0), 34000);
	office_fact(&o, next, 1, INVOICE_ISSUED, 34000);
	assert_invoice(&o, next, "issued", 34000);
	office_close(&o);
}

/* Finance mends an issued one: a red letter, then another with the right number. */
void
test_invoice__finance_issues_it_anew(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	char		 next[INVOICE_NO];
	json_t		*m = NULL;

	(void)state;
	office_open(&o, 1);
	office_tick(&o, 0, "1");
	assert_ok(office_ask(&o, &err));
	office_fact(&o, o.invoice, 1, INVOICE_ISSUED, 34000);
	js_set_str(o.in, "mail", "right@example.com");
	assert_err(invoice_mend(o.w.h, &o.w.me, o.invoice, o.in, o.errors, &err), ERR_WRONG_STATE);
	err_clear(&err);
	assert_ok(invoice_mend(o.w.h, &o.w.staff, o.invoice, o.in, o.errors, &err));
	assert_invoice(&o, o.invoice, "reversing", 34000);
	office_newest(&o, next);
	/* The red letter is refused: finance sees why and asks again. */
	office_fact(&o, o.invoice, 1, INVOICE_REVERSING, 0);
	office_fact(&o, o.invoice, 1, INVOICE_REVERSED, 0);
	assert_invoice(&o, next, "requested", 34000);
	office_fact(&o, next, 1, INVOICE_ISSUED, 34000);
	m = office_view(&o, next);
	assert_string_equal(js_str(m, "mail"), "right@example.com");
	json_decref(m);
	assert_ok(invoice_work(o.w.h, &o.w.staff, NULL, &m, &err));
	assert_int_equal(js_int(m, "total", -1), 0);	/* nothing in trouble */
	json_decref(m);
	office_close(&o);
}

/* Nobody answered: it stays asked for, and is asked for again under the same number. */
void
test_invoice__given_up_is_asked_again_as_it_was(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	char		 ref[40];

	(void)state;
	office_open(&o, 1);
	office_tick(&o, 0, "1");
	assert_ok(office_ask(&o, &err));
	(void)snprintf(ref, sizeof(ref), "%s", js_str(world_newest(&o.w, "invoice.issue"), "ref"));
	assert_err(invoice_retry(o.w.h, &o.w.staff, o.invoice, &err), ERR_WRONG_STATE);
	err_clear(&err);
	office_fact(&o, o.invoice, 1, INVOICE_GIVEN_UP, 0);
	assert_invoice(&o, o.invoice, "requested", 34000);
	assert_ok(invoice_retry(o.w.h, &o.w.staff, o.invoice, &err));
	assert_int_equal(world_count(&o.w, "invoice.issue"), 2);
	assert_string_equal(js_str(world_newest(&o.w, "invoice.issue"), "ref"), ref);
	office_close(&o);
}

/* An order is cancelled, and its money goes back, while it is being put on an invoice. */
static void *
office_ask_thread(void *arg)
{
	struct office	*o = arg;
	struct err	 err = {0};

	return office_ask(o, &err) == 0 ? NULL : o;
}

static void
office_lock(PGconn *c, const char *sql)
{
	PGresult	*r = PQexec(c, sql);

	if (PQresultStatus(r) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(c));
	PQclear(r);
}

static bool
office_waits(PGconn *c)
{
	PGresult	*r = PQexec(c, "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = "
	    "'invoice_claim'::regclass");
	bool		 is = PQntuples(r) > 0;

	PQclear(r);
	return is;
}

/* On SQLite one writes after the other; there is nothing to try. */
void
test_invoice__refunded_at_the_same_moment(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	PGconn		*c = NULL;
	pthread_t	 thread;
	char		*base = NULL, *address = NULL, *slash = NULL;
	void		*refused = NULL;
	int		 i = 0;

	(void)state;
	if (!world_on_postgres)
		return;
	office_open(&o, 1);
	office_tick(&o, 0, "1");
	base = xstrdup(getenv("YINXIN_TEST_PG"));
	slash = strrchr(base, '/');
	address = xasprintf("%.*s/%s", (int)(slash - base), base, o.w.database);
	c = PQconnectdb(address);
	office_lock(c, "BEGIN");
	office_lock(c, "LOCK TABLE invoice_claim IN EXCLUSIVE MODE");	/* reading goes on */
	assert_int_equal(pthread_create(&thread, NULL, office_ask_thread, &o), 0);
	for (i = 0; i < 500 && !office_waits(c); i++)
		usleep(10000);
	assert_true(i < 500);
	assert_ok(order_cancel(o.w.h, &o.w.me, o.no[0], "", &err));
	office_lock(c, "COMMIT");
	PQfinish(c);
	assert_int_equal(pthread_join(thread, &refused), 0);
	assert_non_null(refused);
	assert_int_equal(world_count(&o.w, "invoice.issue"), 0);
	free(base);
	free(address);
	office_close(&o);
}

#include "unit.h"
#include "outside.h"
#include "base/clock.h"
#include "base/url.h"
#include "gate/call.h"
#include "http/client.h"

/*
 * The sandbox has its own clock: the vendors' windows allow a shift of less than 5 minutes.
 *
 * Conformance: every payment channel of pay.def, over its real wire protocol, must give the
 * same facts.
 */
#define EACH_CHANNEL(p) \
	for (const struct pay_provider *const *p = pay_providers; *p != NULL; p++)

static const char	*channel;
#define trade	out.trade

static void
pay_begin(const char *name, int64_t life)
{
	char	 key[64];

	channel = name;
	outside_forget();
	json_decref(outside_control("/control/faults/clear", "{}"));
	snprintf(key, sizeof(key), "create:%s", outside_no("T", trade));
	outside_put("pay.create", key, "{'channel':'%s','trade_no':'%s','fen':34000,"
	    "'subject':'数字证书 1 年','expires':%" PRId64 "}", channel, trade,
	    clock_now() + life);
	outside_work();
}

static void
pay_open(const char *name)
{
	pay_begin(name, 2 * CLOCK_HOUR);
	assert_int_equal(out.created, 1);
	assert_true(out.ok);
	assert_true(out.qr[0] != '\0');
}

static void
pay_do(int64_t fen)
{
	json_decref(outside_control("/control/pay", "{'trade_no':'%s','fen':%" PRId64 "}", trade,
	    fen));
}

static void
pay_fault(const char *what, int value)
{
	char	 api[32];

	snprintf(api, sizeof(api), "%s.notify", channel);
	outside_fault(api, what, value);
}

static void
pay_ask(const char *kind)
{
	static int	 n;
	char		 key[64];

	snprintf(key, sizeof(key), "ask:%d", n++);
	outside_put(kind, key, "{'channel':'%s','trade_no':'%s'}", channel, trade);
	outside_work();
}

void
test_payment__notified_once(void **state)
{
	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		pay_do(34000);
		assert_int_equal(outside_notified(trade, 1), 1);
		assert_int_equal(out.paid, 1);
		assert_int_equal(out.payments, 1);
		assert_int_equal(out.fen, 34000);
		assert_int_equal(out.source, FACT_NOTIFY);
		assert_true(out.channel_trade_no[0] != '\0');
	}
}

void
test_payment__repeated_notifications_change_nothing(void **state)
{
	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		pay_fault("duplicate", 3);
		pay_do(34000);
		assert_int_equal(outside_notified(trade, 4), 4);	/* all are answered well */
		assert_int_equal(out.payments, 1);
	}
}

void
test_payment__forged_is_refused(void **state)
{
	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		pay_fault("forged", 0);
		pay_do(34000);
		assert_int_equal(outside_notified(trade, 2), 1);
		assert_int_equal(out.payments, 1);
		json_decref(outside_control("/control/notify",
		    "{'trade_no':'%s','what':'forged'}", trade));
		assert_int_equal(outside_notified(trade, 3), 1);
		assert_int_equal(out.payments, 1);
	}
}

/* WeChat probes whether signatures are really checked. */
void
test_payment__signature_probe_is_refused(void **state)
{
	(void)state;
	pay_open("wechat");
	pay_fault("signtest", 0);
	pay_do(34000);
	assert_int_equal(outside_notified(trade, 2), 1);
	assert_int_equal(out.payments, 1);
}

void
test_payment__other_merchant_is_refused(void **state)
{
	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		pay_fault("merchant", 0);
		pay_do(34000);
		assert_int_equal(outside_notified(trade, 1), 0);
		assert_int_equal(out.payments, 0);
	}
}

/* Genuine, but another amount: told as a difference, never as paid. */
void
test_payment__wrong_amount_is_no_payment(void **state)
{
	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		pay_do(33999);
		assert_int_equal(outside_notified(trade, 1), 1);
		assert_int_equal(out.payments, 1);
		assert_int_equal(out.paid, 0);
		assert_int_equal(out.pay, PAY_DIFFERS);
		assert_int_equal(out.fen, 33999);
		assert_int_equal(out.wanted, 34000);
		pay_ask("pay.query");
		assert_int_equal(out.pay, PAY_DIFFERS);
	}
}

void
test_payment__lost_notification_is_found_by_sweep(void **state)
{
	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		pay_fault("lost", 0);
		clock_shift(11 * CLOCK_SECOND);
		outside_work();			/* not paid yet */
		assert_int_equal(out.paid, 0);
		pay_do(34000);
		clock_shift(20 * CLOCK_SECOND);
		outside_work();			/* the sweep after 30 s */
		assert_int_equal(out.paid, 1);
		assert_int_equal(out.source, FACT_QUERY);
		clock_shift(200 * CLOCK_SECOND);
		outside_work();			/* the other sweeps were settled */
		assert_int_equal(out.paid, 1);
		clock_shift(-231 * CLOCK_SECOND);
	}
}

/* By query first, by notification afterwards: two facts of the same content. */
void
test_payment__late_notification_after_query(void **state)
{
	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		pay_fault("late", 300);
		pay_do(34000);
		pay_ask("pay.query");
		assert_int_equal(out.paid, 1);
		assert_int_equal(outside_notified(trade, 1), 1);
		assert_int_equal(out.paid, 2);
		assert_int_equal(out.source, FACT_NOTIFY);
	}
}

void
test_payment__unpaid_trade_is_closed_when_it_expires(void **state)
{
	(void)state;
	EACH_CHANNEL(p) {
		pay_begin((*p)->name, 2 * CLOCK_MINUTE);
		assert_true(out.ok);
		clock_shift(100 * CLOCK_SECOND);
		outside_work();
		assert_true(out.payments >= 1);
		assert_int_not_equal(out.pay, PAY_CLOSED);
		clock_shift(21 * CLOCK_SECOND);
		outside_work();
		assert_int_equal(out.pay, PAY_CLOSED);
		assert_int_equal(out.paid, 0);
		clock_shift(-121 * CLOCK_SECOND);
	}
}

void
test_payment__closing_a_paid_trade_tells_that_it_is_paid(void **state)
{
	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		pay_fault("lost", 0);
		pay_do(34000);
		pay_ask("pay.close");
		assert_int_equal(out.pay, PAY_PAID);
		assert_int_equal(out.fen, 34000);
	}
}

static void
pay_refund(const char *refund_no, const char *key)
{
	outside_put("pay.refund", key, "{'channel':'%s','trade_no':'%s','refund_no':'%s',"
	    "'fen':34000,'total_fen':34000,'reason':'取消申请'}", channel, trade, refund_no);
	outside_work();
}

static int64_t
pay_refunded_fen(void)
{
	json_t	*j = outside_control("/control/trades", NULL), *t;
	size_t	 i;
	int64_t	 fen = -1;

	json_array_foreach(json_object_get(j, "trades"), i, t)
		if (strcmp(js_str(t, "no"), trade) == 0)
			fen = js_int(t, "refunded_fen", 0);
	json_decref(j);
	return fen;
}

void
test_payment__refund_is_given_once(void **state)
{
	char	 no[33], key[64];

	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		pay_do(34000);
		outside_notified(trade, 1);
		pay_refund(outside_no("R", no), no);
		assert_int_equal(out.refund, REFUND_DONE);
		assert_int_equal(out.fen, 34000);
		snprintf(key, sizeof(key), "%s-again", no);
		pay_refund(no, key);		/* the same number: no second refund */
		assert_int_equal(out.refund, REFUND_DONE);
		assert_int_equal(pay_refunded_fen(), 34000);
		assert_int_equal(outside_notified(trade, 2), 2);
		assert_int_equal(out.paid, 1);	/* the refund's notification is no payment */
		pay_ask("pay.query");
		assert_int_equal(out.pay, PAY_REFUNDED);
	}
}

/* The vendor paid back and failed to say so: asked again, still once. */
void
test_payment__refund_after_unknown_answer(void **state)
{
	char	 no[33], api[32], row[32];

	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		pay_do(34000);
		outside_notified(trade, 1);
		snprintf(api, sizeof(api), "%s.refund", channel);
		outside_fault(api, "http_500", 0);
		pay_refund(outside_no("R", no), no);
		outside_state(no, row);
		assert_string_equal(row, "waiting");
		clock_shift(10 * CLOCK_SECOND);
		outside_work();
		outside_state(no, row);
		assert_string_equal(row, "done");
		assert_int_equal(out.refund, REFUND_DONE);
		assert_int_equal(pay_refunded_fen(), 34000);
		clock_shift(-10 * CLOCK_SECOND);
	}
}

void
test_payment__refund_in_process_is_followed(void **state)
{
	char	 no[33];

	(void)state;
	pay_open("wechat");
	pay_fault("lost", 0);
	pay_do(34000);
	outside_fault("wechat.refund", "processing", 0);
	pay_fault("lost", 0);
	pay_refund(outside_no("R", no), no);
	assert_int_equal(out.refund, REFUND_PENDING);
	clock_shift(11 * CLOCK_SECOND);
	outside_work();
	assert_int_equal(out.refund, REFUND_DONE);
	clock_shift(-11 * CLOCK_SECOND);
}

void
test_payment__refund_without_payment_fails(void **state)
{
	char	 no[33];

	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		pay_refund(outside_no("R", no), no);
		assert_int_equal(out.refund, REFUND_FAILED);
	}
}

static const char *
pay_create_api(void)
{
	return strcmp(channel, "alipay") == 0 ? "alipay.precreate" : "wechat.native";
}

/* Made at the vendor, no answer heard: the same trade is asked for again. */
void
test_payment__create_after_unknown_answer(void **state)
{
	(void)state;
	EACH_CHANNEL(p) {
		channel = (*p)->name;
		outside_fault(pay_create_api(), "http_500", 0);
		outside_forget();
		outside_put("pay.create", outside_no("T", trade), "{'channel':'%s','trade_no':"
		    "'%s','fen':100,'subject':'s','expires':%" PRId64 "}", channel, trade,
		    clock_now() + CLOCK_HOUR);
		outside_work();
		assert_int_equal(out.created, 0);
		clock_shift(5 * CLOCK_SECOND);
		outside_work();
		assert_int_equal(out.created, 1);
		assert_true(out.ok);
		clock_shift(-5 * CLOCK_SECOND);
	}
}

/* One member of the query of an address, decoded. */
static void
pay_member(const char *url, const char *name, char value[400])
{
	struct err	 err = {0};
	const char	*query = strchr(url, '?');
	json_t		*fields = NULL;

	assert_non_null(query);
	assert_int_equal(url_form_parse(query + 1, strlen(query + 1), &fields, &err), 0);
	snprintf(value, 400, "%s", js_str(fields, name));
	json_decref(fields);
}

/* The payer's browser at Alipay: the status of its answer, and where it is sent. */
static int
pay_browse(const char *method, const char *url, const char *body, char to[4096])
{
	struct http_answer	 a;
	struct err		 err = {0};
	const char		*headers[] = {"Content-Type: application/x-www-form-urlencoded",
				    NULL};
	int			 status;

	http_answer_init(&a);
	assert_int_equal(http_call(&(struct http_call){.method = method, .url = url,
	    .headers = headers, .body = body, .body_len = strlen(body)}, &a, NULL, &err), 0);
	status = a.status;
	(void)http_answer_header(&a, "location", to, 4096);
	http_answer_free(&a);
	return status;
}

static void
pay_page_open(int64_t life)
{
	char	 key[64];

	channel = "alipay";
	outside_forget();
	json_decref(outside_control("/control/faults/clear", "{}"));
	snprintf(key, sizeof(key), "page:%s", outside_no("T", trade));
	outside_put("pay.create", key, "{'channel':'alipay','trade_no':'%s','fen':34000,"
	    "'subject':'数字证书 1 年','expires':%" PRId64 ",'back':'/orders/1/continue'}", trade,
	    clock_now() + life);
	outside_work();
	assert_int_equal(out.created, 1);
	assert_true(out.ok);
}

/*
 * Alipay's page on the PC: the address alone makes no trade; logging in does; the notification
 * pays it, once; and what the browser brings back pays nothing.
 */
void
test_payment__page_of_alipay(void **state)
{
	char	 url[4096], page[4096], back[4096], value[400];

	(void)state;
	pay_page_open(CLOCK_HOUR);
	snprintf(url, sizeof(url), "%s", out.qr);
	pay_member(url, "method", value);
	assert_string_equal(value, "alipay.trade.page.pay");
	pay_member(url, "return_url", value);
	assert_true(strstr(value, "/orders/1/continue") != NULL);
	pay_ask("pay.query");
	assert_int_equal(out.pay, PAY_NOT_FOUND);
	assert_int_equal(pay_browse("GET", url, "", page), 303);
	pay_ask("pay.query");
	assert_int_equal(out.pay, PAY_NOT_FOUND);
	assert_int_equal(pay_browse("POST", page, "do=login", back), 303);
	pay_ask("pay.query");
	assert_int_equal(out.pay, PAY_WAITING);
	assert_int_equal(out.paid, 0);
	assert_int_equal(pay_browse("POST", page, "do=pay", back), 303);
	pay_member(back, "out_trade_no", value);
	assert_string_equal(value, trade);
	assert_int_equal(outside_notified(trade, 1), 1);
	assert_int_equal(out.paid, 1);
	assert_int_equal(out.fen, 34000);
	/* the same address again: the same trade, which is paid */
	assert_int_equal(pay_browse("GET", url, "", back), 303);
	assert_string_equal(back, page);
	assert_int_equal(pay_browse("POST", page, "do=pay", back), 409);
}

/* One byte of the address changed: the gateway refuses it and makes no trade. */
void
test_payment__page_address_is_signed(void **state)
{
	char	 to[4096], *amount = NULL;

	(void)state;
	pay_page_open(CLOCK_HOUR);
	amount = strstr(out.qr, "340.00");
	assert_non_null(amount);
	amount[0] = '1';
	assert_int_equal(pay_browse("GET", out.qr, "", to), 200);
	assert_string_equal(to, "");
	pay_ask("pay.query");
	assert_int_equal(out.pay, PAY_NOT_FOUND);
}

/* Another channel has no such page, and a path that leads elsewhere is none. */
void
test_payment__page_is_checked_when_put(void **state)
{
	static const char *const	 bad[] = {"{\"channel\":\"wechat\",\"trade_no\":\"T0000"
	    "9\",\"fen\":1,\"subject\":\"s\",\"back\":\"/orders/1\"}",
	    "{\"channel\":\"alipay\",\"trade_no\":\"T00009\",\"fen\":1,\"subject\":\"s\","
	    "\"back\":\"https://x.example/\"}"};
	struct err			 err = {0};
	json_t				*p = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		p = json_loads(bad[i], 0, NULL);
		assert_non_null(p);
		err_clear(&err);
		assert_int_equal(outbox_put(NULL, out.seal, "pay.create", "bad", p, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		json_decref(p);
	}
}

/* A real time-out of the client, once. */
void
test_payment__time_out_after_side_effect(void **state)
{
	(void)state;
	channel = "alipay";
	outside_fault("alipay.precreate", "timeout", 6000);
	outside_forget();
	outside_put("pay.create", outside_no("T", trade), "{'channel':'alipay','trade_no':"
	    "'%s','fen':100,'subject':'s','expires':%" PRId64 "}", trade,
	    clock_now() + CLOCK_HOUR);
	outside_work();
	assert_int_equal(out.created, 0);
	clock_shift(5 * CLOCK_SECOND);
	outside_work();
	assert_int_equal(out.created, 1);
	assert_true(out.ok);
	clock_shift(-5 * CLOCK_SECOND);
}

/* An answer whose signature does not fit is no answer. */
void
test_payment__forged_answer_is_not_believed(void **state)
{
	static const char *const faults[] = {"bad_signature", "malformed"};
	char			 api[32];

	(void)state;
	EACH_CHANNEL(p)
		for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
			pay_open((*p)->name);
			pay_fault("lost", 0);
			pay_do(34000);
			snprintf(api, sizeof(api), "%s.query", channel);
			outside_fault(api, faults[i], 0);
			pay_ask("pay.query");
			assert_int_equal(out.payments, 0);
			clock_shift(5 * CLOCK_SECOND);
			outside_work();
			assert_int_equal(out.paid, 1);
			clock_shift(-5 * CLOCK_SECOND);
		}
}

/* The hall fails: nothing is kept, the vendor hears it and comes again. */
void
test_payment__hall_failure_is_told_to_the_vendor(void **state)
{
	(void)state;
	EACH_CHANNEL(p) {
		pay_open((*p)->name);
		out.refuse = true;
		pay_do(34000);
		assert_int_equal(outside_notified(trade, 1), 0);
		out.refuse = false;
		json_decref(outside_control("/control/notify", "{'trade_no':'%s'}", trade));
		assert_int_equal(outside_notified(trade, 2), 1);
		assert_int_equal(out.paid, 1);
	}
}

/* A genuine payment of a trade that no row of ours made. */
void
test_payment__unknown_trade_is_refused(void **state)
{
	struct pay_answer	 a = {0};
	struct reply		 r = {0};
	struct pay_req		 q = {.trade_no = trade, .fen = 34000, .subject = "s"};

	(void)state;
	EACH_CHANNEL(p) {
		outside_forget();
		outside_no("U", trade);
		q.expires = clock_now() + CLOCK_HOUR;
		assert_int_equal((*p)->create(&q, &a, &r), REPLY_DONE);
		pay_do(34000);
		assert_int_equal(outside_notified(trade, 1), 0);
		assert_int_equal(out.payments, 0);
	}
}

void
test_payment__rubbish_is_refused(void **state)
{
	static const char *const rubbish[] = {"", "{", "{}", "a=%", "sign=x&a=1", "null",
		"{\"id\":\"x\",\"resource\":{}}"};
	json_t			*none = json_object();
	char			 answer[128];
	int			 status;

	(void)state;
	EACH_CHANNEL(p)
		for (size_t i = 0; i < ARRAY_LEN(rubbish); i++) {
			status = outside_deliver((*p)->name, none, rubbish[i],
			    strlen(rubbish[i]), answer);
			assert_true(status >= 400 || strcmp(answer, "fail") == 0);
		}
	assert_int_equal(outside_deliver("cash", none, "", 0, answer), 404);
	json_decref(none);
}

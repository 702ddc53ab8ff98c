#include "unit.h"
#include "outside.h"
#include "base/clock.h"
#include "gate/call.h"
#include "store/store.h"

/* Claims, leases and threads, on each engine. */
#define EACH_ENGINE() \
	for (int n_ = outside_engines(), e_ = 0; e_ < n_ + 1; e_++)	\
		if (outside_engine(e_ % n_), e_ < n_)

static size_t
outbox_arrived(const char *to)
{
	json_t	*j;
	char	 path[128];
	size_t	 n;

	snprintf(path, sizeof(path), "/control/mail?to=%s", to);
	j = outside_control(path, NULL);
	n = json_array_size(json_object_get(j, "mails"));
	json_decref(j);
	return n;
}

static void
outbox_claim_and_die(void)
{
	struct err	 err = {0};
	struct job	*job = NULL;

	assert_ok(outbox_claim(&out.gate, &job, &err));
	assert_non_null(job);
	job_free(job);
}

/* The worker died before or during the call: a mail goes out, an SMS is not risked twice. */
void
test_outbox__dead_worker(void **state)
{
	struct err	 err = {0};
	char		 key[64], row[32];

	(void)state;
	EACH_ENGINE() {
		outside_forget();
		outside_work();
		snprintf(key, sizeof(key), "dead-mail-%d", e_);
		outside_put("mail", key, "{'to':'dead%d@mail.example','subject':'s','text':'t'}",
		    e_);
		outbox_claim_and_die();
		outside_work();
		assert_int_equal(out.notices, 0);	/* under lease */
		assert_ok(outbox_reap(&out.gate, false, &err));
		outside_state(key, row);
		assert_string_equal(row, "sending");
		clock_shift(CLOCK_MINUTE);
		assert_ok(outbox_reap(&out.gate, false, &err));
		clock_shift(CLOCK_MINUTE);
		outside_work();
		outside_state(key, row);
		assert_string_equal(row, "done");

		snprintf(key, sizeof(key), "dead-sms-%d", e_);
		outside_put("sms", key, "{'phone':'13800138055','template':'S','params':{}}");
		outbox_claim_and_die();
		assert_ok(outbox_reap(&out.gate, true, &err));	/* as at the start */
		outside_work();
		outside_state(key, row);
		assert_string_equal(row, "unknown");
		assert_int_equal(out.notice, NOTICE_UNKNOWN);
		clock_shift(-2 * CLOCK_MINUTE);
	}
}

/* Bytes kept of the newest mail. */
static int
outbox_kept(struct db *db, void *arg, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_OUTBOX_BY_REF, &rows, err, DB_TEXT(""), DB_TEXT("mail"));

	if (rc == 0)
		(void)rows_blob(rows, 2, arg);
	rows_free(rows);
	return rc;
}

void
test_outbox__a_message_that_arrived_is_forgotten(void **state)
{
	struct err	 err = {0};
	char		 key[64];
	size_t		 kept = 0;

	(void)state;
	EACH_ENGINE() {
		clock_shift(CLOCK_HOUR);		/* the newest of all tests */
		outside_work();
		snprintf(key, sizeof(key), "forgotten-%d", e_);
		outside_put("mail", key, "{'to':'f%d@mail.example','subject':'s','text':'t'}", e_);
		assert_ok(store_read(out.store, outbox_kept, &kept, &err));
		assert_true(kept > 0);
		outside_work();
		assert_ok(store_read(out.store, outbox_kept, &kept, &err));
		assert_int_equal(kept, 0);
		clock_shift(-CLOCK_HOUR);
	}
}

/* A worker that took too long finds its lease gone and changes nothing. */
void
test_outbox__late_worker_changes_nothing(void **state)
{
	struct err		 err = {0};
	struct job		*job = NULL;
	struct job_result	 none = {0};
	struct reply		 r = {0};
	char			 key[64], row[32];

	(void)state;
	EACH_ENGINE() {
		outside_forget();
		snprintf(key, sizeof(key), "late-%d", e_);
		outside_put("mail", key, "{'to':'late@mail.example','subject':'s','text':'t'}");
		assert_ok(outbox_claim(&out.gate, &job, &err));
		assert_ok(outbox_reap(&out.gate, true, &err));
		assert_err(outbox_finish(&out.gate, job, REPLY_REFUSED, &none, &r, &err),
		    ERR_CONFLICT);
		assert_int_equal(out.notices, 0);
		outside_state(key, row);
		assert_string_equal(row, "waiting");
		clock_shift(CLOCK_MINUTE);
		outside_work();
		clock_shift(-CLOCK_MINUTE);
		job_free(job);
	}
}

static void *
outbox_slow(void *arg)
{
	struct err	 err = {0};

	assert_ok(gate_work(&out.gate, arg, &err));
	return NULL;
}

/* How many requests were answered slowly; -1: there is no such fault. */
static int
outbox_asked(int given)
{
	json_t	*j = outside_control("/control/faults", NULL), *f;
	int	 left = 0;
	size_t	 i;

	json_array_foreach(json_object_get(j, "faults"), i, f)
		if (strcmp(js_str(f, "api"), "bank.DCTRSINF") == 0)
			left = (int)js_int(f, "n", 0);
	json_decref(j);
	return given - left;
}

/*
 * A bank that takes longer than the lease: the reaper comes by while the worker waits for it, the
 * row stays in its hand, and nobody asks or books a second time.
 */
void
test_outbox__slow_provider_is_asked_once(void **state)
{
	struct err	 err = {0};
	char		 key[64], row[32], date[CLOCK_TEXT];
	pthread_t	 worker;
	bool		 worked = false, other = true;

	(void)state;
	EACH_ENGINE() {
		outside_forget();
		outside_work();
		json_decref(outside_control("/control/faults/clear", "{}"));
		json_decref(outside_control("/control/fault", "{'api':'bank.DCTRSINF','what':"
		    "'latency','n':9,'value':2500}"));
		snprintf(key, sizeof(key), "slow-%d", e_);
		outside_put("bank.statement", key, "{'date':'%s'}",
		    clock_date(clock_now() - 400 * CLOCK_DAY, date));
		out.bills = 0;
		assert_int_equal(pthread_create(&worker, NULL, outbox_slow, &worked), 0);
		for (int i = 0; i < 200 && outbox_asked(9) == 0; i++)
			usleep(10000);
		for (int i = 0; i < 3; i++) {		/* two minutes pass at once */
			clock_shift(CLOCK_MINUTE);
			assert_ok(outbox_reap(&out.gate, false, &err));
			outside_state(key, row);
			assert_string_equal(row, "sending");
			assert_ok(gate_work(&out.gate, &other, &err));
			assert_false(other);
		}
		pthread_join(worker, NULL);
		assert_true(worked);
		outside_state(key, row);
		assert_string_equal(row, "done");
		assert_int_equal(out.bills, 1);
		assert_int_equal(outbox_asked(9), 1);
		json_decref(outside_control("/control/faults/clear", "{}"));
		clock_shift(-3 * CLOCK_MINUTE);
	}
}

/* One that hangs for an hour loses the row all the same. */
void
test_outbox__hanging_worker_loses_its_row(void **state)
{
	struct err	 err = {0};
	struct job	*job = NULL;
	char		 row[32];

	(void)state;
	outside_forget();
	outside_work();
	outside_put("mail", "hangs", "{'to':'hangs@mail.example','subject':'s','text':'t'}");
	assert_ok(outbox_claim(&out.gate, &job, &err));
	outbox_take(&out.gate, job);
	clock_shift(CLOCK_MINUTE);
	job->since -= CLOCK_HOUR - CLOCK_MINUTE;
	assert_ok(outbox_reap(&out.gate, false, &err));
	outside_state("hangs", row);
	assert_string_equal(row, "sending");
	clock_shift(CLOCK_MINUTE);
	job->since -= CLOCK_MINUTE;
	assert_ok(outbox_reap(&out.gate, false, &err));
	outside_state("hangs", row);
	assert_string_equal(row, "waiting");
	outbox_leave(&out.gate, job);
	job_free(job);
	clock_shift(CLOCK_MINUTE);
	outside_work();
	clock_shift(-3 * CLOCK_MINUTE);
}

/* Time passes here and at the providers, who look at the time of a request. */
static void
outbox_days(int days)
{
	clock_shift(days * CLOCK_DAY);
	json_decref(outside_control("/control/clock", "{'ms':%" PRId64 "}", days * CLOCK_DAY));
}

static int	 part_runs;

static int
part_broken(struct db *db, int64_t now, struct err *err)
{
	/* what it wrote is rolled back, and only that */
	if (db_run(db, SQL_OUTBOX_DROP, NULL, err, DB_INT(now)) < 0)
		return -1;
	return err_set(err, ERR_GATEWAY, "a provider that is broken");
}

static int
part_sound(struct db *db, int64_t now, struct err *err)
{
	(void)db;
	(void)now;
	(void)err;
	part_runs++;
	return 0;
}

/* A broken provider and a broken part of the hall's minute stop nobody else. */
void
test_outbox__a_broken_part_stops_no_other(void **state)
{
	static const struct gate_part	 parts[] = {{"first", part_sound}, {"broken", part_broken},
		{"last", part_sound}, {0}};
	const struct gate_sink		*before = out.gate.sink;
	struct gate_sink		 sink = *before;
	struct err			 err = {0};
	char				 wechat[64], alipay[64], row[32], date[CLOCK_TEXT];
	json_t				*j = json_object();

	(void)state;
	outside_forget();
	sink.tick = parts;
	part_runs = 0;
	gate_init(&out.gate, out.store, out.seal, &sink);
	outbox_days(10);			/* days that no other test has asked for */
	json_decref(outside_control("/control/fault", "{'api':'alipay.bill','what':'http_500',"
	    "'n':99}"));
	bill_schedule(&out.gate);
	gate_tick(&out.gate);
	gate_tick(&out.gate);				/* not due yet */
	assert_int_equal(part_runs, 2);
	outbox_days(1);				/* gate.bill_hour is over */
	outside_work();
	clock_date(clock_now() - 2 * CLOCK_DAY, date);
	snprintf(wechat, sizeof(wechat), "auto:bill:wechat:%s", date);
	snprintf(alipay, sizeof(alipay), "auto:bill:alipay:%s", date);
	outside_state(wechat, row);
	assert_string_equal(row, "done");
	outside_state(alipay, row);
	assert_string_equal(row, "waiting");
	assert_ok(gate_count_all(&out.gate, j, &err));
	assert_int_equal(js_int(j, "tick_broken_failed_total", -1), 1);
	assert_int_equal(js_int(j, "tick_first_failed_total", -1), 0);
	assert_int_equal(js_int(j, "tick_last_failed_total", -1), 0);
	assert_int_equal(js_int(j, "bill_alipay_failed_total", -1), 0);
	json_decref(j);
	json_decref(outside_control("/control/faults/clear", "{}"));
	outbox_days(-11);
	gate_init(&out.gate, out.store, out.seal, before);
	breaker_reset();
}

void
test_outbox__threads_send_each_once(void **state)
{
	struct err	 err = {0};
	char		 key[64], to[64], row[32];

	(void)state;
	EACH_ENGINE() {
		outside_forget();
		snprintf(to, sizeof(to), "many%d@mail.example", e_);
		assert_ok(gate_start(&out.gate, 4, &err));
		for (int i = 0; i < 40; i++) {
			snprintf(key, sizeof(key), "many-%d-%d", e_, i);
			outside_put("mail", key, "{'to':'%s','subject':'s','text':'t'}", to);
		}
		gate_wake(&out.gate);
		for (int i = 0; i < 40; i++) {
			snprintf(key, sizeof(key), "many-%d-%d", e_, i);
			for (int tries = 0; tries < 1000; tries++) {
				outside_state(key, row);
				if (strcmp(row, "done") == 0)
					break;
				usleep(10000);
			}
			assert_string_equal(row, "done");
		}
		gate_stop(&out.gate);
		assert_int_equal(outbox_arrived(to), 40);
	}
}

/* A payment notified on each engine, twice. */
void
test_outbox__facts_on_each_engine(void **state)
{
	(void)state;
	EACH_ENGINE() {
		outside_forget();
		outside_no("E", out.trade);
		outside_put("pay.create", out.trade, "{'channel':'wechat','trade_no':'%s','fen':1,"
		    "'subject':'s','expires':%" PRId64 "}", out.trade,
		    clock_now() + CLOCK_HOUR);
		outside_work();
		outside_fault("wechat.notify", "duplicate", 1);
		json_decref(outside_control("/control/pay", "{'trade_no':'%s'}", out.trade));
		assert_int_equal(outside_notified(out.trade, 2), 2);
		assert_int_equal(out.paid, 1);
	}
}

void
test_outbox__counters(void **state)
{
	struct err	 err = {0};
	json_t		*j = json_object();

	(void)state;
	assert_ok(gate_count_all(&out.gate, j, &err));
	assert_true(js_int(j, "outbox_waiting", -1) >= 0);
	assert_true(js_int(j, "notify_ok_total", -1) >= 0);
	assert_int_equal(js_int(j, "breaker_open", -1), 0);
	json_decref(j);
}

struct trouble_act { int64_t no; bool retry; };

static int
trouble_run(struct db *db, void *arg, struct err *err)
{
	struct trouble_act	*a = arg;

	return a->retry ? outbox_retry(db, out.seal, a->no, err) : outbox_drop(db, a->no, err);
}

static int
trouble_read(struct db *db, void *arg, struct err *err)
{
	json_t	**list = arg;

	json_decref(*list);
	*list = NULL;
	return outbox_troubles(db, list, err);
}

/* The number of the row with this key in the list of troubles, 0: not there. */
static int64_t
trouble_find(const char *key)
{
	struct err	 err = {0};
	json_t		*list = NULL, *row;
	int64_t		 no = 0;
	size_t		 i;

	assert_ok(store_read(out.store, trouble_read, &list, &err));
	json_array_foreach(list, i, row)
		if (strcmp(js_str(row, "key"), key) == 0)
			no = strtoll(js_str(row, "no"), NULL, 10);
	json_decref(list);
	return no;
}

/* A mail refused for good is listed; taken up again it arrives, and is off the list. */
void
test_outbox__given_up_and_taken_up_again(void **state)
{
	struct err		 err = {0};
	struct trouble_act	 a = {.retry = true};
	char			 key[64], row[32];

	(void)state;
	EACH_ENGINE() {
		outside_forget();
		snprintf(key, sizeof(key), "again-%d", e_);
		outside_fault("smtp", "reject", 1);
		outside_put("mail", key, "{'to':'again%d@mail.example','subject':'s','text':'t'}",
		    e_);
		outside_work();
		outside_state(key, row);
		assert_string_equal(row, "failed");
		assert_true((a.no = trouble_find(key)) != 0);
		assert_ok(store_write(out.store, trouble_run, &a, &err));
		assert_true(trouble_find(key) == 0);
		assert_err(store_write(out.store, trouble_run, &a, &err), ERR_WRONG_STATE);
		outside_work();
		outside_state(key, row);
		assert_string_equal(row, "done");
	}
}

/* A code that is too late is not sent again, but can be dropped; so can what nobody repeats. */
void
test_outbox__given_up_for_good(void **state)
{
	struct err		 err = {0};
	struct trouble_act	 a = {0};
	char			 key[64], row[32];

	(void)state;
	EACH_ENGINE() {
		outside_forget();
		snprintf(key, sizeof(key), "late-code-%d", e_);
		outside_put("sms", key, "{'phone':'1','template':'S','params':{},'expires':%"
		    PRId64 "}", clock_now() + CLOCK_MINUTE);
		outside_work();
		a = (struct trouble_act){.no = trouble_find(key), .retry = true};
		assert_true(a.no != 0);
		clock_shift(2 * CLOCK_MINUTE);
		assert_err(store_write(out.store, trouble_run, &a, &err), ERR_EXPIRED);
		clock_shift(-2 * CLOCK_MINUTE);
		a.retry = false;
		assert_ok(store_write(out.store, trouble_run, &a, &err));
		assert_true(trouble_find(key) == 0);
		outside_state(key, row);
		assert_string_equal(row, "dropped");
		assert_err(store_write(out.store, trouble_run, &a, &err), ERR_WRONG_STATE);
	}
}

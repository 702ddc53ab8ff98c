#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "base/conf.h"
#include "store/store.h"

/*
 * Remittances.  A row of bank.pay may be taken up any number of times (a worker that died, an
 * answer that did not come): each time the bank is asked first whether it has the number.  What
 * the payee reads on his statement is forgotten with the row's end.
 *
 * Whoever can write to the hall's store can put a row.  So here, where he cannot reach, no sum is
 * sent that is more than REMIT_MOST, and no more than gate.bank_day of them in a day.
 */

static pthread_mutex_t	bank_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t		bank_today, bank_sent;	/* the day (China) and what went out in it */

/* One more today?  When not, tomorrow is when. */
static bool
bank_may_send(int64_t *tomorrow)
{
	int64_t	 day = (clock_now() + 8 * CLOCK_HOUR) / CLOCK_DAY;
	bool	 may;

	pthread_mutex_lock(&bank_lock);
	if (bank_today != day) {
		bank_today = day;
		bank_sent = 0;
	}
	if ((may = bank_sent < conf_int("gate.bank_day")))
		bank_sent++;
	pthread_mutex_unlock(&bank_lock);
	*tomorrow = (day + 1) * CLOCK_DAY - 8 * CLOCK_HOUR;
	return may;
}

static struct bank_req
bank_request(const struct job *job)
{
	const json_t	*p = job->payload;

	return (struct bank_req){.remit_no = js_str(p, "remit_no"),
		.holder = js_str(p, "holder"), .account = js_str(p, "account"),
		.bank = js_str(p, "bank"), .fen = js_int(p, "fen", 0),
		.remark = js_str(p, "remark"), .date = js_str(p, "date")};
}

static enum verdict
bank_call_pay(const struct job *job, struct job_result *out, struct reply *r)
{
	const struct bank_provider	*bank = bank_provider();
	struct bank_req			 q = bank_request(job);
	struct reply			 why;
	enum verdict			 v;

	if (q.fen <= 0 || q.fen > REMIT_MOST)
		return reply_set(r, REPLY_REFUSED, "amount", "%" PRId64 " fen are not sent", q.fen);
	v = bank->query(&q, &out->bank, r);
	if (v == REPLY_REFUSED)
		return REPLY_RETRY;		/* not sent as long as the bank does not tell */
	if (v != REPLY_DONE || out->bank.found)
		return v;
	if (!bank_may_send(&r->not_before))
		return reply_set(r, REPLY_RETRY, "day", "the remittances of today are out (gate.bank_day)");
	r->not_before = 0;
	v = bank->pay(&q, &out->bank, r);
	if (v != REPLY_REFUSED)
		return v;
	/* A no may mean that it has the number: then what it says of it counts. */
	why = *r;
	out->bank = (struct bank_answer){0};
	v = bank->query(&q, &out->bank, r);
	if (v == REPLY_DONE && out->bank.found)
		return REPLY_DONE;
	*r = why;
	return v == REPLY_DONE ? REPLY_REFUSED : REPLY_UNKNOWN;
}

static enum verdict
bank_call_query(const struct job *job, struct job_result *out, struct reply *r)
{
	struct bank_req	 q = bank_request(job);
	enum verdict	 v = bank_provider()->query(&q, &out->bank, r);

	if (v == REPLY_DONE && !out->bank.found)
		return reply_set(r, REPLY_REFUSED, "not-found", "the bank does not know it");
	if (v == REPLY_DONE && out->bank.state == REMIT_ACCEPTED)
		return reply_set(r, REPLY_PENDING, "accepted", "not finished");
	return v;
}

static enum verdict
bank_call_statement(const struct job *job, struct job_result *out, struct reply *r)
{
	struct bank_req	 q = bank_request(job);

	return bank_provider()->statement(&q, &out->bill, r);
}

/* Ask how it went on: until it has an end, or (late) whether it came back. */
static int
bank_put_query(const struct gate *g, struct db *db, const struct job *job, const char *what,
    int64_t after, bool automatic, struct err *err)
{
	json_t	*payload = json_pack("{s:s}", "remit_no", job->ref);
	char	 key[96];
	int	 rc;

	snprintf(key, sizeof(key), "auto:bank:%s:%s", job->ref, what);
	rc = outbox_put_at(db, g->seal, "bank.query", key, payload, clock_now() + after,
	    automatic, err);
	json_decref(payload);
	return rc;
}

static int
bank_put_queries(const struct gate *g, struct db *db, const struct job *job,
    enum remit_state state, struct err *err)
{
	if (state == REMIT_ACCEPTED)
		return bank_put_query(g, db, job, "end", 2 * CLOCK_SECOND, true, err);
	if (state != REMIT_PAID)
		return 0;
	if (bank_put_query(g, db, job, "1d", CLOCK_DAY, false, err) < 0)
		return -1;
	return bank_put_query(g, db, job, "3d", 3 * CLOCK_DAY, false, err);
}

/*
 * How it stands when the row ended this way.  Given up: it may have left all the same, and only
 * the statement tells.  A bank that does not know the number (asked when nothing sends it any
 * more) never got it.
 */
static enum remit_state
bank_state_of(enum job_end end, const struct job_result *result)
{
	if (end == JOB_DONE)
		return result->bank.state;
	return end == JOB_REFUSED ? REMIT_FAILED : REMIT_UNKNOWN;
}

static int
bank_deliver(const struct gate *g, struct db *db, const struct job *job, enum job_end end,
    const struct job_result *result, const struct reply *r, struct err *err)
{
	bool			 query = strcmp(job->kind->name, "bank.query") == 0;
	struct remit_fact	 fact = {.remit_no = job->ref, .bank_no = result->bank.bank_no,
		.state = bank_state_of(end, result), .reason = end == JOB_DONE ?
		    result->bank.reason : end == JOB_REFUSED ? r->detail : "",
		.at = clock_now(), .source = query ? FACT_QUERY : FACT_ANSWER};

	if (fact.state != REMIT_ACCEPTED && db_run(db, SQL_OUTBOX_SETTLE_AUTO, NULL, err,
	    DB_TEXT(job->ref), DB_INT(clock_now())) < 0)
		return -1;
	if (bank_put_queries(g, db, job, fact.state, err) < 0)
		return -1;
	return g->sink->remittance == NULL ? 0 : g->sink->remittance(db, &fact, err);
}

static int
bank_deliver_statement(const struct gate *g, struct db *db, const struct job *job,
    enum job_end end, const struct job_result *result, const struct reply *r, struct err *err)
{
	return bill_deliver_as(g, db, "bank", job, end, result, r, err);
}

const struct kind	 kinds_bank[] = {
	{
		.name = "bank.pay", .ref = "remit_no",
		.need = {"remit_no", "holder", "account", "bank", "remark"},
		.max_attempts = 30, .base = 2 * CLOCK_SECOND, .cap = CLOCK_HOUR,
		.life = CLOCK_DAY + CLOCK_HOUR, .repeatable = true,
		.call = bank_call_pay, .deliver = bank_deliver,
	}, {
		.name = "bank.query", .ref = "remit_no",
		.need = {"remit_no"},
		.max_attempts = 200, .base = 2 * CLOCK_SECOND, .cap = CLOCK_HOUR,
		.life = 7 * CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = bank_call_query, .deliver = bank_deliver,
	}, {
		.name = "bank.statement", .need = {"date"},
		.max_attempts = 12, .base = CLOCK_MINUTE, .cap = CLOCK_HOUR,
		.life = 2 * CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = bank_call_statement, .deliver = bank_deliver_statement,
	},
	{0}
};

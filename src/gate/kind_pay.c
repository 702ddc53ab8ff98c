#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store.h"

/* Money: trades and refunds at the channels. */

#define PAY_SENTENCE	"暂时无法生成付款码，请稍后再试，或改用其他付款方式。"

static const struct pay_provider *
pay_of(const struct job *job)
{
	return pay_by_name(js_str(job->payload, "channel"));	/* checked by outbox_put */
}

static struct pay_req
pay_request(const struct job *job)
{
	const json_t	*p = job->payload;

	return (struct pay_req){.trade_no = js_str(p, "trade_no"),
		.refund_no = js_str(p, "refund_no"), .fen = js_int(p, "fen", 0),
		.total_fen = js_int(p, "total_fen", 0), .subject = js_str(p, "subject"),
		.reason = js_str(p, "reason"), .expires = js_int(p, "expires", 0),
		.back = js_str(p, "back")};
}

static enum verdict
pay_call_create(const struct job *job, struct job_result *out, struct reply *r)
{
	struct pay_req	 q = pay_request(job);

	return q.back[0] != '\0' ? pay_of(job)->page(&q, &out->pay, r) :
	    pay_of(job)->create(&q, &out->pay, r);
}

static enum verdict
pay_call_query(const struct job *job, struct job_result *out, struct reply *r)
{
	struct pay_req	 q = pay_request(job);

	return pay_of(job)->query(&q, &out->pay, r);
}

/*
 * Close, then ask what is so: a payment that was faster wins.  Once closed, a trade the
 * channel does not know or still shows as waiting can not be paid any more.
 */
static enum verdict
pay_call_close(const struct job *job, struct job_result *out, struct reply *r)
{
	struct pay_req	 q = pay_request(job);
	enum verdict	 closed = pay_of(job)->close(&q, &out->pay, r), v;

	if (closed != REPLY_DONE && closed != REPLY_REFUSED)
		return closed;
	v = pay_of(job)->query(&q, &out->pay, r);
	if (v != REPLY_DONE)
		return v == REPLY_REFUSED ? REPLY_RETRY : v;
	if (out->pay.state != PAY_WAITING && out->pay.state != PAY_NOT_FOUND)
		return REPLY_DONE;
	if (closed == REPLY_REFUSED)
		return reply_set(r, REPLY_RETRY, r->code, "not closed and not paid");
	out->pay.state = PAY_CLOSED;
	return REPLY_DONE;
}

/* "Accepted" ends this row: a row of its own asks how it went on. */
static enum verdict
pay_call_refund(const struct job *job, struct job_result *out, struct reply *r)
{
	struct pay_req	 q = pay_request(job);
	enum verdict	 v = pay_of(job)->refund(&q, &out->pay, r);

	if (v == REPLY_PENDING)
		out->pay.refund = REFUND_PENDING;
	return v == REPLY_PENDING ? REPLY_DONE : v;
}

static enum verdict
pay_call_refund_query(const struct job *job, struct job_result *out, struct reply *r)
{
	struct pay_req	 q = pay_request(job);

	return pay_of(job)->refund_query(&q, &out->pay, r);
}

/* The rows that find a payment whose notification was lost, and that end an unpaid trade. */
static int
pay_put_sweep(const struct gate *g, struct db *db, const struct job *job, struct err *err)
{
	static const int64_t	 after[] = {10 * CLOCK_SECOND, 30 * CLOCK_SECOND, CLOCK_MINUTE,
		3 * CLOCK_MINUTE, 10 * CLOCK_MINUTE, 30 * CLOCK_MINUTE};
	int64_t			 now = clock_now(), expires = js_int(job->payload, "expires", 0);
	char			 key[128];

	for (size_t i = 0; i < ARRAY_LEN(after) && now + after[i] < expires; i++) {
		snprintf(key, sizeof(key), "auto:query:%s:%zu", job->ref, i);
		if (outbox_put_at(db, g->seal, "pay.query", key, job->payload, now + after[i],
		    true, err) < 0)
			return -1;
	}
	snprintf(key, sizeof(key), "auto:close:%s", job->ref);
	return outbox_put_at(db, g->seal, "pay.close", key, job->payload, expires, true, err);
}

static int
pay_deliver_create(const struct gate *g, struct db *db, const struct job *job,
    enum job_end end, const struct job_result *result, const struct reply *r, struct err *err)
{
	struct pay_created_fact	 fact = {.channel = js_str(job->payload, "channel"),
		.trade_no = job->ref, .ok = end == JOB_DONE,
		.qr = end == JOB_DONE ? result->pay.qr : "",
		.expires = js_int(job->payload, "expires", 0),
		.sentence = end == JOB_DONE ? "" : PAY_SENTENCE,
		.code = end == JOB_DONE ? "" : r->code};

	/* Also when nobody knows whether the trade was made: it must not stay payable. */
	if (end != JOB_REFUSED && pay_put_sweep(g, db, job, err) < 0)
		return -1;
	return g->sink->pay_created == NULL ? 0 : g->sink->pay_created(db, &fact, err);
}

/* What was asked for, from the row that made the trade. */
static int
pay_wanted(const struct gate *g, struct db *db, const char *channel, const char *trade_no,
    int64_t *fen, struct err *err)
{
	json_t	*payload = NULL;

	if (outbox_payload(db, g->seal, trade_no, "pay.create", &payload, err) < 0)
		return err_add(err, "trade %s", trade_no);
	*fen = js_int(payload, "fen", 0);
	if (strcmp(js_str(payload, "channel"), channel) != 0) {
		json_decref(payload);
		return err_set(err, ERR_DENIED, "trade %s is not one of %s", trade_no, channel);
	}
	json_decref(payload);
	return 0;
}

int
pay_deliver(const struct gate *g, struct db *db, const char *channel,
    const struct pay_answer *a, enum fact_source source, struct err *err)
{
	struct pay_fact	 fact = {.channel = channel, .trade_no = a->trade_no,
		.channel_trade_no = a->channel_trade_no, .state = a->state, .source = source};

	if (pay_wanted(g, db, channel, a->trade_no, &fact.wanted, err) < 0)
		return -1;
	if (a->state == PAY_PAID || a->state == PAY_REFUNDED) {
		fact.fen = a->fen;
		fact.paid_at = a->at == 0 ? clock_now() : a->at;
	}
	if (a->state == PAY_PAID && a->fen != fact.wanted) {
		fact.state = PAY_DIFFERS;
		log_kv(LOG_ERROR, "gate.amount_differs", LOG_S("channel", channel),
		    LOG_S("trade", a->trade_no), LOG_I("paid_fen", a->fen),
		    LOG_I("wanted_fen", fact.wanted));
	}
	if (a->state != PAY_WAITING && a->state != PAY_NOT_FOUND &&
	    db_run(db, SQL_OUTBOX_SETTLE_AUTO, NULL, err, DB_TEXT(a->trade_no),
	    DB_INT(clock_now())) < 0)
		return -1;
	return g->sink->payment == NULL ? 0 : g->sink->payment(db, &fact, err);
}

/* A query that led nowhere leaves the rest to the next sweep. */
static int
pay_deliver_state(const struct gate *g, struct db *db, const struct job *job,
    enum job_end end, const struct job_result *result, const struct reply *r, struct err *err)
{
	struct pay_answer	 a = result->pay;

	(void)r;
	if (end != JOB_DONE)
		return 0;
	snprintf(a.trade_no, sizeof(a.trade_no), "%s", job->ref);
	return pay_deliver(g, db, js_str(job->payload, "channel"), &a, FACT_QUERY, err);
}

int
refund_deliver(const struct gate *g, struct db *db, const char *channel,
    const struct pay_answer *a, const struct reply *r, enum fact_source source,
    struct err *err)
{
	bool			 failed = a->refund == REFUND_FAILED;
	struct refund_fact	 fact = {.channel = channel, .trade_no = a->trade_no,
		.refund_no = a->refund_no, .channel_refund_no = a->channel_refund_no,
		.fen = a->fen, .state = a->refund, .at = a->at, .code = failed ? r->code : "",
		.sentence = failed ? "退款没有成功，请财务人员处理。" : "", .source = source};

	if (a->refund != REFUND_PENDING && db_run(db, SQL_OUTBOX_SETTLE_AUTO, NULL, err,
	    DB_TEXT(a->refund_no), DB_INT(clock_now())) < 0)
		return -1;
	return g->sink->refund == NULL ? 0 : g->sink->refund(db, &fact, err);
}

static int
pay_deliver_refund(const struct gate *g, struct db *db, const struct job *job,
    enum job_end end, const struct job_result *result, const struct reply *r, struct err *err)
{
	struct pay_answer	 a = result->pay;
	bool			 query = strcmp(job->kind->name, "pay.refund_query") == 0;
	char			 key[128];

	snprintf(a.trade_no, sizeof(a.trade_no), "%s", js_str(job->payload, "trade_no"));
	snprintf(a.refund_no, sizeof(a.refund_no), "%s", job->ref);
	if (a.fen == 0)
		a.fen = js_int(job->payload, "fen", 0);
	if (end != JOB_DONE)
		a.refund = REFUND_FAILED;
	if (end == JOB_DONE && a.refund == REFUND_PENDING) {
		snprintf(key, sizeof(key), "auto:refund:%s", job->ref);
		if (outbox_put_at(db, g->seal, "pay.refund_query", key, job->payload,
		    clock_now() + 10 * CLOCK_SECOND, true, err) < 0)
			return -1;
	}
	return refund_deliver(g, db, js_str(job->payload, "channel"), &a, r,
	    query ? FACT_QUERY : FACT_ANSWER, err);
}

const struct kind	 kinds_pay[] = {
	{
		.name = "pay.create", .ref = "trade_no",
		.need = {"channel", "trade_no", "subject"},
		/*
		 * Alipay advises a new number after an unknown end; the same one is safe here
		 * because nobody has seen a QR code of the first try.
		 */
		.max_attempts = 5, .base = CLOCK_SECOND, .cap = 10 * CLOCK_SECOND,
		.life = 2 * CLOCK_MINUTE, .repeatable = true,
		.call = pay_call_create, .deliver = pay_deliver_create,
	}, {
		.name = "pay.query", .ref = "trade_no",
		.need = {"channel", "trade_no"},
		.max_attempts = 6, .base = 2 * CLOCK_SECOND, .cap = CLOCK_MINUTE,
		.life = CLOCK_HOUR, .repeatable = true, .by_hand = true,
		.call = pay_call_query, .deliver = pay_deliver_state,
	}, {
		.name = "pay.close", .ref = "trade_no",
		.need = {"channel", "trade_no"},
		.max_attempts = 30, .base = 5 * CLOCK_SECOND, .cap = CLOCK_HOUR,
		.life = 2 * CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = pay_call_close, .deliver = pay_deliver_state,
	}, {
		.name = "pay.refund", .ref = "refund_no",
		.need = {"channel", "trade_no", "refund_no", "reason"},
		.max_attempts = 30, .base = 5 * CLOCK_SECOND, .cap = CLOCK_HOUR,
		.life = 2 * CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = pay_call_refund, .deliver = pay_deliver_refund,
	}, {
		.name = "pay.refund_query", .ref = "refund_no",
		.need = {"channel", "trade_no", "refund_no"},
		.max_attempts = 60, .base = 10 * CLOCK_SECOND, .cap = CLOCK_HOUR,
		.life = 3 * CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = pay_call_refund_query, .deliver = pay_deliver_refund,
	},
	{0}
};

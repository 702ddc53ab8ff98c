#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "store/store.h"

/* Invoices: each request is only accepted; a row of its own asks what became of it. */

#define INVOICE_LOOK	(2 * CLOCK_SECOND)	/* issuing takes some seconds */

static bool
invoice_is_reversal(const struct job *job)
{
	return strcmp(job->kind->name, "invoice.reverse") == 0 || js_bool(job->payload, "reversed");
}

static struct invoice_req
invoice_request(const struct job *job)
{
	const json_t	*p = job->payload;

	return (struct invoice_req){.ref = job->ref, .buyer = json_object_get(p, "buyer"),
		.special = strcmp(js_str(p, "kind"), "special") == 0, .fen = js_int(p, "fen", 0),
		.remark = js_str(p, "remark"), .items = json_object_get(p, "items"),
		.code = js_str(p, "code"), .number = js_str(p, "number"),
		.reason = js_str(p, "reason"), .reversed = js_bool(p, "reversed")};
}

static enum verdict
invoice_call_issue(const struct job *job, struct job_result *out, struct reply *r)
{
	struct invoice_req	 q = invoice_request(job);

	return invoice_provider()->issue(&q, &out->invoice, r);
}

static enum verdict
invoice_call_query(const struct job *job, struct job_result *out, struct reply *r)
{
	struct invoice_req	 q = invoice_request(job);

	return invoice_provider()->query(&q, &out->invoice, r);
}

static enum verdict
invoice_call_reverse(const struct job *job, struct job_result *out, struct reply *r)
{
	struct invoice_req	 q = invoice_request(job);

	return invoice_provider()->reverse(&q, &out->invoice, r);
}

static enum verdict
invoice_call_file(const struct job *job, struct job_result *out, struct reply *r)
{
	struct invoice_req	 q = invoice_request(job);

	return invoice_provider()->file(&q, &out->invoice, r);
}

/* The next question about it.  A row taken up again by a person asks anew, hence the time. */
static int
invoice_put_next(const struct gate *g, struct db *db, const struct job *job, const char *kind,
    bool reversed, struct err *err)
{
	json_t	*payload = json_pack("{s:s,s:b}", "ref", job->ref, "reversed", reversed);
	char	 key[128];
	int	 rc;

	snprintf(key, sizeof(key), "auto:%s:%s:%" PRId64, kind, job->ref, clock_now());
	rc = outbox_put_at(db, g->seal, kind, key, payload, clock_now() + INVOICE_LOOK, true, err);
	json_decref(payload);
	return rc;
}

static int
invoice_tell(const struct gate *g, struct db *db, const struct job *job, enum invoice_state state,
    const struct invoice_answer *a, const struct reply *r, struct err *err)
{
	bool			 bad = state == INVOICE_FAILED || state == INVOICE_GIVEN_UP;
	struct invoice_fact	 fact = {.ref = job->ref, .state = state,
		.reversal = invoice_is_reversal(job), .code = a->code, .number = a->number,
		.red_number = a->red_number, .fen = a->fen, .tax = a->tax,
		.at = a->at == 0 ? clock_now() : a->at, .reason_code = bad ? r->code : "",
		.reason = bad ? r->detail : "", .file = a->file.p, .file_len = a->file.len};

	return g->sink->invoice == NULL ? 0 : g->sink->invoice(db, &fact, err);
}

/* What the hall hears when a request did not hold. */
static enum invoice_state
invoice_ended(enum job_end end, const struct invoice_answer *a)
{
	if (end == JOB_DONE)
		return a->state;
	return end == JOB_REFUSED ? INVOICE_FAILED : INVOICE_GIVEN_UP;
}

static int
invoice_deliver_asked(const struct gate *g, struct db *db, const struct job *job,
    enum job_end end, const struct job_result *result, const struct reply *r, struct err *err)
{
	if (end == JOB_DONE && invoice_put_next(g, db, job, "invoice.query",
	    invoice_is_reversal(job), err) < 0)
		return -1;
	return invoice_tell(g, db, job, invoice_ended(end, &result->invoice), &result->invoice, r,
	    err);
}

static int
invoice_deliver_state(const struct gate *g, struct db *db, const struct job *job,
    enum job_end end, const struct job_result *result, const struct reply *r, struct err *err)
{
	const struct invoice_answer	*a = &result->invoice;

	if (db_run(db, SQL_OUTBOX_SETTLE_AUTO, NULL, err, DB_TEXT(job->ref),
	    DB_INT(clock_now())) < 0)
		return -1;
	if (end == JOB_DONE && a->state == INVOICE_ISSUED &&
	    invoice_put_next(g, db, job, "invoice.file", false, err) < 0)
		return -1;
	return invoice_tell(g, db, job, invoice_ended(end, a), a, r, err);
}

/* Without its picture an invoice is still issued. */
static int
invoice_deliver_file(const struct gate *g, struct db *db, const struct job *job,
    enum job_end end, const struct job_result *result, const struct reply *r, struct err *err)
{
	return end != JOB_DONE ? 0 : invoice_tell(g, db, job, INVOICE_FILE_READY,
	    &result->invoice, r, err);
}

const struct kind	 kinds_invoice[] = {
	{
		.name = "invoice.issue", .ref = "ref", .need = {"ref", "kind"},
		.max_attempts = 20, .base = 5 * CLOCK_SECOND, .cap = 30 * CLOCK_MINUTE,
		.life = 2 * CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = invoice_call_issue, .deliver = invoice_deliver_asked,
	}, {
		/* The clerk may have to sign in at the tax bureau first: that takes its time. */
		.name = "invoice.query", .ref = "ref", .need = {"ref"},
		.max_attempts = 400, .base = 3 * CLOCK_SECOND, .cap = 30 * CLOCK_MINUTE,
		.life = 7 * CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = invoice_call_query, .deliver = invoice_deliver_state,
	}, {
		.name = "invoice.reverse", .ref = "ref", .need = {"ref", "number", "reason"},
		.max_attempts = 20, .base = 5 * CLOCK_SECOND, .cap = 30 * CLOCK_MINUTE,
		.life = 2 * CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = invoice_call_reverse, .deliver = invoice_deliver_asked,
	}, {
		.name = "invoice.file", .ref = "ref", .need = {"ref"},
		.max_attempts = 20, .base = 5 * CLOCK_SECOND, .cap = CLOCK_HOUR,
		.life = 2 * CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = invoice_call_file, .deliver = invoice_deliver_file,
	},
	{0}
};

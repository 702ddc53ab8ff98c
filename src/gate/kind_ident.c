#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "store/store.h"

/* Identity: three factors, face. */

#define IDENT_FACE_LIFE		(10 * CLOCK_MINUTE)

static struct ident_req
ident_request(const struct job *job)
{
	const json_t	*p = job->payload;

	return (struct ident_req){.request_id = js_str(p, "request_id"),
		.name = js_str(p, "name"), .id_no = js_str(p, "id_no"),
		.phone = js_str(p, "phone"), .return_url = js_str(p, "return_url"),
		.meta_info = js_str(p, "meta_info"), .certify_id = js_str(p, "certify_id"),
		.card = js_str(p, "card"), .company = js_str(p, "company"),
		.code = js_str(p, "code")};
}

static enum verdict
ident_call_mobile3(const struct job *job, struct job_result *out, struct reply *r)
{
	struct ident_req	 q = ident_request(job);

	return ident_provider()->mobile3(&q, &out->ident, r);
}

static enum verdict
ident_call_card4(const struct job *job, struct job_result *out, struct reply *r)
{
	struct ident_req	 q = ident_request(job);

	return ident_provider()->card4(&q, &out->ident, r);
}

static enum verdict
ident_call_company(const struct job *job, struct job_result *out, struct reply *r)
{
	struct ident_req	 q = ident_request(job);

	return ident_provider()->company(&q, &out->ident, r);
}

static enum verdict
ident_call_face_init(const struct job *job, struct job_result *out, struct reply *r)
{
	struct ident_req	 q = ident_request(job);

	return ident_provider()->face_init(&q, &out->ident, r);
}

static enum verdict
ident_call_face_query(const struct job *job, struct job_result *out, struct reply *r)
{
	struct ident_req	 q = ident_request(job);

	return ident_provider()->face_query(&q, &out->ident, r);
}

static enum ident_method
ident_method(const struct job *job)
{
	static const struct { const char *kind; enum ident_method method; } rows[] = {
		{"ident.mobile3", IDENT_MOBILE3}, {"ident.card4", IDENT_CARD4},
		{"ident.company", IDENT_COMPANY}, {"ident.face_init", IDENT_FACE_INIT},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].kind, job->kind->name) == 0)
			return rows[i].method;
	return IDENT_FACE;
}

/* What the hall hears when there was no result: never the person's fault. */
static enum ident_result
ident_result_of(const struct job *job, enum job_end end, const struct job_result *result)
{
	if (end == JOB_DONE)
		return result->ident.result;
	if (ident_method(job) == IDENT_FACE && end == JOB_DEAD)
		return IDENT_EXPIRED;
	return IDENT_BUSY;
}

/* After the start gate asks by itself, whether or not the browser comes back. */
static int
ident_put_poll(const struct gate *g, struct db *db, const struct job *job,
    const struct job_result *result, struct err *err)
{
	json_t	*payload = json_object();
	char	 key[160];
	int	 rc;

	js_set_str(payload, "request_id", job->ref);
	js_set_str(payload, "certify_id", result->ident.certify_id);
	js_set_int(payload, "expires", clock_now() + IDENT_FACE_LIFE);
	snprintf(key, sizeof(key), "auto:face:%s", result->ident.certify_id);
	rc = outbox_put_at(db, g->seal, "ident.face_query", key, payload,
	    clock_now() + 10 * CLOCK_SECOND, true, err);
	json_decref(payload);
	return rc;
}

static int
ident_deliver(const struct gate *g, struct db *db, const struct job *job, enum job_end end,
    const struct job_result *result, const struct reply *r, struct err *err)
{
	enum ident_result	 what = ident_result_of(job, end, result);
	const struct ident_answer *a = &result->ident;
	bool			 face = ident_method(job) == IDENT_FACE;
	struct ident_fact	 fact = {.request_id = job->ref, .method = ident_method(job),
		.result = what, .code = r->code,
		.sentence = end == JOB_DONE && a->sentence != NULL ? a->sentence :
		    ident_sentence(what),
		.certify_id = face ? js_str(job->payload, "certify_id") :
		    a->certify_id,
		.url = a->url, .provider_no = r->provider_no, .evidence = a->evidence,
		.at = clock_now()};

	if (what == IDENT_STARTED && ident_put_poll(g, db, job, result, err) < 0)
		return -1;
	/* One question too many does not end the face check: the automatic row goes on. */
	if (face && end != JOB_DONE &&
	    strncmp(job->idem_key, "auto:", 5) != 0)
		return 0;
	if (face && db_run(db, SQL_OUTBOX_SETTLE_AUTO, NULL, err,
	    DB_TEXT(job->ref), DB_INT(clock_now())) < 0)
		return -1;
	return g->sink->identity == NULL ? 0 : g->sink->identity(db, &fact, err);
}

const struct kind	 kinds_ident[] = {
	{
		.name = "ident.mobile3", .ref = "request_id",
		.need = {"request_id", "name", "id_no", "phone"},
		.max_attempts = 4, .base = CLOCK_SECOND, .cap = 10 * CLOCK_SECOND,
		.life = 2 * CLOCK_MINUTE, .repeatable = true,
		.call = ident_call_mobile3, .deliver = ident_deliver,
	}, {
		.name = "ident.card4", .ref = "request_id",
		.need = {"request_id", "name", "id_no", "phone", "card"},
		.max_attempts = 4, .base = CLOCK_SECOND, .cap = 10 * CLOCK_SECOND,
		.life = 2 * CLOCK_MINUTE, .repeatable = true,
		.call = ident_call_card4, .deliver = ident_deliver,
	}, {
		.name = "ident.company", .ref = "request_id",
		.need = {"request_id", "company", "code", "name", "id_no"},
		.max_attempts = 4, .base = CLOCK_SECOND, .cap = 10 * CLOCK_SECOND,
		.life = 2 * CLOCK_MINUTE, .repeatable = true,
		.call = ident_call_company, .deliver = ident_deliver,
	}, {
		.name = "ident.face_init", .ref = "request_id",
		.need = {"request_id", "name", "id_no", "return_url", "meta_info"},
		.max_attempts = 4, .base = CLOCK_SECOND, .cap = 10 * CLOCK_SECOND,
		.life = 2 * CLOCK_MINUTE, .repeatable = true,
		.call = ident_call_face_init, .deliver = ident_deliver,
	}, {
		.name = "ident.face_query", .ref = "request_id",
		.need = {"request_id", "certify_id"},
		.max_attempts = 100, .base = 2 * CLOCK_SECOND, .cap = 8 * CLOCK_SECOND,
		.life = IDENT_FACE_LIFE, .repeatable = true,
		.call = ident_call_face_query, .deliver = ident_deliver,
	},
	{0}
};

#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "base/conf.h"
#include "store/store.h"

/* Parcels: ordered, followed until they are signed for. */

#define EXPRESS_PUSH	(3 * CLOCK_SECOND)	/* pushes of one parcel within this count once */

static struct express_req
express_request(const struct job *job)
{
	const json_t	*p = job->payload;

	return (struct express_req){.ref = job->ref, .sender = json_object_get(p, "sender"),
		.receiver = json_object_get(p, "receiver"), .collect = js_bool(p, "collect"),
		.cargo = js_str_or(p, "cargo", "UKey"), .waybill = js_str(p, "waybill"),
		.tail = js_str(p, "tail")};
}

static enum verdict
express_call_order(const struct job *job, struct job_result *out, struct reply *r)
{
	struct express_req	 q = express_request(job);

	return express_provider()->order(&q, &out->express, r);
}

static enum verdict
express_call_cancel(const struct job *job, struct job_result *out, struct reply *r)
{
	struct express_req	 q = express_request(job);

	return express_provider()->cancel(&q, &out->express, r);
}

static enum verdict
express_call_routes(const struct job *job, struct job_result *out, struct reply *r)
{
	struct express_req	 q = express_request(job);

	return express_provider()->routes(&q, &out->express, r);
}

static int
express_tell(const struct gate *g, struct db *db, const struct express_fact *fact,
    struct err *err)
{
	return g->sink->express == NULL ? 0 : g->sink->express(db, fact, err);
}

static int
express_deliver_order(const struct gate *g, struct db *db, const struct job *job,
    enum job_end end, const struct job_result *result, const struct reply *r, struct err *err)
{
	bool			 done = end == JOB_DONE;
	struct express_fact	 fact = {.ref = job->ref,
		.what = done ? EXPRESS_ORDERED : EXPRESS_NOT_ORDERED,
		.waybill = done ? result->express.waybill : "", .reason_code = done ? "" : r->code,
		.reason = done ? "" : r->detail};

	return express_tell(g, db, &fact, err);
}

static int
express_deliver_cancel(const struct gate *g, struct db *db, const struct job *job,
    enum job_end end, const struct job_result *result, const struct reply *r, struct err *err)
{
	bool			 done = end == JOB_DONE;
	struct express_fact	 fact = {.ref = job->ref, .waybill = "",
		.what = done ? EXPRESS_CANCELLED : EXPRESS_NOT_CANCELLED,
		.reason_code = done ? "" : r->code, .reason = done ? "" : r->detail};

	(void)result;
	return express_tell(g, db, &fact, err);
}

static int
express_put_next(const struct gate *g, struct db *db, const struct job *job, struct err *err)
{
	int64_t	 at = clock_now() + conf_int("gate.express_minutes") * CLOCK_MINUTE;
	char	 key[128];

	if (at > js_int(job->payload, "until", 0))
		return 0;
	snprintf(key, sizeof(key), "auto:express.route:%s:%" PRId64, job->ref, at);
	return outbox_put_at(db, g->seal, "express.route", key, job->payload, at, true, err);
}

/* Whatever came of one question, the next comes in its time, until the parcel is signed for. */
static int
express_deliver_routes(const struct gate *g, struct db *db, const struct job *job,
    enum job_end end, const struct job_result *result, const struct reply *r, struct err *err)
{
	const struct express_answer	*a = &result->express;
	struct express_fact		 fact = {.what = EXPRESS_ROUTES_KNOWN, .ref = "",
		.waybill = job->ref, .route = a->route, .n = a->n, .signed_at = a->signed_at,
		.reason_code = "", .reason = ""};

	(void)r;
	if (db_run(db, SQL_OUTBOX_SETTLE_AUTO, NULL, err, DB_TEXT(job->ref),
	    DB_INT(clock_now())) < 0)
		return -1;
	if ((end != JOB_DONE || a->signed_at == 0) && express_put_next(g, db, job, err) < 0)
		return -1;
	return end != JOB_DONE ? 0 : express_tell(g, db, &fact, err);
}

int
express_ask(const struct gate *g, struct db *db, const json_t *waybills, struct err *err)
{
	json_t		*w, *payload;
	struct err	 none;
	char		 key[128];
	size_t		 i;
	int64_t		 slot = clock_now() / EXPRESS_PUSH + 1;
	int		 rc = 0;

	json_array_foreach(waybills, i, w) {
		none = (struct err){0};
		payload = NULL;
		if (outbox_payload(db, g->seal, json_string_value(w), "express.route", &payload,
		    &none) < 0) {
			if (none.kind != ERR_NOT_FOUND)
				return err_set(err, none.kind, "%s", none.text);
			continue;		/* somebody else's parcel */
		}
		snprintf(key, sizeof(key), "push:%.40s:%" PRId64, json_string_value(w), slot);
		rc = outbox_put_at(db, g->seal, "express.route", key, payload,
		    slot * EXPRESS_PUSH, false, err);
		json_decref(payload);
		if (rc < 0)
			return -1;
	}
	return 0;
}

const struct kind	 kinds_express[] = {
	{
		.name = "express.order", .ref = "ref", .need = {"ref"},
		.max_attempts = 8, .base = 2 * CLOCK_SECOND, .cap = CLOCK_MINUTE,
		.life = CLOCK_HOUR, .repeatable = true, .by_hand = true,
		.call = express_call_order, .deliver = express_deliver_order,
	}, {
		.name = "express.cancel", .ref = "ref", .need = {"ref"},
		.max_attempts = 8, .base = 2 * CLOCK_SECOND, .cap = CLOCK_MINUTE,
		.life = CLOCK_HOUR, .repeatable = true, .by_hand = true,
		.call = express_call_cancel, .deliver = express_deliver_cancel,
	}, {
		.name = "express.route", .ref = "waybill", .need = {"waybill"},
		.max_attempts = 4, .base = 5 * CLOCK_SECOND, .cap = CLOCK_MINUTE,
		.life = CLOCK_HOUR, .repeatable = true,
		.call = express_call_routes, .deliver = express_deliver_routes,
	},
	{0}
};

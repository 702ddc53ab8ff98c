#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/seal.h"
#include "store/store.h"

#define OUTBOX_CONTEXT	"outbox.payload"
#define OUTBOX_LEASE	(40 * CLOCK_SECOND)	/* renewed while the worker is at it */
#define OUTBOX_LONGEST	CLOCK_HOUR		/* a worker that takes longer hangs */
#define OUTBOX_NO_MAX	32
#define OUTBOX_MAX	(1024 * 1024)

static bool
outbox_is_no(const char *s)
{
	size_t	 n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && n <= OUTBOX_NO_MAX && s[n] == '\0';
}

/* Our own code put it there, but a hole here would come out as a dead letter much later. */
static int
outbox_check(const struct kind *kind, const json_t *payload, struct err *err)
{
	const char	*channel = js_str(payload, "channel");

	for (size_t i = 0; i < ARRAY_LEN(kind->need) && kind->need[i] != NULL; i++)
		if (js_str(payload, kind->need[i])[0] == '\0')
			return err_set(err, ERR_INPUT, "%s: %s missing", kind->name,
			    kind->need[i]);
	if (kind->ref != NULL && !outbox_is_no(js_str(payload, kind->ref)))
		return err_set(err, ERR_INPUT, "%s: malformed %s", kind->name, kind->ref);
	if (str_has_prefix(kind->name, "pay.") && pay_by_name(channel) == NULL)
		return err_set(err, ERR_INPUT, "%s: no channel \"%s\"", kind->name, channel);
	if (strcmp(kind->name, "pay.create") == 0 && js_str(payload, "back")[0] != '\0' &&
	    (pay_by_name(channel)->page == NULL || js_str(payload, "back")[0] != '/'))
		return err_set(err, ERR_INPUT, "%s: no page of %s, or no path", kind->name, channel);
	if (str_has_prefix(kind->name, "bank.") && bank_provider() == NULL)
		return err_set(err, ERR_GATEWAY, "%s: no bank is set (gate.bank)", kind->name);
	if (kind->ref != NULL && strcmp(kind->ref, "remit_no") == 0 &&
	    !remit_is_ours(js_str(payload, "remit_no")))
		return err_set(err, ERR_INPUT, "%s: a number without %s", kind->name,
		    REMIT_PREFIX);
	if ((strcmp(kind->name, "pay.create") == 0 || strcmp(kind->name, "pay.refund") == 0 ||
	    strcmp(kind->name, "invoice.issue") == 0 || strcmp(kind->name, "bank.pay") == 0) &&
	    js_int(payload, "fen", 0) <= 0)
		return err_set(err, ERR_INPUT, "%s: fen missing", kind->name);
	if (strcmp(kind->name, "bank.pay") == 0 && js_int(payload, "fen", 0) > REMIT_MOST)
		return err_set(err, ERR_INPUT, "%s: more than %d fen", kind->name, REMIT_MOST);
	if (strcmp(kind->name, "mail") == 0 && !mail_address_is_plain(js_str(payload, "to")))
		return err_set(err, ERR_INPUT, "mail: not an address");
	return 0;
}

int
outbox_put_at(struct db *db, const struct seal *seal, const char *kind_name,
    const char *idem_key, const json_t *payload, int64_t at, bool automatic, struct err *err)
{
	const struct kind	*kind = kind_by_name(kind_name);
	struct buf		 plain, sealed;
	int			 rc = -1;

	if (kind == NULL)
		return err_set(err, ERR_BUG, "no outbox kind \"%s\"", kind_name);
	if (outbox_check(kind, payload, err) < 0)
		return -1;
	buf_init(&plain, OUTBOX_MAX);
	buf_init(&sealed, OUTBOX_MAX + SEAL_OVERHEAD);
	json_write(payload, &plain);
	seal_add(seal, OUTBOX_CONTEXT, plain.p, plain.len, &sealed);
	if (buf_check(&plain, err) == 0 && buf_check(&sealed, err) == 0)
		rc = db_run(db, SQL_OUTBOX_PUT, NULL, err, DB_INT(rand_id()), DB_TEXT(kind_name),
		    DB_TEXT(idem_key),
		    DB_TEXT(kind->ref == NULL ? "" : js_str(payload, kind->ref)),
		    DB_BLOB(sealed.p, sealed.len), DB_INT(automatic), DB_INT(at),
		    DB_INT(clock_now()));
	buf_free(&plain);
	buf_free(&sealed);
	return rc;
}

int
outbox_put(struct db *db, const struct seal *seal, const char *kind, const char *idem_key,
    const json_t *payload, struct err *err)
{
	return outbox_put_at(db, seal, kind, idem_key, payload, clock_now(), false, err);
}

int
outbox_open(const struct seal *seal, struct rows *rows, int col, json_t **payload,
    struct err *err)
{
	struct buf	 plain;
	const void	*p;
	size_t		 len;
	int		 rc = -1;

	buf_init(&plain, OUTBOX_MAX);
	p = rows_blob(rows, col, &len);
	if (seal_open(seal, OUTBOX_CONTEXT, p, len, &plain, err) == 0)
		rc = json_parse(plain.p, plain.len, OUTBOX_MAX, payload, err);
	buf_free(&plain);
	return rc;
}

int
outbox_payload(struct db *db, const struct seal *seal, const char *ref, const char *kind,
    json_t **payload, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc;

	if ((rc = db_one(db, SQL_OUTBOX_BY_REF, &rows, err, DB_TEXT(ref), DB_TEXT(kind))) == 0)
		rc = outbox_open(seal, rows, 2, payload, err);
	rows_free(rows);
	return rc;
}

void
job_free(struct job *job)
{
	if (job == NULL)
		return;
	free(job->idem_key);
	free(job->ref);
	json_decref(job->payload);
	free(job);
}

/* Columns as of outbox_claim.  A payload that cannot be opened leaves payload NULL. */
static struct job *
job_from(const struct seal *seal, struct rows *rows, int64_t lease_until)
{
	struct job	*job = xcalloc(1, sizeof(*job));
	struct err	 err = {0};

	job->id = rows_int(rows, 0);
	job->kind = kind_by_name(rows_text(rows, 1));
	job->idem_key = xstrdup(rows_text(rows, 2));
	job->ref = xstrdup(rows_text(rows, 3));
	if (outbox_open(seal, rows, 4, &job->payload, &err) < 0)
		log_err("gate.payload", &err);
	job->attempts = rows_int(rows, 5);
	job->created = rows_int(rows, 6);
	job->lease_until = lease_until;
	return job;
}

struct claim { struct gate *gate; struct job *job; };

static int
outbox_claim_write(struct db *db, void *arg, struct err *err)
{
	struct claim	*c = arg;
	struct rows	*rows = NULL;
	int64_t		 now = clock_now(), lease = now + OUTBOX_LEASE;
	int		 rc;

	job_free(c->job);
	c->job = NULL;
	if (db_query(db, SQL_OUTBOX_CLAIM, &rows, err, DB_INT(now), DB_INT(lease)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		c->job = job_from(c->gate->seal, rows, lease);
		rc = rows_next(rows, err);
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

struct due { int64_t at; };

static int
outbox_due_read(struct db *db, void *arg, struct err *err)
{
	struct due	*due = arg;
	struct rows	*rows = NULL;
	int		 rc;

	if ((rc = db_one(db, SQL_OUTBOX_NEXT_DUE, &rows, err)) == 0)
		due->at = rows_int(rows, 0);
	rows_free(rows);
	return rc;
}

/* Looking costs a read; the write is made only when something is due. */
int
outbox_claim(struct gate *g, struct job **job, struct err *err)
{
	struct claim	 c = {.gate = g};
	struct due	 due = {0};

	*job = NULL;
	if (store_read(g->store, outbox_due_read, &due, err) < 0)
		return -1;
	if (due.at == 0 || due.at > clock_now())
		return 0;
	if (store_write(g->store, outbox_claim_write, &c, err) < 0) {
		job_free(c.job);
		return -1;
	}
	*job = c.job;
	if (c.job != NULL)
		c.job->sink = g->sink;
	return 0;
}

/* Full jitter over the doubled delay, at least half of it. */
static int64_t
outbox_next(const struct job *job, const struct reply *r)
{
	const struct kind	*k = job->kind;
	int64_t			 delay = k->base;

	for (int64_t i = 1; i < job->attempts && delay < k->cap; i++)
		delay *= 2;
	if (delay > k->cap)
		delay = k->cap;
	if (k->n_steps > 0)
		delay = k->steps[MIN((size_t)MAX(job->attempts, 1), k->n_steps) - 1];
	delay = delay / 2 + rand_below((uint32_t)(delay / 2 + 1));
	return (r->not_before > clock_now() ? r->not_before : clock_now()) + delay;
}

static bool
outbox_is_over(const struct job *job, int64_t next)
{
	int64_t	 expires = js_int(job->payload, "expires", 0);

	if (job->payload == NULL || job->attempts >= job->kind->max_attempts ||
	    next > job->created + job->kind->life)
		return true;
	if (strcmp(job->kind->name, "pay.close") == 0)
		return false;		/* closing begins when the trade expires */
	return expires > 0 && next > expires;
}

struct finish {
	struct gate		*gate;
	const struct job	*job;
	const struct job_result	*result;
	const struct reply	*reply;
	const char		*state;
	bool			 ended;
	enum job_end		 end;
	int64_t			 next_at, attempts;
};

static int
outbox_finish_write(struct db *db, void *arg, struct err *err)
{
	struct finish	*f = arg;
	struct buf	 detail;
	int64_t		 n = 0;
	int		 rc;

	buf_init(&detail, 4 * sizeof(f->reply->detail));
	if (!f->ended || f->end != JOB_DONE)
		mask_all(f->reply->detail, &detail);
	rc = db_run(db, SQL_OUTBOX_FINISH, &n, err, DB_INT(f->job->id),
	    DB_INT(f->job->lease_until), DB_TEXT(f->state), DB_INT(f->next_at),
	    DB_INT(f->attempts), DB_TEXT(detail.p), DB_INT(f->ended ? clock_now() : 0),
	    DB_BLOB("", 0));		/* a message that arrived is forgotten */
	buf_free(&detail);
	if (rc < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_CONFLICT, "the lease of outbox row %" PRId64
		    " went to another worker", f->job->id);
	if (!f->ended || f->job->payload == NULL)
		return 0;
	return f->job->kind->deliver(f->gate, db, f->job, f->end, f->result, f->reply, err);
}

/* Which end, or another try, a verdict means. */
static void
outbox_decide(struct finish *f, enum verdict verdict)
{
	static const char *const states[] = {"done", "failed", "unknown", "dead"};
	const struct job	*job = f->job;

	f->ended = true;
	f->attempts = job->attempts;
	if (verdict == REPLY_DONE)
		f->end = JOB_DONE;
	else if (verdict == REPLY_REFUSED)
		f->end = JOB_REFUSED;
	else if (verdict == REPLY_UNKNOWN && !job->kind->repeatable)
		f->end = JOB_UNKNOWN;
	else {
		f->next_at = outbox_next(job, f->reply);
		f->end = JOB_DEAD;
		f->ended = outbox_is_over(job, f->next_at);
		if (f->reply->not_before != 0)
			f->attempts--;		/* nobody was asked */
	}
	f->state = f->ended ? states[f->end] : "waiting";
}

static void
outbox_tell(struct gate *g, const struct finish *f, enum verdict verdict)
{
	static const enum gate_counter counters[] = {GATE_SENT, GATE_FAILED, GATE_UNKNOWN,
		GATE_DEAD};
	bool	 good = f->ended && f->end == JOB_DONE;

	if (f->ended)
		gate_count(g, counters[f->end]);
	log_kv(good || verdict == REPLY_PENDING ? LOG_INFO : LOG_WARN, "gate.request",
	    LOG_S("kind", f->job->kind->name), LOG_I("id", f->job->id),
	    LOG_S("state", f->state), LOG_S("verdict", verdict_name(verdict)),
	    LOG_I("attempts", f->attempts), LOG_S("code", f->reply->code),
	    LOG_S("detail", good ? "" : f->reply->detail),
	    LOG_S("provider_no", f->reply->provider_no));
}

int
outbox_finish(struct gate *g, const struct job *job, enum verdict verdict,
    const struct job_result *result, const struct reply *r, struct err *err)
{
	struct finish	 f = {.gate = g, .job = job, .result = result, .reply = r};

	outbox_decide(&f, verdict);
	if (store_write(g->store, outbox_finish_write, &f, err) < 0)
		return err_add(err, "%s %" PRId64, job->kind->name, job->id);
	outbox_tell(g, &f, verdict);
	return 0;
}

/* ---- leases ---- */

void
outbox_take(struct gate *g, struct job *job)
{
	pthread_mutex_lock(&g->hands_lock);
	job->since = clock_steady();
	job->next = g->hands;
	g->hands = job;
	pthread_mutex_unlock(&g->hands_lock);
}

void
outbox_leave(struct gate *g, struct job *job)
{
	pthread_mutex_lock(&g->hands_lock);
	for (struct job **at = &g->hands; *at != NULL; at = &(*at)->next)
		if (*at == job) {
			*at = job->next;
			break;
		}
	pthread_mutex_unlock(&g->hands_lock);
}

struct renew { struct gate *gate; int64_t until; };

static int
outbox_renew_write(struct db *db, void *arg, struct err *err)
{
	struct renew	*r = arg;
	int64_t		 n;

	for (struct job *job = r->gate->hands; job != NULL; job = job->next) {
		n = 0;
		if (clock_steady() < job->since + OUTBOX_LONGEST && db_run(db, SQL_OUTBOX_RENEW, &n,
		    err, DB_INT(job->id), DB_INT(job->lease_until), DB_INT(r->until)) < 0)
			return -1;
		job->renewed = n > 0;
	}
	return 0;
}

/* The lock is held until it is durable, so that a worker ends its row with the lease it has. */
static int
outbox_renew(struct gate *g, struct err *err)
{
	struct renew	 r = {.gate = g, .until = clock_now() + OUTBOX_LEASE};
	int		 rc = 0;

	pthread_mutex_lock(&g->hands_lock);
	if (g->hands != NULL)
		rc = store_write(g->store, outbox_renew_write, &r, err);
	for (struct job *job = g->hands; rc == 0 && job != NULL; job = job->next)
		if (job->renewed)
			job->lease_until = r.until;
	pthread_mutex_unlock(&g->hands_lock);
	return rc;
}

struct expired { struct gate *gate; int64_t before; struct job *jobs[64]; size_t n; };

static int
outbox_expired_read(struct db *db, void *arg, struct err *err)
{
	struct expired	*e = arg;
	struct rows	*rows = NULL;
	int		 rc;

	for (size_t i = 0; i < e->n; i++)
		job_free(e->jobs[i]);
	e->n = 0;
	if (db_query(db, SQL_OUTBOX_EXPIRED, &rows, err, DB_INT(e->before)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0 && e->n < ARRAY_LEN(e->jobs))
		e->jobs[e->n++] = job_from(e->gate->seal, rows, rows_int(rows, 7));
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
outbox_reap(struct gate *g, bool all, struct err *err)
{
	struct expired		 e = {.gate = g,
		.before = clock_now() + (all ? OUTBOX_LEASE + 1 : 0)};
	struct job_result	 none = {0};
	struct reply		 r = {0};
	int			 rc;

	if (!all && outbox_renew(g, err) < 0)
		return -1;
	rc = store_read(g->store, outbox_expired_read, &e, err);
	reply_set(&r, REPLY_UNKNOWN, "lease", "the worker ended during the request");
	for (size_t i = 0; i < e.n; i++) {
		if (rc == 0 && outbox_finish(g, e.jobs[i], REPLY_UNKNOWN, &none, &r, err) < 0) {
			log_err("gate.reap", err);
			err_clear(err);
		}
		job_free(e.jobs[i]);
	}
	return rc;
}

#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "base/log.h"
#include "gate/call.h"
#include "store/store.h"

#define WORK_LOOK_MS	1000	/* without a poke */
#define WORK_REAP_MS	10000

void
gate_init(struct gate *g, struct store *store, const struct seal *seal,
    const struct gate_sink *sink)
{
	pthread_condattr_t	 attr;

	memset(g, 0, sizeof(*g));
	g->store = store;
	g->seal = seal;
	g->sink = sink;
	pthread_mutex_init(&g->lock, NULL);
	pthread_mutex_init(&g->hands_lock, NULL);
	gate_parts(g);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&g->wake, &attr);
	pthread_condattr_destroy(&attr);
}

void
gate_count(struct gate *g, enum gate_counter c)
{
	atomic_fetch_add(&g->counters[c], 1);
}

int
gate_work(struct gate *g, bool *worked, struct err *err)
{
	struct job		*job = NULL;
	struct job_result	*result = NULL;
	struct reply		 r = {0};
	enum verdict		 v;
	int			 rc;

	*worked = false;
	if (outbox_claim(g, &job, err) < 0)
		return -1;
	if (job == NULL)
		return 0;
	*worked = true;
	outbox_take(g, job);
	result = xcalloc(1, sizeof(*result));
	buf_init(&result->invoice.file, INVOICE_FILE);
	if (job->payload == NULL)
		v = reply_set(&r, REPLY_RETRY, "payload", "cannot be opened: other data key?");
	else
		v = job->kind->call(job, result, &r);
	outbox_leave(g, job);
	rc = outbox_finish(g, job, v, result, &r, err);
	oidc_answer_free(&result->oidc);
	bill_free(&result->bill);
	buf_free(&result->invoice.file);
	free(result);
	job_free(job);
	return rc;
}

/* Sleep until somebody pokes or the next look is due; false: the process ends. */
static bool
gate_wait(struct gate *g, unsigned int *seen)
{
	struct timespec	 until;
	bool		 go_on;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WORK_LOOK_MS / 1000;
	pthread_mutex_lock(&g->lock);
	while (g->pokes == *seen && !g->stop &&
	    pthread_cond_timedwait(&g->wake, &g->lock, &until) == 0)
		;
	*seen = g->pokes;
	go_on = !g->stop;
	pthread_mutex_unlock(&g->lock);
	return go_on;
}

static bool
gate_is_stopping(struct gate *g)
{
	bool	 stop;

	pthread_mutex_lock(&g->lock);
	stop = g->stop;
	pthread_mutex_unlock(&g->lock);
	return stop;
}

static void *
gate_thread(void *arg)
{
	struct gate	*g = arg;
	struct err	 err = {0};
	unsigned int	 seen = 0;
	bool		 worked;

	while (!gate_is_stopping(g)) {
		err_clear(&err);
		if (gate_work(g, &worked, &err) < 0) {
			log_err("gate.work", &err);
			worked = false;
		}
		if (worked)
			gate_wake(g);		/* there may be more for a sleeping one */
		else if (!gate_wait(g, &seen))
			break;
	}
	return NULL;
}

/* Looks after rows of dead workers. */
static void *
gate_reaper(void *arg)
{
	struct gate	*g = arg;
	struct err	 err = {0};
	unsigned int	 seen = 0;
	int64_t		 next = 0;

	while (gate_wait(g, &seen)) {
		if (clock_steady() < next)
			continue;
		next = clock_steady() + WORK_REAP_MS;
		err_clear(&err);
		if (outbox_reap(g, false, &err) < 0)
			gate_failed(g, "", "reap", &err);
		bill_schedule(g);
		gate_tick(g);
	}
	return NULL;
}

int
gate_start(struct gate *g, int threads, struct err *err)
{
	if (outbox_reap(g, true, err) < 0)
		return -1;
	for (int i = 0; i <= threads && i < (int)ARRAY_LEN(g->threads); i++) {
		if (pthread_create(&g->threads[i], NULL, i == 0 ? gate_reaper : gate_thread,
		    g) != 0) {
			gate_stop(g);
			return err_set(err, ERR_BUG, "cannot start gate threads");
		}
		g->n_threads++;
	}
	return 0;
}

void
gate_wake(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->pokes++;
	pthread_cond_broadcast(&g->wake);
	pthread_mutex_unlock(&g->lock);
}

void
gate_stop(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->stop = true;
	pthread_cond_broadcast(&g->wake);
	pthread_mutex_unlock(&g->lock);
	for (int i = 0; i < g->n_threads; i++)
		pthread_join(g->threads[i], NULL);
	g->n_threads = 0;
}

/* Rows in each state that somebody should know about; done and dropped ones only grow. */
static int
gate_count_read(struct db *db, void *arg, struct err *err)
{
	static const char *const states[] = {"waiting", "sending", "failed", "unknown", "dead"};
	json_t		*out = arg;
	struct rows	*rows = NULL;
	char		 name[32];
	int64_t		 due, now = clock_now();
	int		 rc;

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		if (db_one(db, SQL_OUTBOX_COUNT, &rows, err, DB_TEXT(states[i])) < 0)
			return -1;
		snprintf(name, sizeof(name), "outbox_%s", states[i]);
		js_set_int(out, name, rows_int(rows, 0));
		rows_free(rows);
		rows = NULL;
	}
	if ((rc = db_one(db, SQL_OUTBOX_NEXT_DUE, &rows, err)) == 0) {
		due = rows_int(rows, 0);
		js_set_int(out, "outbox_late_ms", due == 0 || due > now ? 0 : now - due);
	}
	rows_free(rows);
	return rc;
}

int
gate_count_all(struct gate *g, json_t *out, struct err *err)
{
	static const char *const names[GATE_COUNTER__MAX] = {[GATE_SENT] = "sent_total",
		[GATE_FAILED] = "failed_total", [GATE_UNKNOWN] = "unknown_total",
		[GATE_DEAD] = "dead_total", [GATE_NOTIFY_OK] = "notify_ok_total",
		[GATE_NOTIFY_DUPLICATE] = "notify_duplicate_total",
		[GATE_NOTIFY_REFUSED] = "notify_refused_total"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		js_set_int(out, names[i], atomic_load(&g->counters[i]));
	gate_count_parts(g, out);
	js_set_int(out, "breaker_open", breaker_open_count());
	return store_read(g->store, gate_count_read, out, err);
}

#include "base/base.h"
#include "hall/account/code.h"

#include "base/clock.h"
#include "base/network.h"
#include "hall/act.h"
#include "hall/sealed.h"

#define LIMIT_KEPT	(2 * CLOCK_DAY)		/* longer than any window */

struct limit_job {
	char	 digest[KEYED_TEXT];
	int64_t	 window;
	int64_t	 hits;			/* out: in this window, with this one */
	int64_t	 left_ms;		/* out: until the window ends */
};

/* Committed even when it is one too many: guessing goes on being counted. */
static int
limit_hit_run(struct db *db, struct act *a, struct err *err)
{
	struct limit_job	*j = a->extra;
	struct rows		*rows = NULL;
	int64_t			 now = clock_now();
	int			 rc = 0;

	rc = db_one(db, SQL_LIMIT_HIT, &rows, err, DB_TEXT(j->digest), DB_INT(now),
	    DB_INT(now - j->window));
	if (rc == 0) {
		j->hits = rows_int(rows, 1);
		j->left_ms = rows_int(rows, 0) + j->window - now;
	}
	rows_free(rows);
	return rc;
}

int
limit_hit(struct hall *h, const char *what, const char *key, int max, int64_t window_ms,
    struct err *err)
{
	struct limit_job	j = {.window = window_ms};
	struct act		a = {.h = h, .extra = &j};
	int64_t			minutes = 0;

	keyed_pair(h, "limit", what, key == NULL ? "" : key, j.digest);
	if (act_write(&a, limit_hit_run, err) < 0)
		return -1;
	if (j.hits <= max)
		return 0;
	minutes = (j.left_ms + CLOCK_MINUTE - 1) / CLOCK_MINUTE;
	return err_set(err, ERR_LIMIT, "操作太频繁，请约%" PRId64 "分钟后再试。",
	    minutes < 1 ? 1 : minutes);
}

int
limit_hit_from(struct hall *h, const char *what, const struct who *who, int max,
    int64_t window_ms, struct err *err)
{
	char	text[NETWORK_TEXT];

	return limit_hit(h, what, network_of(who->address, text), max, window_ms, err);
}

static int
limit_forget_run(struct db *db, struct act *a, struct err *err)
{
	struct limit_job	*j = a->extra;

	return db_run(db, SQL_LIMIT_DROP, NULL, err, DB_TEXT(j->digest));
}

int
limit_forget(struct hall *h, const char *what, const char *key, struct err *err)
{
	struct limit_job	j = {.hits = 0};
	struct act		a = {.h = h, .extra = &j};

	keyed_pair(h, "limit", what, key == NULL ? "" : key, j.digest);
	return act_write(&a, limit_forget_run, err);
}

static int
limit_hits_run(struct db *db, struct act *a, struct err *err)
{
	struct limit_job	*j = a->extra;
	struct rows		*rows = NULL;
	int			 rc = 0;

	j->hits = 0;
	if (db_query(db, SQL_LIMIT_GET, &rows, err, DB_TEXT(j->digest)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0 && rows_int(rows, 0) + j->window > clock_now())
		j->hits = rows_int(rows, 1);
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
limit_hits(struct hall *h, const char *what, const char *key, int64_t window_ms, int64_t *hits,
    struct err *err)
{
	struct limit_job	j = {.window = window_ms};
	struct act		a = {.h = h, .extra = &j};

	keyed_pair(h, "limit", what, key == NULL ? "" : key, j.digest);
	if (act_read(&a, limit_hits_run, err) < 0)
		return -1;
	*hits = j.hits;
	return 0;
}

int
limit_tick(struct db *db, int64_t now, struct err *err)
{
	if (db_run(db, SQL_LIMIT_EXPIRE, NULL, err, DB_INT(now - LIMIT_KEPT),
	    DB_INT(now + CODE_AHEAD)) < 0 ||
	    db_run(db, SQL_CODE_EXPIRE, NULL, err, DB_INT(now - LIMIT_KEPT),
	    DB_INT(now + CODE_AHEAD)) < 0)
		return -1;
	return db_run(db, SQL_FETCH_SESSION_EXPIRE, NULL, err, DB_INT(now - LIMIT_KEPT));
}

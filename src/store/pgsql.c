#include "base/base.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/engine.h"

#include <libpq-fe.h>
#include <pthread.h>

/*
 * PostgreSQL: a pool of connections made when needed and made again when the server went
 * away.  The server groups commits itself.  A transaction that PostgreSQL asks to be
 * repeated (40001, 40P01) or that lost its connection before COMMIT was sent is repeated.
 */
#define POOL_MAX	8
#define RETRY_MAX	8

struct pg_conn {
	PGconn		*h;
	bool		 prepared[SQL__MAX];
	struct pg_conn	*next;
};

struct pgsql {
	char		*address;
	pthread_mutex_t	 lock;
	pthread_cond_t	 freed;
	struct pg_conn	*idle;
	int		 made;
};

struct pg_rows {
	struct rows	 rows;
	PGresult	*res;
	int		 row;
	unsigned char	*blob;		/* of the newest rows_blob */
};

static void
pg_conn_free(struct pg_conn *c)
{
	PQfinish(c->h);
	free(c);
}

/* First line of the server's sentence. */
static int
pg_fail(struct err *err, enum err_kind kind, const char *what, const char *message)
{
	return err_set(err, kind, "%s: %.*s", what, (int)strcspn(message, "\n"), message);
}

static int
pg_take(struct pgsql *q, struct pg_conn **out, struct err *err)
{
	struct pg_conn	*c;

	pthread_mutex_lock(&q->lock);
	while (q->idle == NULL && q->made == POOL_MAX)
		pthread_cond_wait(&q->freed, &q->lock);
	if ((c = q->idle) != NULL)
		q->idle = c->next;
	else
		q->made++;
	pthread_mutex_unlock(&q->lock);
	if (c == NULL) {
		c = xcalloc(1, sizeof(*c));
		c->h = PQconnectdb(q->address);
	} else if (PQstatus(c->h) != CONNECTION_OK) {
		PQreset(c->h);
		memset(c->prepared, 0, sizeof(c->prepared));
	}
	if (PQstatus(c->h) == CONNECTION_OK) {
		*out = c;
		return 0;
	}
	pg_fail(err, ERR_STORE, "PostgreSQL", PQerrorMessage(c->h));
	pg_conn_free(c);
	pthread_mutex_lock(&q->lock);
	q->made--;
	pthread_cond_signal(&q->freed);
	pthread_mutex_unlock(&q->lock);
	return -1;
}

static void
pg_give(struct pgsql *q, struct pg_conn *c)
{
	pthread_mutex_lock(&q->lock);
	c->next = q->idle;
	q->idle = c;
	pthread_cond_signal(&q->freed);
	pthread_mutex_unlock(&q->lock);
}

/* What an SQLSTATE means to us (PostgreSQL manual, appendix A). */
static enum err_kind
pg_kind(const char *state)
{
	if (state == NULL || str_has_prefix(state, "08") || str_has_prefix(state, "57P") ||
	    str_has_prefix(state, "53") || str_has_prefix(state, "58"))
		return ERR_STORE;
	if (strcmp(state, "23505") == 0)
		return ERR_CONFLICT;
	if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0 ||
	    strcmp(state, "55P03") == 0)
		return ERR_BUSY;
	return ERR_BUG;
}

static int
pg_result_err(struct db *db, PGresult *res, const char *what, struct err *err)
{
	struct pg_conn	*c = db->conn;
	const char	*state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	enum err_kind	 kind = PQstatus(c->h) != CONNECTION_OK ? ERR_STORE : pg_kind(state);

	db->retry |= kind == ERR_BUSY;
	db->unique |= kind == ERR_CONFLICT;
	pg_fail(err, kind, what, PQresultErrorMessage(res));
	PQclear(res);
	return -1;
}

static int
pg_plain(struct db *db, const char *sql, struct err *err)
{
	struct pg_conn	*c = db->conn;
	PGresult	*res = PQexec(c->h, sql);

	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
		return pg_result_err(db, res, sql, err);
	PQclear(res);
	return 0;
}

/*
 * One try of a transaction.  *lost: the connection went before COMMIT was sent, so nothing
 * happened and the try may be repeated; after that nobody knows, and the error says so.
 */
static int
pg_try(struct db *db, const char *begin, store_fn fn, void *arg, bool *lost, struct err *err)
{
	struct pg_conn	*c = db->conn;
	struct err	 undo = {0};

	if (pg_plain(db, begin, err) < 0) {
		*lost = PQstatus(c->h) != CONNECTION_OK;
		return -1;
	}
	if (fn(db, arg, err) < 0) {
		*lost = PQstatus(c->h) != CONNECTION_OK;
		if (!*lost && pg_plain(db, "ROLLBACK", &undo) < 0)
			log_err("store.rollback", &undo);
		return -1;
	}
	if (PQtransactionStatus(c->h) == PQTRANS_INERROR) {
		if (pg_plain(db, "ROLLBACK", &undo) < 0)
			log_err("store.rollback", &undo);
		return err_set(err, ERR_BUG, "a write went on after a failed statement");
	}
	return pg_plain(db, "COMMIT", err);
}

/*
 * Two that write one unique value at once: each looked before the other was there, and the second
 * meets the index.  It runs once more and now sees what the first wrote, as it would on SQLite,
 * where writes come one after the other; so it has a sentence of its own to say.
 */
static bool
pg_lost_race(const struct db *db, const struct err *err, bool *before)
{
	bool	 lost = db->unique && err->kind == ERR_CONFLICT && !*before;

	*before |= lost;
	return lost;
}

static int
pg_transaction(struct store *s, const char *begin, bool writable, store_fn fn, void *arg,
    struct err *err)
{
	struct pgsql	*q = s->impl;
	bool		 raced = false;
	int		 rc = -1;

	for (int tries = 0; tries < RETRY_MAX; tries++) {
		struct db	 db = {.store = s, .writable = writable};
		struct pg_conn	*c;
		bool		 lost = false;

		err_clear(err);
		if (pg_take(q, &c, err) < 0)
			return -1;
		db.conn = c;
		rc = pg_try(&db, begin, fn, arg, &lost, err);
		pg_give(q, c);
		if (rc == 0 || (!db.retry && !lost && !pg_lost_race(&db, err, &raced)))
			return rc;
		usleep(1000 * (rand_below(20) + (useconds_t)tries * 10));
	}
	return rc;
}

static int
pg_write(struct store *s, store_fn fn, void *arg, struct err *err)
{
	return pg_transaction(s, "BEGIN", true, fn, arg, err);
}

static int
pg_read(struct store *s, store_fn fn, void *arg, struct err *err)
{
	return pg_transaction(s, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", false, fn,
	    arg, err);
}

static int
pg_prepare(struct db *db, const struct statement *st, enum sql_id id, struct err *err)
{
	struct pg_conn	*c = db->conn;
	PGresult	*res;

	if (c->prepared[id])
		return 0;
	res = PQprepare(c->h, st->name, st->sql, 0, NULL);
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		return pg_result_err(db, res, st->name, err);
	PQclear(res);
	c->prepared[id] = true;
	return 0;
}

static int
pg_exec(struct db *db, const struct statement *st, enum sql_id id, const struct db_arg *args,
    int64_t *changed, struct rows **rows, struct err *err)
{
	const char	*values[LIMIT_SQL_PARAMS] = {0};
	char		 numbers[LIMIT_SQL_PARAMS][24];
	int		 lengths[LIMIT_SQL_PARAMS] = {0}, formats[LIMIT_SQL_PARAMS] = {0};
	struct pg_conn	*c = db->conn;
	struct pg_rows	*r;
	PGresult	*res;

	if (pg_prepare(db, st, id, err) < 0)
		return -1;
	for (int i = 0; i < st->n_params; i++) {
		if (args[i].type == DB__INT) {
			snprintf(numbers[i], sizeof(numbers[i]), "%" PRId64, args[i].i);
			values[i] = numbers[i];
		} else if (args[i].type != DB__NULL) {
			values[i] = args[i].p == NULL ? "" : args[i].p;
			lengths[i] = (int)args[i].len;
			formats[i] = args[i].type == DB__BLOB;
		}
	}
	res = PQexecPrepared(c->h, st->name, st->n_params, values, lengths, formats, 0);
	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
		return pg_result_err(db, res, st->name, err);
	if (rows == NULL) {
		if (str_to_i64(PQcmdTuples(res), INT64_MAX, changed) < 0)
			*changed = 0;
		PQclear(res);
		return 0;
	}
	r = xcalloc(1, sizeof(*r));
	*r = (struct pg_rows){.rows = {.engine = &engine_pgsql, .db = db}, .res = res,
		.row = -1};
	*rows = &r->rows;
	return 0;
}

static int
pg_next(struct rows *rows, struct err *err)
{
	struct pg_rows	*r = (struct pg_rows *)rows;

	(void)err;
	return ++r->row < PQntuples(r->res);
}

static int64_t
pg_get_int(struct rows *rows, int col)
{
	struct pg_rows	*r = (struct pg_rows *)rows;

	return PQgetisnull(r->res, r->row, col) ? 0 :
	    strtoll(PQgetvalue(r->res, r->row, col), NULL, 10);
}

static const char *
pg_get_text(struct rows *rows, int col)
{
	struct pg_rows	*r = (struct pg_rows *)rows;

	return PQgetvalue(r->res, r->row, col);
}

static const void *
pg_get_blob(struct rows *rows, int col, size_t *len)
{
	struct pg_rows	*r = (struct pg_rows *)rows;

	PQfreemem(r->blob);
	r->blob = PQunescapeBytea((const unsigned char *)PQgetvalue(r->res, r->row, col), len);
	if (r->blob == NULL)
		BUG("out of memory for a blob");
	return r->blob;
}

static bool
pg_is_null(struct rows *rows, int col)
{
	struct pg_rows	*r = (struct pg_rows *)rows;

	return PQgetisnull(r->res, r->row, col);
}

static void
pg_rows_free(struct rows *rows)
{
	struct pg_rows	*r = (struct pg_rows *)rows;

	PQfreemem(r->blob);
	PQclear(r->res);
	free(r);
}

static void
pg_close(struct store *s)
{
	struct pgsql	*q = s->impl;
	struct pg_conn	*c, *next;

	for (c = q->idle; c != NULL; c = next) {
		next = c->next;
		pg_conn_free(c);
	}
	pthread_cond_destroy(&q->freed);
	pthread_mutex_destroy(&q->lock);
	free(q->address);
	free(q);
}

static void
pg_quiet(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;	/* "table exists, skipping" is no news */
}

static int
pg_open(struct store *s, const char *address, struct err *err)
{
	struct pgsql	*q = xcalloc(1, sizeof(*q));
	struct pg_conn	*c;

	q->address = xstrdup(address);
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->freed, NULL);
	s->impl = q;
	if (pg_take(q, &c, err) < 0) {		/* the address is good, the server answers */
		pg_close(s);
		return -1;
	}
	PQsetNoticeReceiver(c->h, pg_quiet, NULL);
	pg_give(q, c);
	return 0;
}

const struct engine	engine_pgsql = {
	.prefix = "postgresql://", .open = pg_open, .close = pg_close, .write = pg_write,
	.read = pg_read, .plain = pg_plain, .exec = pg_exec, .next = pg_next,
	.get_int = pg_get_int, .get_text = pg_get_text, .get_blob = pg_get_blob,
	.is_null = pg_is_null, .rows_free = pg_rows_free,
};

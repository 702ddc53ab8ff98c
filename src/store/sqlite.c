#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "store/engine.h"

#include <pthread.h>
#include <sqlite3.h>

/*
 * SQLite: WAL, synchronous FULL.  One writer thread takes the waiting writes of all threads,
 * runs each in a SAVEPOINT and commits them together (group commit): one fsync for many.
 * Readers have one connection per thread.  Other processes may use the same file.
 */
#define GROUP_MAX	64		/* writes in one COMMIT */
#define BUSY_MS		15000		/* wait for another process's write */
#define SAVED_MAX	(4 << 20)	/* bytes of pages to bring back, in memory */
#define READERS_MAX	256		/* threads that read one store at a time */

/* What a transaction begins and ends with: prepared once, as they are needed twice each time. */
enum step {
	STEP_READ, STEP_WRITE, STEP_COMMIT, STEP_ROLLBACK, STEP_SAVE, STEP_UNDO, STEP_RELEASE,
	STEP__MAX
};
static const char *const step_sql[STEP__MAX] = {
	[STEP_READ] = "BEGIN", [STEP_WRITE] = "BEGIN IMMEDIATE", [STEP_COMMIT] = "COMMIT",
	[STEP_ROLLBACK] = "ROLLBACK", [STEP_SAVE] = "SAVEPOINT job",
	[STEP_UNDO] = "ROLLBACK TO SAVEPOINT job", [STEP_RELEASE] = "RELEASE SAVEPOINT job",
};

struct sqlite_conn {
	sqlite3			*h;
	struct sqlite		*owner;			/* of a reader */
	sqlite3_stmt		*step[STEP__MAX];
	sqlite3_stmt		*cache[SQL__MAX];
	bool			 busy[SQL__MAX];	/* handed out as rows */
};

struct job {
	struct job	*next;
	store_fn	 fn;
	void		*arg;
	struct err	*err;
	int		 rc;
	bool		 done;
	pthread_cond_t	 ended;		/* of its own: only who is done wakes up */
	char		 request[40];	/* request id, for the log */
};

struct sqlite {
	char			*path;
	bool			 read_only;
	pthread_t		 thread;
	bool			 has_thread, stop;
	pthread_mutex_t		 lock;
	pthread_cond_t		 work;
	struct job		*head, **tail;
	struct sqlite_conn	*writer;
	pthread_key_t		 reader_key;	/* each thread's connection */
	struct sqlite_conn	*readers[READERS_MAX];
	int			 n_readers;
};

struct sqlite_rows {
	struct rows		 rows;
	struct sqlite_conn	*conn;
	sqlite3_stmt		*stmt;
	int			 cached;	/* sql id, -1: prepared for this use */
	bool			 peeked;	/* the first row was stepped onto already */
	bool			 ended;
};

static int
sqlite_err(sqlite3 *h, struct err *err, const char *what)
{
	int	 code = sqlite3_extended_errcode(h);

	switch (code) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return err_set(err, ERR_CONFLICT, "%s: %s", what, sqlite3_errmsg(h));
	case SQLITE_BUSY:
	case SQLITE_BUSY_SNAPSHOT:
	case SQLITE_LOCKED:
		return err_set(err, ERR_BUSY, "%s: the store is busy", what);
	default:
		return err_set(err, (code & 0xff) == SQLITE_CONSTRAINT ? ERR_BUG : ERR_STORE,
		    "%s: %s (%d)", what, sqlite3_errmsg(h), code);
	}
}

static int
conn_plain(struct sqlite_conn *c, const char *sql, struct err *err)
{
	if (sqlite3_exec(c->h, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_err(c->h, err, sql);
	return 0;
}

/*
 * The file was taken away, or another stands in its place: what is written there would be lost, and
 * what is read be old.  Moved back it is good again; another one only after a new start, when its
 * service has looked at it.
 */
static int
conn_check_place(struct sqlite_conn *c, struct err *err)
{
	int	 moved = 0;

	if (sqlite3_file_control(c->h, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	    moved != 0)
		return err_set(err, ERR_STORE, "the store's file %s is not in its place any more",
		    sqlite3_db_filename(c->h, "main"));
	return 0;
}

static int
conn_step(struct sqlite_conn *c, enum step step, struct err *err)
{
	sqlite3_stmt	**p = &c->step[step];
	int		 rc = 0;

	if (*p == NULL && sqlite3_prepare_v3(c->h, step_sql[step], -1, SQLITE_PREPARE_PERSISTENT,
	    p, NULL) != SQLITE_OK)
		return sqlite_err(c->h, err, step_sql[step]);
	if (sqlite3_step(*p) != SQLITE_DONE)
		rc = sqlite_err(c->h, err, step_sql[step]);
	sqlite3_reset(*p);
	return rc;
}

static void
conn_close(struct sqlite_conn *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < STEP__MAX; i++)
		sqlite3_finalize(c->step[i]);
	for (size_t i = 0; i < SQL__MAX; i++)
		sqlite3_finalize(c->cache[i]);
	sqlite3_close(c->h);
	free(c);
}

/*
 * What a savepoint may have to bring back stays in memory: SQLite makes a file of it at 64 KiB.
 * It counts no memory, which takes a lock of all threads for each allocation.
 */
static void
sqlite_configure(void)
{
	if (sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, SAVED_MAX) != SQLITE_OK ||
	    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK)
		log_kv(LOG_WARN, "store.configure", LOG_S("store", "sqlite"));
}

static int
conn_open(struct sqlite_conn **out, const char *path, bool read_only, bool query_only,
    struct err *err)
{
	struct sqlite_conn	*c = xcalloc(1, sizeof(*c));
	int			 flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
	    (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	static pthread_once_t	 once = PTHREAD_ONCE_INIT;

	pthread_once(&once, sqlite_configure);
	if (sqlite3_open_v2(path, &c->h, flags, NULL) != SQLITE_OK) {
		err_set(err, ERR_STORE, "cannot open %s: %s", path,
		    c->h == NULL ? "no memory" : sqlite3_errmsg(c->h));
		conn_close(c);
		return -1;
	}
	sqlite3_busy_timeout(c->h, BUSY_MS);
	sqlite3_db_config(c->h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if ((!read_only && conn_plain(c, "PRAGMA journal_mode=WAL", err) < 0) ||
	    conn_plain(c, "PRAGMA synchronous=FULL", err) < 0 ||
	    conn_plain(c, "PRAGMA foreign_keys=ON", err) < 0 ||
	    conn_plain(c, "PRAGMA trusted_schema=OFF", err) < 0 ||
	    (query_only && conn_plain(c, "PRAGMA query_only=ON", err) < 0)) {
		conn_close(c);
		return -1;
	}
	*out = c;
	return 0;
}

/* ---- writing ---- */

/* One that is alone needs no savepoint: its transaction is rolled back. */
static void
job_run(struct store *s, struct sqlite_conn *c, struct job *j, bool alone)
{
	struct db	 db = {.store = s, .conn = c, .writable = true};
	struct err	 undo = {0};

	log_request(j->request);
	if (!alone && (j->rc = conn_step(c, STEP_SAVE, j->err)) < 0)
		return;
	j->rc = j->fn(&db, j->arg, j->err);
	if (alone || sqlite3_get_autocommit(c->h))
		return;		/* the engine rolled everything back: the group fails */
	if (j->rc < 0 && conn_step(c, STEP_UNDO, &undo) < 0)
		*j->err = undo;
	if (conn_step(c, STEP_RELEASE, &undo) < 0 && j->rc == 0) {
		*j->err = undo;
		j->rc = -1;
	}
}

/* Fail all jobs of a group that had succeeded: their common COMMIT did not. */
static void
group_fail(struct job *group, const struct err *why)
{
	for (struct job *j = group; j != NULL; j = j->next) {
		if (j->rc == 0)
			*j->err = *why;
		j->rc = -1;
	}
}

static void
group_undo(struct sqlite_conn *c)
{
	struct err	 undo = {0};

	if (!sqlite3_get_autocommit(c->h) && conn_step(c, STEP_ROLLBACK, &undo) < 0)
		log_err("store.rollback", &undo);
}

static void
group_run(struct store *s, struct sqlite_conn *c, struct job *group)
{
	bool		 alone = group->next == NULL;
	struct err	 err = {0};

	if (conn_check_place(c, &err) < 0 || conn_step(c, STEP_WRITE, &err) < 0) {
		group_fail(group, &err);
		return;
	}
	for (struct job *j = group; j != NULL; j = j->next) {
		job_run(s, c, j, alone);
		if (sqlite3_get_autocommit(c->h)) {
			err_set(&err, ERR_STORE, "the store rolled back: %s",
			    j->err->text);
			for (struct job *k = j->next; k != NULL; k = k->next)
				k->rc = 0;
			group_fail(group, &err);
			return;
		}
	}
	if (alone && group->rc < 0) {
		group_undo(c);
	} else if (conn_step(c, STEP_COMMIT, &err) < 0) {
		group_undo(c);
		group_fail(group, &err);
	}
}

static void *
writer_main(void *arg)
{
	struct store	*s = arg;
	struct sqlite	*q = s->impl;

	pthread_mutex_lock(&q->lock);
	while (!q->stop || q->head != NULL) {
		struct job	*group = q->head, *j, *next;
		int		 n = 1;

		if (group == NULL) {
			pthread_cond_wait(&q->work, &q->lock);
			continue;
		}
		for (j = group; j->next != NULL && n < GROUP_MAX; j = j->next)
			n++;
		q->head = j->next;
		if (q->head == NULL)
			q->tail = &q->head;
		j->next = NULL;
		pthread_mutex_unlock(&q->lock);
		group_run(s, q->writer, group);
		pthread_mutex_lock(&q->lock);
		for (j = group; j != NULL; j = next) {
			next = j->next;		/* a done job vanishes once it is unlocked */
			j->done = true;
			pthread_cond_signal(&j->ended);
		}
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

static int
sqlite_write(struct store *s, store_fn fn, void *arg, struct err *err)
{
	struct sqlite	*q = s->impl;
	struct job	 j = {.fn = fn, .arg = arg, .err = err,
		.ended = PTHREAD_COND_INITIALIZER};

	snprintf(j.request, sizeof(j.request), "%s", log_request_id());
	pthread_mutex_lock(&q->lock);
	*q->tail = &j;
	q->tail = &j.next;
	pthread_cond_signal(&q->work);
	while (!j.done)
		pthread_cond_wait(&j.ended, &q->lock);
	pthread_mutex_unlock(&q->lock);
	pthread_cond_destroy(&j.ended);
	return j.rc;
}

/* ---- reading ---- */

/* A thread ended: its connection goes, its place is free for another. */
static void
reader_end(void *p)
{
	struct sqlite_conn	*c = p;
	struct sqlite		*q = c->owner;

	pthread_mutex_lock(&q->lock);
	for (int i = 0; i < q->n_readers; i++)
		if (q->readers[i] == c) {
			q->readers[i] = q->readers[--q->n_readers];
			break;
		}
	pthread_mutex_unlock(&q->lock);
	conn_close(c);
}

static int
reader_get(struct store *s, struct sqlite_conn **out, struct err *err)
{
	struct sqlite		*q = s->impl;
	struct sqlite_conn	*c = pthread_getspecific(q->reader_key);
	int			 rc = 0;

	if (c == NULL) {
		if (conn_open(&c, q->path, q->read_only, true, err) < 0)
			return -1;
		c->owner = q;
		pthread_mutex_lock(&q->lock);
		if (q->n_readers == READERS_MAX)
			rc = err_set(err, ERR_LIMIT, "more than %d reading threads",
			    READERS_MAX);
		else
			q->readers[q->n_readers++] = c;
		pthread_mutex_unlock(&q->lock);
		if (rc < 0) {
			conn_close(c);
			return -1;
		}
		pthread_setspecific(q->reader_key, c);
	}
	*out = c;
	return 0;
}

static int
sqlite_read(struct store *s, store_fn fn, void *arg, struct err *err)
{
	struct sqlite_conn	*c;
	struct err		 end = {0};
	struct db		 db = {.store = s};
	int			 rc;

	if (reader_get(s, &c, err) < 0)
		return -1;
	if (!sqlite3_get_autocommit(c->h))
		BUG("store_read inside store_read");
	db.conn = c;
	if (conn_check_place(c, err) < 0 || conn_step(c, STEP_READ, err) < 0)
		return -1;
	rc = fn(&db, arg, err);
	if (conn_step(c, STEP_COMMIT, &end) < 0 && conn_step(c, STEP_ROLLBACK, &end) < 0)
		log_err("store.read_end", &end);
	return rc;
}

/* ---- statements ---- */

static int
sqlite_bind(struct sqlite_conn *c, sqlite3_stmt *st, int n, const struct db_arg *args,
    struct err *err)
{
	for (int i = 0; i < n; i++) {
		char	 name[16];
		int	 at, rc = SQLITE_OK;

		snprintf(name, sizeof(name), "$%d", i + 1);
		at = sqlite3_bind_parameter_index(st, name);
		switch (args[i].type) {
		case DB__NULL:
			rc = sqlite3_bind_null(st, at);
			break;
		case DB__INT:
			rc = sqlite3_bind_int64(st, at, args[i].i);
			break;
		case DB__TEXT:
			rc = sqlite3_bind_text64(st, at, args[i].p, args[i].len,
			    SQLITE_TRANSIENT, SQLITE_UTF8);
			break;
		case DB__BLOB:
			rc = sqlite3_bind_blob64(st, at, args[i].p == NULL ? "" : args[i].p,
			    args[i].len, SQLITE_TRANSIENT);
			break;
		}
		if (rc != SQLITE_OK)
			return sqlite_err(c->h, err, "bind");
	}
	return 0;
}

/* A statement of the cache, or a fresh one while the cached is still being read. */
static int
sqlite_prepare(struct sqlite_conn *c, const struct statement *st, enum sql_id id,
    sqlite3_stmt **out, int *cached, struct err *err)
{
	sqlite3_stmt	*p = NULL;

	if (c->cache[id] != NULL && !c->busy[id]) {
		*cached = (int)id;
		*out = c->cache[id];
		return 0;
	}
	if (sqlite3_prepare_v3(c->h, st->sql, -1, SQLITE_PREPARE_PERSISTENT, &p, NULL) !=
	    SQLITE_OK)
		return sqlite_err(c->h, err, st->name);
	*cached = -1;
	if (c->cache[id] == NULL) {
		c->cache[id] = p;
		*cached = (int)id;
	}
	*out = p;
	return 0;
}

static void
sqlite_put_back(struct sqlite_conn *c, sqlite3_stmt *p, int cached)
{
	if (cached < 0) {
		sqlite3_finalize(p);
		return;
	}
	sqlite3_reset(p);
	sqlite3_clear_bindings(p);
	c->busy[cached] = false;
}

static int
sqlite_exec(struct db *db, const struct statement *st, enum sql_id id,
    const struct db_arg *args, int64_t *changed, struct rows **rows, struct err *err)
{
	struct sqlite_conn	*c = db->conn;
	struct sqlite_rows	*r;
	sqlite3_stmt		*p = NULL;
	int			 cached = -1, rc;

	if (sqlite_prepare(c, st, id, &p, &cached, err) < 0)
		return -1;
	if (sqlite_bind(c, p, st->n_params, args, err) < 0) {
		sqlite_put_back(c, p, cached);
		return -1;
	}
	/* Step at once, so that a writing statement with RETURNING acts like any other. */
	while ((rc = sqlite3_step(p)) == SQLITE_ROW && rows == NULL)
		continue;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		sqlite_err(c->h, err, st->name);
		sqlite_put_back(c, p, cached);
		return -1;
	}
	if (rows == NULL) {
		*changed = sqlite3_changes64(c->h);
		sqlite_put_back(c, p, cached);
		return 0;
	}
	r = xcalloc(1, sizeof(*r));
	*r = (struct sqlite_rows){.rows = {.engine = &engine_sqlite, .db = db}, .conn = c,
		.stmt = p, .cached = cached, .peeked = rc == SQLITE_ROW,
		.ended = rc == SQLITE_DONE};
	if (cached >= 0)
		c->busy[cached] = true;
	*rows = &r->rows;
	return 0;
}

static int
sqlite_next(struct rows *rows, struct err *err)
{
	struct sqlite_rows	*r = (struct sqlite_rows *)rows;
	int			 rc;

	if (r->peeked) {
		r->peeked = false;
		return 1;
	}
	if (r->ended)
		return 0;
	if ((rc = sqlite3_step(r->stmt)) == SQLITE_ROW)
		return 1;
	r->ended = true;
	return rc == SQLITE_DONE ? 0 : sqlite_err(r->conn->h, err, "next row");
}

static int64_t
sqlite_get_int(struct rows *rows, int col)
{
	return sqlite3_column_int64(((struct sqlite_rows *)rows)->stmt, col);
}

static const char *
sqlite_get_text(struct rows *rows, int col)
{
	const unsigned char	*s = sqlite3_column_text(((struct sqlite_rows *)rows)->stmt, col);

	return s == NULL ? "" : (const char *)s;
}

static const void *
sqlite_get_blob(struct rows *rows, int col, size_t *len)
{
	sqlite3_stmt	*p = ((struct sqlite_rows *)rows)->stmt;
	const void	*b = sqlite3_column_blob(p, col);

	*len = (size_t)sqlite3_column_bytes(p, col);
	return b == NULL ? "" : b;
}

static bool
sqlite_is_null(struct rows *rows, int col)
{
	return sqlite3_column_type(((struct sqlite_rows *)rows)->stmt, col) == SQLITE_NULL;
}

static void
sqlite_rows_free(struct rows *rows)
{
	struct sqlite_rows	*r = (struct sqlite_rows *)rows;

	sqlite_put_back(r->conn, r->stmt, r->cached);
	free(r);
}

static int
sqlite_plain(struct db *db, const char *sql, struct err *err)
{
	return conn_plain(db->conn, sql, err);
}

/* ---- opening ---- */

static void
sqlite_close(struct store *s)
{
	struct sqlite	*q = s->impl;

	if (q->has_thread) {
		pthread_mutex_lock(&q->lock);
		q->stop = true;
		pthread_cond_signal(&q->work);
		pthread_mutex_unlock(&q->lock);
		pthread_join(q->thread, NULL);
	}
	for (int i = 0; i < q->n_readers; i++)
		conn_close(q->readers[i]);
	conn_close(q->writer);
	pthread_key_delete(q->reader_key);
	pthread_cond_destroy(&q->work);
	pthread_mutex_destroy(&q->lock);
	free(q->path);
	free(q);
}

char *
sqlite_path(const char *address)
{
	const char	*path = address + strlen("sqlite:");

	return path[0] == '/' ? xstrdup(path) : xasprintf("%s/%s", conf_str("data.dir"), path);
}

static int
sqlite_open(struct store *s, const char *address, struct err *err)
{
	struct sqlite	*q = xcalloc(1, sizeof(*q));

	s->impl = q;
	q->path = sqlite_path(address);
	q->read_only = s->read_only;
	q->tail = &q->head;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->work, NULL);
	pthread_key_create(&q->reader_key, reader_end);
	if (!s->read_only) {
		if (conn_open(&q->writer, q->path, false, false, err) < 0) {
			sqlite_close(s);
			return -1;
		}
		if (pthread_create(&q->thread, NULL, writer_main, s) != 0)
			BUG("no thread for the store");
		q->has_thread = true;
	}
	return 0;
}

const struct engine	engine_sqlite = {
	.prefix = "sqlite:", .open = sqlite_open, .close = sqlite_close,
	.write = sqlite_write, .read = sqlite_read, .plain = sqlite_plain,
	.exec = sqlite_exec, .next = sqlite_next, .get_int = sqlite_get_int,
	.get_text = sqlite_get_text, .get_blob = sqlite_get_blob, .is_null = sqlite_is_null,
	.rows_free = sqlite_rows_free,
};

#ifndef STORE_STORE_H
#define STORE_STORE_H
#include "base/buf.h"
#include "store/sql.h"		/* generated: enum sql_id */
/*
 * One SQL interface over SQLite and PostgreSQL.
 *
 * SQL text lives in src/store/sql/<noun>.sql only, as a closed list of statements that a
 * tool turns into `enum sql_id` and a table.  One text serves both engines ($1, $2 …,
 * BIGINT TEXT BYTEA, ON CONFLICT, RETURNING; ids and times given by the application).
 *
 * A write is a function run inside a transaction (store_write): it is begun, committed and,
 * where the engine asks for it (busy, serialization failure), or once when it met a unique index
 * that somebody else had filled at the same moment, repeated by the store; so the
 * function touches nothing but the db and its own argument, and must start by resetting what
 * it returns through the argument.  store_write returns after the data is durable.
 * On SQLite one writer thread groups the waiting writes of all threads into one COMMIT, each
 * in its own SAVEPOINT: one failing does not disturb the others.
 * A read (store_read) runs on a connection of the calling thread and sees one snapshot.
 *
 * Thread-safe: any thread may call store_write and store_read.  A struct db belongs to the
 * function it was given to and is never kept.
 */
struct store;
struct db;
struct rows;

enum store_kind { STORE_HALL, STORE_CA, STORE_KMC, STORE__MAX };

/*
 * Open by address: "sqlite:PATH" (a relative PATH is below data.dir) or "postgresql://…".
 * The migrations of this kind of store must all have been applied: ERR_WRONG_STATE says
 * what to run otherwise.  read_only: store_write is refused (va on the ca store).
 */
NODISCARD int	store_open(struct store **out, enum store_kind kind, const char *address,
		    bool read_only, struct err *err);
void		store_close(struct store *s);			/* NULL: no-op */
/* Create what is missing and apply the migrations not yet applied, in order. */
NODISCARD int	store_migrate(enum store_kind kind, const char *address, struct err *err);
/*
 * The same for a store that is there, e.g. of an older release: one that is not is never
 * made (ERR_STORE), for what it held would silently be missed.
 */
NODISCARD int	store_upgrade(enum store_kind kind, const char *address, struct err *err);

typedef int (*store_fn)(struct db *db, void *arg, struct err *err);	/* 0, or -1: roll back */
NODISCARD int	store_write(struct store *s, store_fn fn, void *arg, struct err *err);
NODISCARD int	store_read(struct store *s, store_fn fn, void *arg, struct err *err);
/* A part of a write that may fail alone: rolled back to here, the outer one goes on. */
NODISCARD int	db_nested(struct db *db, store_fn fn, void *arg, struct err *err);

/* Parameters.  Borrowed until the call returns. */
enum db_type { DB__NULL, DB__INT, DB__TEXT, DB__BLOB };
struct db_arg {
	enum db_type	 type;
	int64_t		 i;
	const void	*p;
	size_t		 len;
};
#define DB_NULL		((struct db_arg){.type = DB__NULL})
#define DB_INT(v)	((struct db_arg){.type = DB__INT, .i = (v)})
#define DB_TEXT(s)	db_text_arg(s)		/* NULL pointer: SQL NULL */
#define DB_BLOB(q, n)	((struct db_arg){.type = DB__BLOB, .p = (q), .len = (n)})
struct db_arg	db_text_arg(const char *s);

/*
 * Run a statement; *changed (may be NULL) gets the number of rows written.
 * A unique constraint gives ERR_CONFLICT.
 *	db_run(db, SQL_ORDER_STATE_SET, &n, err, DB_TEXT("paid"), DB_INT(id), DB_INT(version))
 */
#define db_run(db, id, changed, err, ...) \
	db_run_args((db), (id), (struct db_arg[]){__VA_ARGS__ __VA_OPT__(,) DB_NULL}, \
	    sizeof((struct db_arg[]){__VA_ARGS__ __VA_OPT__(,) DB_NULL}) / \
	    sizeof(struct db_arg) - 1, (changed), (err))
NODISCARD int	db_run_args(struct db *db, enum sql_id id, const struct db_arg *args, size_t n,
		    int64_t *changed, struct err *err);

/*
 * Run a statement that gives rows:
 *	if (db_query(db, SQL_ORDER_BY_NO, &rows, err, DB_TEXT(no)) < 0) goto out;
 *	while ((rc = rows_next(rows, err)) > 0) { … rows_int(rows, 0) … }
 *	rows_free(rows);
 * Columns count from 0.  Pointers are valid until the next rows_next or rows_free.
 */
#define db_query(db, id, rows, err, ...) \
	db_query_args((db), (id), (struct db_arg[]){__VA_ARGS__ __VA_OPT__(,) DB_NULL}, \
	    sizeof((struct db_arg[]){__VA_ARGS__ __VA_OPT__(,) DB_NULL}) / \
	    sizeof(struct db_arg) - 1, (rows), (err))
NODISCARD int	db_query_args(struct db *db, enum sql_id id, const struct db_arg *args, size_t n,
		    struct rows **rows, struct err *err);
NODISCARD int	rows_next(struct rows *r, struct err *err);	/* 1 a row, 0 the end, -1 */
int64_t		rows_int(struct rows *r, int col);		/* 0 for NULL */
const char	*rows_text(struct rows *r, int col);		/* "" for NULL */
const void	*rows_blob(struct rows *r, int col, size_t *len);
bool		rows_is_null(struct rows *r, int col);
void		rows_free(struct rows *r);			/* NULL: no-op */
/* Exactly one row wanted: positions on it; none gives ERR_NOT_FOUND. rows_free as ever. */
#define db_one(db, id, rows, err, ...) \
	db_one_args((db), (id), (struct db_arg[]){__VA_ARGS__ __VA_OPT__(,) DB_NULL}, \
	    sizeof((struct db_arg[]){__VA_ARGS__ __VA_OPT__(,) DB_NULL}) / \
	    sizeof(struct db_arg) - 1, (rows), (err))
NODISCARD int	db_one_args(struct db *db, enum sql_id id, const struct db_arg *args, size_t n,
		    struct rows **rows, struct err *err);
#endif

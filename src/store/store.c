#include "base/base.h"
#include "base/conf.h"
#include "base/str.h"
#include "store/engine.h"
#include "store/migrate.h"

static const struct engine *const engines[] = {&engine_sqlite, &engine_pgsql};

struct db_arg
db_text_arg(const char *s)
{
	if (s == NULL)
		return DB_NULL;
	return (struct db_arg){.type = DB__TEXT, .p = s, .len = strlen(s)};
}

int
store_open_raw(struct store **out, enum store_kind kind, const char *address, bool read_only,
    struct err *err)
{
	struct store	*s = xcalloc(1, sizeof(*s));

	s->kind = kind;
	s->read_only = read_only;
	for (size_t i = 0; i < ARRAY_LEN(engines); i++)
		if (str_has_prefix(address, engines[i]->prefix))
			s->engine = engines[i];
	if (s->engine == NULL) {
		free(s);
		return err_set(err, ERR_INPUT,
		    "a store's address begins with sqlite: or postgresql://");
	}
	if (s->engine->open(s, address, err) < 0) {
		free(s);
		return -1;
	}
	*out = s;
	return 0;
}

int
store_open(struct store **out, enum store_kind kind, const char *address, bool read_only,
    struct err *err)
{
	struct store	*s = NULL;

	if (store_open_raw(&s, kind, address, read_only, err) < 0)
		return -1;
	if (migrate_check(s, err) < 0) {
		store_close(s);
		return -1;
	}
	*out = s;
	return 0;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	s->engine->close(s);
	free(s);
}

int
store_write(struct store *s, store_fn fn, void *arg, struct err *err)
{
	if (s->read_only)
		return err_set(err, ERR_DENIED, "this store is open for reading only");
	return s->engine->write(s, fn, arg, err);
}

int
store_read(struct store *s, store_fn fn, void *arg, struct err *err)
{
	return s->engine->read(s, fn, arg, err);
}

int
db_nested(struct db *db, store_fn fn, void *arg, struct err *err)
{
	struct err	 undo = {0};
	char		 sql[64];
	int		 rc;

	snprintf(sql, sizeof(sql), "SAVEPOINT n%d", ++db->depth);
	if (db->store->engine->plain(db, sql, err) < 0) {
		db->depth--;
		return -1;
	}
	rc = fn(db, arg, err);
	if (rc < 0) {
		snprintf(sql, sizeof(sql), "ROLLBACK TO SAVEPOINT n%d", db->depth);
		if (db->store->engine->plain(db, sql, &undo) < 0)
			*err = undo;
	}
	snprintf(sql, sizeof(sql), "RELEASE SAVEPOINT n%d", db->depth--);
	if (db->store->engine->plain(db, sql, &undo) < 0 && rc == 0) {
		*err = undo;
		rc = -1;
	}
	return rc;
}

/* What is wrong here is our own mistake, except text with a NUL. */
static int
db_check(const struct db *db, enum sql_id id, const struct db_arg *args, size_t n,
    struct err *err)
{
	const struct statement	*st = &statements[id];

	if (st->store >= 0 && st->store != (int)db->store->kind)
		BUG("statement %s on another store", st->name);
	if ((int)n != st->n_params)
		BUG("statement %s wants %d values, not %zu", st->name, st->n_params, n);
	for (size_t i = 0; i < n; i++)
		if (args[i].type == DB__TEXT && !utf8_is_valid(args[i].p, args[i].len))
			return err_set(err, ERR_INPUT, "文字含有无法保存的字符，请删除后重试。");
	return 0;
}

int
db_run_args(struct db *db, enum sql_id id, const struct db_arg *args, size_t n,
    int64_t *changed, struct err *err)
{
	int64_t	 ignored;

	if (db_check(db, id, args, n, err) < 0)
		return -1;
	return db->store->engine->exec(db, &statements[id], id, args,
	    changed == NULL ? &ignored : changed, NULL, err);
}

int
db_query_args(struct db *db, enum sql_id id, const struct db_arg *args, size_t n,
    struct rows **rows, struct err *err)
{
	*rows = NULL;
	if (db_check(db, id, args, n, err) < 0)
		return -1;
	return db->store->engine->exec(db, &statements[id], id, args, NULL, rows, err);
}

int
db_one_args(struct db *db, enum sql_id id, const struct db_arg *args, size_t n,
    struct rows **rows, struct err *err)
{
	int	 rc;

	if (db_query_args(db, id, args, n, rows, err) < 0)
		return -1;
	rc = rows_next(*rows, err);
	if (rc > 0)
		return 0;
	if (rc == 0)
		err_set(err, ERR_NOT_FOUND, "没有找到您要的内容。");
	rows_free(*rows);
	*rows = NULL;
	return -1;
}

int
rows_next(struct rows *r, struct err *err)
{
	return r->engine->next(r, err);
}

int64_t
rows_int(struct rows *r, int col)
{
	return r->engine->get_int(r, col);
}

const char *
rows_text(struct rows *r, int col)
{
	return r->engine->get_text(r, col);
}

const void *
rows_blob(struct rows *r, int col, size_t *len)
{
	return r->engine->get_blob(r, col, len);
}

bool
rows_is_null(struct rows *r, int col)
{
	return r->engine->is_null(r, col);
}

void
rows_free(struct rows *r)
{
	if (r != NULL)
		r->engine->rows_free(r);
}

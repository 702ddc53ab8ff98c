#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/migrate.h"

/* The one table that is there before the first migration. */
#define MIGRATION_TABLE	"CREATE TABLE IF NOT EXISTS schema_migration " \
	"(name TEXT PRIMARY KEY, applied BIGINT NOT NULL)"

struct migrate_job {
	const struct migration	*first;		/* part 0 of the migration */
	int			 missing;
	const char		*missing_name;
};

static int
migrate_is_applied(struct db *db, const char *name, bool *applied, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc;

	if (db_query(db, SQL_MIGRATION_BY_NAME, &rows, err, DB_TEXT(name)) < 0)
		return -1;
	rc = rows_next(rows, err);
	rows_free(rows);
	*applied = rc > 0;
	return rc < 0 ? -1 : 0;
}

/* All parts of one migration and its row, in one transaction; a second migrator waits. */
static int
migrate_apply(struct db *db, void *arg, struct err *err)
{
	struct migrate_job	*job = arg;
	const struct migration	*m = job->first;
	bool			 applied;

	if (db_run(db, SQL_MIGRATION_LOCK, NULL, err) < 0 ||
	    migrate_is_applied(db, m->name, &applied, err) < 0)
		return -1;
	if (applied)
		return 0;
	for (; m->store == job->first->store && strcmp(m->name, job->first->name) == 0; m++)
		if (db->store->engine->plain(db, m->sql, err) < 0)
			return err_add(err, "migration %s part %d", m->name, m->part + 1);
	return db_run(db, SQL_MIGRATION_INSERT, NULL, err, DB_TEXT(job->first->name),
	    DB_INT(clock_now()));
}

static int
migrate_table(struct db *db, void *arg, struct err *err)
{
	(void)arg;
	return db->store->engine->plain(db, MIGRATION_TABLE, err);
}

static int
migrate_count_missing(struct db *db, void *arg, struct err *err)
{
	struct migrate_job	*job = arg;
	bool			 applied;

	job->missing = 0;
	for (const struct migration *m = migrations; m->store >= 0; m++) {
		if (m->store != (int)db->store->kind || m->part != 0)
			continue;
		if (migrate_is_applied(db, m->name, &applied, err) < 0)
			return -1;
		if (!applied && job->missing++ == 0)
			job->missing_name = m->name;
	}
	return 0;
}

int
migrate_check(struct store *s, struct err *err)
{
	struct migrate_job	 job = {0};

	if (store_read(s, migrate_count_missing, &job, err) < 0)
		return err_add(err, "the store is not initialised (yinxin init)");
	if (job.missing > 0)
		return err_set(err, ERR_WRONG_STATE, "%d migrations are missing, first %s: "
		    "yinxin serve applies them when it starts", job.missing, job.missing_name);
	return 0;
}

int
store_migrate(enum store_kind kind, const char *address, struct err *err)
{
	struct store	*s = NULL;
	int		 rc = -1;

	if (store_open_raw(&s, kind, address, false, err) < 0 ||
	    store_write(s, migrate_table, NULL, err) < 0)
		goto out;
	for (const struct migration *m = migrations; m->store >= 0; m++) {
		struct migrate_job	 job = {.first = m};

		if (m->store == (int)kind && m->part == 0 &&
		    store_write(s, migrate_apply, &job, err) < 0)
			goto out;
	}
	rc = 0;
 out:
	store_close(s);
	return rc;
}

int
store_upgrade(enum store_kind kind, const char *address, struct err *err)
{
	struct migrate_job	 job = {0};
	struct store		*s = NULL;
	int			 rc;

	if (store_open_raw(&s, kind, address, true, err) < 0)
		return -1;
	rc = store_read(s, migrate_count_missing, &job, err);
	store_close(s);
	if (rc < 0)
		return err_add(err, "the store is not there (yinxin init)");
	if (job.missing == 0)
		return 0;
	log_kv(LOG_INFO, "store.upgrade", LOG_S("first", job.missing_name),
	    LOG_I("missing", job.missing));
	return store_migrate(kind, address, err);
}

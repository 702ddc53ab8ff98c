#include "base/base.h"
#include "base/file.h"
#include "base/str.h"
#include "store/copy.h"
#include "store/engine.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

const char *
store_copy_engine(const char *address)
{
	return str_has_prefix(address, engine_sqlite.prefix) ? "sqlite" :
	    str_has_prefix(address, engine_pgsql.prefix) ? "postgresql" : NULL;
}

/* ---- SQLite ---- */

/* One snapshot of `from`; the copy keeps no log beside it. */
static int
sqlite_copy(sqlite3 *from, sqlite3 *to, const char *path, struct err *err)
{
	sqlite3_backup	*b = sqlite3_backup_init(to, "main", from, "main");
	sqlite3_stmt	*st = NULL;
	int		 rc = -1;

	if (b == NULL)
		return err_set(err, ERR_STORE, "cannot copy to %s: %s", path, sqlite3_errmsg(to));
	(void)sqlite3_backup_step(b, -1);
	if (sqlite3_backup_finish(b) != SQLITE_OK ||
	    sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(to, "PRAGMA quick_check", -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW)
		err_set(err, ERR_STORE, "cannot copy to %s: %s", path, sqlite3_errmsg(to));
	else if (strcmp((const char *)sqlite3_column_text(st, 0), "ok") != 0)
		err_set(err, ERR_STORE, "the store copied to %s is damaged: %s", path,
		    (const char *)sqlite3_column_text(st, 0));
	else
		rc = 0;
	sqlite3_finalize(st);
	return rc;
}

/*
 * The store's file, links in its directory's name followed.  The file itself lies where its service
 * may write, so it must be none (NOFOLLOW looks at every part): root copies, and would be led to
 * any database.
 */
static char *
sqlite_source(const char *address, struct err *err)
{
	char	*path = sqlite_path(address), *slash = strrchr(path, '/'), *dir, *source = NULL;

	*slash = '\0';
	if ((dir = realpath(slash == path ? "/" : path, NULL)) == NULL)
		err_errno(err, ERR_STORE, "%s", path);
	else
		source = xasprintf("%s/%s", dir, slash + 1);
	free(dir);
	free(path);
	return source;
}

static int
sqlite_out(const char *address, const char *path, struct err *err)
{
	char	*source = sqlite_source(address, err);
	sqlite3	*from = NULL, *to = NULL;
	int	 rc = -1;

	if (source == NULL)
		return -1;
	if (sqlite3_open_v2(source, &from, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW, NULL) !=
	    SQLITE_OK)
		err_set(err, ERR_STORE, "cannot open %s: %s", source, sqlite3_errmsg(from));
	else if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	    NULL) != SQLITE_OK)
		err_set(err, ERR_STORE, "cannot create %s: %s", path, sqlite3_errmsg(to));
	else {
		sqlite3_busy_timeout(from, 15000);
		rc = sqlite_copy(from, to, path, err);
	}
	sqlite3_close(to);
	sqlite3_close(from);
	free(source);
	return rc;
}

static int
sqlite_in(const char *address, const char *path, struct err *err)
{
	char	*target = sqlite_path(address);
	int	 rc = -1;

	if (file_exists(target))
		err_set(err, ERR_CONFLICT, "%s exists already", target);
	else
		rc = file_copy(path, target, 0600, err);
	free(target);
	return rc;
}

/* ---- PostgreSQL ---- */

/* What libpq reads from an address, as the environment of a program that uses libpq. */
static int
pgsql_environment(const char *address, char **name, struct err *err)
{
	char			*why = NULL;
	PQconninfoOption	*options = PQconninfoParse(address, &why);

	if (options == NULL) {
		err_set(err, ERR_INPUT, "the store's address: %s", why == NULL ? "" : why);
		PQfreemem(why);
		return -1;
	}
	for (const PQconninfoOption *o = options; o->keyword != NULL; o++) {
		if (o->val == NULL)
			continue;
		if (o->envvar != NULL)
			setenv(o->envvar, o->val, 1);
		if (strcmp(o->keyword, "dbname") == 0)
			*name = xstrdup(o->val);
	}
	PQconninfoFree(options);
	return 0;
}

static NORETURN void
pgsql_child(const char *address, bool in, const char *path)
{
	struct err	 err = {0};
	char		*name = NULL, *file = xasprintf("%s%s", in ? "" : "--file=", path), *to;

	if (pgsql_environment(address, &name, &err) < 0 || name == NULL) {
		fprintf(stderr, "%s\n", err.text);
		_exit(127);
	}
	to = xasprintf("--dbname=%s", name);
	if (in)
		execlp("pg_restore", "pg_restore", "--exit-on-error", "--single-transaction",
		    "--no-owner", "--no-privileges", to, file, (char *)NULL);
	else
		execlp("pg_dump", "pg_dump", "--format=custom", "--no-owner", "--no-privileges",
		    file, (char *)NULL);
	fprintf(stderr, "%s: %s\n", in ? "pg_restore" : "pg_dump", strerror(errno));
	_exit(127);
}

static int
pgsql_run(const char *address, bool in, const char *path, struct err *err)
{
	const char	*what = in ? "pg_restore" : "pg_dump";
	int		 status = 0;
	pid_t		 pid = fork();

	if (pid == 0)
		pgsql_child(address, in, path);
	if (pid < 0)
		return err_errno(err, ERR_STORE, "cannot start %s", what);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, ERR_STORE, "%s", what);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(err, ERR_STORE, "%s is not installed (postgresql-client)", what);
	return err_set(err, in ? ERR_CONFLICT : ERR_STORE, in ? "pg_restore failed; the database "
	    "must be empty, and nothing was written to it" : "pg_dump failed");
}

/* ---- both ---- */

int
store_copy_out(const char *address, const char *path, struct err *err)
{
	if (store_copy_engine(address) == NULL)
		return err_set(err, ERR_INPUT,
		    "a store's address begins with sqlite: or postgresql://");
	if (file_exists(path))
		return err_set(err, ERR_CONFLICT, "%s exists already", path);
	if (str_has_prefix(address, engine_sqlite.prefix))
		return sqlite_out(address, path, err);
	if (pgsql_run(address, false, path, err) < 0)
		return -1;
	return chmod(path, 0600) == 0 ? file_sync(path, err) :
	    err_errno(err, ERR_STORE, "chmod %s", path);
}

int
store_copy_in(const char *address, const char *path, struct err *err)
{
	if (store_copy_engine(address) == NULL)
		return err_set(err, ERR_INPUT,
		    "a store's address begins with sqlite: or postgresql://");
	return str_has_prefix(address, engine_sqlite.prefix) ? sqlite_in(address, path, err) :
	    pgsql_run(address, true, path, err);
}

#include "unit.h"
#include "store/store.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

/*
 * Each test runs on SQLite and, when YINXIN_TEST_PG names a database, on PostgreSQL.
 */
#define PREFIX_ROUND	(getpid())

static char	store_dir[] = "/tmp/yinxin-store-XXXXXX";

int	group_setup(void **state);
int
group_setup(void **state)
{
	(void)state;
	return mkdtemp(store_dir) == NULL ? -1 : 0;
}

static int
engines(char address[2][512])
{
	const char	*pg = getenv("YINXIN_TEST_PG");

	snprintf(address[0], 512, "sqlite:%s/kmc.db", store_dir);
	if (pg == NULL)
		return 1;
	snprintf(address[1], 512, "%s", pg);
	return 2;
}

#define FOR_EACH_ENGINE(s)								\
	char	 addresses[2][512];							\
	struct err err = {0};								\
	struct store *s = NULL;								\
	for (int e_ = 0, n_ = engines(addresses); e_ < n_; e_++, store_close(s), s = NULL)	\
		if (store_migrate(STORE_KMC, addresses[e_], &err) < 0 ||		\
		    store_open(&s, STORE_KMC, addresses[e_], false, &err) < 0)		\
			fail_msg("%s: %s", addresses[e_], err.text);			\
		else

static int
put(struct db *db, void *name, struct err *err)
{
	return db_run(db, SQL_META_ADD, NULL, err, DB_TEXT(name), DB_TEXT("x"));
}

static int
get(struct db *db, void *name, struct err *err)
{
	struct rows	*r = NULL;

	if (db_one(db, SQL_META_GET, &r, err, DB_TEXT(name)) < 0)
		return -1;
	rows_free(r);
	return 0;
}

static char *
fresh(const char *what)
{
	static int	 n;

	return xasprintf("%s-%ld-%d-%ld", what, (long)getpid(), n++, (long)time(NULL));
}

void
test_store__conflict_is_told_and_rolled_back(void **state)
{
	(void)state;
	FOR_EACH_ENGINE(s) {
		char	*name = fresh("conflict");

		assert_ok(store_write(s, put, name, &err));
		assert_err(store_write(s, put, name, &err), ERR_CONFLICT);
		assert_ok(store_read(s, get, name, &err));
		assert_err(store_read(s, get, (void *)(uintptr_t)"no such", &err), ERR_NOT_FOUND);
		free(name);
	}
}

static int
put_then_fail(struct db *db, void *name, struct err *err)
{
	if (put(db, name, err) < 0)
		return -1;
	return err_set(err, ERR_INPUT, "changed my mind");
}

/* An outer write survives a nested one that fails after having written. */
static int
outer(struct db *db, void *arg, struct err *err)
{
	char		**names = arg;
	struct err	 inner = {0};

	if (put(db, names[0], err) < 0)
		return -1;
	if (db_nested(db, put_then_fail, names[1], &inner) == 0)
		return err_set(err, ERR_BUG, "nested did not fail");
	if (db_nested(db, put, names[0], &inner) == 0)
		return err_set(err, ERR_BUG, "nested conflict not told");
	return db_nested(db, put, names[2], err);
}

void
test_store__nested_parts_fail_alone(void **state)
{
	(void)state;
	FOR_EACH_ENGINE(s) {
		char	*names[3] = {fresh("a"), fresh("b"), fresh("c")};

		assert_ok(store_write(s, outer, names, &err));
		assert_ok(store_read(s, get, names[0], &err));
		assert_err(store_read(s, get, names[1], &err), ERR_NOT_FOUND);
		assert_ok(store_read(s, get, names[2], &err));
		for (int i = 0; i < 3; i++)
			free(names[i]);
	}
}

struct many {
	struct store	*s;
	int		 thread;
	int		 failed;
};

static void *
write_many(void *arg)
{
	struct many	*m = arg;
	struct err	 err = {0};

	for (int i = 0; i < 100; i++) {
		char	 name[80];

		snprintf(name, sizeof(name), "many-%ld-%d-%03d", (long)PREFIX_ROUND, m->thread,
		    i);
		/* every seventh job fails after writing: it must not disturb its group */
		if (store_write(m->s, i % 7 == 3 ? put_then_fail : put, name, &err) < 0 &&
		    i % 7 != 3)
			m->failed++;
	}
	return NULL;
}

static int
count(struct db *db, void *arg, struct err *err)
{
	int64_t		*n = arg;
	char		 lo[80], hi[80];
	struct rows	*r = NULL;

	snprintf(lo, sizeof(lo), "many-%ld-", (long)PREFIX_ROUND);
	snprintf(hi, sizeof(hi), "many-%ld.", (long)PREFIX_ROUND);
	if (db_one(db, SQL_META_COUNT, &r, err, DB_TEXT(lo), DB_TEXT(hi)) < 0)
		return -1;
	*n = rows_int(r, 0);
	rows_free(r);
	return 0;
}

void
test_store__groups_keep_jobs_apart(void **state)
{
	(void)state;
	FOR_EACH_ENGINE(s) {
		struct many	 m[8];
		pthread_t	 t[8];
		int64_t		 n = 0, want = 0;

		for (int i = 0; i < 8; i++) {
			m[i] = (struct many){.s = s, .thread = i};
			assert_int_equal(pthread_create(&t[i], NULL, write_many, &m[i]), 0);
		}
		for (int i = 0; i < 8; i++) {
			pthread_join(t[i], NULL);
			assert_int_equal(m[i].failed, 0);
		}
		for (int i = 0; i < 100; i++)
			want += i % 7 != 3 ? 8 : 0;
		assert_ok(store_read(s, count, &n, &err));
		assert_int_equal(n, want);
	}
}

/* A child writes and says after each write that it is durable; then it is killed. */
static NORETURN void
child_writes(const char *address, int fd, const char *mark)
{
	struct err	 err = {0};
	struct store	*s = NULL;

	if (store_open(&s, STORE_KMC, address, false, &err) < 0)
		_exit(1);
	for (int i = 0;; i++) {
		char	 name[120];

		snprintf(name, sizeof(name), "%s-%d", mark, i);
		if (store_write(s, put, name, &err) < 0 ||
		    write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(2);
	}
}

void
test_store__acknowledged_survives_kill(void **state)
{
	(void)state;
	FOR_EACH_ENGINE(s) {
		char	*mark = fresh("kill");
		int	 fds[2], last = -1, i;
		pid_t	 pid;

		/* no thread may be running at a fork: it could hold the allocator's lock for ever */
		store_close(s);
		s = NULL;
		assert_int_equal(pipe(fds), 0);
		if ((pid = fork()) == 0)
			child_writes(addresses[e_], fds[1], mark);
		close(fds[1]);
		while (last < 200 && read(fds[0], &i, sizeof(i)) == sizeof(i))
			last = i;
		kill(pid, SIGKILL);
		while (read(fds[0], &i, sizeof(i)) == sizeof(i))
			last = i;
		waitpid(pid, NULL, 0);
		close(fds[0]);
		assert_true(last >= 200);
		assert_ok(store_open(&s, STORE_KMC, addresses[e_], false, &err));
		for (i = 0; i <= last; i++) {
			char	 name[120];

			snprintf(name, sizeof(name), "%s-%d", mark, i);
			assert_ok(store_read(s, get, name, &err));
		}
		free(mark);
	}
}

void
test_store__migrating_twice_changes_nothing(void **state)
{
	(void)state;
	FOR_EACH_ENGINE(s) {
		char	*name = fresh("migrate");

		assert_ok(store_write(s, put, name, &err));
		assert_ok(store_migrate(STORE_KMC, addresses[e_], &err));
		assert_ok(store_read(s, get, name, &err));
		free(name);
	}
}

/* A store of an older release is brought up to date; one that is gone is not made anew. */
void
test_store__upgrade_makes_no_store(void **state)
{
	struct err	 err = {0};
	struct store	*s = NULL;
	char		 path[128], address[160];
	sqlite3		*db = NULL;

	(void)state;
	snprintf(path, sizeof(path), "%s/old.db", store_dir);
	snprintf(address, sizeof(address), "sqlite:%s", path);
	assert_err(store_upgrade(STORE_KMC, address, &err), ERR_STORE);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_ok(store_migrate(STORE_KMC, address, &err));
	assert_ok(store_upgrade(STORE_KMC, address, &err));
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE escrow; "
	    "DELETE FROM schema_migration WHERE name LIKE '0010%'", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_err(store_open(&s, STORE_KMC, address, false, &err), ERR_WRONG_STATE);
	assert_ok(store_upgrade(STORE_KMC, address, &err));
	assert_ok(store_open(&s, STORE_KMC, address, false, &err));
	store_close(s);
}

void
test_store__read_only_and_bad_text_are_refused(void **state)
{
	(void)state;
	FOR_EACH_ENGINE(s) {
		struct store	*ro = NULL;

		assert_ok(store_open(&ro, STORE_KMC, addresses[e_], true, &err));
		assert_err(store_write(ro, put, (void *)(uintptr_t)"x", &err), ERR_DENIED);
		store_close(ro);
		assert_err(store_write(s, put, (void *)(uintptr_t)"bad\xff", &err), ERR_INPUT);
	}
}

static void *
read_once(void *arg)
{
	struct err	 err = {0};
	char		*name = ((void **)arg)[1];

	return (void *)(intptr_t)store_read(((void **)arg)[0], get, name, &err);
}

/* A service makes a thread a connection: what an ended thread held must come free. */
void
test_store__threads_that_ended_leave_room_for_others(void **state)
{
	(void)state;
	FOR_EACH_ENGINE(s) {
		char	*name = fresh("threads");
		void	*arg[2] = {s, name}, *rc = NULL;

		assert_ok(store_write(s, put, name, &err));
		for (int i = 0; i < 300; i++) {
			pthread_t	 thread;

			assert_int_equal(pthread_create(&thread, NULL, read_once, arg), 0);
			assert_int_equal(pthread_join(thread, &rc), 0);
			assert_int_equal((intptr_t)rc, 0);
		}
		free(name);
	}
}

/* A file that is taken away, or exchanged for another, is told, not written to; back it is good. */
void
test_store__file_taken_away(void **state)
{
	char		*path = xasprintf("%s/gone.db", store_dir), *aside = xasprintf("%s.aside", path);
	char		*address = xasprintf("sqlite:%s", path), *name = fresh("gone");
	struct store	*s = NULL;
	struct err	 err = {0};

	(void)state;
	assert_ok(store_migrate(STORE_KMC, address, &err));
	assert_ok(store_open(&s, STORE_KMC, address, false, &err));
	assert_ok(store_write(s, put, name, &err));
	assert_ok(store_read(s, get, name, &err));
	assert_int_equal(rename(path, aside), 0);
	for (int other = 0; other < 2; other++) {
		assert_err(store_read(s, get, name, &err), ERR_STORE);
		assert_err(store_write(s, put, name, &err), ERR_STORE);
		assert_int_equal(creat(path, 0600) >= 0, 1);
	}
	assert_int_equal(rename(aside, path), 0);
	assert_ok(store_read(s, get, name, &err));
	assert_err(store_write(s, put, name, &err), ERR_CONFLICT);
	store_close(s);
	free(name);
	free(address);
	free(aside);
	free(path);
}

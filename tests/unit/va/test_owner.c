/*
 * Each process has a user of its own when the supervisor is started as root: what the ceremony
 * leaves behind must be closed to the others.  Skipped without root.
 */
#include "base/base.h"
#include "signer/world.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { USER_WEB = 0, USER_SIGNER = 1, USER_KMC = 2, USER_VA = 3 };	/* after run.user_base */
enum { GROUP_NONE = 0, GROUP_HALL = 100, GROUP_CA = 101, GROUP_RUN = 102 };

static void
become(int user, int group)
{
	uid_t	 base = (uid_t)conf_int("run.user_base"), uid = base + (uid_t)user;
	gid_t	 shared = base + (gid_t)group;

	if (setgroups(group != GROUP_NONE, &shared) < 0 || setresgid(uid, uid, uid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		_exit(99);
}

/* How many of these files the user can open, counted in a child. */
static int
count_open(int user, int group, const char *const *names, int flags)
{
	int	 status = 0, n = 0;
	pid_t	 pid = fork();

	if (pid == 0) {
		become(user, group);
		for (; *names != NULL; names++) {
			char	*path = xasprintf("%s/%s", conf_str("data.dir"), *names);

			n += open(path, flags) >= 0;
			free(path);
		}
		_exit(n);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void
test_owner__keys_are_closed_to_others(void **state)
{
	static const char *const signers[] = {"ca-keys/root.key", "ca-keys/issuing.key",
		"ca/ca.db", NULL};
	static const char *const kmcs[] = {"kmc/kmc.db", "kmc-keys/wrap.key", NULL};
	static const char *const keys[] = {"ca-keys/root.key", "ca-keys/issuing.key",
		"kmc/kmc.db", "kmc-keys/wrap.key", NULL};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(count_open(USER_WEB, GROUP_HALL, signers, O_RDONLY), 0);
	assert_int_equal(count_open(USER_WEB, GROUP_HALL, kmcs, O_RDONLY), 0);
	assert_int_equal(count_open(USER_VA, GROUP_CA, keys, O_RDONLY), 0);
	assert_int_equal(count_open(USER_KMC, GROUP_NONE, signers, O_RDONLY), 0);
	assert_int_equal(count_open(USER_SIGNER, GROUP_CA, kmcs, O_RDONLY), 0);
	/* and open to whom they belong: the numbers above mean something */
	assert_int_equal(count_open(USER_SIGNER, GROUP_CA, signers, O_RDWR), 3);
	assert_int_equal(count_open(USER_KMC, GROUP_NONE, kmcs, O_RDWR), 2);
}

/* As the user, make the file below run/ and then try to remove the other: 2 bits. */
static int
run_try(int user, int group, const char *make, const char *drop)
{
	int	 status = 0;
	pid_t	 pid = fork();

	if (pid == 0) {
		char	*a = xasprintf("%s/%s", conf_path("run.dir"), make);
		char	*b = xasprintf("%s/%s", conf_path("run.dir"), drop);

		become(user, group);
		_exit((open(a, O_CREAT | O_EXCL | O_WRONLY, 0600) >= 0 ? 1 : 0) |
		    (unlink(b) == 0 ? 2 : 0));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Strangers make no socket there, and no service takes another's place. */
void
test_owner__sockets_are_the_services_own(void **state)
{
	struct stat	 st;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(stat(conf_path("run.dir"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 01771);
	assert_int_equal(run_try(USER_KMC, GROUP_RUN, "kmc.sock", "none"), 1);
	assert_int_equal(run_try(USER_WEB, GROUP_RUN, "web.sock", "kmc.sock"), 1);
	assert_int_equal(run_try(USER_WEB, GROUP_HALL, "other.sock", "kmc.sock"), 0);
	assert_int_equal(run_try(USER_KMC, GROUP_RUN, "again", "kmc.sock"), 3);
}

static int
owner_count(struct db *db, void *arg, struct err *err)
{
	struct rows	*r = NULL;

	if (db_one(db, SQL_CA_CERTIFICATE_COUNT, &r, err) < 0)
		return -1;
	*(int64_t *)arg = rows_int(r, 0);
	rows_free(r);
	return 0;
}

/* The exit status says how far the va got. */
static NORETURN void
va_reads(void)
{
	static const char *const	 db[] = {"ca/ca.db", NULL};
	struct err			 err = {0};
	struct store			*s = NULL;
	int64_t				 n = 0;
	char				*path = xasprintf("%s/%s", conf_str("data.dir"), db[0]);

	become(USER_VA, GROUP_CA);
	if (open(path, O_RDWR) >= 0)
		_exit(1);
	free(path);
	if (store_open(&s, STORE_CA, conf_str("store.ca"), true, &err) < 0 ||
	    store_read(s, owner_count, &n, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		_exit(2);
	}
	if (n < 4 || store_write(s, owner_count, &n, &err) == 0)
		_exit(3);
	store_close(s);
	_exit(0);
}

/* The shared world's signer has the store open all the while. */
void
test_owner__va_reads_while_signer_writes(void **state)
{
	int	 status = 0;
	pid_t	 pid;

	(void)state;
	if (geteuid() == 0) {
		journal_note(world_shared()->signer.store, "test.line", NULL);
		if ((pid = fork()) == 0)
			va_reads();
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	if (geteuid() != 0)
		skip();
}

/* The sandbox is base's; it is tried here because SQLite must live inside it. */
#include "base/base.h"
#include "unit.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/sandbox.h"
#include "store/store.h"

#include <errno.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child found wrong, as its exit status. */
enum found { FOUND_NOTHING, FOUND_ENTER, FOUND_EXEC, FOUND_TRACE, FOUND_PRIVILEGE, FOUND_INET,
	FOUND_UNIX, FOUND_FILE, FOUND_THREAD, FOUND_THREAD_EXEC, FOUND_STORE };

static struct store	*sandbox_store;		/* opened before entering */
static char		 sandbox_dir[64];

static bool
sandbox_may_exec(void)
{
	char	*const argv[] = {(char[]){"true"}, NULL};

	execv("/bin/true", argv);
	return errno != EPERM;
}

/* A socket of the family, and if not: refused by the filter and not by something else. */
static bool
sandbox_may_socket(int family)
{
	int	 fd = socket(family, SOCK_STREAM, 0);

	if (fd < 0)
		return errno != EPERM;
	close(fd);
	return true;
}

static void *
sandbox_thread(void *may_exec)
{
	*(bool *)may_exec = sandbox_may_exec();
	return NULL;
}

static int
sandbox_count(struct db *db, void *arg, struct err *err)
{
	struct rows	*r = NULL;

	if (db_one(db, SQL_CA_CERTIFICATE_COUNT, &r, err) < 0)
		return -1;
	*(int64_t *)arg = rows_int(r, 0);
	rows_free(r);
	return 0;
}

static int
sandbox_add_crl(struct db *db, void *arg, struct err *err)
{
	return db_run(db, SQL_REVOCATION_LIST_ADD, arg, err, DB_TEXT("issuing-1"), DB_TEXT(""),
	    DB_INT(1), DB_INT(0), DB_INT(0), DB_BLOB("x", 1), DB_INT(1), DB_INT(2));
}

static bool
sandbox_file_works(void)
{
	struct err	 err = {0};
	struct buf	 b;
	char		 path[128];
	bool		 ok;

	snprintf(path, sizeof(path), "%s/inside", sandbox_dir);
	buf_init(&b, 100);
	ok = file_write(path, "x", 1, 0600, &err) == 0 && file_read(path, &b, &err) == 0 &&
	    b.len == 1;
	buf_free(&b);
	return ok;
}

/* After entering: what must fail fails, what must work works. */
static enum found
sandbox_look(bool network)
{
	struct err	 err = {0};
	struct rlimit	 core;
	pthread_t	 thread;
	int64_t		 n = -1;
	bool		 may_exec = true;

	if (sandbox_may_exec())
		return FOUND_EXEC;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != -1 || errno != EPERM)
		return FOUND_TRACE;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_GET_DUMPABLE) != 0 ||
	    getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0)
		return FOUND_PRIVILEGE;
	if (sandbox_may_socket(AF_INET) != network || sandbox_may_socket(AF_INET6) != network ||
	    sandbox_may_socket(AF_NETLINK) != network)
		return FOUND_INET;
	if (!sandbox_may_socket(AF_UNIX))
		return FOUND_UNIX;
	if (!sandbox_file_works())
		return FOUND_FILE;
	if (pthread_create(&thread, NULL, sandbox_thread, &may_exec) != 0)
		return FOUND_THREAD;
	pthread_join(thread, NULL);
	if (may_exec)
		return FOUND_THREAD_EXEC;
	if (store_write(sandbox_store, sandbox_add_crl, NULL, &err) < 0 ||
	    store_read(sandbox_store, sandbox_count, &n, &err) < 0 || n != 0)
		return FOUND_STORE;
	return FOUND_NOTHING;
}

/* The whole life of one process of that kind, in a child. */
static enum found
sandbox_child(enum sandbox_kind kind, const char *store_address, bool network)
{
	struct err	 err = {0};
	int		 status = 0;
	pid_t		 pid;

	snprintf(sandbox_dir, sizeof(sandbox_dir), "/tmp/yinxin-sandbox-XXXXXX");
	assert_non_null(mkdtemp(sandbox_dir));
	assert_ok(conf_set("data.dir", sandbox_dir, &err));
	if ((pid = fork()) == 0) {
		if (store_migrate(STORE_CA, "sqlite:ca.db", &err) < 0 ||
		    store_open(&sandbox_store, STORE_CA, "sqlite:ca.db", false, &err) < 0 ||
		    conf_set("store.ca", store_address, &err) < 0 ||
		    sandbox_enter(kind, &err) < 0)
			_exit(FOUND_ENTER);
		_exit(sandbox_look(network));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void
test_sandbox__kinds_without_network(void **state)
{
	(void)state;
	assert_int_equal(sandbox_child(SANDBOX_SIGNER, "sqlite:ca.db", false), FOUND_NOTHING);
	assert_int_equal(sandbox_child(SANDBOX_KMC, "sqlite:ca.db", false), FOUND_NOTHING);
	assert_int_equal(sandbox_child(SANDBOX_DOC, "postgresql://db/", false), FOUND_NOTHING);
}

void
test_sandbox__kinds_with_network(void **state)
{
	(void)state;
	assert_int_equal(sandbox_child(SANDBOX_WEB, "sqlite:ca.db", true), FOUND_NOTHING);
	assert_int_equal(sandbox_child(SANDBOX_VA, "sqlite:ca.db", true), FOUND_NOTHING);
	assert_int_equal(sandbox_child(SANDBOX_GATE, "sqlite:ca.db", true), FOUND_NOTHING);
}

void
test_sandbox__signer_reaches_its_database(void **state)
{
	(void)state;
	assert_int_equal(sandbox_child(SANDBOX_SIGNER, "postgresql://db/ca", true),
	    FOUND_NOTHING);
	assert_int_equal(sandbox_child(SANDBOX_KMC, "postgresql://db/ca", false), FOUND_NOTHING);
}

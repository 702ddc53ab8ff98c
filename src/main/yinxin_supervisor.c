#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "http/listen.h"
#include "main/process.h"
#include "signer/ceremony.h"
#include "store/store.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/*
 * Starts the service processes, restarts what dies, stops them in reverse order.
 *
 * The supervisor holds no key and parses nothing from outside.  It opens the listening TCP
 * sockets once, so that callers wait in the backlog while a dead web process is replaced.
 * What it knows stands in <run.dir>/status.json for `yinxin status`.
 */
#define BACKOFF_MIN	100		/* ms before the first restart */
#define CALM		30000		/* alive for so long: the next death counts as a first */
#define STOP_WAIT	10000		/* ms between SIGTERM and SIGKILL */
#define LISTEN_WAIT	15000		/* ms for an address in use to become free */
#define PROCESS_MAX	8

struct child {
	const struct process	*process;
	pid_t			 pid;		/* 0: not running */
	int			 listen_fd;	/* -1: none */
	int64_t			 started;	/* clock_steady */
	int64_t			 restart_at;	/* clock_steady; when pid is 0 */
	int64_t			 backoff;
	int64_t			 restarts;
};

struct supervisor {
	struct child	 children[PROCESS_MAX];
	size_t		 n;
	struct secret	 passphrase;
	int		 lock_fd;
	int64_t		 started;	/* clock_now */
	pid_t		 pid;
};

static const char *
supervisor_status_path(char path[256])
{
	snprintf(path, 256, "%s/status.json", conf_path("run.dir"));
	return path;
}

static void
supervisor_write_status(const struct supervisor *sv)
{
	json_t		*j = json_object(), *list = json_array();
	struct err	 err = {0};
	struct buf	 b;
	char		 path[256];

	for (size_t i = 0; i < sv->n; i++) {
		const struct child	*c = &sv->children[i];

		json_array_append_new(list, json_pack("{s:s,s:i,s:I,s:b,s:I}", "name",
		    c->process->name, "pid", (int)c->pid, "restarts",
		    (json_int_t)c->restarts, "running", c->pid > 0, "since",
		    (json_int_t)(clock_now() - (clock_steady() - c->started))));
	}
	js_set_int(j, "pid", getpid());
	js_set_int(j, "started", sv->started);
	json_object_set_new(j, "processes", list);
	buf_init(&b, LIMIT_JSON);
	json_write(j, &b);
	if (file_write(supervisor_status_path(path), b.p, b.len, 0644, &err) < 0)
		log_err("supervisor.status", &err);
	buf_free(&b);
	json_decref(j);
}

/* One supervisor for one data directory. */
static int
supervisor_lock(struct supervisor *sv, struct err *err)
{
	char	 path[256];

	if (file_mkdirs(conf_path("run.dir"), 0755, err) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/supervisor.lock", conf_path("run.dir"));
	sv->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (sv->lock_fd < 0)
		return err_errno(err, ERR_STORE, "cannot open %s", path);
	if (flock(sv->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, ERR_CONFLICT, "yinxin already serves %s",
		    conf_str("data.dir"));
	return 0;
}

static int
supervisor_read_passphrase(struct supervisor *sv, struct err *err)
{
	struct buf	 b;
	int		 rc = 0;

	if (conf_str("key.passphrase_file")[0] == '\0')
		return 0;	/* the services ask for it or find it themselves */
	buf_init(&b, 1024);
	if ((rc = file_read(conf_path("key.passphrase_file"), &b, err)) == 0) {
		while (b.len > 0 && (b.p[b.len - 1] == '\n' || b.p[b.len - 1] == '\r'))
			b.len--;
		secret_set(&sv->passphrase, b.p, b.len);
	}
	secret_wipe(b.p, b.len);
	buf_free(&b);
	return rc;
}

/* A pipe that holds the passphrase and ends; the number goes into the environment. */
static int
child_pass_passphrase(const struct supervisor *sv)
{
	char	 number[16];
	int	 fds[2];

	if (sv->passphrase.len == 0)
		return 0;
	if (pipe(fds) < 0 ||
	    write(fds[1], sv->passphrase.p, sv->passphrase.len) !=
	    (ssize_t)sv->passphrase.len)
		return -1;
	close(fds[1]);
	snprintf(number, sizeof(number), "%d", fds[0]);
	return setenv("YINXIN_PASSPHRASE_FD", number, 1);
}

/*
 * A service's own user: base + its place.  Web and gate share the hall store, signer lets
 * the va read the ca store: these groups are base + 100 and base + 101.  All are in base + 102,
 * which may make sockets in run.dir.
 */
static int
child_drop(const struct child *c)
{
	uid_t	 base = (uid_t)conf_int("run.user_base"), uid = base;
	gid_t	 groups[2] = {(gid_t)base + 102};
	size_t	 n = 1;

	if (geteuid() != 0)
		return 0;
	for (unsigned int bit = c->process->role; bit > 1; bit >>= 1)
		uid++;
	if (c->process->role == IPC_WEB || c->process->role == IPC_GATE)
		groups[n++] = (gid_t)base + 100;
	else if (c->process->role == IPC_SIGNER || c->process->role == IPC_VA)
		groups[n++] = (gid_t)base + 101;
	if (setgroups(n, groups) < 0 || setresgid(uid, uid, uid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return -1;
	return 0;
}

/* In the fresh child: environment, user, signals, then the program again. */
static NORETURN void
child_exec(const struct supervisor *sv, const struct child *c)
{
	char	 number[16];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (c->listen_fd >= 0) {
		snprintf(number, sizeof(number), "%d", c->listen_fd);
		fcntl(c->listen_fd, F_SETFD, 0);
		setenv("YINXIN_LISTEN_FD", number, 1);
	}
	ipc_export_identity(c->process->role);
	if ((c->process->passphrase && child_pass_passphrase(sv) < 0) || child_drop(c) < 0)
		_exit(71);
	/* After the change of user, which would forget it: end with the supervisor. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != sv->pid)
		_exit(73);
	/* The running program itself, wherever its file is and whoever may walk there. */
	execl("/proc/self/exe", "yinxin", "process", c->process->name, (char *)NULL);
	_exit(72);
}

static void
child_start(struct supervisor *sv, struct child *c)
{
	pid_t	 pid = fork();

	if (pid == 0)
		child_exec(sv, c);
	c->started = clock_steady();
	if (pid < 0) {
		c->restart_at = c->started + conf_int("run.restart_max");
		return;
	}
	c->pid = pid;
	log_kv(LOG_INFO, "process.start", LOG_S("name", c->process->name), LOG_I("pid", pid));
}

/* Wait for the service's socket, so that the next one finds it; not for ever. */
static void
child_await(const struct child *c)
{
	char	 path[256];

	if ((c->process->role & (IPC_WEB | IPC_ENROL)) != 0)
		return;			/* nobody calls them there */
	snprintf(path, sizeof(path), "%s/%s.sock", conf_path("run.dir"), c->process->name);
	for (int i = 0; i < 200 && !file_exists(path); i++) {
		siginfo_t	 si = {0};

		waitid(P_PID, (id_t)c->pid, &si, WEXITED | WNOHANG | WNOWAIT);
		if (si.si_pid != 0)
			return;		/* dead already; supervisor_reap will see it */
		usleep(25 * 1000);
	}
}

static void
child_died(struct child *c, int status)
{
	int64_t	 lived = clock_steady() - c->started;

	c->backoff = lived > CALM || c->backoff == 0 ? BACKOFF_MIN : c->backoff * 2;
	c->backoff = MIN(c->backoff, conf_int("run.restart_max"));
	c->restart_at = clock_steady() + c->backoff;
	c->pid = 0;
	c->restarts++;
	log_kv(LOG_WARN, "process.died", LOG_S("name", c->process->name),
	    LOG_I("exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
	    LOG_I("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
	    LOG_I("restart_in_ms", c->backoff));
}

/* Collect the dead; true when there were any. */
static bool
supervisor_reap(struct supervisor *sv)
{
	bool	 any = false;
	int	 status;
	pid_t	 pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (size_t i = 0; i < sv->n; i++)
			if (sv->children[i].pid == pid) {
				child_died(&sv->children[i], status);
				any = true;
			}
	}
	return any;
}

/* Restart what is due; the time until the next is due, in ms, at most 1000. */
static int64_t
supervisor_restart_due(struct supervisor *sv, bool *changed)
{
	int64_t	 wait = 1000, now = clock_steady();

	for (size_t i = 0; i < sv->n; i++) {
		struct child	*c = &sv->children[i];

		if (c->pid > 0)
			continue;
		if (c->restart_at <= now) {
			child_start(sv, c);
			*changed = true;
		} else if (c->restart_at - now < wait) {
			wait = c->restart_at - now;
		}
	}
	return wait;
}

static void
supervisor_stop(struct supervisor *sv)
{
	for (size_t i = sv->n; i-- > 0;) {
		struct child	*c = &sv->children[i];
		int64_t		 until = clock_steady() + STOP_WAIT;

		if (c->pid <= 0)
			continue;
		kill(c->pid, SIGTERM);
		while (waitpid(c->pid, NULL, WNOHANG) == 0) {
			if (clock_steady() > until) {
				log_kv(LOG_WARN, "process.killed",
				    LOG_S("name", c->process->name));
				kill(c->pid, SIGKILL);
			}
			usleep(10 * 1000);
		}
		c->pid = 0;
		log_kv(LOG_INFO, "process.stopped", LOG_S("name", c->process->name));
	}
}

static void
supervisor_watch(struct supervisor *sv, const sigset_t *signals)
{
	for (;;) {
		bool		 changed = supervisor_reap(sv);
		int64_t		 wait = supervisor_restart_due(sv, &changed);
		struct timespec	 ts = {.tv_sec = wait / 1000,
			.tv_nsec = (wait % 1000) * 1000000};
		int		 sig;

		if (changed)
			supervisor_write_status(sv);
		sig = sigtimedwait(signals, NULL, &ts);
		if (sig == SIGTERM || sig == SIGINT)
			return;
	}
}

/*
 * The processes of a supervisor that was killed need a moment to end and to let go of their
 * sockets: so an address in use is tried again for a while.
 */
static int
supervisor_listen(const struct process *p, struct child *c, struct err *err)
{
	int64_t	 until = clock_steady() + LISTEN_WAIT;

	for (;;) {
		err_clear(err);
		if (listen_open(conf_str(p->listen), &c->listen_fd, err) == 0)
			return 0;
		if (err->kind != ERR_CONFLICT || clock_steady() > until)
			return -1;
		usleep(200 * 1000);
	}
}

/*
 * Stores of an older release, before the services that want the new form open them.  A
 * database that does not answer yet is no reason to stop: the services try it again.
 */
static void
supervisor_upgrade(void)
{
	static const struct {
		enum store_kind	 kind;
		const char	*setting;
	} stores[] = {{STORE_CA, "store.ca"}, {STORE_KMC, "store.kmc"}, {STORE_HALL, "store.hall"}};

	for (size_t i = 0; i < ARRAY_LEN(stores); i++) {
		struct err	 err = {0};

		if (store_upgrade(stores[i].kind, conf_str(stores[i].setting), &err) < 0)
			log_err("supervisor.upgrade", &err);
	}
}

static int
supervisor_prepare(struct supervisor *sv, struct err *err)
{
	char	 path[256];

	if (ceremony_is_done(err) < 0 || supervisor_lock(sv, err) < 0 ||
	    supervisor_read_passphrase(sv, err) < 0)
		return -1;
	supervisor_upgrade();
	ipc_make_tokens();
	for (const struct process *p = processes; p->name != NULL; p++) {
		struct child	*c;

		if (p->listen != NULL && conf_str(p->listen)[0] == '\0')
			continue;	/* not wanted here */
		c = &sv->children[sv->n++];
		*c = (struct child){.process = p, .listen_fd = -1};
		snprintf(path, sizeof(path), "%s/%s.sock", conf_path("run.dir"), p->name);
		unlink(path);
		if (p->listen != NULL && supervisor_listen(p, c, err) < 0)
			return err_add(err, "setting %s", p->listen);
	}
	return 0;
}

int
supervisor_run(struct err *err)
{
	struct supervisor	 sv = {.started = clock_now(), .lock_fd = -1,
		.pid = getpid()};
	sigset_t		 signals;
	int			 rc = -1;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (supervisor_prepare(&sv, err) < 0)
		goto out;
	supervisor_write_status(&sv);
	for (size_t i = 0; i < sv.n; i++) {
		child_start(&sv, &sv.children[i]);
		child_await(&sv.children[i]);
		supervisor_write_status(&sv);
	}
	log_kv(LOG_INFO, "supervisor.ready", LOG_S("web", conf_str("web.public_url")));
	supervisor_watch(&sv, &signals);
	supervisor_stop(&sv);
	supervisor_write_status(&sv);
	log_kv(LOG_INFO, "supervisor.stopped");
	rc = 0;
 out:
	secret_free(&sv.passphrase);
	return rc;
}

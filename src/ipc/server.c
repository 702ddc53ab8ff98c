#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "ipc/counters.h"
#include "ipc/frame.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/*
 * A thread a connection; at most CONNECTIONS_MAX of them; at most service.threads answer at
 * the same time.  Our own processes are the only callers, so connections are few and long.
 */
#define CONNECTIONS_MAX	128
#define GREETING_MS	5000
#define IDLE_MS		(INT64_C(24) * 3600 * 1000)
#define WRITE_MS	30000

struct ipc_counters	ipc_counters;

struct ipc_server {
	struct ipc_service	 service;
	char			*path;
	int			 fd, wake[2];
	atomic_int		 connections;
	pthread_mutex_t		 lock;
	pthread_cond_t		 free_slot;
	int			 answering;
	atomic_bool		 stop;
};

struct session {
	struct ipc_server	*server;
	int			 fd;
	enum ipc_role		 caller;
};

int
ipc_server_new(struct ipc_server **out, const struct ipc_service *service, struct err *err)
{
	struct sockaddr_un	 sun = {.sun_family = AF_UNIX};
	struct ipc_server	*s = xcalloc(1, sizeof(*s));

	s->service = *service;
	s->fd = s->wake[0] = s->wake[1] = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->free_slot, NULL);
	s->path = xasprintf("%s/%s.sock", conf_path("run.dir"), service->name);
	if (strlen(s->path) >= sizeof(sun.sun_path)) {
		err_set(err, ERR_INPUT, "%s is too long for a socket: set run.dir", s->path);
		goto fail;
	}
	if (file_mkdirs(conf_path("run.dir"), 0755, err) < 0)
		goto fail;
	memcpy(sun.sun_path, s->path, strlen(s->path));
	unlink(s->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || pipe2(s->wake, O_CLOEXEC) < 0 ||
	    bind(s->fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    chmod(s->path, 0666) < 0 ||		/* the greeting decides, not the mode */
	    listen(s->fd, 128) < 0) {
		err_errno(err, ERR_STORE, "cannot listen on %s", s->path);
		goto fail;
	}
	*out = s;
	return 0;
 fail:
	ipc_server_free(s);
	return -1;
}

void
ipc_server_free(struct ipc_server *s)
{
	if (s == NULL)
		return;
	if (s->fd >= 0) {
		close(s->fd);
		unlink(s->path);
	}
	if (s->wake[0] >= 0) {
		close(s->wake[0]);
		close(s->wake[1]);
	}
	pthread_cond_destroy(&s->free_slot);
	pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}

void
ipc_server_stop(struct ipc_server *s)
{
	atomic_store(&s->stop, true);
	if (write(s->wake[1], "x", 1) < 0)
		return;		/* the pipe is full: it wakes anyhow */
}

static int
session_reply(const struct session *se, const struct ipc_msg *m, struct err *err)
{
	return frame_write(se->fd, m, clock_steady() + WRITE_MS, err);
}

static int
session_reply_err(const struct session *se, const struct err *why, struct err *err)
{
	struct ipc_msg	 m;
	json_t		*e = json_object();
	int		 rc;

	ipc_msg_init(&m);
	js_set_str(e, "kind", err_row(why->kind)->name);
	/* A sentence cut inside a character is no text; the error must arrive all the same. */
	if (json_object_set_new(e, "text", json_string(why->text)) < 0)
		js_set_str(e, "text", err_row(why->kind)->user_text);
	json_object_set_new(m.json, "error", e);
	rc = session_reply(se, &m, err);
	ipc_msg_free(&m);
	return rc;
}

/* False when the server stops: what it answers from is about to go. */
static bool
slot_take(struct ipc_server *s)
{
	bool	 stop;

	pthread_mutex_lock(&s->lock);
	while (s->answering >= s->service.threads && !atomic_load(&s->stop))
		pthread_cond_wait(&s->free_slot, &s->lock);
	if (!(stop = atomic_load(&s->stop)))
		s->answering++;
	pthread_mutex_unlock(&s->lock);
	return !stop;
}

static void
slot_give(struct ipc_server *s)
{
	pthread_mutex_lock(&s->lock);
	s->answering--;
	pthread_cond_signal(&s->free_slot);
	pthread_mutex_unlock(&s->lock);
}

/* What on_refused writes to is about to go when the server stops, like an answer's. */
static void
session_refused(const struct session *se, const char *request)
{
	struct ipc_server	*s = se->server;

	atomic_fetch_add(&ipc_counters.refused, 1);
	if (s->service.on_refused == NULL || !slot_take(s))
		return;
	s->service.on_refused(se->caller, request, s->service.arg);
	slot_give(s);
}

static int
session_greet(struct session *se, struct err *err)
{
	struct ipc_msg	 m;
	struct err	 ignored = {0};
	int		 rc = -1;

	ipc_msg_init(&m);
	if (frame_read(se->fd, &m, FRAME_GREETING, clock_steady() + GREETING_MS, err) < 0)
		goto out;
	se->caller = ipc_role_by_name(js_str(m.json, "role"));
	if (js_int(m.json, "version", -1) != se->server->service.version)
		err_set(err, ERR_WRONG_STATE, "%s speaks version %d, the caller %d",
		    se->server->service.name, se->server->service.version,
		    (int)js_int(m.json, "version", -1));
	else if (se->caller == 0 || !identity_uid_fits(se->fd, se->caller) ||
	    !identity_is(se->caller, js_str(m.json, "token")))
		err_set(err, ERR_DENIED, "the caller is not who it says (%s)",
		    js_str(m.json, "role"));
	else
		rc = 0;
	ipc_msg_free(&m);
	ipc_msg_init(&m);
	if (rc == 0)
		rc = session_reply(se, &m, err);
	else if (session_reply_err(se, err, &ignored) < 0)
		rc = -1;
	if (rc < 0 && err->kind == ERR_DENIED)
		session_refused(se, "(greeting)");
 out:
	ipc_msg_free(&m);
	return rc;
}

static const struct ipc_request *
session_find(const struct session *se, const char *name, struct err *err)
{
	const struct ipc_service	*sv = &se->server->service;

	for (const struct ipc_request *r = sv->requests; r->name != NULL; r++) {
		if (strcmp(r->name, name) != 0)
			continue;
		if (r->who & se->caller)
			return r;
		break;
	}
	err_set(err, ERR_DENIED, "%s may not ask %s for \"%.60s\"", ipc_role_name(se->caller),
	    sv->name, name);
	log_err("ipc.refused", err);
	session_refused(se, name);
	return NULL;
}

/* One request; -1 when the connection is of no more use. */
static int
session_answer(struct session *se, struct err *err)
{
	const struct ipc_request	*r;
	struct ipc_msg			 in, out;
	struct err			 why = {0};
	int				 rc = -1;

	ipc_msg_init(&in);
	ipc_msg_init(&out);
	if (frame_read(se->fd, &in, LIMIT_FRAME, clock_steady() + IDLE_MS, err) < 0)
		goto out;
	log_request(js_str(in.json, "_req"));
	if ((r = session_find(se, js_str(in.json, "_ask"), &why)) == NULL) {
		rc = session_reply_err(se, &why, err);
		goto out;
	}
	if (!slot_take(se->server))
		goto out;		/* the caller finds the connection closed */
	rc = r->answer(&in, &out, se->caller, se->server->service.arg, &why);
	slot_give(se->server);
	atomic_fetch_add(&ipc_counters.requests, 1);
	if (rc < 0) {
		atomic_fetch_add(&ipc_counters.errors, 1);
		log_err("ipc.error", &why);
		rc = session_reply_err(se, &why, err);
	} else {
		rc = session_reply(se, &out, err);
	}
	log_request(NULL);
 out:
	ipc_msg_free(&in);
	ipc_msg_free(&out);
	return rc;
}

static void *
session_main(void *arg)
{
	struct session	*se = arg;
	struct err	 err = {0};

	if (session_greet(se, &err) == 0)
		while (!atomic_load(&se->server->stop) && session_answer(se, &err) == 0)
			continue;
	else
		log_err("ipc.greeting", &err);
	close(se->fd);
	atomic_fetch_sub(&se->server->connections, 1);
	atomic_fetch_sub(&ipc_counters.connections, 1);
	free(se);
	return NULL;
}

static void
server_accept(struct ipc_server *s)
{
	struct session	*se;
	pthread_t	 thread;
	int		 fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (!identity_is_ours(fd)) {
		/* Not journaled: any user of the machine could fill the journal. */
		log_kv(LOG_WARN, "ipc.stranger", LOG_S("service", s->service.name));
		close(fd);
		return;
	}
	if (atomic_load(&s->connections) >= CONNECTIONS_MAX) {
		close(fd);
		return;
	}
	atomic_fetch_add(&s->connections, 1);
	atomic_fetch_add(&ipc_counters.connections, 1);
	se = xcalloc(1, sizeof(*se));
	*se = (struct session){.server = s, .fd = fd};
	if (pthread_create(&thread, NULL, session_main, se) != 0) {
		close(fd);
		free(se);
		atomic_fetch_sub(&s->connections, 1);
		atomic_fetch_sub(&ipc_counters.connections, 1);
		return;
	}
	pthread_detach(thread);
}

void
ipc_server_run(struct ipc_server *s)
{
	while (!atomic_load(&s->stop)) {
		struct pollfd	 p[2] = {{.fd = s->fd, .events = POLLIN},
			{.fd = s->wake[0], .events = POLLIN}};

		if (poll(p, 2, -1) > 0 && p[0].revents != 0)
			server_accept(s);
	}
	/* answers being worked on are finished; idle connections die with the process */
	for (int i = 0; i < 500; i++) {
		pthread_mutex_lock(&s->lock);
		int	 busy = s->answering;
		pthread_mutex_unlock(&s->lock);
		if (busy == 0)
			break;
		usleep(10 * 1000);
	}
}

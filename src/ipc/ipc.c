#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "ipc/frame.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The asking side: each thread keeps one connection a service. */
#define SERVICES_MAX	8
#define GREETING_MS	5000

struct link {
	char	 service[16];
	int	 fd;
};

static enum ipc_role			 ipc_me = IPC_ADMIN;
static _Thread_local struct link	 ipc_links[SERVICES_MAX];
static pthread_key_t			 ipc_key;
static pthread_once_t			 ipc_once = PTHREAD_ONCE_INIT;

void
ipc_speak_as(enum ipc_role role)
{
	ipc_me = role;
}

/* When a thread ends its connections are closed. */
static void
links_close(void *p)
{
	struct link	*links = p;

	for (int i = 0; i < SERVICES_MAX; i++)
		if (links[i].service[0] != '\0' && links[i].fd >= 0)
			close(links[i].fd);
}

static void
links_init(void)
{
	if (pthread_key_create(&ipc_key, links_close) != 0)
		BUG("no thread key");
}

static struct link *
link_of(const char *service)
{
	pthread_once(&ipc_once, links_init);
	pthread_setspecific(ipc_key, ipc_links);
	for (int i = 0; i < SERVICES_MAX; i++) {
		struct link	*l = &ipc_links[i];

		if (l->service[0] == '\0') {
			snprintf(l->service, sizeof(l->service), "%s", service);
			l->fd = -1;
		}
		if (strcmp(l->service, service) == 0)
			return l;
	}
	BUG("more than %d services", SERVICES_MAX);
}

static int
reply_error(const json_t *j, struct err *err)
{
	const json_t	*e = json_object_get(j, "error");

	if (e == NULL)
		return 0;
	return err_set(err, err_kind_by_name(js_str(e, "kind")), "%s", js_str(e, "text"));
}

static int
link_greet(struct link *l, int version, struct err *err)
{
	struct ipc_msg	 m;
	int64_t		 deadline = clock_steady() + GREETING_MS;
	int		 rc = -1;

	ipc_msg_init(&m);
	js_set_int(m.json, "version", version);
	js_set_str(m.json, "role", ipc_role_name(ipc_me));
	js_set_str(m.json, "token", identity_token());
	if (frame_write(l->fd, &m, deadline, err) == 0 &&
	    frame_read(l->fd, &m, FRAME_GREETING, deadline, err) == 0)
		rc = reply_error(m.json, err);
	ipc_msg_free(&m);
	return rc;
}

static int
link_connect(struct link *l, int version, struct err *err)
{
	struct sockaddr_un	 sun = {.sun_family = AF_UNIX};

	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s.sock", conf_path("run.dir"),
	    l->service) >= (int)sizeof(sun.sun_path))
		return err_set(err, ERR_INPUT, "run.dir is too long for a socket");
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 || connect(l->fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		err_errno(err, ERR_BUSY, "%s does not answer", l->service);
	} else if (!identity_serves(l->fd, l->service)) {
		err_set(err, ERR_DENIED, "somebody else sits on the socket of %s", l->service);
	} else if (link_greet(l, version, err) == 0) {
		return 0;
	}
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	return -1;
}

static int
link_ask(struct link *l, const char *request, const struct ipc_msg *in, struct ipc_msg *out,
    int64_t deadline, struct err *err)
{
	struct ipc_msg	 m = {.json = json_copy(in->json), .blob = in->blob};
	int		 rc = -1;

	js_set_str(m.json, "_ask", request);
	js_set_str(m.json, "_req", log_request_id());
	if (frame_write(l->fd, &m, deadline, err) == 0 &&
	    frame_read(l->fd, out, LIMIT_FRAME, deadline, err) == 0)
		rc = 0;
	json_decref(m.json);
	if (rc < 0) {
		close(l->fd);
		l->fd = -1;
	}
	return rc;
}

int
ipc_ask(const char *service, int version, const char *request, const struct ipc_msg *in,
    struct ipc_msg *out, int64_t timeout_ms, struct err *err)
{
	struct link	*l = link_of(service);
	int64_t		 deadline = clock_steady() + timeout_ms;
	bool		 kept = l->fd >= 0;

	if (!kept && link_connect(l, version, err) < 0)
		return -1;
	if (link_ask(l, request, in, out, deadline, err) == 0)
		return reply_error(out->json, err);
	/* A kept connection may have died with the service since: once more, afresh. */
	if (!kept || clock_steady() >= deadline)
		return -1;
	err_clear(err);
	if (link_connect(l, version, err) < 0 ||
	    link_ask(l, request, in, out, deadline, err) < 0)
		return -1;
	return reply_error(out->json, err);
}

int
ipc_ask_json(const char *service, int version, const char *request, json_t *question,
    json_t **out, int64_t timeout_ms, struct err *err)
{
	struct ipc_msg	 in, answer;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	json_decref(in.json);
	in.json = question;
	rc = ipc_ask(service, version, request, &in, &answer, timeout_ms, err);
	if (rc == 0 && out != NULL)
		*out = json_incref(answer.json);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "http/connection.h"
#include "http/listen.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * The loop, the listening socket, the workers.  What happens on one connection is
 * connection.c; this file owns the list of connections and the queue of requests.
 */
#define SWEEP_MS	200		/* how often deadlines are looked at */
#define STOP_MS		10000		/* answers in flight are finished for so long */

const char *
http_header(const struct http_request *req, const char *name)
{
	for (size_t i = 0; i < req->n_headers; i++)
		if (strcmp(req->headers[i].name, name) == 0)
			return req->headers[i].value;
	return NULL;
}

bool
http_is_type(const struct http_request *req, const char *type)
{
	const char	*have = http_header(req, "content-type");
	size_t		 n = strlen(type);

	return have != NULL && strncasecmp(have, type, n) == 0 &&
	    (have[n] == '\0' || strchr("; \t", have[n]) != NULL);
}

void
http_respond_header(struct http_response *res, const char *name, const char *fmt, ...)
{
	char	 value[8192];
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(value))
		BUG("header %s is too long", name);
	for (const char *c = value; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			BUG("control byte in header %s", name);
	buf_addf(&res->head, "%s: %s\r\n", name, value);
}

/* ---- workers ---- */

static void *
worker_main(void *arg)
{
	struct http_server	*s = arg;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct http_job	*j = s->waiting;

		if (j == NULL && s->workers_stop)
			break;
		if (j == NULL) {
			pthread_cond_wait(&s->work, &s->lock);
			continue;
		}
		s->waiting = j->next;
		if (s->waiting == NULL)
			s->waiting_tail = &s->waiting;
		s->n_waiting--;
		pthread_mutex_unlock(&s->lock);
		log_request(j->req.id);
		s->config.handle(&j->req, &j->res, s->config.arg);
		log_request(NULL);
		pthread_mutex_lock(&s->lock);
		j->next = s->finished;
		s->finished = j;
		uv_async_send(&s->async);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int
http_server_enqueue(struct http_server *s, struct http_job *j)
{
	int	 rc = 0;

	pthread_mutex_lock(&s->lock);
	if (s->n_waiting >= s->config.queue) {
		rc = -1;
	} else {
		j->next = NULL;
		*s->waiting_tail = j;
		s->waiting_tail = &j->next;
		s->n_waiting++;
		pthread_cond_signal(&s->work);
	}
	pthread_mutex_unlock(&s->lock);
	return rc;
}

/* ---- the loop ---- */

static void
on_finished(uv_async_t *async)
{
	struct http_server	*s = async->data;
	struct http_job		*j, *next;

	pthread_mutex_lock(&s->lock);
	j = s->finished;
	s->finished = NULL;
	pthread_mutex_unlock(&s->lock);
	for (; j != NULL; j = next) {
		next = j->next;
		connection_answer(j);
	}
	if (atomic_load(&s->stop) && !s->stopping) {
		s->stopping = true;
		s->stop_until = clock_steady() + STOP_MS;
		uv_close((uv_handle_t *)&s->listener, NULL);
		s->listener_open = false;
	}
}

/* Deadlines of all connections; when stopping, idle ones go and at last all. */
static void
on_sweep(uv_timer_t *timer)
{
	struct http_server	*s = timer->data;
	int64_t			 now = clock_steady();
	struct connection	*c, *next;

	for (c = s->connections; c != NULL; c = next) {
		next = c->next;
		if (s->stopping && (connection_is_idle(c) || now > s->stop_until))
			connection_close(c);
		else
			connection_check_deadline(c, now);
	}
	if (s->stopping && s->connections == NULL) {
		uv_timer_stop(timer);
		uv_close((uv_handle_t *)timer, NULL);
		uv_close((uv_handle_t *)&s->async, NULL);
	}
}

static int
server_count_network(const struct http_server *s, const char *network)
{
	int	 n = 0;

	for (const struct connection *c = s->connections; c != NULL; c = c->next)
		n += strcmp(c->network, network) == 0;
	return n;
}

static void
on_connection(uv_stream_t *listener, int status)
{
	struct http_server	*s = listener->data;
	struct connection	*c;

	if (status < 0)
		return;
	c = connection_new(s);
	if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0) {
		connection_close(c);
		return;
	}
	atomic_fetch_add(&s->connections_total, 1);
	connection_name_peer(c);
	if (s->n_connections > s->config.max_connections ||
	    server_count_network(s, c->network) > s->config.max_per_address) {
		atomic_fetch_add(&s->refused, 1);
		connection_close(c);
		return;
	}
	connection_start(c);
}

/* ---- making ---- */

/* An inherited listening socket, or one of our own. */
static int
server_listen(struct http_server *s, struct err *err)
{
	int	 fd = s->config.listen_fd, rc;

	if (fd <= 0 && listen_open(s->config.listen, &fd, err) < 0)
		return -1;
	if ((rc = uv_tcp_open(&s->listener, fd)) < 0 ||
	    (rc = uv_listen((uv_stream_t *)&s->listener, 1024, on_connection)) < 0)
		return err_set(err, ERR_CONFLICT, "%s: %s", s->config.listen, uv_strerror(rc));
	return 0;
}

static void
config_defaults(struct http_config *c)
{
	c->threads = c->threads == 0 ? 4 : c->threads;
	c->queue = c->queue == 0 ? 1024 : c->queue;
	c->max_connections = c->max_connections == 0 ? 4096 : c->max_connections;
	c->max_per_address = c->max_per_address == 0 ? 256 : c->max_per_address;
	c->head_ms = c->head_ms == 0 ? 10000 : c->head_ms;
	c->idle_ms = c->idle_ms == 0 ? 30000 : c->idle_ms;
	c->body_ms = c->body_ms == 0 ? 20000 : c->body_ms;
}

int
http_server_new(struct http_server **out, const struct http_config *config, struct err *err)
{
	struct http_server	*s = xcalloc(1, sizeof(*s));

	s->config = *config;
	config_defaults(&s->config);
	s->waiting_tail = &s->waiting;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->work, NULL);
	uv_loop_init(&s->loop);
	uv_tcp_init(&s->loop, &s->listener);
	uv_async_init(&s->loop, &s->async, on_finished);
	uv_timer_init(&s->loop, &s->sweep);
	s->listener.data = s->async.data = s->sweep.data = s;
	s->listener_open = true;
	if (config->tls_cert != NULL &&
	    tls_context_new(&s->tls, config->tls_cert, config->tls_key,
	    config->ask_client, err) < 0)
		goto fail;
	if (server_listen(s, err) < 0)
		goto fail;
	*out = s;
	return 0;
 fail:
	http_server_free(s);
	return -1;
}

int
http_server_port(const struct http_server *s)
{
	struct sockaddr_storage	 ss;
	int			 len = sizeof(ss);

	if (uv_tcp_getsockname(&s->listener, (struct sockaddr *)&ss, &len) < 0)
		return -1;
	return ss.ss_family == AF_INET6 ?
	    ntohs(((struct sockaddr_in6 *)&ss)->sin6_port) :
	    ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

/* Jobs whose connections went while the server stopped. */
static void
server_drop_jobs(struct http_job *j)
{
	struct http_job	*next;

	for (; j != NULL; j = next) {
		next = j->next;
		connection_answer(j);
	}
}

void
http_server_run(struct http_server *s)
{
	pthread_t	*threads = xcalloc((size_t)s->config.threads, sizeof(*threads));

	for (int i = 0; i < s->config.threads; i++)
		if (pthread_create(&threads[i], NULL, worker_main, s) != 0)
			BUG("no worker thread");
	uv_timer_start(&s->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
	uv_run(&s->loop, UV_RUN_DEFAULT);
	s->ran = true;
	pthread_mutex_lock(&s->lock);
	s->workers_stop = true;
	pthread_cond_broadcast(&s->work);
	pthread_mutex_unlock(&s->lock);
	for (int i = 0; i < s->config.threads; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	server_drop_jobs(s->waiting);
	server_drop_jobs(s->finished);
}

void
http_server_stop(struct http_server *s)
{
	atomic_store(&s->stop, true);
	uv_async_send(&s->async);
}

void
http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	if (!s->ran) {
		if (s->listener_open)
			uv_close((uv_handle_t *)&s->listener, NULL);
		uv_close((uv_handle_t *)&s->async, NULL);
		uv_close((uv_handle_t *)&s->sweep, NULL);
		uv_run(&s->loop, UV_RUN_DEFAULT);
	}
	uv_loop_close(&s->loop);
	SSL_CTX_free(s->tls);
	pthread_cond_destroy(&s->work);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void
http_server_stats(const struct http_server *s, struct http_stats *out)
{
	struct http_server	*m = (struct http_server *)(uintptr_t)s;

	*out = (struct http_stats){
		.requests = atomic_load(&m->requests), .refused = atomic_load(&m->refused),
		.connections_open = (uint64_t)s->n_connections,
		.connections_total = atomic_load(&m->connections_total),
		.tls_ends = s->tls == NULL ? 0 : tls_certificate_ends(s->tls),
	};
	for (int i = 0; i < 6; i++)
		out->status[i] = atomic_load(&m->status[i]);
}

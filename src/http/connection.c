#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "http/connection.h"

#define BODY_RATE	8		/* bytes a millisecond, at least, after body_ms */
#define BODY_MAX	((size_t)1 << 40)
#define WRITE_MS	60000		/* to take an answer, and then by its size */
#define WRITE_RATE	16		/* bytes a millisecond, at least, after WRITE_MS */
#define LINGER_MS	2000		/* for a refused sender to hear why */

static void	connection_consume(struct connection *c);

/* ---- jobs ---- */

void
http_respond_clear(struct http_response *res)
{
	buf_clear(&res->body);
	if (res->release != NULL)
		res->release(res->release_arg);
	res->release = NULL;
	res->fixed = NULL;
	res->fixed_len = 0;
}

static void
job_free(struct http_job *j)
{
	if (j == NULL)
		return;
	http_respond_clear(&j->res);
	arena_free(j->req.arena);
	buf_free(&j->res.head);
	buf_free(&j->res.body);
	spool_free(&j->body);
	free(j->bytes);
	free(j);
}

static struct http_job *
job_new(struct connection *c, size_t head_len)
{
	struct http_job	*j = xcalloc(1, sizeof(*j));

	j->connection = c;
	j->bytes = xstrndup(c->in.p, head_len);
	j->began = clock_steady();
	j->body.fd = -1;
	j->req.arena = arena_new(LIMIT_ARENA);
	j->req.received = clock_now();
	j->req.tls = c->tls != NULL;
	snprintf(j->req.peer, sizeof(j->req.peer), "%s", c->peer);
	rand_token(j->req.id, 16);
	j->res.status = 200;
	buf_init(&j->res.head, LIMIT_HTTP_HEADER);
	buf_init(&j->res.body, LIMIT_FRAME);
	return j;
}

/* ---- writing ---- */

struct write {
	uv_write_t		 req;
	struct connection	*c;
	struct buf		 bytes;
	struct http_response	 rest;		/* fixed bytes that follow, with their release */
};

static void
write_free(struct write *w)
{
	http_respond_clear(&w->rest);
	buf_free(&w->bytes);
	free(w);
}

static void
on_shut_down(uv_shutdown_t *req, int status)
{
	(void)status;
	free(req);
}

/* Say that nothing more comes, and let the sender finish for a moment. */
static void
connection_linger(struct connection *c)
{
	uv_shutdown_t	*req = xcalloc(1, sizeof(*req));

	c->state = CONNECTION_LINGER;
	c->since = clock_steady();
	if (uv_shutdown(req, (uv_stream_t *)&c->tcp, on_shut_down) < 0) {
		free(req);
		connection_close(c);
	}
}

static void
on_written(uv_write_t *req, int status)
{
	struct write		*w = req->data;
	struct connection	*c = w->c;

	write_free(w);
	if (c->state != CONNECTION_WRITE)
		return;
	if (status == 0 && c->linger && !c->eof && !c->server->stopping) {
		connection_linger(c);
		return;
	}
	if (status < 0 || c->close_after || c->server->stopping) {
		connection_close(c);
		return;
	}
	c->state = CONNECTION_HEAD;
	c->since = clock_steady();
	connection_consume(c);
	if (c->eof && c->state == CONNECTION_HEAD)
		connection_close(c);
}

static void
on_flushed(uv_write_t *req, int status)
{
	struct write	*w = req->data;

	(void)status;
	write_free(w);
}

/* Hand bytes to the socket; the callback owns w. */
static void
connection_send(struct connection *c, struct write *w, uv_write_cb done)
{
	uv_buf_t	 b[2] = {uv_buf_init(w->bytes.p, (unsigned int)w->bytes.len),
		uv_buf_init((char *)(uintptr_t)w->rest.fixed, (unsigned int)w->rest.fixed_len)};

	w->c = c;
	w->req.data = w;
	if (uv_write(&w->req, (uv_stream_t *)&c->tcp, b, w->rest.fixed == NULL ? 1 : 2,
	    done) < 0) {
		write_free(w);
		connection_close(c);
	}
}

/* Handshake bytes and alerts. */
static void
connection_flush_tls(struct connection *c)
{
	struct write	*w = xcalloc(1, sizeof(*w));

	buf_init(&w->bytes, LIMIT_FRAME);
	tls_drain(c->tls, &w->bytes);
	if (w->bytes.len > 0) {
		connection_send(c, w, on_flushed);
		return;
	}
	write_free(w);
}

static const char *
reason_of(int status)
{
	static const struct { int status; const char *text; } rows[] = {
		{200, "OK"}, {201, "Created"}, {204, "No Content"}, {206, "Partial Content"},
		{301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"},
		{304, "Not Modified"}, {400, "Bad Request"}, {401, "Unauthorized"},
		{403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
		{408, "Request Timeout"}, {409, "Conflict"}, {410, "Gone"},
		{412, "Precondition Failed"}, {413, "Content Too Large"}, {414, "URI Too Long"},
		{415, "Unsupported Media Type"}, {416, "Range Not Satisfiable"},
		{422, "Unprocessable Content"},
		{429, "Too Many Requests"}, {431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"},
		{503, "Service Unavailable"}, {505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "Status";
}

/* Date: IMF-fixdate of RFC 9110 5.6.7, without the locale. */
static void
add_date(struct buf *b)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t		 now = (time_t)(clock_now() / 1000);
	struct tm	 tm;

	gmtime_r(&now, &tm);
	buf_addf(b, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", days[tm.tm_wday],
	    tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Bytes that somebody else keeps are handed on instead of copied. */
static bool
write_takes_fixed(const struct connection *c, const char *method, struct http_response *res,
    struct write *w)
{
	if (c->tls != NULL || res->release == NULL || strcmp(method, "HEAD") == 0)
		return false;
	w->rest.fixed = res->fixed;
	w->rest.fixed_len = res->fixed_len;
	w->rest.release = res->release;
	w->rest.release_arg = res->release_arg;
	res->release = NULL;
	return true;
}

/* Head and body into one buffer, one write. */
static void
write_answer(struct connection *c, const char *method, struct http_response *res,
    const char *id)
{
	struct write	*w = xcalloc(1, sizeof(*w));
	const void	*body = res->fixed != NULL ? res->fixed : res->body.p;
	size_t		 len = res->fixed != NULL ? res->fixed_len : res->body.len;
	struct buf	 plain;

	atomic_fetch_add(&c->server->requests, 1);
	atomic_fetch_add(&c->server->status[res->status / 100 % 6], 1);
	c->close_after |= res->close;
	buf_init(&plain, (size_t)LIMIT_FRAME + LIMIT_HTTP_HEADER);
	buf_addf(&plain, "HTTP/1.1 %d %s\r\n", res->status, reason_of(res->status));
	add_date(&plain);
	if (id[0] != '\0')
		buf_addf(&plain, "X-Request-Id: %s\r\n", id);
	if (c->close_after)
		buf_addstr(&plain, "Connection: close\r\n");
	if (res->head.p != NULL)
		buf_add(&plain, res->head.p, res->head.len);
	if (res->status == 204 || res->status == 304)
		len = 0;
	else
		buf_addf(&plain, "Content-Length: %zu\r\n", len);
	buf_addstr(&plain, "\r\n");
	if (strcmp(method, "HEAD") != 0 && len > 0 && !write_takes_fixed(c, method, res, w))
		buf_add(&plain, body, len);
	c->close_after |= plain.over;		/* too large to be copied: cut short, and said so */
	c->state = CONNECTION_WRITE;
	c->since = clock_steady();
	if (c->tls != NULL) {
		buf_init(&w->bytes, (size_t)LIMIT_FRAME * 2);
		if (tls_write(c->tls, plain.p, plain.len) < 0)
			c->close_after = true;
		if (c->close_after)
			tls_close(c->tls);
		tls_drain(c->tls, &w->bytes);
		buf_free(&plain);
	} else {
		w->bytes = plain;
	}
	c->writing = w->bytes.len + w->rest.fixed_len;
	connection_send(c, w, on_written);
}

static void
log_answer(const struct http_job *j)
{
	log_kv(LOG_INFO, "http.request", LOG_S("method", j->req.method),
	    LOG_S("path", j->res.logged != NULL ? j->res.logged : j->req.path), LOG_I("status", j->res.status),
	    LOG_I("ms", clock_steady() - j->began),
	    LOG_I("bytes", (int64_t)(j->res.fixed != NULL ? j->res.fixed_len :
	    j->res.body.len)), LOG_S("peer", j->req.peer));
}

void
connection_answer(struct http_job *j)
{
	struct connection	*c = j->connection;

	if (c != NULL) {
		c->job = NULL;
		log_request(j->req.id);
		if (j->res.body.over) {
			j->res.status = 500;
			buf_clear(&j->res.body);
		}
		log_answer(j);
		write_answer(c, j->req.method, &j->res, j->req.id);
		log_request(NULL);
	}
	job_free(j);
}

/* A request that never reached a handler: short text, closed connection. */
static void
connection_refuse(struct connection *c, int status)
{
	struct http_response	 res = {.status = status, .close = true};
	const struct http_config *config = &c->server->config;
	const char		*words = config->refusal == NULL ? NULL : config->refusal(status);

	atomic_fetch_add(&c->server->refused, 1);
	buf_init(&res.head, 256);
	buf_init(&res.body, 256);
	http_respond_header(&res, "Content-Type", "text/plain; charset=utf-8");
	buf_addf(&res.body, "%d %s\n", status, words == NULL ? reason_of(status) : words);
	if (c->job != NULL) {
		job_free(c->job);
		c->job = NULL;
	}
	log_kv(LOG_INFO, "http.refused", LOG_I("status", status), LOG_S("peer", c->peer));
	c->linger = true;
	write_answer(c, "GET", &res, "");
	buf_free(&res.head);
	buf_free(&res.body);
}

/* ---- requests ---- */

static void
connection_dispatch(struct connection *c)
{
	struct http_server	*s = c->server;
	struct http_job		*j = c->job;

	j->req.body = spool_finish(&j->body);
	j->req.body_len = j->body.len;
	if (j->req.body == NULL) {
		connection_refuse(c, 503);
		return;
	}
	c->state = CONNECTION_HANDLE;
	c->close_after = j->head.close;
	if (s->config.fast != NULL && s->config.fast(&j->req, &j->res, s->config.arg)) {
		connection_answer(j);
		return;
	}
	if (s->config.handle == NULL || http_server_enqueue(s, j) < 0)
		connection_refuse(c, 503);
}

static void
body_bytes(void *arg, const char *p, size_t len)
{
	spool_add(&((struct connection *)arg)->job->body, p, len);
}

/* Move what has arrived of the body; true when it is whole. */
static bool
connection_read_body(struct connection *c)
{
	struct http_job	*j = c->job;
	ssize_t		 used;
	bool		 done = false;

	if (j->head.chunked) {
		used = http_chunk_feed(&c->chunk, c->in.p, c->in.len, &done, body_bytes, c);
		if (used < 0) {
			connection_refuse(c, 400);
			return false;
		}
	} else {
		size_t	 want = (size_t)j->head.length - j->body.len;

		used = (ssize_t)(c->in.len < want ? c->in.len : want);
		spool_add(&j->body, c->in.p, (size_t)used);
		done = j->body.len == j->head.length;
	}
	buf_drop(&c->in, (size_t)used);
	if (j->body.over) {
		connection_refuse(c, 413);
		return false;
	}
	return done;
}

static void
connection_continue(struct connection *c)
{
	static const char	 text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct write		*w = xcalloc(1, sizeof(*w));

	buf_init(&w->bytes, 4096);
	if (c->tls != NULL) {
		if (tls_write(c->tls, text, sizeof(text) - 1) == 0)
			tls_drain(c->tls, &w->bytes);
	} else {
		buf_add(&w->bytes, text, sizeof(text) - 1);
	}
	connection_send(c, w, on_flushed);
}

/* Who shows a certificate, and what names the connection; kept with the request. */
static void
connection_name_client(const struct connection *c, struct http_request *req)
{
	struct buf	 der;

	buf_init(&der, LIMIT_CERT);
	tls_peer(c->tls, &der);
	if (!der.over && der.len > 0) {
		req->client = memcpy(arena_alloc(req->arena, der.len), der.p, der.len);
		req->client_len = der.len;
	}
	req->channel_len = tls_channel(c->tls, req->channel, sizeof(req->channel));
	buf_free(&der);
}

/* A head is there: set the request up and see how its body comes. */
static void
connection_begin(struct connection *c, int head_len)
{
	struct http_server	*s = c->server;
	struct http_job		*j = c->job;
	size_t			 max;

	buf_drop(&c->in, (size_t)head_len);
	j->req.method = j->head.method;
	j->req.target = j->head.target;
	j->req.headers = j->head.headers;
	j->req.n_headers = j->head.n_headers;
	j->req.path = http_path_decode(j->req.arena, j->req.target, s->config.slashes,
	    &j->req.query);
	if (j->req.path == NULL) {
		connection_refuse(c, 400);
		return;
	}
	if (s->config.ask_client && c->tls != NULL)
		connection_name_client(c, &j->req);
	max = s->config.body_max == NULL ? LIMIT_HTTP_BODY :
	    s->config.body_max(&j->req, s->config.arg);
	if (j->head.has_length && j->head.length > max) {
		connection_refuse(c, 413);
		return;
	}
	spool_init(&j->body, max);
	c->chunk = (struct http_chunk){0};
	c->state = CONNECTION_BODY;
	c->since = clock_steady();
	if (j->head.expect_continue && c->in.len == 0)
		connection_continue(c);
}

/* Take as much as can be taken of what has arrived. */
static void
connection_consume(struct connection *c)
{
	if (c->state == CONNECTION_HEAD && c->in.len > 0) {
		struct http_job	*j = job_new(c, c->in.len < LIMIT_HTTP_HEADER + 1 ? c->in.len :
		    LIMIT_HTTP_HEADER + 1);
		int		 n = http_head_parse(j->bytes,
		    c->in.len < LIMIT_HTTP_HEADER + 1 ? c->in.len : LIMIT_HTTP_HEADER + 1,
		    &j->head);

		if (n <= 0) {
			job_free(j);
			if (n < 0)
				connection_refuse(c, -n);
			return;
		}
		c->job = j;
		connection_begin(c, n);
	}
	if (c->state == CONNECTION_BODY &&
	    ((!c->job->head.chunked && c->job->head.length == 0) || connection_read_body(c)))
		connection_dispatch(c);
}

/* ---- reading ---- */

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *b)
{
	struct connection	*c = handle->data;

	(void)suggested;
	*b = uv_buf_init(c->net, sizeof(c->net));
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *b)
{
	struct connection	*c = stream->data;
	bool			 fresh = c->state == CONNECTION_HEAD && c->in.len == 0;

	if (n == 0 || c->state == CONNECTION_CLOSING ||
	    (n > 0 && (c->state == CONNECTION_LINGER || c->linger)))
		return;
	if (n == UV_EOF && (c->state == CONNECTION_HANDLE || c->state == CONNECTION_WRITE)) {
		c->eof = true;		/* half-closed: the answer is still wanted */
		return;
	}
	if (n < 0) {
		connection_close(c);
		return;
	}
	if (c->tls != NULL) {
		int	 rc = tls_feed(c->tls, b->base, (size_t)n, &c->in);

		connection_flush_tls(c);
		if (c->state == CONNECTION_CLOSING)
			return;
		if (rc < 0) {
			connection_close(c);
			return;
		}
	} else {
		buf_add(&c->in, b->base, (size_t)n);
	}
	/* The head's own deadline begins; bytes of a handshake put nothing off. */
	if (fresh && c->in.len > 0)
		c->since = clock_steady();
	if (c->in.over)		/* a pipeline larger than we hold */
		connection_close(c);
	else if (c->state == CONNECTION_HEAD || c->state == CONNECTION_BODY)
		connection_consume(c);
}

/* ---- life ---- */

struct connection *
connection_new(struct http_server *s)
{
	struct connection	*c = xcalloc(1, sizeof(*c));

	c->server = s;
	uv_tcp_init(&s->loop, &c->tcp);
	uv_tcp_nodelay(&c->tcp, 1);
	c->tcp.data = c;
	buf_init(&c->in, 2 * LIMIT_HTTP_HEADER + 3 * sizeof(c->net));
	c->since = clock_steady();
	c->next = s->connections;
	if (c->next != NULL)
		c->next->prev = c;
	s->connections = c;
	s->n_connections++;
	return c;
}

void
connection_name_peer(struct connection *c)
{
	struct sockaddr_storage	 ss;
	int			 len = sizeof(ss);

	if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&ss, &len) < 0)
		return;
	if (ss.ss_family == AF_INET6)
		uv_ip6_name((struct sockaddr_in6 *)&ss, c->peer, sizeof(c->peer));
	else
		uv_ip4_name((struct sockaddr_in *)&ss, c->peer, sizeof(c->peer));
	(void)network_of(c->peer, c->network);
}

void
connection_start(struct connection *c)
{
	uv_tcp_nodelay(&c->tcp, 1);
	if (c->server->tls != NULL)
		c->tls = tls_new(c->server->tls);
	if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) < 0)
		connection_close(c);
}

static void
on_closed(uv_handle_t *handle)
{
	struct connection	*c = handle->data;
	struct http_server	*s = c->server;

	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		s->connections = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	s->n_connections--;
	tls_free(c->tls);
	buf_free(&c->in);
	free(c);
}

void
connection_close(struct connection *c)
{
	if (c->state == CONNECTION_CLOSING)
		return;
	if (c->job != NULL && c->state == CONNECTION_HANDLE)
		c->job->connection = NULL;	/* the worker still has it */
	else
		job_free(c->job);
	c->job = NULL;
	c->state = CONNECTION_CLOSING;
	uv_close((uv_handle_t *)&c->tcp, on_closed);
}

bool
connection_is_idle(const struct connection *c)
{
	return c->state == CONNECTION_HEAD && c->in.len == 0;
}

void
connection_check_deadline(struct connection *c, int64_t now)
{
	const struct http_config	*g = &c->server->config;
	int64_t				 age = now - c->since;

	switch (c->state) {
	case CONNECTION_HEAD:
		if (c->in.len == 0 ? age > g->idle_ms : age > g->head_ms)
			c->in.len == 0 ? connection_close(c) : connection_refuse(c, 408);
		break;
	case CONNECTION_BODY:
		if (age > g->body_ms &&
		    (age - g->body_ms) * BODY_RATE > (int64_t)c->job->body.len)
			connection_refuse(c, 408);
		break;
	case CONNECTION_WRITE:
		if (age > WRITE_MS && (age - WRITE_MS) * WRITE_RATE > (int64_t)c->writing)
			connection_close(c);
		break;
	case CONNECTION_LINGER:
		if (age > LINGER_MS)
			connection_close(c);
		break;
	case CONNECTION_HANDLE:
	case CONNECTION_CLOSING:
		break;
	}
}

#include "unit.h"
#include "base/log.h"
#include "http/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

/*
 * A real server on a free port, spoken to through sockets: what it answers to good, hostile
 * and slow clients (the shapes of request smuggling among them).
 */
static struct http_server	*server;
static pthread_t		 server_thread;

static size_t
allow_body(const struct http_request *req, void *arg)
{
	(void)arg;
	return strcmp(req->path, "/upload") == 0 ? 4 * 1024 * 1024 : 1000;
}

static void
handle(struct http_request *req, struct http_response *res, void *arg)
{
	(void)arg;
	http_respond_header(res, "Content-Type", "text/plain");
	if (strcmp(req->path, "/upload") == 0) {
		unsigned int	 sum = 0;

		for (size_t i = 0; i < req->body_len; i++)
			sum = sum * 31 + (unsigned char)req->body[i];
		buf_addf(&res->body, "%zu %u", req->body_len, sum);
		return;
	}
	buf_addf(&res->body, "%s|%s|%s|%.*s", req->method, req->path, req->query,
	    (int)req->body_len, req->body);
}

static bool
fast(struct http_request *req, struct http_response *res, void *arg)
{
	(void)arg;
	if (strcmp(req->path, "/fast") != 0)
		return false;
	res->fixed = "quick";
	res->fixed_len = 5;
	return true;
}

static void *
serve(void *arg)
{
	http_server_run(arg);
	return NULL;
}

int	group_setup(void **state);
int	group_teardown(void **state);

int
group_setup(void **state)
{
	const struct http_config	 config = {.listen = "127.0.0.1:0", .threads = 2,
		.max_per_address = 40, .head_ms = 600, .idle_ms = 3000, .body_ms = 600,
		.body_max = allow_body, .handle = handle, .fast = fast};
	struct err			 err = {0};

	(void)state;
	log_to(open("/dev/null", O_WRONLY));
	if (http_server_new(&server, &config, &err) < 0)
		return -1;
	return pthread_create(&server_thread, NULL, serve, server);
}

int
group_teardown(void **state)
{
	(void)state;
	http_server_stop(server);
	pthread_join(server_thread, NULL);
	http_server_free(server);
	return 0;
}

static int
dial(void)
{
	struct sockaddr_in	 sin = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)http_server_port(server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval		 tv = {.tv_sec = 10};
	int			 fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

static void
say(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t	 n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		p += n;
		len -= (size_t)n;
	}
}

/* Everything until the server closes or `until` bytes of silence time out. */
static void
hear(int fd, struct buf *b)
{
	char	 chunk[8192];
	ssize_t	 n;

	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		buf_add(b, chunk, (size_t)n);
}

/* Send the bytes, half-close, return the whole answer. */
static void
exchange(const char *p, size_t len, struct buf *answer)
{
	int	 fd = dial();

	buf_init(answer, 1 << 20);
	say(fd, p, len);
	shutdown(fd, SHUT_WR);
	hear(fd, answer);
	close(fd);
}

static int
status_of(const struct buf *b)
{
	int	 status = 0;

	if (sscanf(b->p, "HTTP/1.1 %d", &status) != 1)
		return 0;
	return status;
}

#define GET(path, more)	"GET " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" more "\r\n"
#define POST(more)	"POST /p HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" more

void
test_server__answers_plain_requests(void **state)
{
	struct buf	 b;

	(void)state;
	exchange(GET("/a%20b?q=1%202", ""), strlen(GET("/a%20b?q=1%202", "")), &b);
	assert_int_equal(status_of(&b), 200);
	assert_non_null(strstr(b.p, "\r\n\r\nGET|/a b|q=1%202|"));
	assert_non_null(strstr(b.p, "X-Request-Id: "));
	buf_free(&b);
	exchange("HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 49, &b);
	assert_int_equal(status_of(&b), 200);
	assert_non_null(strstr(b.p, "Content-Length: 9"));
	assert_string_equal(strstr(b.p, "\r\n\r\n"), "\r\n\r\n");
	buf_free(&b);
	exchange(GET("/fast", ""), strlen(GET("/fast", "")), &b);
	assert_non_null(strstr(b.p, "\r\n\r\nquick"));
	buf_free(&b);
}

void
test_server__pipelined_requests_are_answered_in_order(void **state)
{
	static const char	 two[] = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
		"POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
		"GET /fast HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
	struct buf		 b;
	const char		*one;

	(void)state;
	exchange(two, sizeof(two) - 1, &b);
	assert_non_null(one = strstr(b.p, "GET|/1||"));
	assert_non_null(one = strstr(one, "POST|/2||abc"));
	assert_non_null(strstr(one, "quick"));
	buf_free(&b);
}

void
test_server__chunked_bodies_are_joined(void **state)
{
	static const char	 req[] = POST("Transfer-Encoding: chunked\r\n\r\n")
		"3\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
	struct buf		 b;

	(void)state;
	exchange(req, sizeof(req) - 1, &b);
	assert_non_null(strstr(b.p, "POST|/p||abc0123456789"));
	buf_free(&b);
}

/* The shapes by which two parsers are made to disagree, and other rubbish. */
void
test_server__hostile_shapes_are_refused(void **state)
{
	static const struct { const char *what, *p; size_t len; int status; } rows[] = {
#define ROW(what, s, status)	{what, s, sizeof(s) - 1, status}
		ROW("two lengths", POST("Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"), 400),
		ROW("same length twice", POST("Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"), 400),
		ROW("length and chunked", POST("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400),
		ROW("chunked twice", POST("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400),
		ROW("other coding", POST("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501),
		ROW("plus length", POST("Content-Length: +5\r\n\r\nabcde"), 400),
		ROW("hex length", POST("Content-Length: 0x5\r\n\r\nabcde"), 400),
		ROW("negative length", POST("Content-Length: -1\r\n\r\n"), 400),
		ROW("list length", POST("Content-Length: 5, 5\r\n\r\nabcde"), 400),
		ROW("blank before colon", POST("Content-Length : 5\r\n\r\nabcde"), 400),
		ROW("bare LF", "GET / HTTP/1.1\nHost: x\n\n", 400),
		ROW("bare LF in header", "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400),
		ROW("bare CR", "GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", 400),
		ROW("NUL in value", "GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 400),
		ROW("control in value", "GET / HTTP/1.1\r\nHost: x\r\nX: a\1b\r\n\r\n", 400),
		ROW("obs-fold", "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n", 400),
		ROW("no host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", 400),
		ROW("two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
		ROW("no colon", "GET / HTTP/1.1\r\nHost: x\r\nrubbish\r\n\r\n", 400),
		ROW("two blanks", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		ROW("version 2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
		ROW("version 1.10", "GET / HTTP/1.10\r\nHost: x\r\n\r\n", 505),
		ROW("no slash", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		ROW("path NUL", "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		ROW("path up", "GET /a/../b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		ROW("path up encoded", "GET /a/%2e%2e/b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		ROW("path bad UTF-8", "GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
		ROW("chunk size rubbish", POST("Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), 400),
		ROW("chunk extension", POST("Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n"), 400),
		ROW("chunk too long", POST("Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n"), 400),
		ROW("chunk without CRLF", POST("Transfer-Encoding: chunked\r\n\r\n3\r\nabcX"), 400),
		ROW("body too large", POST("Content-Length: 1001\r\n\r\n"), 413),
		ROW("TLS to a plain port", "\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00\n", 400),
#undef ROW
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf	 b;

		exchange(rows[i].p, rows[i].len, &b);
		if (status_of(&b) != rows[i].status)
			fail_msg("%s: %d, wanted %d", rows[i].what, status_of(&b),
			    rows[i].status);
		if (strstr(b.p, "Connection: close") == NULL)
			fail_msg("%s: connection stays open", rows[i].what);
		if (strstr(b.p + 10, "HTTP/1.1") != NULL)
			fail_msg("%s: two answers", rows[i].what);
		buf_free(&b);
	}
}

void
test_server__heads_are_bounded(void **state)
{
	struct buf	 req, b;

	(void)state;
	buf_init(&req, 1 << 20);
	buf_addstr(&req, "GET / HTTP/1.1\r\nHost: x\r\n");
	for (int i = 0; i < 70; i++)
		buf_addf(&req, "X-%d: y\r\n", i);
	buf_addstr(&req, "\r\n");
	exchange(req.p, req.len, &b);
	assert_int_equal(status_of(&b), 431);
	buf_free(&b);
	buf_clear(&req);
	buf_addstr(&req, "GET /");
	for (int i = 0; i < 3000; i++)
		buf_addstr(&req, "0123456789");
	exchange(req.p, req.len, &b);
	assert_int_equal(status_of(&b), 414);
	buf_free(&b);
	buf_free(&req);
}

void
test_server__large_bodies_are_spooled(void **state)
{
	const size_t	 n = 3 * 1024 * 1024;
	unsigned int	 sum = 0;
	struct buf	 req, b;
	char		 want[64];

	(void)state;
	buf_init(&req, n + 1000);
	buf_addf(&req, "POST /upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
	    "Content-Length: %zu\r\n\r\n", n);
	for (size_t i = 0; i < n; i++) {
		char	 c = (char)(i * 131 >> 3);

		buf_add(&req, &c, 1);
		sum = sum * 31 + (unsigned char)c;
	}
	snprintf(want, sizeof(want), "\r\n\r\n%zu %u", n, sum);
	exchange(req.p, req.len, &b);
	assert_int_equal(status_of(&b), 200);
	assert_non_null(strstr(b.p, want));
	buf_free(&b);
	buf_free(&req);
}

/* A refused sender of much hears the refusal: no reset swallows it. */
void
test_server__a_refused_upload_hears_why(void **state)
{
	struct buf	 req, b;

	(void)state;
	buf_init(&req, 1 << 23);
	buf_addstr(&req, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 6000000\r\n\r\n");
	for (int i = 0; i < 600000; i++)
		buf_addstr(&req, "0123456789");
	exchange(req.p, req.len, &b);
	assert_int_equal(status_of(&b), 413);
	buf_free(&b);
	buf_free(&req);
}

/* One byte now and then must not keep a connection for ever. */
void
test_server__slow_heads_end(void **state)
{
	static const char	 head[] = "GET / HTTP/1.1\r\nHost: x\r\nX: yyyyyyyyyyyyyyyyyyyyyy";
	int			 fd = dial(), sent = 0;
	struct buf		 b;

	(void)state;
	buf_init(&b, 10000);
	for (; sent < (int)sizeof(head) - 1; sent++) {
		if (send(fd, head + sent, 1, MSG_NOSIGNAL) != 1)
			break;
		usleep(60 * 1000);
	}
	hear(fd, &b);
	assert_int_equal(status_of(&b), 408);
	buf_free(&b);
	close(fd);
}

void
test_server__slow_bodies_end(void **state)
{
	int		 fd = dial();
	struct buf	 b;

	(void)state;
	buf_init(&b, 10000);
	say(fd, POST("Content-Length: 900\r\n\r\nabc"), strlen(POST("Content-Length: 900\r\n\r\nabc")));
	hear(fd, &b);
	assert_int_equal(status_of(&b), 408);
	buf_free(&b);
	close(fd);
}

void
test_server__connections_per_address_are_capped(void **state)
{
	int		 fds[60], refused = 0;
	char		 c;

	(void)state;
	for (int i = 0; i < 60; i++)
		fds[i] = dial();
	for (int i = 0; i < 60; i++) {
		struct timeval	 tv = {.tv_usec = 50000};

		setsockopt(fds[i], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
		refused += recv(fds[i], &c, 1, 0) >= 0 || errno == ECONNRESET;
	}
	assert_true(refused >= 20);
	for (int i = 0; i < 60; i++)
		close(fds[i]);
	usleep(300 * 1000);
}

#include "unit.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "token/assistant.h"
#include "token/softkey.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

/* The assistant's HTTP face over sockets: who may ask what, and what a hostile page gets. */
#define HALL	"https://ca.example"

static char			 assistant_dir[] = "/tmp/yinxin-assistant-XXXXXX";
static struct assistant		 assistant = {.origins = {HALL}, .n_origins = 1,
	.n_drivers = 1, .state_dir = assistant_dir};
static struct http_server	*assistant_server;

static void *
assistant_run(void *arg)
{
	http_server_run(arg);
	return NULL;
}

static void
assistant_start(void)
{
	struct err	 err = {0};
	pthread_t	 thread;
	char		*key;

	if (assistant_server != NULL)
		return;
	assert_non_null(mkdtemp(assistant_dir));
	log_to(open("/dev/null", O_WRONLY));
	assistant.drivers[0] = getenv("YINXIN_SKF") == NULL ? "build/libyinxin_skf.so" :
	    getenv("YINXIN_SKF");
	key = xasprintf("%s/a.key", assistant_dir);
	assert_ok(softkey_format(key, "测试", "YX0009", "135790", "87654321", 9, &err));
	setenv("YINXIN_SOFTKEY", key, 1);
	free(key);
	assert_ok(assistant_listen(&assistant, 500, &assistant_server, &err));
	assert_int_equal(pthread_create(&thread, NULL, assistant_run, assistant_server), 0);
	pthread_detach(thread);
}

static int
assistant_dial(void)
{
	struct sockaddr_in	 sin = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)assistant.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval		 tv = {.tv_sec = 20};
	int			 fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

/* Until the server closes. */
static void
assistant_hear(int fd, struct buf *answer)
{
	char	 chunk[4096];
	ssize_t	 n;

	while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		buf_add(answer, chunk, (size_t)n);
	if (answer->p == NULL)
		buf_addch(answer, '\0');
	close(fd);
}

/* One request; the whole answer into `answer`, its status given. `head`: more header lines. */
static int
request(const char *method, const char *path, const char *host, const char *origin,
    const char *head, const char *body, struct buf *answer)
{
	char	*text;
	int	 fd, status = 0;

	assistant_start();
	text = xasprintf("%s %s HTTP/1.1\r\nHost: %s:%d\r\n%s%s%s%sContent-Length: %zu\r\n"
	    "Connection: close\r\n\r\n%s", method, path, host, assistant.port,
	    origin == NULL ? "" : "Origin: ", origin == NULL ? "" : origin,
	    origin == NULL ? "" : "\r\n", head, strlen(body), body);
	fd = assistant_dial();
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
	free(text);
	buf_clear(answer);
	assistant_hear(fd, answer);
	sscanf(answer->p, "HTTP/1.1 %d", &status);
	return status;
}

#define JSON	"Content-Type: application/json\r\n"

static bool
has(const struct buf *answer, const char *text)
{
	return strstr(answer->p, text) != NULL;
}

static int
ask(const char *method, const char *path, const char *origin, const char *body,
    struct buf *answer)
{
	return request(method, path, "127.0.0.1", origin, JSON, body, answer);
}

static char *
own_origin(void)
{
	assistant_start();
	return xasprintf("http://127.0.0.1:%d", assistant.port);
}

void
test_assistant__a_foreign_host_name_is_refused(void **state)
{
	struct buf	 b;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(request("GET", "/keys", "evil.example", NULL, "", "", &b), 403);
	assert_false(has(&b, "YX0009"));
	assert_int_equal(request("GET", "/keys", "localhost", NULL, "", "", &b), 200);
	assert_true(has(&b, "YX0009"));
	buf_free(&b);
}

void
test_assistant__cors_is_for_allowed_origins(void **state)
{
	static const char *const	bad[] = {"null", "https://evil.example",
		"http://ca.example", HALL ".evil.example", HALL "/", "file://"};
	struct buf			 b;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(ask("GET", "/keys", HALL, "", &b), 200);
	assert_true(has(&b, "Access-Control-Allow-Origin: " HALL "\r\n"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(ask("GET", "/keys", bad[i], "", &b), 403);
		assert_false(has(&b, "Access-Control"));
		assert_false(has(&b, "YX0009"));
		assert_int_equal(ask("POST", "/pin/verify", bad[i], "{\"pin\":\"135790\"}", &b),
		    403);
	}
	assert_int_equal(ask("POST", "/pair", "null", "{}", &b), 403);
	assert_false(has(&b, "Access-Control"));
	assert_int_equal(ask("POST", "/pair", "http://ca.example", "{}", &b), 403);
	/* a page that was not asked for by us, without Origin */
	assert_int_equal(request("GET", "/keys", "127.0.0.1", NULL,
	    "Sec-Fetch-Site: cross-site\r\n", "", &b), 403);
	assert_int_equal(ask("POST", "/pin/verify", NULL, "{\"pin\":\"135790\"}", &b), 403);
	buf_free(&b);
}

void
test_assistant__preflight(void **state)
{
	const char	*ask_post = "Access-Control-Request-Method: POST\r\n"
	    "Access-Control-Request-Private-Network: true\r\n";
	struct buf	 b;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(request("OPTIONS", "/sign", "127.0.0.1", HALL, ask_post, "", &b), 204);
	assert_true(has(&b, "Access-Control-Allow-Private-Network: true\r\n"));
	assert_true(has(&b, "Access-Control-Allow-Methods: POST\r\n"));
	assert_true(has(&b, "Access-Control-Allow-Headers: Content-Type\r\n"));
	assert_int_equal(request("OPTIONS", "/sign", "127.0.0.1", HALL,
	    "Access-Control-Request-Method: POST\r\n", "", &b), 204);
	assert_false(has(&b, "Private-Network"));
	assert_int_equal(request("OPTIONS", "/sign", "127.0.0.1", "https://evil.example",
	    ask_post, "", &b), 403);
	assert_false(has(&b, "Access-Control"));
	/* to be paired, anybody sound may ask; the user's own page is nobody else's */
	assert_int_equal(request("OPTIONS", "/pair", "127.0.0.1", "https://evil.example",
	    ask_post, "", &b), 204);
	assert_int_equal(request("OPTIONS", "/pairing", "127.0.0.1", HALL, ask_post, "", &b),
	    403);
	assert_int_equal(request("OPTIONS", "/sign", "127.0.0.1", "null", ask_post, "", &b),
	    403);
	assert_int_equal(request("OPTIONS", "/nothing", "127.0.0.1", HALL, ask_post, "", &b),
	    403);
	buf_free(&b);
}

/* The code the page was given, from the answer's JSON. */
static void
code_of(const struct buf *answer, char code[7])
{
	const char	*at = strstr(answer->p, "\"code\":\"");

	assert_non_null(at);
	memcpy(code, at + 8, 6);
	code[6] = '\0';
	assert_true(str_is_digits(code));
}

void
test_assistant__pairing(void **state)
{
	const char	*page = "https://other.example";
	char		*own = own_origin(), code[7], again[7];
	struct buf	 b;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(ask("GET", "/status", page, "", &b), 200);
	assert_true(has(&b, "\"allowed\":false"));
	assert_int_equal(ask("POST", "/pair", page, "{}", &b), 200);
	code_of(&b, code);
	assert_int_equal(ask("POST", "/pair", page, "{}", &b), 200);
	code_of(&b, again);
	assert_string_equal(code, again);
	/* only the assistant's own page sees and decides */
	assert_int_equal(ask("GET", "/pairing", HALL, "", &b), 403);
	assert_int_equal(ask("POST", "/pairing", page,
	    "{\"origin\":\"https://other.example\",\"allow\":true}", &b), 403);
	assert_int_equal(ask("GET", "/pairing", own, "", &b), 200);
	assert_true(has(&b, code));
	assert_int_equal(ask("POST", "/pairing", own,
	    "{\"origin\":\"https://third.example\",\"allow\":true}", &b), 404);
	assert_int_equal(ask("POST", "/pairing", own,
	    "{\"origin\":\"https://other.example\",\"allow\":true}", &b), 200);
	assert_int_equal(ask("GET", "/keys", page, "", &b), 200);
	assert_int_equal(ask("GET", "/keys", "https://third.example", "", &b), 403);
	/* and takes it back */
	assert_int_equal(ask("POST", "/pairing/remove", own, "{\"origin\":\"" HALL "\"}", &b),
	    409);
	assert_int_equal(ask("POST", "/pairing/remove", own,
	    "{\"origin\":\"https://other.example\"}", &b), 200);
	assert_int_equal(ask("GET", "/keys", page, "", &b), 403);
	free(own);
	buf_free(&b);
}

void
test_assistant__a_pairing_request_is_forgotten(void **state)
{
	const char	*decide = "{\"origin\":\"https://late.example\",\"allow\":true}";
	char		*own = own_origin();
	struct buf	 b;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(ask("POST", "/pair", "https://late.example", "{}", &b), 200);
	clock_shift(PAIRING_MINUTES * CLOCK_MINUTE);
	assert_int_equal(ask("GET", "/pairing", own, "", &b), 200);
	assert_false(has(&b, "late.example"));
	assert_int_equal(ask("POST", "/pairing", own, decide, &b), 404);
	clock_shift(0);
	assert_int_equal(ask("GET", "/keys", "https://late.example", "", &b), 403);
	free(own);
	buf_free(&b);
}

void
test_assistant__pairing_requests_do_not_pile_up(void **state)
{
	char		*own = own_origin(), origin[64];
	struct buf	 b;
	size_t		 n = 0;

	(void)state;
	buf_init(&b, 65536);
	for (int i = 0; i < 20; i++) {
		snprintf(origin, sizeof(origin), "https://page%d.example", i);
		assert_int_equal(ask("POST", "/pair", origin, "{}", &b), 200);
	}
	assert_int_equal(ask("GET", "/pairing", own, "", &b), 200);
	assert_true(has(&b, "https://page19.example"));
	for (const char *p = b.p; (p = strstr(p, "\"code\"")) != NULL; p++)
		n++;
	assert_int_equal(n, 8);
	free(own);
	buf_free(&b);
}

void
test_assistant__methods_and_bodies(void **state)
{
	struct buf	 b;
	char		*huge;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(ask("GET", "/sign", HALL, "", &b), 405);
	assert_int_equal(ask("DELETE", "/keys", HALL, "", &b), 405);
	assert_int_equal(ask("POST", "/nothing", HALL, "{}", &b), 404);
	assert_int_equal(request("POST", "/pin/verify", "127.0.0.1", HALL,
	    "Content-Type: text/plain\r\n", "{\"pin\":\"1\"}", &b), 422);
	assert_int_equal(request("POST", "/pin/verify", "127.0.0.1", HALL,
	    "Content-Type: application/jsonp\r\n", "{\"pin\":\"1\"}", &b), 422);
	assert_int_equal(ask("POST", "/pin/verify", HALL, "[1]", &b), 422);
	assert_int_equal(ask("POST", "/pin/verify", HALL, "{\"pin\":", &b), 422);
	assert_int_equal(ask("POST", "/pin/verify", HALL, "{\"pin\":1}", &b), 422);
	huge = xcalloc(1, ASSISTANT_BODY + 2);
	memset(huge, ' ', ASSISTANT_BODY + 1);
	{
		char	*head = xasprintf("POST /sign HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: "
		    HALL "\r\n" JSON "Content-Length: %d\r\n\r\n", assistant.port,
		    ASSISTANT_BODY + 1);
		int	 fd = assistant_dial();

		assert_true(send(fd, head, strlen(head), MSG_NOSIGNAL) > 0);
		(void)!send(fd, huge, 1000, MSG_NOSIGNAL);
		buf_clear(&b);
		assistant_hear(fd, &b);
		assert_true(has(&b, "HTTP/1.1 413"));
		free(head);
	}
	free(huge);
	buf_free(&b);
}

/* A body that never comes ends in a refusal, not in a worker that waits for ever. */
void
test_assistant__a_slow_body_is_ended(void **state)
{
	struct buf	 b;
	char		*head;
	int		 fd;

	(void)state;
	assistant_start();
	buf_init(&b, 65536);
	head = xasprintf("POST /sign HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: " HALL "\r\n" JSON
	    "Content-Length: 200\r\n\r\n{\"pin\"", assistant.port);
	fd = assistant_dial();
	assert_true(send(fd, head, strlen(head), MSG_NOSIGNAL) > 0);
	assistant_hear(fd, &b);			/* ends when the server hangs up */
	assert_false(has(&b, "HTTP/1.1 200"));
	assert_int_equal(ask("GET", "/status", HALL, "", &b), 200);
	free(head);
	buf_free(&b);
}

void
test_assistant__notes_what_it_signed(void **state)
{
	struct err	 err = {0};
	struct buf	 b;
	char		*own = own_origin();
	json_t		*out = json_object();

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(ask("POST", "/sign", HALL,
	    "{\"pin\":\"135790\",\"text\":\"any contract\"}", &b), 403);
	/* the challenge of another hall, handed on by a page that is allowed */
	assert_int_equal(ask("POST", "/sign", HALL, "{\"pin\":\"135790\",\"text\":"
	    "\"yinxin-sign-in\\nhall\\nhttps://other.example\\nid\\n2026\\n\"}", &b), 403);
	assert_true(has(&b, "另一个网站的登录请求"));
	assert_int_equal(ask("GET", "/signed", HALL, "", &b), 403);
	for (int i = 0; i < SIGNED_KEPT + 5; i++)
		assert_ok(signed_add(&assistant, HALL, i == 0 ? "yinxin-sign-in\nfirst\n" :
		    "{\"type\":\"hold\",\"v\":1}", "0A", &err));
	signed_list(&assistant, out);
	assert_int_equal(json_array_size(json_object_get(out, "signed")), SIGNED_KEPT);
	assert_int_equal(ask("GET", "/signed", own, "", &b), 200);
	assert_true(has(&b, "\"kind\":\"hold\""));
	assert_false(has(&b, "sign-in"));		/* the oldest made room */
	json_decref(out);
	free(own);
	buf_free(&b);
}

/* The body of an answer. */
static json_t *
body_of(const struct buf *answer)
{
	struct err	 err = {0};
	const char	*at = strstr(answer->p, "\r\n\r\n");
	json_t		*j = NULL;

	assert_non_null(at);
	assert_ok(json_parse(at + 4, strlen(at + 4), 0, &j, &err));
	return j;
}

static int
unlock_finish(const unsigned char *answer, int64_t expires, const char *pin, struct buf *b)
{
	char	 hex[2 * UNLOCK_ANSWER + 1], *body;
	int	 status;

	hex_encode(answer, UNLOCK_ANSWER, hex);
	body = xasprintf("{\"order\":\"20261121000000000001\",\"expires\":%" PRId64
	    ",\"answer\":\"%s\",\"new_pin\":\"%s\"}", expires, hex, pin);
	status = ask("POST", "/unlock/finish", HALL, body, b);
	free(body);
	return status;
}

/* A page that is allowed unlocks a UKey with the centre's answer; nobody else even asks. */
void
test_assistant__unlocks_for_allowed_pages(void **state)
{
	static const unsigned char	 device[UNLOCK_KEY] = {5};
	struct err			 err = {0};
	unsigned char			 challenge[UNLOCK_CHALLENGE], answer[UNLOCK_ANSWER];
	int64_t				 expires = clock_now() + CLOCK_DAY;
	struct buf			 b;
	json_t				*j;
	char				*key;

	(void)state;
	assistant_start();
	buf_init(&b, 65536);
	key = xasprintf("%s/b.key", assistant_dir);
	assert_ok(softkey_format(key, "测试", "YX0010", "135790", "87654321", 9, &err));
	setenv("YINXIN_SOFTKEY", key, 1);
	assert_int_equal(ask("POST", "/unlock/challenge", HALL, "{}", &b), 409);
	assert_ok(softkey_personalise(key, "87654321", device, &err));
	assert_int_equal(ask("POST", "/unlock/challenge", "https://evil.example", "{}", &b), 403);
	assert_int_equal(ask("POST", "/unlock/challenge", HALL, "{}", &b), 200);
	j = body_of(&b);
	assert_string_equal(js_str(j, "serial"), "YX0010");
	assert_int_equal(hex_decode(js_str(j, "challenge"), challenge, sizeof(challenge)), 0);
	json_decref(j);
	unlock_answer(device, "YX0010", challenge, "20261121000000000001", expires, answer);
	assert_int_equal(unlock_finish(answer, expires, "12345", &b), 422);
	assert_int_equal(unlock_finish(answer, expires, "777777", &b), 422);
	assert_int_equal(unlock_finish(answer, expires, "86\\n4209", &b), 422);
	assert_int_equal(unlock_finish(answer, expires + 1, "864209", &b), 403);
	assert_true(has(&b, "\"tries_left\":4"));
	assert_int_equal(unlock_finish(answer, expires, "864209", &b), 200);
	assert_int_equal(ask("POST", "/pin/verify", HALL, "{\"pin\":\"864209\"}", &b), 200);
	assert_int_equal(ask("POST", "/open", HALL, "{\"pin\":\"864209\",\"document\":\"AAAA\"}",
	    &b), 422);
	free(key);
	key = xasprintf("%s/a.key", assistant_dir);
	setenv("YINXIN_SOFTKEY", key, 1);
	free(key);
	buf_free(&b);
}

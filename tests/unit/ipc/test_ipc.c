#include "unit.h"
#include "base/conf.h"
#include "base/log.h"
#include "ipc/ipc.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

static char			 ipc_dir[] = "/tmp/yinxin-ipc-XXXXXX";
static struct ipc_server	*ipc_server;
static pthread_t		 ipc_thread;
static char			 refused[200];

static int
answer_echo(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)arg;
	if (js_bool(in->json, "fail"))
		return err_set(err, ERR_EXPIRED, "已过期");
	js_set_str(out->json, "text", js_str(in->json, "text"));
	js_set_str(out->json, "caller", ipc_role_name(caller));
	buf_add(&out->blob, in->blob.p, in->blob.len);
	return 0;
}

/* Fails with a sentence that is no UTF-8. */
static int
answer_garbled(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)in;
	(void)out;
	(void)caller;
	(void)arg;
	err_set(err, ERR_CONFLICT, "x");
	err->text[0] = '\xe5';
	return -1;
}

static void
on_refused(enum ipc_role caller, const char *request, void *arg)
{
	(void)arg;
	snprintf(refused, sizeof(refused), "%s %s", ipc_role_name(caller), request);
}

static const struct ipc_request	 requests[] = {
	{"echo", IPC_WEB | IPC_VA, answer_echo},
	{"secret", IPC_SIGNER, answer_echo},
	{"garbled", IPC_WEB, answer_garbled},
	{0}
};

static void *
serve(void *arg)
{
	ipc_server_run(arg);
	return NULL;
}

int	group_setup(void **state);
int	group_teardown(void **state);

int
group_setup(void **state)
{
	const struct ipc_service	 service = {.name = "echo", .version = 3,
		.requests = requests, .threads = 2, .on_refused = on_refused};
	struct err			 err = {0};

	(void)state;
	log_to(open("/dev/null", O_WRONLY));
	if (mkdtemp(ipc_dir) == NULL || conf_set("run.dir", ipc_dir, &err) < 0)
		return -1;
	ipc_make_tokens();
	ipc_export_identity(IPC_WEB);
	ipc_speak_as(IPC_WEB);
	if (ipc_server_new(&ipc_server, &service, &err) < 0)
		return -1;
	return pthread_create(&ipc_thread, NULL, serve, ipc_server);
}

int
group_teardown(void **state)
{
	(void)state;
	ipc_server_stop(ipc_server);
	pthread_join(ipc_thread, NULL);
	return 0;
}

static int
ask(int version, const char *request, struct ipc_msg *in, struct ipc_msg *out,
    struct err *err)
{
	return ipc_ask("echo", version, request, in, out, 5000, err);
}

void
test_ipc__asks_and_carries_blobs(void **state)
{
	struct err	 err = {0};
	struct ipc_msg	 in, out;

	(void)state;
	ipc_msg_init(&in);
	ipc_msg_init(&out);
	js_set_str(in.json, "text", "你好");
	for (int i = 0; i < 300000; i++)
		buf_add(&in.blob, "0123456789", 10);
	for (int i = 0; i < 3; i++) {
		assert_ok(ask(3, "echo", &in, &out, &err));
		assert_string_equal(js_str(out.json, "text"), "你好");
		assert_string_equal(js_str(out.json, "caller"), "web");
		assert_int_equal(out.blob.len, 3000000);
	}
	ipc_msg_free(&in);
	ipc_msg_free(&out);
}

void
test_ipc__errors_keep_kind_and_sentence(void **state)
{
	struct err	 err = {0};
	struct ipc_msg	 in, out;

	(void)state;
	ipc_msg_init(&in);
	ipc_msg_init(&out);
	js_set_bool(in.json, "fail", true);
	assert_err(ask(3, "echo", &in, &out, &err), ERR_EXPIRED);
	assert_string_equal(err.text, "已过期");
	ipc_msg_free(&in);
	ipc_msg_free(&out);
}

/* What cannot be told in words must still arrive as an error. */
void
test_ipc__garbled_error_is_an_error(void **state)
{
	struct err	 err = {0};
	struct ipc_msg	 in, out;

	(void)state;
	ipc_msg_init(&in);
	ipc_msg_init(&out);
	assert_err(ask(3, "garbled", &in, &out, &err), ERR_CONFLICT);
	assert_string_not_equal(err.text, "");
	ipc_msg_free(&in);
	ipc_msg_free(&out);
}

void
test_ipc__what_the_table_does_not_permit_is_refused(void **state)
{
	struct err	 err = {0};
	struct ipc_msg	 in, out;

	(void)state;
	ipc_msg_init(&in);
	ipc_msg_init(&out);
	assert_err(ask(3, "secret", &in, &out, &err), ERR_DENIED);
	assert_string_equal(refused, "web secret");
	assert_err(ask(3, "no such", &in, &out, &err), ERR_DENIED);
	ipc_msg_free(&in);
	ipc_msg_free(&out);
}

/* Another thread has fresh connections: greetings are made anew. */
static void *
greet_wrongly(void *arg)
{
	struct err	 err = {0};
	struct ipc_msg	 in, out;
	char		*kept = xstrdup(getenv("YINXIN_IPC_TOKEN"));

	ipc_msg_init(&in);
	ipc_msg_init(&out);
	if (ask(2, "echo", &in, &out, &err) == 0 || err.kind != ERR_WRONG_STATE)
		*(int *)arg = 1;
	ipc_speak_as(IPC_SIGNER);	/* with web's token */
	if (ask(3, "secret", &in, &out, &err) == 0 || err.kind != ERR_DENIED)
		*(int *)arg = 2;
	ipc_speak_as(IPC_WEB);
	setenv("YINXIN_IPC_TOKEN", "guessed", 1);
	if (ask(3, "echo", &in, &out, &err) == 0 || err.kind != ERR_DENIED)
		*(int *)arg = 3;
	setenv("YINXIN_IPC_TOKEN", kept, 1);
	free(kept);
	ipc_msg_free(&in);
	ipc_msg_free(&out);
	return NULL;
}

void
test_ipc__wrong_greetings_are_refused(void **state)
{
	pthread_t	 t;
	int		 bad = 0;

	(void)state;
	pthread_create(&t, NULL, greet_wrongly, &bad);
	pthread_join(t, NULL);
	assert_int_equal(bad, 0);
}

static int
connect_raw(const char *service)
{
	struct sockaddr_un	 sun = {.sun_family = AF_UNIX};
	int			 fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s.sock", ipc_dir, service);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Oversized, another protocol, no object, a greeting like a book, cut off in the middle. */
void
test_ipc__garbage_closes_the_connection(void **state)
{
	static const struct {
		const char	*p;
		size_t		 len;
	} bad[] = {
		{"\xff\xff\xff\xff\xff\xff\xff\xff", 8}, {"GET / HTTP/1.1\r\n\r\n", 18},
		{"\0\0\0\5\0\0\0\0{}{}}", 13}, {"\0\0\0\2\0\0\0\0[]", 10},
		{"\0\0\x20\0\0\0\0\0{", 9}, {"\0\0\0\x40\0\0\0\0{\"ver", 13},
		{"\0\0\0", 3},
	};
	struct err	 err = {0};
	struct ipc_msg	 in, out;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int	 fd = connect_raw("echo");
		char	 c[256];

		assert_true(fd >= 0);
		assert_int_equal(send(fd, bad[i].p, bad[i].len, MSG_NOSIGNAL), bad[i].len);
		shutdown(fd, SHUT_WR);
		assert_true(recv(fd, c, sizeof(c), 0) <= 0);
		close(fd);
	}
	ipc_msg_init(&in);
	ipc_msg_init(&out);
	assert_ok(ask(3, "echo", &in, &out, &err));	/* it serves all the same */
	ipc_msg_free(&in);
	ipc_msg_free(&out);
}

/* ---- other users of the machine; without root there is nobody to play them ---- */

#define STRANGER	((uid_t)12345)

static void
become_stranger(void)
{
	if (setresgid(STRANGER, STRANGER, STRANGER) < 0 ||
	    setresuid(STRANGER, STRANGER, STRANGER) < 0)
		_exit(99);
}

static int
exit_of(pid_t pid)
{
	int	 status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void
test_ipc__stranger_is_not_listened_to(void **state)
{
	char	 c;
	int	 fd;
	pid_t	 pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(ipc_dir, 0711), 0);
	refused[0] = '\0';
	if ((pid = fork()) == 0) {
		become_stranger();
		fd = connect_raw("echo");
		_exit(fd < 0 ? 1 : recv(fd, &c, 1, 0) > 0 ? 2 : 0);
	}
	assert_int_equal(exit_of(pid), 0);
	assert_string_equal(refused, "");	/* nor does it fill a journal */
}

/* Listen as the stranger where the va should be; exit 0 when nothing is said to it. */
static NORETURN void
sit_on_socket(int ready)
{
	struct sockaddr_un	 sun = {.sun_family = AF_UNIX};
	int			 fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char			 c;

	become_stranger();
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/va.sock", ipc_dir);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 || listen(fd, 1) < 0 ||
	    write(ready, "x", 1) != 1)
		_exit(3);
	fd = accept(fd, NULL, NULL);
	_exit(fd < 0 ? 4 : recv(fd, &c, 1, 0) > 0 ? 5 : 0);
}

void
test_ipc__impostor_is_told_no_token(void **state)
{
	struct err	 err = {0};
	struct ipc_msg	 in, out;
	int		 ready[2];
	char		 c;
	pid_t		 pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(chmod(ipc_dir, 0777), 0);
	if ((pid = fork()) == 0)
		sit_on_socket(ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	ipc_msg_init(&in);
	ipc_msg_init(&out);
	assert_err(ipc_ask("va", 1, "status", &in, &out, 5000, &err), ERR_DENIED);
	assert_int_equal(exit_of(pid), 0);
	ipc_msg_free(&in);
	ipc_msg_free(&out);
}

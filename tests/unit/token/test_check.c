#include "house.h"
#include "base/clock.h"
#include "base/str.h"
#include "token/assistant.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

/* The assistant's self-check: each trouble of a user has its sentence, which says what to do. */

#define ISSUED		INT64_C(1795000000000)		/* house.h: not_before */

static json_t *
check(const struct assistant *a)
{
	struct err	 err = {0};
	json_t		*out = NULL;

	assert_ok(keys_check(a, &out, &err));
	return out;
}

/* The check of this name, and whose text has this in it, is good or bad as said. */
static void
says(const struct assistant *a, const char *name, bool ok, const char *part)
{
	json_t		*out = check(a), *row;
	char		*all = xstrdup("");
	size_t		 i;
	bool		 found = false;

	json_array_foreach(json_object_get(out, "checks"), i, row) {
		char	*more = xasprintf("%s\n%s %d %s", all, js_str(row, "name"),
			    js_bool(row, "ok"), js_str(row, "text"));

		free(all);
		all = more;
		found |= strcmp(js_str(row, "name"), name) == 0 && js_bool(row, "ok") == ok &&
		    strstr(js_str(row, "text"), part) != NULL;
	}
	if (!found)
		fail_msg("no check \"%s\" %s with \"%s\" in:%s", name, ok ? "good" : "bad", part,
		    all);
	free(all);
	json_decref(out);
}

static struct assistant
assistant_with_driver(void)
{
	house_open();
	return (struct assistant){.drivers = {driver->path}, .n_drivers = 1};
}

void
test_check__no_key_one_key_two_keys(void **state)
{
	struct assistant	 a = assistant_with_driver();
	char			*one = house_key(), *two = house_key(), *both;

	(void)state;
	setenv("YINXIN_SOFTKEY", "", 1);
	says(&a, "驱动", true, "印信");
	says(&a, "UKey", false, "没有检测到 UKey，请插入 UKey");
	setenv("YINXIN_SOFTKEY", one, 1);
	says(&a, "UKey", true, "PIN 码还可试 9 次");
	says(&a, "证书", true, "空白 UKey，可以用来下载证书");
	both = xasprintf("%s:%s", one, two);
	setenv("YINXIN_SOFTKEY", both, 1);
	says(&a, "UKey 数量", false, "检测到 2 支 UKey，办理业务时请只保留一支");
	free(both);
	free(one);
	free(two);
}

void
test_check__drivers(void **state)
{
	struct assistant	 a = assistant_with_driver(), none = {.n_drivers = 0};
	char			*key = house_key();

	(void)state;
	says(&none, "驱动", false, "没有找到 UKey 的驱动，请安装");
	a.drivers[a.n_drivers++] = "/nowhere/libgm3000.so";
	says(&a, "驱动", true, "印信");			/* the other one works all the same */
	says(&a, "驱动", false, "请");
	says(&a, "UKey", true, "PIN 码还可试");
	free(key);
}

void
test_check__locked(void **state)
{
	struct assistant	 a = assistant_with_driver();
	struct err		 err = {0};
	struct ukey		 u;
	char			*path = blank(&u);
	int			 left;

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_err(ukey_login(&u, "000000", &left, &err), ERR_DENIED);
	says(&a, "UKey", true, "PIN 码还可试 1 次");
	assert_err(ukey_login(&u, "000000", &left, &err), ERR_LIMIT);
	says(&a, "UKey", false, "PIN 码已锁定，请在证书服务网申请解锁");
	ukey_close(&u);
	free(path);
}

/* At this time, so many days after the certificate's begin; the clock is put back. */
static void
says_after(const struct assistant *a, int days, bool ok, const char *part)
{
	int64_t	 shift = ISSUED + days * CLOCK_DAY - clock_now();

	clock_shift(shift);
	says(a, "证书", ok, part);
	clock_shift(-shift);
}

/* Whose certificate, and what is the matter with it at this time. */
void
test_check__certificates(void **state)
{
	struct assistant	 a = assistant_with_driver();
	struct err		 err = {0};
	struct issued		 i = {0};
	struct ukey_bundle	 b;
	struct ukey		 u;
	struct buf		 csr;
	char			*path = blank(&u);
	int			 left;

	(void)state;
	buf_init(&csr, LIMIT_CSR);
	assert_ok(ukey_login(&u, PIN, &left, &err));
	assert_ok(ukey_request(&u, ORDER, "张三", &csr, &err));
	issue(&csr, &i);
	b = bundle(&i);
	assert_ok(ukey_install(&u, ORDER, &b, &err));
	ukey_close(&u);
	says_after(&a, 10, true, "“张三”");
	says_after(&a, 10, true, "可以正常使用");
	says_after(&a, 300, true, "快到期了，请尽快办理更新");
	says_after(&a, 400, false, "已过期，请办理更新");
	says_after(&a, -10, false, "还没有生效，请核对本机时间");
	issued_free(&i);
	buf_free(&csr);
	free(path);
}

/* A hall whose clock is this many ms from ours. */
struct elsewhere {
	int	 fd;
	int64_t	 ahead;
};

static void *
elsewhere_run(void *arg)
{
	const struct elsewhere	*e = arg;
	char			 head[200], in[4096];
	struct tm		 tm;
	time_t			 t = (time_t)((clock_now() + e->ahead) / 1000);
	int			 fd = accept(e->fd, NULL, NULL);

	assert_true(recv(fd, in, sizeof(in), 0) > 0);
	assert_non_null(gmtime_r(&t, &tm));
	strftime(head, sizeof(head), "HTTP/1.1 200 OK\r\nDate: %a, %d %b %Y %H:%M:%S GMT\r\n"
	    "Content-Length: 2\r\nConnection: close\r\n\r\nok", &tm);
	assert_true(send(fd, head, strlen(head), MSG_NOSIGNAL) > 0);
	close(fd);
	return NULL;
}

static void
clock_says(int64_t ahead, bool ok, const char *part)
{
	struct sockaddr_in	 sin = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t		 len = sizeof(sin);
	struct elsewhere	 e = {socket(AF_INET, SOCK_STREAM, 0), ahead};
	struct assistant	 a = assistant_with_driver();
	pthread_t		 thread;
	char			*url;

	assert_int_equal(bind(e.fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(e.fd, 1), 0);
	assert_int_equal(getsockname(e.fd, (struct sockaddr *)&sin, &len), 0);
	assert_int_equal(pthread_create(&thread, NULL, elsewhere_run, &e), 0);
	url = xasprintf("http://127.0.0.1:%d", ntohs(sin.sin_port));
	a.hall = url;
	says(&a, "本机时间", ok, part);
	pthread_join(thread, NULL);
	close(e.fd);
	free(url);
}

void
test_check__clock_against_the_servers(void **state)
{
	struct assistant	 a = assistant_with_driver();
	char			*key = house_key();

	(void)state;
	clock_says(0, true, "与服务器一致");
	clock_says(4 * CLOCK_MINUTE, true, "与服务器一致");
	clock_says(7 * CLOCK_MINUTE + 1000, false, "本机时间比服务器慢 7 分钟，请先校准本机时间");
	clock_says(-CLOCK_DAY - CLOCK_MINUTE, false, "本机时间比服务器快 1441 分钟");
	a.hall = "http://127.0.0.1:1";			/* nobody there */
	says(&a, "服务器", false, "连不上证书服务网");
	free(key);
}

#include "base/base.h"
#include "web/web.h"

#include "base/conf.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "hall/anchor.h"
#include "hall/hall.h"
#include "web/metrics.h"
#include "web/site.h"

#include <signal.h>

static struct http_server	*web_server;

static void
web_stop(int signal_number)
{
	(void)signal_number;
	http_server_stop(web_server);
}

static int
web_open(struct site *site, struct err *err)
{
	const char	*dir = conf_str("web.dir");

	site->dir = *dir == '\0' ? NULL : dir;
	site->strict = site->dir != NULL;
	if (hall_open(&site->hall, err) < 0)
		return -1;
	site->global = site_global(site->hall, site->dir);
	if (site->dir != NULL)
		return 0;
	return templates_open(NULL, &site->templates, err);
}

static void
web_close(struct site *site)
{
	json_decref(site->global);
	templates_close(site->templates);
	hall_close(site->hall);
}

/* The socket the supervisor opened for us; 0 when we open it ourselves. */
static int
web_listen_fd(void)
{
	const char	*fd = getenv("YINXIN_LISTEN_FD");

	return fd == NULL ? 0 : (int)strtol(fd, NULL, 10);
}

/* For a request that no page saw. */
static const char *
web_refusal(int status)
{
	switch (status) {
	case 408:
		return "等得太久，没有收到完整的内容。请检查网络后重试，已保存的内容不会丢失。";
	case 413:
		return "发送的内容太大，没有接收。请返回，换一个小一些的文件或图片再上传。";
	case 503:
		return "现在办理的人太多，请稍后再试，已保存的内容不会丢失。";
	default:
		return "浏览器发来的请求不完整或不合规则，请返回重试。";
	}
}

int
web_main(struct err *err)
{
	struct site		site = {0};
	struct http_config	config = {
		.listen = conf_str("web.listen"), .listen_fd = web_listen_fd(),
		.tls_cert = conf_path("web.tls_cert"), .tls_key = conf_path("web.tls_key"),
		.threads = (int)conf_int("web.threads"), .body_max = site_body_max,
		.fast = site_fast, .handle = site_handle, .refusal = web_refusal,
		.arg = &site,
	};
	struct sigaction	stop = {.sa_handler = web_stop};
	int			rc = -1;

	if (web_open(&site, err) < 0)
		goto out;
	if (http_server_new(&web_server, &config, err) < 0 || sandbox_enter(SANDBOX_WEB, err) < 0)
		goto out;
	metrics_use(web_server);
	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGINT, &stop, NULL);
	if (conf_str("test.captcha")[0] != '\0')
		log_kv(LOG_WARN, "web.fixed_captcha", LOG_S("setting", "test.captcha"));
	log_kv(LOG_INFO, "web.ready", LOG_I("port", http_server_port(web_server)));
	if (hall_anchor_start(site.hall, err) < 0)
		goto out;
	http_server_run(web_server);
	rc = 0;
 out:
	hall_anchor_stop();
	http_server_free(web_server);
	web_server = NULL;
	web_close(&site);
	return rc;
}

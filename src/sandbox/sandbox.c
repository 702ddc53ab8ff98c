#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/url.h"

#include <signal.h>

#define SB_THREADS	8

static const struct sb_route *const	 sb_routes[] = {sb_routes_aliyun, sb_routes_alipay,
	sb_routes_tax, sb_routes_sf, sb_routes_wechat, sb_routes_bank, sb_routes_webhook, sb_routes_platform,
	sb_routes_control, sb_routes_pages};

void
sb_json(struct sb_call *c, int status, json_t *value)
{
	c->res->status = status;
	http_respond_header(c->res, "Content-Type", "application/json; charset=utf-8");
	json_write(value, &c->res->body);
	json_decref(value);
}

static bool
sb_route_fits(const struct sb_route *r, const struct http_request *req, const char **rest)
{
	size_t	 n = strlen(r->path);
	bool	 prefix = r->path[n - 1] == '*';

	if (r->method != NULL && strcmp(r->method, req->method) != 0)
		return false;
	*rest = prefix ? req->path + n - 1 : "";
	return prefix ? strncmp(req->path, r->path, n - 1) == 0 :
	    strcmp(req->path, r->path) == 0;
}

static const struct sb_route *
sb_route_find(const struct http_request *req, const char **rest)
{
	for (size_t i = 0; i < ARRAY_LEN(sb_routes); i++)
		for (const struct sb_route *r = sb_routes[i]; r->path != NULL; r++)
			if (sb_route_fits(r, req, rest))
				return r;
	return NULL;
}

/*
 * Faults that any API of a vendor may have, applied to the answer it would give.  They
 * happen after the side effect: the vendor did it and we cannot know.
 */
static void
sb_spoil(struct sb_call *c)
{
	int64_t	 ms = 0;

	if (sb_fault(c->api, "latency", &ms) || sb_fault(c->api, "timeout", &ms))
		c->delay_ms = ms > 0 ? ms : 15000;
	if (sb_fault(c->api, "malformed", NULL)) {
		buf_clear(&c->res->body);
		buf_addstr(&c->res->body, "{\"broken\":");
	}
	if (sb_fault(c->api, "http_500", NULL)) {
		buf_clear(&c->res->body);
		c->res->status = 500;
	}
}

static void
sb_answer_locked(struct sb_call *c, const struct sb_route *r)
{
	static const char	 form[] = "application/x-www-form-urlencoded";
	const char		*type = http_header(c->req, "content-type");
	struct err		 err = {0};

	if (url_form_parse(c->req->query, strlen(c->req->query), &c->query, &err) < 0) {
		sb_error_page(c, 400, err.text);
		return;
	}
	if (type != NULL && strncasecmp(type, form, sizeof(form) - 1) == 0 &&
	    url_form_parse(c->req->body, c->req->body_len, &c->form, &err) < 0) {
		sb_error_page(c, 400, err.text);
		return;
	}
	if (c->form == NULL)
		c->form = json_object();
	r->answer(c);
	if (c->api != NULL)
		sb_spoil(c);
	if (strcmp(c->req->method, "GET") != 0)
		sb_state_save();
}

static void
sb_handle(struct http_request *req, struct http_response *res, void *arg)
{
	struct sb_call		 c = {.req = req, .res = res};
	const struct sb_route	*r = sb_route_find(req, &c.rest);

	(void)arg;
	pthread_mutex_lock(&sb.lock);
	if (r == NULL)
		sb_error_page(&c, 404, "没有这个页面。");
	else
		sb_answer_locked(&c, r);
	pthread_mutex_unlock(&sb.lock);
	if (c.delay_ms > 0)
		usleep((useconds_t)(c.delay_ms * 1000));
	json_decref(c.query);
	json_decref(c.form);
}

static struct http_server	*sb_server;

static void
sb_on_term(int sig)
{
	(void)sig;
	http_server_stop(sb_server);
}

static int
sb_usage(FILE *f)
{
	fputs("usage: yinxin-sandbox [--port N] [--smtp-port N] [--state DIR] [--gate-dir DIR]\n"
	    "                      [--hall-url URL] [--hall-file FILE] [--ca FILE]\n"
	    "                      [--time-factor F]\n"
	    "Plays SMS, mail, Alipay, WeChat Pay, bank, identity provider, tax office and courier on\n"
	    "127.0.0.1.\n"
	    "--state      keeps what happened (DIR/state.json) and the platforms' keys\n"
	    "--gate-dir   where the gate's keys are, made when missing (default: its settings)\n"
	    "--hall-url   the hall, for links and notifications\n"
	    "--hall-file  the hall's definition, for the texts of SMS (default: its setting)\n"
	    "--ca         checks the hall's certificate (default: not checked)\n"
	    "--time-factor  multiplies the vendors' retry times (default 1)\n", f);
	return f == stderr ? 2 : 0;
}

/* "--name value" pairs; -1 when one is not known. */
static int
sb_options(int argc, char **argv)
{
	sb.http_port = 18080;
	sb.smtp_port = 18025;
	sb.hall_url = "https://127.0.0.1:8443";
	for (int i = 1; i < argc; i += 2) {
		if (i + 1 >= argc)
			return -1;
		if (strcmp(argv[i], "--port") == 0)
			sb.http_port = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--smtp-port") == 0)
			sb.smtp_port = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--state") == 0)
			sb.dir = argv[i + 1];
		else if (strcmp(argv[i], "--gate-dir") == 0)
			sb.gate_dir = argv[i + 1];
		else if (strcmp(argv[i], "--hall-url") == 0)
			sb.hall_url = argv[i + 1];
		else if (strcmp(argv[i], "--hall-file") == 0)
			sb.hall_file = argv[i + 1];
		else if (strcmp(argv[i], "--ca") == 0)
			sb.ca_file = argv[i + 1];
		else if (strcmp(argv[i], "--time-factor") == 0)
			sb.factor = strtod(argv[i + 1], NULL);
		else
			return -1;
	}
	return 0;
}

static int
sb_serve(struct err *err)
{
	char			 listen[32];
	struct http_config	 config = {.listen = listen, .threads = SB_THREADS,
		.handle = sb_handle};

	snprintf(listen, sizeof(listen), "127.0.0.1:%d", sb.http_port);
	if (http_server_new(&sb_server, &config, err) < 0)
		return -1;
	sb.http_port = http_server_port(sb_server);
	snprintf(sb.base, sizeof(sb.base), "http://127.0.0.1:%d", sb.http_port);
	if (sb_smtp_start(sb.smtp_port, err) < 0 || sb_notify_start(err) < 0)
		return -1;
	signal(SIGTERM, sb_on_term);
	signal(SIGINT, sb_on_term);
	printf("{\"port\":%d,\"smtp_port\":%d}\n", sb.http_port, sb.smtp_port);
	fflush(stdout);
	http_server_run(sb_server);
	return 0;
}

int
main(int argc, char **argv)
{
	struct err	 err = {0};

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return sb_usage(stdout);
	if (sb_options(argc, argv) < 0)
		return sb_usage(stderr);
	log_init("sandbox", LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	if (conf_load(NULL, &err) < 0 || sb_state_load(&err) < 0 || sb_keys_load(&err) < 0) {
		fprintf(stderr, "yinxin-sandbox: %s\n", err.text);
		return 1;
	}
	sb_seed();
	sb_templates_load(sb.hall_file == NULL ? conf_str("web.hall_file") : sb.hall_file);
	if (sb_serve(&err) < 0) {
		fprintf(stderr, "yinxin-sandbox: %s\n", err.text);
		return 1;
	}
	pthread_mutex_lock(&sb.lock);
	sb_state_save();
	pthread_mutex_unlock(&sb.lock);
	return 0;
}

#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "http/server.h"
#include "main/assistant.h"
#include "main/assistant_assets.h"

#include <signal.h>

/*
 * The loopback face.  Own page (same origin) and allowed origins may ask; a request whose
 * Host is not ours is refused (DNS rebinding); what changes or uses a key is a JSON POST with
 * an Origin, which a foreign page cannot send without a preflight.
 */
struct endpoint {
	const char	*method, *path;
	keys_fn		 fn;		/* with one key open; else see answer() */
};

/* in → out */
static const struct endpoint endpoints[] = {
	{"GET", "/status", NULL},		/* → name, version, allowed, time */
	{"POST", "/pair", NULL},		/* → allowed, code */
	{"GET", "/keys", NULL},			/* → keys, drivers */
	{"GET", "/check", NULL},		/* → checks */
	{"POST", "/pin/verify", keys_verify_pin},	/* key?, pin → tries_left */
	{"POST", "/pin/change", keys_change_pin},	/* key?, pin, new_pin → tries_left */
	{"POST", "/key/make", keys_make},	/* key?, order, cn, pin → csr */
	{"POST", "/key/install", keys_install},	/* key?, order, pin, sign_cert, enc_cert,
						   envelope → {} */
	{"POST", "/sign", keys_sign},		/* key?, serial?, text, pin → signature,
						   certificate */
	{"GET", "/pairing", NULL},		/* own page only → pending, allowed */
	{"POST", "/pairing", NULL},		/* own page only: origin, allow */
	{0}
};

static struct http_server	*assistant_server;

static void
respond_json(struct http_response *res, int status, const json_t *j)
{
	res->status = status;
	http_respond_header(res, "Content-Type", "application/json; charset=utf-8");
	http_respond_header(res, "Cache-Control", "no-store");
	json_write(j, &res->body);
}

static void
respond_err(struct http_response *res, const struct err *err, json_t *out)
{
	js_set_str(out, "error", err->text);
	js_set_str(out, "kind", err_row(err->kind)->name);
	respond_json(res, err_row(err->kind)->http_status, out);
}

static bool
is_own(const struct assistant *a, const char *origin)
{
	char	 own[2][64];

	snprintf(own[0], sizeof(own[0]), "http://127.0.0.1:%d", a->port);
	snprintf(own[1], sizeof(own[1]), "http://localhost:%d", a->port);
	return strcmp(origin, own[0]) == 0 || strcmp(origin, own[1]) == 0;
}

static bool
host_is_ours(const struct assistant *a, const struct http_request *req)
{
	const char	*host = http_header(req, "host");
	char		 url[300];

	snprintf(url, sizeof(url), "http://%s", host == NULL ? "" : host);
	return is_own(a, url);
}

static void
allow_cors(struct http_response *res, const char *origin)
{
	http_respond_header(res, "Access-Control-Allow-Origin", "%s", origin);
	http_respond_header(res, "Vary", "Origin");
}

static void
preflight(struct http_request *req, struct http_response *res, const char *origin)
{
	res->status = 204;
	allow_cors(res, origin);
	http_respond_header(res, "Access-Control-Allow-Methods", "GET, POST");
	http_respond_header(res, "Access-Control-Allow-Headers",
	    "Content-Type, X-Yinxin-Pairing");
	http_respond_header(res, "Access-Control-Max-Age", "600");
	if (http_header(req, "access-control-request-private-network") != NULL)
		http_respond_header(res, "Access-Control-Allow-Private-Network", "true");
}

static int
answer(const struct assistant *a, const struct endpoint *e, const char *origin, bool allowed,
    const json_t *in, json_t **out, struct err *err)
{
	if (e->fn != NULL)
		return keys_with(a, js_str(in, "key"), e->fn, in, *out, err);
	if (strcmp(e->path, "/status") == 0) {
		js_set_str(*out, "name", "印信证书助手");
		js_set_str(*out, "version", "1");
		js_set_bool(*out, "allowed", allowed);
		js_set_int(*out, "time", clock_now());
		return 0;
	}
	if (strcmp(e->path, "/pair") == 0) {
		pairing_ask(a, origin, *out);
		return 0;
	}
	if (strcmp(e->path, "/pairing") == 0 && e->method[0] == 'G') {
		pairing_state(a, *out);
		return 0;
	}
	if (strcmp(e->path, "/pairing") == 0)
		return pairing_decide(a, js_str(in, "origin"), js_bool(in, "allow"), err);
	json_decref(*out);
	*out = NULL;
	return strcmp(e->path, "/keys") == 0 ? keys_list(a, out, err) :
	    keys_check(a, out, err);
}

/* May this origin use this endpoint?  "" : no Origin header (own page's GET, or a program). */
static bool
may_use(const struct assistant *a, const struct endpoint *e, const char *origin, bool allowed)
{
	bool	 own = is_own(a, origin);

	if (strcmp(e->path, "/pairing") == 0)
		return own || (origin[0] == '\0' && e->method[0] == 'G');
	if (strcmp(e->path, "/status") == 0 || strcmp(e->path, "/pair") == 0)
		return true;
	if (origin[0] == '\0')
		return e->method[0] == 'G';
	return own || allowed;
}

static int
read_json(const struct http_request *req, json_t **in, struct err *err)
{
	const char	*type = http_header(req, "content-type");

	if (strcmp(req->method, "POST") != 0) {
		*in = json_object();
		return 0;
	}
	if (type == NULL || !str_has_prefix(type, "application/json"))
		return err_set(err, ERR_INPUT, "application/json is wanted");
	if (json_parse(req->body_len == 0 ? "{}" : req->body,
	    req->body_len == 0 ? 2 : req->body_len, 0, in, err) < 0)
		return -1;
	if (json_is_object(*in))
		return 0;
	json_decref(*in);
	*in = NULL;
	return err_set(err, ERR_INPUT, "a JSON object is wanted");
}

static void
serve_endpoint(const struct assistant *a, const struct endpoint *e, struct http_request *req,
    struct http_response *res, const char *origin, bool allowed)
{
	struct err	 err = {0};
	json_t		*in = NULL, *out = json_object();

	if (origin[0] != '\0')
		allow_cors(res, origin);
	if (!may_use(a, e, origin, allowed)) {
		err_set(&err, ERR_DENIED,
		    "这个网站还没有得到允许。请打开证书助手页面，核对配对码后点“允许”。");
		respond_err(res, &err, out);
	} else if (read_json(req, &in, &err) < 0 ||
	    answer(a, e, origin, allowed, in, &out, &err) < 0) {
		if (out == NULL)
			out = json_object();
		log_kv(LOG_INFO, "assistant.refused", LOG_S("path", e->path),
		    LOG_S("error", err.text));
		respond_err(res, &err, out);
	} else {
		respond_json(res, 200, out);
	}
	json_decref(in);
	json_decref(out);
}

static bool
serve_asset(struct http_request *req, struct http_response *res)
{
	for (const struct asset *f = assistant_assets; f->path != NULL; f++) {
		if (strcmp(f->path, strcmp(req->path, "/") == 0 ? "/index.html" :
		    req->path) != 0)
			continue;
		res->fixed = f->bytes;
		res->fixed_len = f->len;
		http_respond_header(res, "Content-Type", "%s", f->type);
		http_respond_header(res, "Content-Security-Policy",
		    "default-src 'self'; frame-ancestors 'none'");
		return true;
	}
	return false;
}

static void
handle(struct http_request *req, struct http_response *res, void *arg)
{
	const struct assistant	*a = arg;
	const char		*origin = http_header(req, "origin");
	bool			 allowed;

	origin = origin == NULL ? "" : origin;
	http_respond_header(res, "X-Content-Type-Options", "nosniff");
	if (!host_is_ours(a, req) || strlen(origin) > 190) {
		res->status = 403;
		return;
	}
	allowed = origin[0] != '\0' && (is_own(a, origin) || pairing_is_allowed(a, origin));
	if (strcmp(req->method, "OPTIONS") == 0) {
		preflight(req, res, origin);
		return;
	}
	for (const struct endpoint *e = endpoints; e->path != NULL; e++) {
		if (strcmp(e->path, req->path) == 0 && strcmp(e->method, req->method) == 0) {
			serve_endpoint(a, e, req, res, origin, allowed);
			return;
		}
	}
	if (strcmp(req->method, "GET") != 0 || !serve_asset(req, res))
		res->status = 404;
}

static void
on_term(int sig)
{
	(void)sig;
	http_server_stop(assistant_server);
}

int
assistant_serve(const struct assistant *a, struct err *err)
{
	struct http_config	 config = {.threads = 2, .handle = handle};
	struct assistant	 copy = *a;
	char			 address[40];

	snprintf(address, sizeof(address), "127.0.0.1:%d", a->port);
	config.listen = address;
	config.arg = &copy;
	if (http_server_new(&assistant_server, &config, err) < 0)
		return -1;
	copy.port = http_server_port(assistant_server);
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	printf("证书助手 http://127.0.0.1:%d/\n", copy.port);
	fflush(stdout);
	http_server_run(assistant_server);
	http_server_free(assistant_server);
	return 0;
}

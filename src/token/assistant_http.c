#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "token/assistant.h"
#include "token/assistant_assets.h"
#include "token/signable.h"

/*
 * The loopback face.  A request whose Host is not ours is refused (DNS rebinding).  What uses
 * or changes a key is a JSON POST with an Origin, which a foreign page can not send without a
 * preflight; and only origins that may use an endpoint get its CORS answer.
 */
enum who {
	WHO_ANY,		/* any sound origin: how a page that is not allowed yet gets there */
	WHO_ALLOWED,		/* own page and allowed origins */
	WHO_OWN			/* the assistant's own page */
};

/* What was asked. */
struct asked {
	const struct assistant	*a;
	const char		*origin;	/* "": none was sent */
	bool			 allowed;
	const json_t		*in;		/* an object */
};
typedef int (*ask_fn)(const struct asked *q, json_t **out, struct err *err);

struct endpoint {
	const char	*method, *path;
	enum who	 who;
	keys_fn		 key_fn;		/* with one key open; or NULL and: */
	ask_fn		 ask;
};

static int
ask_status(const struct asked *q, json_t **out, struct err *err)
{
	(void)err;
	js_set_str(*out, "name", "印信证书助手");
	js_set_str(*out, "version", "1");
	js_set_bool(*out, "allowed", q->allowed);
	js_set_int(*out, "time", clock_now());
	return 0;
}

static int
ask_pair(const struct asked *q, json_t **out, struct err *err)
{
	if (!q->allowed && !pairing_is_sound(q->origin))
		return err_set(err, ERR_DENIED, "只有 https 网站可以配对。");
	pairing_ask(q->a, q->origin, *out);
	return 0;
}

static int
ask_keys(const struct asked *q, json_t **out, struct err *err)
{
	json_decref(*out);
	*out = NULL;
	return keys_list(q->a, out, err);
}

static int
ask_check(const struct asked *q, json_t **out, struct err *err)
{
	json_decref(*out);
	*out = NULL;
	return keys_check(q->a, out, err);
}

static int
ask_activation(const struct asked *q, json_t **out, struct err *err)
{
	(void)q;
	return activation_point(*out, err);
}

/* A signature is noted before it leaves. */
static int
ask_sign(const struct asked *q, json_t **out, struct err *err)
{
	const char	*text = js_str(q->in, "text");

	if (!signable_is_for(text, q->origin))
		return err_set(err, ERR_DENIED,
		    "这是另一个网站的登录请求，已拒绝签名。请从那个网站自己的页面登录。");
	if (keys_with(q->a, js_str(q->in, "key"), keys_sign, q->in, *out, err) == 0 &&
	    signed_add(q->a, q->origin, text, js_str(*out, "serial"), err) == 0)
		return 0;
	json_object_del(*out, "signature");
	return -1;
}

static int
ask_soft_make(const struct asked *q, json_t **out, struct err *err)
{
	return keys_soft_make(q->a, q->in, *out, err);
}

static int
ask_soft_list(const struct asked *q, json_t **out, struct err *err)
{
	return keys_soft_list(q->a, *out, err);
}

static int
ask_pairing(const struct asked *q, json_t **out, struct err *err)
{
	(void)err;
	pairing_state(q->a, *out);
	return 0;
}

static int
ask_pairing_decide(const struct asked *q, json_t **out, struct err *err)
{
	(void)out;
	return pairing_decide(q->a, js_str(q->in, "origin"), js_bool(q->in, "allow"), err);
}

static int
ask_pairing_remove(const struct asked *q, json_t **out, struct err *err)
{
	(void)out;
	return pairing_remove(q->a, js_str(q->in, "origin"), err);
}

static int
ask_signed(const struct asked *q, json_t **out, struct err *err)
{
	(void)err;
	signed_list(q->a, *out);
	return 0;
}

/* in → out */
static const struct endpoint endpoints[] = {
	/* → name, version, allowed, time */
	{"GET", "/status", WHO_ANY, NULL, ask_status},
	/* → allowed, code */
	{"POST", "/pair", WHO_ANY, NULL, ask_pair},
	/* → keys, drivers */
	{"GET", "/keys", WHO_ALLOWED, NULL, ask_keys},
	/* → checks */
	{"GET", "/check", WHO_ALLOWED, NULL, ask_check},
	/* key?, pin → tries_left */
	{"POST", "/pin/verify", WHO_ALLOWED, keys_verify_pin, NULL},
	/* key?, pin, new_pin → tries_left */
	{"POST", "/pin/change", WHO_ALLOWED, keys_change_pin, NULL},
	/* → point (base64) that an activation PIN is encrypted to */
	{"GET", "/pin/activation", WHO_ALLOWED, NULL, ask_activation},
	/* key?, activation (base64 DER), pin (admin: the administrator's) → tries_left */
	{"POST", "/pin/activation", WHO_ALLOWED, keys_activate, NULL},
	/* key?, order, cn, pin → csr, serial (of the UKey) */
	{"POST", "/key/make", WHO_ALLOWED, keys_make, NULL},
	/* key?, order, pin, sign_cert, enc_cert, envelope, device?, replaces? → {} */
	{"POST", "/key/install", WHO_ALLOWED, keys_install, NULL},
	/* order, cn, pin (passphrase) → csr, serial (of the container), key (its name) */
	{"POST", "/soft/make", WHO_ALLOWED, NULL, ask_soft_make},
	/* → dir, files */
	{"GET", "/soft", WHO_OWN, NULL, ask_soft_list},
	/* key, pin, serial, kind, password → p12 (base64); a private key goes to no foreign page */
	{"POST", "/soft/export", WHO_OWN, keys_soft_export, NULL},
	/* key → {} */
	{"POST", "/soft/aside", WHO_OWN, keys_soft_put_aside, NULL},
	/* key?, order, receiver (serial), pin → carrier, signature, serial (of the UKey) */
	{"POST", "/recover/request", WHO_ALLOWED, keys_recover_request, NULL},
	/* key?, order, pin, enc_cert, envelope → {} */
	{"POST", "/recover/install", WHO_ALLOWED, keys_recover_install, NULL},
	/* key?, serial?, text, pin → signature, certificate, serial */
	{"POST", "/sign", WHO_ALLOWED, NULL, ask_sign},
	/* key?, document (base64 DER, pki/enveloped.h), pin → plain (base64) */
	{"POST", "/open", WHO_ALLOWED, keys_open, NULL},
	/* key? → serial, challenge (hex), certificates */
	{"POST", "/unlock/challenge", WHO_ALLOWED, keys_unlock_challenge, NULL},
	/* key?, order, expires, answer (hex), new_pin → tries_left */
	{"POST", "/unlock/finish", WHO_ALLOWED, keys_unlock_finish, NULL},
	/* → pending, allowed */
	{"GET", "/pairing", WHO_OWN, NULL, ask_pairing},
	/* origin, allow → {} */
	{"POST", "/pairing", WHO_OWN, NULL, ask_pairing_decide},
	/* origin → {} */
	{"POST", "/pairing/remove", WHO_OWN, NULL, ask_pairing_remove},
	/* → signed */
	{"GET", "/signed", WHO_OWN, NULL, ask_signed},
	{0}
};

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

/* A GET without Origin: our own page's, or a program's; a foreign page's says so itself. */
static bool
is_same_origin_get(const struct http_request *req)
{
	const char	*site = http_header(req, "sec-fetch-site");

	return strcmp(req->method, "GET") == 0 && (site == NULL ||
	    strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0);
}

/* May this origin use this endpoint, and read its answer? */
static bool
may_use(const struct asked *q, const struct endpoint *e, const struct http_request *req)
{
	if (q->origin[0] == '\0')
		return is_same_origin_get(req);
	switch (e->who) {
	case WHO_ANY:		return q->allowed || pairing_is_sound(q->origin);
	case WHO_ALLOWED:	return q->allowed;
	case WHO_OWN:		return is_own(q->a, q->origin);
	}
	return false;
}

static const struct endpoint *
endpoint_find(const char *method, const char *path)
{
	for (const struct endpoint *e = endpoints; e->path != NULL; e++)
		if (strcmp(e->path, path) == 0 &&
		    (method == NULL || strcmp(e->method, method) == 0))
			return e;
	return NULL;
}

static void
allow_cors(struct http_response *res, const char *origin)
{
	http_respond_header(res, "Access-Control-Allow-Origin", "%s", origin);
	http_respond_header(res, "Vary", "Origin");
}

static void
preflight(const struct asked *q, const struct http_request *req, struct http_response *res)
{
	const char		*method = http_header(req, "access-control-request-method");
	const struct endpoint	*e = method == NULL ? NULL : endpoint_find(method, req->path);

	if (e == NULL || q->origin[0] == '\0' || !may_use(q, e, req)) {
		res->status = 403;
		return;
	}
	res->status = 204;
	allow_cors(res, q->origin);
	http_respond_header(res, "Access-Control-Allow-Methods", "%s", e->method);
	http_respond_header(res, "Access-Control-Allow-Headers", "Content-Type");
	http_respond_header(res, "Access-Control-Max-Age", "60");
	if (http_header(req, "access-control-request-private-network") != NULL)
		http_respond_header(res, "Access-Control-Allow-Private-Network", "true");
}

static int
read_json(const struct http_request *req, json_t **in, struct err *err)
{
	if (strcmp(req->method, "POST") != 0) {
		*in = json_object();
		return 0;
	}
	if (!http_is_type(req, "application/json"))
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
serve_endpoint(struct asked *q, const struct endpoint *e, struct http_request *req,
    struct http_response *res)
{
	struct err	 err = {0};
	json_t		*in = NULL, *out = json_object();
	int		 rc = -1;

	if (!may_use(q, e, req)) {
		err_set(&err, ERR_DENIED,
		    "这个网站还没有得到允许。请打开证书助手页面，核对配对码后点“允许”。");
	} else {
		if (q->origin[0] != '\0')
			allow_cors(res, q->origin);
		rc = read_json(req, &in, &err);
		q->in = in;
	}
	if (rc == 0)
		rc = e->ask != NULL ? e->ask(q, &out, &err) :
		    keys_with(q->a, js_str(in, "key"), e->key_fn, in, out, &err);
	if (rc == 0) {
		respond_json(res, 200, out);
	} else {
		if (out == NULL)
			out = json_object();
		log_kv(LOG_INFO, "assistant.refused", LOG_S("path", e->path),
		    LOG_S("error", err.text));
		respond_err(res, &err, out);
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
		http_respond_header(res, "Cross-Origin-Resource-Policy", "same-origin");
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
	struct asked		 q = {.a = a, .origin = origin == NULL ? "" : origin};
	const struct endpoint	*e;

	http_respond_header(res, "X-Content-Type-Options", "nosniff");
	if (!host_is_ours(a, req)) {
		res->status = 403;
		return;
	}
	q.allowed = is_own(a, q.origin) || pairing_is_allowed(a, q.origin);
	if (strcmp(req->method, "OPTIONS") == 0)
		preflight(&q, req, res);
	else if ((e = endpoint_find(req->method, req->path)) != NULL)
		serve_endpoint(&q, e, req, res);
	else if (endpoint_find(NULL, req->path) != NULL)
		res->status = 405;
	else if (strcmp(req->method, "GET") != 0 || !serve_asset(req, res))
		res->status = 404;
}

static size_t
body_max(const struct http_request *req, void *arg)
{
	(void)req;
	(void)arg;
	return ASSISTANT_BODY;
}

int
assistant_listen(struct assistant *a, int64_t body_ms, struct http_server **out,
    struct err *err)
{
	struct http_config	 config = {.threads = 2, .handle = handle, .body_max = body_max,
		.body_ms = body_ms, .arg = a};
	char			 address[40];

	snprintf(address, sizeof(address), "127.0.0.1:%d", a->port);
	config.listen = address;
	if (http_server_new(out, &config, err) < 0)
		return -1;
	a->port = http_server_port(*out);
	return 0;
}

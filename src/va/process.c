#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/passphrase.h"
#include "base/sandbox.h"
#include "base/str.h"
#include "base/url.h"
#include "ipc/process.h"
#include "signer/signer.h"
#include "va/work.h"

#include <unistd.h>

#define VA_VERSION	2
#define VA_TIMEOUT_MS	5000
#define CA_MAX_AGE	3600	/* seconds that a CA certificate may be kept */
#define READY_MS	500	/* how often the store's changes are looked at */
#define READY_EVERY	20	/* and, so many times less often, keys and lists */

/* ---- the stub ---- */

int
va_status(const char *serial, enum va_status *status, struct err *err)
{
	struct ipc_msg	 in, out;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&out);
	js_set_str(in.json, "serial", serial);
	rc = ipc_ask("va", VA_VERSION, "status", &in, &out, VA_TIMEOUT_MS, err);
	if (rc == 0) {
		const char	*s = js_str(out.json, "status");

		*status = strcmp(s, "good") == 0 ? VA_GOOD :
		    strcmp(s, "revoked") == 0 ? VA_REVOKED : VA_UNKNOWN;
	}
	ipc_msg_free(&in);
	ipc_msg_free(&out);
	return rc;
}

int
va_stats(json_t **out, struct err *err)
{
	return ipc_ask_stats("va", VA_VERSION, out, err);
}

static int
answer_status(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	static const char *const names[] = {[OCSP_GOOD] = "good", [OCSP_REVOKED] = "revoked",
		[OCSP_UNKNOWN] = "unknown"};
	struct ocsp_answer	 a;
	const char		*serial;

	(void)caller;
	if (js_need_str(in->json, "serial", &serial, err) < 0 ||
	    va_lookup(arg, serial, NULL, &a, err) < 0)
		return -1;
	js_set_str(out->json, "status", names[a.state]);
	return 0;
}

static const struct ipc_request	 va_requests[] = {
	{"status", IPC_WEB | IPC_GATE | IPC_ADMIN, answer_status},
	{"stats", IPC_WEB | IPC_ADMIN, ipc_answer_stats},
	{0}
};

/* ---- HTTP ---- */

static void
respond_text(struct http_response *res, int status, const char *text)
{
	res->status = status;
	http_respond_header(res, "Content-Type", "text/plain; charset=utf-8");
	buf_addstr(&res->body, text);
}

/* Seconds that a copy may live: so that it is never older than promised, nor past its own end. */
static int64_t
max_age(int64_t seen, int64_t next_update)
{
	int64_t	 left = MIN(seen + va_fresh_ms() - clock_steady(), next_update - clock_now());

	return MAX(left, 0) / 1000;
}

static void
respond_ocsp(const struct http_request *req, struct http_response *res, struct va_answer *a)
{
	res->status = 200;
	http_respond_header(res, "Content-Type", "application/ocsp-response");
	buf_add(&res->body, a->der.p, a->der.len);
	if (strcmp(req->method, "POST") == 0)
		return;
	if (a->next == 0 || !a->single)		/* RFC 5019 6.2: a nonce is for one client */
		http_respond_header(res, "Cache-Control", "no-store");
	else
		va_respond_cached(req, res, &(struct va_caching){a->made,
		    max_age(a->seen, a->next), false, NULL});
}

/* The bytes of an OCSP request: 0, or -1 with a status set. */
static int
ocsp_read(const struct http_request *req, struct http_response *res, struct buf *der)
{
	const char	*text;

	if (strcmp(req->method, "POST") == 0) {
		buf_add(der, req->body, req->body_len);
		if (http_is_type(req, "application/ocsp-request"))
			return 0;
		respond_text(res, 415, "application/ocsp-request is wanted\n");
		return -1;
	}
	/* base64, percent-encoded by the client and decoded by the server already */
	text = req->path + strlen("/ocsp/");
	if (base64_decode(text, strlen(text), der) < 0)
		buf_clear(der);
	return 0;
}

/* What a page gets: the path's rest behind its row's. */
struct va_call {
	struct va			*va;
	const struct http_request	*req;
	const char			*rest;
	struct http_response		*res;
};

static void
page_ocsp(const struct va_call *c)
{
	struct va_answer	 a = {0};
	struct buf		 der;

	buf_init(&der, OCSP_REQUEST_MAX);
	buf_init(&a.der, OCSP_ANSWER_MAX);
	if (ocsp_read(c->req, c->res, &der) == 0) {
		va_ocsp(c->va, der.p, der.len, &a);
		respond_ocsp(c->req, c->res, &a);
	}
	buf_free(&a.der);
	buf_free(&der);
}

static void
page_tsa(const struct va_call *c)
{
	if (!http_is_type(c->req, "application/timestamp-query")) {
		respond_text(c->res, 415, "application/timestamp-query is wanted\n");
		return;
	}
	http_respond_header(c->res, "Content-Type", "application/timestamp-reply");
	http_respond_header(c->res, "Cache-Control", "no-store");
	va_tsa(c->va, c->req->body, c->req->body_len, &c->res->body);
}

/* /crl/<slug>.crl, /crl/<slug>-delta.crl, /crl/<slug>-p7.crl … */
static void
page_crl(const struct va_call *c)
{
	struct http_response	*res = c->res;
	struct err		 err = {0};
	char			 scope[VA_SCOPE];
	const struct va_issuer	*issuer = va_list_by_name(c->va, c->rest, scope);
	struct va_list_out	 list;

	if (issuer == NULL) {
		respond_text(res, 404, "not found\n");
	} else if (va_crl(c->va, issuer, scope, &list, &err) < 0) {
		log_err("crl", &err);
		respond_text(res, 503, "the list is not available now\n");
	} else {
		http_respond_header(res, "Content-Type", "application/pkix-crl");
		res->fixed = list.der->der.p;
		res->fixed_len = list.der->der.len;
		res->release = va_bytes_drop;
		res->release_arg = list.der;
		va_respond_cached(c->req, res, &(struct va_caching){list.this_update,
		    max_age(list.seen, list.next_update), true, list.der->etag});
	}
}

/* /ca/<slug>.crt */
static void
page_cert(const struct va_call *c)
{
	const struct va_issuer	*issuer = NULL;
	char			 slug[VA_ISSUER_ID];
	size_t			 n = strlen(c->rest), len;
	const unsigned char	*der;

	if (n > 4 && n - 4 < sizeof(slug) && strcmp(c->rest + n - 4, ".crt") == 0) {
		snprintf(slug, sizeof(slug), "%.*s", (int)n - 4, c->rest);
		issuer = va_issuer_by_slug(c->va, slug);
	}
	if (issuer == NULL) {
		respond_text(c->res, 404, "not found\n");
		return;
	}
	der = cert_der(issuer->cert, &len);
	buf_add(&c->res->body, der, len);
	http_respond_header(c->res, "Content-Type", "application/pkix-cert");
	va_respond_cached(c->req, c->res, &(struct va_caching){cert_not_before(issuer->cert),
	    CA_MAX_AGE, true, NULL});
}

/* All CA certificates, issuing ones first. */
static void
page_chain(const struct va_call *c)
{
	const struct va	*v = c->va;
	int64_t		 newest = 0;

	for (int root = 0; root < 2; root++)
		for (size_t i = 0; i < v->n_issuers; i++)
			if (v->issuers[i]->root == (root == 1)) {
				cert_pem_add(v->issuers[i]->cert, &c->res->body);
				newest = MAX(newest, cert_not_before(v->issuers[i]->cert));
			}
	http_respond_header(c->res, "Content-Type", "application/x-pem-file");
	va_respond_cached(c->req, c->res, &(struct va_caching){newest, CA_MAX_AGE, true, NULL});
}

static void
page_health(const struct va_call *c)
{
	respond_text(c->res, 200, "ok\n");
}

/* Seconds from now until something ends; nothing when there is no such thing. */
static void
metric_until(struct buf *out, const char *what, const char *authority, int64_t end)
{
	if (end != 0)
		buf_addf(out, "yinxin_%s_seconds{ca=\"%s\"} %" PRId64 "\n", what, authority,
		    (end - clock_now()) / 1000);
}

/* What alarms are made of: the smaller the number, the nearer the trouble. */
static void
metrics_ends(struct va *v, struct buf *out)
{
	static const char *const names[] = {"ca_certificate_ends", "ocsp_certificate_ends",
		"tsa_certificate_ends", "crl_next_update"};

	for (size_t k = 0; k < ARRAY_LEN(names); k++) {
		buf_addf(out, "# TYPE yinxin_%s_seconds gauge\n", names[k]);
		for (size_t i = 0; i < v->n_issuers; i++) {
			const struct va_issuer	*a = v->issuers[i];
			int64_t			 ends[] = {cert_not_after(a->cert),
				va_identity_end(v, a, VA_USE_OCSP),
				va_identity_end(v, a, VA_USE_TSA), va_lists_end(v, a)};

			metric_until(out, names[k], a->id, ends[k]);
		}
	}
}

static void
page_metrics(const struct va_call *c)
{
	struct va		*v = c->va;
	struct http_response	*res = c->res;

	buf_addf(&res->body, "# TYPE yinxin_ocsp_requests_total counter\n"
	    "yinxin_ocsp_requests_total %" PRIu64 "\n"
	    "# TYPE yinxin_ocsp_cached_total counter\nyinxin_ocsp_cached_total %" PRIu64 "\n",
	    v->asked, v->cached);
	va_tsa_metrics(v, &res->body);
	va_publish_metrics(v, &res->body);
	metrics_ends(v, &res->body);
	http_respond_header(res, "Content-Type", "text/plain; version=0.0.4");
}

/* A path ending in '/' stands for all below it; who has GET has HEAD. */
static const struct va_route {
	const char	*path, *method;
	void		(*page)(const struct va_call *c);
} va_routes[] = {
	{"/ocsp", "POST", page_ocsp},
	{"/ocsp/", "GET", page_ocsp},
	{"/tsa", "POST", page_tsa},
	{"/crl/", "GET", page_crl},
	{"/ca/chain.pem", "GET", page_chain},
	{"/ca/", "GET", page_cert},
	{"/healthz", "GET", page_health},
	{"/metrics", "GET", page_metrics},
};

/* NULL: nothing is there. */
static const struct va_route *
route_find(const struct va *v, const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(va_routes); i++) {
		const struct va_route	*r = &va_routes[i];
		size_t			 n = strlen(r->path);

		if ((r->page != page_tsa || v->tsa != NULL) && strncmp(path, r->path, n) == 0 &&
		    (path[n] == '\0' || r->path[n - 1] == '/'))
			return r;
	}
	return NULL;
}

static bool
route_takes(const struct va_route *r, const char *method)
{
	return strcmp(method, r->method) == 0 ||
	    (strcmp(method, "HEAD") == 0 && strcmp(r->method, "GET") == 0);
}

/* On the loop: answers that are kept.  Nothing is signed or read there. */
static bool
va_fast(struct http_request *req, struct http_response *res, void *arg)
{
	const struct va_route	*r = route_find(arg, req->path);
	struct va_answer	 a = {0};
	struct buf		 der;
	bool			 done = false;

	if (r == NULL || r->page != page_ocsp || !route_takes(r, req->method))
		return false;
	buf_init(&der, OCSP_REQUEST_MAX);
	buf_init(&a.der, OCSP_ANSWER_MAX);
	if (ocsp_read(req, res, &der) < 0) {
		done = true;
	} else if (va_cache_get(arg, der.p, der.len, &a)) {
		respond_ocsp(req, res, &a);
		done = true;
	}
	buf_free(&a.der);
	buf_free(&der);
	return done;
}

static void
va_handle(struct http_request *req, struct http_response *res, void *arg)
{
	const struct va_route	*r = route_find(arg, req->path);

	if (r == NULL) {
		respond_text(res, 404, "not found\n");
	} else if (!route_takes(r, req->method)) {
		http_respond_header(res, "Allow", "%s", strcmp(r->method, "GET") == 0 ?
		    "GET, HEAD" : r->method);
		respond_text(res, 405, "method not allowed\n");
	} else {
		r->page(&(struct va_call){arg, req, req->path + strlen(r->path), res});
	}
}

/* ---- the process ---- */

static int
va_open(struct va *v, struct err *err)
{
	pthread_mutex_init(&v->lock, NULL);
	pthread_mutex_init(&v->issuers_lock, NULL);
	pthread_mutex_init(&v->lists_lock, NULL);
	pthread_cond_init(&v->lists_asked, NULL);
	pthread_mutex_init(&v->identity_lock, NULL);
	pthread_mutex_init(&v->certify_lock, NULL);
	v->certify = signer_service_issue;
	v->list_ask = signer_crl;
	if (passphrase_get(&v->passphrase, err) < 0 ||
	    store_open(&v->store, STORE_CA, conf_str("store.ca"), true, err) < 0 ||
	    va_issuers_load(v, err) < 0)
		return -1;
	return va_tsa_open(v, err);
}

/* A CA that was made meanwhile is kept ready, and counted, before anybody asks for it. */
static void
ready_all(struct va *v)
{
	struct err	 err = {0};

	if (va_issuers_load(v, &err) < 0)
		log_err("issuers", &err);
	va_identities_renew(v);
	va_lists_ready(v);
}

/* Keeps answers, keys and lists ready; ends when the process serves no more. */
static void *
ready_thread(void *arg)
{
	struct va	*v = arg;

	for (unsigned n = 0; !v->stopping; n++) {
		va_watch(v);
		if (n % READY_EVERY == 0)
			ready_all(v);
		usleep(READY_MS * 1000);
	}
	return NULL;
}

static void *
http_thread(void *server)
{
	http_server_run(server);
	return NULL;
}

int
va_main(struct err *err)
{
	static struct va		 v;
	struct http_config		 config = {.listen = conf_str("va.listen"), .threads = 2,
		.slashes = true, .handle = va_handle, .fast = va_fast, .arg = &v};
	const struct ipc_service	 service = {.name = "va", .version = VA_VERSION,
		.requests = va_requests, .threads = 4, .arg = &v};
	struct http_server		*http = NULL;
	int64_t				 fd = 0;
	pthread_t			 thread, ready;
	int				 rc;

	if (getenv("YINXIN_LISTEN_FD") != NULL &&
	    str_to_i64(getenv("YINXIN_LISTEN_FD"), 1 << 20, &fd) == 0)
		config.listen_fd = (int)fd;
	if (va_open(&v, err) < 0 || http_server_new(&http, &config, err) < 0 ||
	    sandbox_enter(SANDBOX_VA, err) < 0 || va_publish_start(&v, err) < 0)
		return -1;
	if (pthread_create(&thread, NULL, http_thread, http) != 0 ||
	    pthread_create(&ready, NULL, ready_thread, &v) != 0)
		return err_set(err, ERR_BUG, "no thread for the va");
	rc = ipc_process_serve(&service, err);
	http_server_stop(http);
	pthread_join(thread, NULL);
	v.stopping = true;
	pthread_join(ready, NULL);
	va_publish_stop(&v);
	http_server_free(http);
	va_tsa_close(&v);
	va_cache_release(&v);
	va_lists_release(&v);
	va_identities_release(&v);
	store_close(v.store);
	return rc;
}

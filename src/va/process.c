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

static bool
is_get(const struct http_request *req)
{
	return strcmp(req->method, "GET") == 0 || strcmp(req->method, "HEAD") == 0;
}

static bool
is_ocsp(const struct http_request *req)
{
	return (strcmp(req->path, "/ocsp") == 0 && strcmp(req->method, "POST") == 0) ||
	    (str_has_prefix(req->path, "/ocsp/") && is_get(req));
}

/* Seconds that a copy may live: as fresh as promised, never past what it says itself. */
static int64_t
max_age(int64_t next_update)
{
	return MIN(va_fresh_ms(), next_update - clock_now()) / 1000;
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
		va_respond_cached(req, res, &(struct va_caching){a->made, max_age(a->next), false,
		    NULL});
}

/* The bytes of an OCSP request: 0, or -1 with a status set. */
static int
ocsp_read(const struct http_request *req, struct http_response *res, struct buf *der)
{
	const char	*type = http_header(req, "content-type"), *text;

	if (strcmp(req->method, "POST") == 0) {
		buf_add(der, req->body, req->body_len);
		if (type != NULL && str_has_prefix(type, "application/ocsp-request"))
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

static void
page_ocsp(struct va *v, const struct http_request *req, struct http_response *res)
{
	struct va_answer	 a = {0};
	struct buf		 der;

	buf_init(&der, OCSP_REQUEST_MAX);
	buf_init(&a.der, OCSP_ANSWER_MAX);
	if (ocsp_read(req, res, &der) == 0) {
		va_ocsp(v, der.p, der.len, &a);
		respond_ocsp(req, res, &a);
	}
	buf_free(&a.der);
	buf_free(&der);
}

static void
page_tsa(struct va *v, const struct http_request *req, struct http_response *res)
{
	const char	*type = http_header(req, "content-type");

	if (v->tsa == NULL) {
		respond_text(res, 404, "no time stamps here\n");
	} else if (type == NULL || !str_has_prefix(type, "application/timestamp-query")) {
		respond_text(res, 415, "application/timestamp-query is wanted\n");
	} else {
		http_respond_header(res, "Content-Type", "application/timestamp-reply");
		http_respond_header(res, "Cache-Control", "no-store");
		va_tsa(v, req->body, req->body_len, &res->body);
	}
}

/* /crl/<slug>.crl, /crl/<slug>-delta.crl, /crl/<slug>-p7.crl … */
static void
page_crl(struct va *v, const struct http_request *req, const char *file,
    struct http_response *res)
{
	struct err		 err = {0};
	char			 scope[VA_SCOPE];
	const struct va_issuer	*issuer = va_list_by_name(v, file, scope);
	struct va_bytes		*list;
	int64_t			 from, next;

	if (issuer == NULL) {
		respond_text(res, 404, "not found\n");
	} else if (va_crl(v, issuer, scope, &list, &from, &next, &err) < 0) {
		log_err("crl", &err);
		respond_text(res, 503, "the list is not available now\n");
	} else {
		http_respond_header(res, "Content-Type", "application/pkix-crl");
		res->fixed = list->der.p;
		res->fixed_len = list->der.len;
		res->release = va_bytes_drop;
		res->release_arg = list;
		va_respond_cached(req, res, &(struct va_caching){from, max_age(next), true,
		    list->etag});
	}
}

/* /ca/<slug>.crt */
static void
page_cert(struct va *v, const struct http_request *req, const char *file,
    struct http_response *res)
{
	const struct va_issuer	*issuer = NULL;
	char			 slug[VA_ISSUER_ID];
	size_t			 n = strlen(file), len;
	const unsigned char	*der;

	if (n > 4 && n - 4 < sizeof(slug) && strcmp(file + n - 4, ".crt") == 0) {
		snprintf(slug, sizeof(slug), "%.*s", (int)n - 4, file);
		issuer = va_issuer_by_slug(v, slug);
	}
	if (issuer == NULL) {
		respond_text(res, 404, "not found\n");
		return;
	}
	der = cert_der(issuer->cert, &len);
	buf_add(&res->body, der, len);
	http_respond_header(res, "Content-Type", "application/pkix-cert");
	va_respond_cached(req, res, &(struct va_caching){cert_not_before(issuer->cert), CA_MAX_AGE,
	    true, NULL});
}

/* All CA certificates, issuing ones first. */
static void
page_chain(struct va *v, const struct http_request *req, struct http_response *res)
{
	int64_t	 newest = 0;

	for (int root = 0; root < 2; root++)
		for (size_t i = 0; i < v->n_issuers; i++)
			if (v->issuers[i]->root == (root == 1)) {
				cert_pem_add(v->issuers[i]->cert, &res->body);
				newest = MAX(newest, cert_not_before(v->issuers[i]->cert));
			}
	http_respond_header(res, "Content-Type", "application/x-pem-file");
	va_respond_cached(req, res, &(struct va_caching){newest, CA_MAX_AGE, true, NULL});
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
page_metrics(struct va *v, struct http_response *res)
{
	buf_addf(&res->body, "# TYPE yinxin_ocsp_requests_total counter\n"
	    "yinxin_ocsp_requests_total %" PRIu64 "\n"
	    "# TYPE yinxin_ocsp_cached_total counter\nyinxin_ocsp_cached_total %" PRIu64 "\n",
	    v->asked, v->cached);
	va_tsa_metrics(v, &res->body);
	va_publish_metrics(v, &res->body);
	metrics_ends(v, &res->body);
	http_respond_header(res, "Content-Type", "text/plain; version=0.0.4");
}

/* On the loop: answers that are kept.  Nothing is signed or read there. */
static bool
va_fast(struct http_request *req, struct http_response *res, void *arg)
{
	struct va_answer	 a = {0};
	struct buf		 der;
	bool			 done = false;

	if (!is_ocsp(req))
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
	struct va	*v = arg;
	bool		 get = is_get(req);

	if (is_ocsp(req)) {
		page_ocsp(v, req, res);
	} else if (strcmp(req->path, "/tsa") == 0 && strcmp(req->method, "POST") == 0) {
		page_tsa(v, req, res);
	} else if (!get) {
		respond_text(res, 405, "method not allowed\n");
	} else if (str_has_prefix(req->path, "/crl/")) {
		page_crl(v, req, req->path + strlen("/crl/"), res);
	} else if (strcmp(req->path, "/ca/chain.pem") == 0) {
		page_chain(v, req, res);
	} else if (str_has_prefix(req->path, "/ca/")) {
		page_cert(v, req, req->path + strlen("/ca/"), res);
	} else if (strcmp(req->path, "/healthz") == 0) {
		respond_text(res, 200, "ok\n");
	} else if (strcmp(req->path, "/metrics") == 0) {
		page_metrics(v, res);
	} else {
		respond_text(res, 404, "not found\n");
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

/* Keeps answers, keys and lists ready; ends when the process serves no more. */
static void *
ready_thread(void *arg)
{
	struct va	*v = arg;

	for (unsigned n = 0; !v->stopping; n++) {
		va_watch(v);
		if (n % READY_EVERY == 0) {
			va_identities_renew(v);
			va_lists_ready(v);
		}
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
		.handle = va_handle, .fast = va_fast, .arg = &v};
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

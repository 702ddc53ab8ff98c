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
#include "va/work.h"

#define VA_VERSION	1
#define VA_TIMEOUT_MS	5000

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

static void
respond_bytes(struct http_response *res, const char *type, int64_t max_age)
{
	http_respond_header(res, "Content-Type", "%s", type);
	if (max_age > 0)
		http_respond_header(res, "Cache-Control", "max-age=%" PRId64 ",public",
		    max_age);
}

static void
page_ocsp(struct va *v, const struct http_request *req, struct http_response *res)
{
	const char	*type = http_header(req, "content-type");
	struct buf	 der;

	buf_init(&der, OCSP_REQUEST_MAX);
	if (strcmp(req->method, "POST") == 0) {
		if (type == NULL || !str_has_prefix(type, "application/ocsp-request")) {
			respond_text(res, 415, "application/ocsp-request is wanted\n");
			goto out;
		}
		buf_add(&der, req->body, req->body_len);
	} else {
		const char	*text = req->path + strlen("/ocsp/");

		/* base64, percent-encoded by the client and decoded by the server already */
		if (base64_decode(text, strlen(text), &der) < 0)
			buf_clear(&der);
	}
	va_ocsp(v, der.p, der.len, &res->body);
	respond_bytes(res, "application/ocsp-response",
	    strcmp(req->method, "GET") == 0 ? VA_FRESH_MS / 1000 : 0);
 out:
	buf_free(&der);
}

/* /crl/<slug>.crl and /crl/<slug>-delta.crl; the slug of a CA never ends in -delta. */
static void
page_crl(struct va *v, const char *file, struct http_response *res)
{
	struct err		 err = {0};
	const struct va_issuer	*issuer;
	char			 slug[VA_ISSUER_ID];
	size_t			 n = strlen(file) < 4 ? 0 : strlen(file) - 4;
	bool			 delta;
	int64_t			 next;

	delta = n > 6 && strncmp(file + n - 6, "-delta", 6) == 0;
	n -= delta ? 6 : 0;
	if (n == 0 || n >= sizeof(slug) || strcmp(file + strlen(file) - 4, ".crl") != 0) {
		respond_text(res, 404, "not found\n");
		return;
	}
	snprintf(slug, sizeof(slug), "%.*s", (int)n, file);
	if ((issuer = va_issuer_by_slug(v, slug)) == NULL) {
		respond_text(res, 404, "not found\n");
	} else if (va_crl(v, issuer, delta ? "delta" : "", &res->body, &next, &err) < 0) {
		log_err("crl", &err);
		buf_clear(&res->body);
		respond_text(res, 503, "the list is not available now\n");
	} else {
		respond_bytes(res, "application/pkix-crl", VA_FRESH_MS / 1000);
	}
}

/* /ca/<slug>.crt */
static void
page_cert(struct va *v, const char *file, struct http_response *res)
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
	respond_bytes(res, "application/pkix-cert", 3600);
}

/* All CA certificates, issuing ones first. */
static void
page_chain(struct va *v, struct http_response *res)
{
	for (int root = 0; root < 2; root++)
		for (size_t i = 0; i < v->n_issuers; i++)
			if (v->issuers[i]->root == (root == 1))
				cert_pem_add(v->issuers[i]->cert, &res->body);
	respond_bytes(res, "application/x-pem-file", 3600);
}

static void
page_metrics(struct va *v, struct http_response *res)
{
	pthread_mutex_lock(&v->lock);
	buf_addf(&res->body, "# TYPE yinxin_ocsp_requests_total counter\n"
	    "yinxin_ocsp_requests_total %" PRIu64 "\n"
	    "# TYPE yinxin_ocsp_cached_total counter\nyinxin_ocsp_cached_total %" PRIu64 "\n"
	    "# TYPE yinxin_crl_next_update_seconds gauge\n"
	    "yinxin_crl_next_update_seconds %" PRId64 "\n", v->asked, v->cached,
	    (int64_t)(v->crl_next / 1000));
	pthread_mutex_unlock(&v->lock);
	http_respond_header(res, "Content-Type", "text/plain; version=0.0.4");
}

static void
va_handle(struct http_request *req, struct http_response *res, void *arg)
{
	struct va	*v = arg;
	bool		 get = strcmp(req->method, "GET") == 0 ||
	    strcmp(req->method, "HEAD") == 0;

	if ((strcmp(req->path, "/ocsp") == 0 && strcmp(req->method, "POST") == 0) ||
	    (get && str_has_prefix(req->path, "/ocsp/"))) {
		page_ocsp(v, req, res);
	} else if (!get) {
		respond_text(res, 405, "method not allowed\n");
	} else if (str_has_prefix(req->path, "/crl/")) {
		page_crl(v, req->path + strlen("/crl/"), res);
	} else if (strcmp(req->path, "/ca/chain.pem") == 0) {
		page_chain(v, res);
	} else if (str_has_prefix(req->path, "/ca/")) {
		page_cert(v, req->path + strlen("/ca/"), res);
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
va_read_cert(const char *name, struct cert **out, struct err *err)
{
	char	*path = xasprintf("%s/%s", conf_str("data.dir"), name);
	int	 rc = cert_read(path, out, err);

	free(path);
	return rc;
}

static int
va_open(struct va *v, struct err *err)
{
	struct secret	 passphrase = {0};
	char		*path = xasprintf("%s/va/ocsp.key", conf_str("data.dir"));
	int		 rc = -1;

	pthread_mutex_init(&v->lock, NULL);
	pthread_mutex_init(&v->issuers_lock, NULL);
	pthread_mutex_init(&v->lists_lock, NULL);
	if (passphrase_get(&passphrase, err) == 0 &&
	    va_read_cert("va/ocsp.crt", &v->responder, err) == 0 &&
	    key_read(path, &passphrase, &v->key, err) == 0 &&
	    store_open(&v->store, STORE_CA, conf_str("store.ca"), true, err) == 0)
		rc = va_issuers_load(v, err);
	secret_free(&passphrase);
	free(path);
	return rc;
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
		.handle = va_handle, .arg = &v};
	const struct ipc_service	 service = {.name = "va", .version = VA_VERSION,
		.requests = va_requests, .threads = 4, .arg = &v};
	struct http_server		*http = NULL;
	int64_t				 fd = 0;
	pthread_t			 thread;
	int				 rc;

	if (getenv("YINXIN_LISTEN_FD") != NULL &&
	    str_to_i64(getenv("YINXIN_LISTEN_FD"), 1 << 20, &fd) == 0)
		config.listen_fd = (int)fd;
	if (va_open(&v, err) < 0 || http_server_new(&http, &config, err) < 0 ||
	    sandbox_enter(SANDBOX_VA, err) < 0)
		return -1;
	if (pthread_create(&thread, NULL, http_thread, http) != 0)
		return err_set(err, ERR_BUG, "no thread for HTTP");
	rc = ipc_process_serve(&service, err);
	http_server_stop(http);
	pthread_join(thread, NULL);
	http_server_free(http);
	store_close(v.store);
	return rc;
}

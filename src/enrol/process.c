#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/str.h"
#include "enrol/enrol.h"
#include "enrol/work.h"
#include "pki/cert.h"
#include "signer/signer.h"

#include <signal.h>

static struct http_server	*enrol_server;

void
enrol_text(struct http_response *res, int status, const char *text)
{
	res->status = status;
	http_respond_header(res, "Content-Type", "text/plain; charset=utf-8");
	http_respond_header(res, "Cache-Control", "no-store");
	buf_addf(&res->body, "%s\n", text);
}

bool
enrol_method(const struct http_request *req, struct http_response *res, const char *method)
{
	bool	 get = strcmp(method, "GET") == 0;

	if (strcmp(req->method, method) == 0 || (get && strcmp(req->method, "HEAD") == 0))
		return true;
	http_respond_header(res, "Allow", "%s", get ? "GET, HEAD" : method);
	enrol_text(res, 405, "method not allowed");
	return false;
}

void
enrol_error(struct http_response *res, const char *event, const struct err *err)
{
	bool	 ours = err->kind == ERR_BUG || err->kind == ERR_STORE;

	log_err(event, err);
	enrol_text(res, err_row(err->kind)->http_status,
	    ours ? "not possible now; the log says why" : err->text);
}

void
enrol_count(struct enrol *e, enum enrol_protocol protocol, bool issued)
{
	if (issued)
		e->issued[protocol]++;
	else
		e->refused[protocol]++;
}

/* What ends: the TLS certificate, and the one that signs answers over CMP while there is one. */
static void
enrol_metrics_ends(struct enrol *e, const struct http_stats *s, struct buf *out)
{
	int64_t	 cmp;

	pthread_mutex_lock(&e->lock);
	cmp = e->cert == NULL ? 0 : cert_not_after(e->cert);
	pthread_mutex_unlock(&e->lock);
	if (s->tls_ends != 0)
		buf_addf(out, "# TYPE yinxin_tls_certificate_ends_seconds gauge\n"
		    "yinxin_tls_certificate_ends_seconds %" PRId64 "\n",
		    (s->tls_ends - clock_now()) / 1000);
	if (cmp != 0)
		buf_addf(out, "# TYPE yinxin_cmp_certificate_ends_seconds gauge\n"
		    "yinxin_cmp_certificate_ends_seconds %" PRId64 "\n", (cmp - clock_now()) / 1000);
}

/* For loopback only, like the hall's. */
static void
enrol_metrics(struct enrol *e, const struct http_request *req, struct http_response *res)
{
	static const char *const names[] = {[ENROL_EST] = "est", [ENROL_CMP] = "cmp"};
	struct http_stats	 s = {0};

	if (!str_has_prefix(req->peer, "127.") && strcmp(req->peer, "::1") != 0) {
		enrol_text(res, 403, "from this machine only");
		return;
	}
	http_server_stats(enrol_server, &s);
	http_respond_header(res, "Content-Type", "text/plain; version=0.0.4");
	buf_addf(&res->body, "# TYPE yinxin_enrol_requests_total counter\n"
	    "yinxin_enrol_requests_total %" PRIu64 "\n"
	    "# TYPE yinxin_enrol_issued_total counter\n"
	    "# TYPE yinxin_enrol_refused_total counter\n", s.requests);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		buf_addf(&res->body, "yinxin_enrol_issued_total{protocol=\"%s\"} %" PRIu64 "\n"
		    "yinxin_enrol_refused_total{protocol=\"%s\"} %" PRIu64 "\n", names[i],
		    e->issued[i], names[i], e->refused[i]);
	enrol_metrics_ends(e, &s, &res->body);
}

void
enrol_chain_der(const json_t *answer, struct buf *certs)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(json_object_get(answer, "certs"), i, one)
		if (base64_decode(json_string_value(one), json_string_length(one), certs) < 0)
			BUG("the signer's chain is no base64");
}

static size_t
enrol_body_max(const struct http_request *req, void *arg)
{
	(void)req;
	(void)arg;
	return ENROL_BODY;
}

static void
enrol_handle(struct http_request *req, struct http_response *res, void *arg)
{
	if (str_has_prefix(req->path, "/.well-known/est/"))
		est_handle(arg, req, res);
	else if (strcmp(req->path, CMP_ROOT) == 0 || str_has_prefix(req->path, CMP_ROOT "/"))
		cmp_handle(arg, req, res);
	else if (strcmp(req->path, "/metrics") == 0)
		enrol_metrics(arg, req, res);
	else if (strcmp(req->path, "/healthz") == 0)
		enrol_text(res, 200, "ok");
	else
		enrol_text(res, 404, "not found");
}

static void
enrol_stop(int signal_number)
{
	(void)signal_number;
	http_server_stop(enrol_server);
}

int
enrol_main(struct err *err)
{
	static struct enrol	 e = {.enrol = signer_enrol, .enrol_cmp = signer_enrol_cmp,
		.sender = signer_enrol_sender,
		.chain = signer_enrol_chain, .certify = signer_service_issue,
		.lock = PTHREAD_MUTEX_INITIALIZER};
	struct http_config	 config = {.listen = conf_str("enrol.listen"), .threads = 2,
		.tls_cert = conf_path("enrol.tls_cert"), .tls_key = conf_path("enrol.tls_key"),
		.ask_client = true, .body_max = enrol_body_max, .handle = enrol_handle, .arg = &e};
	int64_t			 fd = 0;

	if (getenv("YINXIN_LISTEN_FD") != NULL &&
	    str_to_i64(getenv("YINXIN_LISTEN_FD"), 1 << 20, &fd) == 0)
		config.listen_fd = (int)fd;
	if (http_server_new(&enrol_server, &config, err) < 0 ||
	    sandbox_enter(SANDBOX_ENROL, err) < 0)
		return -1;
	signal(SIGTERM, enrol_stop);
	signal(SIGINT, SIG_IGN);	/* the terminal's ^C is for the supervisor */
	log_kv(LOG_INFO, "enrol.ready", LOG_I("port", http_server_port(enrol_server)));
	http_server_run(enrol_server);
	http_server_free(enrol_server);
	cmp_close(&e);
	return 0;
}

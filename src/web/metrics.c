#include "base/base.h"
#include "web/metrics.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/str.h"
#include "doc/doc.h"
#include "gate/gate.h"
#include "hall/anchor.h"
#include "ipc/process.h"
#include "kmc/kmc.h"
#include "signer/signer.h"
#include "va/va.h"

static const struct http_server	*metrics_server;

void
metrics_use(const struct http_server *s)
{
	metrics_server = s;
}

static void
metrics_one(struct buf *b, const char *name, const char *kind, const char *help, uint64_t n)
{
	buf_addf(b, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help, name, kind,
	    name, n);
}

static void
metrics_http(struct buf *b)
{
	struct http_stats	s = {0};
	int			k = 0;

	http_server_stats(metrics_server, &s);
	metrics_one(b, "yinxin_http_requests_total", "counter", "Requests read.", s.requests);
	metrics_one(b, "yinxin_http_refused_total", "counter",
	    "Requests and connections refused.", s.refused);
	metrics_one(b, "yinxin_http_connections", "gauge", "Open connections.",
	    s.connections_open);
	metrics_one(b, "yinxin_http_connections_total", "counter", "Connections accepted.",
	    s.connections_total);
	if (s.tls_ends != 0)
		buf_addf(b, "# HELP yinxin_tls_certificate_ends_seconds Until the site's TLS "
		    "certificate ends.\n# TYPE yinxin_tls_certificate_ends_seconds gauge\n"
		    "yinxin_tls_certificate_ends_seconds %" PRId64 "\n",
		    (s.tls_ends - clock_now()) / 1000);
	buf_addstr(b, "# HELP yinxin_http_answers_total Answers by class of status.\n"
	    "# TYPE yinxin_http_answers_total counter\n");
	for (k = 1; k < 6; k++)
		buf_addf(b, "yinxin_http_answers_total{class=\"%dxx\"} %" PRIu64 "\n", k,
		    s.status[k]);
}

static int
metrics_self(json_t **out, struct err *err)
{
	*out = json_object();
	js_set_int(*out, "journal_anchor_failures_total", hall_anchor_failures());
	return ipc_own_stats(*out, err);
}

/* The processes, and how each is asked for its numbers (ipc/process.h). */
static const struct {
	const char	*name;
	int		(*ask)(json_t **out, struct err *err);
} metrics_processes[] = {
	{"signer", signer_stats}, {"kmc", kmc_stats}, {"va", va_stats}, {"gate", gate_stats},
	{"doc", doc_stats}, {"web", metrics_self},
};

/* What every process counts: one name, told apart by the label. */
static const char *const	 metrics_common[] = {"requests_total", "errors_total",
	"refused_total", "connections", "cpu_ms_total", "memory_bytes"};

static const char *
metrics_type(const char *name)
{
	return str_has_suffix(name, "_total") ? "counter" : "gauge";
}

static void
metrics_labelled(struct buf *b, json_t *const *stats)
{
	size_t	i = 0, k = 0;

	buf_addstr(b, "# HELP yinxin_up Does the process answer?\n# TYPE yinxin_up gauge\n");
	for (k = 0; k < ARRAY_LEN(metrics_processes); k++)
		buf_addf(b, "yinxin_up{process=\"%s\"} %d\n", metrics_processes[k].name,
		    stats[k] != NULL);
	for (i = 0; i < ARRAY_LEN(metrics_common); i++) {
		buf_addf(b, "# TYPE yinxin_process_%s %s\n", metrics_common[i],
		    metrics_type(metrics_common[i]));
		for (k = 0; k < ARRAY_LEN(metrics_processes); k++)
			if (json_object_get(stats[k], metrics_common[i]) != NULL)
				buf_addf(b, "yinxin_process_%s{process=\"%s\"} %" PRId64 "\n",
				    metrics_common[i], metrics_processes[k].name,
				    js_int(stats[k], metrics_common[i], 0));
	}
}

static bool
metrics_is_common(const char *name)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(metrics_common); i++)
		if (strcmp(metrics_common[i], name) == 0)
			return true;
	return false;
}

/* What only this process counts, under names of its own. */
static void
metrics_own(struct buf *b, const char *process, json_t *stats)
{
	const char	*key = NULL;
	json_t		*v = NULL;

	json_object_foreach(stats, key, v)
		if (json_is_integer(v) && !metrics_is_common(key))
			buf_addf(b, "# TYPE yinxin_%s_%s %s\nyinxin_%s_%s %" PRId64 "\n", process,
			    key, metrics_type(key), process, key, js_int(stats, key, 0));
}

/* What the supervisor knows of each process, those too that are asked for nothing (enrol). */
static void
metrics_supervised(struct buf *b)
{
	static const struct { const char *name, *kind, *key; } rows[] = {
		{"yinxin_process_running", "gauge", "running"},
		{"yinxin_process_restarts_total", "counter", "restarts"},
	};
	struct err	 err = {0};
	struct buf	 text;
	json_t		*j = NULL, *p = NULL;
	char		*path = xasprintf("%s/status.json", conf_path("run.dir"));
	size_t		 i = 0, k = 0;

	buf_init(&text, LIMIT_JSON);
	if (file_read(path, &text, &err) < 0 || json_parse(text.p, text.len, 0, &j, &err) < 0)
		err_clear(&err);		/* not started by a supervisor */
	for (k = 0; j != NULL && k < ARRAY_LEN(rows); k++) {
		buf_addf(b, "# TYPE %s %s\n", rows[k].name, rows[k].kind);
		json_array_foreach(json_object_get(j, "processes"), i, p)
			buf_addf(b, "%s{process=\"%s\"} %" PRId64 "\n", rows[k].name,
			    js_str(p, "name"), js_bool(p, rows[k].key) ? 1 :
			    js_int(p, rows[k].key, 0));
	}
	json_decref(j);
	buf_free(&text);
	free(path);
}

void
metrics_write(struct buf *b)
{
	json_t		*stats[ARRAY_LEN(metrics_processes)] = {NULL};
	struct err	 err = {0};
	size_t		 k = 0;

	if (metrics_server != NULL)
		metrics_http(b);
	for (k = 0; k < ARRAY_LEN(metrics_processes); k++)
		if (metrics_processes[k].ask(&stats[k], &err) < 0)
			err_clear(&err);	/* yinxin_up says it */
	metrics_labelled(b, stats);
	metrics_supervised(b);
	for (k = 0; k < ARRAY_LEN(metrics_processes); k++) {
		metrics_own(b, metrics_processes[k].name, stats[k]);
		json_decref(stats[k]);
	}
}

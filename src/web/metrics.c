#include "base/base.h"
#include "web/metrics.h"

#include "gate/gate.h"
#include "kmc/kmc.h"

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
	buf_addstr(b, "# HELP yinxin_http_answers_total Answers by class of status.\n"
	    "# TYPE yinxin_http_answers_total counter\n");
	for (k = 1; k < 6; k++)
		buf_addf(b, "yinxin_http_answers_total{class=\"%dxx\"} %" PRIu64 "\n", k,
		    s.status[k]);
}

/* Whatever a process counts, under its own names; nothing when it does not answer. */
static void
metrics_process(struct buf *b, const char *process, int (*ask)(json_t **out, struct err *err))
{
	json_t		*stats = NULL, *v = NULL;
	const char	*key = NULL;
	char		 name[64];
	struct err	 err = {0};

	snprintf(name, sizeof(name), "yinxin_%s_up", process);
	metrics_one(b, name, "gauge", "Does the process answer?", ask(&stats, &err) == 0);
	json_object_foreach(stats, key, v)
		if (json_is_number(v) || json_is_boolean(v))
			buf_addf(b, "yinxin_%s_%s %.0f\n", process, key, json_is_boolean(v) ?
			    (double)json_is_true(v) : json_number_value(v));
	json_decref(stats);
}

void
metrics_write(struct buf *b)
{
	if (metrics_server != NULL)
		metrics_http(b);
	metrics_process(b, "gate", gate_stats);
	metrics_process(b, "kmc", kmc_stats);
}

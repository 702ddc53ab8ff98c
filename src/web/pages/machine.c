#include "base/base.h"
#include "web/page.h"

#include "base/conf.h"
#include "base/str.h"
#include "gate/gate.h"
#include "store/store.h"
#include "web/metrics.h"

static int
healthz_read(struct db *db, void *arg, struct err *err)
{
	(void)db;
	(void)arg;
	(void)err;
	return 0;
}

/* Up, and the store answers. */
static int
healthz_show(struct call *c, struct err *err)
{
	if (store_read(hall_store(c->hall), healthz_read, NULL, err) < 0)
		return err_set(err, ERR_BUSY, "store does not answer");
	return call_send(c, "text/plain; charset=utf-8", "ok\n", 3, NULL);
}

extern const struct page	page_healthz;
const struct page		page_healthz = {
	.name = "healthz", .path = "/healthz", .need = NEED_MACHINE, .title = "健康检查",
	.show = healthz_show,
};

static bool
metrics_allowed(const struct call *c)
{
	const char	*want = conf_str("web.metrics_token");
	const char	*have = http_header(c->req, "authorization");

	if (*want == '\0')
		return strcmp(c->req->peer, "127.0.0.1") == 0 ||
		    strcmp(c->req->peer, "::1") == 0;
	if (have == NULL || !str_has_prefix(have, "Bearer "))
		return false;
	have += strlen("Bearer ");
	return secret_equal(have, strlen(have), want, strlen(want));
}

static int
metrics_show(struct call *c, struct err *err)
{
	struct buf	b;

	if (!metrics_allowed(c))
		return err_set(err, ERR_DENIED, "metrics: not from here");
	buf_init(&b, LIMIT_JSON);
	metrics_write(&b);
	(void)call_send(c, "text/plain; version=0.0.4; charset=utf-8", b.p, b.len, NULL);
	buf_free(&b);
	return 0;
}

extern const struct page	page_metrics;
const struct page		page_metrics = {
	.name = "metrics", .path = "/metrics", .need = NEED_MACHINE, .title = "指标",
	.show = metrics_show, .per_minute = 600,
};

/*
 * A provider tells something: handed to gate as it came, answered as gate says.  Believing
 * it is gate's business.
 */
static int
notify_post(struct call *c, struct err *err)
{
	struct gate_answer	 a = {0};
	json_t			*headers = json_object();
	size_t			 i = 0;
	int			 rc = -1;

	for (i = 0; i < c->req->n_headers; i++)
		js_set_str(headers, c->req->headers[i].name, c->req->headers[i].value);
	rc = gate_notify(call_param(c, "channel"), headers, c->req->body, c->req->body_len, &a,
	    err);
	json_decref(headers);
	if (rc < 0)
		return -1;
	c->res->status = a.status;
	(void)call_send(c, a.type[0] == '\0' ? "text/plain" : a.type, a.body.p, a.body.len,
	    NULL);
	buf_free(&a.body);
	return 0;
}

extern const struct page	page_notify;
const struct page		page_notify = {
	.name = "notify", .path = "/notify/{channel}", .need = NEED_MACHINE, .title = "通知",
	.post = notify_post, .per_minute = 6000,
};

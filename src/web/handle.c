#include "base/base.h"
#include "web/site.h"

#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "hall/def/catalog.h"
#include "web/answer.h"
#include "web/assets.h"
#include "web/call_own.h"
#include "web/guard.h"
#include "web/input.h"
#include "web/refill.h"
#include "web/route.h"

json_t *
site_global(const struct hall *h, const char *dir)
{
	json_t	*site = NULL;

	catalog_site(h, &site);
	return json_pack("{s:o, s:s, s:s}", "site", site, "asset", assets_root(dir),
	    "assistant", conf_str("assistant.origin"));
}

static bool
wants_json(const struct http_request *req)
{
	const char	*accept = http_header(req, "accept");

	return accept != NULL && strstr(accept, "application/json") != NULL;
}

/* Everything that must hold before the handler runs. */
static int
handle_guard(struct call *c, bool post, struct err *err)
{
	if (guard_permission(c, err) < 0 || input_query(c, err) < 0)
		return -1;
	/* Reading is free unless the row says otherwise: offices share one address. */
	if ((post || (c->page->post == NULL && c->page->per_minute > 0)) &&
	    guard_rate(c, err) < 0)
		return -1;
	if (!post)
		return 0;
	if (input_body(c, err) < 0)
		return -1;
	if (guard_wants_csrf(c->page->need) && guard_csrf(c, err) < 0)
		return -1;
	return input_check(c, err);
}

/* The page's own model; the row's form with it. */
static int
handle_show(struct call *c, struct err *err)
{
	struct form_context	 f = {.hall = c->hall};
	json_t			*none = NULL;

	if (c->page->form != NULL) {
		none = json_object();
		(void)json_object_set_new(c->model, "groups", form_model(&f, c->page->form,
		    none, NULL));
		json_decref(none);
	}
	return c->page->show(c, err);
}

static void
handle_get(struct call *c, const struct site *site)
{
	struct err	err = {0};

	if (handle_show(c, &err) < 0)
		answer_error(c, site, &err);
	else if (!c->sent)
		answer_model(c, site);
}

/* The page again, with what was typed and what is wrong with it. */
static void
handle_again(struct call *c, const struct site *site, const struct err *err)
{
	struct err	why = {0};

	if (c->json || c->page->show == NULL || c->page->tmpl == NULL ||
	    json_array_size(c->errors) == 0) {
		answer_error(c, site, err);
		return;
	}
	c->model = call_defer(c, json_object());
	if (handle_show(c, &why) < 0) {
		answer_error(c, site, &why);
		return;
	}
	if (c->sent)
		return;
	refill(c->model, c->in, c->errors);
	c->res->status = err_row(err->kind)->http_status;
	answer_model(c, site);
}

/* A post that leads nowhere shows its page with the result in it. */
static void
handle_result(struct call *c, const struct site *site)
{
	json_t		*result = c->model;
	struct err	 err = {0};

	c->model = call_defer(c, json_object());
	if (handle_show(c, &err) < 0) {
		answer_error(c, site, &err);
		return;
	}
	refill(c->model, c->in, c->errors);
	(void)json_object_update(c->model, result);
	answer_model(c, site);
}

static void
handle_post(struct call *c, const struct site *site)
{
	struct err	err = {0};

	if (c->page->post(c, &err) < 0)
		handle_again(c, site, &err);
	else if (c->sent)
		return;
	else if (c->json || c->next != NULL || c->page->tmpl == NULL)
		answer_next(c);
	else
		handle_result(c, site);
}

static void
handle_method(struct call *c, const struct site *site)
{
	struct err	err = {0};

	http_respond_header(c->res, "Allow", "%s%s%s", c->page->show != NULL ? "GET, HEAD" : "",
	    c->page->show != NULL && c->page->post != NULL ? ", " : "",
	    c->page->post != NULL ? "POST" : "");
	err_set(&err, ERR_NOT_FOUND, "不支持这种请求方式，请从页面上操作。");
	answer_error(c, site, &err);
	c->res->status = 405;
}

static void
handle_page(struct call *c, const struct site *site)
{
	const char	*method = c->req->method;
	bool		 post = strcmp(method, "POST") == 0;
	bool		 get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	struct err	 err = {0};

	if ((post && c->page->post == NULL) || (get && c->page->show == NULL) ||
	    (!post && !get)) {
		handle_method(c, site);
		return;
	}
	if (handle_guard(c, post, &err) < 0) {
		if (err.kind == ERR_EXPIRED)
			answer_sign_in(c, site, &err);
		else
			handle_again(c, site, &err);
		return;
	}
	if (post)
		handle_post(c, site);
	else
		handle_get(c, site);
}

void
site_handle(struct http_request *req, struct http_response *res, void *arg)
{
	const struct site	*site = arg;
	struct call		 c = {.hall = site->hall, .req = req, .res = res,
				    .arena = req->arena, .json = wants_json(req)};
	json_t			*params = NULL;
	struct err		 err = {0};

	if (assets_serve(req, res, site->dir))
		return;
	c.page = route_find(req->path, &params);
	res->logged = route_log(req->arena, c.page, req->path);
	c.params = call_defer(&c, params);
	c.query = c.in = call_defer(&c, json_object());
	c.model = call_defer(&c, json_object());
	c.errors = call_defer(&c, json_array());
	if (guard_who(&c, &err) < 0)
		answer_error(&c, site, &err);
	else if (c.page == NULL) {
		err_set(&err, ERR_NOT_FOUND, "没有这个页面。");
		answer_error(&c, site, &err);
	} else {
		handle_page(&c, site);
	}
	if (!c.sent)
		BUG("page %s answered nothing", c.page == NULL ? "-" : c.page->name);
	answer_headers(&c);
}

bool
site_fast(struct http_request *req, struct http_response *res, void *arg)
{
	const struct site	*site = arg;

	return site->dir == NULL && assets_serve(req, res, NULL);
}

size_t
site_body_max(const struct http_request *req, void *arg)
{
	const struct page	*p = route_find(req->path, NULL);

	(void)arg;
	return p == NULL || p->post == NULL ? 1024 : p->body_max == 0 ? LIMIT_HTTP_BODY :
	    p->body_max;
}

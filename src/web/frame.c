#include "base/base.h"
#include "web/frame.h"

#include "web/guard.h"
#include "web/route.h"

/* The headings of the menus that have one. */
static const struct { enum menu menu; const char *title; } frame_headings[] = {
	{MENU_WORK, "业务受理"}, {MENU_QUERY, "证书申请查询"}, {MENU_SERVICE, "证书服务"},
	{MENU_ACCOUNT, "账户"},
};

static json_t *
frame_items(const struct call *c, enum menu menu)
{
	json_t			*list = json_array();
	const struct page	*p = NULL;
	size_t			 i = 0;

	for (i = 0; pages_all[i] != NULL; i++) {
		p = pages_all[i];
		if (p->menu != menu || (menu != MENU_TOP && !guard_may(p->need, &c->who)))
			continue;
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:b}", "path", p->path,
		    "title", p->title, "current", p == c->page));
	}
	return list;
}

static json_t *
frame_groups(const struct call *c)
{
	json_t	*list = json_array();
	size_t	 i = 0;

	for (i = 0; i < ARRAY_LEN(frame_headings); i++)
		(void)json_array_append_new(list, json_pack("{s:s, s:o}", "title",
		    frame_headings[i].title, "items",
		    frame_items(c, frame_headings[i].menu)));
	return list;
}

static const struct page *
frame_above(const struct page *p)
{
	size_t	i = 0;

	if (p == NULL || p->back == NULL)
		return NULL;
	for (i = 0; pages_all[i] != NULL; i++)
		if (strcmp(pages_all[i]->path, p->back) == 0)
			return pages_all[i];
	return NULL;
}

/* The way from the home page to this one, this one left out. */
static json_t *
frame_crumbs(const struct call *c)
{
	json_t			*list = json_array();
	const struct page	*p = NULL;
	struct buf		 path;

	for (p = frame_above(c->page); p != NULL; p = frame_above(p)) {
		buf_init(&path, 512);
		route_write(p->path, c->params, &path);
		(void)json_array_insert_new(list, 0, json_pack("{s:s, s:s}", "path", path.p,
		    "title", p->title));
		buf_free(&path);
	}
	return list;
}

json_t *
frame_model(const struct call *c)
{
	json_t	*f = json_object();

	js_set_str(f, "page", c->page == NULL ? "" : c->page->name);
	js_set_str(f, "here", c->page == NULL ? "" : c->page->title);
	js_set_str(f, "path", c->req->path);
	js_set_bool(f, "account", c->who.account != 0);
	js_set_bool(f, "staff", c->who.staff != 0);
	js_set_str(f, "name", c->token == NULL ? "" : c->session.name);
	js_set_str(f, "csrf", c->csrf);
	js_set_str(f, "request", c->req->id);
	(void)json_object_set_new(f, "top", frame_items(c, MENU_TOP));
	(void)json_object_set_new(f, "groups", frame_groups(c));
	(void)json_object_set_new(f, "desk", frame_items(c, MENU_STAFF));
	(void)json_object_set_new(f, "crumbs", frame_crumbs(c));
	return json_pack("{s:o}", "frame", f);
}

#include "base/base.h"
#include "hall/relying/relying.h"

#include "web/pages/common.h"

/* Relying systems: who is told of what, and what was sent. */

/* What was typed stays when it was refused. */
static void
staff_apps_keep(struct call *c, const char *list, const char *prefix)
{
	json_t	*choices = json_object_get(json_object_get(c->model, "choices"), list), *j = NULL;
	char	 name[64];
	size_t	 i = 0;

	json_array_foreach(choices, i, j) {
		(void)snprintf(name, sizeof(name), "%s%s", prefix, js_str(j, "value"));
		js_set_bool(j, "chosen", *call_in(c, name) != '\0' ||
		    strcmp(call_in(c, "subject"), name) == 0);
	}
}

static int
staff_apps_list(struct call *c, struct err *err)
{
	int	rc = call_take(c, relying_list(c->hall, &c->who, &c->got, err));

	staff_apps_keep(c, "events", "event_");
	staff_apps_keep(c, "products", "product_");
	staff_apps_keep(c, "subjects", "");
	(void)json_object_set_new(c->model, "typed", json_pack("{s:s, s:s}", "name",
	    call_in(c, "name"), "url", call_in(c, "url")));
	return rc;
}

static int
staff_apps_show(struct call *c, struct err *err)
{
	(void)json_object_set_new(c->model, "added", json_null());
	return staff_apps_list(c, err);
}

/* The ticked boxes "event_frozen", "product_org" as one text. */
static json_t *
staff_apps_fields(const struct call *c)
{
	static const struct { const char *prefix, *field; } boxes[] = {
		{ "event_", "events" }, { "product_", "products" } };
	json_t		*in = json_pack("{s:s, s:s, s:s}", "name", call_in(c, "name"), "url",
	    call_in(c, "url"), "subject", call_in(c, "subject")), *value = NULL;
	const char	*name = NULL;
	struct buf	 text;
	size_t		 i = 0;

	for (i = 0; i < ARRAY_LEN(boxes); i++) {
		size_t	n = strlen(boxes[i].prefix);

		buf_init(&text, 1024);
		buf_addstr(&text, call_in(c, boxes[i].field));
		json_object_foreach(c->in, name, value)
			if (strncmp(name, boxes[i].prefix, n) == 0 && *call_in(c, name) != '\0')
				buf_addf(&text, ",%s", name + n);
		js_set_str(in, boxes[i].field, text.p);
		buf_free(&text);
	}
	return in;
}

static int
staff_apps_post(struct call *c, struct err *err)
{
	json_t	*in = staff_apps_fields(c);
	int	 rc = call_take_as(c, "added", relying_add(c->hall, &c->who, in, c->errors, &c->got,
	    err));

	json_decref(in);
	if (rc < 0)
		return -1;
	(void)json_object_clear(c->in);
	return staff_apps_list(c, err);
}

extern const struct page	page_staff_apps, page_staff_app;
const struct page		page_staff_apps = {
	.name = "staff_apps", .path = "/staff/apps", .need = NEED_ADMIN, .title = "应用系统",
	.tmpl = "staff_apps", .back = "/staff", .menu = MENU_STAFF, .show = staff_apps_show,
	.post = staff_apps_post,
};

static int
staff_app_show(struct call *c, struct err *err)
{
	(void)json_object_set_new(c->model, "added", json_null());
	return call_take(c, relying_view(c->hall, &c->who, call_param(c, "id"), &c->got, err));
}

const struct page		page_staff_app = {
	.name = "staff_app", .path = "/staff/apps/{id}", .need = NEED_ADMIN, .title = "应用系统",
	.tmpl = "staff_app", .back = "/staff/apps", .show = staff_app_show,
};

static int
staff_app_rotate_post(struct call *c, struct err *err)
{
	const char	*id = call_param(c, "id");

	if (call_take_as(c, "added", relying_rotate(c->hall, &c->who, id, &c->got, err)) < 0)
		return -1;
	return call_take(c, relying_view(c->hall, &c->who, id, &c->got, err));
}

extern const struct page	page_staff_app_rotate, page_staff_app_remove, page_staff_app_ping,
    page_staff_app_resend;
const struct page		page_staff_app_rotate = {
	.name = "staff_app_rotate", .path = "/staff/apps/{id}/rotate", .need = NEED_ADMIN,
	.title = "更换密钥", .tmpl = "staff_app", .back = "/staff/apps/{id}",
	.show = staff_app_show, .post = staff_app_rotate_post,
};

static int
staff_app_remove_post(struct call *c, struct err *err)
{
	if (relying_remove(c->hall, &c->who, call_param(c, "id"), err) < 0)
		return -1;
	return call_next(c, "已停止通知这个应用系统。", "/staff/apps");
}

const struct page		page_staff_app_remove = {
	.name = "staff_app_remove", .path = "/staff/apps/{id}/remove", .need = NEED_ADMIN,
	.title = "移除", .back = "/staff/apps/{id}", .post = staff_app_remove_post,
};

static int
staff_app_ping_post(struct call *c, struct err *err)
{
	if (relying_ping(c->hall, &c->who, call_param(c, "id"), err) < 0)
		return -1;
	return call_next(c, "测试通知已发出，请刷新查看结果。", "/staff/apps/%s", call_param(c, "id"));
}

const struct page		page_staff_app_ping = {
	.name = "staff_app_ping", .path = "/staff/apps/{id}/ping", .need = NEED_ADMIN,
	.title = "测试", .back = "/staff/apps/{id}", .post = staff_app_ping_post,
};

static int
staff_app_resend_post(struct call *c, struct err *err)
{
	if (relying_resend(c->hall, &c->who, call_param(c, "id"), call_in(c, "delivery"), err) < 0)
		return -1;
	return call_next(c, "已重新发送，请刷新查看结果。", "/staff/apps/%s", call_param(c, "id"));
}

const struct page		page_staff_app_resend = {
	.name = "staff_app_resend", .path = "/staff/apps/{id}/resend", .need = NEED_ADMIN,
	.title = "重发", .back = "/staff/apps/{id}", .post = staff_app_resend_post,
};

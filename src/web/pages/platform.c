#include "base/base.h"
#include "web/page.h"

#include "hall/platform/platform.h"
#include "http/cookie.h"
#include "web/pages/common.h"

/* Users of another platform who arrive signed in (hall/platform/platform.h). */

#define COOKIE_ENTRY	"__Host-entry"		/* of a sign-in on its way */
#define ENTRY_SECONDS	900

static const char *
entry_cookie(const struct call *c)
{
	const char	*cookie = http_cookie(c->req, COOKIE_ENTRY);

	return cookie == NULL ? "" : cookie;
}

/* Waiting, or why not: with the other ways to sign in. */
static int
entry_page(struct call *c, const struct platform_step *s)
{
	const char	*id = call_param(c, "platform"), *title = "";
	json_t		*all = platform_choices(c->hall), *p = NULL;
	size_t		 i = 0;

	json_array_foreach(all, i, p)
		if (strcmp(js_str(p, "id"), id) == 0)
			title = js_str(p, "title");
	js_set_str(c->model, "platform", id);
	js_set_str(c->model, "platform_title", title);
	js_set_bool(c->model, "is_waiting", s->stand == PLATFORM_WAITING);
	js_set_str(c->model, "sentence", s->stand == PLATFORM_WAITING ? "" : s->sentence);
	json_decref(all);
	if (s->stand == PLATFORM_WAITING)	/* also without script */
		http_respond_header(c->res, "Refresh", "1");
	return 0;
}

static int
platform_show(struct call *c, struct err *err)
{
	struct platform_step	s;

	if (platform_begin(c->hall, &c->who, call_param(c, "platform"),
	    page_local_path(call_query(c, "next"), "/user"), &s, err) < 0)
		return -1;
	if (s.stand != PLATFORM_GO)
		return entry_page(c, &s);
	http_set_cookie(c->res, COOKIE_ENTRY, s.token, ENTRY_SECONDS);
	return call_redirect(c, "%s", s.url);
}

extern const struct page	page_platform;
const struct page		page_platform = {
	.name = "platform", .path = "/sign-in/{platform}", .need = NEED_NOBODY,
	.title = "平台登录", .tmpl = "platform", .back = "/signin", .show = platform_show,
	.per_minute = 60,
};

/* The code leaves the address bar at once. */
static int
platform_back_show(struct call *c, struct err *err)
{
	const char	*id = call_param(c, "platform");

	if (platform_back(c->hall, &c->who, id, entry_cookie(c), c->query, err) < 0)
		return -1;
	return call_redirect(c, "/sign-in/%s/wait", id);
}

extern const struct page	page_platform_back;
const struct page		page_platform_back = {
	.name = "platform_back", .path = "/sign-in/{platform}/back", .need = NEED_NOBODY,
	.title = "平台登录", .back = "/signin", .show = platform_back_show, .per_minute = 60,
};

/* A new token at each sign-in; the one before, if any, ends. */
static int
entry_enter(struct call *c, const struct platform_step *s, struct err *err)
{
	if (c->token != NULL && session_end(c->hall, c->token, err) < 0)
		return -1;
	http_set_cookie(c->res, COOKIE_ENTRY, "", 0);
	call_set_session(c, SESSION_ACCOUNT, s->token);
	return 0;
}

static const char *
entry_flash(const struct platform_step *s)
{
	return s->changed > 0 ? "平台上的信息有变化：正在办理的申请需要按新的信息重新确认，请打开申请继续办理。" :
	    s->fresh ? "已用平台账户登录，不需要再注册。" : NULL;
}

static int
platform_wait_show(struct call *c, struct err *err)
{
	const char		*id = call_param(c, "platform");
	struct platform_step	 s;

	if (platform_arrive(c->hall, &c->who, id, entry_cookie(c), &s, err) < 0)
		return -1;
	if (s.stand == PLATFORM_JOIN)
		return call_redirect(c, "/sign-in/%s/join", id);
	if (s.stand != PLATFORM_IN)
		return entry_page(c, &s);
	if (entry_enter(c, &s, err) < 0)
		return -1;
	call_flash(c, entry_flash(&s));
	return call_redirect(c, "%s", s.next);
}

extern const struct page	page_platform_wait;
const struct page		page_platform_wait = {
	.name = "platform_wait", .path = "/sign-in/{platform}/wait", .need = NEED_NOBODY,
	.title = "平台登录", .tmpl = "platform", .back = "/signin", .show = platform_wait_show,
	.per_minute = 240,
};

/* ---- which account ---- */

static int
platform_join_show(struct call *c, struct err *err)
{
	page_captcha(c);
	return call_take(c, platform_join_model(c->hall, &c->who, call_param(c, "platform"),
	    entry_cookie(c), &c->got, err));
}

static int
platform_join_post(struct call *c, struct err *err)
{
	struct platform_step	s;

	if (platform_join_code(c->hall, &c->who, call_param(c, "platform"), entry_cookie(c),
	    c->in, c->errors, &s, err) < 0 || entry_enter(c, &s, err) < 0)
		return -1;
	return call_next(c, "已绑定，以后从平台进入即可登录。", "%s", s.next);
}

extern const struct page	page_platform_join, page_platform_join_account;
const struct page		page_platform_join = {
	.name = "platform_join", .path = "/sign-in/{platform}/join", .need = NEED_NOBODY,
	.title = "绑定账户", .tmpl = "platform_join", .back = "/signin", .form = form_mobile,
	.show = platform_join_show, .post = platform_join_post, .per_minute = 30,
};

static int
platform_join_account_post(struct call *c, struct err *err)
{
	struct platform_step	s;

	if (platform_join(c->hall, &c->who, call_param(c, "platform"), entry_cookie(c), &s,
	    err) < 0)
		return -1;
	http_set_cookie(c->res, COOKIE_ENTRY, "", 0);
	return call_next(c, "已绑定，以后从平台进入即可登录。", "%s", s.next);
}

const struct page		page_platform_join_account = {
	.name = "platform_join_account", .path = "/sign-in/{platform}/join/account",
	.need = NEED_ACCOUNT, .title = "绑定账户", .back = "/signin",
	.post = platform_join_account_post, .per_minute = 30,
};

static int
platform_leave_post(struct call *c, struct err *err)
{
	if (platform_leave(c->hall, &c->who, call_param(c, "platform"), err) < 0)
		return -1;
	return call_next(c, "已解除绑定。", "/user/account");
}

extern const struct page	page_platform_leave;
const struct page		page_platform_leave = {
	.name = "platform_leave", .path = "/user/platforms/{platform}/leave",
	.need = NEED_ACCOUNT, .title = "解除绑定", .back = "/user/account",
	.post = platform_leave_post,
};

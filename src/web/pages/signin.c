#include "base/base.h"
#include "web/page.h"

#include "hall/platform/platform.h"
#include "web/pages/common.h"

static const struct field	form_signin[] = {
	{.name = "login", .label = "用户名", .type = FIELD_TEXT, .required = true, .max = 100,
	 .help = "手机号码、邮箱或登录名。"},
	{.name = "password", .label = "密码", .type = FIELD_PASSWORD, .required = true,
	 .max = 64},
	{.name = "captcha", .label = "图片字符", .type = FIELD_HIDDEN, .max = 10},
	{.name = "next", .label = "登录后的页面", .type = FIELD_HIDDEN, .max = 300},
	{.name = NULL},
};

static int
signin_show(struct call *c, struct err *err)
{
	(void)err;
	page_next(c, "/user");
	js_set_str(c->model, "login", call_in(c, "login"));
	js_set_bool(c->model, "needs_captcha", account_needs_captcha(c->hall, &c->who,
	    call_in(c, "login")));
	(void)json_object_set_new(c->model, "platforms", platform_choices(c->hall));
	page_captcha(c);
	return 0;
}

/* A new token at each sign-in; the one before, if any, ends. */
static int
signin_enter(struct call *c, enum session_kind kind, const char *token, struct err *err)
{
	if (c->token != NULL && session_end(c->hall, c->token, err) < 0)
		return -1;
	call_set_session(c, kind, token);
	return 0;
}

static int
signin_post(struct call *c, struct err *err)
{
	char	token[SESSION_TOKEN];

	if (account_sign_in(c->hall, &c->who, c->in, c->errors, token, err) < 0 ||
	    signin_enter(c, SESSION_ACCOUNT, token, err) < 0)
		return -1;
	return call_next(c, NULL, "%s", page_local_path(call_in(c, "next"), "/user"));
}

extern const struct page	page_signin;
const struct page		page_signin = {
	.name = "signin", .path = "/signin", .need = NEED_NOBODY, .title = "登录",
	.tmpl = "signin", .back = "/", .form = form_signin, .show = signin_show,
	.post = signin_post, .per_minute = 30,
};

static int
signin_code_show(struct call *c, struct err *err)
{
	(void)err;
	page_captcha(c);
	page_next(c, "");
	return 0;
}

static int
signin_code_post(struct call *c, struct err *err)
{
	char	token[SESSION_TOKEN];

	if (account_sign_in_code(c->hall, &c->who, c->in, c->errors, token, err) < 0 ||
	    signin_enter(c, SESSION_ACCOUNT, token, err) < 0)
		return -1;
	return call_next(c, NULL, "%s", page_local_path(call_in(c, "next"), "/user"));
}

extern const struct page	page_signin_code;
const struct page		page_signin_code = {
	.name = "signin_code", .path = "/signin/code", .need = NEED_NOBODY, .title = "短信登录",
	.tmpl = "signin_code", .back = "/signin", .form = form_mobile, .show = signin_code_show,
	.post = signin_code_post, .per_minute = 30,
};

static int
challenge_post(struct call *c, struct err *err)
{
	return call_take(c, ukey_challenge(c->hall, &c->who, &c->got, err));
}

extern const struct page	page_signin_challenge, page_staff_challenge;
const struct page		page_signin_challenge = {
	.name = "signin_challenge", .path = "/signin/challenge", .need = NEED_NOBODY,
	.title = "UKey登录", .back = "/signin", .post = challenge_post, .per_minute = 60,
};
const struct page		page_staff_challenge = {
	.name = "staff_challenge", .path = "/staff/challenge", .need = NEED_NOBODY,
	.title = "UKey登录", .back = "/staff/signin", .post = challenge_post, .per_minute = 60,
};

static int
signin_ukey_post(struct call *c, struct err *err)
{
	char	token[SESSION_TOKEN];

	if (ukey_sign_in(c->hall, &c->who, SESSION_ACCOUNT, c->in, token, err) < 0 ||
	    signin_enter(c, SESSION_ACCOUNT, token, err) < 0)
		return -1;
	return call_next(c, NULL, "%s", page_local_path(call_in(c, "next"), "/user"));
}

extern const struct page	page_signin_ukey;
const struct page		page_signin_ukey = {
	.name = "signin_ukey", .path = "/signin/ukey", .need = NEED_NOBODY, .title = "UKey登录",
	.back = "/signin", .post = signin_ukey_post, .per_minute = 30,
};

static int
signout_post(struct call *c, struct err *err)
{
	bool	staff = strcmp(c->page->name, "staff_signout") == 0;

	if (c->token != NULL && session_end(c->hall, c->token, err) < 0)
		return -1;
	call_drop_session(c, staff ? SESSION_STAFF : SESSION_ACCOUNT);
	return call_next(c, "您已安全退出。", "%s", staff ? "/staff/signin" : "/");
}

extern const struct page	page_signout, page_staff_signout;
const struct page		page_signout = {
	.name = "signout", .path = "/signout", .need = NEED_ACCOUNT, .title = "退出",
	.back = "/", .post = signout_post,
};
const struct page		page_staff_signout = {
	.name = "staff_signout", .path = "/staff/signout", .need = NEED_STAFF, .title = "退出",
	.back = "/staff", .post = signout_post,
};

static int
staff_signin_show(struct call *c, struct err *err)
{
	(void)err;
	js_set_str(c->model, "next", page_local_path(call_query(c, "next"), "/staff"));
	return 0;
}

static int
staff_signin_post(struct call *c, struct err *err)
{
	char	token[SESSION_TOKEN];

	if (ukey_sign_in(c->hall, &c->who, SESSION_STAFF, c->in, token, err) < 0 ||
	    signin_enter(c, SESSION_STAFF, token, err) < 0)
		return -1;
	return call_next(c, NULL, "%s", page_local_path(call_in(c, "next"), "/staff"));
}

extern const struct page	page_staff_signin;
const struct page		page_staff_signin = {
	.name = "staff_signin", .path = "/staff/signin", .need = NEED_NOBODY,
	.title = "工作台登录", .tmpl = "staff_signin", .show = staff_signin_show,
	.post = staff_signin_post, .per_minute = 30,
};

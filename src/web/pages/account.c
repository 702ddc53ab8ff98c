#include "base/base.h"
#include "web/page.h"

#include "hall/account/code.h"
#include "hall/account/sign_in.h"
#include "hall/petition/handler.h"
#include "hall/petition/petition.h"
#include "hall/platform/platform.h"
#include "web/pages/common.h"
#include "web/refill.h"

static int
register_show(struct call *c, struct err *err)
{
	(void)err;
	page_captcha(c);
	page_next(c, "");
	return 0;
}

/* A new account is signed in at once. */
static int
register_post(struct call *c, struct err *err)
{
	int64_t	account = 0;
	char	token[SESSION_TOKEN];

	if (account_register(c->hall, &c->who, c->in, c->errors, &account, err) < 0 ||
	    session_start(c->hall, &c->who, SESSION_ACCOUNT, account, NULL, token, err) < 0)
		return -1;
	call_set_session(c, SESSION_ACCOUNT, token);
	return call_next(c, "注册成功。请牢记登录名和密码，查询业务和补办证书时都要用到。", "%s",
	    page_local_path(call_in(c, "next"), "/user"));
}

extern const struct page	page_register;
const struct page		page_register = {
	.name = "register", .path = "/register", .need = NEED_NOBODY, .title = "新用户注册",
	.tmpl = "register", .back = "/", .form = form_register, .show = register_show,
	.post = register_post, .per_minute = 30,
};

static int
forgot_post(struct call *c, struct err *err)
{
	if (account_reset(c->hall, &c->who, c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "密码已重新设置，请用新密码登录。", "/signin");
}

extern const struct page	page_forgot;
const struct page		page_forgot = {
	.name = "forgot", .path = "/forgot", .need = NEED_NOBODY, .title = "找回密码",
	.tmpl = "forgot", .back = "/signin", .form = form_reset, .show = register_show,
	.post = forgot_post, .per_minute = 30,
};

/* Codes are sent from the pages that ask for one. */
static int
codes_post(struct call *c, struct err *err)
{
	enum code_purpose	 purpose = code_purpose_by_name(call_in(c, "purpose"));
	static const char *const fields[CODE__MAX] = { [CODE_REGISTER] = "mobile",
				    [CODE_RESET] = "target", [CODE_QUERY] = "mobile",
				    [CODE_SIGNIN] = "mobile", [CODE_NUMBER] = "mobile",
				    [CODE_MAIL] = "mail", [CODE_LOST] = "mobile" };

	if (purpose == CODE__MAX || fields[purpose] == NULL)
		return err_set(err, ERR_INPUT, "请从页面上获取验证码。");
	if (code_send(c->hall, &c->who, purpose, fields[purpose], call_in(c, "target"), c->in,
	    c->errors, err) < 0)
		return -1;
	js_set_str(c->model, "text", "验证码已发送，5分钟内有效。没有收到时，请核对号码，60秒后可重新获取。");
	return 0;
}

extern const struct page	page_codes;
const struct page		page_codes = {
	.name = "codes", .path = "/codes", .need = NEED_NOBODY, .title = "获取验证码",
	.back = "/", .post = codes_post, .per_minute = 30,
};

static int
captcha_show(struct call *c, struct err *err)
{
	struct buf	png;
	int		rc = 0;

	buf_init(&png, LIMIT_PAGE);
	rc = captcha_draw(c->hall, &c->who, call_param(c, "id"), &png, err);
	return page_send(c, rc, "image/png", &png, NULL);
}

extern const struct page	page_captcha_picture;
const struct page		page_captcha_picture = {
	.name = "captcha_picture", .path = "/captcha/{id}", .need = NEED_NOBODY,
	.title = "图片字符", .show = captcha_show, .per_minute = 120,
};

/* Asked while typing the certificate's user name. */
static int
check_user_name_show(struct call *c, struct err *err)
{
	struct form_context	 f = {.hall = c->hall};
	json_t			*in = NULL;
	struct err		 why = {0};
	int			 rc = 0;

	in = json_pack("{s:s}", "user_name", call_query(c, "u"));
	rc = form_check_one(&f, form_organisation, "user_name", in, &why);
	json_decref(in);
	if (rc < 0 && why.kind != ERR_INPUT && why.kind != ERR_CONFLICT) {
		*err = why;
		return -1;
	}
	js_set_bool(c->model, "free", rc == 0);
	js_set_str(c->model, "text", rc == 0 ? "可以使用。" : why.text);
	return 0;
}

extern const struct page	page_check_user_name;
const struct page		page_check_user_name = {
	.name = "check_user_name", .path = "/check/user-name", .need = NEED_ACCOUNT,
	.title = "检查用户名", .show = check_user_name_show, .per_minute = 60,
};

static int
user_account_show(struct call *c, struct err *err)
{
	if (call_take(c, account_model(c->hall, &c->who, &c->got, err)) < 0 ||
	    call_take(c, handler_unit(c->hall, &c->who, &c->got, err)) < 0 ||
	    call_take_as(c, "petitions", petition_of_account(c->hall, &c->who, &c->got, err)) < 0)
		return -1;
	if (call_take_as(c, "platforms", platform_list(c->hall, &c->who, &c->got, err)) < 0)
		return -1;
	if (call_take_as(c, "sign_ins", sign_in_list(c->hall, &c->who, &c->got, err)) < 0)
		return -1;
	return call_take_as(c, "sessions", session_list(c->hall, SESSION_ACCOUNT, c->who.account,
	    c->token, &c->got, err));
}

extern const struct page	page_user_account;
const struct page		page_user_account = {
	.name = "user_account", .path = "/user/account", .need = NEED_ACCOUNT,
	.title = "基本资料", .tmpl = "user_account", .back = "/user", .menu = MENU_ACCOUNT,
	.show = user_account_show,
};

static int
user_password_post(struct call *c, struct err *err)
{
	if (account_change_password(c->hall, &c->who, c->token, c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "密码已修改。其他设备上的登录已退出。", "/user/account");
}

extern const struct page	page_user_password;
const struct page		page_user_password = {
	.name = "user_password", .path = "/user/password", .need = NEED_ACCOUNT,
	.title = "修改密码", .tmpl = "user_password", .back = "/user", .menu = MENU_ACCOUNT,
	.form = form_password, .show = page_plain, .post = user_password_post,
	.per_minute = 20,
};

static int
user_sessions_post(struct call *c, struct err *err)
{
	if (session_end_others(c->hall, SESSION_ACCOUNT, c->who.account, c->token, err) < 0)
		return -1;
	return call_next(c, "其他设备上的登录已退出。", "/user/account");
}

extern const struct page	page_user_sessions;
const struct page		page_user_sessions = {
	.name = "user_sessions", .path = "/user/sessions", .need = NEED_ACCOUNT,
	.title = "退出其他设备", .back = "/user/account", .post = user_sessions_post,
};

static int
user_sign_in_notice_post(struct call *c, struct err *err)
{
	bool	on = strcmp(call_in(c, "on"), "1") == 0;

	if (sign_in_switch(c->hall, &c->who, on, err) < 0)
		return -1;
	return call_next(c, on ? "新设备登录提醒已打开。" : "新设备登录提醒已关闭。", "/user/account");
}

extern const struct page	page_user_sign_in_notice;
const struct page		page_user_sign_in_notice = {
	.name = "user_sign_in_notice", .path = "/user/sign-in-notice", .need = NEED_ACCOUNT,
	.title = "新设备登录提醒", .back = "/user/account", .post = user_sign_in_notice_post,
};

/* The address that stands there is offered. */
static int
user_mail_show(struct call *c, struct err *err)
{
	if (call_take(c, account_model(c->hall, &c->who, &c->got, err)) < 0)
		return -1;
	refill(c->model, c->model, c->errors);
	page_captcha(c);
	return 0;
}

static int
user_mail_post(struct call *c, struct err *err)
{
	if (account_mail_prove(c->hall, &c->who, c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "邮箱已验证。换用的新邮箱从第二天起才能用来找回密码。", "/user/account");
}

extern const struct page	page_user_mail;
const struct page		page_user_mail = {
	.name = "user_mail", .path = "/user/mail", .need = NEED_ACCOUNT, .title = "验证邮箱",
	.tmpl = "user_mail", .back = "/user/account", .form = form_mail, .show = user_mail_show,
	.post = user_mail_post, .per_minute = 20,
};

/* ---- another mobile number: first the old one, then the new ---- */

static int
user_mobile_show(struct call *c, struct err *err)
{
	page_captcha(c);
	js_set_bool(c->model, "by_ukey", c->who.key != NULL && *c->who.key != '\0');
	return call_take(c, account_model(c->hall, &c->who, &c->got, err));
}

static int
user_mobile_post(struct call *c, struct err *err)
{
	char	ticket[ACCOUNT_TICKET];

	if (account_mobile_prove(c->hall, &c->who, c->in, c->errors, ticket, err) < 0)
		return -1;
	js_set_str(c->model, "ticket", ticket);
	return call_next(c, NULL, "/user/mobile/new?ticket=%s", ticket);
}

extern const struct page	page_user_mobile;
const struct page		page_user_mobile = {
	.name = "user_mobile", .path = "/user/mobile", .need = NEED_ACCOUNT,
	.title = "更换手机号", .tmpl = "user_mobile", .back = "/user/account",
	.show = user_mobile_show, .post = user_mobile_post, .per_minute = 20,
};

static int
user_mobile_code_post(struct call *c, struct err *err)
{
	if (account_mobile_code(c->hall, &c->who, c->in, c->errors, err) < 0)
		return -1;
	js_set_str(c->model, "text", "验证码已发送到原手机号，5分钟内有效。");
	return 0;
}

extern const struct page	page_user_mobile_code;
const struct page		page_user_mobile_code = {
	.name = "user_mobile_code", .path = "/user/mobile/code", .need = NEED_ACCOUNT,
	.title = "获取验证码", .back = "/user/mobile", .post = user_mobile_code_post,
	.per_minute = 10,
};

static int
user_mobile_new_show(struct call *c, struct err *err)
{
	const char	*ticket = call_in(c, "ticket");

	(void)err;
	page_captcha(c);
	js_set_str(c->model, "ticket", *ticket != '\0' ? ticket : call_query(c, "ticket"));
	return 0;
}

static int
user_mobile_new_post(struct call *c, struct err *err)
{
	if (account_mobile_change(c->hall, &c->who, c->token, c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "手机号已更换。其他设备上的登录已退出，请用新的手机号登录。", "/user/account");
}

extern const struct page	page_user_mobile_new;
const struct page		page_user_mobile_new = {
	.name = "user_mobile_new", .path = "/user/mobile/new", .need = NEED_ACCOUNT,
	.title = "更换手机号", .tmpl = "user_mobile_new", .back = "/user/mobile",
	.form = form_mobile, .show = user_mobile_new_show, .post = user_mobile_new_post,
	.per_minute = 20,
};

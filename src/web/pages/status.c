#include "base/base.h"
#include "web/page.h"

#include "hall/form/form_check.h"
#include "hall/order/order_enter.h"
#include "web/pages/common.h"

static const struct field	form_status[] = {
	{.name = "no", .label = "业务受理号或证件号码", .type = FIELD_TEXT, .required = true, .max = 40,
	 .help = "20位业务受理号；或18位统一社会信用代码、居民身份证号码，查询全部业务。"},
	{.name = "mobile", .label = "经办人手机", .type = FIELD_TEL, .required = true,
	 .max = 11, .help = "申请时填写的手机号码。", .check = check_mobile},
	{.name = "code", .label = "短信验证码", .type = FIELD_CODE, .required = true, .max = 6,
	 .check = check_code},
	{.name = NULL},
};

static int
status_show(struct call *c, struct err *err)
{
	(void)err;
	(void)json_object_set_new(c->model, "result", json_null());
	page_captcha(c);
	return 0;
}

static int
status_post(struct call *c, struct err *err)
{
	return call_take_as(c, "result", order_status(c->hall, &c->who, c->in, c->errors,
	    &c->got, err));
}

extern const struct page	page_status;
const struct page		page_status = {
	.name = "status", .path = "/status", .need = NEED_NOBODY, .title = "申请状态查询",
	.tmpl = "status", .back = "/", .menu = MENU_TOP, .form = form_status,
	.show = status_show, .post = status_post, .per_minute = 20,
};

/* The session before, if any, ends: the phone says who is here now. */
static int
status_enter_post(struct call *c, struct err *err)
{
	char	token[SESSION_TOKEN], path[ORDER_PATH];

	if (order_enter(c->hall, &c->who, c->in, token, path, err) < 0 ||
	    (c->token != NULL && session_end(c->hall, c->token, err) < 0))
		return -1;
	call_set_session(c, SESSION_ACCOUNT, token);
	return call_next(c, "已用手机验证登录。", "%s", path);
}

extern const struct page	page_status_enter;
const struct page		page_status_enter = {
	.name = "status_enter", .path = "/status/enter", .need = NEED_NOBODY, .title = "继续办理",
	.back = "/status", .post = status_enter_post, .per_minute = 20,
};

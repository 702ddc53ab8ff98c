#include "base/base.h"
#include "hall/account/lost.h"

#include "hall/form/form_check.h"
#include "web/pages/common.h"

static json_t *
lost_kinds(const struct form_context *c)
{
	(void)c;
	return json_pack("[{s:s, s:s}, {s:s, s:s}]", "value", "organisation", "text", "单位证书",
	    "value", "person", "text", "个人证书");
}

static const struct field	form_lost[] = {
	{.name = "kind", .label = "证书种类", .type = FIELD_RADIO, .required = true, .max = 12,
	 .options = lost_kinds},
	{.name = "no", .label = "证件号码", .type = FIELD_TEXT, .required = true, .max = 40,
	 .help = "单位证书填18位统一社会信用代码，个人证书填18位居民身份证号码。"},
	{.name = "mobile", .label = "登记的手机", .type = FIELD_TEL, .required = true, .max = 11,
	 .help = "办理证书的账户登记的手机号码。", .check = check_mobile},
	{.name = "code", .label = "短信验证码", .type = FIELD_CODE, .required = true, .max = 6,
	 .check = check_code},
	{.name = NULL},
};

static int
lost_show(struct call *c, struct err *err)
{
	(void)err;
	page_captcha(c);
	return 0;
}

/* The session before, if any, ends: the phone says who is here now. */
static int
lost_post(struct call *c, struct err *err)
{
	char	token[SESSION_TOKEN], ticket[LOST_TICKET];

	if (lost_enter(c->hall, &c->who, c->in, c->errors, token, ticket, err) < 0 ||
	    (c->token != NULL && session_end(c->hall, c->token, err) < 0))
		return -1;
	call_set_session(c, SESSION_ACCOUNT, token);
	return call_next(c, NULL, "/lost/certificates?ticket=%s", ticket);
}

extern const struct page	page_lost;
const struct page		page_lost = {
	.name = "lost", .path = "/lost", .need = NEED_NOBODY, .title = "挂失补办",
	.tmpl = "lost", .back = "/", .menu = MENU_TOP, .form = form_lost, .show = lost_show,
	.post = lost_post, .per_minute = 20,
};

static int
lost_certificates_show(struct call *c, struct err *err)
{
	return call_take(c, lost_list(c->hall, &c->who, call_query(c, "ticket"), &c->got, err));
}

extern const struct page	page_lost_certificates, page_lost_freeze;
const struct page		page_lost_certificates = {
	.name = "lost_certificates", .path = "/lost/certificates", .need = NEED_ACCOUNT,
	.title = "选择证书", .tmpl = "lost_certificates", .back = "/lost",
	.show = lost_certificates_show, .per_minute = 60,
};

static int
lost_freeze_post(struct call *c, struct err *err)
{
	if (lost_freeze(c->hall, &c->who, c->in, err) < 0)
		return -1;
	return call_next(c, "证书已冻结，最迟5秒后各业务系统查询到新的状态。接下来可以补办。",
	    "/lost/certificates?ticket=%s", call_in(c, "ticket"));
}

const struct page		page_lost_freeze = {
	.name = "lost_freeze", .path = "/lost/freeze", .need = NEED_ACCOUNT, .title = "立即冻结",
	.back = "/lost", .post = lost_freeze_post, .per_minute = 20,
};

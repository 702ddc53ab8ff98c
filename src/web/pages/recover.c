#include "base/base.h"
#include "hall/certificate/recover.h"

#include "web/pages/common.h"

/* Key recovery: what belongs to its steps beside the steps themselves, and the desk. */

/* Between the page's script and the assistant. */
static int
recover_key_post(struct call *c, struct err *err)
{
	return call_take(c, recover_key_get(c->hall, &c->who, call_param(c, "no"), c->in, &c->got,
	    err));
}

extern const struct page	page_recover_key, page_recover_done;
const struct page		page_recover_key = {
	.name = "recover_key", .path = "/orders/{no}/recover/key", .need = NEED_ACCOUNT,
	.title = "恢复的密钥", .back = "/orders/{no}", .post = recover_key_post,
	.per_minute = 20,
};

static int
recover_done_post(struct call *c, struct err *err)
{
	if (recover_done(c->hall, &c->who, call_param(c, "no"), c->in, err) < 0)
		return -1;
	return call_next(c, "密钥已恢复，并已核对能打开以前的文件。",
	    "/orders/%s/steps/recover", call_param(c, "no"));
}

const struct page		page_recover_done = {
	.name = "recover_done", .path = "/orders/{no}/recover/done", .need = NEED_ACCOUNT,
	.title = "恢复完成", .back = "/orders/{no}", .post = recover_done_post,
	.per_minute = 20,
};

/* ---- the desk ---- */

static int
staff_recoveries_show(struct call *c, struct err *err)
{
	return call_take(c, recover_list(c->hall, &c->who, &c->got, err));
}

extern const struct page	page_staff_recoveries, page_staff_recovery;
const struct page		page_staff_recoveries = {
	.name = "staff_recoveries", .path = "/staff/recoveries", .need = NEED_REVIEWER,
	.title = "密钥恢复", .tmpl = "staff_recoveries", .back = "/staff", .menu = MENU_STAFF,
	.show = staff_recoveries_show,
};

static int
staff_recovery_show(struct call *c, struct err *err)
{
	return call_take(c, recover_view(c->hall, &c->who, call_param(c, "no"), &c->got, err));
}

const struct page		page_staff_recovery = {
	.name = "staff_recovery", .path = "/staff/recoveries/{no}", .need = NEED_REVIEWER,
	.title = "恢复密钥", .tmpl = "staff_recovery", .back = "/staff/recoveries",
	.show = staff_recovery_show,
};

static int
staff_recovery_statement_post(struct call *c, struct err *err)
{
	return call_take(c, recover_statement(c->hall, &c->who, call_param(c, "no"), c->in,
	    c->errors, &c->got, err));
}

extern const struct page	page_staff_recovery_statement, page_staff_recovery_sign,
    page_staff_recovery_decline;
const struct page		page_staff_recovery_statement = {
	.name = "staff_recovery_statement", .path = "/staff/recoveries/{no}/statement",
	.need = NEED_REVIEWER, .title = "待签名的内容", .back = "/staff/recoveries/{no}",
	.post = staff_recovery_statement_post,
};

static int
staff_recovery_sign_post(struct call *c, struct err *err)
{
	if (recover_sign(c->hall, &c->who, call_param(c, "no"), c->in, err) < 0)
		return -1;
	return call_next(c, "已签名，用户会收到短信和邮件。", "/staff/recoveries");
}

const struct page		page_staff_recovery_sign = {
	.name = "staff_recovery_sign", .path = "/staff/recoveries/{no}/sign",
	.need = NEED_REVIEWER, .title = "签名", .back = "/staff/recoveries/{no}",
	.post = staff_recovery_sign_post,
};

static int
staff_recovery_decline_post(struct call *c, struct err *err)
{
	if (recover_decline(c->hall, &c->who, call_param(c, "no"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "已退回第一位密钥管理员重新审核。", "/staff/recoveries");
}

const struct page		page_staff_recovery_decline = {
	.name = "staff_recovery_decline", .path = "/staff/recoveries/{no}/decline",
	.need = NEED_REVIEWER, .title = "不同意", .tmpl = "staff_recovery",
	.back = "/staff/recoveries/{no}", .show = staff_recovery_show,
	.post = staff_recovery_decline_post,
};

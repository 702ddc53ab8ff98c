#include "base/base.h"
#include "hall/certificate/unlock.h"

#include "web/pages/common.h"

/* What belongs to the steps of an unlocking, beside the steps themselves (pages/step.c). */

static int
unlock_link_post(struct call *c, struct err *err)
{
	if (unlock_send_link(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, "邮件已发送，请在30分钟内打开其中的链接。", "/orders/%s/steps/mail_link",
	    call_param(c, "no"));
}

extern const struct page	page_unlock_link;
const struct page		page_unlock_link = {
	.name = "unlock_link", .path = "/orders/{no}/unlock/link", .need = NEED_ACCOUNT,
	.title = "发送验证邮件", .back = "/orders/{no}", .post = unlock_link_post,
	.per_minute = 10,
};

/* Between the page's script and the assistant. */
static int
unlock_answer_post(struct call *c, struct err *err)
{
	return call_take(c, unlock_answer_get(c->hall, &c->who, call_param(c, "no"), &c->got,
	    err));
}

extern const struct page	page_unlock_answer, page_unlock_done;
const struct page		page_unlock_answer = {
	.name = "unlock_answer", .path = "/orders/{no}/unlock/answer", .need = NEED_ACCOUNT,
	.title = "解锁授权", .back = "/orders/{no}", .post = unlock_answer_post,
	.per_minute = 20,
};

static int
unlock_done_post(struct call *c, struct err *err)
{
	if (unlock_done(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, "UKey已解锁，请牢记新的PIN码。", "/orders/%s/steps/unlock",
	    call_param(c, "no"));
}

const struct page		page_unlock_done = {
	.name = "unlock_done", .path = "/orders/{no}/unlock/done", .need = NEED_ACCOUNT,
	.title = "解锁完成", .back = "/orders/{no}", .post = unlock_done_post,
	.per_minute = 20,
};

#include "base/base.h"
#include "hall/identity/proof.h"

#include "web/pages/common.h"

/* What belongs to the step proof, beside the step itself (pages/step.c). */

static int
proof_page_show(struct call *c, struct err *err)
{
	return page_step(c, "proof", err);
}

static int
order_way_post(struct call *c, struct err *err)
{
	if (proof_start(c->hall, &c->who, call_param(c, "no"), call_param(c, "way"), c->in,
	    c->errors, err) < 0)
		return -1;
	return call_next(c, NULL, "/orders/%s/steps/proof", call_param(c, "no"));
}

extern const struct page	page_order_way, page_proof;
const struct page		page_order_way = {
	.name = "order_way", .path = "/orders/{no}/ways/{way}", .need = NEED_ACCOUNT,
	.title = "主体身份认证", .tmpl = "order_step", .back = "/orders/{no}",
	.show = proof_page_show, .post = order_way_post, .per_minute = 20,
};

/* The page follows along by asking for this; a post answers what came by SMS or bank. */
static int
proof_post(struct call *c, struct err *err)
{
	if (proof_answer(c->hall, &c->who, call_param(c, "no"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "身份认证已通过。", "/orders/%s/continue", call_param(c, "no"));
}

const struct page		page_proof = {
	.name = "proof", .path = "/orders/{no}/proof", .need = NEED_ACCOUNT,
	.title = "主体身份认证", .tmpl = "order_step", .back = "/orders/{no}",
	.show = proof_page_show, .post = proof_post, .per_minute = 30,
};

static int
proof_code_post(struct call *c, struct err *err)
{
	if (proof_send_code(c->hall, &c->who, call_param(c, "no"), c->in, c->errors, err) < 0)
		return -1;
	js_set_str(c->model, "text", "验证码已重新发送，5分钟内有效。");
	return 0;
}

extern const struct page	page_proof_code, page_proof_leave, page_proof_reuse;
const struct page		page_proof_code = {
	.name = "proof_code", .path = "/orders/{no}/proof/code", .need = NEED_ACCOUNT,
	.title = "获取验证码", .back = "/orders/{no}", .post = proof_code_post,
	.per_minute = 10,
};

static int
proof_leave_post(struct call *c, struct err *err)
{
	if (proof_leave(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, "请选择另一种方式。", "/orders/%s/steps/proof", call_param(c, "no"));
}

const struct page		page_proof_leave = {
	.name = "proof_leave", .path = "/orders/{no}/proof/leave", .need = NEED_ACCOUNT,
	.title = "换一种方式", .back = "/orders/{no}", .post = proof_leave_post,
	.per_minute = 20,
};

static int
proof_reuse_post(struct call *c, struct err *err)
{
	if (proof_reuse(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, "已沿用以前的身份认证。", "/orders/%s/continue", call_param(c, "no"));
}

const struct page		page_proof_reuse = {
	.name = "proof_reuse", .path = "/orders/{no}/proof/reuse", .need = NEED_ACCOUNT,
	.title = "沿用以前的认证", .back = "/orders/{no}", .post = proof_reuse_post,
	.per_minute = 20,
};

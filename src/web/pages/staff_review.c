#include "base/base.h"
#include "hall/order/review.h"

#include "base/str.h"
#include "web/pages/common.h"

static int
staff_reviews_show(struct call *c, struct err *err)
{
	page_search(c);
	return call_take(c, review_list(c->hall, &c->who, c->query, &c->got, err));
}

extern const struct page	page_staff_reviews;
const struct page		page_staff_reviews = {
	.name = "staff_reviews", .path = "/staff/reviews", .need = NEED_REVIEWER,
	.title = "审核", .tmpl = "staff_reviews", .back = "/staff", .menu = MENU_STAFF,
	.show = staff_reviews_show,
};

static int
staff_review_show(struct call *c, struct err *err)
{
	return call_take(c, review_view(c->hall, &c->who, call_param(c, "no"), &c->got, err));
}

extern const struct page	page_staff_review;
const struct page		page_staff_review = {
	.name = "staff_review", .path = "/staff/reviews/{no}", .need = NEED_REVIEWER,
	.title = "审核申请", .tmpl = "staff_review", .back = "/staff/reviews",
	.show = staff_review_show,
};

static int
staff_claim_post(struct call *c, struct err *err)
{
	if (review_claim(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, "已领取，30分钟内由您审核。", "/staff/reviews/%s",
	    call_param(c, "no"));
}

extern const struct page	page_staff_claim;
const struct page		page_staff_claim = {
	.name = "staff_claim", .path = "/staff/reviews/{no}/claim", .need = NEED_REVIEWER,
	.title = "领取", .back = "/staff/reviews/{no}", .post = staff_claim_post,
};

static int
staff_return_post(struct call *c, struct err *err)
{
	if (review_return(c->hall, &c->who, call_param(c, "no"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "已退回，申请人会收到短信。", "/staff/reviews");
}

extern const struct page	page_staff_return;
const struct page		page_staff_return = {
	.name = "staff_return", .path = "/staff/reviews/{no}/return", .need = NEED_REVIEWER,
	.title = "退回", .tmpl = "staff_review", .back = "/staff/reviews/{no}",
	.show = staff_review_show, .post = staff_return_post,
};

static int
staff_statement_post(struct call *c, struct err *err)
{
	int64_t	version = 0;

	if (str_to_i64(call_in(c, "version"), INT64_MAX, &version) < 0)
		return err_set(err, ERR_INPUT, "页面不完整，请刷新后重试。");
	return call_take(c, review_statement(c->hall, &c->who, call_param(c, "no"), version,
	    &c->got, err));
}

extern const struct page	page_staff_statement;
const struct page		page_staff_statement = {
	.name = "staff_statement", .path = "/staff/reviews/{no}/statement",
	.need = NEED_REVIEWER, .title = "批准书", .back = "/staff/reviews/{no}",
	.post = staff_statement_post,
};

static int
staff_approve_post(struct call *c, struct err *err)
{
	if (review_approve(c->hall, &c->who, call_param(c, "no"), c->in, err) < 0)
		return -1;
	return call_next(c, "已批准，申请人会收到短信和邮件。", "/staff/reviews");
}

extern const struct page	page_staff_approve;
const struct page		page_staff_approve = {
	.name = "staff_approve", .path = "/staff/reviews/{no}/approve", .need = NEED_REVIEWER,
	.title = "批准", .back = "/staff/reviews/{no}", .post = staff_approve_post,
};

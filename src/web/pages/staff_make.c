#include "base/base.h"
#include "hall/delivery/activation.h"
#include "hall/delivery/delivery.h"
#include "hall/delivery/parcel.h"

#include "web/pages/common.h"

static int
staff_making_show(struct call *c, struct err *err)
{
	return call_take(c, delivery_work(c->hall, &c->who, &c->got, err));
}

extern const struct page	page_staff_making;
const struct page		page_staff_making = {
	.name = "staff_making", .path = "/staff/making", .need = NEED_MAKER,
	.title = "制证与寄送", .tmpl = "staff_making", .back = "/staff", .menu = MENU_STAFF,
	.show = staff_making_show,
};

/* The acts that take nothing but the number. */
static int
staff_make_post(struct call *c, struct err *err)
{
	static const struct {
		const char	*act, *said;
		int		 (*run)(struct hall *h, const struct who *who, const char *no,
				    struct err *err);
	} acts[] = {
		{"claim", "已领取，请插入空白UKey制证。", delivery_claim},
		{"unclaim", "已放回待制证列表。", delivery_unclaim},
		{"made", "制证完成，请寄出或等待领取。", delivery_made},
	};
	size_t	i = 0;

	while (strcmp(acts[i].act, c->page->arg) != 0)
		i++;
	if (acts[i].run(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, acts[i].said, "/staff/making");
}

#define STAFF_MAKE(id, act, words)						\
	extern const struct page	page_##id;				\
	const struct page		page_##id = {				\
		.name = #id, .path = "/staff/making/{no}/" act, .need = NEED_MAKER, \
		.title = words, .back = "/staff/making", .arg = act,		\
		.post = staff_make_post,					\
	}
STAFF_MAKE(staff_make_claim, "claim", "领取制证");
STAFF_MAKE(staff_make_unclaim, "unclaim", "放回");
STAFF_MAKE(staff_make_made, "made", "制证完成");

static int
staff_make_again_post(struct call *c, struct err *err)
{
	if (activation_again(c->hall, &c->who, call_param(c, "no"), c->in, err) < 0)
		return -1;
	return call_next(c, "新的激活PIN码已发出。", "/staff/making");
}

extern const struct page	page_staff_make_activation_sent;
const struct page		page_staff_make_activation_sent = {
	.name = "staff_make_activation_sent", .path = "/staff/making/{no}/activation/sent",
	.need = NEED_MAKER, .title = "重发激活PIN码", .back = "/staff/making",
	.post = staff_make_again_post,
};

static int
staff_make_activation_post(struct call *c, struct err *err)
{
	return call_take(c, activation_hand(c->hall, &c->who, call_param(c, "no"), c->in, &c->got,
	    err));
}

extern const struct page	page_staff_make_activation;
const struct page		page_staff_make_activation = {
	.name = "staff_make_activation", .path = "/staff/making/{no}/activation",
	.need = NEED_MAKER, .title = "激活PIN码", .back = "/staff/making",
	.post = staff_make_activation_post,
};

static int
staff_make_issue_post(struct call *c, struct err *err)
{
	return call_take(c, delivery_issue(c->hall, &c->who, call_param(c, "no"), c->in,
	    &c->got, err));
}

extern const struct page	page_staff_make_issue;
const struct page		page_staff_make_issue = {
	.name = "staff_make_issue", .path = "/staff/making/{no}/issue", .need = NEED_MAKER,
	.title = "签发证书", .back = "/staff/making", .post = staff_make_issue_post,
};

static int
staff_ship_post(struct call *c, struct err *err)
{
	if (delivery_ship(c->hall, &c->who, call_param(c, "no"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "已登记寄出，申请人会收到短信。", "/staff/making");
}

static int
staff_hand_over_post(struct call *c, struct err *err)
{
	if (delivery_hand_over(c->hall, &c->who, call_param(c, "no"), c->in, c->errors,
	    err) < 0)
		return -1;
	return call_next(c, "已登记现场领取，业务完成。", "/staff/making");
}

extern const struct page	page_staff_ship, page_staff_hand_over;
const struct page		page_staff_ship = {
	.name = "staff_ship", .path = "/staff/making/{no}/ship", .need = NEED_MAKER,
	.title = "寄出", .tmpl = "staff_making", .back = "/staff/making",
	.show = staff_making_show, .post = staff_ship_post,
};
const struct page		page_staff_hand_over = {
	.name = "staff_hand_over", .path = "/staff/making/{no}/hand-over", .need = NEED_MAKER,
	.title = "现场领取", .tmpl = "staff_making", .back = "/staff/making",
	.show = staff_making_show, .post = staff_hand_over_post,
};

static int
staff_parcel_post(struct call *c, struct err *err)
{
	if (parcel_order(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, "已向快递公司下单，请稍后刷新查看运单号。", "/staff/making");
}

extern const struct page	page_staff_parcel;
const struct page		page_staff_parcel = {
	.name = "staff_parcel", .path = "/staff/making/{no}/parcel", .need = NEED_MAKER,
	.title = "快递下单", .back = "/staff/making", .post = staff_parcel_post,
};

static int
staff_parcel_cancel_post(struct call *c, struct err *err)
{
	if (parcel_cancel(c->hall, &c->who, call_param(c, "no"), err) < 0)
		return -1;
	return call_next(c, "已提交取消，请稍后刷新查看。", "/staff/making");
}

extern const struct page	page_staff_parcel_cancel;
const struct page		page_staff_parcel_cancel = {
	.name = "staff_parcel_cancel", .path = "/staff/making/{no}/parcel/cancel",
	.need = NEED_MAKER, .title = "取消快递单", .back = "/staff/making",
	.post = staff_parcel_cancel_post,
};

#include "base/base.h"
#include "hall/payment/reconcile.h"
#include "web/pages/common.h"

static int
staff_reconcile_show(struct call *c, struct err *err)
{
	return call_take(c, reconcile_list(c->hall, &c->who, &c->got, err));
}

/* Fetch the bills of a day again. */
static int
staff_reconcile_post(struct call *c, struct err *err)
{
	const char	*day = call_in(c, "day");

	if (reconcile_ask(c->hall, &c->who, *day == '\0' ? NULL : day, err) < 0)
		return -1;
	return call_next(c, "正在取账单，请稍后刷新。", "/staff/reconciliation");
}

extern const struct page	page_staff_reconcile;
const struct page		page_staff_reconcile = {
	.name = "staff_reconcile", .path = "/staff/reconciliation", .need = NEED_FINANCE,
	.title = "对账", .tmpl = "staff_reconcile", .back = "/staff", .menu = MENU_STAFF,
	.show = staff_reconcile_show, .post = staff_reconcile_post,
};

static int
staff_reconcile_close_post(struct call *c, struct err *err)
{
	if (reconcile_close(c->hall, &c->who, call_param(c, "id"), c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "已记录。", "/staff/reconciliation");
}

extern const struct page	page_staff_reconcile_close;
const struct page		page_staff_reconcile_close = {
	.name = "staff_reconcile_close", .path = "/staff/reconciliation/{id}/close",
	.need = NEED_FINANCE, .title = "对账差异", .tmpl = "staff_reconcile",
	.back = "/staff/reconciliation", .show = staff_reconcile_show,
	.post = staff_reconcile_close_post,
};

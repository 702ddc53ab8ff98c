#include "base/base.h"
#include "hall/trouble.h"
#include "web/pages/common.h"

static int
staff_outbox_show(struct call *c, struct err *err)
{
	return call_take(c, trouble_list(c->hall, &c->who, &c->got, err));
}

extern const struct page	page_staff_outbox;
const struct page		page_staff_outbox = {
	.name = "staff_outbox", .path = "/staff/outbox", .need = NEED_ADMIN,
	.title = "未送达", .tmpl = "staff_outbox", .back = "/staff", .menu = MENU_STAFF,
	.show = staff_outbox_show,
};

static int
staff_outbox_retry_post(struct call *c, struct err *err)
{
	if (trouble_retry(c->hall, &c->who, call_param(c, "id"), err) < 0)
		return -1;
	return call_next(c, "已重新发送，请稍后刷新查看结果。", "/staff/outbox");
}

extern const struct page	page_staff_outbox_retry;
const struct page		page_staff_outbox_retry = {
	.name = "staff_outbox_retry", .path = "/staff/outbox/{id}/retry", .need = NEED_ADMIN,
	.title = "重新发送", .tmpl = "staff_outbox", .back = "/staff/outbox",
	.show = staff_outbox_show, .post = staff_outbox_retry_post,
};

static int
staff_outbox_drop_post(struct call *c, struct err *err)
{
	if (trouble_drop(c->hall, &c->who, call_param(c, "id"), err) < 0)
		return -1;
	return call_next(c, "已从列表中移除。", "/staff/outbox");
}

extern const struct page	page_staff_outbox_drop;
const struct page		page_staff_outbox_drop = {
	.name = "staff_outbox_drop", .path = "/staff/outbox/{id}/drop", .need = NEED_ADMIN,
	.title = "不再处理", .tmpl = "staff_outbox", .back = "/staff/outbox",
	.show = staff_outbox_show, .post = staff_outbox_drop_post,
};

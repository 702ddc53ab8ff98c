#include "base/base.h"
#include "hall/identity/remittance.h"

#include "web/pages/common.h"

static int
staff_remittances_show(struct call *c, struct err *err)
{
	static const char *const tabs[][2] = { { "", "全部" }, { "unknown", "待核实" },
	    { "failed", "没有汇出" }, { "returned", "已退回" }, { "accepted", "处理中" },
	    { "paid", "已汇出" }, { NULL, NULL } };
	const char		*state = call_query(c, "state");

	if (call_take(c, remittance_list(c->hall, &c->who, state, &c->got, err)) < 0)
		return -1;
	(void)json_object_set_new(c->model, "tabs", page_tabs(tabs, state));
	return 0;
}

extern const struct page	page_staff_remittances, page_staff_remittance_query;
const struct page		page_staff_remittances = {
	.name = "staff_remittances", .path = "/staff/remittances", .need = NEED_FINANCE,
	.title = "打款", .tmpl = "staff_remittances", .back = "/staff", .menu = MENU_STAFF,
	.show = staff_remittances_show,
};

static int
staff_remittance_query_post(struct call *c, struct err *err)
{
	if (remittance_ask(c->hall, &c->who, call_param(c, "id"), err) < 0)
		return -1;
	return call_next(c, "正在向银行查询，请稍后刷新。", "/staff/remittances");
}

const struct page		page_staff_remittance_query = {
	.name = "staff_remittance_query", .path = "/staff/remittances/{id}/query",
	.need = NEED_FINANCE, .title = "查询打款结果", .tmpl = "staff_remittances",
	.back = "/staff/remittances", .show = staff_remittances_show,
	.post = staff_remittance_query_post,
};

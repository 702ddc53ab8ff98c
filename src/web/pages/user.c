#include "base/base.h"
#include "web/page.h"

#include "hall/platform/platform.h"
#include "web/pages/common.h"

static const char *const	user_tabs[][2] = {
	{"open", "正在办理的制作申请"}, {"other", "正在办理的其他业务"}, {"fetch", "可下载证书"}, {"soft", "可下载软证书"},
	{"done", "已完成申请"}, {"cancelled", "已取消"}, {NULL, NULL},
};
static const char *const	certificate_tabs[][2] = {
	{"good", "有效的证书"}, {"frozen", "冻结的证书"}, {"ended", "失效的证书"}, {NULL, NULL},
};

static const char *
user_tab(const char *want, const char *const tabs[][2])
{
	size_t	i = 0;

	for (i = 0; tabs[i][0] != NULL; i++)
		if (strcmp(tabs[i][0], want) == 0)
			return tabs[i][0];
	return tabs[0][0];
}

static int
user_show(struct call *c, struct err *err)
{
	const char	*tab = user_tab(call_query(c, "tab"), user_tabs);
	const char	*mine = user_tab(call_query(c, "certificates"), certificate_tabs);

	(void)json_object_set_new(c->model, "tabs", page_tabs(user_tabs, tab));
	(void)json_object_set_new(c->model, "certificate_tabs",
	    page_tabs(certificate_tabs, mine));
	(void)json_object_set_new(c->model, "platforms", platform_choices(c->hall));
	js_set_str(c->model, "tab", tab);
	js_set_str(c->model, "certificate_tab", mine);
	if (call_take_as(c, "counters", order_counters(c->hall, &c->who, &c->got, err)) < 0 ||
	    call_take_as(c, "orders", order_list(c->hall, &c->who, tab, c->query, &c->got,
	    err)) < 0)
		return -1;
	return call_take_as(c, "certificates", certificate_list(c->hall, &c->who, mine,
	    &c->got, err));
}

extern const struct page	page_user;
const struct page		page_user = {
	.name = "user", .path = "/user", .need = NEED_ACCOUNT, .title = "用户中心",
	.tmpl = "user", .back = "/", .show = user_show,
};

static int
user_certificates_show(struct call *c, struct err *err)
{
	const char	*mine = user_tab(call_query(c, "certificates"), certificate_tabs);

	(void)json_object_set_new(c->model, "certificate_tabs",
	    page_tabs(certificate_tabs, mine));
	return call_take_as(c, "certificates", certificate_list(c->hall, &c->who, mine,
	    &c->got, err));
}

extern const struct page	page_user_certificates;
const struct page		page_user_certificates = {
	.name = "user_certificates", .path = "/user/certificates", .need = NEED_ACCOUNT,
	.title = "更新、变更、解锁、冻结", .tmpl = "user_certificates", .back = "/user",
	.menu = MENU_SERVICE, .show = user_certificates_show,
};

/* One list of orders; which one stands in the row. */
static int
user_orders_show(struct call *c, struct err *err)
{
	static const char *const kinds[] = {"pay", "material", "fetch", "voucher", "all"};
	char			 flag[32];
	size_t			 i = 0;

	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		(void)snprintf(flag, sizeof(flag), "is_%s", kinds[i]);
		js_set_bool(c->model, flag, strcmp(kinds[i], c->page->arg) == 0);
	}
	js_set_str(c->model, "path", c->page->path);
	page_search(c);
	return call_take(c, order_list(c->hall, &c->who, c->page->arg, c->query, &c->got, err));
}

#define USER_LIST(id, where, kind, words, in_menu)				\
	extern const struct page	page_##id;				\
	const struct page		page_##id = {				\
		.name = #id, .path = where, .need = NEED_ACCOUNT, .title = words, \
		.tmpl = "user_orders", .back = "/user", .menu = in_menu, .arg = kind, \
		.show = user_orders_show,					\
	}

USER_LIST(user_payments, "/user/payments", "pay", "在线支付", MENU_WORK);
USER_LIST(user_materials, "/user/materials", "material", "在线材料提交", MENU_WORK);
USER_LIST(user_fetch, "/user/fetch", "fetch", "证书下载", MENU_WORK);
USER_LIST(user_vouchers, "/user/vouchers", "voucher", "缴费凭证上传", MENU_WORK);
USER_LIST(user_orders, "/user/orders", "all", "申请记录查询", MENU_QUERY);

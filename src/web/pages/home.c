#include "base/base.h"
#include "web/page.h"

#include "web/pages/common.h"

static int
home_show(struct call *c, struct err *err)
{
	if (c->who.account != 0)
		return call_take_as(c, "counters",
		    order_counters(c->hall, &c->who, &c->got, err));
	js_set_bool(c->model, "needs_captcha", account_needs_captcha(c->hall, &c->who, ""));
	page_captcha(c);
	return 0;
}

extern const struct page	page_home;
const struct page		page_home = {
	.name = "home", .path = "/", .need = NEED_NOBODY, .title = "首页", .tmpl = "home",
	.menu = MENU_TOP, .show = home_show,
};

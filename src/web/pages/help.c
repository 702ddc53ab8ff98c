#include "base/base.h"
#include "web/page.h"

#include "hall/def/catalog.h"
#include "web/pages/common.h"

extern const struct page	page_help;
const struct page		page_help = {
	.name = "help", .path = "/help", .need = NEED_NOBODY, .title = "帮助中心",
	.tmpl = "help", .back = "/", .menu = MENU_TOP, .show = page_plain,
};

/* Topics are templates: help_<topic>. */
static int
help_topic_show(struct call *c, struct err *err)
{
	static const struct { const char *topic, *title; } topics[] = {
		{"apply", "数字证书在线申请教程"}, {"faq", "数字证书常见问题"},
		{"assistant", "证书助手"}, {"soft", "软证书"}, {"about", "关于证书"},
	};
	const char	*topic = call_param(c, "topic");
	char		 flag[32];
	bool		 found = false;
	size_t		 i = 0;

	for (i = 0; i < ARRAY_LEN(topics); i++) {
		(void)snprintf(flag, sizeof(flag), "is_%s", topics[i].topic);
		js_set_bool(c->model, flag, strcmp(topic, topics[i].topic) == 0);
		if (strcmp(topic, topics[i].topic) != 0)
			continue;
		js_set_str(c->model, "title", topics[i].title);
		found = true;
	}
	return found ? 0 : err_set(err, ERR_NOT_FOUND, "没有这篇说明，请从帮助中心进入。");
}

extern const struct page	page_help_topic;
const struct page		page_help_topic = {
	.name = "help_topic", .path = "/help/{topic}", .need = NEED_NOBODY, .title = "帮助",
	.tmpl = "help_topic", .back = "/help", .show = help_topic_show,
};

static int
agreement_show(struct call *c, struct err *err)
{
	return call_take(c, catalog_agreement(c->hall, call_param(c, "id"), &c->got, err));
}

extern const struct page	page_agreement;
const struct page		page_agreement = {
	.name = "agreement", .path = "/agreements/{id}", .need = NEED_NOBODY, .title = "协议",
	.tmpl = "agreement", .back = "/help", .show = agreement_show,
};

static int
cps_show(struct call *c, struct err *err)
{
	(void)err;
	catalog_cps(c->hall, &c->got);
	return call_take(c, 0);
}

extern const struct page	page_cps;
const struct page		page_cps = {
	.name = "cps", .path = "/cps", .need = NEED_NOBODY, .title = "电子认证业务规则",
	.tmpl = "cps", .back = "/help", .show = cps_show,
};

static int
product_show(struct call *c, struct err *err)
{
	return call_take(c, catalog_product(c->hall, call_param(c, "product"), &c->got, err));
}

extern const struct page	page_product;
const struct page		page_product = {
	.name = "product", .path = "/products/{product}", .need = NEED_NOBODY,
	.title = "价格和材料", .tmpl = "product", .back = "/help", .show = product_show,
};

static int
regions_show(struct call *c, struct err *err)
{
	(void)err;
	catalog_regions(&c->got);
	return call_take(c, 0);
}

extern const struct page	page_regions;
const struct page		page_regions = {
	.name = "regions", .path = "/regions", .need = NEED_NOBODY, .title = "省市",
	.show = regions_show,
};

#include "base/base.h"
#include "hall/certificate/eseal.h"

#include "web/pages/common.h"

static int
seal_picture_show(struct call *c, struct err *err)
{
	struct buf	 b;

	buf_init(&b, LIMIT_FRAME);
	return page_send(c, eseal_order_picture(c->hall, &c->who, call_param(c, "no"), &b, err),
	    "image/png", &b, NULL);
}

extern const struct page	page_seal_picture, page_staff_seal_picture;
const struct page		page_seal_picture = {
	.name = "seal_picture", .path = "/orders/{no}/seal", .need = NEED_ACCOUNT,
	.title = "印章图像", .back = "/orders/{no}", .show = seal_picture_show, .per_minute = 60,
};
const struct page		page_staff_seal_picture = {
	.name = "staff_seal_picture", .path = "/staff/orders/{no}/seal", .need = NEED_STAFF,
	.title = "印章图像", .back = "/staff", .show = seal_picture_show,
};

static int
seal_file_show(struct call *c, struct err *err)
{
	struct buf	 b;
	int		 rc;
	char		 name[ORDER_NO + 8];

	buf_init(&b, LIMIT_FRAME);
	rc = eseal_file(c->hall, &c->who, call_param(c, "no"), &b, err);
	(void)snprintf(name, sizeof(name), "%.20s.esl", call_param(c, "no"));
	return page_send(c, rc, "application/octet-stream", &b, name);
}

extern const struct page	page_seal_file;
const struct page		page_seal_file = {
	.name = "seal_file", .path = "/orders/{no}/seal/file", .need = NEED_ACCOUNT,
	.title = "印章文件", .back = "/orders/{no}", .show = seal_file_show, .per_minute = 60,
};

static int
user_seals_show(struct call *c, struct err *err)
{
	return call_take(c, eseal_list(c->hall, &c->who, &c->got, err));
}

extern const struct page	page_user_seals;
const struct page		page_user_seals = {
	.name = "user_seals", .path = "/user/seals", .need = NEED_ACCOUNT, .title = "我的电子印章",
	.tmpl = "user_seals", .back = "/user", .menu = MENU_QUERY, .show = user_seals_show,
};

/* For everybody who has the number, as it stands in a seal. */
static int
seal_show(struct call *c, struct err *err)
{
	return call_take(c, eseal_status(c->hall, &c->who, call_param(c, "id"), &c->got, err));
}

extern const struct page	page_seal;
const struct page		page_seal = {
	.name = "seal", .path = "/seals/{id}", .need = NEED_NOBODY, .title = "电子印章状态",
	.tmpl = "seal", .back = "/", .show = seal_show, .per_minute = 60,
};

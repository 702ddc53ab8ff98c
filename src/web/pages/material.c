#include "base/base.h"
#include "hall/order/material.h"

#include "web/pages/common.h"

#define MATERIAL_BODY	(LIMIT_UPLOAD + 64 * 1024)	/* the picture and its envelope */

static int
material_show(struct call *c, struct err *err)
{
	const char	*type = "";
	struct buf	 b;
	int		 rc = 0;

	buf_init(&b, LIMIT_FRAME);
	rc = material_read(c->hall, &c->who, call_param(c, "no"), call_param(c, "kind"),
	    *call_query(c, "thumb") != '\0', &b, &type, err);
	return page_send(c, rc, type, &b, NULL);
}

static int
material_post(struct call *c, struct err *err)
{
	if (page_file(c, err) < 0)
		return -1;
	if (call_take_as(c, "material", material_add(c->hall, &c->who, call_param(c, "no"),
	    call_param(c, "kind"), c->file->data, c->file->len, &c->got, err)) < 0)
		return -1;
	return call_next(c, "材料已提交。", "/orders/%s/steps/materials", call_param(c, "no"));
}

extern const struct page	page_material, page_staff_material;
const struct page		page_material = {
	.name = "material", .path = "/orders/{no}/materials/{kind}", .need = NEED_ACCOUNT,
	.title = "材料", .back = "/orders/{no}", .show = material_show, .post = material_post,
	.body_max = MATERIAL_BODY, .per_minute = 60,
};
const struct page		page_staff_material = {
	.name = "staff_material", .path = "/staff/orders/{no}/materials/{kind}",
	.need = NEED_STAFF, .title = "材料", .back = "/staff", .show = material_show,
};

static int
material_delete_post(struct call *c, struct err *err)
{
	if (material_delete(c->hall, &c->who, call_param(c, "no"), call_param(c, "kind"),
	    err) < 0)
		return -1;
	return call_next(c, "材料已删除，请重新上传。", "/orders/%s/steps/materials",
	    call_param(c, "no"));
}

extern const struct page	page_material_delete;
const struct page		page_material_delete = {
	.name = "material_delete", .path = "/orders/{no}/materials/{kind}/delete",
	.need = NEED_ACCOUNT, .title = "删除材料", .back = "/orders/{no}",
	.post = material_delete_post,
};

static int
material_same_post(struct call *c, struct err *err)
{
	if (call_take_as(c, "material", material_same(c->hall, &c->who, call_param(c, "no"),
	    call_in(c, "as"), call_param(c, "kind"), &c->got, err)) < 0)
		return -1;
	return call_next(c, "已使用同一张图片。", "/orders/%s/steps/materials",
	    call_param(c, "no"));
}

extern const struct page	page_material_same;
const struct page		page_material_same = {
	.name = "material_same", .path = "/orders/{no}/materials/{kind}/same",
	.need = NEED_ACCOUNT, .title = "使用同一图片", .back = "/orders/{no}",
	.post = material_same_post,
};

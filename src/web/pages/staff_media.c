#include "base/base.h"
#include "base/url.h"
#include "hall/medium/stock.h"
#include "web/pages/common.h"

/* Where a UKey is looked at: a serial number may hold any printable character. */
static int
staff_media_take(struct call *c, int rc)
{
	struct buf	 href = {0};
	json_t		*row = NULL;
	size_t		 i = 0;

	json_array_foreach(json_object_get(c->got, "rows"), i, row) {
		buf_init(&href, 4 * MEDIUM_SERIAL + 32);
		buf_addstr(&href, "/staff/medium?serial=");
		url_encode_str(&href, js_str(row, "serial"));
		js_set_str(row, "href", href.p);
		buf_free(&href);
	}
	return call_take(c, rc);
}

static int
staff_media_show(struct call *c, struct err *err)
{
	return staff_media_take(c, stock_list(c->hall, &c->who, c->query, &c->got, err));
}

static int
staff_media_post(struct call *c, struct err *err)
{
	int64_t	added = 0;

	if (stock_add(c->hall, &c->who, c->in, c->errors, &added, err) < 0)
		return -1;
	return call_next(c, "已入库。", "/staff/media");
}

extern const struct page	page_staff_media, page_staff_medium, page_staff_medium_scrap;
const struct page		page_staff_media = {
	.name = "staff_media", .path = "/staff/media", .need = NEED_MAKER, .title = "UKey库存",
	.tmpl = "staff_media", .back = "/staff", .menu = MENU_STAFF, .show = staff_media_show,
	.post = staff_media_post, .body_max = 2 * STOCK_BYTES,
};

static int
staff_medium_show(struct call *c, struct err *err)
{
	const char	*serial = call_query(c, "serial");

	if (*serial == '\0')
		serial = call_in(c, "serial");
	return call_take(c, stock_view(c->hall, &c->who, serial, &c->got, err));
}

const struct page		page_staff_medium = {
	.name = "staff_medium", .path = "/staff/medium", .need = NEED_MAKER, .title = "UKey",
	.tmpl = "staff_medium", .back = "/staff/media", .show = staff_medium_show,
};

static int
staff_medium_scrap_post(struct call *c, struct err *err)
{
	if (stock_scrap(c->hall, &c->who, c->in, c->errors, err) < 0)
		return -1;
	return call_next(c, "已报废。", "/staff/media");
}

const struct page		page_staff_medium_scrap = {
	.name = "staff_medium_scrap", .path = "/staff/medium/scrap", .need = NEED_MAKER,
	.title = "报废", .tmpl = "staff_medium", .back = "/staff/media",
	.show = staff_medium_show, .post = staff_medium_scrap_post,
};

#include "base/base.h"
#include "hall/payment/bundle.h"

#include "web/pages/common.h"

#define BUNDLE_BODY	(LIMIT_UPLOAD + 64 * 1024)

/* The sentence beside this field, "" none. */
static const char *
bundle_mistake(const struct call *c, const char *field)
{
	const json_t	*e = NULL;
	size_t		 i = 0;

	json_array_foreach(c->errors, i, e)
		if (strcmp(js_str(e, "field"), field) == 0)
			return js_str(e, "text");
	return "";
}

/* A row's own copy of the years, the chosen one marked. */
static void
bundle_refill_row(struct call *c, json_t *row)
{
	json_t		*years = json_deep_copy(json_object_get(row, "years")), *y = NULL;
	char		 field[64];
	const char	*chosen = NULL;
	size_t		 i = 0;

	(void)snprintf(field, sizeof(field), "y_%s", js_str(row, "serial"));
	chosen = call_in(c, field);
	json_array_foreach(years, i, y)
		js_set_bool(y, "selected", strcmp(js_str(y, "years"), chosen) == 0);
	(void)json_object_set_new(row, "years", years);
	js_set_str(row, "error", bundle_mistake(c, field));
}

/* What was chosen, ticked and answered before something was wrong with it. */
static void
bundle_refill(struct call *c)
{
	json_t	*row = NULL;
	char	 field[64];
	size_t	 i = 0;

	json_array_foreach(json_object_get(c->model, "rows"), i, row)
		bundle_refill_row(c, row);
	json_array_foreach(json_object_get(c->model, "agreements"), i, row) {
		(void)snprintf(field, sizeof(field), "agree_%s", js_str(row, "id"));
		js_set_bool(row, "ticked", strcmp(call_in(c, field), "1") == 0);
	}
	json_array_foreach(json_object_get(c->model, "questions"), i, row) {
		(void)snprintf(field, sizeof(field), "q_%s", js_str(row, "key"));
		js_set_str(row, "said", call_in(c, field));
		js_set_str(row, "error", bundle_mistake(c, field));
	}
}

static int
bundle_new_show(struct call *c, struct err *err)
{
	if (call_take(c, bundle_offer(c->hall, &c->who, &c->got, err)) < 0)
		return -1;
	bundle_refill(c);
	return 0;
}

static int
bundle_new_post(struct call *c, struct err *err)
{
	char	no[ORDER_NO];

	if (bundle_create(c->hall, &c->who, c->in, c->errors, no, err) < 0)
		return -1;
	js_set_str(c->model, "no", no);
	return call_next(c, "已提交，请一次支付全部费用。", "/bundles/%s", no);
}

extern const struct page	page_bundle_new, page_bundle, page_bundle_payment,
				page_bundle_voucher;
const struct page		page_bundle_new = {
	.name = "bundle_new", .path = "/user/renewals", .need = NEED_ACCOUNT,
	.title = "批量更新", .tmpl = "bundle_new", .back = "/user", .menu = MENU_SERVICE,
	.show = bundle_new_show, .post = bundle_new_post, .per_minute = 20,
};

/* The newest trade that can be paid, as a QR code. */
static void
bundle_qr(struct call *c)
{
	const json_t	*trade = json_object_get(c->model, "trade");
	const char	*text = trade == NULL ? "" : js_str(trade, "qr");
	json_t		*qr = *text == '\0' ? NULL : qr_model(text);

	(void)json_object_set_new(c->model, "qr", qr == NULL ? json_null() : qr);
}

static int
bundle_show(struct call *c, struct err *err)
{
	char	base[64];

	if (call_take(c, bundle_view(c->hall, &c->who, call_param(c, "no"), &c->got, err)) < 0)
		return -1;
	(void)snprintf(base, sizeof(base), "/bundles/%s", js_str(c->model, "no"));
	js_set_str(c->model, "base", base);
	bundle_qr(c);
	return 0;
}

const struct page		page_bundle = {
	.name = "bundle", .path = "/bundles/{no}", .need = NEED_ACCOUNT, .title = "批量业务",
	.tmpl = "bundle", .back = "/user/renewals", .show = bundle_show,
};

static int
bundle_payment_show(struct call *c, struct err *err)
{
	if (call_take(c, bundle_state(c->hall, &c->who, call_param(c, "no"), &c->got, err)) < 0)
		return -1;
	bundle_qr(c);
	return 0;
}

static int
bundle_payment_post(struct call *c, struct err *err)
{
	if (call_take_as(c, "trade", bundle_pay(c->hall, &c->who, call_param(c, "no"),
	    call_in(c, "channel"), &c->got, err)) < 0)
		return -1;
	bundle_qr(c);
	return call_next(c, NULL, "/bundles/%s", call_param(c, "no"));
}

const struct page		page_bundle_payment = {
	.name = "bundle_payment", .path = "/bundles/{no}/payment", .need = NEED_ACCOUNT,
	.title = "一次支付", .back = "/bundles/{no}", .show = bundle_payment_show,
	.post = bundle_payment_post, .per_minute = 30,
};

static int
bundle_voucher_post(struct call *c, struct err *err)
{
	if (page_file(c, err) < 0)
		return -1;
	if (call_take_as(c, "trade", bundle_voucher(c->hall, &c->who, call_param(c, "no"),
	    c->file->data, c->file->len, call_in(c, "remark"), &c->got, err)) < 0)
		return -1;
	return call_next(c, "缴费凭证已提交，工作人员核对后会短信通知您。", "/bundles/%s",
	    call_param(c, "no"));
}

const struct page		page_bundle_voucher = {
	.name = "bundle_voucher", .path = "/bundles/{no}/voucher", .need = NEED_ACCOUNT,
	.title = "缴费凭证上传", .back = "/bundles/{no}", .post = bundle_voucher_post,
	.body_max = BUNDLE_BODY, .per_minute = 20,
};

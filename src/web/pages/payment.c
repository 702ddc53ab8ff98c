#include "base/base.h"
#include "hall/payment/payment.h"

#include "web/pages/common.h"

#define VOUCHER_BODY	(LIMIT_UPLOAD + 64 * 1024)

static void
payment_qr(struct call *c, const char *key)
{
	json_t		*trade = json_object_get(c->model, key), *qr = NULL;
	const char	*text = trade == NULL ? "" : js_str(trade, "qr");

	qr = *text == '\0' ? NULL : qr_model(text);
	(void)json_object_set_new(c->model, "qr", qr == NULL ? json_null() : qr);
}

static int
payment_show(struct call *c, struct err *err)
{
	if (call_take(c, payment_state(c->hall, &c->who, call_param(c, "no"), &c->got, err)) < 0)
		return -1;
	payment_qr(c, "trade");
	if (json_object_get(c->model, "trade") != NULL)
		(void)json_object_set_new(c->model, "trades", json_pack("[O]",
		    json_object_get(c->model, "trade")));
	return 0;
}

static int
payment_post(struct call *c, struct err *err)
{
	if (call_take_as(c, "trade", payment_start(c->hall, &c->who, call_param(c, "no"),
	    call_in(c, "channel"), &c->got, err)) < 0)
		return -1;
	payment_qr(c, "trade");
	return call_next(c, NULL, "/orders/%s/steps/payment", call_param(c, "no"));
}

extern const struct page	page_payment;
const struct page		page_payment = {
	.name = "payment", .path = "/orders/{no}/payment", .need = NEED_ACCOUNT,
	.title = "费用支付", .back = "/orders/{no}", .show = payment_show,
	.post = payment_post, .per_minute = 30,
};

static int
voucher_post(struct call *c, struct err *err)
{
	if (page_file(c, err) < 0)
		return -1;
	if (call_take_as(c, "trade", payment_voucher(c->hall, &c->who, call_param(c, "no"),
	    c->file->data, c->file->len, call_in(c, "remark"), &c->got, err)) < 0)
		return -1;
	return call_next(c, "缴费凭证已提交，工作人员核对后会短信通知您。",
	    "/orders/%s/steps/payment", call_param(c, "no"));
}

extern const struct page	page_voucher;
const struct page		page_voucher = {
	.name = "voucher", .path = "/orders/{no}/voucher", .need = NEED_ACCOUNT,
	.title = "缴费凭证上传", .back = "/orders/{no}", .post = voucher_post,
	.body_max = VOUCHER_BODY, .per_minute = 20,
};

static int
voucher_picture_show(struct call *c, struct err *err)
{
	const char	*type = "";
	struct buf	 b;
	int		 rc = 0;

	buf_init(&b, LIMIT_FRAME);
	rc = payment_voucher_read(c->hall, &c->who, call_param(c, "trade"), &b, &type, err);
	return page_send(c, rc, type, &b, NULL);
}

extern const struct page	page_voucher_picture, page_staff_voucher;
const struct page		page_voucher_picture = {
	.name = "voucher_picture", .path = "/vouchers/{trade}", .need = NEED_ACCOUNT,
	.title = "缴费凭证", .back = "/user", .show = voucher_picture_show,
};
const struct page		page_staff_voucher = {
	.name = "staff_voucher", .path = "/staff/vouchers/{trade}", .need = NEED_STAFF,
	.title = "缴费凭证", .back = "/staff", .show = voucher_picture_show,
};

#include "base/base.h"
#include "hall/order/print_own.h"

#include "base/clock.h"
#include "hall/delivery/parcel.h"
#include "hall/medium/medium.h"
#include "hall/order/order_view.h"

static const char	handover_text[] =
	"领取人已核对UKey序列号与本单一致，外观完好。UKey内已写入上述主体的数字证书，请妥善保管，不得转借他人；"
	"PIN码不随UKey交付，第一次使用时由持有人自行设置，任何工作人员不会索要。";

/* to: where it goes; last: the newest delivery, NULL before. */
static json_t *
handover_rows(const struct order *o, const char *serial, const json_t *to, const json_t *last)
{
	json_t		*rows = json_array();
	const char	*receiver = js_str(last, "receiver");
	char		 day[CLOCK_TEXT];

	print_row(rows, "业务受理号", o->no, NULL, NULL);
	print_row(rows, "主体名称", o->subject, NULL, NULL);
	print_row(rows, "证书模板", o->def->template_name, "数量", "UKey 1支");
	print_row(rows, "UKey序列号", *serial == '\0' ? "（未登记）" : serial, NULL, NULL);
	print_row(rows, "领取方式", js_str(to, "way_text"), "交接日期",
	    clock_date(clock_now(), day));
	print_row(rows, "领取人", *receiver != '\0' ? receiver : js_str(to, "receiver"), "联系电话",
	    js_str(to, "phone"));
	if (*js_str(to, "address") != '\0')
		print_row(rows, "收货地址", js_str(to, "address"), NULL, NULL);
	if (*js_str(last, "waybill") != '\0')
		print_row(rows, "快递公司", js_str(last, "company"), "运单号",
		    js_str(last, "waybill"));
	return rows;
}

int
print_handover(struct db *db, struct act *a, struct err *err)
{
	json_t	*view = json_object(), *list = NULL;
	char	 serial[MEDIUM_SERIAL];
	int	 rc = -1;

	if (a->who->staff == 0 || (a->o.state != ORDER_READY && a->o.state != ORDER_SHIPPED &&
	    a->o.state != ORDER_DONE)) {
		err_set(err, ERR_WRONG_STATE, "制证完成后，由工作人员打印交接单。");
		goto out;
	}
	if (medium_of_order(db, a->o.id, serial, err) < 0 ||
	    order_view_delivery(db, &a->o, view, err) < 0)
		goto out;
	order_view_collection(a->h, &a->o, view);
	list = json_object_get(view, "deliveries");
	a->model = print_document(hall_def(a->h), "UKey交接单", a->o.no);
	print_table(a->model, handover_rows(&a->o, serial, json_object_get(view, "collection"),
	    json_array_size(list) == 0 ? NULL : json_array_get(list, json_array_size(list) - 1)));
	print_para(a->model, handover_text);
	print_sign(a->model, "交付人签字", "领取人签字", "日期");
	rc = 0;
 out:
	json_decref(view);
	return rc;
}

static json_t *
waybill_rows(const struct def_express *d, const struct order *o, const json_t *to,
    const json_t *parcel)
{
	json_t	*rows = json_array();

	print_row(rows, "运单号", js_str(parcel, "waybill"), NULL, NULL);
	print_row(rows, "快递公司", js_str(parcel, "company"), "付款方式",
	    d->collect ? "到付" : "寄付月结");
	print_row(rows, "收件人", js_str(to, "receiver"), "联系电话", js_str(to, "phone"));
	print_row(rows, "收件地址", js_str(to, "address"), NULL, NULL);
	print_row(rows, "寄件人", d->contact, "联系电话", d->phone);
	print_row(rows, "寄件单位", d->company, NULL, NULL);
	print_row(rows, "内件", "UKey 1支", "业务受理号", o->no);
	return rows;
}

int
print_waybill(struct db *db, struct act *a, struct err *err)
{
	json_t	*view = json_object();
	int	 rc = -1;

	if (parcel_model(db, a->h, &a->o, view, err) < 0)
		goto out;
	if (a->who->staff == 0 || !js_bool(view, "has_waybill")) {
		err_set(err, ERR_WRONG_STATE, "下单成功、有运单号以后，由工作人员打印快递单。");
		goto out;
	}
	order_view_collection(a->h, &a->o, view);
	a->model = print_document(hall_def(a->h), "快递单", a->o.no);
	print_table(a->model, waybill_rows(&hall_def(a->h)->express, &a->o,
	    json_object_get(view, "collection"), json_object_get(view, "parcel")));
	rc = 0;
 out:
	json_decref(view);
	return rc;
}

#include "base/base.h"
#include "hall/payment/payment.h"

#include "hall/act.h"
#include "hall/invoice/invoice.h"
#include "hall/order/order_view.h"
#include "hall/payment/bundle.h"
#include "hall/steps.h"

static bool
payment_applies(const struct hall *h, const struct order *o)
{
	(void)h;
	return (o->years == 0 && o->replaces[0] == '\0') || o->amount > 0;
}

static bool
payment_done(const struct order *o)
{
	return (o->years > 0 || o->replaces[0] != '\0') && o->paid >= o->amount;
}

static int
payment_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	json_t	*trades = NULL;
	char	 bundle[ORDER_NO];

	(void)who;
	if (bundle_of(db, o, bundle, err) < 0)
		return -1;
	js_set_str(model, "bundle", bundle);
	js_set_fen(model, "amount", o->amount);
	order_view_amounts(o, model);
	js_set_bool(model, "paid", payment_done(o));
	payment_ways(hall_def(h), model);
	if (payment_trades(db, h, o, &trades, err) < 0)
		return -1;
	(void)json_object_set_new(model, "trades", trades);
	return invoice_order_model(db, h, o, model, err);
}

static int
payment_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *in, json_t *errors, struct err *err)
{
	(void)in;
	(void)errors;
	if (payment_done(o))
		return step_settle(db, h, who, o, err);
	return err_set(err, ERR_WRONG_STATE,
	    "还没有收到费用。完成支付后页面会自动进入下一步；转账的由工作人员核对后确认。");
}

extern const struct step	step_payment;
const struct step		step_payment = {
	.name = "payment", .title = "费用支付", .bar = "费用支付",
	.next = "请支付费用", .applies = payment_applies, .done = payment_done,
	.show = payment_show, .accept = payment_accept,
};

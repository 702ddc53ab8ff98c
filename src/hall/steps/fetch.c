#include "base/base.h"
#include "hall/ops.h"
#include "hall/order/order_view.h"
#include "hall/steps.h"

static bool
fetch_done(const struct order *o)
{
	return o->state == ORDER_DONE;
}

static int
fetch_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	char	ukey[MEDIUM_SERIAL];

	(void)who;
	if (medium_of_replaced(db, o, ukey, err) < 0)
		return -1;
	js_set_bool(model, "same_key", op_keeps_key(o->op));
	js_set_str(model, "ukey", ukey);
	js_set_bool(model, "may_fetch", o->state == ORDER_APPROVED ||
	    o->state == ORDER_FETCHED);
	js_set_bool(model, "may_receive", o->state == ORDER_SHIPPED);
	order_view_collection(h, o, model);
	return order_view_delivery(db, o, model, err);
}

extern const struct step	step_fetch;
const struct step		step_fetch = {
	.name = "fetch", .title = "领取证书", .bar = "领取证书",
	.next = "请领取证书", .done = fetch_done, .show = fetch_show,
};

#include "base/base.h"
#include "hall/order/order_view.h"
#include "hall/steps.h"

static bool
review_done(const struct order *o)
{
	switch (o->state) {
	case ORDER_OWING:
	case ORDER_APPROVED:
	case ORDER_UNLOCKING:
	case ORDER_RECOVERING:
	case ORDER_MAKING:
	case ORDER_READY:
	case ORDER_FETCHED:
	case ORDER_SHIPPED:
	case ORDER_DONE:
		return true;
	default:
		return false;
	}
}

static int
review_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	(void)who;
	js_set_int(model, "review_days", hall_def(h)->review_days);
	js_set_bool(model, "returned", o->state == ORDER_RETURNED);
	return order_view_return(db, h, o, model, err);
}

extern const struct step	step_review;
const struct step		step_review = {
	.name = "review", .title = "材料审核", .bar = "材料审核",
	.next = "等待审核", .done = review_done, .show = review_show,
};

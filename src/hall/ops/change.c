#include "base/base.h"
#include "hall/ops.h"

#include "hall/act.h"
#include "hall/medium/words.h"

static int
change_may(const struct op_case *c, struct err *err)
{
	if (halldef_steps(c->def, "change")->n == 0)
		return err_set(err, ERR_WRONG_STATE, "本服务网不办理变更，请重新申请。");
	if (!c->good)
		return err_set(err, ERR_WRONG_STATE,
		    "证书已冻结或撤销，不能变更；冻结的请先恢复，撤销的请重新申请。");
	if (c->not_after <= c->now)
		return err_set(err, ERR_WRONG_STATE, "证书已过期，不能变更，请重新申请。");
	return c->by_key ? 0 : err_set(err, ERR_DENIED, "请%s，用%s登录后再办理变更。",
	    medium_words(c->old->def)->at, medium_words(c->old->def)->text);
}

/* No years are bought: the new pair ends when the old one would have. */
static int
change_prepare(const struct op_case *c, struct order *o, struct err *err)
{
	(void)err;
	o->years = 0;
	o->amount = c->def->change_fee;
	return 0;
}

extern const struct op	op_change;
const struct op		op_change = {
	.name = "change", .text = "变更", .ends_old = true, .same_key = true,
	.may = change_may, .prepare = change_prepare,
};

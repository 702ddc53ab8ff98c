#include "base/base.h"
#include "hall/ops.h"

#include "hall/act.h"

/* While the old UKey is in use its key is there; what is lost is re-issued first. */
static int
recover_may(const struct op_case *c, struct err *err)
{
	if (halldef_steps(c->def, "recover")->n == 0)
		return err_set(err, ERR_WRONG_STATE, "本服务网不办理密钥恢复，请联系客服。");
	if (c->held)
		return err_set(err, ERR_WRONG_STATE, "证书已冻结。UKey确实丢失的，请先补办，再恢复密钥。");
	if (c->good && c->not_after > c->now && !c->replaced)
		return err_set(err, ERR_WRONG_STATE,
		    "证书还在使用，密钥就在原来的UKey里。UKey遗失或损坏的，请先补办，再恢复密钥。");
	return 0;
}

static int
recover_prepare(const struct op_case *c, struct order *o, struct err *err)
{
	(void)json_object_del(o->form, "recover");
	return op_prepare_free(c, o, err);
}

extern const struct op	op_recover;
const struct op		op_recover = {
	.name = "recover", .text = "密钥恢复", .keeps = true, .may = recover_may,
	.prepare = recover_prepare,
};

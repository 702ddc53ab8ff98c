#include "base/base.h"
#include "hall/ops.h"

#include "hall/act.h"
#include "hall/medium/words.h"

/* While the old medium is in use its key is there; what is lost is re-issued first. */
static int
recover_may(const struct op_case *c, struct err *err)
{
	if (halldef_steps(c->def, "recover")->n == 0)
		return err_set(err, ERR_WRONG_STATE, "本服务网不办理密钥恢复，请联系客服。");
	if (c->held)
		return err_set(err, ERR_WRONG_STATE, "证书已冻结。%s的，请先补办，再恢复密钥。",
		    medium_words(c->old->def)->gone);
	if (c->good && c->not_after > c->now && !c->replaced)
		return err_set(err, ERR_WRONG_STATE,
		    "证书还在使用，密钥就在%s。%s的，请先补办，再恢复密钥。", medium_words(c->old->def)->place,
		    medium_words(c->old->def)->gone);
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

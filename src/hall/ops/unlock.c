#include "base/base.h"
#include "hall/ops.h"

#include "base/clock.h"
#include "hall/act.h"
#include "hall/certificate/unlock.h"
#include "hall/steps.h"

/* An expired certificate may be: its UKey has to open before it is renewed. */
static int
unlock_may(const struct op_case *c, struct err *err)
{
	struct order	o = { .op = "unlock", .form = c->old->form, .def = c->old->def };

	if (c->old->def->soft)
		return err_set(err, ERR_WRONG_STATE, "软证书的口令只有您自己知道，不能解锁；"
		    "忘记口令的，请办理补办，用新的密钥换发证书。");
	if (halldef_steps(c->def, "unlock")->n == 0)
		return err_set(err, ERR_WRONG_STATE, "本服务网不办理在线解锁，请联系客服。");
	if (c->held)
		return err_set(err, ERR_WRONG_STATE, "证书已冻结，请先联系客服恢复，再解锁UKey。");
	if (!c->good)
		return err_set(err, ERR_WRONG_STATE, "证书已撤销，不需要解锁，请重新申请。");
	if (step_proofs(c->hall, &o, false) < UNLOCK_PROOFS)
		return err_set(err, ERR_WRONG_STATE,
		    "申请这张证书时没有留下足够的核验信息，不能在线解锁，请携带UKey到服务网点办理。");
	return 0;
}

extern const struct op	op_unlock;
const struct op		op_unlock = {
	.name = "unlock", .text = "解锁", .keeps = true, .may = unlock_may,
	.prepare = op_prepare_free,
};

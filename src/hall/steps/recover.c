#include "base/base.h"
#include "hall/steps.h"

#include "hall/certificate/recover.h"

static bool
recover_is_done(const struct order *o)
{
	return o->state == ORDER_DONE;
}

static int
recover_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	(void)who;
	js_set_bool(model, "may_recover", o->state == ORDER_RECOVERING);
	return recovery_model(db, h, o, false, model, err);
}

extern const struct step	step_recover;
const struct step		step_recover = {
	.name = "recover", .title = "写入恢复的密钥", .bar = "写入密钥",
	.next = "请写入恢复的密钥", .done = recover_is_done, .show = recover_show,
};

#include "base/base.h"
#include "hall/certificate/unlock.h"
#include "hall/steps.h"

static bool
unlock_is_done(const struct order *o)
{
	return o->state == ORDER_DONE;
}

static int
unlock_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	(void)db;
	(void)h;
	(void)who;
	(void)err;
	js_set_str(model, "ukey", unlock_ukey(o));
	js_set_bool(model, "may_unlock", o->state == ORDER_UNLOCKING);
	return 0;
}

extern const struct step	step_unlock;
const struct step		step_unlock = {
	.name = "unlock", .title = "设置新PIN码", .bar = "设置新PIN码",
	.next = "请设置新的PIN码", .done = unlock_is_done, .show = unlock_show,
};

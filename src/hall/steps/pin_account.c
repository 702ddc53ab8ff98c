#include "base/base.h"
#include "hall/delivery/activation.h"

#include "base/str.h"
#include "hall/act.h"
#include "hall/form/form.h"
#include "hall/steps.h"

static bool
pin_account_applies(const struct hall *h, const struct order *o)
{
	return activation_is_remitted(h, o);
}

static int
pin_account_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	struct form_context	 c = { .hall = h, .order = o->id, .product = o->product };
	json_t			*v = json_pack("{s:s, s:s}", "bank", js_str(o->collection,
				    "pin_bank"), "account", js_str(o->collection, "pin_account"));

	(void)db;
	(void)who;
	(void)err;
	js_set_str(model, "holder", js_str(o->form, "org_name"));
	(void)json_object_set_new(model, "groups", form_model(&c, form_account, v, NULL));
	json_decref(v);
	return 0;
}

static int
pin_account_check(struct hall *h, const struct order *o, const json_t *in, json_t **values,
    json_t *errors, struct err *err)
{
	struct form_context	c = { .hall = h, .order = o->id, .product = o->product };

	return form_check(&c, form_account, in, values, errors, err);
}

static int
pin_account_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *values, json_t *errors, struct err *err)
{
	char	masked[MASK_TEXT];

	(void)errors;
	js_set_str(o->collection, "pin_bank", js_str(values, "bank"));
	js_set_str(o->collection, "pin_account", js_str(values, "account"));
	if (order_note(db, h, who, o, "pin_account", mask_idno(js_str(values, "account"), masked),
	    err) < 0)
		return -1;
	return step_mark(db, h, who, o, "pin_account", err);
}

extern const struct step	step_pin_account;
const struct step		step_pin_account = {
	.name = "pin_account", .title = "PIN码接收账户", .bar = "费用支付",
	.next = "请登记接收激活PIN码的对公账户", .applies = pin_account_applies,
	.show = pin_account_show, .check = pin_account_check, .accept = pin_account_accept,
};

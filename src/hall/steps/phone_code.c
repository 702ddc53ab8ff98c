#include "base/base.h"
#include "hall/steps.h"

#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/act.h"
#include "hall/ops.h"
#include "hall/order/order_row.h"

/* Does the order keep its certificate, and the form with which that was applied for? */
static bool
phone_code_is_old(const struct order *o)
{
	const struct op	*op = op_by_name(o->op);

	return op != NULL && op->keeps;
}

static bool
phone_code_applies(const struct hall *h, const struct order *o)
{
	(void)h;
	return !phone_code_is_old(o) || *order_mobile(o) != '\0';
}

/*
 * What keeps the certificate asks the phone it was applied for with.  Where a form is filled in
 * again that would be a phone somebody just typed: there it is the account's own, which changes
 * by proof alone.
 */
int
phone_code_mobile(struct db *db, const struct hall *h, const struct order *o,
    char mobile[STEP_MOBILE], struct err *err)
{
	json_t	*me = NULL;

	if (!phone_code_is_old(o) && account_facts(db, h, o->account, &me, NULL, err) < 0)
		return -1;
	(void)snprintf(mobile, STEP_MOBILE, "%s", me == NULL ? order_mobile(o) :
	    js_str(me, "mobile"));
	json_decref(me);
	return 0;
}

static int
phone_code_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	char	mobile[STEP_MOBILE], text[MASK_TEXT];

	(void)who;
	if (phone_code_mobile(db, h, o, mobile, err) < 0)
		return -1;
	js_set_str(model, "mobile_masked", mask_phone(mobile, text));
	js_set_bool(model, "of_account", !phone_code_is_old(o));
	return 0;
}

static int
phone_code_mobile_run(struct db *db, struct act *a, struct err *err)
{
	return phone_code_mobile(db, a->h, a->p, a->extra, err);
}

static int
phone_code_check(struct hall *h, const struct order *o, const json_t *in, json_t **values,
    json_t *errors, struct err *err)
{
	char		mobile[STEP_MOBILE];
	struct act	a = { .h = h, .p = o, .extra = mobile };

	if (act_read(&a, phone_code_mobile_run, err) < 0)
		return -1;
	if (code_use(h, CODE_STEP, mobile, js_str(in, "code"), err) < 0) {
		if (err->kind == ERR_INPUT)
			hall_field_error(errors, "code", "短信验证码", err, "%s", err->text);
		return -1;
	}
	*values = json_object();
	return 0;
}

static int
phone_code_send_run(struct db *db, struct act *a, struct err *err)
{
	if (step_is_now(a->h, &a->o, "phone_code", err) < 0)
		return -1;
	return phone_code_mobile(db, a->h, &a->o, a->extra, err);
}

int
phone_code_send(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	char		mobile[STEP_MOBILE];
	struct act	a = { .h = h, .who = who, .no = no, .extra = mobile };

	if (act_read(&a, phone_code_send_run, err) < 0)
		return -1;
	return code_send(h, who, CODE_STEP, "code", mobile, in, errors, err);
}

static int
phone_code_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *values, json_t *errors, struct err *err)
{
	(void)values;
	(void)errors;
	if (order_note(db, h, who, o, "proof", "短信验证码", err) < 0)
		return -1;
	return step_mark(db, h, who, o, "phone_code", err);
}

extern const struct step	step_phone_code;
const struct step		step_phone_code = {
	.name = "phone_code", .title = "手机验证", .bar = "身份核验",
	.next = "请用登记的手机接收验证码", .proves = true, .applies = phone_code_applies,
	.show = phone_code_show, .check = phone_code_check, .accept = phone_code_accept,
};

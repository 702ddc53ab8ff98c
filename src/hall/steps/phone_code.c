#include "base/base.h"
#include "hall/steps.h"

#include "base/str.h"
#include "hall/act.h"
#include "hall/code.h"
#include "hall/order_row.h"

static bool
phone_code_applies(const struct hall *h, const struct order *o)
{
	(void)h;
	return *order_mobile(o) != '\0';
}

static int
phone_code_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	char	text[MASK_TEXT];

	(void)db;
	(void)h;
	(void)who;
	(void)err;
	js_set_str(model, "mobile_masked", mask_phone(order_mobile(o), text));
	return 0;
}

static int
phone_code_check(struct hall *h, const struct order *o, const json_t *in, json_t **values,
    json_t *errors, struct err *err)
{
	if (code_use(h, CODE_UNLOCK, order_mobile(o), js_str(in, "code"), err) < 0) {
		if (err->kind == ERR_INPUT)
			hall_field_error(errors, "code", "短信验证码", err, "%s", err->text);
		return -1;
	}
	*values = json_object();
	return 0;
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

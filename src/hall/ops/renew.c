#include "base/base.h"
#include "hall/ops.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"

enum renewal_answer
renewal_judge(int64_t not_after, int64_t now, int before_days, int after_days)
{
	if (before_days == 0)
		return RENEWAL_OFF;
	if (not_after - now >= before_days * CLOCK_DAY)
		return RENEWAL_EARLY;
	return now - not_after <= after_days * CLOCK_DAY ? RENEWAL_NOW : RENEWAL_LATE;
}

static int
renew_may(const struct op_case *c, struct err *err)
{
	const struct halldef	*d = c->def;
	char			 day[CLOCK_TEXT];

	if (!c->good)
		return err_set(err, ERR_WRONG_STATE,
		    "证书已冻结或撤销，不能更新；冻结的请先恢复，撤销的请重新申请。");
	switch (renewal_judge(c->not_after, c->now, d->renew_before, d->renew_after)) {
	case RENEWAL_NOW:
		return 0;
	case RENEWAL_EARLY:
		return err_set(err, ERR_WRONG_STATE, "%s 起可以更新（到期前%d天内）。",
		    clock_date(c->not_after - (d->renew_before - 1) * CLOCK_DAY, day),
		    d->renew_before);
	case RENEWAL_LATE:
		return err_set(err, ERR_WRONG_STATE, "证书到期已超过%d天，不能更新，请重新申请。",
		    d->renew_after);
	default:
		return err_set(err, ERR_WRONG_STATE, "本服务网不办理更新，请重新申请。");
	}
}

static int
renew_prepare(const struct op_case *c, struct order *o, struct err *err)
{
	int64_t	years = 0;

	if (str_to_i64(js_str(c->in, "years"), 99, &years) < 0)
		years = 0;			/* sold nowhere */
	o->years = (int)years;
	o->amount = product_amount(c->old->def, o->years);
	if (o->amount < 0)
		return hall_field_error(c->errors, "years", "更新年限", err, "请选择更新的年限。");
	return 0;
}

static void
renew_model(const struct op_case *c, json_t *model)
{
	json_t	*list = json_array();
	char	 price[32], years[8];
	int	 i = 0;

	for (i = 1; i <= HALLDEF_YEARS; i++)
		if (product_amount(c->old->def, i) >= 0) {
			(void)snprintf(years, sizeof(years), "%d", i);
			(void)json_array_append_new(list, json_pack("{s:s, s:s}", "years", years,
			    "price", fen_text(product_amount(c->old->def, i), price)));
		}
	(void)json_object_set_new(model, "renew_years", list);
}

extern const struct op	op_renew;
const struct op		op_renew = {
	.name = "renew", .text = "更新", .same_key = true, .same_facts = true, .may = renew_may, .prepare = renew_prepare,
	.model = renew_model,
};

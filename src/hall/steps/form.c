#include "base/base.h"
#include "hall/form/form_check.h"

#include "base/str.h"
#include "hall/certificate/eseal.h"
#include "hall/def/catalog.h"
#include "hall/payment/payment.h"
#include "hall/platform/platform.h"
#include "hall/steps.h"

/* What the platform of the order's account gives, and where it can be changed. */
static void
form_step_given(struct form_context *c, const json_t *given, const struct def_platform *from)
{
	c->given = given;
	c->given_help = from == NULL ? "" : from->change;
}

static int
form_step_show(struct db *db, struct hall *h, const struct who *who, const struct order *o,
    json_t *model, struct err *err)
{
	struct form_context	 c = {.hall = h, .order = o->id, .product = o->product,
				    .op = o->op, .stands = o->form};
	json_t			*price = NULL, *values = NULL, *given = NULL;
	const struct def_platform *from = NULL;

	(void)who;
	if (platform_facts(db, h, o->account, &given, &from, err) < 0)
		return -1;
	if (catalog_product(h, o->product, &price, err) < 0) {
		json_decref(given);
		return -1;
	}
	values = json_copy(o->form);
	if (order_may_edit(o)) {
		form_step_given(&c, given, from);
		if (strcmp(o->op, "new") == 0)
			(void)json_object_update(values, given);
	}
	if (!order_may_edit(o))
		(void)json_object_del(values, "answer");	/* it proves who asks */
	(void)json_object_set_new(model, "groups", form_model(&c, form_by_name(o->def->form),
	    values, NULL));
	json_decref(values);
	json_decref(given);
	(void)json_object_set_new(model, "price", price);
	js_set_str(model, "fee_note", o->def->fee_note);
	js_set_bool(model, "paid", o->paid > 0);
	return 0;
}

static int
form_step_check(struct hall *h, const struct order *o, const json_t *in, json_t **values,
    json_t *errors, struct err *err)
{
	struct form_context	c = {.hall = h, .order = o->id, .product = o->product,
				    .op = o->op, .stands = o->form};
	const char		*years = NULL;
	json_t			*given = NULL;
	const struct def_platform *from = NULL;
	int			 rc = -1;

	if (platform_facts_read(h, o->account, &given, &from, err) == 0) {
		form_step_given(&c, given, from);
		rc = form_check(&c, form_by_name(o->def->form), in, values, errors, err);
	}
	json_decref(given);
	c.given = NULL;
	if (rc < 0)
		return -1;
	years = js_str(*values, "years");
	if (form_is_first(&c) && o->paid > 0 && o->years != years[0] - '0')
		return hall_field_error(errors, "years", "证书年限", err,
		    "已按%d年缴费，不能再改年限；需要改变时请取消后重新申请。", o->years);
	if (form_is_first(&c) && o->paid > 0 &&
	    strcmp(eseal_kind_wanted(*values), eseal_kind(o)) != 0)
		return hall_field_error(errors, "seal", "电子印章", err,
		    "已经缴费，不能再改电子印章；需要改变时请取消后重新申请。");
	return 0;
}

/* What was proved by phone or printed no longer holds when these change. */
static bool
form_step_differs(const json_t *a, const json_t *b, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(js_str(a, *names), js_str(b, *names)) != 0)
			return true;
	return false;
}

/* Whose phone agreed, agreed to what stood there then. */
static bool
form_step_is_new(const json_t *was, const json_t *values)
{
	const char	*key = NULL;
	json_t		*v = NULL;

	json_object_foreach((json_t *)(uintptr_t)values, key, v)
		if (strcmp(js_str(was, key), js_str(values, key)) != 0)
			return true;
	return false;
}

static int
form_step_take_name(struct db *db, struct order *o, json_t *errors, struct err *err)
{
	char		low[sizeof(o->user_name)];
	struct rows	*rows = NULL;
	size_t		i = 0;
	int		rc = 0;

	for (i = 0; o->user_name[i] != '\0'; i++)
		low[i] = (char)(o->user_name[i] >= 'A' && o->user_name[i] <= 'Z' ?
		    o->user_name[i] - 'A' + 'a' : o->user_name[i]);
	low[i] = '\0';
	if (db_run(db, SQL_USER_NAME_DROP, NULL, err, DB_INT(o->id)) < 0)
		return -1;
	if (db_query(db, SQL_USER_NAME_OWNER, &rows, err, DB_TEXT(low)) < 0)
		return -1;
	rc = rows_next(rows, err);
	rows_free(rows);
	if (rc < 0)
		return -1;
	if (rc > 0)
		return hall_field_error(errors, "user_name", "用户名", err,
		    "用户名“%s”已被使用，请换一个。", o->user_name);
	return db_run(db, SQL_USER_NAME_TAKE, NULL, err, DB_TEXT(low), DB_INT(o->id));
}

static void
form_step_fill(struct order *o, const json_t *values)
{
	static const char *const proved[] = { "agent_name", "agent_id_no", "agent_phone",
	    "person_name", "person_id_no", "mobile", NULL };

	static const char *const subject[] = { "org_name", "org_id_no", "person_name",
	    "person_id_no", NULL };

	if (form_step_differs(o->form, values, proved))
		step_unmark(o, "identity");
	if (form_step_differs(o->form, values, subject))
		step_unmark(o, "proof");
	if (form_step_is_new(o->form, values))
		step_unmark(o, "phone_code");
	(void)snprintf(o->subject, sizeof(o->subject), "%s",
	    js_str(values, o->def->person ? "person_name" : "org_name"));
	if (*js_str(values, "years") == '\0') {		/* name, years and price stand */
		(void)json_object_update(o->form, (json_t *)(uintptr_t)values);
	} else {
		json_decref(o->form);
		o->form = json_deep_copy(values);
		(void)snprintf(o->user_name, sizeof(o->user_name), "%s",
		    js_str(values, "user_name"));
		o->years = js_str(values, "years")[0] - '0';
		o->seal_fen = eseal_fee(o);
		o->amount = product_amount(o->def, o->years) + o->seal_fen;
	}
	step_unmark(o, "confirm");
	step_unmark(o, "print");
}

static int
form_step_accept(struct db *db, struct hall *h, const struct who *who, struct order *o,
    const json_t *values, json_t *errors, struct err *err)
{
	bool	first = *js_str(values, "years") != '\0';

	if (first && o->paid > 0 && o->years != js_str(values, "years")[0] - '0')
		return err_set(err, ERR_CONFLICT, "费用刚刚到账，年限不能再改，请刷新页面。");
	form_step_fill(o, values);
	if (first && (form_step_take_name(db, o, errors, err) < 0 ||
	    payment_close_stale(db, h, o, err) < 0))
		return -1;
	if ((o->state == ORDER_SUBMITTED || o->state == ORDER_REVIEWING) &&
	    order_move(db, h, who, o, EVENT_REOPEN, NULL, err) < 0)
		return -1;
	if (order_note(db, h, who, o, "form", NULL, err) < 0)
		return -1;
	return step_mark(db, h, who, o, "form", err);
}

extern const struct step	step_form;
const struct step		step_form = {
	.name = "form", .title = "填写申请信息", .bar = "在线申请",
	.next = "请填写申请信息",
	.show = form_step_show, .check = form_step_check, .accept = form_step_accept,
};

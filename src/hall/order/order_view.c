#include "base/base.h"
#include "hall/order/order_view.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/delivery/activation.h"
#include "hall/delivery/parcel.h"
#include "hall/form/form.h"
#include "hall/invoice/invoice.h"
#include "hall/ops.h"
#include "hall/order/material.h"
#include "hall/order/order_row.h"
#include "hall/payment/payment.h"
#include "hall/steps.h"

const char *
order_view_target(const struct order *o, const char *target)
{
	const struct def_material	*m = product_material(o->def, target);
	const struct field		*f = form_by_name(o->def->form);

	if (m != NULL)
		return m->title;
	for (; f->name != NULL; f++)
		if (strcmp(f->name, target) == 0)
			return f->label;
	return *target == '\0' ? "申请" : NULL;
}

int
order_view_return(struct db *db, const struct hall *h, const struct order *o, json_t *model,
    struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = NULL, *r = NULL, *ret = json_object();
	const char	*target = NULL;
	size_t		 i = 0;
	int		 rc = 0;

	(void)h;
	js_set_bool(model, "has_return", false);
	(void)json_object_set_new(model, "return", ret);
	js_set_str(ret, "time", "");
	(void)json_object_set_new(ret, "reasons", json_array());
	if (db_query(db, SQL_RETURN_NEWEST, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0)
		rc = json_parse(rows_text(rows, 0), strlen(rows_text(rows, 0)), 0, &list, err);
	if (rc == 0 && list != NULL) {
		json_array_foreach(list, i, r) {
			target = order_view_target(o, js_str(r, "target"));
			js_set_str(r, "target_text", target == NULL ? "申请" : target);
		}
		js_set_time(ret, "time", rows_int(rows, 1));
		(void)json_object_set_new(ret, "reasons", list);
		js_set_bool(model, "has_return", o->state == ORDER_RETURNED);
	}
	rows_free(rows);
	return rc;
}

void
order_view_collection(const struct hall *h, const struct order *o, json_t *model)
{
	const struct def_collection	*way = halldef_collection(hall_def(h),
					    js_str(o->collection, "way"));
	char				*address = xasprintf("%s%s%s",
					    js_str(o->collection, "province"),
					    js_str(o->collection, "city"),
					    js_str(o->collection, "address"));

	(void)json_object_set_new(model, "collection", json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:b}", "way", js_str(o->collection, "way"), "way_text",
	    way == NULL ? "" : way->title, "receiver", js_str(o->collection, "receiver"),
	    "phone", js_str(o->collection, "phone"), "address", address, "has_address",
	    *address != '\0'));
	free(address);
}

int
order_view_delivery(struct db *db, const struct order *o, json_t *model, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	(void)json_object_set_new(model, "deliveries", list);
	if (db_query(db, SQL_DELIVERY_OF_ORDER, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		j = json_pack("{s:s, s:s, s:s, s:b}", "company", rows_text(rows, 0), "waybill",
		    rows_text(rows, 1), "receiver", rows_text(rows, 2), "blank",
		    rows_int(rows, 3) != 0);
		js_set_time(j, "time", rows_int(rows, 4));
		(void)json_array_append_new(list, j);
		if ((rc = parcel_track(db, rows_text(rows, 1), j, err)) < 0)
			break;
	}
	rows_free(rows);
	return rc;
}

int
order_view_certificates(struct db *db, const struct order *o, json_t *model, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL;
	const char	*kind = NULL;
	char		 day[CLOCK_TEXT];
	int		 rc = 0;

	(void)json_object_set_new(model, "certificates", list);
	if (db_query(db, SQL_CERTIFICATE_OF_ORDER, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		kind = rows_text(rows, 0);
		j = json_pack("{s:s, s:s, s:s, s:s, s:s}", "kind", kind, "kind_text",
		    strcmp(kind, "sign") == 0 ? "签名证书" : "加密证书", "serial",
		    rows_text(rows, 1), "subject", rows_text(rows, 2), "state",
		    rows_text(rows, 6));
		js_set_bool(j, "is_sign", strcmp(kind, "sign") == 0);
		js_set_str(j, "not_before", clock_date(rows_int(rows, 3), day));
		js_set_str(j, "not_after", clock_date(rows_int(rows, 4), day));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

/*
 * A PIN that did not come, or was lost, before the first use: at the desk another one is set and
 * sent; a UKey that left it is unlocked by its holder (activation.h).
 */
static void
order_view_pin(const struct hall *h, const struct order *o, json_t *model)
{
	bool	 left = js_bool(model, "has_pin_sent") &&
		    (o->state == ORDER_SHIPPED || o->state == ORDER_DONE);
	json_t	*c = NULL;
	size_t	 i = 0;

	js_set_bool(model, "pin_at_desk", js_bool(model, "has_pin_sent") && o->state == ORDER_READY);
	js_set_bool(model, "pin_left", left);
	js_set_str(model, "pin_unlock", "");
	json_array_foreach(json_object_get(model, "certificates"), i, c)
		if (left && halldef_steps(hall_def(h), "unlock")->n > 0 &&
		    strcmp(js_str(c, "kind"), "sign") == 0 && strcmp(js_str(c, "state"), "good") == 0)
			js_set_str(model, "pin_unlock", js_str(c, "serial"));
}

int
order_view_events(struct db *db, const struct order *o, json_t *model, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL;
	const char	*what = NULL, *note = NULL;
	int		 rc = 0;

	(void)json_object_set_new(model, "events", list);
	if (db_query(db, SQL_ORDER_EVENT_LIST, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		what = rows_text(rows, 2);
		note = rows_text(rows, 5);
		j = json_pack("{s:s, s:s, s:s, s:s, s:s}", "what", what, "text",
		    order_event_text(what), "note", note, "note_label",
		    note[0] == '\0' ? "" : order_event_note(what), "actor", rows_text(rows, 1));
		js_set_time(j, "time", rows_int(rows, 0));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

/* When a note of this kind was made, "" never. */
static const char *
order_view_when(const json_t *model, const char *what)
{
	json_t	*e = NULL;
	size_t	 i = 0;

	json_array_foreach(json_object_get(model, "events"), i, e)
		if (strcmp(js_str(e, "what"), what) == 0)
			return js_str(e, "time");
	return "";
}

/* The certificate that the order replaces or concerns, and what becomes of it. */
static void
order_view_old(const struct order *o, json_t *model)
{
	const struct op	*op = op_by_name(o->op);
	const char	*when = order_view_when(model, "old_revoked");
	char		 text[128];

	(void)snprintf(text, sizeof(text), "已于 %s 撤销", when);
	js_set_str(model, "old", *o->replaces != '\0' ? o->replaces : o->concerns);
	js_set_str(model, "old_text", op == NULL || o->state == ORDER_CANCELLED ? "" :
	    *when != '\0' ? text : op->ends_old ? "新证书签发时撤销" :
	    op->keeps ? "证书不变" : "继续有效，到原来的到期日");
}

static const char *
order_option_text(json_t *options, const char *value)
{
	json_t	*o = NULL;
	size_t	 i = 0;

	json_array_foreach(options, i, o)
		if (strcmp(js_str(o, "value"), value) == 0)
			return js_str(o, "text");
	return value;
}

json_t *
order_view_form(struct hall *h, const struct order *o)
{
	struct form_context	 c = {.hall = h, .order = o->id, .product = o->product,
				    .values = o->form};
	const struct field	*f = form_by_name(o->def->form);
	json_t			*groups = json_array(), *list = NULL, *options = NULL;

	for (; f->name != NULL; f++) {
		if (strcmp(f->name, "answer") == 0 || *js_str(o->form, f->name) == '\0')
			continue;
		if (f->group != NULL || list == NULL) {
			list = json_array();
			(void)json_array_append_new(groups, json_pack("{s:s, s:o}", "group",
			    f->group == NULL ? "" : f->group, "fields", list));
		}
		options = f->options == NULL ? NULL : f->options(&c);
		(void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", f->name,
		    "label", f->label, "value",
		    order_option_text(options, js_str(o->form, f->name))));
		json_decref(options);
	}
	return groups;
}

static void
order_view_amount(json_t *list, const char *label, int64_t fen)
{
	json_t	*j = json_pack("{s:s}", "label", label);

	js_set_fen(j, "amount", fen);
	(void)json_array_append_new(list, j);
}

void
order_view_amounts(const struct order *o, json_t *model)
{
	bool	 first = strcmp(o->op, "new") == 0;
	int64_t	 medium = first ? MIN(o->def->medium, o->amount - o->seal_fen) : 0;
	json_t	*list = json_array();

	(void)json_object_set_new(model, "amounts", list);
	js_set_bool(model, "has_amounts", o->amount != 0 && (medium != 0 || o->seal_fen != 0));
	if (o->amount == 0 || (medium == 0 && o->seal_fen == 0))
		return;
	order_view_amount(list, o->def->title, o->amount - medium - o->seal_fen);
	if (medium > 0)
		order_view_amount(list, product_medium_text(o->def), medium);
	if (o->seal_fen > 0)
		order_view_amount(list, "电子印章", o->seal_fen);
}

static void
order_view_rights(const struct hall *h, const struct order *o, json_t *m)
{
	bool	formed = json_object_get(o->steps, "form") != NULL;

	js_set_bool(m, "may_edit", order_may_edit(o));
	js_set_bool(m, "may_cancel", order_may_cancel(o));
	js_set_bool(m, "may_copy", formed);
	js_set_bool(m, "may_batch", o->def->person && strcmp(o->op, "new") == 0 && o->submitted != 0 &&
	    o->state != ORDER_CANCELLED && o->state != ORDER_REFUNDING);
	js_set_bool(m, "may_print", json_object_get(o->steps, "confirm") != NULL);
	js_set_bool(m, "may_materials", order_may_change_material(o));
	js_set_bool(m, "may_pay", order_may_pay(o) && o->paid < o->amount);
	js_set_bool(m, "may_fetch", o->state == ORDER_APPROVED || o->state == ORDER_FETCHED);
	js_set_bool(m, "may_resubmit", o->state == ORDER_RETURNED && (step_current(h, o) == NULL ||
	    strcmp(step_current(h, o)->name, "review") == 0));
	js_set_bool(m, "may_receive", o->state == ORDER_SHIPPED);
	js_set_bool(m, "may_continue", order_may_continue(o));
}

int
order_view_fill(struct db *db, const struct hall *h, const struct order *o, json_t *model,
    struct err *err)
{
	const struct step	*at = step_current(h, o);
	json_t			*row = order_row_model(h, o), *list = NULL;
	char			 ends[CLOCK_TEXT];
	bool			 complete = false;

	(void)json_object_update(model, row);
	json_decref(row);
	order_view_amounts(o, model);
	js_set_int(model, "years", o->years);
	js_set_str(model, "ends", o->years == 0 ? "" :
	    clock_date(clock_add_years(clock_now(), o->years), ends));
	(void)json_object_set_new(model, "form", json_deep_copy(o->form));
	(void)json_object_del(json_object_get(model, "form"), "answer");	/* it proves who asks */
	(void)json_object_del(json_object_get(model, "form"), "recover");	/* recovery_model shows it */
	(void)json_object_set_new(model, "progress", step_progress(h, o, at));
	order_view_collection(h, o, model);
	order_view_rights(h, o, model);
	if (material_list(db, h, o, &list, &complete, err) < 0)
		return -1;
	(void)json_object_set_new(model, "materials", list);
	if (payment_trades(db, h, o, &list, err) < 0)
		return -1;
	(void)json_object_set_new(model, "trades", list);
	if (order_view_events(db, o, model, err) < 0 ||
	    order_view_delivery(db, o, model, err) < 0 ||
	    order_view_certificates(db, o, model, err) < 0 ||
	    activation_model(db, h, o, model, err) < 0 ||
	    invoice_order_model(db, h, o, model, err) < 0)
		return -1;
	order_view_pin(h, o, model);
	order_view_old(o, model);
	return order_view_return(db, h, o, model, err);
}

static int
order_view_run(struct db *db, struct act *a, struct err *err)
{
	a->model = json_object();
	(void)json_object_set_new(a->model, "groups", order_view_form(a->h, &a->o));
	return order_view_fill(db, a->h, &a->o, a->model, err);
}

int
order_view(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no};

	return act_model(&a, act_read(&a, order_view_run, err), model);
}

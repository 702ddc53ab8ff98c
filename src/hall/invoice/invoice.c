#include "base/base.h"
#include "hall/invoice/invoice_own.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/account/code.h"
#include "hall/blob.h"
#include "hall/order/order_row.h"

#define INVOICE_PAGE	20
#define INVOICE_A_DAY	30	/* requests of one account */

/* ---- what may be asked for ---- */

/* Numbers of the orders that are paid and on no invoice. */
static int
invoice_may_list(struct db *db, const struct act *a, json_t **list, struct err *err)
{
	int64_t		 since = clock_now() - hall_def(a->h)->invoice.days * CLOCK_DAY;
	struct rows	*rows = NULL;
	int		 rc = 0;

	*list = json_array();
	if (!hall_def(a->h)->invoice.on)
		return 0;
	if (db_query(db, SQL_INVOICE_MAY, &rows, err, DB_INT(a->who->account), DB_INT(since)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0)
		(void)json_array_append_new(*list, json_string(rows_text(rows, 0)));
	rows_free(rows);
	return rc;
}

/* The orders in words; the form is begun with what the picked one (or the first) knows. */
static int
invoice_offer_orders(struct db *db, struct act *a, const json_t *numbers, struct invoice *v,
    struct err *err)
{
	json_t		*list = json_array(), *no = NULL, *row = NULL;
	struct order	 o = {0};
	const char	*title = NULL, *tax_no = NULL;
	bool		 organisation = false, picked = false;
	size_t		 i = 0;

	(void)json_object_set_new(a->model, "orders", list);
	json_array_foreach(numbers, i, no) {
		if (order_load(db, a->h, json_string_value(no), &o, err) < 0)
			return -1;
		invoice_order_title(&o, &title, &tax_no, &organisation);
		picked = strcmp(o.no, a->name) == 0;
		row = json_pack("{s:s, s:s, s:s, s:b}", "no", o.no, "subject", o.subject, "title",
		    title, "picked", picked);
		js_set_fen(row, "amount", o.amount);
		(void)json_array_append_new(list, row);
		if (picked || v->title[0] == '\0') {
			(void)snprintf(v->title, sizeof(v->title), "%s", title);
			js_set_bool(v->buyer, "organisation", organisation);
			js_set_str(v->buyer, "tax_no", tax_no);
			js_set_str(v->buyer, "mail", js_str(o.form, "agent_mail"));
		}
		order_release(&o);
	}
	return 0;
}

static int
invoice_offer_run(struct db *db, struct act *a, struct err *err)
{
	const struct def_invoice	*d = &hall_def(a->h)->invoice;
	struct invoice			 v = { .buyer = json_object() };
	json_t				*numbers = NULL;
	int				 rc = -1;

	a->model = json_pack("{s:b, s:b, s:i, s:i}", "on", d->on, "fixed", d->fixed, "most",
	    d->orders, "days", d->days);
	(void)snprintf(v.kind, sizeof(v.kind), "%s", d->common ? "common" : "special");
	if (invoice_may_list(db, a, &numbers, err) == 0 &&
	    invoice_offer_orders(db, a, numbers, &v, err) == 0) {
		(void)json_object_set_new(a->model, "groups", invoice_form(a->h, form_invoice, &v));
		js_set_bool(a->model, "has_orders", json_array_size(numbers) > 0);
		rc = 0;
	}
	json_decref(numbers);
	invoice_release(&v);
	return rc;
}

int
invoice_offer(struct hall *h, const struct who *who, const json_t *query, json_t **model,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = js_str(query, "order") };

	if (who->account == 0)
		return err_set(err, ERR_DENIED, "请先登录后再申请开票。");
	return act_model(&a, act_read(&a, invoice_offer_run, err), model);
}

/* ---- asking ---- */

/* Claim the order for this invoice: of two at once one is told. */
static int
invoice_claim(struct db *db, const struct invoice *v, const struct order *o, struct err *err)
{
	int64_t	 n = 0;

	if (db_run(db, SQL_INVOICE_CLAIM_ADD, &n, err, DB_INT(o->id), DB_INT(v->id)) < 0 ||
	    (n == 1 && db_run(db, SQL_INVOICE_ORDER_ADD, NULL, err, DB_INT(v->id), DB_INT(o->id),
	    DB_INT(o->amount)) < 0))
		return -1;
	if (n != 1)
		return err_set(err, ERR_CONFLICT, "业务%s已经申请过发票，请在“我的发票”查看。", o->no);
	/* Cancelled meanwhile, its money goes back, and nobody would take the invoice back. */
	return order_hold(db, o, err);
}

/* With a fixed title all orders must have the same one. */
static int
invoice_same_title(const struct order *o, struct invoice *v, json_t *errors, struct err *err)
{
	const char	*title = NULL, *tax_no = NULL;
	bool		 organisation = false;

	invoice_order_title(o, &title, &tax_no, &organisation);
	if (v->title[0] == '\0') {
		(void)snprintf(v->title, sizeof(v->title), "%s", title);
		js_set_bool(v->buyer, "organisation", organisation);
	}
	return strcmp(v->title, title) == 0 ? 0 : hall_field_error(errors, "orders", "业务", err,
	    "所选业务的抬头不同（%s、%s），请分别开票。", v->title, title);
}

/* The orders that were ticked, checked; [{"id"}] */
static int
invoice_picked(struct db *db, struct act *a, struct invoice *v, json_t *orders, struct err *err)
{
	const struct def_invoice	*d = &hall_def(a->h)->invoice;
	struct order			 o = {0};
	const char			*key = NULL;
	json_t				*value = NULL;
	int				 rc = 0;

	json_object_foreach((json_t *)(uintptr_t)a->in, key, value) {
		if (!str_has_prefix(key, "order_") || strcmp(js_str(a->in, key), "1") != 0)
			continue;
		if (json_array_size(orders) == (size_t)d->orders)
			return hall_field_error(a->errors, "orders", "业务", err,
			    "一张发票最多合并%d笔业务，请减少后再提交。", d->orders);
		if (order_load_mine(db, a->h, a->who, key + strlen("order_"), &o, err) < 0)
			return -1;
		rc = invoice_order_may(a->h, &o, err);
		if (rc == 0 && d->fixed)
			rc = invoice_same_title(&o, v, a->errors, err);
		(void)json_array_append_new(orders, json_pack("{s:I}", "id", (json_int_t)o.id));
		order_release(&o);
		if (rc < 0)
			return -1;
	}
	return json_array_size(orders) > 0 ? 0 : hall_field_error(a->errors, "orders", "业务", err,
	    "请至少选择一笔业务。");
}

static int
invoice_claim_all(struct db *db, const struct act *a, const struct invoice *v,
    const json_t *orders, struct err *err)
{
	struct order	 o = {0};
	json_t		*one = NULL;
	size_t		 i = 0;
	int		 rc = 0;

	json_array_foreach(orders, i, one) {
		if ((rc = order_load_id(db, a->h, js_int(one, "id", 0), &o, err)) == 0)
			rc = invoice_claim(db, v, &o, err);
		order_release(&o);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int
invoice_request_run(struct db *db, struct act *a, struct err *err)
{
	struct invoice	 v = { .account = a->who->account, .buyer = json_object() };
	json_t		*orders = json_array();
	int		 rc = -1;

	invoice_set(&v, "requested");
	if (invoice_picked(db, a, &v, orders, err) == 0 &&
	    invoice_take_form(a->h, a->in, &v, a->errors, err) == 0 &&
	    invoice_sum_up(db, a->h, orders, &v, err) == 0 &&
	    invoice_insert(db, a->h, &v, err) == 0 &&
	    invoice_claim_all(db, a, &v, orders, err) == 0 &&
	    invoice_ask(db, a->h, &v, false, err) == 0)
		rc = invoice_note(db, a->h, a->who, &v, "invoice_request", v.no, err);
	if (rc == 0)
		memcpy(a->extra, v.no, INVOICE_NO);
	json_decref(orders);
	invoice_release(&v);
	return rc;
}

int
invoice_request(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    char no[INVOICE_NO], struct err *err)
{
	struct act	a = { .h = h, .who = who, .in = in, .errors = errors, .extra = no };
	char		key[24];

	if (who->account == 0)
		return err_set(err, ERR_DENIED, "请先登录后再申请开票。");
	(void)snprintf(key, sizeof(key), "%" PRId64, who->account);
	if (limit_hit(h, "invoice", key, INVOICE_A_DAY, CLOCK_DAY, err) < 0)
		return -1;
	return act_write(&a, invoice_request_run, err);
}

/* ---- looking ---- */

static int
invoice_list_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	struct invoice	 v = {0};
	json_t		*list = json_array(), *may = NULL;
	int		 rc = -1;

	a->model = json_pack("{s:o, s:b}", "rows", list, "on", hall_def(a->h)->invoice.on);
	if (invoice_may_list(db, a, &may, err) < 0)
		goto out;
	js_set_int(a->model, "may", (int64_t)json_array_size(may));
	js_set_bool(a->model, "has_may", json_array_size(may) > 0);
	if (db_one(db, SQL_INVOICE_COUNT_ACCOUNT, &rows, err, DB_INT(a->who->account)) < 0)
		goto out;
	page_numbers(a->model, rows_int(rows, 0), a->number, INVOICE_PAGE);
	rows_free(rows);
	rows = NULL;
	if (db_query(db, SQL_INVOICE_OF_ACCOUNT, &rows, err, DB_INT(a->who->account),
	    DB_INT(INVOICE_PAGE), DB_INT((a->number - 1) * INVOICE_PAGE)) < 0)
		goto out;
	while ((rc = rows_next(rows, err)) > 0) {
		if ((rc = invoice_from_row(a->h, rows, &v, err)) < 0)
			break;
		(void)json_array_append_new(list, invoice_model(&v, a->who));
		invoice_release(&v);
	}
 out:
	rows_free(rows);
	json_decref(may);
	return rc;
}

int
invoice_list(struct hall *h, const struct who *who, const json_t *query, json_t **model,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .number = page_number(query) };

	if (who->account == 0)
		return err_set(err, ERR_DENIED, "请先登录后再查看。");
	return act_model(&a, act_read(&a, invoice_list_run, err), model);
}

static int
invoice_view_run(struct db *db, struct act *a, struct err *err)
{
	struct invoice	 v = {0}, next = {0};
	struct rows	*rows = NULL;
	json_t		*orders = NULL;
	int		 rc = -1;

	if (invoice_load(db, a->h, a->who, a->name, &v, err) < 0 ||
	    invoice_orders(db, &v, &orders, err) < 0 ||
	    db_query(db, SQL_INVOICE_WAITING_FOR, &rows, err, DB_INT(v.id)) < 0)
		goto out;
	a->model = invoice_model(&v, a->who);
	(void)json_object_set(a->model, "orders", orders);
	(void)json_object_set_new(a->model, "groups", invoice_form(a->h, form_invoice_mend, &v));
	js_set_str(a->model, "next_no", "");
	if ((rc = rows_next(rows, err)) > 0 && (rc = invoice_from_row(a->h, rows, &next, err)) == 0)
		js_set_str(a->model, "next_no", next.no);
 out:
	rows_free(rows);
	json_decref(orders);
	invoice_release(&next);
	invoice_release(&v);
	return rc;
}

int
invoice_view(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = no };

	return act_model(&a, act_read(&a, invoice_view_run, err), model);
}

static int
invoice_pdf_run(struct db *db, struct act *a, struct err *err)
{
	struct invoice	v = {0};
	int		rc = invoice_load(db, a->h, a->who, a->name, &v, err);

	if (rc == 0 && v.file[0] == '\0')
		rc = err_set(err, ERR_NOT_FOUND,
		    "发票文件还没有取到，请过几分钟再下载；开出后也会发到您的邮箱。");
	if (rc == 0) {
		buf_clear(a->out);
		rc = blob_get(db, a->h, v.file, a->out, err);
	}
	invoice_release(&v);
	return rc;
}

int
invoice_pdf(struct hall *h, const struct who *who, const char *no, struct buf *pdf,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = no, .out = pdf };

	return act_read(&a, invoice_pdf_run, err);
}

/* ---- mending one that failed ---- */

/* Asked for again, with other data and so under another number at the provider. */
static int
invoice_mend_failed(struct db *db, struct act *a, struct invoice *v, struct err *err)
{
	v->attempt++;
	v->reason[0] = '\0';
	invoice_set(v, "requested");
	if (invoice_save(db, a->h, v, err) < 0 || invoice_ask(db, a->h, v, false, err) < 0)
		return -1;
	return invoice_note(db, a->h, a->who, v, "invoice_request", v->no, err);
}

static int
invoice_mend_run(struct db *db, struct act *a, struct err *err)
{
	struct invoice	 v = {0}, as = {0};
	json_t		*orders = NULL;
	bool		 failed = false;
	int		 rc = -1;

	if (invoice_load(db, a->h, a->who, a->name, &v, err) < 0 ||
	    invoice_load(db, a->h, a->who, a->name, &as, err) < 0 ||
	    invoice_orders(db, &v, &orders, err) < 0)
		goto out;
	failed = invoice_is(&v, "failed");
	if (!failed && !(invoice_is(&v, "issued") && a->who->staff != 0))
		err_set(err, ERR_WRONG_STATE, "这张发票现在不能修改；已开具的需要更正，请联系客服。");
	else if (invoice_take_form(a->h, a->in, &as, a->errors, err) < 0)
		rc = -1;
	else if (failed)
		rc = invoice_mend_failed(db, a, &as, err);
	else if (invoice_succeed(db, a->h, a->who, &v, &as, orders, err) == 0)
		rc = invoice_take_back(db, a->h, a->who, &v, "开票有误", err);
 out:
	json_decref(orders);
	invoice_release(&as);
	invoice_release(&v);
	return rc;
}

int
invoice_mend(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = no, .in = in, .errors = errors };

	return act_write(&a, invoice_mend_run, err);
}

static int
invoice_drop_run(struct db *db, struct act *a, struct err *err)
{
	struct invoice	v = {0};
	int		rc = invoice_load(db, a->h, a->who, a->name, &v, err);

	if (rc == 0 && !invoice_is(&v, "failed"))
		rc = err_set(err, ERR_WRONG_STATE, "只有没有开出的发票可以撤回，请刷新页面查看。");
	if (rc == 0) {
		invoice_set(&v, "dropped");
		rc = invoice_save(db, a->h, &v, err);
	}
	if (rc == 0)
		rc = db_run(db, SQL_INVOICE_CLAIM_DROP, NULL, err, DB_INT(v.id));
	if (rc == 0)
		rc = invoice_note(db, a->h, a->who, &v, "invoice_drop", v.no, err);
	invoice_release(&v);
	return rc;
}

int
invoice_drop(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = no };

	return act_write(&a, invoice_drop_run, err);
}

int
invoice_order_model(struct db *db, const struct hall *h, const struct order *o, json_t *model,
    struct err *err)
{
	const struct who owner = { .account = o->account, .address = "" };
	struct rows	*rows = NULL;
	struct invoice	 v = {0};
	struct err	 why = {0};
	json_t		*list = json_array();
	bool		 may = invoice_order_may(h, o, &why) == 0;
	int		 rc = 0;

	(void)json_object_set_new(model, "invoices", list);
	if (db_query(db, SQL_INVOICE_OF_ORDER, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		if ((rc = invoice_from_row(h, rows, &v, err)) < 0)
			break;
		(void)json_array_append_new(list, invoice_model(&v, &owner));
		/* Whatever lives claims the order. */
		may = may && (invoice_is(&v, "reversed") || invoice_is(&v, "dropped"));
		invoice_release(&v);
	}
	rows_free(rows);
	js_set_bool(model, "has_invoices", json_array_size(list) > 0);
	js_set_bool(model, "may_invoice", may);
	js_set_bool(model, "shows_invoices", may || json_array_size(list) > 0);
	return rc;
}

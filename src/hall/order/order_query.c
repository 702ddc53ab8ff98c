#include "base/base.h"
#include "hall/order/order.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/account/code.h"
#include "hall/act.h"
#include "hall/delivery/activation.h"
#include "hall/invoice/invoice.h"
#include "hall/order/order_enter.h"
#include "hall/order/order_row.h"
#include "hall/order/order_view.h"
#include "hall/sealed.h"
#include "hall/steps.h"
#include "pki/idcode.h"

/* Asking without signing in: by a number and a code to the agent's phone; no personal data. */

#define QUERY_ORDERS	50	/* of one phone, the newest */

static const char *const query_shown[] = { "no", "product_title", "template", "created", "state",
	"state_text", "next", "op_text", "paid_text" };

/* The number of whom the order is for, folded; "" before the form. */
static const char *
query_document(const struct order *o, char code[32])
{
	return idcode_fold(js_str(o->form, o->def->person ? "person_id_no" : "org_id_no"), code, 32);
}

/* What may be said of an invoice to who has but the phone: no title, no tax number. */
static const char *const query_invoice[] = { "no", "state", "state_text", "kind_text", "amount",
	"number", "issued" };

static json_t *
query_some(const json_t *all, const char *const names[], size_t n)
{
	json_t	*some = json_object();
	size_t	 i = 0;

	for (i = 0; i < n; i++)
		js_set_str(some, names[i], js_str(all, names[i]));
	return some;
}

static json_t *
query_row(const struct hall *h, const struct order *o)
{
	json_t	*all = order_row_model(h, o);
	json_t	*row = query_some(all, query_shown, ARRAY_LEN(query_shown));
	char	 name[MASK_TEXT];

	js_set_str(row, "subject", o->def->person ? mask_name(o->subject, name) : o->subject);
	json_decref(all);
	return row;
}

/* Notes name people and numbers: only what and when. */
static void
query_strip(json_t *row)
{
	static const char *const	event[] = { "time", "text" };
	static const char *const	sent[] = { "time", "way_text", "phone", "state_text" };
	json_t				*list = json_object_get(row, "events"), *one = NULL;
	char				 name[MASK_TEXT];
	size_t				 i = 0;

	json_array_foreach(list, i, one)
		(void)json_array_set_new(list, i, query_some(one, event, ARRAY_LEN(event)));
	list = json_object_get(row, "invoices");
	json_array_foreach(list, i, one) {
		json_t	*shown = query_some(one, query_invoice, ARRAY_LEN(query_invoice));

		js_set_bool(shown, "has_file", js_bool(one, "has_file"));
		(void)json_array_set_new(list, i, shown);
	}
	json_array_foreach(json_object_get(row, "deliveries"), i, one)
		js_set_str(one, "receiver", mask_name(js_str(one, "receiver"), name));
	(void)json_object_set_new(row, "pin_sent", query_some(json_object_get(row, "pin_sent"), sent,
	    ARRAY_LEN(sent)));
}

/* One order: where it stands, what happened, what is under way. */
static int
query_detail(struct db *db, const struct hall *h, const struct order *o, int64_t account,
    json_t *row, struct err *err)
{
	if (order_view_events(db, o, row, err) < 0 || order_view_delivery(db, o, row, err) < 0 ||
	    activation_model(db, h, o, row, err) < 0 ||
	    invoice_order_model(db, h, o, row, err) < 0)
		return -1;
	js_set_bool(row, "may_enter", account != 0 && o->account == account);
	js_set_bool(row, "may_continue", order_may_continue(o));
	query_strip(row);
	return 0;
}

static int
query_all(struct db *db, struct act *a, const char *document, int64_t account, int64_t but,
    struct err *err);

/* The account whose phone it is, 0 none that may sign in. */
static int
query_account(struct db *db, const struct act *a, int64_t *account, struct err *err)
{
	char	digest[KEYED_TEXT];

	keyed(a->h, "mobile", a->p, digest);
	return order_enter_account(db, digest, account, err);
}

static int
query_one_run(struct db *db, struct act *a, struct err *err)
{
	struct order	 o = {0};
	int64_t		 account = 0;
	char		 code[32];
	int		 rc = -1;

	if (query_account(db, a, &account, err) < 0 ||
	    order_load(db, a->h, a->name, &o, err) < 0)
		return -1;
	a->model = query_row(a->h, &o);
	js_set_bool(a->model, "by_document", false);
	(void)json_object_set_new(a->model, "progress", step_progress(a->h, &o,
	    step_current(a->h, &o)));
	if (query_detail(db, a->h, &o, account, a->model, err) == 0 &&
	    order_view_return(db, a->h, &o, a->model, err) == 0)
		rc = query_all(db, a, query_document(&o, code), account, o.id, err);
	order_release(&o);
	return rc;
}

static int
query_by_mobile_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	char		 digest[KEYED_TEXT];
	bool		*found = a->extra;
	int		 rc = 0;

	keyed(a->h, "mobile", a->p, digest);
	if (db_query(db, SQL_ORDER_BY_MOBILE, &rows, err, DB_TEXT(a->name), DB_TEXT(digest)) < 0)
		return -1;
	rc = rows_next(rows, err);
	rows_free(rows);
	*found = rc > 0;
	return rc < 0 ? -1 : 0;
}

/* ---- all orders of a unit or a person that this phone handles ---- */

/* Into "orders" what this phone handles for the document. */
static int
query_all(struct db *db, struct act *a, const char *document, int64_t account, int64_t but,
    struct err *err)
{
	struct rows	*rows = NULL;
	struct order	 o = {0};
	json_t		*list = json_array(), *row = NULL;
	char		 digest[KEYED_TEXT], code[32];
	int64_t		 ids[QUERY_ORDERS];
	size_t		 n = 0, i = 0;
	int		 rc = 0;

	(void)json_object_set_new(a->model, "orders", list);
	keyed(a->h, "mobile", a->p, digest);
	if (db_query(db, SQL_ORDER_OF_MOBILE, &rows, err, DB_TEXT(digest),
	    DB_INT(QUERY_ORDERS)) < 0)
		return -1;
	while (n < QUERY_ORDERS && (rc = rows_next(rows, err)) > 0)
		ids[n++] = rows_int(rows, 0);
	rows_free(rows);
	for (i = 0; rc >= 0 && i < n; i++) {
		if ((rc = order_load_id(db, a->h, ids[i], &o, err)) == 0 && o.id != but &&
		    *document != '\0' && strcmp(query_document(&o, code), document) == 0) {
			row = query_row(a->h, &o);
			(void)json_array_append_new(list, row);
			rc = query_detail(db, a->h, &o, account, row, err);
		}
		order_release(&o);
	}
	js_set_bool(a->model, "has_orders", json_array_size(list) > 0);
	return rc < 0 ? -1 : 0;
}

static int
query_all_run(struct db *db, struct act *a, struct err *err)
{
	int64_t	account = 0;

	a->model = json_pack("{s:b}", "by_document", true);
	return query_account(db, a, &account, err) < 0 ? -1 :
	    query_all(db, a, a->name, account, 0, err);
}

/* ---- the question ---- */

/* An order's number, or the unified code or identity number (folded in place). */
static int
query_check(char *no, json_t *errors, struct err *err)
{
	char	code[32];

	str_fold(no);
	str_trim(no);
	if (strlen(no) == ORDER_NO - 1 && str_is_digits(no))
		return 0;
	(void)idcode_fold(no, code, sizeof(code));
	if (strlen(code) == 18 && (idcode_check_uscc(code, err) == 0 ||
	    idcode_check_resident(code, clock_now(), err) == 0)) {
		err_clear(err);
		(void)snprintf(no, strlen(no) + 1, "%s", code);
		return 0;
	}
	return hall_field_error(errors, "no", "业务受理号或证件号码", err,
	    "请填写20位业务受理号，或18位统一社会信用代码、居民身份证号码，请核对。");
}

static int
query_answer(struct hall *h, const struct who *who, const char *no, const char *mobile,
    json_t *errors, json_t **model, struct err *err)
{
	bool		 found = false, one = strlen(no) == ORDER_NO - 1;
	struct act	 a = {.h = h, .who = who, .name = no, .p = mobile, .extra = &found};

	if (!one)
		return act_model(&a, act_read(&a, query_all_run, err), model);
	if (act_read(&a, query_by_mobile_run, err) < 0)
		return -1;
	if (!found)
		return hall_field_error(errors, "no", "业务受理号", err,
		    "没有找到这个手机号办理的这笔业务，请核对业务受理号和经办人手机。");
	return act_model(&a, act_read(&a, query_one_run, err), model);
}

int
order_status(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    json_t **model, struct err *err)
{
	char	*no = xstrdup(js_str(in, "no")), *mobile = xstrdup(js_str(in, "mobile"));
	char	 ticket[ORDER_TICKET];
	int	 rc = -1;

	str_fold(mobile);
	str_trim(mobile);
	if (query_check(no, errors, err) < 0 ||
	    limit_hit_from(h, "status.address", who, 60, CLOCK_HOUR, err) < 0)
		goto out;
	if (code_use(h, CODE_QUERY, mobile, js_str(in, "code"), err) < 0) {
		if (err->kind == ERR_INPUT)
			hall_field_error(errors, "code", "验证码", err, "%s", err->text);
		goto out;
	}
	rc = query_answer(h, who, no, mobile, errors, model, err);
	if (rc == 0) {
		order_enter_ticket(h, mobile, ticket);
		js_set_str(*model, "ticket", ticket);
	}
 out:
	free(no);
	free(mobile);
	return rc;
}

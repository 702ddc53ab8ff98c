#include "base/base.h"
#include "hall/order.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/code.h"
#include "hall/order_row.h"
#include "hall/order_view.h"
#include "hall/sealed.h"
#include "hall/steps.h"
#include "pki/idcode.h"

/* Asking without signing in: by a number and a code to the agent's phone; no personal data. */

#define QUERY_ORDERS	50	/* of one phone, the newest */

static const char *const query_shown[] = { "no", "product_title", "template", "created", "state",
	"state_text", "next", "op_text", "paid_text" };

static json_t *
query_row(const struct hall *h, const struct order *o)
{
	json_t	*all = order_row_model(h, o), *row = json_object();
	char	 name[MASK_TEXT];
	size_t	 i = 0;

	for (i = 0; i < ARRAY_LEN(query_shown); i++)
		js_set_str(row, query_shown[i], js_str(all, query_shown[i]));
	js_set_str(row, "subject", o->def->person ? mask_name(o->subject, name) : o->subject);
	json_decref(all);
	return row;
}

/* One order: where it stands, what is next. */
static int
query_one_run(struct db *db, struct act *a, struct err *err)
{
	struct order	 o = {0};
	int		 rc = -1;

	if (order_load(db, a->h, a->name, &o, err) < 0)
		return -1;
	a->model = query_row(a->h, &o);
	js_set_bool(a->model, "by_document", false);
	(void)json_object_set_new(a->model, "progress", step_progress(a->h, &o,
	    step_current(a->h, &o)));
	if (order_view_delivery(db, &o, a->model, err) == 0)
		rc = order_view_return(db, a->h, &o, a->model, err);
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

static bool
query_is_of(const struct order *o, const char *code)
{
	char	 text[32];

	return strcmp(idcode_fold(js_str(o->form, o->def->person ? "person_id_no" : "org_id_no"),
	    text, sizeof(text)), code) == 0;
}

static int
query_all_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	struct order	 o = {0};
	char		 digest[KEYED_TEXT];
	int64_t		 ids[QUERY_ORDERS];
	size_t		 n = 0, i = 0;
	int		 rc = 0;

	a->model = json_pack("{s:b, s:[]}", "by_document", true, "orders");
	keyed(a->h, "mobile", a->p, digest);
	if (db_query(db, SQL_ORDER_OF_MOBILE, &rows, err, DB_TEXT(digest),
	    DB_INT(QUERY_ORDERS)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0 && n < QUERY_ORDERS)
		ids[n++] = rows_int(rows, 0);
	rows_free(rows);
	for (i = 0; rc >= 0 && i < n; i++) {
		if ((rc = order_load_id(db, a->h, ids[i], &o, err)) == 0 && query_is_of(&o, a->name))
			(void)json_array_append_new(json_object_get(a->model, "orders"),
			    query_row(a->h, &o));
		order_release(&o);
	}
	return rc < 0 ? -1 : 0;
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
 out:
	free(no);
	free(mobile);
	return rc;
}

#include "base/base.h"
#include "hall/renewal.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/halldef.h"
#include "hall/order_row.h"

enum renewal_answer
renewal_judge(int64_t not_after, int64_t now, int before_days, int after_days)
{
	if (before_days == 0)
		return RENEWAL_OFF;
	if (not_after - now >= before_days * CLOCK_DAY)
		return RENEWAL_EARLY;
	return now - not_after <= after_days * CLOCK_DAY ? RENEWAL_NOW : RENEWAL_LATE;
}

struct renewal {
	char		 serial[48];
	int		 years;
	char		 no[ORDER_NO];		/* of a renewal that is there already, "" */
	char		 state[16];
	int64_t		 not_after;
	bool		 good;
	struct order	 old;
};

/* The renewal of this certificate that was begun, if any. */
static int
renewal_find(struct db *db, const char *serial, char no[ORDER_NO], struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	no[0] = '\0';
	if (db_query(db, SQL_ORDER_REPLACING, &rows, err, DB_TEXT(serial)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0)
		(void)snprintf(no, ORDER_NO, "%s", rows_text(rows, 0));
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

static int
renewal_load(struct db *db, struct act *a, struct renewal *r, struct err *err)
{
	struct rows	*rows = NULL;
	int64_t		 order = 0;
	int		 rc = -1;

	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(r->serial)) < 0 ||
	    rows_int(rows, 0) != a->who->account) {
		if (err->kind == ERR_NONE || err->kind == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND, "没有这张证书，请从“我的证书”进入。");
		goto out;
	}
	order = rows_int(rows, 1);
	r->not_after = rows_int(rows, 5);
	r->good = strcmp(rows_text(rows, 7), "good") == 0;
	rc = 0;
 out:
	rows_free(rows);
	if (rc < 0 || renewal_find(db, r->serial, r->no, err) < 0)
		return -1;
	order_release(&r->old);
	return order_load_id(db, a->h, order, &r->old, err);
}

static int
renewal_check(const struct act *a, const struct renewal *r, struct err *err)
{
	const struct halldef	*d = hall_def(a->h);

	if (!r->good)
		return err_set(err, ERR_WRONG_STATE, "证书已冻结或撤销，不能更新；冻结的请先恢复，撤销的请重新申请。");
	switch (renewal_judge(r->not_after, clock_now(), d->renew_before, d->renew_after)) {
	case RENEWAL_NOW:
		break;
	case RENEWAL_EARLY:
		return err_set(err, ERR_WRONG_STATE, "证书距到期还有%d天以上，到期前%d天内再来更新。",
		    d->renew_before, d->renew_before);
	case RENEWAL_LATE:
		return err_set(err, ERR_WRONG_STATE, "证书到期已超过%d天，不能更新，请重新申请。",
		    d->renew_after);
	default:
		return err_set(err, ERR_WRONG_STATE, "本服务网不办理更新，请重新申请。");
	}
	if (product_amount(r->old.def, r->years) < 0)
		return hall_field_error(a->errors, "years", "证书年限", err, "请选择更新的年限。");
	return 0;
}

/* Everything as it was certified; what was agreed and proved then stands. */
static int
renewal_insert(struct db *db, struct act *a, struct renewal *r, struct err *err)
{
	struct order	o = { .def = r->old.def };
	int		rc = -1;

	(void)snprintf(o.product, sizeof(o.product), "%s", r->old.product);
	(void)snprintf(o.op, sizeof(o.op), "renew");
	(void)snprintf(o.replaces, sizeof(o.replaces), "%s", r->serial);
	(void)snprintf(o.user_name, sizeof(o.user_name), "%s", r->old.user_name);
	(void)snprintf(o.subject, sizeof(o.subject), "%s", r->old.subject);
	o.state = o.was = ORDER_DRAFT;
	o.form = json_deep_copy(r->old.form);
	o.steps = json_object();
	o.collection = json_pack("{s:s}", "way", "download");
	o.years = r->years;
	o.amount = product_amount(r->old.def, r->years);
	rc = order_insert(db, a->h, a->who, &o, "renew", err);
	if (rc == 0)
		(void)snprintf(r->no, sizeof(r->no), "%s", o.no);
	order_release(&o);
	return rc;
}

static int
renewal_begin_run(struct db *db, struct act *a, struct err *err)
{
	struct renewal	*r = a->extra;

	if (renewal_load(db, a, r, err) < 0)
		return -1;
	if (r->no[0] != '\0')
		return 0;			/* begun, perhaps in another window */
	if (renewal_check(a, r, err) < 0)
		return -1;
	return renewal_insert(db, a, r, err);
}

int
renewal_begin(struct hall *h, const struct who *who, const char *serial, const json_t *in,
    json_t *errors, char no[ORDER_NO], struct err *err)
{
	struct renewal	r = { .years = (int)strtol(js_str(in, "years"), NULL, 10) };
	struct act	a = { .h = h, .who = who, .in = in, .errors = errors, .extra = &r };
	int		rc = -1;

	if (who->account == 0)
		return err_set(err, ERR_DENIED, "请先登录后再办理。");
	(void)snprintf(r.serial, sizeof(r.serial), "%s", serial);
	rc = act_write(&a, renewal_begin_run, err);
	if (rc < 0 && err->kind == ERR_CONFLICT) {	/* the other window was first */
		err_clear(err);
		rc = act_write(&a, renewal_begin_run, err);
	}
	if (rc == 0)
		memcpy(no, r.no, ORDER_NO);
	order_release(&r.old);
	return rc;
}

/* ---- the certificate's page ---- */

static int
renewal_find_run(struct db *db, struct act *a, struct err *err)
{
	return renewal_find(db, a->name, a->extra, err);
}

static json_t *
renewal_years(const struct def_product *p)
{
	json_t	*list = json_array();
	char	 price[32], years[8];
	int	 i = 0;

	for (i = 1; i <= HALLDEF_YEARS; i++)
		if (product_amount(p, i) >= 0) {
			(void)snprintf(years, sizeof(years), "%d", i);
			(void)json_array_append_new(list, json_pack("{s:s, s:s}", "years", years,
			    "price", fen_text(product_amount(p, i), price)));
		}
	return list;
}

int
renewal_model(struct hall *h, const char *serial, const char *product, int64_t not_after,
    bool good, json_t *model, struct err *err)
{
	const struct halldef		*d = hall_def(h);
	const struct def_product	*p = halldef_product(d, product);
	enum renewal_answer		 answer = renewal_judge(not_after, clock_now(),
					    d->renew_before, d->renew_after);
	char				 no[ORDER_NO], text[200] = "", day[CLOCK_TEXT];
	struct act			 a = { .h = h, .name = serial, .extra = no };

	if (act_read(&a, renewal_find_run, err) < 0)
		return -1;
	if (no[0] == '\0' && good && answer == RENEWAL_EARLY)
		(void)snprintf(text, sizeof(text), "%s 起可以更新（到期前%d天内）。",
		    clock_date(not_after - d->renew_before * CLOCK_DAY + CLOCK_DAY, day),
		    d->renew_before);
	else if (answer == RENEWAL_LATE)
		(void)snprintf(text, sizeof(text), "到期已超过%d天，不能更新，请重新申请。",
		    d->renew_after);
	js_set_str(model, "renewal_order", no);
	js_set_str(model, "renewal_text", text);
	js_set_bool(model, "may_renew", no[0] == '\0' && good && p != NULL &&
	    answer == RENEWAL_NOW);
	(void)json_object_set_new(model, "renewal_years", p == NULL ? json_array() :
	    renewal_years(p));
	return 0;
}

#include "base/base.h"
#include "hall/invoice/invoice_own.h"

#include "base/clock.h"
#include "base/str.h"

/* Finance: what did not go, what waits, what was issued. */

#define INVOICE_PAGE	50

static const struct { const char *tab, *states; } invoice_tabs[] = {
	{ "trouble", ",failed,differs," }, { "open", ",requested,waiting,reversing," },
	{ "issued", ",issued," }, { "reversed", ",reversed,dropped," },
	{ "all", ",requested,waiting,issued,failed,differs,reversing,reversed,dropped," },
};

static const char *
invoice_tab_states(const char *tab)
{
	size_t	i = 0;

	for (i = 0; i + 1 < ARRAY_LEN(invoice_tabs); i++)
		if (strcmp(invoice_tabs[i].tab, tab) == 0)
			break;
	return invoice_tabs[i].states;
}

static int
invoice_work_run(struct db *db, struct act *a, struct err *err)
{
	const char	*states = invoice_tab_states(a->name), *q = js_str(a->in, "q");
	struct rows	*rows = NULL;
	struct invoice	 v = {0};
	json_t		*list = json_array();
	int		 rc = -1;

	a->model = json_pack("{s:o, s:s, s:s}", "rows", list, "q", q, "tab", a->name);
	if (db_one(db, SQL_INVOICE_COUNT_WORK, &rows, err, DB_TEXT(states), DB_TEXT(q)) < 0)
		goto out;
	page_numbers(a->model, rows_int(rows, 0), a->number, INVOICE_PAGE);
	rows_free(rows);
	rows = NULL;
	if (db_query(db, SQL_INVOICE_WORK, &rows, err, DB_TEXT(states), DB_TEXT(q),
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
	return rc;
}

static int
invoice_need_finance(const struct who *who, struct err *err)
{
	return who->system ? 0 : hall_need_role(who, ROLE_FINANCE, err);
}

int
invoice_work(struct hall *h, const struct who *who, const json_t *query, json_t **model,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .in = query, .number = page_number(query),
		.name = js_str_or(query, "tab", "trouble") };

	if (invoice_need_finance(who, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, invoice_work_run, err), model);
}

/*
 * As it was asked, with the same number: the provider knows it again.  One that was refused gets
 * another number, as the provider wants it.
 */
static int
invoice_retry_run(struct db *db, struct act *a, struct err *err)
{
	struct invoice	v = {0};
	bool		failed = false;
	int		rc = invoice_load(db, a->h, a->who, a->name, &v, err);

	if (rc < 0)
		goto out;
	failed = invoice_is(&v, "failed");
	if (invoice_is(&v, "reversing") && v.reason[0] != '\0') {
		rc = invoice_take_back(db, a->h, a->who, &v, "退款", err);
	} else if (failed || (invoice_is(&v, "requested") && v.reason[0] != '\0')) {
		v.attempt += failed;
		v.reason[0] = '\0';
		invoice_set(&v, "requested");
		rc = invoice_save(db, a->h, &v, err);
		if (rc == 0)
			rc = invoice_ask(db, a->h, &v, !failed, err);
		if (rc == 0)
			rc = invoice_note(db, a->h, a->who, &v, "invoice_request", v.no, err);
	} else {
		rc = err_set(err, ERR_WRONG_STATE, "这张发票不需要重新提交，请刷新页面查看。");
	}
 out:
	invoice_release(&v);
	return rc;
}

int
invoice_retry(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = no };

	if (invoice_need_finance(who, err) < 0)
		return -1;
	return act_write(&a, invoice_retry_run, err);
}

static int
invoice_reverse_run(struct db *db, struct act *a, struct err *err)
{
	const char	*reason = js_str(a->in, "reason");
	struct invoice	 v = {0};
	int		 rc = -1;

	if (*reason == '\0' || utf8_count(reason) > 60)
		return hall_field_error(a->errors, "reason", "红冲原因", err,
		    "请填写红冲的原因，不超过60个字。");
	if (invoice_load(db, a->h, a->who, a->name, &v, err) < 0)
		goto out;
	if (!invoice_is(&v, "issued") && !invoice_is(&v, "differs"))
		err_set(err, ERR_WRONG_STATE, "只有已开具的发票可以红冲，请刷新页面查看。");
	else
		rc = invoice_take_back(db, a->h, a->who, &v, reason, err);
 out:
	invoice_release(&v);
	return rc;
}

int
invoice_reverse(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = no, .in = in, .errors = errors };

	if (invoice_need_finance(who, err) < 0)
		return -1;
	return act_write(&a, invoice_reverse_run, err);
}

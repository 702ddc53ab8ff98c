#include "base/base.h"
#include "hall/identity/remittance.h"

#include "base/clock.h"
#include "hall/payment/reconcile.h"

/*
 * The statement of our account against our remittances.  What the statement has and we have not
 * heard of is a fact like any other, learned late; two debits of one number, or one that nobody
 * sent, are for a person.
 */
struct statement {
	struct db		*db;
	struct hall		*h;
	const struct bill_fact	*f;
	int64_t			 matched;
};

static bool
statement_has(const struct bill_fact *f, size_t n, const char *no)
{
	size_t	i = 0;

	for (i = 0; i < n; i++)
		if (f->row[i].refund_no[0] == '\0' && strcmp(f->row[i].trade_no, no) == 0)
			return true;
	return false;
}

static int
statement_learn(struct statement *s, const struct remittance *r, const struct bill_row *row,
    enum remit_state state, struct err *err)
{
	struct remit_fact	fact = { .remit_no = row->trade_no, .bank_no =
		row->channel_trade_no, .state = state, .reason = state == REMIT_RETURNED ?
		"收款行退回" : "", .at = s->f->from, .source = FACT_BILL };

	if (remittance_is(r, remit_state_name(state)) || (state == REMIT_PAID &&
	    remittance_is(r, "returned"))) {
		s->matched++;
		return 0;
	}
	if (remittance_apply(s->db, s->h, &fact, err) < 0)
		return -1;
	return reconcile_add(s->db, s->f, "found", row->trade_no, row->refund_no, 0, row->fen,
	    err);
}

static int
statement_row(struct statement *s, size_t i, struct err *err)
{
	const struct bill_row	*row = &s->f->row[i];
	bool			 back = row->refund_no[0] != '\0';
	struct remittance	 r;

	if (remittance_load(s->db, row->trade_no, &r, err) < 0)
		return -1;
	if (!r.there)
		return reconcile_add(s->db, s->f, "unknown", row->trade_no, row->refund_no, 0,
		    row->fen, err);
	if (!back && statement_has(s->f, i, row->trade_no))
		return reconcile_add(s->db, s->f, "doubled", row->trade_no, "", r.fen, row->fen,
		    err);
	if (r.fen != row->fen)
		return reconcile_add(s->db, s->f, "amount", row->trade_no, row->refund_no, r.fen,
		    row->fen, err);
	return statement_learn(s, &r, row, back ? REMIT_RETURNED : REMIT_PAID, err);
}

/* Paid by our books on that day, and not on the statement. */
static int
statement_missing(struct statement *s, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*missing = json_array(), *j = NULL;
	size_t		 i = 0;
	int		 rc = 0;

	if (db_query(s->db, SQL_REMITTANCE_PAID_BETWEEN, &rows, err, DB_INT(s->f->from),
	    DB_INT(s->f->to)) < 0) {
		json_decref(missing);
		return -1;
	}
	while ((rc = rows_next(rows, err)) > 0)
		if (!statement_has(s->f, s->f->n, rows_text(rows, 0)))
			(void)json_array_append_new(missing, json_pack("{s:s, s:I}", "no",
			    rows_text(rows, 0), "fen", (json_int_t)rows_int(rows, 1)));
	rows_free(rows);
	json_array_foreach(missing, i, j)
		if (rc == 0)
			rc = reconcile_add(s->db, s->f, "missing", js_str(j, "no"), "",
			    js_int(j, "fen", 0), 0, err);
	json_decref(missing);
	return rc;
}

int
remittance_reconcile(struct db *db, struct hall *h, const struct bill_fact *f, struct err *err)
{
	struct statement	s = { .db = db, .h = h, .f = f };
	size_t			i = 0;

	if (f->ok) {
		if (reconcile_again(db, f, err) < 0)
			return -1;
		for (i = 0; i < f->n; i++)
			if (statement_row(&s, i, err) < 0)
				return -1;
		if (statement_missing(&s, err) < 0)
			return -1;
	}
	return reconcile_done(db, f, s.matched, err);
}

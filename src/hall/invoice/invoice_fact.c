#include "base/base.h"
#include "hall/invoice/invoice_own.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "hall/blob.h"
#include "hall/notice.h"

/* What the provider says, and what a refund does.  Facts may come late, twice and out of order. */

static const struct who	invoice_system = { .system = true, .address = "" };

/* The one that waited for v's red letter takes over its orders. */
static int
invoice_start_next(struct db *db, struct hall *h, const struct invoice *v, struct err *err)
{
	struct invoice	 next = {0};
	struct rows	*rows = NULL;
	json_t		*orders = NULL, *one = NULL;
	int64_t		 n = 0;
	size_t		 i = 0;
	int		 rc = -1;

	if (db_query(db, SQL_INVOICE_WAITING_FOR, &rows, err, DB_INT(v->id)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc <= 0 || (rc = invoice_from_row(h, rows, &next, err)) < 0)
		goto out;
	rc = invoice_orders(db, &next, &orders, err);
	json_array_foreach(orders, i, one)
		if (rc == 0) {
			rc = db_run(db, SQL_INVOICE_CLAIM_ADD, &n, err,
			    DB_INT(js_int(one, "id", 0)), DB_INT(next.id));
			if (rc == 0 && n != 1)
				rc = err_set(err, ERR_BUG, "order claimed while reversing");
		}
	invoice_set(&next, "requested");
	if (rc == 0 && (invoice_save(db, h, &next, err) < 0 ||
	    invoice_ask(db, h, &next, false, err) < 0 ||
	    invoice_note(db, h, &invoice_system, &next, "invoice_request", next.no, err) < 0))
		rc = -1;
 out:
	rows_free(rows);
	json_decref(orders);
	invoice_release(&next);
	return rc;
}

static int
invoice_issued(struct db *db, struct hall *h, struct invoice *v, const struct invoice_fact *f,
    struct err *err)
{
	/* One that was refused may have been asked for again by hand (outbox). */
	if (!invoice_is(v, "requested") && !invoice_is(v, "failed"))
		return 0;			/* known already */
	(void)snprintf(v->code, sizeof(v->code), "%s", f->code);
	(void)snprintf(v->number, sizeof(v->number), "%s", f->number);
	v->tax = f->tax;
	v->issued_at = f->at;
	v->reason[0] = '\0';
	invoice_set(v, "issued");
	if (f->fen != v->amount) {
		log_kv(LOG_ERROR, "invoice.differs", LOG_S("invoice", v->no),
		    LOG_I("issued_fen", f->fen), LOG_I("wanted_fen", v->amount));
		invoice_set(v, "differs");
		(void)snprintf(v->reason, sizeof(v->reason),
		    "开出的金额（%" PRId64 "分）与应开金额不符", f->fen);
	}
	if (invoice_save(db, h, v, err) < 0 ||
	    invoice_note(db, h, &invoice_system, v, "invoice_issued", v->number, err) < 0)
		return -1;
	if (v->undo)
		return invoice_take_back(db, h, &invoice_system, v, "退款", err);
	return invoice_is(v, "differs") ? 0 : invoice_tell(db, h, v, "invoice_issued", err);
}

/* Gone: the orders are free again, or the next invoice has them. */
static int
invoice_reversed(struct db *db, struct hall *h, struct invoice *v, const struct invoice_fact *f,
    struct err *err)
{
	if (!invoice_is(v, "reversing"))
		return 0;
	(void)snprintf(v->red_number, sizeof(v->red_number), "%s", f->red_number);
	v->reversed_at = f->at;
	v->reason[0] = '\0';
	invoice_set(v, "reversed");
	if (invoice_save(db, h, v, err) < 0 ||
	    db_run(db, SQL_INVOICE_CLAIM_DROP, NULL, err, DB_INT(v->id)) < 0 ||
	    invoice_note(db, h, &invoice_system, v, "invoice_reversed", v->red_number, err) < 0 ||
	    invoice_tell(db, h, v, "invoice_reversed", err) < 0)
		return -1;
	return invoice_start_next(db, h, v, err);
}

static void
invoice_because(struct invoice *v, const struct invoice_fact *f)
{
	(void)snprintf(v->reason, sizeof(v->reason), "%s%s%s", f->reason_code,
	    *f->reason_code == '\0' || *f->reason == '\0' ? "" : "：", f->reason);
	utf8_mend(v->reason);
	if (v->reason[0] == '\0')
		(void)snprintf(v->reason, sizeof(v->reason), "开票平台没有答复");
}

static int
invoice_failed(struct db *db, struct hall *h, struct invoice *v, const struct invoice_fact *f,
    struct err *err)
{
	if (f->reversal && invoice_is(v, "reversing")) {
		invoice_because(v, f);		/* finance sees it and asks again */
		return invoice_save(db, h, v, err);
	}
	if (f->reversal || !invoice_is(v, "requested"))
		return 0;
	invoice_because(v, f);
	invoice_set(v, v->undo ? "dropped" : "failed");
	if (invoice_save(db, h, v, err) < 0 ||
	    invoice_note(db, h, &invoice_system, v, "invoice_failed", NULL, err) < 0)
		return -1;
	if (!v->undo)
		return invoice_tell(db, h, v, "invoice_failed", err);
	return db_run(db, SQL_INVOICE_CLAIM_DROP, NULL, err, DB_INT(v->id)) < 0 ? -1 :
	    invoice_start_next(db, h, v, err);
}

/* Nobody knows what became of it: it stays as it is, marked for finance. */
static int
invoice_given_up(struct db *db, struct hall *h, struct invoice *v, const struct invoice_fact *f,
    struct err *err)
{
	if (!invoice_is(v, f->reversal ? "reversing" : "requested"))
		return 0;
	invoice_because(v, f);
	return invoice_save(db, h, v, err);
}

static int
invoice_mail(struct db *db, struct hall *h, const struct invoice *v, const struct invoice_fact *f,
    struct err *err)
{
	char			*name = xasprintf("电子发票-%s.pdf", v->number);
	char			*url = xasprintf("%s/invoices/%s", conf_str("web.public_url"), v->no);
	char			*key = xasprintf("%s:file", v->no), amount[32];
	struct notice_file	 file = { .name = name, .type = "application/pdf", .p = f->file,
				    .len = f->file_len };
	json_t			*values = json_pack("{s:s, s:s, s:s, s:s}", "amount",
				    fen_text(v->amount, amount), "number", v->number,
				    "invoice_title", v->title, "url", url);
	int			 rc = 0;

	/* A file too large for a mail is downloaded. */
	rc = notice_mail_file(db, h, "invoice_file", js_str(v->buyer, "mail"), values, key,
	    f->file_len <= 512 * 1024 ? &file : NULL, err);
	json_decref(values);
	free(key);
	free(url);
	free(name);
	return rc;
}

static int
invoice_file(struct db *db, struct hall *h, struct invoice *v, const struct invoice_fact *f,
    struct err *err)
{
	if (v->file[0] != '\0')
		return 0;
	if (blob_put(db, h, f->file, f->file_len, v->file, err) < 0 ||
	    invoice_save(db, h, v, err) < 0)
		return -1;
	return invoice_is(v, "issued") ? invoice_mail(db, h, v, f, err) : 0;
}

/* Of which invoice, which attempt: "F…_2". */
static int64_t
invoice_ref(const char *ref, char no[INVOICE_NO])
{
	const char	*mark = strchr(ref, '_');
	int64_t		 attempt = 0;

	(void)snprintf(no, INVOICE_NO, "%.*s", mark == NULL ? 0 : (int)(mark - ref), ref);
	return mark == NULL || str_to_i64(mark + 1, 1000, &attempt) < 0 ? 0 : attempt;
}

int
invoice_apply(struct db *db, struct hall *h, const struct invoice_fact *f, struct err *err)
{
	struct invoice	 v = {0};
	struct err	 none = {0};
	char		 no[INVOICE_NO];
	int64_t		 attempt = invoice_ref(f->ref, no);
	int		 rc = 0;

	if (invoice_load(db, h, &invoice_system, no, &v, &none) < 0)
		return none.kind == ERR_NOT_FOUND ? 0 : err_set(err, none.kind, "%s", none.text);
	if (attempt != v.attempt)
		log_kv(LOG_WARN, "invoice.stale", LOG_S("ref", f->ref));
	else if (f->state == INVOICE_ISSUED)
		rc = invoice_issued(db, h, &v, f, err);
	else if (f->state == INVOICE_REVERSED)
		rc = invoice_reversed(db, h, &v, f, err);
	else if (f->state == INVOICE_FAILED)
		rc = invoice_failed(db, h, &v, f, err);
	else if (f->state == INVOICE_GIVEN_UP)
		rc = invoice_given_up(db, h, &v, f, err);
	else if (f->state == INVOICE_FILE_READY)
		rc = invoice_file(db, h, &v, f, err);
	invoice_release(&v);
	return rc;
}

/* ---- refunds ---- */

/* The other orders of v: [{"id",…}] */
static int
invoice_others(struct db *db, const struct invoice *v, const struct order *o, json_t **others,
    struct err *err)
{
	json_t	*one = NULL;
	size_t	 i = 0;

	if (invoice_orders(db, v, others, err) < 0)
		return -1;
	json_array_foreach(*others, i, one)
		if (js_int(one, "id", 0) == o->id) {
			(void)json_array_remove(*others, i);
			break;
		}
	return 0;
}

/* Not asked for yet, or refused: the order is simply taken off. */
static int
invoice_take_off(struct db *db, struct hall *h, struct invoice *v, const struct order *o,
    const json_t *others, struct err *err)
{
	if (db_run(db, SQL_INVOICE_ORDER_DROP, NULL, err, DB_INT(v->id), DB_INT(o->id)) < 0 ||
	    invoice_sum_up(db, h, others, v, err) < 0)
		return -1;
	if (json_array_size(others) == 0)
		invoice_set(v, "dropped");
	return invoice_save(db, h, v, err);
}

/* Whatever stands in the way of v's red letter has the order too. */
static int
invoice_take_off_next(struct db *db, struct hall *h, const struct invoice *v,
    const struct order *o, struct err *err)
{
	struct invoice	 next = {0};
	struct rows	*rows = NULL;
	json_t		*others = NULL;
	int		 rc = -1;

	if (db_query(db, SQL_INVOICE_WAITING_FOR, &rows, err, DB_INT(v->id)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0 && (rc = invoice_from_row(h, rows, &next, err)) == 0 &&
	    (rc = invoice_others(db, &next, o, &others, err)) == 0)
		rc = invoice_take_off(db, h, &next, o, others, err);
	rows_free(rows);
	json_decref(others);
	invoice_release(&next);
	return rc;
}

static int
invoice_refund_of(struct db *db, struct hall *h, const struct who *who, struct invoice *v,
    const struct order *o, struct err *err)
{
	json_t	*others = NULL;
	int	 rc = -1;

	if (invoice_is(v, "reversing"))
		return invoice_take_off_next(db, h, v, o, err);
	if (invoice_others(db, v, o, &others, err) < 0)
		return -1;
	if (invoice_is(v, "failed")) {
		rc = db_run(db, SQL_INVOICE_CLAIM_DROP_ORDER, NULL, err, DB_INT(o->id));
		if (rc == 0)
			rc = invoice_take_off(db, h, v, o, others, err);
	} else if (json_array_size(others) == 0 ||
	    (rc = invoice_succeed(db, h, who, v, v, others, err)) == 0) {
		v->undo = true;
		rc = invoice_is(v, "requested") ? invoice_save(db, h, v, err) :
		    invoice_take_back(db, h, who, v, "退款", err);
	}
	json_decref(others);
	return rc;
}

int
invoice_order_refunded(struct db *db, struct hall *h, const struct who *who,
    const struct order *o, struct err *err)
{
	struct invoice	 v = {0};
	struct rows	*rows = NULL;
	int64_t		 id = 0;
	int		 rc = -1;

	if (db_query(db, SQL_INVOICE_CLAIM_GET, &rows, err, DB_INT(o->id)) < 0)
		return -1;
	rc = rows_next(rows, err);
	id = rc > 0 ? rows_int(rows, 0) : 0;
	rows_free(rows);
	if (rc <= 0)
		return rc;
	rc = invoice_load_id(db, h, id, &v, err);
	if (rc == 0 && v.undo)
		rc = invoice_take_off_next(db, h, &v, o, err);
	else if (rc == 0)
		rc = invoice_refund_of(db, h, who, &v, o, err);
	invoice_release(&v);
	return rc;
}

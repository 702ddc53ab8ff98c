#include "base/base.h"
#include "hall/invoice/invoice_own.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/sealed.h"

#define INVOICE_COLUMN	"invoice.buyer"
#define INVOICE_BUYER	(16 * 1024)
#define INVOICE_COPY(to, r, col)	(void)snprintf(to, sizeof(to), "%s", rows_text(r, col))

void
invoice_release(struct invoice *v)
{
	json_decref(v->buyer);
	json_decref(v->items);
	memset(v, 0, sizeof(*v));
}

int
invoice_from_row(const struct hall *h, struct rows *r, struct invoice *v, struct err *err)
{
	memset(v, 0, sizeof(*v));
	v->id = rows_int(r, 0);
	INVOICE_COPY(v->no, r, 1);
	v->account = rows_int(r, 2);
	INVOICE_COPY(v->state, r, 3);
	v->version = rows_int(r, 4);
	v->attempt = rows_int(r, 5);
	INVOICE_COPY(v->kind, r, 6);
	INVOICE_COPY(v->title, r, 7);
	v->amount = rows_int(r, 10);
	v->tax = rows_int(r, 11);
	INVOICE_COPY(v->code, r, 12);
	INVOICE_COPY(v->number, r, 13);
	INVOICE_COPY(v->red_number, r, 14);
	INVOICE_COPY(v->reason, r, 15);
	INVOICE_COPY(v->file, r, 16);
	v->replaces = rows_int(r, 17);
	v->undo = rows_int(r, 18) != 0;
	v->created = rows_int(r, 19);
	v->issued_at = rows_int(r, 20);
	v->reversed_at = rows_int(r, 21);
	INVOICE_COPY(v->red_reason, r, 22);
	if (sealed_get_json(h, INVOICE_COLUMN, r, 8, &v->buyer, err) == 0 &&
	    json_parse(rows_text(r, 9), strlen(rows_text(r, 9)), 0, &v->items, err) == 0)
		return 0;
	invoice_release(v);
	return -1;
}

int
invoice_load(struct db *db, const struct hall *h, const struct who *who, const char *no,
    struct invoice *v, struct err *err)
{
	bool		 all = who->system || (who->staff != 0 && (who->roles & ROLE_FINANCE) != 0);
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_INVOICE_BY_NO, &rows, err, DB_TEXT(no));

	invoice_release(v);
	if (rc == 0 && !all && (who->account == 0 || rows_int(rows, 2) != who->account))
		rc = err_set(err, ERR_NOT_FOUND, "not this account's");
	if (rc == 0)
		rc = invoice_from_row(h, rows, v, err);
	else if (err->kind == ERR_NOT_FOUND)
		err_set(err, ERR_NOT_FOUND, "没有这张发票，请从“我的发票”进入。");
	rows_free(rows);
	return rc;
}

int
invoice_load_id(struct db *db, const struct hall *h, int64_t id, struct invoice *v,
    struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_INVOICE_BY_ID, &rows, err, DB_INT(id));

	if (rc == 0)
		rc = invoice_from_row(h, rows, v, err);
	rows_free(rows);
	return rc;
}

static int
invoice_pack(const struct hall *h, const struct invoice *v, struct buf *buyer, struct buf *items,
    struct err *err)
{
	buf_init(buyer, INVOICE_BUYER);
	buf_init(items, INVOICE_BUYER);
	json_write(v->items, items);
	return buf_check(items, err) < 0 ? -1 :
	    sealed_put_json(h, INVOICE_COLUMN, v->buyer, buyer, err);
}

int
invoice_insert(struct db *db, const struct hall *h, struct invoice *v, struct err *err)
{
	struct buf	buyer = {0}, items = {0};
	char		digits[21];
	int		rc = -1;

	v->id = rand_id();
	v->version = v->attempt = 1;
	v->created = clock_now();
	rand_digits(digits, 20);
	(void)snprintf(v->no, sizeof(v->no), "F%s", digits);
	if (invoice_pack(h, v, &buyer, &items, err) == 0)
		rc = db_run(db, SQL_INVOICE_INSERT, NULL, err, DB_INT(v->id), DB_TEXT(v->no),
		    DB_INT(v->account), DB_TEXT(v->state), DB_TEXT(v->kind), DB_TEXT(v->title),
		    DB_BLOB(buyer.p, buyer.len), DB_TEXT(items.p), DB_INT(v->amount),
		    DB_INT(v->replaces), DB_INT(v->created));
	buf_free(&buyer);
	buf_free(&items);
	return rc;
}

int
invoice_save(struct db *db, const struct hall *h, struct invoice *v, struct err *err)
{
	struct buf	buyer = {0}, items = {0};
	int64_t		changed = 0;
	int		rc = -1;

	if (invoice_pack(h, v, &buyer, &items, err) == 0)
		rc = db_run(db, SQL_INVOICE_SAVE, &changed, err, DB_INT(v->id),
		    DB_INT(v->version), DB_TEXT(v->state), DB_INT(v->attempt), DB_TEXT(v->kind),
		    DB_TEXT(v->title), DB_BLOB(buyer.p, buyer.len), DB_TEXT(items.p),
		    DB_INT(v->amount), DB_INT(v->tax), DB_TEXT(v->code), DB_TEXT(v->number),
		    DB_TEXT(v->red_number), DB_TEXT(v->reason), DB_TEXT(v->file), DB_INT(v->undo),
		    DB_INT(v->issued_at), DB_INT(v->reversed_at), DB_TEXT(v->red_reason));
	buf_free(&buyer);
	buf_free(&items);
	if (rc < 0 || hall_was_first(changed, "这张发票", err) < 0)
		return -1;
	v->version++;
	return 0;
}

bool
invoice_is(const struct invoice *v, const char *state)
{
	return strcmp(v->state, state) == 0;
}

void
invoice_set(struct invoice *v, const char *state)
{
	(void)snprintf(v->state, sizeof(v->state), "%s", state);
}

static const char *
invoice_state_text(const struct invoice *v)
{
	static const struct { const char *state, *text; } texts[] = {
		{ "waiting", "等原发票红冲" }, { "requested", "正在开具" }, { "issued", "已开具" },
		{ "failed", "没有开出" }, { "differs", "金额不符，等待核对" },
		{ "reversing", "正在红冲" }, { "reversed", "已红冲" }, { "dropped", "已撤回" },
	};
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].state, v->state) == 0)
			return texts[i].text;
	return v->state;
}

json_t *
invoice_model(const struct invoice *v, const struct who *who)
{
	static const char *const buyer[] = { "tax_no", "address", "phone", "bank", "account",
	    "mail" };
	bool	 staff = who->account == 0;
	json_t	*j = json_object();
	size_t	 i = 0;

	js_set_str(j, "no", v->no);
	js_set_str(j, "state", v->state);
	js_set_str(j, "state_text", invoice_state_text(v));
	js_set_str(j, "kind", v->kind);
	js_set_str(j, "kind_text", strcmp(v->kind, "special") == 0 ? "数电专票" : "数电普票");
	js_set_str(j, "invoice_title", v->title);
	for (i = 0; i < ARRAY_LEN(buyer); i++)
		js_set_str(j, buyer[i], js_str(v->buyer, buyer[i]));
	js_set_fen(j, "amount", v->amount);
	js_set_fen(j, "tax", v->tax);
	js_set_str(j, "number", v->number);
	js_set_str(j, "red_number", v->red_number);
	js_set_str(j, "reason", staff ? v->reason : "");
	js_set_bool(j, "has_file", v->file[0] != '\0');
	js_set_bool(j, "is_issued", invoice_is(v, "issued"));
	js_set_bool(j, "is_failed", invoice_is(v, "failed"));
	js_set_bool(j, "is_open", invoice_is(v, "requested") || invoice_is(v, "waiting") ||
	    invoice_is(v, "reversing"));
	js_set_bool(j, "may_mend", invoice_is(v, "failed") || (staff && invoice_is(v, "issued")));
	js_set_bool(j, "may_drop", invoice_is(v, "failed"));
	js_set_bool(j, "may_reverse", staff && (invoice_is(v, "issued") ||
	    invoice_is(v, "differs")));
	js_set_bool(j, "may_retry", staff && v->reason[0] != '\0' && (invoice_is(v, "requested") ||
	    invoice_is(v, "reversing") || invoice_is(v, "failed")));
	js_set_time(j, "created", v->created);
	js_set_time(j, "issued", v->issued_at);
	js_set_time(j, "reversed", v->reversed_at);
	return j;
}

int
invoice_orders(struct db *db, const struct invoice *v, json_t **list, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*j = NULL;
	int		 rc = 0;

	if (db_query(db, SQL_INVOICE_ORDERS, &rows, err, DB_INT(v->id)) < 0)
		return -1;
	*list = json_array();
	while ((rc = rows_next(rows, err)) > 0) {
		j = json_pack("{s:I, s:s, s:s}", "id", (json_int_t)rows_int(rows, 0), "no",
		    rows_text(rows, 2), "subject", rows_text(rows, 3));
		js_set_fen(j, "amount", rows_int(rows, 1));
		(void)json_array_append_new(*list, j);
	}
	rows_free(rows);
	if (rc < 0) {
		json_decref(*list);
		*list = NULL;
	}
	return rc;
}

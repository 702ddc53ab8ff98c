#include "base/base.h"
#include "hall/payment/reconcile.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/identity/remittance.h"
#include "hall/journal.h"
#include "hall/payment/trade.h"

static const struct kind_row {
	const char	*kind, *text, *advice;
} kind_rows[] = {
	{ "unknown", "渠道有、账上无", "请在渠道后台查这笔款的付款人，核实后退款或补录。" },
	{ "missing", "账上有、渠道无", "请在渠道后台按商户单号查询；查不到时暂停发放该订单并报告主管。" },
	{ "amount", "金额不符", "请核对渠道后台的实收金额，多退少补。" },
	{ "found", "漏单已补", "渠道已收款而通知丢失，已自动入账。" },
	{ "doubled", "重复出账", "同一笔打款出账两次，请立即联系银行核实，并报告主管。" },
	{ "refund_unknown", "渠道有退款、账上无", "请核实是谁在渠道后台退的款，并处理对应订单。" },
	{ "refund_missing", "账上已退、渠道无退款", "请在渠道后台查询退款单，未退出的重新退款。" },
	{ "refund_amount", "退款金额不符", "请核对渠道后台的退款金额。" },
};

struct reconcile {
	struct db		*db;
	struct hall		*h;
	const struct bill_fact	*f;
	int64_t			 matched;
};

int
reconcile_add(struct db *db, const struct bill_fact *f, const char *kind, const char *trade_no,
    const char *refund_no, int64_t ours, int64_t theirs, struct err *err)
{
	bool	found = strcmp(kind, "found") == 0;

	log_kv(LOG_WARN, "reconcile.differs", LOG_S("channel", f->channel),
	    LOG_S("day", f->date), LOG_S("kind", kind), LOG_S("trade", trade_no),
	    LOG_I("ours", ours), LOG_I("theirs", theirs));
	return db_run(db, SQL_RECONCILIATION_ROW_ADD, NULL, err, DB_INT(rand_id()),
	    DB_TEXT(f->channel), DB_TEXT(f->date), DB_TEXT(kind), DB_TEXT(trade_no),
	    DB_TEXT(refund_no), DB_INT(ours), DB_INT(theirs),
	    DB_TEXT(found ? "closed" : "open"), DB_TEXT(found ? "已自动入账" : ""),
	    DB_INT(clock_now()));
}

static int
reconcile_differ(const struct reconcile *r, const char *kind, const char *trade_no,
    const char *refund_no, int64_t ours, int64_t theirs, struct err *err)
{
	return reconcile_add(r->db, r->f, kind, trade_no, refund_no, ours, theirs, err);
}

int
reconcile_again(struct db *db, const struct bill_fact *f, struct err *err)
{
	return db_run(db, SQL_RECONCILIATION_ROW_DROP_OPEN, NULL, err, DB_TEXT(f->channel),
	    DB_TEXT(f->date));
}

int
reconcile_done(struct db *db, const struct bill_fact *f, int64_t matched, struct err *err)
{
	return db_run(db, SQL_RECONCILIATION_SET, NULL, err, DB_TEXT(f->channel),
	    DB_TEXT(f->date), DB_TEXT(f->ok ? "done" : "failed"), DB_INT(matched),
	    DB_TEXT(f->ok ? "" : f->detail), DB_INT(clock_now()));
}

/* The channel has it paid and we have not: a payment like any other, learned late. */
static int
reconcile_find(const struct reconcile *r, const struct bill_row *row, const struct trade *t,
    struct err *err)
{
	struct pay_fact	fact = { .channel = r->f->channel, .trade_no = row->trade_no,
		.channel_trade_no = row->channel_trade_no, .fen = row->fen,
		.wanted = t->amount, .state = row->fen == t->amount ? PAY_PAID : PAY_DIFFERS,
		.paid_at = r->f->from, .source = FACT_BILL };

	if (payment_apply(r->db, r->h, &fact, err) < 0)
		return -1;
	return reconcile_differ(r, "found", row->trade_no, "", 0, row->fen, err);
}

/* Part of a carrier's money went back: the share whose refund it is, else the carrier stays. */
static int
reconcile_share(const struct reconcile *r, const struct bill_row *row, struct trade *t,
    struct err *err)
{
	struct trade	share = {0};
	int		rc = trade_by_refund(r->db, row->refund_no, &share, err);

	if (rc > 0 && share.parent == t->id)
		*t = share;
	return rc < 0 ? -1 : 0;
}

static int
reconcile_row(struct reconcile *r, const struct bill_row *row, struct err *err)
{
	bool		refund = row->refund_no[0] != '\0', back = false;
	struct trade	t = {0};
	struct err	none = {0};
	int64_t		ours = 0;

	if (trade_load(r->db, row->trade_no, &t, &none) < 0 ||
	    strcmp(t.channel, r->f->channel) != 0) {
		if (none.kind != ERR_NONE && none.kind != ERR_NOT_FOUND) {
			*err = none;
			return -1;
		}
		return reconcile_differ(r, refund ? "refund_unknown" : "unknown", row->trade_no,
		    row->refund_no, 0, row->fen, err);
	}
	if (refund && t.bundle != 0 && strcmp(t.refund_no, row->refund_no) != 0 &&
	    reconcile_share(r, row, &t, err) < 0)
		return -1;
	back = trade_is(&t, "refunding") || trade_is(&t, "refunded");
	if (refund && (!back || strcmp(t.refund_no, row->refund_no) != 0))
		return reconcile_differ(r, "refund_unknown", row->trade_no, row->refund_no, 0,
		    row->fen, err);
	if (!refund && t.received == 0)
		return reconcile_find(r, row, &t, err);
	ours = t.received;
	if (ours != row->fen)
		return reconcile_differ(r, refund ? "refund_amount" : "amount", row->trade_no,
		    row->refund_no, ours, row->fen, err);
	r->matched++;
	return 0;
}

/* By what a row is known; both lists sorted by it. */
static int
reconcile_by_no(const void *a, const void *b)
{
	const struct bill_row	*x = a, *y = b;
	int			 c = strcmp(x->trade_no, y->trade_no);

	return c != 0 ? c : strcmp(x->refund_no, y->refund_no);
}

/* Of our books on that day: what the (sorted) bill does not have. */
static int
reconcile_missing(struct reconcile *r, const struct bill_row *sorted, bool refund,
    struct err *err)
{
	struct rows	*rows = NULL;
	struct bill_row	 key = {0}, *list = NULL;
	size_t		 n = 0, cap = 0, i = 0;
	int		 rc = 0;

	if (db_query(r->db, refund ? SQL_TRADE_REFUNDED_BETWEEN : SQL_TRADE_PAID_BETWEEN, &rows,
	    err, DB_TEXT(r->f->channel), DB_INT(r->f->from), DB_INT(r->f->to)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		(void)snprintf(key.trade_no, sizeof(key.trade_no), "%s", rows_text(rows, 0));
		(void)snprintf(key.refund_no, sizeof(key.refund_no), "%s",
		    refund ? rows_text(rows, 1) : "");
		key.fen = rows_int(rows, refund ? 2 : 1);
		if (r->f->n > 0 && bsearch(&key, sorted, r->f->n, sizeof(key),
		    reconcile_by_no) != NULL)
			continue;
		if (n == cap) {
			cap = cap == 0 ? 16 : cap * 2;
			list = xrealloc(list, cap * sizeof(*list));
		}
		list[n++] = key;
	}
	rows_free(rows);
	for (i = 0; rc == 0 && i < n; i++)
		rc = reconcile_differ(r, refund ? "refund_missing" : "missing",
		    list[i].trade_no, list[i].refund_no, list[i].fen, 0, err);
	free(list);
	return rc;
}

int
reconcile_apply(struct db *db, struct hall *h, const struct bill_fact *f, struct err *err)
{
	struct reconcile	 r = { .db = db, .h = h, .f = f };
	struct bill_row		*sorted = NULL;
	size_t			 i = 0;
	int			 rc = -1;

	if (!f->ok)
		return reconcile_done(db, f, 0, err);
	if (reconcile_again(db, f, err) < 0)
		return -1;
	sorted = xmalloc((f->n + 1) * sizeof(*sorted));
	if (f->n > 0)
		memcpy(sorted, f->row, f->n * sizeof(*sorted));
	qsort(sorted, f->n, sizeof(*sorted), reconcile_by_no);
	for (i = 0; i < f->n; i++)
		if (reconcile_row(&r, &f->row[i], err) < 0)
			goto out;
	if (reconcile_missing(&r, sorted, false, err) < 0 ||
	    reconcile_missing(&r, sorted, true, err) < 0)
		goto out;
	rc = reconcile_done(db, f, r.matched, err);
 out:
	free(sorted);
	return rc;
}

/* ---- the finance desk ---- */

static const struct kind_row *
reconcile_kind(const char *kind)
{
	size_t	i = 0;

	for (i = 0; i + 1 < ARRAY_LEN(kind_rows); i++)
		if (strcmp(kind_rows[i].kind, kind) == 0)
			break;
	return &kind_rows[i];
}

static json_t *
reconcile_day_model(struct rows *r)
{
	char	at[CLOCK_TEXT];

	return json_pack("{s:s, s:s, s:s, s:b, s:I, s:s, s:s, s:I, s:I, s:b}",
	    "channel", rows_text(r, 0), "channel_text", trade_channel_text(rows_text(r, 0)),
	    "day", rows_text(r, 1), "ok", strcmp(rows_text(r, 2), "done") == 0,
	    "matched", (json_int_t)rows_int(r, 3), "detail", rows_text(r, 4),
	    "at", clock_datetime(rows_int(r, 5), at), "differences", (json_int_t)rows_int(r, 6),
	    "open", (json_int_t)rows_int(r, 7), "has_open", rows_int(r, 7) > 0);
}

static json_t *
reconcile_row_model(struct rows *r)
{
	const struct kind_row	*k = reconcile_kind(rows_text(r, 3));
	char			 id[24], ours[32], theirs[32];

	(void)snprintf(id, sizeof(id), "%" PRId64, rows_int(r, 0));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
	    "id", id, "channel_text", trade_channel_text(rows_text(r, 1)),
	    "day", rows_text(r, 2), "kind", k->kind, "kind_text", k->text, "advice", k->advice,
	    "trade", rows_text(r, 4), "refund", rows_text(r, 5),
	    "ours", fen_text(rows_int(r, 6), ours), "theirs", fen_text(rows_int(r, 7), theirs));
}

static int
reconcile_list_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*days = json_array(), *list = json_array();
	int		 rc = 0;

	a->model = json_pack("{s:o, s:o}", "days", days, "rows", list);
	if (db_query(db, SQL_RECONCILIATION_LIST, &rows, err) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0)
		(void)json_array_append_new(days, reconcile_day_model(rows));
	rows_free(rows);
	if (rc < 0 || db_query(db, SQL_RECONCILIATION_ROW_OPEN, &rows, err) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0)
		(void)json_array_append_new(list, reconcile_row_model(rows));
	rows_free(rows);
	return rc;
}

int
reconcile_list(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = { .h = h, .who = who };

	if (!who->system && hall_need_role(who, ROLE_FINANCE, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, reconcile_list_run, err), model);
}

static int
reconcile_close_run(struct db *db, struct act *a, struct err *err)
{
	const char	*note = js_str(a->in, "note");
	char		 staff[24];
	int64_t		 id = 0, n = 0;

	if (*note == '\0' || utf8_count(note) > 200)
		return hall_field_error(a->errors, "note", "处理说明", err,
		    "请填写差异的处理说明，不超过200个字。");
	if (str_to_i64(a->name, INT64_MAX, &id) < 0)
		return err_set(err, ERR_NOT_FOUND, "没有这条差异，请刷新页面。");
	(void)snprintf(staff, sizeof(staff), "%" PRId64, a->who->staff);
	if (db_run(db, SQL_RECONCILIATION_ROW_CLOSE, &n, err, DB_INT(id), DB_TEXT(note),
	    DB_TEXT(staff), DB_INT(clock_now())) < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_WRONG_STATE, "这条差异已经处理过了，请刷新页面。");
	return hall_journal_add(db, a->who, "reconcile_close", a->name, note, err);
}

int
reconcile_close(struct hall *h, const struct who *who, const char *id, const json_t *in,
    json_t *errors, struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = id, .in = in, .errors = errors };

	if (hall_need_role(who, ROLE_FINANCE, err) < 0)
		return -1;
	return act_write(&a, reconcile_close_run, err);
}

static int
reconcile_ask_run(struct db *db, struct act *a, struct err *err)
{
	static const char *const channels[] = { "alipay", "wechat", "bank" };
	char			 key[96];
	json_t			*payload = NULL;
	size_t			 i = 0;
	int			 rc = 0;

	for (i = 0; rc == 0 && i < ARRAY_LEN(channels); i++) {
		if (strcmp(channels[i], "bank") == 0 && !remittance_has_bank())
			continue;
		(void)snprintf(key, sizeof(key), "bill:%s:%s:%" PRId64, channels[i], a->name,
		    clock_now());
		payload = json_pack("{s:s, s:s}", "channel", channels[i], "date", a->name);
		rc = hall_outbox_put(db, a->h, strcmp(channels[i], "bank") == 0 ?
		    "bank.statement" : "pay.bill", key, payload, err);
		json_decref(payload);
	}
	return rc;
}

int
reconcile_ask(struct hall *h, const struct who *who, const char *day, struct err *err)
{
	char		date[CLOCK_TEXT];
	int64_t		from = 0;
	struct act	a = { .h = h, .who = who, .name = date };

	if (!who->system && hall_need_role(who, ROLE_FINANCE, err) < 0)
		return -1;
	(void)snprintf(date, sizeof(date), "%s", day == NULL ? "" : day);
	if (date[0] == '\0')
		(void)clock_date(clock_now() - CLOCK_DAY, date);
	if (clock_parse_date(date, &from) < 0)
		return err_set(err, ERR_INPUT, "请按 2026-11-20 的样子填写日期。");
	if (from > clock_now())
		return err_set(err, ERR_INPUT, "这一天还没有到，没有账单；请填写今天或以前的日期。");
	if (act_write(&a, reconcile_ask_run, err) < 0)
		return -1;
	hall_poke(h);
	return 0;
}

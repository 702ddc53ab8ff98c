#include "base/base.h"
#include "hall/order/order.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/journal.h"
#include "hall/order/order_row.h"
#include "hall/sealed.h"

/* Who of the staff has business with other people's papers. */
#define ORDER_DESKS	((unsigned int)(ROLE_REVIEWER | ROLE_MAKER | ROLE_FINANCE))
#define ORDER_FORM_MAX	(64 * 1024)
#define ORDER_DRAFT_KEPT	(30 * CLOCK_DAY)

void
order_release(struct order *o)
{
	json_decref(o->form);
	json_decref(o->steps);
	json_decref(o->collection);
	memset(o, 0, sizeof(*o));
}

/* Columns in the order of the order_by_no statement. */
int
order_from_row(const struct hall *h, struct rows *r, struct order *o, struct err *err)
{
	memset(o, 0, sizeof(*o));
	o->id = rows_int(r, 0);
	(void)snprintf(o->no, sizeof(o->no), "%s", rows_text(r, 1));
	o->account = rows_int(r, 2);
	(void)snprintf(o->product, sizeof(o->product), "%s", rows_text(r, 3));
	(void)snprintf(o->op, sizeof(o->op), "%s", rows_text(r, 4));
	o->state = o->was = order_state_by_name(rows_text(r, 5));
	o->version = rows_int(r, 6);
	(void)snprintf(o->user_name, sizeof(o->user_name), "%s", rows_text(r, 10));
	(void)snprintf(o->subject, sizeof(o->subject), "%s", rows_text(r, 11));
	o->years = (int)rows_int(r, 12);
	o->amount = rows_int(r, 13);
	o->paid = rows_int(r, 14);
	o->reviewer = rows_int(r, 15);
	o->claimed = rows_int(r, 16);
	o->maker = rows_int(r, 17);
	o->created = rows_int(r, 18);
	o->updated = rows_int(r, 19);
	o->submitted = rows_int(r, 20);
	o->decided = rows_int(r, 21);
	o->done = rows_int(r, 22);
	(void)snprintf(o->replaces, sizeof(o->replaces), "%s", rows_text(r, 23));
	(void)snprintf(o->concerns, sizeof(o->concerns), "%s", rows_text(r, 24));
	o->seal_fen = rows_int(r, 25);
	o->def = halldef_product(hall_def(h), o->product);
	if (o->def == NULL || o->state == ORDER__MAX)
		return err_set(err, ERR_STORE, "order %s: product %s or state %s is unknown",
		    o->no, o->product, rows_text(r, 5));
	if (sealed_get_json(h, "orders.form", r, 7, &o->form, err) < 0 ||
	    json_parse(rows_text(r, 8), strlen(rows_text(r, 8)), 0, &o->steps, err) < 0 ||
	    sealed_get_json(h, "orders.collection", r, 9, &o->collection, err) < 0) {
		order_release(o);
		return -1;
	}
	return 0;
}

static int
order_load_row(const struct hall *h, struct rows *rows, int rc, struct order *o,
    struct err *err)
{
	if (rc == 0)
		rc = order_from_row(h, rows, o, err);
	else if (err->kind == ERR_NOT_FOUND)
		err_set(err, ERR_NOT_FOUND, "没有找到这个业务受理号，请核对后重新输入。");
	rows_free(rows);
	return rc;
}

int
order_load(struct db *db, const struct hall *h, const char *no, struct order *o,
    struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_ORDER_BY_NO, &rows, err, DB_TEXT(no));

	return order_load_row(h, rows, rc, o, err);
}

int
order_load_id(struct db *db, const struct hall *h, int64_t id, struct order *o,
    struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_ORDER_BY_ID, &rows, err, DB_INT(id));

	return order_load_row(h, rows, rc, o, err);
}

bool
order_is_theirs(const struct who *who, const struct order *o)
{
	return who->system || (who->staff != 0 && (who->roles & ORDER_DESKS) != 0) ||
	    (who->account != 0 && o->account == who->account);
}

int
order_load_mine(struct db *db, const struct hall *h, const struct who *who, const char *no,
    struct order *o, struct err *err)
{
	if (order_load(db, h, no, o, err) < 0)
		return -1;
	if (order_is_theirs(who, o))
		return 0;
	order_release(o);
	return err_set(err, ERR_NOT_FOUND, "没有找到这个业务受理号，请核对后重新输入。");
}

/* The sealed and serialised columns of an order about to be written. */
struct order_columns {
	struct buf	 form, collection, steps;
	char		 mobile[KEYED_TEXT];
	bool		 has_mobile;
};

static int
order_columns_fill(const struct hall *h, const struct order *o, struct order_columns *c,
    struct err *err)
{
	const char	*mobile = order_mobile(o);

	buf_init(&c->form, ORDER_FORM_MAX);
	buf_init(&c->collection, ORDER_FORM_MAX);
	buf_init(&c->steps, ORDER_FORM_MAX);
	c->has_mobile = *mobile != '\0';
	if (c->has_mobile)
		keyed(h, "mobile", mobile, c->mobile);
	json_write(o->steps, &c->steps);
	if (sealed_put_json(h, "orders.form", o->form, &c->form, err) < 0 ||
	    sealed_put_json(h, "orders.collection", o->collection, &c->collection, err) < 0)
		return -1;
	return buf_check(&c->steps, err);
}

static void
order_columns_free(struct order_columns *c)
{
	buf_free(&c->form);
	buf_free(&c->collection);
	buf_free(&c->steps);
}

int
order_save(struct db *db, const struct hall *h, struct order *o, struct err *err)
{
	struct order_columns	c = {0};
	int64_t			changed = 0;
	int			rc = -1;

	if (order_columns_fill(h, o, &c, err) < 0)
		goto out;
	o->updated = clock_now();
	if (db_run(db, SQL_ORDER_SAVE, &changed, err, DB_INT(o->id), DB_INT(o->version),
	    DB_TEXT(order_state_name(o->was)), DB_TEXT(order_state_name(o->state)),
	    DB_BLOB(c.form.p, c.form.len), DB_TEXT(c.steps.p),
	    DB_BLOB(c.collection.p, c.collection.len), DB_TEXT(o->user_name),
	    DB_TEXT(o->subject), c.has_mobile ? DB_TEXT(c.mobile) : DB_NULL,
	    DB_INT(o->years), DB_INT(o->amount), DB_INT(o->paid), DB_INT(o->reviewer),
	    DB_INT(o->claimed), DB_INT(o->maker), DB_INT(o->updated), DB_INT(o->submitted),
	    DB_INT(o->decided), DB_INT(o->done), DB_INT(o->seal_fen)) < 0)
		goto out;
	if (hall_was_first(changed, "申请", err) < 0)
		goto out;
	o->version++;
	o->was = o->state;
	rc = 0;
 out:
	order_columns_free(&c);
	return rc;
}

int
order_hold(struct db *db, const struct order *o, struct err *err)
{
	int64_t	n = 0;

	if (db_run(db, SQL_ORDER_HOLD, &n, err, DB_INT(o->id), DB_INT(o->version)) < 0)
		return -1;
	return n == 1 ? 0 : err_set(err, ERR_CONFLICT, "业务%s刚刚有了变化，请刷新页面后再试。",
	    o->no);
}

static const char *
order_actor(const struct who *who)
{
	return who->system ? "system" : who->staff != 0 ? "staff" :
	    who->account != 0 ? "account" : "visitor";
}

static int
order_add_event(struct db *db, const struct who *who, const struct order *o, const char *what,
    enum order_state from, const char *note, struct err *err)
{
	if (db_run(db, SQL_ORDER_EVENT_INSERT, NULL, err, DB_INT(rand_id()), DB_INT(o->id),
	    DB_INT(clock_now()), DB_TEXT(order_actor(who)),
	    DB_INT(who->staff != 0 ? who->staff : who->account),
	    DB_TEXT(who->address == NULL ? "" : who->address), DB_TEXT(what),
	    DB_TEXT(order_state_name(from)), DB_TEXT(order_state_name(o->state)),
	    DB_TEXT(note == NULL ? "" : note)) < 0)
		return -1;
	return hall_journal_add(db, who, what, o->no, note, err);
}

int
order_note(struct db *db, const struct hall *h, const struct who *who, const struct order *o,
    const char *what, const char *note, struct err *err)
{
	(void)h;
	return order_add_event(db, who, o, what, o->state, note, err);
}

static void
order_stamp(struct order *o)
{
	int64_t	now = clock_now();

	if (o->state == ORDER_REVIEWING || (o->state == ORDER_SUBMITTED && o->submitted == 0))
		o->submitted = now;
	if (o->state == ORDER_OWING || o->state == ORDER_APPROVED ||
	    o->state == ORDER_UNLOCKING || o->state == ORDER_RECOVERING ||
	    o->state == ORDER_RETURNED)
		o->decided = now;
	if (o->state == ORDER_DONE || o->state == ORDER_CANCELLED)
		o->done = now;
}

int
order_move(struct db *db, const struct hall *h, const struct who *who, struct order *o,
    enum order_event event, const char *note, struct err *err)
{
	enum order_state	from = o->state, to = order_next(o->state, event);

	if (to == ORDER__MAX)
		return err_set(err, ERR_WRONG_STATE,
		    "业务当前为“%s”，不能进行此操作，请刷新页面查看最新状态。",
		    order_state_text(o->state));
	o->state = to;
	order_stamp(o);
	if (order_save(db, h, o, err) < 0)
		return -1;
	if (to == ORDER_CANCELLED || to == ORDER_REFUNDING)
		if (db_run(db, SQL_USER_NAME_DROP, NULL, err, DB_INT(o->id)) < 0)
			return -1;
	return order_add_event(db, who, o, order_event_name(event), from, note, err);
}

bool
order_may_edit(const struct order *o)
{
	return o->state == ORDER_DRAFT || o->state == ORDER_SUBMITTED ||
	    o->state == ORDER_REVIEWING || o->state == ORDER_RETURNED;
}

bool
order_may_change_material(const struct order *o)
{
	return o->state == ORDER_SUBMITTED || o->state == ORDER_REVIEWING ||
	    o->state == ORDER_RETURNED;
}

bool
order_may_continue(const struct order *o)
{
	return o->state == ORDER_DRAFT || o->state == ORDER_SUBMITTED ||
	    o->state == ORDER_RETURNED || o->state == ORDER_OWING;
}

bool
order_may_pay(const struct order *o)
{
	return o->state == ORDER_SUBMITTED || o->state == ORDER_RETURNED || o->state == ORDER_OWING;
}

bool
order_may_cancel(const struct order *o)
{
	return o->state != ORDER_APPROVED &&
	    order_next(o->state, EVENT_CANCEL) != ORDER__MAX;
}

/* YYYYMMDD and 12 digits nobody can guess. */
static void
order_make_no(char no[ORDER_NO])
{
	char	day[CLOCK_TEXT];

	(void)clock_compact(clock_now(), day);
	memcpy(no, day, 8);
	rand_digits(no + 8, ORDER_NO - 9);
}

int
order_insert(struct db *db, const struct hall *h, const struct who *who, struct order *o,
    const char *what, struct err *err)
{
	struct order_columns	c = {0};
	int			rc = -1;

	o->id = rand_id();
	o->version = 1;
	if (o->account == 0)
		o->account = who->account;
	o->created = o->updated = clock_now();
	order_make_no(o->no);
	if (order_columns_fill(h, o, &c, err) < 0)
		goto out;
	if (db_run(db, SQL_ORDER_INSERT, NULL, err, DB_INT(o->id), DB_TEXT(o->no),
	    DB_INT(o->account), DB_TEXT(o->product), DB_TEXT(o->op),
	    DB_TEXT(order_state_name(o->state)), DB_BLOB(c.form.p, c.form.len),
	    DB_TEXT(c.steps.p), DB_BLOB(c.collection.p, c.collection.len),
	    DB_TEXT(o->user_name), DB_TEXT(o->subject),
	    c.has_mobile ? DB_TEXT(c.mobile) : DB_NULL, DB_INT(o->years), DB_INT(o->amount),
	    DB_INT(o->created), DB_TEXT(o->replaces), DB_TEXT(o->concerns)) < 0)
		goto out;
	rc = order_add_event(db, who, o, what, o->state, o->def->title, err);
 out:
	order_columns_free(&c);
	return rc;
}

/* The newest draft of the product in which nothing has been written; "" when there is none. */
int
order_find_untouched(struct db *db, const struct who *who, const char *product,
    char no[ORDER_NO], struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	no[0] = '\0';
	if (db_query(db, SQL_ORDER_UNTOUCHED, &rows, err, DB_INT(who->account),
	    DB_TEXT(product), DB_INT(clock_now() - ORDER_DRAFT_KEPT)) < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0)
		(void)snprintf(no, ORDER_NO, "%s", rows_text(rows, 0));
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

const char *
order_mobile(const struct order *o)
{
	return js_str(o->form, "agent_phone");
}

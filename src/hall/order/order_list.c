#include "base/base.h"
#include "hall/order/order.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/ops.h"
#include "hall/order/order_row.h"
#include "hall/steps.h"

#define ORDER_PAGE	20
#define ORDER_EXPIRING	(90 * CLOCK_DAY)

/* A tab is a set of states and a narrower choice within it. */
static const struct order_tab {
	const char	*name;
	const char	*states;	/* ",draft,submitted," */
	int		 op;		/* 0 any, 1 new applications, 2 other operations */
	int		 pay;		/* as order_pays; 0 any */
} order_tabs[] = {
	{ "open", ",draft,submitted,reviewing,returned,making,ready,shipped,refunding,", 1, 0 },
	{ "other", ",draft,submitted,reviewing,returned,unlocking,countersigning,recovering,making,ready,"
	    "shipped,refunding,", 2, 0 },
	{ "fetch", ",approved,fetched,", 0, 0 },
	{ "soft", ",approved,fetched,", 0, 0 },		/* … of products whose key is a file */
	{ "done", ",done,", 0, 0 },
	{ "returned", ",returned,", 0, 0 },
	{ "cancelled", ",cancelled,", 0, 0 },
	{ "pay", ",submitted,reviewing,returned,", 0, 0 },
	{ "material", ",submitted,reviewing,returned,", 0, 0 },
	{ "voucher", ",submitted,returned,", 0, 2 },
	{ "all", ",draft,submitted,reviewing,returned,approved,unlocking,countersigning,recovering,making,"
	    "ready,fetched,shipped,done,"
	    "refunding,cancelled,", 0, 0 },
};

static const struct order_tab *
order_tab_by_name(const char *name)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(order_tabs); i++)
		if (strcmp(order_tabs[i].name, name) == 0)
			return &order_tabs[i];
	return &order_tabs[0];
}

json_t *
order_row_model(const struct hall *h, const struct order *o)
{
	const struct step	*s = step_current(h, o);
	json_t			*j = json_object();

	js_set_str(j, "no", o->no);
	js_set_str(j, "subject", o->subject);
	js_set_str(j, "user_name", o->user_name);
	js_set_str(j, "op", o->op);
	js_set_str(j, "op_text", op_text(js_str(j, "op")));
	js_set_str(j, "product", o->product);
	js_set_str(j, "product_title", o->def->title);
	js_set_str(j, "template", o->def->template_name);
	js_set_bool(j, "soft", o->def->soft);
	js_set_str(j, "medium", product_medium(o->def));
	js_set_str(j, "medium_text", product_medium_text(o->def));
	js_set_str(j, "mail", js_str(o->form, o->def->person ? "mail" : "org_mail"));
	js_set_time(j, "created", o->created);
	js_set_time(j, "submitted", o->submitted);
	js_set_str(j, "state", order_state_name(o->state));
	js_set_str(j, "state_text", order_state_text(o->state));
	js_set_str(j, "step", s == NULL ? "" : s->name);
	js_set_str(j, "next", step_next_text(h, o));
	js_set_fen(j, "amount", o->amount);
	js_set_bool(j, "paid", o->amount > 0 && o->paid >= o->amount);
	js_set_str(j, "paid_text", o->amount == 0 ? "" : o->paid >= o->amount ? "缴费完成" :
	    "等待缴费");
	js_set_int(j, "version", o->version);
	return j;
}

/* What is paid: 1 all, 2 not yet, 3 nothing to pay (or not known yet). */
static const struct { const char *name; int pay; } order_pays[] = {
	{ "paid", 1 }, { "owed", 2 }, { "free", 3 },
};

static int
order_pay_by_name(const char *name, int dflt)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(order_pays); i++)
		if (strcmp(order_pays[i].name, name) == 0)
			return order_pays[i].pay;
	return dflt;
}

/* A kind of operation to look for; "" any, also for names that are none. */
static const char *
order_wanted_op(const char *name)
{
	return strcmp(name, "new") == 0 || op_by_name(name) != NULL ? name : "";
}

/* A search word as a LIKE pattern; "" searches nothing. */
static void
order_like(const char *word, char pattern[160])
{
	size_t	n = 0;

	pattern[0] = '\0';
	if (*word == '\0')
		return;
	pattern[n++] = '%';
	for (; *word != '\0' && n < 150; word++)
		if (*word != '%' && *word != '_')
			pattern[n++] = *word;
	pattern[n++] = '%';
	pattern[n] = '\0';
}

static int
order_list_rows(const struct hall *h, struct rows *rows, json_t *out, struct err *err)
{
	struct order	o = {0};
	int		rc = 0;

	while ((rc = rows_next(rows, err)) > 0) {
		if (order_from_row(h, rows, &o, err) < 0)
			return -1;
		(void)json_array_append_new(out, order_row_model(h, &o));
		order_release(&o);
	}
	return rc;
}

/* What is looked for, as the statements take it. */
struct order_find {
	const struct order_tab	*tab;
	char			 like[160], state[40];
	const char		*states, *no, *op;
	struct buf		 products;	/* ",org,person,"; "" any */
	int64_t			 account;
	int			 pay;
};

/* The one that is asked for; on the tab of soft certificates only one of those, or all of them. */
static void
order_find_products(const struct halldef *d, const char *wanted, bool soft, struct buf *set)
{
	size_t	i = 0;

	buf_init(set, 4096);
	if (*wanted == '\0' && !soft)
		return;
	buf_addch(set, ',');
	for (i = 0; i < d->n_products; i++)
		if ((*wanted == '\0' || strcmp(d->products[i].id, wanted) == 0) &&
		    (!soft || d->products[i].soft))
			buf_addf(set, "%s,", d->products[i].id);
}

static void
order_find_fill(const struct act *a, struct order_find *f)
{
	const char	*want = js_str(a->in, "state");

	f->tab = order_tab_by_name(a->name);
	f->states = f->tab->states;
	order_find_products(hall_def(a->h), js_str(a->in, "product"),
	    strcmp(f->tab->name, "soft") == 0, &f->products);
	f->no = js_str(a->in, "no");
	f->op = order_wanted_op(js_str(a->in, "op"));
	f->account = a->who->account;
	f->pay = f->tab->pay != 0 ? f->tab->pay : order_pay_by_name(js_str(a->in, "pay"), 0);
	order_like(js_str(a->in, "subject"), f->like);
	if (order_state_by_name(want) != ORDER__MAX) {
		(void)snprintf(f->state, sizeof(f->state), ",%s,", want);
		f->states = strstr(f->tab->states, f->state) == NULL ? ",," : f->state;
	}
}

/* a->name is the tab, a->in the query. */
static int
order_list_run(struct db *db, struct act *a, struct err *err)
{
	struct order_find	 f = { .tab = NULL };
	struct rows		*rows = NULL;
	int64_t			 page = page_number(a->in);
	json_t			*list = json_array();
	bool			 all = a->who->account == 0;
	int			 rc = -1;

	order_find_fill(a, &f);
	a->model = json_object();
	js_set_str(a->model, "tab", f.tab->name);
	(void)json_object_set_new(a->model, "rows", list);
	if (db_one(db, all ? SQL_ORDER_LIST_ALL_COUNT : SQL_ORDER_LIST_COUNT, &rows, err,
	    DB_INT(f.account), DB_TEXT(f.states), DB_TEXT(f.products.p), DB_TEXT(f.no),
	    DB_TEXT(f.like), DB_INT(f.tab->op), DB_INT(f.pay), DB_TEXT(f.op)) < 0)
		goto out;
	page_numbers(a->model, rows_int(rows, 0), page, ORDER_PAGE);
	rows_free(rows);
	rows = NULL;
	if (db_query(db, all ? SQL_ORDER_LIST_ALL : SQL_ORDER_LIST, &rows, err,
	    DB_INT(f.account), DB_TEXT(f.states), DB_TEXT(f.products.p), DB_TEXT(f.no),
	    DB_TEXT(f.like), DB_INT(f.tab->op), DB_INT(f.pay), DB_TEXT(f.op),
	    DB_INT(ORDER_PAGE), DB_INT((page - 1) * ORDER_PAGE)) < 0)
		goto out;
	rc = order_list_rows(a->h, rows, list, err);
 out:
	buf_free(&f.products);
	rows_free(rows);
	return rc;
}

int
order_list(struct hall *h, const struct who *who, const char *tab, const json_t *query,
    json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = tab, .in = query};

	if (who->account == 0 && !who->system)
		return err_set(err, ERR_DENIED, "请先登录后再查看。");
	return act_model(&a, act_read(&a, order_list_run, err), model);
}

static void
order_count_state(json_t *m, const char *state, bool soft, int64_t n)
{
	static const char	fetch[] = ",approved,fetched,", ended[] = ",done,cancelled,returned,";
	char			key[40];

	(void)snprintf(key, sizeof(key), ",%s,", state);
	if (strcmp(state, "returned") == 0)
		js_set_int(m, "returned", js_int(m, "returned", 0) + n);
	if (strstr(fetch, key) != NULL && soft)
		js_set_int(m, "soft", js_int(m, "soft", 0) + n);
	if (strstr(fetch, key) != NULL)
		js_set_int(m, "fetch", js_int(m, "fetch", 0) + n);
	else if (strstr(ended, key) == NULL)
		js_set_int(m, "open", js_int(m, "open", 0) + n);
}

static int
order_counters_run(struct db *db, struct act *a, struct err *err)
{
	static const char *const keys[] = { "open", "returned", "fetch", "soft", "certificates",
	    "expiring" };
	const struct def_product	*p = NULL;
	struct rows	*rows = NULL;
	int64_t		 now = clock_now();
	size_t		 i = 0;
	int		 rc = -1;

	a->model = json_object();
	for (i = 0; i < ARRAY_LEN(keys); i++)
		js_set_int(a->model, keys[i], 0);
	if (db_query(db, SQL_ORDER_COUNT_STATES, &rows, err, DB_INT(a->who->account)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		p = halldef_product(hall_def(a->h), rows_text(rows, 1));
		order_count_state(a->model, rows_text(rows, 0), p != NULL && p->soft,
		    rows_int(rows, 2));
	}
	rows_free(rows);
	if (rc < 0)
		return -1;
	rows = NULL;
	rc = db_one(db, SQL_CERTIFICATE_COUNT, &rows, err, DB_INT(a->who->account), DB_INT(now),
	    DB_INT(now + ORDER_EXPIRING));
	if (rc == 0) {
		js_set_int(a->model, "certificates", rows_int(rows, 0));
		js_set_int(a->model, "expiring", rows_int(rows, 1));
	}
	rows_free(rows);
	return rc;
}

int
order_counters(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who};

	return act_model(&a, act_read(&a, order_counters_run, err), model);
}

static int
certificate_rows(struct rows *rows, json_t *out, struct err *err)
{
	int64_t	now = clock_now();
	char	day[CLOCK_TEXT];
	int	rc = 0;

	while ((rc = rows_next(rows, err)) > 0) {
		json_t		*j = json_object();
		const char	*state = rows_text(rows, 6);
		int64_t		 ends = rows_int(rows, 5);

		js_set_str(j, "order", rows_text(rows, 0));
		js_set_str(j, "subject", rows_text(rows, 1));
		js_set_str(j, "user_name", rows_text(rows, 2));
		js_set_str(j, "serial", rows_text(rows, 3));
		js_set_str(j, "not_before", clock_date(rows_int(rows, 4), day));
		js_set_str(j, "not_after", clock_date(ends, day));
		js_set_str(j, "product", rows_text(rows, 7));
		js_set_str(j, "state", state);
		js_set_str(j, "state_text", strcmp(state, "frozen") == 0 ? "冻结" :
		    strcmp(state, "revoked") == 0 ? "已撤销" : ends < now ? "已过期" : "有效");
		js_set_bool(j, "expiring", strcmp(state, "good") == 0 && ends >= now &&
		    ends < now + ORDER_EXPIRING);
		(void)json_array_append_new(out, j);
	}
	return rc;
}

static int
certificate_list_run(struct db *db, struct act *a, struct err *err)
{
	int64_t		 tab = strcmp(a->name, "frozen") == 0 ? 2 :
			    strcmp(a->name, "ended") == 0 ? 3 : 1;
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *row = NULL;
	size_t		 i = 0;
	int		 rc = 0;

	a->model = json_pack("{s:s, s:o}", "tab", a->name, "rows", list);
	if (db_query(db, SQL_CERTIFICATE_LIST, &rows, err, DB_INT(a->who->account),
	    DB_INT(clock_now()), DB_INT(tab)) < 0)
		return -1;
	rc = certificate_rows(rows, list, err);
	rows_free(rows);
	json_array_foreach(list, i, row) {
		const struct def_product *p = halldef_product(hall_def(a->h),
		    js_str(row, "product"));

		js_set_str(row, "template", p == NULL ? "" : p->template_name);
		js_set_bool(row, "soft", p != NULL && p->soft);
		js_set_str(row, "medium", p == NULL ? "" : product_medium(p));
		js_set_str(row, "medium_text", p == NULL ? "" : product_medium_text(p));
	}
	js_set_int(a->model, "total", (int64_t)json_array_size(list));
	return rc;
}

int
certificate_list(struct hall *h, const struct who *who, const char *tab, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = tab};

	if (who->account == 0)
		return err_set(err, ERR_DENIED, "请先登录后再查看。");
	return act_model(&a, act_read(&a, certificate_list_run, err), model);
}

#include "base/base.h"
#include "hall/payment/bundle.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/blob.h"
#include "hall/journal.h"
#include "hall/order/order_row.h"
#include "hall/payment/payment.h"
#include "hall/payment/trade.h"
#include "hall/services.h"
#include "hall/steps.h"

/* One payment for all that a bundle owes, and how its orders stand. */

#define BUNDLE_VOUCHER	(2 * 1024 * 1024)

int64_t
bundle_owes(const struct hall *h, const struct order *o)
{
	const struct step	*s = step_current(h, o);

	if (!order_may_pay(o))
		return 0;
	return s != NULL && strcmp(s->name, "payment") == 0 && o->paid < o->amount ? o->amount : 0;
}

int
bundle_trade(struct db *db, const struct bundle *b, const char *channel, const char *states,
    struct trade *t, struct err *err)
{
	return trade_newest(db, SQL_TRADE_OF_BUNDLE, b->id, channel, states, t, err);
}

/* ---- who owes what ---- */

struct owed {
	struct { int64_t order, amount; } list[BUNDLE_MOST];
	size_t	n;
	int64_t	sum;
};

static int
owed_add(struct db *db, struct hall *h, struct order *o, void *arg, struct err *err)
{
	struct owed	*w = arg;
	int64_t		 fen = bundle_owes(h, o);

	(void)db;
	(void)err;
	if (fen == 0)
		return 0;
	w->list[w->n].order = o->id;
	w->list[w->n++].amount = fen;
	w->sum += fen;
	return 0;
}

/* Does this carrier ask for exactly what is owed now, by the same orders? */
static int
owed_is(struct db *db, const struct owed *w, const struct trade *t, bool *is, struct err *err)
{
	struct rows	*rows = NULL;
	size_t		 n = 0, i = 0, same = 0;
	int		 rc = 0;

	if (db_query(db, SQL_TRADE_SHARE_LIST, &rows, err, DB_INT(t->id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		n++;
		for (i = 0; i < w->n; i++)
			same += w->list[i].order == rows_int(rows, 0) &&
			    w->list[i].amount == rows_int(rows, 1);
	}
	rows_free(rows);
	*is = n == w->n && same == w->n;
	return rc;
}

static int
carrier_new(struct db *db, struct act *a, const struct bundle *b, const struct owed *w,
    const char *way, const char *state, struct trade *t, struct err *err)
{
	size_t	i = 0;

	t->bundle = b->id;
	t->amount = w->sum;
	trade_set_way(t, way);
	trade_set(t, state);
	if (trade_add(db, t, b->no, err) < 0)
		return -1;
	for (i = 0; i < w->n; i++)
		if (db_run(db, SQL_TRADE_SHARE_ADD, NULL, err, DB_INT(t->id),
		    DB_INT(w->list[i].order), DB_INT(w->list[i].amount)) < 0)
			return -1;
	return hall_journal_add(db, a->who, "bundle.pay_start", b->no, t->no, err);
}

/* What it asks for is no longer owed: the channel is told to close it; who pays all the same gets
 * back what was not owed. */
static int
carrier_close(struct db *db, const struct hall *h, const struct trade *t, struct err *err)
{
	char	*key = xasprintf("pay.close:%s:stale", t->no);
	json_t	*payload = json_pack("{s:s, s:s}", "channel", t->channel, "trade_no", t->no);
	int	 rc = hall_outbox_put(db, h, "pay.close", key, payload, err);

	json_decref(payload);
	free(key);
	return rc;
}

/* Two windows at once: one of them finds the other's trade when it tries again. */
static int
bundle_touch(struct db *db, const struct bundle *b, struct err *err)
{
	int64_t	changed = 0;

	if (db_run(db, SQL_BUNDLE_TOUCH, &changed, err, DB_INT(b->id), DB_INT(b->version)) < 0)
		return -1;
	return changed == 1 ? 0 : err_set(err, ERR_CONFLICT,
	    "这笔批量业务刚刚有了变化，请刷新页面后再试。");
}

static int
bundle_owed(struct db *db, struct act *a, struct bundle *b, struct owed *w, struct err *err)
{
	memset(w, 0, sizeof(*w));
	if (bundle_load(db, a->who, a->name, b, err) < 0 ||
	    bundle_each(db, a->h, b, owed_add, w, err) < 0)
		return -1;
	return w->n > 0 ? 0 : err_set(err, ERR_WRONG_STATE,
	    "没有需要缴的费用：已经缴清，或业务已取消。");
}

static int
carrier_ask_create(struct db *db, const struct hall *h, const struct bundle *b, size_t n,
    const struct trade *t, struct err *err)
{
	char	*subject = xasprintf("批量办理%zu张证书（%s）", n, b->no);
	char	*back = xasprintf("/bundles/%s", b->no);
	int	 rc = trade_ask_create(db, h, t, subject, back, err);

	free(subject);
	free(back);
	return rc;
}

static int
bundle_pay_run(struct db *db, struct act *a, struct err *err)
{
	struct bundle	 b;
	struct owed	*w = a->extra;
	struct trade	 t = {0};
	const char	*way = a->p;
	bool		 fits = false;
	int		 rc = 0;

	if (bundle_owed(db, a, &b, w, err) < 0)
		return -1;
	rc = bundle_trade(db, &b, way, ",creating,waiting,", &t, err);
	if (rc < 0 || (rc > 0 && owed_is(db, w, &t, &fits, err) < 0))
		return -1;
	if (rc > 0 && fits && trade_is_fresh(&t)) {
		if (trade_is(&t, "waiting") && trade_page_is_old(&t)) {
			t.page = clock_now();
			trade_set(&t, "creating");
			if (trade_save(db, &t, err) < 0 ||
			    carrier_ask_create(db, a->h, &b, w->n, &t, err) < 0)
				return -1;
		}
		a->model = trade_model(&t);
		return 0;
	}
	if (rc > 0 && !fits && carrier_close(db, a->h, &t, err) < 0)
		return -1;
	memset(&t, 0, sizeof(t));
	rc = bundle_touch(db, &b, err) < 0 ||
	    carrier_new(db, a, &b, w, way, "creating", &t, err) < 0 ||
	    carrier_ask_create(db, a->h, &b, w->n, &t, err) < 0 ? -1 : 0;
	if (rc == 0)
		a->model = trade_model(&t);
	return rc;
}

int
bundle_pay(struct hall *h, const struct who *who, const char *no, const char *way,
    json_t **trade, struct err *err)
{
	struct owed	w;
	struct act	a = {.h = h, .who = who, .name = no, .p = way, .extra = &w};
	int		rc = 0;

	if (!payment_way_is_open(hall_def(h), way))
		return err_set(err, ERR_INPUT, "请选择支付方式。");
	rc = act_write(&a, bundle_pay_run, err);
	if (rc < 0 && err->kind == ERR_CONFLICT) {
		err_clear(err);
		rc = act_write(&a, bundle_pay_run, err);
	}
	return act_model(&a, rc, trade);
}

/* ---- transfer ---- */

static int
bundle_voucher_run(struct db *db, struct act *a, struct err *err)
{
	const struct doc_image	*im = a->p;
	struct owed		*w = a->extra;
	struct bundle		 b;
	struct trade		 t = {0};
	bool			 fits = false;
	int			 rc = 0;

	if (bundle_owed(db, a, &b, w, err) < 0)
		return -1;
	rc = bundle_trade(db, &b, "transfer", ",voucher,", &t, err);
	if (rc < 0 || (rc > 0 && owed_is(db, w, &t, &fits, err) < 0))
		return -1;
	if (rc > 0 && !fits)
		return err_set(err, ERR_WRONG_STATE,
		    "上一份缴费凭证还在核对，应缴金额已有变化，请等核对后再上传。");
	if (blob_leave(db, t.voucher, err) < 0 ||
	    blob_put(db, a->h, im->kept.p, im->kept.len, t.voucher, err) < 0 ||
	    bundle_touch(db, &b, err) < 0)
		return -1;
	(void)snprintf(t.voucher_type, sizeof(t.voucher_type), "%s", im->kept_type);
	(void)snprintf(t.remark, sizeof(t.remark), "%s", js_str(a->in, "remark"));
	t.reason[0] = '\0';
	rc = rc > 0 ? trade_save(db, &t, err) :
	    carrier_new(db, a, &b, w, "transfer", "voucher", &t, err);
	if (rc == 0)
		a->model = trade_model(&t);
	return rc;
}

static int
bundle_look_run(struct db *db, struct act *a, struct err *err)
{
	struct bundle	b;

	return bundle_owed(db, a, &b, a->extra, err);
}

int
bundle_voucher(struct hall *h, const struct who *who, const char *no, const void *p, size_t len,
    const char *remark, json_t **trade, struct err *err)
{
	struct doc_image_rule	 rule = {.jpg = true, .png = true, .bmp = true,
				    .keep_bytes = BUNDLE_VOUCHER};
	struct doc_image	 im;
	struct owed		 w;
	struct act		 a = {.h = h, .who = who, .name = no, .p = &im, .extra = &w};
	json_t			*in = NULL;
	int			 rc = -1;

	if (!hall_def(h)->pay_transfer)
		return err_set(err, ERR_INPUT, "本网站不接受转账，请在线支付。");
	if (utf8_count(remark) > 100)
		return err_set(err, ERR_INPUT, "支付说明最多100个字，请缩短。");
	if (act_read(&a, bundle_look_run, err) < 0)
		return -1;
	in = json_pack("{s:s}", "remark", remark);
	a.in = in;
	doc_image_init(&im);
	if (hall_services(h)->image(p, len, &rule, &im, err) == 0)
		rc = act_model(&a, act_write(&a, bundle_voucher_run, err), trade);
	doc_image_free(&im);
	json_decref(in);
	return rc;
}

/* ---- how it stands ---- */

struct standing {
	json_t	*orders;
	size_t	 n, n_done, n_paid, n_over;
	char	 batch[ORDER_NO];	/* of persons: an order from which more may be added */
	int64_t	 due, total;
};

static int
standing_add(struct db *db, struct hall *h, struct order *o, void *arg, struct err *err)
{
	struct standing	*s = arg;
	json_t		*j = order_row_model(h, o);
	bool		 over = o->state == ORDER_CANCELLED || o->state == ORDER_REFUNDING;

	(void)db;
	(void)err;
	js_set_int(j, "years", o->years);
	js_set_bool(j, "is_paid", o->amount > 0 && o->paid >= o->amount && !over);
	js_set_bool(j, "is_over", over);
	(void)json_array_append_new(s->orders, j);
	if (strcmp(o->op, "new") == 0 && !over && s->batch[0] == '\0')
		memcpy(s->batch, o->no, ORDER_NO);
	s->n++;
	s->n_done += o->state == ORDER_DONE;
	s->n_over += over;
	s->n_paid += o->paid >= o->amount && !over;
	s->due += bundle_owes(h, o);
	s->total += over ? 0 : o->amount;
	return 0;
}

/* What both pages and the polling show of the money. */
static int
bundle_money(struct db *db, struct act *a, struct bundle *b, struct standing *s, struct err *err)
{
	struct trade	t = {0};
	int		rc = 0;

	json_decref(s->orders);
	memset(s, 0, sizeof(*s));
	s->orders = json_array();
	if (bundle_load(db, a->who, a->name, b, err) < 0 ||
	    bundle_each(db, a->h, b, standing_add, s, err) < 0)
		return -1;
	a->model = json_object();
	js_set_str(a->model, "no", b->no);
	js_set_str(a->model, "batch", s->batch);
	js_set_fen(a->model, "due", s->due);
	js_set_fen(a->model, "total", s->total);
	js_set_bool(a->model, "may_pay", s->due > 0);
	js_set_bool(a->model, "paid", s->due == 0 && s->n_paid > 0);
	rc = bundle_trade(db, b, NULL,
	    s->due > 0 ? ",creating,waiting,failed,voucher,exception," : ",paid,", &t, err);
	if (rc < 0)
		return -1;
	js_set_bool(a->model, "has_trade", rc > 0);
	(void)json_object_set_new(a->model, "trade", rc > 0 ? trade_model(&t) : json_null());
	a->number = rc > 0 && trade_may_ask(&t);
	return 0;
}

static int
bundle_trades(struct db *db, const struct bundle *b, json_t *model, struct err *err)
{
	struct rows	*rows = NULL;
	struct trade	 t;
	json_t		*list = json_array();
	int		 rc = 0;

	(void)json_object_set_new(model, "trades", list);
	if (db_query(db, SQL_TRADE_OF_BUNDLE, &rows, err, DB_INT(b->id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		trade_from_row(rows, &t);
		(void)json_array_append_new(list, trade_model(&t));
	}
	rows_free(rows);
	return rc;
}

static int
bundle_view_run(struct db *db, struct act *a, struct err *err)
{
	struct standing	*s = a->extra;
	struct bundle	 b;

	if (bundle_money(db, a, &b, s, err) < 0)
		return -1;
	js_set_time(a->model, "created", b.created);
	js_set_int(a->model, "n", (int64_t)s->n);
	js_set_int(a->model, "n_done", (int64_t)s->n_done);
	js_set_int(a->model, "n_paid", (int64_t)s->n_paid);
	js_set_bool(a->model, "settled", s->due == 0);
	js_set_bool(a->model, "all_done", s->n_done + s->n_over == s->n);
	(void)json_object_set(a->model, "orders", s->orders);
	payment_ways(hall_def(a->h), a->model);
	return bundle_trades(db, &b, a->model, err);
}

int
bundle_view(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	struct standing	s = { .orders = NULL };
	struct act	a = {.h = h, .who = who, .name = no, .extra = &s};
	int		rc = act_model(&a, act_read(&a, bundle_view_run, err), model);

	json_decref(s.orders);
	return rc;
}

static int
bundle_state_run(struct db *db, struct act *a, struct err *err)
{
	struct bundle	b;

	return bundle_money(db, a, &b, a->extra, err);
}

static int
bundle_ask_run(struct db *db, struct act *a, struct err *err)
{
	struct bundle	b;
	struct trade	t = {0};
	int		rc = 0;

	if (bundle_load(db, a->who, a->name, &b, err) < 0)
		return -1;
	rc = bundle_trade(db, &b, NULL, ",waiting,", &t, err);
	if (rc <= 0 || !trade_may_ask(&t))
		return rc < 0 ? -1 : 0;
	return trade_ask(db, a->h, &t, err);
}

int
bundle_state(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	struct standing	s = { .orders = NULL };
	struct act	a = {.h = h, .who = who, .name = no, .extra = &s};
	struct act	ask = {.h = h, .who = who, .name = no};
	struct err	ignored = {0};
	int		rc = act_read(&a, bundle_state_run, err);

	/* Asking is a help, not a promise: two pages polling at once may collide. */
	if (rc == 0 && a.number != 0 && act_write(&ask, bundle_ask_run, &ignored) < 0)
		err_clear(&ignored);
	json_decref(s.orders);
	return act_model(&a, rc, model);
}

#include "base/base.h"
#include "hall/payment/payment.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/blob.h"
#include "hall/order/order_row.h"
#include "hall/payment/bundle.h"
#include "hall/payment/trade.h"
#include "hall/services.h"
#include "hall/steps.h"

#define PAYMENT_VOUCHER	(2 * 1024 * 1024)

int
payment_trades(struct db *db, const struct hall *h, const struct order *o, json_t **out,
    struct err *err)
{
	struct rows	*rows = NULL;
	struct trade	 t;
	json_t		*list = json_array();
	int		 rc = 0;

	(void)h;
	if (db_query(db, SQL_TRADE_OF_ORDER, &rows, err, DB_INT(o->id)) < 0) {
		json_decref(list);
		return -1;
	}
	while ((rc = rows_next(rows, err)) > 0) {
		trade_from_row(rows, &t);
		(void)json_array_append_new(list, trade_model(&t));
	}
	rows_free(rows);
	if (rc < 0)
		json_decref(list);
	else
		*out = list;
	return rc;
}

static void
payment_way(json_t *ways, const char *id, const char *title, const char *help)
{
	(void)json_array_append_new(ways, json_pack("{s:s, s:s, s:s, s:b}", "id", id, "title",
	    title, "help", help, "online", strcmp(id, "transfer") != 0));
}

void
payment_ways(const struct halldef *d, json_t *model)
{
	const char	*holder = "", *account = "", *bank = "";
	json_t		*ways = json_array();

	if (d->pay_alipay)
		payment_way(ways, "alipay", "支付宝", "用支付宝扫描二维码支付");
	if (d->pay_alipay_page)
		payment_way(ways, "alipay_page", "支付宝账户", "打开支付宝网页，登录账户支付");
	if (d->pay_wechat)
		payment_way(ways, "wechat", "微信支付", "用微信扫描二维码支付");
	if (d->pay_transfer) {
		payment_way(ways, "transfer", "转账或电汇", "转账后上传缴费凭证，由工作人员核对");
		holder = d->bank.holder;
		account = d->bank.account;
		bank = d->bank.bank;
	}
	(void)json_object_set_new(model, "ways", ways);
	js_set_bool(model, "has_bank", d->pay_transfer);
	(void)json_object_set_new(model, "bank", json_pack("{s:s, s:s, s:s}", "holder", holder,
	    "account", account, "bank", bank));
}

bool
payment_way_is_open(const struct halldef *d, const char *way)
{
	return (strcmp(way, "alipay") == 0 && d->pay_alipay) ||
	    (strcmp(way, "alipay_page") == 0 && d->pay_alipay_page) ||
	    (strcmp(way, "wechat") == 0 && d->pay_wechat);
}

static int
payment_may_start(const struct order *o, struct err *err)
{
	if (!order_may_pay(o))
		return err_set(err, ERR_WRONG_STATE, "业务当前为“%s”，现在不能缴费。",
		    order_state_text(o->state));
	if (o->amount <= 0 || o->paid >= o->amount)
		return err_set(err, ERR_WRONG_STATE, "费用已经缴清，不需要重复支付。");
	return 0;
}

static int
payment_ask_create(struct db *db, struct act *a, const struct trade *t, struct err *err)
{
	char	*subject = xasprintf("%s（%s）", a->o.def->title, a->o.no);
	char	*back = xasprintf("/orders/%s/steps/payment", a->o.no);
	int	 rc = trade_ask_create(db, a->h, t, subject, back, err);

	free(subject);
	free(back);
	return rc;
}

/* Its address is signed again, for the same trade: the channel knows it by its number. */
static int
payment_page_again(struct db *db, struct act *a, struct trade *t, struct err *err)
{
	if (!trade_is(t, "waiting") || !trade_page_is_old(t))
		return 0;
	t->page = clock_now();
	trade_set(t, "creating");
	return trade_save(db, t, err) < 0 ? -1 : payment_ask_create(db, a, t, err);
}

/* One open trade a way: coming back to the page shows the same QR code. */
static int
payment_start_run(struct db *db, struct act *a, struct err *err)
{
	struct trade	t = {0};
	int		rc = 0;

	if (payment_may_start(&a->o, err) < 0)
		return -1;
	rc = trade_find(db, &a->o, a->name, ",creating,waiting,", &t, err);
	if (rc < 0)
		return -1;
	if (rc > 0 && t.amount == a->o.amount && trade_is_fresh(&t)) {
		if (payment_page_again(db, a, &t, err) < 0)
			return -1;
		a->model = trade_model(&t);
		return 0;
	}
	memset(&t, 0, sizeof(t));
	/* The order is saved so that of two who come at once one is told of a conflict. */
	rc = order_save(db, a->h, &a->o, err) < 0 ||
	    trade_new(db, &t, &a->o, a->name, "creating", err) < 0 ||
	    payment_ask_create(db, a, &t, err) < 0 ||
	    order_note(db, a->h, a->who, &a->o, "pay_start",
	    trade_channel_text(t.channel), err) < 0 ? -1 : 0;
	if (rc == 0)
		a->model = trade_model(&t);
	return rc;
}

int
payment_start(struct hall *h, const struct who *who, const char *no, const char *way,
    json_t **trade, struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no, .name = way};
	int		rc = 0;

	if (!payment_way_is_open(hall_def(h), way))
		return err_set(err, ERR_INPUT, "请选择支付方式。");
	rc = act_write(&a, payment_start_run, err);
	if (rc < 0 && err->kind == ERR_CONFLICT) {
		err_clear(err);			/* the other one's trade is there now */
		rc = act_write(&a, payment_start_run, err);
	}
	return act_model(&a, rc, trade);
}

/* The provider is asked to close it too: who has the old code on his screen pays nothing. */
int
payment_close_stale(struct db *db, struct hall *h, const struct order *o, struct err *err)
{
	struct trade	 t = {0};
	json_t		*payload = NULL;
	char		*key = NULL;
	int		 rc = 0;

	while (rc == 0 && (rc = trade_find(db, o, NULL, ",creating,waiting,", &t, err)) > 0 &&
	    t.amount != o->amount) {
		trade_set(&t, "closed");
		(void)snprintf(t.reason, sizeof(t.reason), "应付金额已改变");
		key = xasprintf("pay.close:%s:stale", t.no);
		payload = json_pack("{s:s, s:s}", "channel", t.channel, "trade_no", t.no);
		rc = trade_save(db, &t, err) < 0 ? -1 :
		    hall_outbox_put(db, h, "pay.close", key, payload, err);
		json_decref(payload);
		free(key);
	}
	return rc < 0 ? -1 : 0;
}

static int
payment_state_run(struct db *db, struct act *a, struct err *err)
{
	const struct step	*now = step_current(a->h, &a->o);
	struct trade		 t = {0};
	json_t			*j = NULL, *trades = NULL;
	int			 rc = trade_find(db, &a->o, NULL,
				    ",creating,waiting,failed,voucher,exception,paid,", &t, err);

	if (rc < 0)
		return -1;
	a->model = j = json_object();
	js_set_bool(j, "paid", a->o.amount > 0 && a->o.paid >= a->o.amount);
	js_set_fen(j, "amount", a->o.amount);
	js_set_str(j, "state", order_state_name(a->o.state));
	js_set_str(j, "next", now == NULL ? "fetch" : now->name);
	js_set_bool(j, "has_trade", rc > 0);
	if (rc > 0)
		(void)json_object_set_new(j, "trade", trade_model(&t));
	if (payment_trades(db, a->h, &a->o, &trades, err) < 0)
		return -1;
	(void)json_object_set_new(j, "trades", trades);
	a->number = rc > 0 && trade_may_ask(&t);
	return 0;
}

/* A notification may be lost: while somebody watches, the provider is asked now and then. */
static int
payment_ask_run(struct db *db, struct act *a, struct err *err)
{
	struct trade	t = {0};
	int		rc = trade_find(db, &a->o, NULL, ",waiting,", &t, err);

	if (rc <= 0 || !trade_may_ask(&t))
		return rc < 0 ? -1 : 0;
	return trade_ask(db, a->h, &t, err);
}

int
payment_state(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	struct act	a = {.h = h, .who = who, .no = no};
	struct act	ask = {.h = h, .who = who, .no = no};
	struct err	ignored = {0};

	if (act_read(&a, payment_state_run, err) < 0)
		return act_model(&a, -1, model);
	/* Asking is a help, not a promise: two pages polling at once may collide. */
	if (a.number != 0 && act_write(&ask, payment_ask_run, &ignored) < 0)
		err_clear(&ignored);
	return act_model(&a, 0, model);
}

/* ---- transfer ---- */

static int
payment_voucher_run(struct db *db, struct act *a, struct err *err)
{
	const struct doc_image	*im = a->p;
	struct trade		 t = {0};
	int			 rc = 0;

	if (payment_may_start(&a->o, err) < 0)
		return -1;
	rc = trade_find(db, &a->o, "transfer", ",voucher,", &t, err);
	if (rc < 0 || blob_leave(db, t.voucher, err) < 0 ||
	    blob_put(db, a->h, im->kept.p, im->kept.len, t.voucher, err) < 0)
		return -1;
	(void)snprintf(t.voucher_type, sizeof(t.voucher_type), "%s", im->kept_type);
	(void)snprintf(t.remark, sizeof(t.remark), "%s", a->name);
	t.reason[0] = '\0';
	rc = rc > 0 ? trade_save(db, &t, err) :
	    trade_new(db, &t, &a->o, "transfer", "voucher", err);
	if (rc < 0 || order_save(db, a->h, &a->o, err) < 0)
		return -1;
	a->model = trade_model(&t);
	return order_note(db, a->h, a->who, &a->o, "voucher", NULL, err);
}

static int
payment_look_run(struct db *db, struct act *a, struct err *err)
{
	(void)db;
	return payment_may_start(&a->o, err);
}

int
payment_voucher(struct hall *h, const struct who *who, const char *no, const void *p, size_t len,
    const char *remark, json_t **trade, struct err *err)
{
	struct doc_image	 im;
	struct doc_image_rule	 rule = {.jpg = true, .png = true, .bmp = true,
				    .keep_bytes = PAYMENT_VOUCHER};
	struct act		 a = {.h = h, .who = who, .no = no, .name = remark, .p = &im};
	int			 rc = -1;

	if (!hall_def(h)->pay_transfer)
		return err_set(err, ERR_INPUT, "本网站不接受转账，请在线支付。");
	if (utf8_count(remark) > 100)
		return err_set(err, ERR_INPUT, "支付说明最多100个字，请缩短。");
	if (len == 0)
		return err_set(err, ERR_INPUT, "请选择缴费凭证的图片文件。");
	if (act_read(&a, payment_look_run, err) < 0)
		return -1;
	doc_image_init(&im);
	if (hall_services(h)->image(p, len, &rule, &im, err) == 0)
		rc = act_model(&a, act_write(&a, payment_voucher_run, err), trade);
	doc_image_free(&im);
	return rc;
}

static int
payment_voucher_read_run(struct db *db, struct act *a, struct err *err)
{
	struct trade	t = {0};
	struct order	o = {0};
	const char	**type = a->extra;
	int		rc = -1;

	if (trade_load(db, a->name, &t, err) < 0 || trade_order(db, a->h, &t, &o, err) < 0 ||
	    (t.bundle != 0 && bundle_account(db, t.bundle, &o.account, err) < 0))
		return -1;
	if (!order_is_theirs(a->who, &o))
		err_set(err, ERR_NOT_FOUND, "没有这笔交易。");
	else if (t.voucher[0] == '\0')
		err_set(err, ERR_NOT_FOUND, "没有上传缴费凭证。");
	else
		rc = blob_get(db, a->h, t.voucher, a->out, err);
	*type = strcmp(t.voucher_type, "png") == 0 ? "image/png" : "image/jpeg";
	order_release(&o);
	return rc;
}

int
payment_voucher_read(struct hall *h, const struct who *who, const char *trade, struct buf *out,
    const char **type, struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = trade, .out = out, .extra = type};

	return act_read(&a, payment_voucher_read_run, err);
}

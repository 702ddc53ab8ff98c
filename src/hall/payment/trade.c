#include "base/base.h"
#include "hall/payment/trade.h"

#include "base/clock.h"
#include "base/rand.h"
#include "hall/act.h"

#define TRADE_LIFE	(2 * CLOCK_HOUR)	/* how long a QR code may be paid */
#define TRADE_ASK	(20 * CLOCK_SECOND)	/* a polled trade is queried so often */
#define TRADE_PAGE	(5 * CLOCK_MINUTE)	/* a page's address is signed again after */
#define TRADE_COPY(to, r, col)	(void)snprintf(to, sizeof(to), "%s", rows_text(r, col))

void
trade_from_row(struct rows *r, struct trade *t)
{
	memset(t, 0, sizeof(*t));
	t->id = rows_int(r, 0);
	TRADE_COPY(t->no, r, 1);
	t->order_id = rows_int(r, 2);
	TRADE_COPY(t->channel, r, 3);
	t->amount = rows_int(r, 4);
	t->received = rows_int(r, 5);
	TRADE_COPY(t->state, r, 6);
	t->version = rows_int(r, 7);
	TRADE_COPY(t->qr, r, 8);
	TRADE_COPY(t->provider_no, r, 9);
	TRADE_COPY(t->refund_no, r, 10);
	TRADE_COPY(t->reason, r, 11);
	TRADE_COPY(t->voucher, r, 12);
	TRADE_COPY(t->voucher_type, r, 13);
	TRADE_COPY(t->remark, r, 14);
	t->created = rows_int(r, 15);
	t->asked = rows_int(r, 16);
	t->paid_at = rows_int(r, 17);
	t->refunded_at = rows_int(r, 18);
	t->bundle = rows_int(r, 19);
	t->parent = rows_int(r, 20);
	t->page = rows_int(r, 21);
}

int
trade_load(struct db *db, const char *no, struct trade *t, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_TRADE_BY_NO, &rows, err, DB_TEXT(no));

	if (rc == 0)
		trade_from_row(rows, t);
	else if (err->kind == ERR_NOT_FOUND)
		err_set(err, ERR_NOT_FOUND, "没有这笔交易。");
	rows_free(rows);
	return rc;
}

int
trade_newest(struct db *db, enum sql_id of, int64_t id, const char *channel, const char *states,
    struct trade *t, struct err *err)
{
	struct rows	*rows = NULL;
	struct trade	 one;
	char		 key[24];
	int		 rc = 0, found = 0;

	if (db_query(db, of, &rows, err, DB_INT(id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		trade_from_row(rows, &one);
		(void)snprintf(key, sizeof(key), ",%s,", one.state);
		if (strstr(states, key) == NULL ||
		    (channel != NULL && strcmp(trade_way(&one), channel) != 0))
			continue;
		*t = one;
		found = 1;
	}
	rows_free(rows);
	return rc < 0 ? -1 : found;
}

int
trade_find(struct db *db, const struct order *o, const char *channel, const char *states,
    struct trade *t, struct err *err)
{
	return trade_newest(db, SQL_TRADE_OF_ORDER, o->id, channel, states, t, err);
}

int
trade_load_id(struct db *db, int64_t id, struct trade *t, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_TRADE_BY_ID, &rows, err, DB_INT(id));

	if (rc == 0)
		trade_from_row(rows, t);
	rows_free(rows);
	return rc;
}

int
trade_by_refund(struct db *db, const char *refund_no, struct trade *t, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = 0;

	if (db_query(db, SQL_TRADE_BY_REFUND, &rows, err, DB_TEXT(refund_no)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0)
		trade_from_row(rows, t);
	rows_free(rows);
	return rc;
}

int
trade_order(struct db *db, const struct hall *h, const struct trade *t, struct order *o,
    struct err *err)
{
	return t->bundle != 0 ? 0 : order_load_id(db, h, t->order_id, o, err);
}

int
trade_new(struct db *db, struct trade *t, const struct order *o, const char *way,
    const char *state, struct err *err)
{
	t->order_id = o->id;
	t->amount = o->amount;
	trade_set_way(t, way);
	trade_set(t, state);
	return trade_add(db, t, o->no, err);
}

int
trade_add(struct db *db, struct trade *t, const char *after, struct err *err)
{
	char	tail[9];

	t->id = rand_id();
	t->version = 1;
	t->created = t->asked = clock_now();
	rand_digits(tail, sizeof(tail) - 1);
	(void)snprintf(t->no, sizeof(t->no), "%s%s", after, tail);
	return db_run(db, SQL_TRADE_INSERT, NULL, err, DB_INT(t->id), DB_TEXT(t->no),
	    DB_INT(t->order_id), DB_TEXT(t->channel), DB_INT(t->amount), DB_TEXT(t->state),
	    DB_TEXT(t->voucher), DB_TEXT(t->voucher_type), DB_TEXT(t->remark),
	    DB_INT(t->created), DB_INT(t->bundle), DB_INT(t->parent), DB_INT(t->page));
}

int
trade_save(struct db *db, struct trade *t, struct err *err)
{
	int64_t	changed = 0;

	if (db_run(db, SQL_TRADE_SAVE, &changed, err, DB_INT(t->id), DB_INT(t->version),
	    DB_TEXT(t->state), DB_INT(t->received), DB_TEXT(t->qr), DB_TEXT(t->provider_no),
	    DB_TEXT(t->refund_no), DB_TEXT(t->reason), DB_TEXT(t->voucher),
	    DB_TEXT(t->voucher_type), DB_TEXT(t->remark), DB_INT(t->asked),
	    DB_INT(t->paid_at), DB_INT(t->refunded_at), DB_INT(t->page)) < 0)
		return -1;
	if (hall_was_first(changed, "这笔交易", err) < 0)
		return -1;
	t->version++;
	return 0;
}

/* ---- asking the channel ---- */

bool
trade_is_fresh(const struct trade *t)
{
	return clock_now() < t->created + TRADE_LIFE - 5 * CLOCK_MINUTE;
}

bool
trade_page_is_old(const struct trade *t)
{
	return t->page != 0 && clock_now() > t->page + TRADE_PAGE;
}

/* An address signed again is a request of its own. */
int
trade_ask_create(struct db *db, const struct hall *h, const struct trade *t,
    const char *subject, const char *back, struct err *err)
{
	char	*key = t->page == 0 ? xasprintf("pay.create:%s", t->no) :
		    xasprintf("pay.create:%s:%" PRId64, t->no, t->page);
	json_t	*payload = json_pack("{s:s, s:s, s:I, s:s, s:I}", "channel", t->channel,
		    "trade_no", t->no, "fen", (json_int_t)t->amount, "subject", subject,
		    "expires", (json_int_t)(t->created + TRADE_LIFE));
	int	 rc = 0;

	if (t->page != 0)
		js_set_str(payload, "back", back);
	rc = hall_outbox_put(db, h, "pay.create", key, payload, err);
	json_decref(payload);
	free(key);
	return rc;
}

bool
trade_may_ask(const struct trade *t)
{
	return trade_is(t, "waiting") && clock_now() > t->asked + TRADE_ASK;
}

int
trade_ask(struct db *db, const struct hall *h, struct trade *t, struct err *err)
{
	json_t	*payload = NULL;
	char	*key = NULL;
	int	 rc = 0;

	t->asked = clock_now();
	if (trade_save(db, t, err) < 0)
		return -1;
	key = xasprintf("pay.query:%s:%" PRId64, t->no, t->version);
	payload = json_pack("{s:s, s:s}", "channel", t->channel, "trade_no", t->no);
	rc = hall_outbox_put(db, h, "pay.query", key, payload, err);
	json_decref(payload);
	free(key);
	return rc;
}

bool
trade_is(const struct trade *t, const char *state)
{
	return strcmp(t->state, state) == 0;
}

void
trade_set(struct trade *t, const char *state)
{
	(void)snprintf(t->state, sizeof(t->state), "%s", state);
}

const char *
trade_way(const struct trade *t)
{
	return t->page != 0 ? "alipay_page" : t->channel;
}

void
trade_set_way(struct trade *t, const char *way)
{
	bool	page = strcmp(way, "alipay_page") == 0;

	(void)snprintf(t->channel, sizeof(t->channel), "%s", page ? "alipay" : way);
	t->page = page ? clock_now() : 0;
}

/* Only while it can be paid, and of an address only while the channel takes its signature. */
static void
trade_model_open(const struct trade *t, json_t *j)
{
	const char	*text = trade_is(t, "waiting") ? t->qr : "";

	js_set_str(j, "qr", t->page == 0 ? text : "");
	js_set_bool(j, "has_qr", t->page == 0 && text[0] != '\0');
	js_set_bool(j, "is_page", t->page != 0);
	js_set_str(j, "page_url", t->page != 0 && !trade_page_is_old(t) ? text : "");
}

static const char *
trade_state_text(const char *state)
{
	static const struct { const char *state, *text; } texts[] = {
		{ "creating", "正在生成二维码" }, { "waiting", "等待支付" },
		{ "paid", "交易成功" }, { "closed", "已关闭" }, { "failed", "未能发起" },
		{ "exception", "异常，等待工作人员处理" }, { "refunding", "退款中" },
		{ "refunded", "已退款" }, { "voucher", "等待核对凭证" },
	};
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].state, state) == 0)
			return texts[i].text;
	return state;
}

const char *
trade_channel_text(const char *channel)
{
	if (strcmp(channel, "alipay") == 0)
		return "支付宝";
	if (strcmp(channel, "bank") == 0)
		return "银行打款";
	return strcmp(channel, "wechat") == 0 ? "微信支付" : "转账或汇款";
}

json_t *
trade_model(const struct trade *t)
{
	json_t	*j = json_object();

	js_set_str(j, "no", t->no);
	js_set_str(j, "channel", t->channel);
	js_set_str(j, "channel_text", trade_channel_text(t->channel));
	js_set_fen(j, "amount", t->amount);
	js_set_fen(j, "received", t->received);
	js_set_str(j, "state", t->state);
	js_set_str(j, "state_text", t->page != 0 && trade_is(t, "creating") ?
	    "正在打开支付页面" : trade_state_text(t->state));
	js_set_str(j, "reason", t->reason);
	trade_model_open(t, j);
	js_set_str(j, "provider_no", t->provider_no);
	js_set_bool(j, "has_voucher", t->voucher[0] != '\0');
	js_set_bool(j, "shared", t->parent != 0);
	js_set_str(j, "remark", t->remark);
	js_set_time(j, "created", t->created);
	js_set_time(j, "paid_time", t->paid_at);
	js_set_time(j, "refunded_time", t->refunded_at);
	return j;
}

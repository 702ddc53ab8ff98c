#include "base/base.h"
#include "hall/payment/trade.h"

#include "base/clock.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/payment/bundle.h"

/* The finance desk: transfers to confirm, exceptions, refunds by hand. */

static int
payment_work_list(struct db *db, struct act *a, const char *state, const char *key,
    struct err *err)
{
	struct rows	*rows = NULL;
	struct trade	 t;
	struct order	 o = {0};
	json_t		*list = json_object_get(a->model, key), *j = NULL;
	int		 rc = 0;

	if (list == NULL) {
		list = json_array();
		(void)json_object_set_new(a->model, key, list);
	}
	if (db_query(db, SQL_TRADE_BY_STATE, &rows, err, DB_TEXT(state)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		trade_from_row(rows, &t);
		if (trade_order(db, a->h, &t, &o, err) < 0) {
			rc = -1;
			break;
		}
		j = trade_model(&t);
		js_set_str(j, "order", o.no);
		js_set_str(j, "subject", t.bundle != 0 ? "批量业务" : o.subject);
		js_set_str(j, "order_state_text", t.bundle != 0 ? "" : order_state_text(o.state));
		if (t.bundle != 0 && bundle_name(db, t.bundle, j, err) < 0) {
			json_decref(j);
			rc = -1;
			break;
		}
		js_set_bool(j, "by_hand", strcmp(t.channel, "transfer") == 0);
		(void)json_array_append_new(list, j);
		order_release(&o);
	}
	rows_free(rows);
	return rc;
}

static int
payment_work_run(struct db *db, struct act *a, struct err *err)
{
	a->model = json_object();
	if (payment_work_list(db, a, "voucher", "transfers", err) < 0 ||
	    payment_work_list(db, a, "exception", "exceptions", err) < 0)
		return -1;
	return payment_work_list(db, a, "refunding", "refunds", err);
}

int
payment_work(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who};

	if (hall_need_role(who, ROLE_FINANCE, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, payment_work_run, err), model);
}

/* "340", "340.5", "340.50" -> fen; -1 when it is no amount. */
static int
payment_parse_yuan(const char *text, int64_t *fen)
{
	char		*yuan = xstrdup(text), *dot = NULL;
	int64_t		 whole = 0, part = 0;
	int		 rc = -1;

	str_fold(yuan);
	str_trim(yuan);
	dot = strchr(yuan, '.');
	if (dot != NULL) {
		*dot++ = '\0';
		if (strlen(dot) < 1 || strlen(dot) > 2 || str_to_i64(dot, 99, &part) < 0)
			goto out;
		if (strlen(dot) == 1)
			part *= 10;
	}
	if (str_to_i64(yuan, 10000000, &whole) < 0)
		goto out;
	*fen = whole * 100 + part;
	rc = 0;
 out:
	free(yuan);
	return rc;
}

static int
payment_reject(struct db *db, struct act *a, struct order *o, struct trade *t, struct err *err)
{
	const char	*reason = js_str(a->in, "reason");

	if (*reason == '\0' || utf8_count(reason) > 90)
		return hall_field_error(a->errors, "reason", "原因", err,
		    "请填写退回凭证的原因，不超过90个字。");
	trade_set(t, "failed");
	(void)snprintf(t->reason, sizeof(t->reason), "%s", reason);
	if (trade_save(db, t, err) < 0)
		return -1;
	return trade_note(db, a->h, a->who, o, t, "voucher_rejected", reason, err);
}

/* One entry on our statement is money once: a voucher shown for two orders is found out here. */
static int
payment_take_entry(struct db *db, struct act *a, struct trade *t, struct err *err)
{
	struct rows	*rows = NULL;
	char		*entry = xstrdup(js_str(a->in, "bank_no"));
	int		 rc = 0;

	str_fold(entry);
	str_trim(entry);
	if (*entry == '\0' || strlen(entry) > 64)
		rc = hall_field_error(a->errors, "bank_no", "银行流水号", err, "请填写银行流水号。");
	else if ((rc = db_query(db, SQL_TRADE_BY_ENTRY, &rows, err, DB_TEXT(entry),
	    DB_INT(t->id))) == 0 && (rc = rows_next(rows, err)) > 0)
		rc = hall_field_error(a->errors, "bank_no", "银行流水号", err,
		    "这个流水号已用于确认业务%.20s，一笔到账只能确认一次，请核对。", rows_text(rows, 0));
	else
		str_copy(t->provider_no, sizeof(t->provider_no), entry);
	rows_free(rows);
	free(entry);
	return rc;
}

static int
payment_confirm_run(struct db *db, struct act *a, struct err *err)
{
	struct trade	t = {0};
	struct order	o = {0};
	int64_t		fen = 0;
	int		rc = -1;

	if (trade_load(db, a->name, &t, err) < 0 || trade_order(db, a->h, &t, &o, err) < 0)
		return -1;
	if (!trade_is(&t, "voucher")) {
		err_set(err, ERR_WRONG_STATE, "这笔转账已经处理过了，请刷新页面。");
	} else if (*js_str(a->in, "reject") != '\0') {
		rc = payment_reject(db, a, &o, &t, err);
	} else if (payment_parse_yuan(js_str(a->in, "amount"), &fen) < 0) {
		hall_field_error(a->errors, "amount", "实收金额", err, "请填写实收金额，例如340.00。");
	} else if (payment_take_entry(db, a, &t, err) == 0) {
		rc = payment_received(db, a->h, a->who, &o, &t, fen, err);
	}
	order_release(&o);
	return rc;
}

int
payment_confirm(struct hall *h, const struct who *who, const char *trade, const json_t *in,
    json_t *errors, struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = trade, .in = in, .errors = errors};

	if (hall_need_role(who, ROLE_FINANCE, err) < 0)
		return -1;
	return act_write(&a, payment_confirm_run, err);
}

/* An exception's money goes back; a transfer's refund is told to be done. */
static int
payment_refund_run(struct db *db, struct act *a, struct err *err)
{
	struct trade	t = {0};
	struct order	o = {0};
	int		rc = -1;

	if (trade_load(db, a->name, &t, err) < 0 || trade_order(db, a->h, &t, &o, err) < 0)
		return -1;
	if (trade_is(&t, "exception"))
		rc = payment_give_back(db, a->h, a->who, &o, &t, "工作人员退款", err);
	else if (trade_is(&t, "refunding") && strcmp(t.channel, "transfer") == 0)
		rc = payment_given_back(db, a->h, a->who, &o, &t, err);
	else
		err_set(err, ERR_WRONG_STATE, "这笔交易现在不能退款，请刷新页面。");
	order_release(&o);
	return rc;
}

int
payment_refund(struct hall *h, const struct who *who, const char *trade, struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = trade};

	if (hall_need_role(who, ROLE_FINANCE, err) < 0)
		return -1;
	return act_write(&a, payment_refund_run, err);
}

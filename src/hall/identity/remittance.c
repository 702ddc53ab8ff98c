#include "base/base.h"
#include "hall/identity/remittance.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "gate/gate.h"
#include "hall/act.h"
#include "hall/identity/proof.h"
#include "hall/journal.h"

bool
remittance_has_bank(void)
{
	return strcmp(conf_str("gate.bank"), "none") != 0;
}

/* ---- rows ---- */

static void
remittance_from_row(struct rows *rows, struct remittance *r)
{
	r->there = true;
	(void)snprintf(r->no, sizeof(r->no), "%s", rows_text(rows, 0));
	r->order_id = rows_int(rows, 1);
	(void)snprintf(r->purpose, sizeof(r->purpose), "%s", rows_text(rows, 2));
	(void)snprintf(r->payee, sizeof(r->payee), "%s", rows_text(rows, 3));
	r->fen = rows_int(rows, 4);
	(void)snprintf(r->state, sizeof(r->state), "%s", rows_text(rows, 5));
	(void)snprintf(r->was, sizeof(r->was), "%s", r->state);
	(void)snprintf(r->bank_no, sizeof(r->bank_no), "%s", rows_text(rows, 6));
	(void)snprintf(r->reason, sizeof(r->reason), "%s", rows_text(rows, 7));
	r->created = rows_int(rows, 8);
	r->updated = rows_int(rows, 9);
	r->paid_at = rows_int(rows, 10);
}

static int
remittance_take(struct rows *rows, struct remittance *r, struct err *err)
{
	int	rc = rows_next(rows, err);

	if (rc > 0)
		remittance_from_row(rows, r);
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
remittance_load(struct db *db, const char *no, struct remittance *r, struct err *err)
{
	struct rows	*rows = NULL;

	memset(r, 0, sizeof(*r));
	if (*no == '\0')
		return 0;
	if (db_query(db, SQL_REMITTANCE_BY_NO, &rows, err, DB_TEXT(no)) < 0)
		return -1;
	return remittance_take(rows, r, err);
}

int
remittance_newest(struct db *db, const struct order *o, const char *purpose,
    struct remittance *r, struct err *err)
{
	struct rows	*rows = NULL;

	memset(r, 0, sizeof(*r));
	if (db_query(db, SQL_REMITTANCE_NEWEST, &rows, err, DB_INT(o->id), DB_TEXT(purpose)) < 0)
		return -1;
	return remittance_take(rows, r, err);
}

bool
remittance_is(const struct remittance *r, const char *state)
{
	return strcmp(r->state, state) == 0;
}

bool
remittance_is_lost(const struct remittance *r)
{
	return remittance_is(r, "failed") || remittance_is(r, "returned");
}

static const char *
remittance_state_text(const char *state)
{
	static const struct { const char *state, *text; } texts[] = {
		{ "waiting", "正在提交银行" }, { "accepted", "银行处理中" }, { "paid", "已汇出" },
		{ "failed", "没有汇出" }, { "returned", "已退回" }, { "unknown", "结果不明，待核实" },
	};
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i].state, state) == 0)
			return texts[i].text;
	return state;
}

json_t *
remittance_model(const struct remittance *r)
{
	json_t	*j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "no", r->no, "payee",
		    r->payee, "state", r->state, "state_text", remittance_state_text(r->state),
		    "reason", r->reason, "bank_no", r->bank_no, "purpose_text",
		    strcmp(r->purpose, "pin") == 0 ? "发送激活PIN码" : "账户认证");

	js_set_fen(j, "amount", r->fen);
	js_set_time(j, "created", r->created);
	js_set_time(j, "updated", r->updated);
	return j;
}

/* ---- sending ---- */

/* Digits alone: banks know no blanks. */
static void
remittance_account(const char *typed, char account[40])
{
	size_t	n = 0;

	for (; *typed != '\0' && n < 39; typed++)
		if (*typed >= '0' && *typed <= '9')
			account[n++] = *typed;
	account[n] = '\0';
}

int
remittance_put(struct db *db, const struct hall *h, const struct order *o, const char *purpose,
    const struct remittance_payee *to, int64_t fen, const char *remark, char no[REMIT_NO],
    struct err *err)
{
	char	 digits[17], account[40], bank[151], masked[MASK_TEXT], *key = NULL, *payee = NULL;
	json_t	*payload = NULL;
	int	 rc = 0;

	rand_digits(digits, 16);
	(void)snprintf(no, REMIT_NO, "%s%s", REMIT_PREFIX, digits);
	remittance_account(to->account, account);
	str_copy(bank, sizeof(bank), to->bank);
	payee = xasprintf("%s %s", bank, mask_idno(account, masked));
	key = xasprintf("bank.pay:%s", no);
	payload = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s}", "remit_no", no, "holder",
	    to->holder, "account", account, "bank", to->bank, "fen", (json_int_t)fen, "remark",
	    remark);
	rc = db_run(db, SQL_REMITTANCE_INSERT, NULL, err, DB_INT(rand_id()), DB_TEXT(no),
	    DB_INT(o->id), DB_TEXT(purpose), DB_TEXT(payee), DB_INT(fen), DB_INT(clock_now()));
	if (rc == 0)
		rc = hall_outbox_put(db, h, "bank.pay", key, payload, err);
	json_decref(payload);
	free(payee);
	free(key);
	return rc;
}

/* ---- facts ---- */

/* An end is an end, but money that left may come back, and a statement knows better. */
static bool
remittance_may_move(const struct remittance *r, enum remit_state to, enum fact_source source)
{
	if (remittance_is(r, "returned"))
		return false;
	if (remittance_is(r, "paid"))
		return to == REMIT_RETURNED;
	if (remittance_is(r, "failed"))
		return source == FACT_BILL && (to == REMIT_PAID || to == REMIT_RETURNED);
	return to != REMIT_ACCEPTED || remittance_is(r, "waiting");
}

static int
remittance_save(struct db *db, struct remittance *r, struct err *err)
{
	int64_t	n = 0;

	if (db_run(db, SQL_REMITTANCE_SAVE, &n, err, DB_TEXT(r->no), DB_TEXT(r->was),
	    DB_TEXT(r->state), DB_TEXT(r->bank_no), DB_TEXT(r->reason), DB_INT(clock_now()),
	    DB_INT(r->paid_at)) < 0)
		return -1;
	if (hall_was_first(n, "打款", err) < 0)
		return -1;
	(void)snprintf(r->was, sizeof(r->was), "%s", r->state);
	return 0;
}

/* Whom it concerns: the applicant who waits for it, or the desk. */
static int
remittance_tell(struct db *db, struct hall *h, const struct remittance *r, struct err *err)
{
	struct who	who = { .system = true, .address = "" };
	struct order	o = { .id = 0 };
	char		note[600];
	int		rc = 0;

	if (remittance_is(r, "accepted"))
		return 0;
	if (order_load_id(db, h, r->order_id, &o, err) < 0)
		return -1;
	(void)snprintf(note, sizeof(note), "%s：%s%s%s", r->payee,
	    remittance_state_text(r->state), r->reason[0] == '\0' ? "" : "，", r->reason);
	rc = order_note(db, h, &who, &o, "remittance", note, err);
	if (rc == 0 && strcmp(r->purpose, "proof") == 0)
		rc = proof_remitted(db, h, &o, r, err);
	if (rc == 0 && strcmp(r->purpose, "pin") == 0 && remittance_is_lost(r))
		log_kv(LOG_WARN, "remittance.pin_lost", LOG_S("no", r->no),
		    LOG_S("order", o.no), LOG_S("reason", r->reason));
	order_release(&o);
	return rc;
}

int
remittance_apply(struct db *db, struct hall *h, const struct remit_fact *f, struct err *err)
{
	struct remittance	r;

	if (remittance_load(db, f->remit_no, &r, err) < 0)
		return -1;
	if (!r.there || !remittance_may_move(&r, f->state, f->source))
		return 0;
	(void)snprintf(r.state, sizeof(r.state), "%s", remit_state_name(f->state));
	if (strcmp(r.state, r.was) == 0)
		return 0;
	if (*f->bank_no != '\0')
		str_copy(r.bank_no, sizeof(r.bank_no), f->bank_no);
	str_copy(r.reason, sizeof(r.reason), f->reason);
	if ((f->state == REMIT_PAID || f->state == REMIT_RETURNED) && r.paid_at == 0)
		r.paid_at = f->at;
	if (remittance_save(db, &r, err) < 0)
		return -1;
	return remittance_tell(db, h, &r, err);
}

/* ---- the finance desk ---- */

static bool
remittance_may_ask(const struct remittance *r)
{
	return remittance_is(r, "accepted") || remittance_is(r, "unknown") ||
	    remittance_is(r, "paid");
}

static int
remittance_list_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	a->model = json_pack("{s:s, s:o}", "state", a->name, "rows", list);
	if (db_query(db, SQL_REMITTANCE_LIST, &rows, err, DB_TEXT(a->name)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		struct remittance	r = { .there = false };

		remittance_from_row(rows, &r);
		j = remittance_model(&r);
		js_set_str(j, "order", rows_text(rows, 11));
		js_set_bool(j, "may_ask", remittance_may_ask(&r));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	js_set_bool(a->model, "has_rows", json_array_size(list) > 0);
	return rc;
}

int
remittance_list(struct hall *h, const struct who *who, const char *state, json_t **model,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = state };

	if (!who->system && hall_need_role(who, ROLE_FINANCE, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, remittance_list_run, err), model);
}

static int
remittance_ask_run(struct db *db, struct act *a, struct err *err)
{
	struct remittance	 r;
	json_t			*payload = NULL;
	char			*key = NULL;
	int			 rc = 0;

	if (remittance_load(db, a->name, &r, err) < 0)
		return -1;
	if (!r.there)
		return err_set(err, ERR_NOT_FOUND, "没有这笔打款，请刷新页面。");
	if (!remittance_may_ask(&r))
		return err_set(err, ERR_WRONG_STATE, "这笔打款“%s”，不需要再查。",
		    remittance_state_text(r.state));
	key = xasprintf("bank.query:%s:%" PRIx64, r.no, (uint64_t)rand_id());
	payload = json_pack("{s:s}", "remit_no", r.no);
	rc = hall_outbox_put(db, a->h, "bank.query", key, payload, err);
	json_decref(payload);
	free(key);
	return rc < 0 ? -1 : hall_journal_add(db, a->who, "remittance_ask", r.no, "", err);
}

int
remittance_ask(struct hall *h, const struct who *who, const char *no, struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = no };

	if (!who->system && hall_need_role(who, ROLE_FINANCE, err) < 0)
		return -1;
	return act_write(&a, remittance_ask_run, err);
}

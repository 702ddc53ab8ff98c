#include "base/base.h"
#include "hall/certificate/certificate.h"
#include "hall/certificate/certificate_own.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/account.h"
#include "hall/account/code.h"
#include "hall/act.h"
#include "hall/certificate/eseal.h"
#include "hall/def/halldef.h"
#include "hall/journal.h"
#include "hall/notice.h"
#include "hall/ops.h"
#include "hall/relying/relying.h"
#include "hall/services.h"

#define CHANGE_FRESH	(10 * CLOCK_MINUTE)

/* One row a kind of change. */
static const struct change {
	const char	*kind;		/* of the statement */
	const char	*state;		/* of the hall's row afterwards */
	const char	*what;		/* journal and notice */
	const char	*event;		/* of relying systems */
	bool		 holder;	/* the holder may */
	bool		 two;		/* staff sign it by two */
} changes[] = {
	{ "hold", "frozen", "certificate_frozen", "frozen", true, false },
	{ "release", "good", "certificate_released", "thawed", true, true },
	{ "revocation", "revoked", "certificate_revoked", "revoked", true, true },
};

/* Reasons people give (RFC 5280 5.3.1). */
static const struct { const char *code, *text; } reasons[] = {
	{ "1", "私钥泄露或怀疑泄露" }, { "4", "证书已被更换" }, { "5", "不再使用" },
	{ "3", "隶属关系变更" }, { "0", "其他原因" }, { "6", "冻结" },
};

static const struct change *
change_find(const char *kind)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(changes); i++)
		if (strcmp(changes[i].kind, kind) == 0)
			return &changes[i];
	return NULL;
}

static const char *
reason_text(const char *code)
{
	size_t	i = 0;

	for (i = 0; i < ARRAY_LEN(reasons); i++)
		if (strcmp(reasons[i].code, code) == 0)
			return reasons[i].text;
	return NULL;
}

/* Others' do not exist. */
int
certificate_load(struct db *db, const struct act *a, struct certificate *c, struct err *err)
{
	bool		 staff = a->who->system || (a->who->staff != 0 &&
			    (a->who->roles & ROLE_REVIEWER) != 0);
	struct rows	*rows = NULL;
	const void	*der = NULL;
	size_t		 len = 0;
	int		 rc = -1;

	cert_free(c->cert);
	memset(c, 0, sizeof(*c));
	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(a->name)) < 0) {
		if (err->kind == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND, "没有这张证书，请从“我的证书”进入。");
		goto out;
	}
	c->account = rows_int(rows, 0);
	if (!staff && (a->who->account == 0 || c->account != a->who->account)) {
		err_set(err, ERR_NOT_FOUND, "没有这张证书，请从“我的证书”进入。");
		goto out;
	}
	c->order_id = rows_int(rows, 1);
	(void)snprintf(c->serial, sizeof(c->serial), "%s", rows_text(rows, 2));
	(void)snprintf(c->subject, sizeof(c->subject), "%s", rows_text(rows, 3));
	c->not_before = rows_int(rows, 4);
	c->not_after = rows_int(rows, 5);
	der = rows_blob(rows, 6, &len);
	(void)snprintf(c->state, sizeof(c->state), "%s", rows_text(rows, 7));
	(void)snprintf(c->no, sizeof(c->no), "%s", rows_text(rows, 8));
	rc = cert_parse(der, len, &c->cert, err);
 out:
	rows_free(rows);
	return rc;
}

static int
certificate_load_run(struct db *db, struct act *a, struct err *err)
{
	return certificate_load(db, a, a->extra, err);
}

/* ---- looking ---- */

void
validity_bar(int64_t not_before, int64_t not_after, int before_days, int after_days, int64_t now,
    struct validity_bar *bar)
{
	int64_t	until = not_after + (before_days <= 0 ? 0 : after_days) * CLOCK_DAY;
	int64_t	from = MAX(not_after - before_days * CLOCK_DAY, not_before);
	int64_t	whole = MAX(until - not_before, 1);
	bool	never = before_days <= 0;

	memset(bar, 0, sizeof(*bar));
	bar->end = (int)((not_after - not_before) * 1000 / whole);
	bar->today = (int)(MIN(MAX(now - not_before, 0), whole) * 1000 / whole);
	bar->from = never ? -1 : (int)((from - not_before) * 1000 / whole);
	bar->renew_from = never ? 0 : from;
	bar->renew_until = never ? 0 : until;
}

static void
view_bar(const struct halldef *d, const struct certificate *c, int64_t now, json_t *model)
{
	struct validity_bar	bar;
	char			from[CLOCK_TEXT] = "", until[CLOCK_TEXT] = "", today[CLOCK_TEXT];

	validity_bar(c->not_before, c->not_after, d->renew_before, d->renew_after, now, &bar);
	if (bar.renew_from != 0) {
		(void)clock_date(bar.renew_from, from);
		(void)clock_date(bar.renew_until, until);
	}
	(void)json_object_set_new(model, "bar", json_pack("{s:i, s:i, s:i, s:i}", "end", bar.end,
	    "from", MAX(bar.from, 0), "width", bar.from < 0 ? 0 : 1000 - bar.from, "today",
	    bar.today));
	js_set_str(model, "renew_from", from);
	js_set_str(model, "renew_until", until);
	js_set_str(model, "today", clock_date(now, today));
}

static void
view_validity(const struct halldef *d, const struct certificate *c, json_t *model)
{
	int64_t	now = clock_now(), whole = c->not_after - c->not_before;
	int64_t	used = (now - c->not_before) * 100 / MAX(whole, 1);
	char	day[CLOCK_TEXT];

	js_set_str(model, "not_before", clock_date(c->not_before, day));
	js_set_str(model, "not_after", clock_date(c->not_after, day));
	js_set_int(model, "days_left", MAX((c->not_after - now) / CLOCK_DAY, 0));
	js_set_int(model, "used", MIN(MAX(used, 0), 100));
	view_bar(d, c, now, model);
}

static void
view_status(const struct certificate *c, const json_t *now, const struct who *who, json_t *model)
{
	const char	*status = js_str(now, "status");
	bool		 good = strcmp(status, "good") == 0, held = strcmp(status, "held") == 0;
	bool		 over = c->not_after < clock_now(), expired = over && good;
	char		 code[16];

	(void)snprintf(code, sizeof(code), "%d", (int)js_int(now, "reason", 0));
	js_set_str(model, "status", expired ? "expired" : status);
	js_set_str(model, "status_text", expired ? "已过期" : good ? "有效" : held ? "已冻结" :
	    "已撤销");
	js_set_bool(model, "is_good", good && !expired);
	js_set_bool(model, "is_bad", !good);
	js_set_time(model, "since", js_int(now, "revoked_at", 0));
	js_set_str(model, "reason_text", good ? "" : reason_text(code) == NULL ? "" :
	    reason_text(code));
	js_set_bool(model, "may_freeze", good && !expired);
	js_set_bool(model, "is_held", held);
	js_set_bool(model, "is_revoked", !good && !held);
	js_set_bool(model, "may_release", held && !over &&
	    (who->staff != 0 || js_bool(now, "by_holder")));
	js_set_bool(model, "may_revoke", (good || held) && !over);
}

static void
view_reasons(json_t *model)
{
	json_t	*list = json_array();
	size_t	 i = 0;

	for (i = 0; i + 1 < ARRAY_LEN(reasons); i++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s}", "code",
		    reasons[i].code, "text", reasons[i].text));
	(void)json_object_set_new(model, "reasons", list);
}

/* The other reviewers, for the second signature. */
static int
view_officers_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array();
	char		 id[24];
	int		 rc = 0;

	(void)json_object_set_new(a->extra, "officers", list);
	if (db_query(db, SQL_STAFF_LIST, &rows, err) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0)
		if (rows_int(rows, 0) != a->who->staff && rows_int(rows, 4) != 0 &&
		    (rows_int(rows, 3) & ROLE_REVIEWER) != 0) {
			(void)snprintf(id, sizeof(id), "%" PRId64, rows_int(rows, 0));
			(void)json_array_append_new(list, json_pack("{s:s, s:s}", "id", id,
			    "name", rows_text(rows, 1)));
		}
	rows_free(rows);
	return rc;
}

/* The encryption half; machines and some products have none. */
static int
view_has_enc(struct db *db, const struct certificate *c, json_t *model, struct err *err)
{
	struct rows	*rows = NULL;
	bool		 has = false;
	int		 rc = 0;

	if (db_query(db, SQL_CERTIFICATE_OF_ORDER, &rows, err, DB_INT(c->order_id)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0)
		has = has || strcmp(rows_text(rows, 0), "enc") == 0;
	rows_free(rows);
	js_set_bool(model, "has_enc", has);
	return rc;
}

static int
view_acts_run(struct db *db, struct act *a, struct err *err)
{
	a->model = json_object();
	return view_has_enc(db, a->extra, a->model, err) < 0 ? -1 :
	    certificate_acts(db, a->extra, a->model, err);
}

static int
certificate_keep_up_run(struct db *db, struct act *a, struct err *err)
{
	const struct certificate	*c = a->extra;
	size_t				 i = 0;

	if (db_run(db, SQL_CERTIFICATE_STATE_SET, NULL, err, DB_INT(c->order_id),
	    DB_TEXT(c->state)) < 0)
		return -1;
	for (i = 0; i < ARRAY_LEN(changes); i++)	/* nobody may have been told */
		if (strcmp(changes[i].state, c->state) == 0)
			return relying_tell(db, a->h, changes[i].event, c->serial, "", err);
	return 0;
}

/* What the signer says is so; the hall's own row may be behind after a crash. */
static int
certificate_keep_up(struct hall *h, const struct who *who, struct certificate *c,
    const json_t *now, struct err *err)
{
	const char	*status = js_str(now, "status");
	const char	*state = strcmp(status, "held") == 0 ? "frozen" : status;
	struct act	 a = { .h = h, .who = who, .extra = c };

	if (strcmp(state, c->state) == 0)
		return 0;
	(void)snprintf(c->state, sizeof(c->state), "%s", state);
	return act_write(&a, certificate_keep_up_run, err);
}

int
certificate_view(struct hall *h, const struct who *who, const char *serial, json_t **model,
    struct err *err)
{
	struct certificate	 c = { .cert = NULL };
	json_t			*now = NULL, *me = NULL, *acts = NULL, *m = json_object();
	struct act		 a = { .h = h, .who = who, .name = serial, .extra = &c },
				 officers = { .h = h, .who = who, .extra = m };
	int			 rc = -1;

	if (act_read(&a, certificate_load_run, err) < 0 ||
	    hall_services(h)->pair_status(c.serial, &now, err) < 0 ||
	    certificate_keep_up(h, who, &c, now, err) < 0)
		goto out;
	if (who->staff != 0 && act_read(&officers, view_officers_run, err) < 0)
		goto out;
	if (act_model(&a, act_read(&a, view_acts_run, err), &acts) < 0)
		goto out;
	js_update(m, acts);
	if (who->account != 0) {
		if (account_model(h, who, &me, err) < 0)
			goto out;
		js_set_str(m, "mobile_masked", js_str(me, "mobile_masked"));
	}
	js_set_str(m, "serial", c.serial);
	js_set_str(m, "subject", cert_subject(c.cert));
	js_set_str(m, "name", c.subject);
	js_set_str(m, "order", c.no);
	js_set_str(m, "fingerprint", cert_fingerprint(c.cert));
	view_validity(hall_def(h), &c, m);
	if (ops_model(h, who, c.serial, m, err) < 0)
		goto out;
	view_status(&c, now, who, m);
	certificate_chain(h, &c, js_bool(m, "is_held"), m);
	view_reasons(m);
	if (eseal_of_certificate(h, who, c.serial, m, err) < 0)
		goto out;
	*model = json_incref(m);
	rc = 0;
 out:
	json_decref(m);
	json_decref(acts);
	json_decref(me);
	json_decref(now);
	cert_free(c.cert);
	return rc;
}

/* ---- what is to be signed ---- */

struct draft {
	struct certificate	 certificate;
	const struct change	*change;
	int64_t			 second;		/* staff id */
};

static int
draft_officer(struct db *db, int64_t staff, char serial[65], struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_STAFF_BY_ID, &rows, err, DB_INT(staff));

	if (rc == 0 && (rows_int(rows, 3) == 0 || (rows_int(rows, 2) & ROLE_REVIEWER) == 0))
		rc = err_set(err, ERR_DENIED, "这位业务人员不能签名，请另选一位。");
	if (rc == 0)
		(void)snprintf(serial, 65, "%s", rows_text(rows, 1));
	rows_free(rows);
	return rc;
}

static int
draft_statement(struct db *db, struct act *a, const struct draft *d, json_t *j, struct err *err)
{
	char	first[65], second[65];

	js_set_str(j, "type", d->change->kind);
	js_set_int(j, "v", 1);
	js_set_str(j, "serial", d->certificate.serial);
	js_set_int(j, "time", clock_now());
	js_set_str(j, "by", a->who->staff != 0 ? "officer" : "holder");
	if (strcmp(d->change->kind, "revocation") == 0)
		js_set_int(j, "reason", strtol(js_str(a->in, "reason"), NULL, 10));
	if (a->who->staff == 0)
		return 0;
	if (draft_officer(db, a->who->staff, first, err) < 0)
		return -1;
	js_set_str(j, "officer", first);
	if (!d->change->two)
		return 0;
	if (d->second == a->who->staff)
		return hall_field_error(a->errors, "second", "第二位签名人", err,
		    "恢复和撤销要两位业务人员签名，请另选一位。");
	if (draft_officer(db, d->second, second, err) < 0)
		return err->kind == ERR_NOT_FOUND ? hall_field_error(a->errors, "second",
		    "第二位签名人", err, "请选择第二位签名人。") : -1;
	js_set_str(j, "second", second);
	return 0;
}

static int
draft_run(struct db *db, struct act *a, struct err *err)
{
	struct draft	*d = a->extra;
	json_t		*j = json_object();
	struct buf	 text;
	char		 number[24];
	int64_t		 id = rand_id();
	int		 rc = -1;

	buf_init(&text, 4096);
	if (certificate_load(db, a, &d->certificate, err) < 0 ||
	    draft_statement(db, a, d, j, err) < 0)
		goto out;
	json_write_canonical(j, &text);
	(void)snprintf(number, sizeof(number), "%" PRId64, id);
	a->model = json_pack("{s:s, s:s}", "id", number, "statement", text.p);
	rc = db_run(db, SQL_STATUS_CHANGE_ADD, NULL, err, DB_INT(id),
	    DB_TEXT(d->certificate.serial), DB_TEXT(d->change->kind), DB_TEXT(text.p),
	    DB_INT(a->who->account), DB_INT(a->who->staff),
	    DB_INT(d->change->two && a->who->staff != 0 ? d->second : 0), DB_INT(clock_now()));
 out:
	buf_free(&text);
	json_decref(j);
	return rc;
}

int
certificate_statement(struct hall *h, const struct who *who, const char *serial,
    const json_t *in, json_t *errors, json_t **model, struct err *err)
{
	struct draft	 d = { .change = change_find(js_str(in, "kind")),
		.second = strtoll(js_str(in, "second"), NULL, 10) };
	struct act	 a = { .h = h, .who = who, .name = serial, .in = in, .errors = errors,
		.extra = &d };
	const char	*reason = js_str(in, "reason");
	int		 rc = -1;

	if (d.change == NULL || (who->staff == 0 && !d.change->holder))
		return err_set(err, ERR_DENIED, "这项操作要由业务人员办理，请联系客服。");
	if (strcmp(d.change->kind, "revocation") == 0 &&
	    (reason_text(reason) == NULL || strcmp(reason, "6") == 0))
		return hall_field_error(errors, "reason", "撤销原因", err, "请选择撤销原因。");
	rc = act_model(&a, act_write(&a, draft_run, err), model);
	cert_free(d.certificate.cert);
	return rc;
}

/* ---- carrying it out ---- */

struct carry {
	struct certificate	 certificate;
	const struct change	*change;
	int64_t			 id, account, staff, second, created;
	struct buf		 statement, first, signature;
	char			 state[16];
	const char		*by;			/* for the journal: holder, officer, phone */
};

static void
carry_init(struct carry *c)
{
	memset(c, 0, sizeof(*c));
	buf_init(&c->statement, 8192);
	buf_init(&c->first, 256);
	buf_init(&c->signature, 256);
}

static void
carry_free(struct carry *c)
{
	cert_free(c->certificate.cert);
	buf_free(&c->statement);
	buf_free(&c->first);
	buf_free(&c->signature);
}

static int
carry_load_run(struct db *db, struct act *a, struct err *err)
{
	struct carry	*c = a->extra;
	struct rows	*rows = NULL;
	const void	*p = NULL;
	size_t		 len = 0;
	int		 rc = -1;

	buf_clear(&c->statement);
	buf_clear(&c->first);
	if (certificate_load(db, a, &c->certificate, err) < 0)
		return -1;
	if (db_one(db, SQL_STATUS_CHANGE_GET, &rows, err, DB_INT(c->id)) < 0 ||
	    strcmp(rows_text(rows, 0), c->certificate.serial) != 0) {
		if (err->kind == ERR_NONE || err->kind == ERR_NOT_FOUND)
			err_set(err, ERR_NOT_FOUND, "要签名的内容已失效，请刷新页面重新办理。");
		goto out;
	}
	c->change = change_find(rows_text(rows, 1));
	buf_addstr(&c->statement, rows_text(rows, 2));
	c->account = rows_int(rows, 3);
	c->staff = rows_int(rows, 4);
	c->second = rows_int(rows, 5);
	p = rows_blob(rows, 6, &len);
	buf_add(&c->first, p, len);
	(void)snprintf(c->state, sizeof(c->state), "%s", rows_text(rows, 7));
	c->created = rows_int(rows, 8);
	rc = c->change != NULL ? 0 : err_set(err, ERR_BUG, "status change without a kind");
 out:
	rows_free(rows);
	return rc;
}

/* Whose turn it is. */
static int
carry_check(const struct carry *c, const struct who *who, struct err *err)
{
	bool	waiting = strcmp(c->state, "waiting") == 0;

	if (strcmp(c->state, "done") == 0)
		return err_set(err, ERR_WRONG_STATE, "这项操作已经办理过了，请刷新页面。");
	if (waiting ? who->staff == 0 || who->staff != c->second :
	    who->staff != c->staff || who->account != c->account)
		return err_set(err, ERR_DENIED, waiting ? "要由指定的第二位业务人员签名。" :
		    "要签名的内容不是为您准备的，请刷新页面重新办理。");
	if (!waiting && c->created < clock_now() - CHANGE_FRESH)
		return err_set(err, ERR_EXPIRED, "要签名的内容已过期，请刷新页面重新办理。");
	return 0;
}

static int
carry_first_run(struct db *db, struct act *a, struct err *err)
{
	struct carry	*c = a->extra;
	int64_t		 n = 0;

	if (db_run(db, SQL_STATUS_CHANGE_FIRST, &n, err, DB_INT(c->id),
	    DB_BLOB(c->signature.p, c->signature.len)) < 0)
		return -1;
	return n == 1 ? 0 : err_set(err, ERR_WRONG_STATE, "这项操作已经签过名了，请刷新页面。");
}

/* The signer has done it: the hall's row, its journal, the notice. */
static int
carry_done_run(struct db *db, struct act *a, struct err *err)
{
	struct carry	*c = a->extra;
	struct order	 o = { .id = 0 };
	json_t		*v = NULL;
	int		 rc = -1;

	if ((c->id != 0 && db_run(db, SQL_STATUS_CHANGE_DONE, NULL, err, DB_INT(c->id),
	    DB_INT(clock_now())) < 0) ||
	    db_run(db, SQL_CERTIFICATE_STATE_SET, NULL, err, DB_INT(c->certificate.order_id),
	    DB_TEXT(c->change->state)) < 0 ||
	    relying_tell(db, a->h, c->change->event, c->certificate.serial, "", err) < 0 ||
	    hall_journal_add(db, a->who, c->change->what, c->certificate.serial, c->by, err) < 0 ||
	    order_load_id(db, a->h, c->certificate.order_id, &o, err) < 0)
		return -1;
	v = json_pack("{s:s}", "serial", c->certificate.serial);
	if (order_note(db, a->h, a->who, &o, c->change->what, c->certificate.serial, err) == 0)
		rc = notice_order(db, a->h, &o, c->change->what, v, err);
	json_decref(v);
	order_release(&o);
	return rc;
}

static int
carry_out(struct hall *h, struct act *a, struct carry *c, struct err *err)
{
	bool	two = c->first.len > 0;

	if (hall_services(h)->change(c->change->kind, c->statement.p, c->statement.len,
	    two ? c->first.p : c->signature.p, two ? c->first.len : c->signature.len,
	    two ? c->signature.p : NULL, two ? c->signature.len : 0, err) < 0)
		return err->kind != ERR_DENIED ? -1 : err_set(err, ERR_DENIED,
		    "签名没有被接受：请用这张证书自己的UKey或软证书签名；业务人员请用本人的UKey。");
	return act_write(a, carry_done_run, err);
}

/*
 * The holder's own release asks more than a found UKey and its PIN: a code to the registered
 * mobile; and it undoes only what the holder did.
 */
static int
carry_check_release(struct hall *h, const struct carry *c, const struct who *who,
    const json_t *in, struct err *err)
{
	json_t	*now = NULL, *me = NULL;
	int	 rc = -1;

	if (who->staff != 0 || strcmp(c->change->kind, "release") != 0)
		return 0;
	if (hall_services(h)->pair_status(c->certificate.serial, &now, err) < 0)
		return -1;
	if (!js_bool(now, "by_holder"))
		err_set(err, ERR_DENIED, "这张证书由业务人员冻结，请联系客服恢复。");
	else if (account_model(h, who, &me, err) == 0)
		rc = code_use(h, CODE_FREEZE, js_str(me, "mobile"), js_str(in, "code"), err);
	json_decref(now);
	json_decref(me);
	return rc;
}

int
certificate_change(struct hall *h, const struct who *who, const char *serial, const json_t *in,
    bool *waiting, struct err *err)
{
	struct carry	c;
	struct act	a = { .h = h, .who = who, .name = serial, .extra = &c };
	int		rc = -1;

	carry_init(&c);
	c.id = strtoll(js_str(in, "id"), NULL, 10);
	c.by = who->staff != 0 ? "officer" : "holder";
	*waiting = false;
	if (js_need_bytes(in, "signature", &c.signature, err) < 0 ||
	    act_read(&a, carry_load_run, err) < 0 || carry_check(&c, who, err) < 0 ||
	    carry_check_release(h, &c, who, in, err) < 0)
		goto out;
	if (c.second != 0 && strcmp(c.state, "drafted") == 0) {
		*waiting = true;
		rc = act_write(&a, carry_first_run, err);
	} else {
		rc = carry_out(h, &a, &c, err);
	}
 out:
	carry_free(&c);
	return rc;
}

/* ---- the key is lost: a code to the mobile ---- */

int
certificate_code(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    struct err *err)
{
	json_t	*me = NULL;
	int	 rc = -1;

	if (account_model(h, who, &me, err) == 0)
		rc = code_send(h, who, CODE_FREEZE, "code", js_str(me, "mobile"), in, errors, err);
	json_decref(me);
	return rc;
}

int
certificate_freeze_now(struct hall *h, const struct who *who, const char *serial, struct err *err)
{
	struct carry	 c;
	struct act	 a = { .h = h, .who = who, .name = serial, .extra = &c.certificate };
	json_t		*j = NULL;
	int		 rc = -1;

	carry_init(&c);
	c.change = change_find("hold");
	c.by = "phone";
	if (act_read(&a, certificate_load_run, err) == 0) {
		j = json_pack("{s:s, s:i, s:s, s:I, s:s}", "type", "hold", "v", 1, "serial",
		    c.certificate.serial, "time", (json_int_t)clock_now(), "by", "phone");
		json_write_canonical(j, &c.statement);
		a.extra = &c;
		rc = carry_out(h, &a, &c, err);
	}
	json_decref(j);
	carry_free(&c);
	return rc;
}

/* The code is used up only for a certificate of one's own. */
int
certificate_freeze(struct hall *h, const struct who *who, const char *serial, const json_t *in,
    json_t *errors, struct err *err)
{
	struct certificate	 c = { .cert = NULL };
	struct act		 a = { .h = h, .who = who, .name = serial, .extra = &c };
	json_t			*me = NULL;
	int			 rc = -1;

	if (act_read(&a, certificate_load_run, err) < 0 || account_model(h, who, &me, err) < 0)
		goto out;
	if (code_use(h, CODE_FREEZE, js_str(me, "mobile"), js_str(in, "code"), err) == 0)
		rc = certificate_freeze_now(h, who, serial, err);
	else if (err->kind == ERR_INPUT)
		hall_field_error(errors, "code", "短信验证码", err, "%s", err->text);
 out:
	json_decref(me);
	cert_free(c.cert);
	return rc;
}

/* ---- the desk ---- */

/* What the second officer signs, in words: read from the statement itself. */
static void
search_plain(const char *statement, json_t *row)
{
	struct err	 err = {0};
	json_t		*j = NULL;
	const char	*type = NULL, *why = NULL;
	char		 code[24], plain[200];

	js_set_str(row, "plain", "");
	if (json_parse(statement, strlen(statement), 0, &j, &err) < 0)
		return;
	type = js_str(j, "type");
	(void)snprintf(code, sizeof(code), "%" PRId64, js_int(j, "reason", -1));
	why = reason_text(code);
	if (strcmp(type, "revocation") == 0)
		(void)snprintf(plain, sizeof(plain), "撤销这张证书，撤销后不能恢复。原因：%s。",
		    why == NULL ? "没有写明" : why);
	else
		(void)snprintf(plain, sizeof(plain), "%s", strcmp(type, "hold") == 0 ?
		    "冻结这张证书，找到后可以恢复。" : "解除冻结，这张证书恢复使用。");
	js_set_str(row, "plain", plain);
	json_decref(j);
}

static int
search_waiting(struct db *db, struct act *a, json_t *list, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*row = NULL;
	char		 id[24], at[CLOCK_TEXT];
	int		 rc = 0;

	if (db_query(db, SQL_STATUS_CHANGE_WAITING, &rows, err) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		(void)snprintf(id, sizeof(id), "%" PRId64, rows_int(rows, 0));
		row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "id", id, "serial",
		    rows_text(rows, 1), "statement", rows_text(rows, 3), "subject",
		    rows_text(rows, 7), "first", rows_text(rows, 8), "created",
		    clock_datetime(rows_int(rows, 6), at), "mine",
		    rows_int(rows, 5) == a->who->staff);
		search_plain(rows_text(rows, 3), row);
		(void)json_array_append_new(list, row);
	}
	rows_free(rows);
	return rc;
}

static int
search_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *waiting = json_array();
	char		 from[CLOCK_TEXT], to[CLOCK_TEXT];
	int		 rc = 0;

	a->model = json_pack("{s:o, s:o, s:s}", "rows", list, "waiting", waiting, "q", a->name);
	if (db_query(db, SQL_CERTIFICATE_SEARCH, &rows, err, DB_TEXT(a->name),
	    DB_INT(a->number)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0)
		(void)json_array_append_new(list, json_pack(
		    "{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "state_text",
		    strcmp(rows_text(rows, 4), "good") == 0 ? "有效" :
		    strcmp(rows_text(rows, 4), "frozen") == 0 ? "已冻结" : "已撤销",
		    "serial", rows_text(rows, 0), "subject", rows_text(rows, 1), "not_before",
		    clock_date(rows_int(rows, 2), from), "not_after",
		    clock_date(rows_int(rows, 3), to), "state", rows_text(rows, 4), "order",
		    rows_text(rows, 5)));
	rows_free(rows);
	return rc < 0 ? -1 : search_waiting(db, a, waiting, err);
}

int
certificate_search(struct hall *h, const struct who *who, const json_t *query, json_t **model,
    struct err *err)
{
	struct act	a = { .h = h, .who = who, .name = js_str(query, "q") };
	int64_t		page = 1;

	if (!who->system && hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	if (str_to_i64(js_str(query, "page"), 100000, &page) < 0 || page < 1)
		page = 1;
	a.number = (page - 1) * 50;
	return act_model(&a, act_read(&a, search_run, err), model);
}

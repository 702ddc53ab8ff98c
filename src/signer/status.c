#include "base/base.h"
#include "base/conf.h"
#include "signer/pair.h"

#define STATEMENT_FRESH	(10 * CLOCK_MINUTE)

/* What can be asked: one row a kind of statement. */
static const struct change {
	const char	*type;		/* of the statement */
	const char	*what;		/* journal */
	enum pair_status to;
	const char	*by[4];		/* who may, ends with NULL */
	bool		 two;		/* officers sign it by two; a hold, the brake, one may pull */
} changes[] = {
	{"hold", "certificate.hold", PAIR_HELD, {"holder", "officer", "phone"}, false},
	{"release", "certificate.release", PAIR_GOOD, {"holder", "officer"}, true},
	{"revocation", "certificate.revoke", PAIR_REVOKED, {"holder", "officer"}, true},
};

struct status_work {
	const struct signed_statement	*in;
	const struct change		*change;
	json_t				*statement;
	const char			*by;
	struct officer			 first, second;
	struct pair			 pair;
};

static void
status_release(struct status_work *w)
{
	json_decref(w->statement);
	officer_release(&w->first);
	officer_release(&w->second);
	pair_release(&w->pair);
}

/* The whole word: each way of asking has its own proof, and no other word has one. */
static bool
change_is_by(const struct change *c, const char *by)
{
	for (size_t i = 0; i < ARRAY_LEN(c->by) && c->by[i] != NULL; i++)
		if (strcmp(c->by[i], by) == 0)
			return true;
	return false;
}

static int
status_parse(struct status_work *w, const char *type, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		if (strcmp(changes[i].type, type) == 0)
			w->change = &changes[i];
	if (w->change == NULL)
		return err_set(err, ERR_BUG, "no statement of type %s", type);
	if (statement_parse(w->in->text, w->in->len, type, &w->statement, err) < 0)
		return -1;
	w->by = js_str_or(w->statement, "by", "officer");
	if (!change_is_by(w->change, w->by))
		return err_set(err, ERR_DENIED, "a %s cannot be asked by \"%s\"", type, w->by);
	return 0;
}

bool
status_is_by_officer(const struct signed_statement *in)
{
	struct err	 err = {0};
	json_t		*j = NULL;
	bool		 is = json_parse(in->text, in->len, 0, &j, &err) == 0 &&
	    strcmp(js_str_or(j, "by", "officer"), "officer") == 0;

	json_decref(j);
	return is;
}

/* The holder proves it with the key of the very certificate, just now. */
static int
status_check_holder(struct status_work *w, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN];
	int64_t		 said = js_int(w->statement, "time", 0), now = clock_now();

	if (said > now + STATEMENT_FRESH || said < now - STATEMENT_FRESH)
		return err_set(err, ERR_DENIED, "the holder's statement is not of these minutes");
	if (cert_point(w->pair.sign, point, err) < 0)
		return -1;
	if (sm2_verify_point(point, w->in->text, w->in->len, w->in->first.p, w->in->first.len,
	    err) < 0)
		return err_set(err, ERR_DENIED, "the signature is not that of the holder");
	return 0;
}

static int
status_check_officers(struct status_work *w, struct signer *s, struct err *err)
{
	const struct signed_statement	*in = w->in;

	if (officer_check(s, w->statement, "officer", in, &in->first, OFFICER_REVOKE, &w->first,
	    err) < 0)
		return -1;
	if (!w->change->two)
		return 0;
	if (strcmp(js_str(w->statement, "second"), w->first.serial) == 0)
		return err_set(err, ERR_DENIED, "two different officers must sign this");
	return officer_check(s, w->statement, "second", in, &in->second, OFFICER_REVOKE,
	    &w->second, err);
}

static int
status_check_reason(struct status_work *w, int *reason, struct err *err)
{
	int64_t	 n = js_int(w->statement, "reason", 0);

	*reason = w->change->to == PAIR_HELD ? CRL_REASON_HOLD : (int)n;
	if (w->change->to == PAIR_REVOKED && !revocation_reason_is_valid(n))
		return err_set(err, ERR_INPUT, "reason %" PRId64 " cannot be used to revoke", n);
	return 0;
}

/* What an officer has held only officers release. */
static int
status_check_release(struct db *db, const struct status_work *w, struct err *err)
{
	char	by[CERT_SERIAL_TEXT];

	if (w->change->to != PAIR_GOOD || w->pair.status != PAIR_HELD ||
	    strcmp(w->by, "holder") != 0)
		return 0;
	if (pair_changed_by(db, cert_serial(w->pair.sign), by, err) < 0)
		return -1;
	return strcmp(by, "holder") == 0 || strcmp(by, "phone") == 0 ? 0 :
	    err_set(err, ERR_DENIED, "an officer held this: two officers release it");
}

/* 1: to be changed, 0: it is so already, -1. */
static int
status_judge(const struct status_work *w, struct err *err)
{
	const struct pair	*p = &w->pair;

	if (p->status == w->change->to)
		return 0;
	if (p->status == PAIR_REVOKED)
		return err_set(err, ERR_WRONG_STATE, "证书已撤销，不能再冻结或恢复；需要时请重新申请。");
	/* An old statement must not undo what came after it. */
	if (p->changed > js_int(w->statement, "time", 0))
		return err_set(err, ERR_DENIED, "the statement is older than the last change");
	return 1;
}

static int
status_write(struct db *db, void *arg, struct err *err)
{
	struct status_work	*w = arg;
	struct pair_change	 c = {.to = w->change->to, .what = w->change->what,
		.invalid_since = js_int(w->statement, "invalid_since", 0),
		.by = strcmp(w->by, "officer") == 0 ? w->first.serial : w->by,
		.second = w->second.cert == NULL ? NULL : w->second.serial};
	int			 rc;

	if (pair_load(db, js_str(w->statement, "serial"), &w->pair, err) < 0 ||
	    status_check_reason(w, &c.reason, err) < 0)
		return -1;
	if (strcmp(w->by, "holder") == 0 && status_check_holder(w, err) < 0)
		return -1;
	if ((rc = status_judge(w, err)) <= 0)
		return rc;
	if (status_check_release(db, w, err) < 0)
		return -1;
	return pair_change(db, &w->pair, &c, err);
}

int
status_change(struct signer *s, const char *type, const struct signed_statement *in,
    struct err *err)
{
	struct status_work	 w = {.in = in};
	int			 rc = -1;

	if (status_parse(&w, type, err) == 0 && (strcmp(w.by, "officer") != 0 ||
	    status_check_officers(&w, s, err) == 0))
		rc = store_write(s->store, status_write, &w, err);
	if (rc < 0 && err->kind != ERR_STORE && err->kind != ERR_BUSY)
		journal_note(s->store, "status.refused", json_pack("{s:s,s:s}", "type", type,
		    "why", err->text));
	status_release(&w);
	return rc;
}

/* ---- by the administrator: one certificate of any kind ---- */

struct admin_revocation {
	const char	*serial;
	int		 reason;
};

/* What was issued to an applicant is revoked whole, and by two officers. */
static int
admin_revoke_check(struct db *db, const char *serial, struct err *err)
{
	static const enum sql_id	 halves[] = {SQL_ISSUE_BY_SIGN, SQL_ISSUE_BY_ENC};
	struct rows			*r = NULL;
	int				 rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(halves); i++) {
		if (db_query(db, halves[i], &r, err, DB_TEXT(serial)) < 0)
			return -1;
		rc = rows_next(r, err);
		rows_free(r);
		r = NULL;
	}
	return rc <= 0 ? rc : err_set(err, ERR_DENIED, "certificate %s belongs to an applicant: "
	    "two officers sign its revocation (yinxin cert revoke --officer)", serial);
}

static int
admin_revoke_write(struct db *db, void *arg, struct err *err)
{
	struct admin_revocation	*v = arg;
	json_t			*detail = json_pack("{s:s,s:i,s:s}", "serial", v->serial, "reason",
	    v->reason, "by", "admin");
	int64_t			 n, line, now = clock_now();
	int			 rc = admin_revoke_check(db, v->serial, err);

	if (rc == 0)
		rc = journal_add(db, "certificate.revoke", detail, &line, err);
	json_decref(detail);
	if (rc < 0 || db_run(db, SQL_CA_CERTIFICATE_STATUS_SET, &n, err, DB_TEXT(v->serial),
	    DB_TEXT("revoked"), DB_INT(now), DB_INT(v->reason), DB_INT(0), DB_INT(now),
	    DB_TEXT("good"), DB_INT(line)) < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_WRONG_STATE,
		    "certificate %s is not there or not good any more", v->serial);
	return 0;
}

int
admin_revoke(struct signer *s, const char *serial, int64_t reason, struct err *err)
{
	struct admin_revocation	 v = {serial, (int)reason};

	if (!revocation_reason_is_valid(reason))
		return err_set(err, ERR_INPUT, "reason %" PRId64 " cannot be used to revoke", reason);
	return store_write(s->store, admin_revoke_write, &v, err);
}

/* ---- asked ---- */

struct status_read {
	const char	*serial;
	json_t		*out;
};

static int
status_read_pair(struct db *db, void *arg, struct err *err)
{
	struct status_read	*q = arg;
	struct pair		 p = {0};
	char			 by[CERT_SERIAL_TEXT];
	int			 rc = pair_load(db, q->serial, &p, err);

	if (rc == 0 && (rc = pair_changed_by(db, q->serial, by, err)) == 0) {
		js_set_str(q->out, "serial", q->serial);
		js_set_str(q->out, "enc_serial", p.enc_serial);
		js_set_str(q->out, "order", p.order);
		js_set_str(q->out, "status", pair_status_name(p.status));
		js_set_int(q->out, "reason", p.reason);
		js_set_int(q->out, "revoked_at", p.revoked_at);
		js_set_int(q->out, "invalid_since", p.invalid_since);
		js_set_int(q->out, "changed", p.changed);
		js_set_bool(q->out, "by_holder", strcmp(by, "holder") == 0 ||
		    strcmp(by, "phone") == 0);
		js_set_int(q->out, "not_before", cert_not_before(p.sign));
		js_set_int(q->out, "not_after", cert_not_after(p.sign));
	}
	pair_release(&p);
	return rc;
}

int
status_ask(struct signer *s, const char *serial, json_t *out, struct err *err)
{
	struct status_read	 q = {serial, out};

	return store_read(s->store, status_read_pair, &q, err);
}

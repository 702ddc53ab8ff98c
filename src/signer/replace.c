#include "base/base.h"
#include "base/clock.h"
#include "signer/replace.h"

struct issue_op {
	const char	*name;
	bool		 replaces;	/* names an old pair */
	bool		 years;		/* buys years; otherwise the old end stays */
	bool		 ends_old;	/* the old pair is revoked */
	int		 reason;	/* of that; -1: the approval says */
	bool		 other_code;	/* an organisation may come with another code */
};

static const struct issue_op	 issue_ops[] = {
	{"new", false, true, false, 0, false},
	{"renew", true, true, false, 0, false},
	{"reissue", true, false, true, -1, false},
	{"change", true, false, true, CRL_REASON_SUPERSEDED, true},
};

int
replacement_parse(struct replacement *r, const json_t *approval, struct err *err)
{
	const char	*name = js_str(approval, "op");
	bool		 replaces = json_object_get(approval, "replaces") != NULL;

	for (size_t i = 0; i < ARRAY_LEN(issue_ops); i++)
		if (strcmp(issue_ops[i].name, name) == 0)
			r->op = &issue_ops[i];
	if (r->op == NULL)
		return err_set(err, ERR_DENIED, "the statement asks for something unknown");
	if (r->op->replaces != replaces)
		return err_set(err, ERR_DENIED, "operation %s %s a certificate it replaces", name,
		    replaces ? "does not name" : "must name");
	if (r->op->ends_old && r->op->reason < 0 &&
	    !revocation_reason_is_valid(js_int(approval, "reason", -1)))
		return err_set(err, ERR_DENIED, "operation %s needs a reason to revoke", name);
	return 0;
}

void
replacement_release(struct replacement *r)
{
	pair_release(&r->old);
}

bool
replacement_takes_years(const struct replacement *r)
{
	return r->op->years;
}

static int
replacement_check_state(const struct replacement *r, struct err *err)
{
	int64_t	 end = cert_not_after(r->old.sign);

	if (r->old.status == PAIR_REVOKED)
		return err_set(err, ERR_WRONG_STATE, "原证书已撤销，不能再办理更新、补办或变更，请重新申请。");
	if (r->op->years && r->old.status != PAIR_GOOD)
		return err_set(err, ERR_WRONG_STATE, "原证书已冻结，请先恢复再更新。");
	if (!r->op->years && end <= clock_now())
		return err_set(err, ERR_WRONG_STATE, "原证书已过期，请办理更新。");
	return 0;
}

/* The same product for the same person or organisation. */
static int
replacement_check_subject(const struct replacement *r, const json_t *approval, struct err *err)
{
	const json_t	*now = json_object_get(approval, "subject"),
			*old = json_object_get(r->old.statement, "subject");
	bool		 code = r->op->other_code && strcmp(js_str(now, "kind"), "organisation") == 0;

	if (strcmp(js_str(approval, "profile"), js_str(r->old.statement, "profile")) != 0)
		return err_set(err, ERR_DENIED, "the old certificate is of another product");
	if (strcmp(js_str(now, "kind"), js_str(old, "kind")) != 0 ||
	    (!code && (strcmp(js_str(now, "id_type"), js_str(old, "id_type")) != 0 ||
	    strcmp(js_str(now, "id_no"), js_str(old, "id_no")) != 0)))
		return err_set(err, ERR_DENIED, "the old certificate is somebody else's");
	return 0;
}

static int
replacement_check_first(struct db *db, const struct replacement *r, const char *order,
    struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc;

	if (db_query(db, SQL_ISSUE_REPLACING, &rows, err, DB_TEXT(cert_serial(r->old.sign))) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0 && strcmp(rows_text(rows, 0), order) != 0)
		rc = err_set(err, ERR_WRONG_STATE,
		    "原证书已由订单 %.20s 换发，请使用新证书办理。", rows_text(rows, 0));
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

int
replacement_check(struct db *db, struct replacement *r, const json_t *approval,
    struct err *err)
{
	if (!r->op->replaces)
		return 0;
	if (pair_load(db, js_str(approval, "replaces"), &r->old, err) < 0 ||
	    replacement_check_first(db, r, js_str(approval, "order"), err) < 0 ||
	    replacement_check_state(r, err) < 0)
		return -1;
	return replacement_check_subject(r, approval, err);
}

int64_t
renewal_end(int64_t end, int64_t now, int years)
{
	/* What was left is not lost; nor a day before the 29th of February. */
	if (end > now)
		return MAX(clock_add_years(end + CLOCK_SECOND, years) - CLOCK_SECOND,
		    clock_add_years(end, years));
	return clock_add_years(now, years) - CLOCK_SECOND;
}

int64_t
replacement_not_after(const struct replacement *r, int64_t now, int years)
{
	int64_t	 end = r->op->replaces ? cert_not_after(r->old.sign) : 0;

	return r->op->years ? renewal_end(end, now, years) : end;
}

int
replacement_keep(struct db *db, const struct replacement *r, const json_t *approval,
    struct err *err)
{
	struct pair_change	 c = {.to = PAIR_REVOKED, .what = "certificate.revoke",
		.reason = r->op->reason < 0 ? (int)js_int(approval, "reason", 0) : r->op->reason,
		.invalid_since = js_int(approval, "invalid_since", 0),
		.by = js_str(approval, "officer")};

	return r->op->ends_old ? pair_change(db, &r->old, &c, err) : 0;
}

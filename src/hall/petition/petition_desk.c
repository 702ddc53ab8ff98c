#include "base/base.h"
#include "hall/petition/petition_own.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/account_own.h"

/* The reviewers' side. */

/* The work list's tabs and the states they hold. */
static const struct { const char *tab, *states; } petition_tabs[] = {
	{ "open", ",reviewing,second," }, { "returned", ",returned," }, { "waiting", ",waiting," },
	{ "ended", ",done,refused,stopped,cancelled," },
};

static int
petition_list_run(struct db *db, struct act *a, struct err *err)
{
	struct petition	*p = a->extra;
	struct rows	*rows = NULL;
	json_t		*list = json_array();
	size_t		 i = 0;
	int		 rc = 0;

	while (i + 1 < ARRAY_LEN(petition_tabs) &&
	    strcmp(petition_tabs[i].tab, js_str(a->in, "state")) != 0)
		i++;
	if (*js_str(a->in, "state") == '\0')
		i = 0;
	a->model = json_pack("{s:s, s:o}", "tab", petition_tabs[i].tab, "rows", list);
	if (db_query(db, SQL_PETITION_LIST, &rows, err, DB_TEXT(petition_tabs[i].states)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0 &&
	    (rc = petition_from_row(a->h, rows, p, err)) == 0)
		(void)json_array_append_new(list, petition_model(p));
	rows_free(rows);
	js_set_bool(a->model, "has_rows", json_array_size(list) > 0);
	return rc;
}

int
petition_list(struct hall *h, const struct who *who, const json_t *query, json_t **model,
    struct err *err)
{
	struct petition	p = {0};
	struct act	a = {.h = h, .who = who, .in = query, .extra = &p};
	int		rc = -1;

	if (!who->system && hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	rc = act_model(&a, act_read(&a, petition_list_run, err), model);
	petition_release(&p);
	return rc;
}

/* ---- one ---- */

struct desk_job {
	struct petition	 p;
	char		 name[128];		/* of the member of staff */
	int64_t		 own;			/* the account the staff's certificate was issued to */
	const char	*reason;
	int64_t		 version;		/* -1: whatever it is */
};

static int
desk_staff(struct db *db, const struct who *who, struct desk_job *j, struct err *err)
{
	struct rows	*rows = NULL;
	char		 serial[65] = "";
	int		 rc = 0;

	j->name[0] = '\0';
	j->own = 0;
	if (who->staff == 0)
		return 0;
	if (db_one(db, SQL_STAFF_BY_ID, &rows, err, DB_INT(who->staff)) < 0)
		return -1;
	(void)snprintf(j->name, sizeof(j->name), "%s", rows_text(rows, 0));
	(void)snprintf(serial, sizeof(serial), "%s", rows_text(rows, 1));
	rows_free(rows);
	rows = NULL;
	if (db_query(db, SQL_CERTIFICATE_BY_SERIAL, &rows, err, DB_TEXT(serial)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0)
		j->own = rows_int(rows, 0);
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

/*
 * May this member of staff decide it?  Nobody decides about an account of one's own: neither one
 * whose certificate is the staff's, nor in one's own name.
 */
static int
desk_may(const struct who *who, const struct desk_job *j, struct err *err)
{
	const struct petition	*p = &j->p;

	if (!petition_is(p, "reviewing") && !petition_is(p, "second"))
		return err_set(err, ERR_WRONG_STATE, "这份申请当前为“%s”，已经处理过了，请刷新页面。",
		    petition_state_text(p->state));
	if (who->system)
		return 0;
	if ((j->own != 0 && (petition_is_about(p, j->own) || j->own == p->claimant)) ||
	    strcmp(j->name, js_str(p->body, "name")) == 0)
		return err_set(err, ERR_DENIED, "这份申请与您本人有关，请由其他审核员处理。");
	if (petition_is(p, "second") && p->reviewer == who->staff)
		return err_set(err, ERR_DENIED, "您已经同意过，需要另一位审核员复核。");
	return 0;
}

static int
desk_load(struct db *db, struct act *a, struct desk_job *j, struct err *err)
{
	if (petition_load_no(db, a->h, a->name, &j->p, err) < 0)
		return -1;
	return desk_staff(db, a->who, j, err);
}

static int
petition_view_run(struct db *db, struct act *a, struct err *err)
{
	struct desk_job	*j = a->extra;
	struct err	 why = { .kind = ERR_NONE };
	json_t		*pictures = NULL, *facts = json_array();
	bool		 complete = false, possible = true;

	if (desk_load(db, a, j, err) < 0 || j->p.kind->facts(db, a->h, &j->p, facts, err) < 0 ||
	    petition_pictures(db, &j->p, &pictures, &complete, err) < 0) {
		json_decref(facts);
		return -1;
	}
	a->model = petition_model(&j->p);
	(void)json_object_set_new(a->model, "facts", facts);
	(void)json_object_set_new(a->model, "pictures", pictures);
	js_set_str(a->model, "note", js_str(j->p.body, "note"));
	js_set_bool(a->model, "may_decide", desk_may(a->who, j, &why) == 0);
	js_set_str(a->model, "why_not", why.text);
	err_clear(&why);
	if (j->p.account == 0)
		err_set(&why, ERR_WRONG_STATE, "没有找到申请所说的账户，不能同意；请拒绝并说明。");
	possible = j->p.account != 0 && j->p.kind->may(db, a->h, &j->p, &why) == 0;
	js_set_bool(a->model, "possible", possible);
	js_set_str(a->model, "impossible", why.text);
	js_set_int(a->model, "wait_days", j->p.kind->rule(hall_def(a->h))->wait_days);
	js_set_bool(a->model, "may_return", js_int(j->p.body, "returns", 0) < PETITION_RETURNS);
	return 0;
}

int
petition_view(struct hall *h, const struct who *who, const char *no, json_t **model,
    struct err *err)
{
	struct desk_job	j = {.version = -1};
	struct act	a = {.h = h, .who = who, .name = no, .extra = &j};
	int		rc = -1;

	if (!who->system && hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	rc = act_model(&a, act_read(&a, petition_view_run, err), model);
	petition_release(&j.p);
	return rc;
}

static int
desk_decide(struct db *db, struct act *a, struct desk_job *j, struct err *err)
{
	if (desk_load(db, a, j, err) < 0 || desk_may(a->who, j, err) < 0)
		return -1;
	if (j->version >= 0 && j->version != j->p.version)
		return err_set(err, ERR_CONFLICT, "这份申请刚刚有了变化，请刷新页面重新核对。");
	return 0;
}

/* Who is taken over from is warned where he is reached now, not where he was at the filing. */
static int
desk_channels(struct db *db, const struct hall *h, struct petition *p, struct err *err)
{
	json_t	*me = NULL, *j = NULL;
	size_t	 i = 0;

	if (account_facts(db, h, p->account, &me, NULL, err) < 0)
		return -1;
	js_set_str(p->body, "old_mobile", js_str(me, "mobile"));
	js_set_str(p->body, "old_mail", js_str(me, "mail"));
	json_decref(me);
	json_array_foreach(json_object_get(p->body, "others"), i, j) {
		if (account_facts(db, h, js_int(j, "account", 0), &me, NULL, err) < 0)
			return -1;
		js_set_str(j, "mobile", js_str(me, "mobile"));
		js_set_str(j, "mail", js_str(me, "mail"));
		json_decref(me);
	}
	return 0;
}

/* The waiting begins: the old channel hears of it with the way to stop it. */
static int
petition_grant(struct db *db, struct act *a, struct petition *p, struct err *err)
{
	char	 token[PETITION_REF], *url = NULL;
	json_t	*v = NULL;
	int	 rc = -1;

	rand_token(token, sizeof(token) - 1);
	petition_digest(token, p->stop);
	p->decided = clock_now();
	p->effective = p->decided + p->kind->rule(hall_def(a->h))->wait_days * CLOCK_DAY;
	if ((p->claimant != 0 && desk_channels(db, a->h, p, err) < 0) ||
	    petition_move(db, a->h, a->who, p, "waiting", NULL, err) < 0)
		return -1;
	url = xasprintf("%s/petition-stop/%s", conf_str("web.public_url"), token);
	v = json_pack("{s:s}", "url", url);
	if (petition_warn(db, a->h, p, "petition_warning", v, err) == 0 &&
	    petition_warn_others(db, a->h, p, err) == 0)
		rc = petition_tell(db, a->h, p, "petition_granted", NULL, err);
	json_decref(v);
	free(url);
	return rc;
}

static int
petition_approve_run(struct db *db, struct act *a, struct err *err)
{
	struct desk_job	*j = a->extra;
	struct petition	*p = &j->p;

	if (desk_decide(db, a, j, err) < 0)
		return -1;
	if (p->account == 0)
		return err_set(err, ERR_WRONG_STATE,
		    "没有找到申请所说的账户，不能同意；请拒绝并说明。");
	if (p->kind->may(db, a->h, p, err) < 0)
		return -1;
	a->number = petition_is(p, "reviewing") && p->kind->rule(hall_def(a->h))->reviewers > 1;
	if (a->number != 0) {
		p->reviewer = a->who->staff;
		return petition_move(db, a->h, a->who, p, "second", NULL, err);
	}
	*(petition_is(p, "second") ? &p->second : &p->reviewer) = a->who->staff;
	return petition_grant(db, a, p, err);
}

static int64_t
desk_version(const json_t *in)
{
	int64_t	version = 0;

	return str_to_i64(js_str(in, "version"), INT64_MAX, &version) < 0 ? 0 : version;
}

int
petition_approve(struct hall *h, const struct who *who, const char *no, const json_t *in,
    bool *waiting, struct err *err)
{
	struct desk_job	j = {.version = desk_version(in)};
	struct act	a = {.h = h, .who = who, .name = no, .extra = &j};
	int		rc = -1;

	if (hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	rc = act_write(&a, petition_approve_run, err);
	*waiting = a.number != 0;
	petition_release(&j.p);
	return rc;
}

static int
petition_refuse_run(struct db *db, struct act *a, struct err *err)
{
	struct desk_job	*j = a->extra;

	if (desk_decide(db, a, j, err) < 0)
		return -1;
	if (petition_is(&j->p, "second"))
		j->p.second = a->who->staff;
	else
		j->p.reviewer = a->who->staff;
	j->p.decided = clock_now();
	if (petition_move(db, a->h, a->who, &j->p, "refused", j->reason, err) < 0)
		return -1;
	return petition_tell(db, a->h, &j->p, "petition_refused", NULL, err);
}

static int
petition_return_run(struct db *db, struct act *a, struct err *err)
{
	struct desk_job	*j = a->extra;
	struct petition	*p = &j->p;
	int64_t		 returns = 0;

	if (desk_decide(db, a, j, err) < 0)
		return -1;
	returns = js_int(p->body, "returns", 0);
	if (returns >= PETITION_RETURNS)
		return err_set(err, ERR_WRONG_STATE, "这份申请已经退回过%d次，请同意，或者拒绝。",
		    PETITION_RETURNS);
	js_set_int(p->body, "returns", returns + 1);
	js_set_str(p->body, "returned_for", j->reason);
	p->reviewer = p->second = 0;		/* what comes back is another petition to read */
	p->decided = clock_now();
	if (petition_move(db, a->h, a->who, p, "returned", j->reason, err) < 0)
		return -1;
	return petition_tell(db, a->h, p, "petition_returned", NULL, err);
}

/* Both say why: refuse and return. */
static int
desk_answer(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, const char *label, act_fn run, struct err *err)
{
	struct desk_job	j = {.reason = js_str(in, "reason"),
			    .version = who->system ? -1 : desk_version(in)};
	struct act	a = {.h = h, .who = who, .name = no, .extra = &j};
	size_t		n = utf8_count(j.reason);
	int		rc = -1;

	if (!who->system && hall_need_role(who, ROLE_REVIEWER, err) < 0)
		return -1;
	if (n < 2 || n > 60)
		return hall_field_error(errors, "reason", label, err,
		    "请写明%s，2至60个字，会用短信告诉申请人。", label);
	rc = act_write(&a, run, err);
	petition_release(&j.p);
	return rc;
}

int
petition_return(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	return desk_answer(h, who, no, in, errors, "退回的原因", petition_return_run, err);
}

int
petition_refuse(struct hall *h, const struct who *who, const char *no, const json_t *in,
    json_t *errors, struct err *err)
{
	return desk_answer(h, who, no, in, errors, "不同意的原因", petition_refuse_run, err);
}

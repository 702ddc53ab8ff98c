#include "base/base.h"
#include "hall/platform/platform_own.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/secret.h"
#include "base/str.h"
#include "hall/account/account.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/account/password.h"
#include "hall/form/form.h"
#include "hall/journal.h"
#include "hall/notice.h"
#include "hall/sealed.h"

/* Who came back from a platform: signed in, made an account, or asked which account it is. */

#define ARRIVE_REGISTER	20		/* new accounts an hour from one address */

struct arrive {
	const struct def_platform *p;
	const char		*cookie;
	struct platform_entry	 e;
	int64_t			 account;	/* whose, 0 nobody's yet */
	bool			 active;
	bool			 may_make;	/* its mobile is proved and nobody's */
	char			 password[PASSWORD_TEXT];
	struct platform_step	*s;
};

static const char *
arrive_sentence(const char *reason)
{
	static const struct { const char *reason, *text; } rows[] = {
		{ "denied", "您在平台上没有完成登录。可以重新进入，或用下面的其他方式登录。" },
		{ "unreachable", "现在联系不上这个平台，请稍后再试，或用下面的其他方式登录。" },
		{ "refused", "平台没有认可这次登录（可能停留太久），请重新进入。" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(rows[i].reason, reason) == 0)
			return rows[i].text;
	return "平台给出的登录结果不能确认，没有登录。请重新进入，或用下面的其他方式登录；反复出现时请联系客服。";
}

static int
arrive_account(struct db *db, int64_t account, bool *active, struct err *err)
{
	struct rows	*rows = NULL;
	int		 rc = db_one(db, SQL_ACCOUNT_BY_ID, &rows, err, DB_INT(account));

	if (rc == 0)
		*active = rows_int(rows, 4) != 0;
	rows_free(rows);
	return rc;
}

/* Whose account the user is, and whether one may be made of the mobile. */
static int
arrive_look(struct db *db, const struct act *a, struct arrive *r, struct err *err)
{
	struct rows	*rows = NULL;
	const char	*mobile = NULL;
	int64_t		 other = 0;
	int		 rc = 0;

	r->account = 0;
	r->may_make = false;
	if (platform_entry_load(db, a->h, r->p->id, r->cookie, &r->e, err) < 0)
		return -1;
	if (strcmp(r->e.state, "known") != 0)
		return 0;
	if (db_query(db, SQL_PLATFORM_USER_GET, &rows, err, DB_TEXT(r->p->id),
	    DB_TEXT(js_str(r->e.claims, "subject"))) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0)
		r->account = rows_int(rows, 0);
	rows_free(rows);
	if (rc < 0)
		return -1;
	if (r->account != 0)
		return arrive_account(db, r->account, &r->active, err);
	mobile = js_str(r->e.claims, "mobile");
	if (*mobile != '\0' && account_find(db, a->h, mobile, &other, err) < 0)
		return -1;
	r->may_make = *mobile != '\0' && other == 0 && a->who->account == 0;
	return 0;
}

static int
arrive_look_run(struct db *db, struct act *a, struct err *err)
{
	return arrive_look(db, a, a->extra, err);
}

/* Facts as they are now; what was begun with others is to be confirmed anew. */
static int
arrive_facts(struct db *db, struct act *a, struct arrive *r, bool fresh, struct err *err)
{
	const json_t	*facts = json_object_get(r->e.claims, "facts");
	const char	*subject = js_str(r->e.claims, "subject");
	struct buf	 sealed;
	int		 rc = -1;

	buf_init(&sealed, LIMIT_JSON);
	if (sealed_put_json(a->h, "platform_user.facts", facts, &sealed, err) < 0)
		goto out;
	rc = fresh ? db_run(db, SQL_PLATFORM_USER_ADD, NULL, err, DB_TEXT(r->p->id),
	    DB_TEXT(subject), DB_INT(r->account), DB_BLOB(sealed.p, sealed.len),
	    DB_INT(clock_now())) : db_run(db, SQL_PLATFORM_USER_SEEN, NULL, err,
	    DB_TEXT(r->p->id), DB_TEXT(subject), DB_BLOB(sealed.p, sealed.len),
	    DB_INT(clock_now()));
	if (rc < 0 && err->kind == ERR_CONFLICT) {
		err_clear(err);
		err_set(err, ERR_CONFLICT, "您的账户已经绑定了%s的另一个用户，请先在“基本资料”中解除绑定，再重新进入。",
		    r->p->title);
	}
	if (rc == 0)
		rc = platform_refresh(db, a->h, a->who, r->p, r->account, facts, &r->s->changed,
		    err);
 out:
	buf_free(&sealed);
	return rc;
}

static void
arrive_done(struct arrive *r)
{
	r->s->stand = PLATFORM_IN;
	(void)snprintf(r->s->next, sizeof(r->s->next), "%s", js_str(r->e.secrets, "next"));
}

static int
arrive_journal(struct db *db, const struct act *a, const struct arrive *r, const char *what,
    struct err *err)
{
	char	subject[32];

	(void)snprintf(subject, sizeof(subject), "%" PRId64, r->account);
	return hall_journal_add(db, a->who, what, subject, r->p->id, err);
}

/* All of it in one write, looked at anew: another window may have been faster. */
static int
arrive_enter_run(struct db *db, struct act *a, struct err *err)
{
	struct arrive	*r = a->extra;
	bool		 fresh = false;

	if (arrive_look(db, a, r, err) < 0)
		return -1;
	fresh = r->account == 0;
	if (strcmp(r->e.state, "known") != 0 || (fresh && !r->may_make))
		return err_set(err, ERR_CONFLICT, "登录的情况刚刚有了变化，请重新进入。");
	r->s->fresh = fresh;
	if (fresh && (account_make(db, a->h, a->who, js_str(r->e.claims, "mobile"), r->password,
	    r->p->id, &r->account, err) < 0 || arrive_journal(db, a, r, "account.joined", err) < 0))
		return -1;
	if (arrive_facts(db, a, r, fresh, err) < 0)
		return -1;
	arrive_done(r);
	return platform_entry_move(db, &r->e, "known", "used", err);
}

static int
arrive_enter(struct act *a, struct arrive *r, struct err *err)
{
	struct who	who = *a->who;
	char		secret[33];
	int		rc = 0;

	if (r->account == 0) {
		if (limit_hit_from(a->h, "register.address", a->who, ARRIVE_REGISTER, CLOCK_HOUR,
		    err) < 0)
			return -1;
		rand_token(secret, 32);
		rc = password_hash(secret, r->password, err);
		secret_wipe(secret, sizeof(secret));
		if (rc < 0)
			return -1;
	} else if (!r->active) {
		r->s->stand = PLATFORM_FAILED;
		r->s->sentence = "这个账户已停用，请联系客服。";
		return 0;
	}
	if (act_write(a, arrive_enter_run, err) < 0)
		return -1;
	who.way = r->p->title;
	return session_start(a->h, &who, SESSION_ACCOUNT, r->account, NULL, r->s->token, err);
}

int
platform_arrive(struct hall *h, const struct who *who, const char *id, const char *cookie,
    struct platform_step *s, struct err *err)
{
	struct arrive	r = {.p = halldef_platform(hall_def(h), id), .cookie = cookie, .s = s};
	struct act	a = {.h = h, .who = who, .extra = &r};
	int		rc = 0;

	memset(s, 0, sizeof(*s));
	if (r.p == NULL)
		return err_set(err, ERR_NOT_FOUND, "没有这个登录方式，请从登录页选择。");
	rc = act_read(&a, arrive_look_run, err);
	if (rc == 0 && strcmp(r.e.state, "failed") == 0) {
		s->stand = PLATFORM_FAILED;
		s->sentence = arrive_sentence(r.e.reason);
	} else if (rc == 0 && strcmp(r.e.state, "known") == 0) {
		s->stand = PLATFORM_JOIN;
		if (r.account != 0 || r.may_make)
			rc = arrive_enter(&a, &r, err);
	}
	platform_entry_release(&r.e);
	return rc;
}

/* ---- joining an account that is there ---- */

static int
join_model_run(struct db *db, struct act *a, struct err *err)
{
	struct arrive	*r = a->extra;
	json_t		*me = NULL;
	const json_t	*facts = NULL;
	const char	*name = NULL;
	char		 text[MASK_TEXT];

	if (arrive_look(db, a, r, err) < 0)
		return -1;
	if (strcmp(r->e.state, "known") != 0 || r->account != 0)
		return err_set(err, ERR_EXPIRED, "这次登录已经失效，请重新进入。");
	if (a->who->account != 0 && account_facts(db, a->h, a->who->account, &me, NULL, err) < 0)
		return -1;
	facts = json_object_get(r->e.claims, "facts");
	name = js_str(facts, "org_name");
	a->model = json_pack("{s:s, s:s, s:s, s:s, s:s}", "platform", r->p->id, "platform_title",
	    r->p->title, "name", *name != '\0' ? name : mask_name(js_str(facts, "agent_name"), text),
	    "mobile_masked", "", "account", js_str(me, "mobile_masked"));
	js_set_str(a->model, "mobile_masked", *js_str(r->e.claims, "mobile") == '\0' ? "" :
	    mask_phone(js_str(r->e.claims, "mobile"), text));
	json_decref(me);
	return 0;
}

int
platform_join_model(struct hall *h, const struct who *who, const char *id, const char *cookie,
    json_t **model, struct err *err)
{
	struct platform_step	s = {0};
	struct arrive		r = {.p = halldef_platform(hall_def(h), id), .cookie = cookie, .s = &s};
	struct act		a = {.h = h, .who = who, .extra = &r};
	int			rc = 0;

	if (r.p == NULL)
		return err_set(err, ERR_NOT_FOUND, "没有这个登录方式，请从登录页选择。");
	rc = act_model(&a, act_read(&a, join_model_run, err), model);
	platform_entry_release(&r.e);
	return rc;
}

/* The owner hears of it, by SMS and mail. */
static int
join_tell(struct db *db, const struct act *a, const struct arrive *r, struct err *err)
{
	json_t	*me = NULL, *v = json_pack("{s:s}", "platform", r->p->title);
	char	*key = xasprintf("joined:%s", r->e.ref);
	int	 rc = account_facts(db, a->h, r->account, &me, NULL, err);

	if (rc == 0)
		rc = notice_to(db, a->h, "platform_joined", js_str(me, "mobile"),
		    js_str(me, "mail"), v, key, err);
	json_decref(me);
	json_decref(v);
	free(key);
	return rc;
}

static int
join_run(struct db *db, struct act *a, struct err *err)
{
	struct arrive	*r = a->extra;

	if (arrive_look(db, a, r, err) < 0)
		return -1;
	if (strcmp(r->e.state, "known") != 0 || r->account != 0)
		return err_set(err, ERR_EXPIRED, "这次登录已经失效，请重新进入。");
	r->account = a->who->account;
	if (arrive_facts(db, a, r, true, err) < 0 ||
	    arrive_journal(db, a, r, "account.joined", err) < 0 || join_tell(db, a, r, err) < 0)
		return -1;
	arrive_done(r);
	return platform_entry_move(db, &r->e, "known", "used", err);
}

int
platform_join(struct hall *h, const struct who *who, const char *id, const char *cookie,
    struct platform_step *s, struct err *err)
{
	struct arrive	r = {.p = halldef_platform(hall_def(h), id), .cookie = cookie, .s = s};
	struct act	a = {.h = h, .who = who, .extra = &r};
	int		rc = 0;

	memset(s, 0, sizeof(*s));
	if (r.p == NULL || who->account == 0)
		return err_set(err, ERR_EXPIRED, "请先登录要绑定的账户。");
	rc = act_write(&a, join_run, err);
	platform_entry_release(&r.e);
	return rc;
}

int
platform_join_code(struct hall *h, const struct who *who, const char *id, const char *cookie,
    const json_t *in, json_t *errors, struct platform_step *s, struct err *err)
{
	struct who	 mine = *who;
	struct session	 session = {.owner = 0};
	json_t		*model = NULL;
	char		 token[SESSION_TOKEN];
	struct err	 ignored = {0};

	/* No code is used up for a sign-in that is over. */
	if (platform_join_model(h, who, id, cookie, &model, err) < 0)
		return -1;
	json_decref(model);
	mine.way = halldef_platform(hall_def(h), id)->title;
	if (account_sign_in_code(h, &mine, in, errors, token, err) < 0 ||
	    session_load(h, token, SESSION_ACCOUNT, &session, err) < 0)
		return -1;
	mine.account = session.owner;
	if (platform_join(h, &mine, id, cookie, s, err) < 0) {
		(void)(session_end(h, token, &ignored) == 0);
		return -1;
	}
	(void)snprintf(s->token, sizeof(s->token), "%s", token);
	return 0;
}

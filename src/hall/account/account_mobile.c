#include "base/base.h"
#include "hall/account/account.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/secret.h"
#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/account/password.h"
#include "hall/form/form.h"
#include "hall/journal.h"
#include "hall/notice.h"
#include "hall/order/agent.h"
#include "hall/sealed.h"

/* The mobile number of an account: signing in by it alone, and another number. */

#define MOBILE_TICKET_LIFE	(10 * CLOCK_MINUTE)
#define MOBILE_REGISTER		20	/* new accounts an hour from one address */

/* A number and the account that has it. */
struct mobile {
	const char	*number;
	int64_t		 id;			/* 0: nobody's yet */
	bool		 active;
	char		 password[PASSWORD_TEXT];	/* of a new account */
	char		 old[64];		/* the number it replaces */
	char		 mail[128];
};

static int
mobile_find(struct db *db, const struct hall *h, struct mobile *m, struct err *err)
{
	struct rows	*rows = NULL;
	char		 key[KEYED_TEXT];
	int		 rc = 0;

	m->id = 0;
	keyed(h, "mobile", m->number, key);
	if (db_query(db, SQL_ACCOUNT_BY_MOBILE, &rows, err, DB_TEXT(key)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		m->id = rows_int(rows, 0);
		m->active = rows_int(rows, 2) != 0;
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

/* ---- signing in by code; a number that is nobody's becomes an account ---- */

int
account_make(struct db *db, const struct hall *h, const struct who *who, const char *mobile,
    const char *password, const char *how, int64_t *id, struct err *err)
{
	struct buf	 number = {0}, mail = {0};
	char		 md[KEYED_TEXT], nd[KEYED_TEXT], none[32];
	int		 rc = -1;

	buf_init(&number, 1024);
	buf_init(&mail, 1024);
	*id = rand_id();
	(void)snprintf(none, sizeof(none), "none:%" PRId64, *id);
	keyed(h, "mobile", mobile, md);
	keyed(h, "mail", none, nd);
	if (sealed_put(h, "account.mobile", mobile, strlen(mobile), &number, err) == 0 &&
	    sealed_put(h, "account.mail", "", 0, &mail, err) == 0 &&
	    db_run(db, SQL_ACCOUNT_INSERT, NULL, err, DB_INT(*id),
	    DB_BLOB(number.p, number.len), DB_TEXT(md), DB_BLOB(mail.p, mail.len), DB_TEXT(nd),
	    DB_NULL, DB_TEXT(password), DB_INT(clock_now())) == 0)
		rc = hall_journal_add(db, who, "account.register", "", how, err);
	buf_free(&mail);
	buf_free(&number);
	return rc;
}

static int
mobile_find_run(struct db *db, struct act *a, struct err *err)
{
	return mobile_find(db, a->h, a->extra, err);
}

static int
mobile_enter_run(struct db *db, struct act *a, struct err *err)
{
	struct mobile	*m = a->extra;

	if (mobile_find(db, a->h, m, err) < 0)
		return -1;
	m->active = true;
	return m->id != 0 ? 0 : account_make(db, a->h, a->who, m->number, m->password, "sms", &m->id,
	    err);
}

static int
mobile_enter(struct hall *h, const struct who *who, struct mobile *m, struct err *err)
{
	struct act	 a = {.h = h, .who = who, .extra = m};
	char		 secret[33];
	int		 rc = act_read(&a, mobile_find_run, err);

	if (rc < 0 || m->id != 0)
		return rc;
	if (limit_hit_from(h, "register.address", who, MOBILE_REGISTER, CLOCK_HOUR, err) < 0)
		return -1;
	rand_token(secret, 32);
	rc = password_hash(secret, m->password, err);
	secret_wipe(secret, sizeof(secret));
	return rc < 0 ? -1 : act_write(&a, mobile_enter_run, err);
}

static int
mobile_code(struct hall *h, enum code_purpose purpose, const char *number, const json_t *in,
    json_t *errors, struct err *err)
{
	if (code_use(h, purpose, number, js_str(in, "code"), err) == 0)
		return 0;
	if (err->kind == ERR_INPUT)
		hall_field_error(errors, "code", "短信验证码", err, "%s", err->text);
	return -1;
}

int
account_sign_in_code(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    char token[SESSION_TOKEN], struct err *err)
{
	struct form_context	 c = {.hall = h};
	struct mobile		 m = {.id = 0};
	json_t			*v = NULL;
	int			 rc = -1;

	if (form_check(&c, form_mobile, in, &v, errors, err) < 0)
		goto out;
	m.number = js_str(v, "mobile");
	if (mobile_code(h, CODE_SIGNIN, m.number, v, errors, err) < 0 ||
	    mobile_enter(h, who, &m, err) < 0)
		goto out;
	rc = m.active ? session_start(h, who, SESSION_ACCOUNT, m.id, NULL, token, err) :
	    hall_field_error(errors, "mobile", "手机号码", err, "这个账户已停用，请联系客服。");
 out:
	json_decref(v);
	return rc;
}

/* ---- another number ---- */

int
account_mobile_code(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    struct err *err)
{
	json_t	*me = NULL;
	int	 rc = -1;

	if (account_model(h, who, &me, err) == 0)
		rc = code_send(h, who, CODE_MOBILE, "code", js_str(me, "mobile"), in, errors, err);
	json_decref(me);
	return rc;
}

/* "expires-mark": that the old number was proved to this account just now. */
static void
mobile_ticket(const struct hall *h, int64_t account, int64_t expires,
    char ticket[ACCOUNT_TICKET])
{
	char	text[64], digest[KEYED_TEXT];

	(void)snprintf(text, sizeof(text), "%" PRId64 "|%" PRId64, account, expires);
	keyed(h, "mobile ticket", text, digest);
	(void)snprintf(ticket, ACCOUNT_TICKET, "%" PRId64 "-%s", expires, digest);
}

static bool
mobile_ticket_is(const struct hall *h, const struct who *who, const char *ticket)
{
	char	 want[ACCOUNT_TICKET];
	int64_t	 expires = strtoll(ticket, NULL, 10);

	mobile_ticket(h, who->account, expires, want);
	return expires > clock_now() &&
	    secret_equal(ticket, strlen(ticket), want, strlen(want));
}

int
account_mobile_prove(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    char ticket[ACCOUNT_TICKET], struct err *err)
{
	json_t	*me = NULL;
	int	 rc = -1;

	if (strcmp(js_str(in, "by"), "ukey") == 0) {	/* the old number is dead */
		if (who->key == NULL || *who->key == '\0')
			return err_set(err, ERR_DENIED,
			    "请先用UKey或软证书登录；都不在手边的，请在登录页面点“变更手机号”，凭身份证申请。");
		mobile_ticket(h, who->account, clock_now() + MOBILE_TICKET_LIFE, ticket);
		return 0;
	}
	if (account_model(h, who, &me, err) < 0)
		return -1;
	rc = mobile_code(h, CODE_MOBILE, js_str(me, "mobile"), in, errors, err);
	if (rc == 0)
		mobile_ticket(h, who->account, clock_now() + MOBILE_TICKET_LIFE, ticket);
	json_decref(me);
	return rc;
}

/* Both numbers hear of it. */
static int
mobile_tell(struct db *db, const struct hall *h, const struct mobile *m, struct err *err)
{
	const char	*numbers[] = { m->old, m->number };
	char		 text[MASK_TEXT], *key = NULL;
	json_t		*v = json_pack("{s:s}", "mobile", mask_phone(m->number, text));
	size_t		 i = 0;
	int		 rc = 0;

	for (i = 0; rc == 0 && i < ARRAY_LEN(numbers); i++) {
		key = xasprintf("mobile:%" PRIx64, (uint64_t)rand_id());
		rc = notice_to(db, h, "mobile_changed", numbers[i], i == 0 ? m->mail : NULL, v,
		    key, err);
		free(key);
	}
	json_decref(v);
	return rc;
}

int
account_mobile_store(struct db *db, struct hall *h, const struct who *who, int64_t account,
    const char *number, struct err *err)
{
	struct agent_number	 agent = {.now = number};
	struct mobile		 m = {.number = number};
	struct buf		 sealed = {0};
	json_t			*me = NULL;
	char			 digest[KEYED_TEXT];
	int			 rc = -1;

	if (mobile_find(db, h, &m, err) < 0)
		return -1;
	if (m.id != 0)
		return err_set(err, ERR_CONFLICT, "这个手机号已经注册过账户，请换一个号码。");
	if (account_facts(db, h, account, &me, NULL, err) < 0)
		return -1;
	agent.was = js_str(me, "mobile");
	buf_init(&sealed, 1024);
	keyed(h, "mobile", number, digest);
	if (sealed_put(h, "account.mobile", number, strlen(number), &sealed, err) == 0)
		rc = db_run(db, SQL_ACCOUNT_MOBILE_SET, NULL, err, DB_INT(account),
		    DB_BLOB(sealed.p, sealed.len), DB_TEXT(digest));
	if (rc == 0)
		rc = agent_follow(db, h, who, account, &agent, err);
	json_decref(me);
	buf_free(&sealed);
	return rc;
}

static int
mobile_change_run(struct db *db, struct act *a, struct err *err)
{
	struct mobile	*m = a->extra;
	char		 subject[32];

	if (account_mobile_store(db, a->h, a->who, a->who->account, m->number, err) < 0)
		return err->kind != ERR_CONFLICT ? -1 : hall_field_error(a->errors, "mobile",
		    "手机号码", err, "%s", "这个手机号已经注册过账户，请换一个号码。");
	(void)snprintf(subject, sizeof(subject), "%" PRId64, a->who->account);
	if (mobile_tell(db, a->h, m, err) < 0)
		return -1;
	return hall_journal_add(db, a->who, "account.mobile", subject, NULL, err);
}

int
account_mobile_change(struct hall *h, const struct who *who, const char *token,
    const json_t *in, json_t *errors, struct err *err)
{
	struct form_context	 c = {.hall = h};
	struct mobile		 m = {.id = 0};
	struct act		 a = {.h = h, .who = who, .errors = errors, .extra = &m};
	json_t			*v = NULL, *me = NULL;
	int			 rc = -1;

	if (!mobile_ticket_is(h, who, js_str(in, "ticket")))
		return err_set(err, ERR_EXPIRED, "原手机号的验证已过期，请重新验证。");
	if (account_model(h, who, &me, err) < 0 ||
	    form_check(&c, form_mobile, in, &v, errors, err) < 0)
		goto out;
	m.number = js_str(v, "mobile");
	(void)snprintf(m.old, sizeof(m.old), "%s", js_str(me, "mobile"));
	(void)snprintf(m.mail, sizeof(m.mail), "%s", js_str(me, "mail"));
	if (mobile_code(h, CODE_NUMBER, m.number, v, errors, err) < 0 ||
	    act_write(&a, mobile_change_run, err) < 0)
		goto out;
	rc = session_end_others(h, SESSION_ACCOUNT, who->account, token, err);
 out:
	json_decref(me);
	json_decref(v);
	return rc;
}

#include "base/base.h"
#include "hall/account/account.h"

#include "base/clock.h"
#include "base/network.h"
#include "base/rand.h"
#include "base/secret.h"
#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/account/password.h"
#include "hall/form/form.h"
#include "hall/journal.h"
#include "hall/notice.h"
#include "hall/sealed.h"

#include <limits.h>

#define ACCOUNT_TRIES		10		/* wrong passwords an hour for one account from one address */
#define ACCOUNT_ALL		300		/* … from all addresses; UKey and reset still work */
#define ACCOUNT_ADDRESS		60		/* tries an hour from one address */
#define ACCOUNT_CAPTCHA		2		/* after so many a captcha is asked */
#define ACCOUNT_REGISTER	20		/* registrations an hour from one address */

/* A row of the account table, as far as signing in needs it. */
struct account_row {
	int64_t	 id;			/* 0: no such account */
	char	 password[PASSWORD_TEXT];
	bool	 active;
};

static void
account_lower(const char *s, char *low, size_t size)
{
	size_t	i = 0;

	for (i = 0; s[i] != '\0' && i < size - 1; i++)
		low[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] - 'A' + 'a' : s[i]);
	low[i] = '\0';
}

/* ---- registration ---- */

struct account_new {
	const json_t	*values;
	char		 password[PASSWORD_TEXT];
	int64_t		 id;
};

static int
account_taken(struct db *db, const struct hall *h, const json_t *v, json_t *errors,
    struct err *err)
{
	static const struct { const char *name, *label, *column; enum sql_id sql; } row[] = {
		{ "mobile", "手机号码", "mobile", SQL_ACCOUNT_BY_MOBILE },
		{ "mail", "电子邮箱", "mail", SQL_ACCOUNT_BY_MAIL },
		{ "login_name", "登录名", NULL, SQL_ACCOUNT_BY_LOGIN_NAME },
	};
	struct rows	*rows = NULL;
	char		 key[KEYED_TEXT];
	size_t		 i = 0;
	int		 rc = 0, taken = 0;

	for (i = 0; i < ARRAY_LEN(row); i++) {
		if (row[i].column != NULL)
			keyed(h, row[i].column, js_str(v, row[i].name), key);
		else
			account_lower(js_str(v, row[i].name), key, sizeof(key));
		if (db_query(db, row[i].sql, &rows, err, DB_TEXT(key)) < 0)
			return -1;
		rc = rows_next(rows, err);
		rows_free(rows);
		rows = NULL;
		if (rc < 0)
			return -1;
		if (rc > 0)
			taken = hall_field_error(errors, row[i].name, row[i].label, err,
			    "%s已经注册过，请直接登录，或用“忘记密码”重设密码。", row[i].label);
	}
	return taken;
}

static int
account_insert_run(struct db *db, struct act *a, struct err *err)
{
	struct account_new	*n = a->extra;
	const char		*mobile = js_str(n->values, "mobile");
	const char		*mail = js_str(n->values, "mail");
	struct buf		 sealed_mobile = {0}, sealed_mail = {0};
	char			 md[KEYED_TEXT], nd[KEYED_TEXT], login[32];
	int			 rc = -1;

	buf_init(&sealed_mobile, 1024);
	buf_init(&sealed_mail, 1024);
	if (account_taken(db, a->h, n->values, a->errors, err) < 0)
		goto out;
	keyed(a->h, "mobile", mobile, md);
	keyed(a->h, "mail", mail, nd);
	account_lower(js_str(n->values, "login_name"), login, sizeof(login));
	if (sealed_put(a->h, "account.mobile", mobile, strlen(mobile), &sealed_mobile, err) < 0 ||
	    sealed_put(a->h, "account.mail", mail, strlen(mail), &sealed_mail, err) < 0)
		goto out;
	n->id = rand_id();
	if (db_run(db, SQL_ACCOUNT_INSERT, NULL, err, DB_INT(n->id),
	    DB_BLOB(sealed_mobile.p, sealed_mobile.len), DB_TEXT(md),
	    DB_BLOB(sealed_mail.p, sealed_mail.len), DB_TEXT(nd),
	    *login == '\0' ? DB_NULL : DB_TEXT(login), DB_TEXT(n->password),
	    DB_INT(clock_now())) < 0)
		goto out;
	rc = hall_journal_add(db, a->who, "account.register", "", NULL, err);
 out:
	buf_free(&sealed_mail);
	buf_free(&sealed_mobile);
	return rc;
}

int
account_register(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    int64_t *account, struct err *err)
{
	struct form_context	 c = {.hall = h};
	struct account_new	 n = {.id = 0};
	struct act		 a = {.h = h, .who = who, .errors = errors, .extra = &n};
	json_t			*values = NULL;
	int			 rc = -1;

	if (form_check(&c, form_register, in, &values, errors, err) < 0)
		goto out;
	if (limit_hit_from(h, "register.address", who, ACCOUNT_REGISTER, CLOCK_HOUR, err) < 0)
		goto out;
	if (code_use(h, CODE_REGISTER, js_str(values, "mobile"), js_str(values, "code"), err) < 0) {
		if (err->kind == ERR_INPUT)
			hall_field_error(errors, "code", "短信验证码", err, "%s", err->text);
		goto out;
	}
	if (password_hash(js_str(values, "password"), n.password, err) < 0)
		goto out;
	n.values = values;
	if (act_write(&a, account_insert_run, err) < 0)
		goto out;
	*account = n.id;
	rc = 0;
 out:
	json_decref(values);
	return rc;
}

/* ---- signing in ---- */

/* Mobile, mail or login name, whichever it looks like. */
static int
account_find_row(struct db *db, const struct hall *h, const char *name, struct account_row *row,
    struct err *err)
{
	struct rows	*rows = NULL;
	char		 key[KEYED_TEXT];
	int		 rc = 0;

	memset(row, 0, sizeof(*row));
	if (strchr(name, '@') != NULL) {
		keyed(h, "mail", name, key);
		rc = db_query(db, SQL_ACCOUNT_BY_MAIL, &rows, err, DB_TEXT(key));
	} else if (str_is_digits(name)) {
		keyed(h, "mobile", name, key);
		rc = db_query(db, SQL_ACCOUNT_BY_MOBILE, &rows, err, DB_TEXT(key));
	} else {
		rc = db_query(db, SQL_ACCOUNT_BY_LOGIN_NAME, &rows, err, DB_TEXT(name));
	}
	if (rc < 0)
		return -1;
	rc = rows_next(rows, err);
	if (rc > 0) {
		row->id = rows_int(rows, 0);
		(void)snprintf(row->password, sizeof(row->password), "%s", rows_text(rows, 1));
		row->active = rows_int(rows, 2) != 0;
	}
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

static int
account_find_run(struct db *db, struct act *a, struct err *err)
{
	return account_find_row(db, a->h, a->name, a->extra, err);
}

int
account_find(struct db *db, const struct hall *h, const char *login, int64_t *id,
    struct err *err)
{
	struct account_row	row;

	if (account_find_row(db, h, login, &row, err) < 0)
		return -1;
	secret_wipe(row.password, sizeof(row.password));
	*id = row.id;
	return 0;
}

void
account_login(const char *typed, char low[128])
{
	char	*text = xstrndup(typed, strnlen(typed, 127));

	str_fold(text);
	str_trim(text);
	account_lower(text, low, 128);
	free(text);
}

bool
account_needs_captcha(struct hall *h, const struct who *who, const char *login)
{
	struct err	err = {0};
	char		low[128], from[NETWORK_TEXT];
	int64_t		by_name = 0, by_address = 0;

	account_login(login, low);
	if (limit_hits(h, "signin.account", low, CLOCK_HOUR, &by_name, &err) < 0 ||
	    limit_hits(h, "signin.address", network_of(who->address, from), CLOCK_HOUR, &by_address, &err) < 0)
		return true;
	return by_name >= ACCOUNT_CAPTCHA || by_address >= 10 * ACCOUNT_CAPTCHA;
}

static int
account_sign_in_allowed(struct hall *h, const struct who *who, const char *login,
    const json_t *in, json_t *errors, struct err *err)
{
	if (account_needs_captcha(h, who, login) &&
	    captcha_use(h, js_str(in, "captcha_id"), js_str(in, "captcha"), err) < 0) {
		if (err->kind == ERR_INPUT)
			hall_field_error(errors, "captcha", "图片字符", err, "%s", err->text);
		return -1;
	}
	return limit_hit_from(h, "signin.address", who, ACCOUNT_ADDRESS, CLOCK_HOUR, err);
}

/* The account by its id, whatever name was typed; a name that is nobody's by itself. */
static void
account_limit_key(const struct account_row *row, const char *login, char key[160])
{
	if (row->id != 0)
		(void)snprintf(key, 160, "#%" PRId64, row->id);
	else
		(void)snprintf(key, 160, "%s", login);
}

/*
 * Tries are counted for the account and the address together: who guesses elsewhere does not
 * lock the owner out.
 */
static int
account_count_try(struct hall *h, const struct who *who, const struct account_row *row,
    const char *login, struct err *err)
{
	char	 key[160], both[256], from[NETWORK_TEXT];

	account_limit_key(row, login, key);
	(void)snprintf(both, sizeof(both), "%s|%s", key, network_of(who->address, from));
	if (limit_hit(h, "signin.both", both, ACCOUNT_TRIES, CLOCK_HOUR, err) < 0 ||
	    limit_hit(h, "signin.all", key, ACCOUNT_ALL, CLOCK_HOUR, err) < 0)
		return -1;
	/* this one only brings the captcha */
	return limit_hit(h, "signin.account", login, INT_MAX, CLOCK_HOUR, err);
}

static int
account_forget_tries(struct hall *h, const struct who *who, const struct account_row *row,
    const char *login, struct err *err)
{
	char	 key[160], both[256], from[NETWORK_TEXT];

	account_limit_key(row, login, key);
	(void)snprintf(both, sizeof(both), "%s|%s", key, network_of(who->address, from));
	if (limit_forget(h, "signin.both", both, err) < 0 ||
	    limit_forget(h, "signin.all", key, err) < 0)
		return -1;
	return limit_forget(h, "signin.account", login, err);
}

int
account_sign_in(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    char token[SESSION_TOKEN], struct err *err)
{
	struct account_row	 row = {0};
	char			 login[128];
	const char		*password = js_str(in, "password");
	struct act		 a = {.h = h, .who = who, .name = login, .extra = &row};
	bool			 right = false;

	account_login(js_str(in, "login"), login);
	if (*login == '\0')
		return hall_field_error(errors, "login", "用户名", err, "请填写手机号、邮箱或登录名。");
	if (*password == '\0' || strlen(password) > 256)
		return hall_field_error(errors, "password", "密码", err, "请填写密码。");
	if (account_sign_in_allowed(h, who, login, in, errors, err) < 0)
		return -1;
	if (act_read(&a, account_find_run, err) < 0 ||
	    account_count_try(h, who, &row, login, err) < 0)
		return -1;
	right = password_is(password, row.id != 0 ? row.password : NULL);
	secret_wipe(row.password, sizeof(row.password));
	if (!right || !row.active)
		return hall_field_error(errors, "login", "用户名", err,
		    "用户名或密码不正确，请重新输入；忘记密码可用手机验证码重设。");
	if (account_forget_tries(h, who, &row, login, err) < 0)
		return -1;
	return session_start(h, who, SESSION_ACCOUNT, row.id, NULL, token, err);
}

/* ---- passwords ---- */

struct account_password {
	int64_t		 id;
	const char	*text;		/* argon2id */
	const char	*what;		/* for the journal */
};

/* Whoever did it: the owner hears of it. */
static int
account_password_tell(struct db *db, const struct hall *h, int64_t id, struct err *err)
{
	json_t	*me = NULL;
	char	*key = xasprintf("password:%" PRIx64, (uint64_t)rand_id());
	int	 rc = account_facts(db, h, id, &me, NULL, err);

	if (rc == 0)
		rc = notice_to(db, h, "password_changed", js_str(me, "mobile"), js_str(me, "mail"),
		    NULL, key, err);
	json_decref(me);
	free(key);
	return rc;
}

static int
account_password_run(struct db *db, struct act *a, struct err *err)
{
	struct account_password	*p = a->extra;
	char			 subject[32];

	if (db_run(db, SQL_ACCOUNT_PASSWORD_SET, NULL, err, DB_INT(p->id), DB_TEXT(p->text)) < 0)
		return -1;
	(void)snprintf(subject, sizeof(subject), "%" PRId64, p->id);
	if (hall_journal_add(db, a->who, p->what, subject, NULL, err) < 0)
		return -1;
	return account_password_tell(db, a->h, p->id, err);
}

static int
account_set_password(struct hall *h, const struct who *who, int64_t id, const char *password,
    const char *what, struct err *err)
{
	char			text[PASSWORD_TEXT];
	struct account_password	p = {.id = id, .text = text, .what = what};
	struct act		a = {.h = h, .who = who, .extra = &p};

	if (password_hash(password, text, err) < 0)
		return -1;
	return act_write(&a, account_password_run, err);
}

int
account_reset(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    struct err *err)
{
	struct form_context	 c = {.hall = h};
	struct account_row	 row = {0};
	struct act		 a = {.h = h, .who = who, .extra = &row};
	json_t			*v = NULL;
	char			 target[128];
	int			 rc = -1;

	if (form_check(&c, form_reset, in, &v, errors, err) < 0)
		goto out;
	account_login(js_str(v, "target"), target);
	a.name = target;
	if (limit_hit_from(h, "reset.address", who, ACCOUNT_REGISTER, CLOCK_HOUR, err) < 0)
		goto out;
	if (code_use(h, CODE_RESET, js_str(v, "target"), js_str(v, "code"), err) < 0) {
		if (err->kind == ERR_INPUT)
			hall_field_error(errors, "code", "验证码", err, "%s", err->text);
		goto out;
	}
	if (act_read(&a, account_find_run, err) < 0)
		goto out;
	if (row.id == 0) {
		hall_field_error(errors, "code", "验证码", err, "验证码不正确或已失效，请重新获取。");
		goto out;
	}
	if (account_set_password(h, who, row.id, js_str(v, "password"), "account.reset", err) < 0)
		goto out;
	if (account_forget_tries(h, who, &row, target, err) < 0)
		goto out;
	rc = session_end_all(h, SESSION_ACCOUNT, row.id, err);
 out:
	json_decref(v);
	return rc;
}

/* A sealed column, opened, into out. */
static int
account_column(const struct hall *h, const char *name, struct rows *rows, int col, struct buf *out,
    struct err *err)
{
	size_t		 len = 0;
	const void	*p = rows_blob(rows, col, &len);

	return sealed_get(h, name, p, len, out, err);
}

int
account_facts(struct db *db, const struct hall *h, int64_t id, json_t **model, char *password,
    struct err *err)
{
	struct rows	*rows = NULL;
	struct buf	 mobile = {0}, mail = {0};
	json_t		*j = NULL;
	char		 text[MASK_TEXT];
	int		 rc = -1;

	buf_init(&mobile, 256);
	buf_init(&mail, 512);
	if (db_one(db, SQL_ACCOUNT_BY_ID, &rows, err, DB_INT(id)) < 0 ||
	    account_column(h, "account.mobile", rows, 0, &mobile, err) < 0 ||
	    account_column(h, "account.mail", rows, 1, &mail, err) < 0)
		goto out;
	*model = j = json_object();
	js_set_str(j, "mobile", mobile.p);
	js_set_str(j, "mail", mail.p);
	js_set_str(j, "mobile_masked", mask_phone(mobile.p, text));
	js_set_str(j, "mail_masked", mask_mail(mail.p, text));
	js_set_str(j, "login_name", rows_text(rows, 2));
	js_set_bool(j, "active", rows_int(rows, 4) != 0);
	js_set_time(j, "created", rows_int(rows, 5));
	js_set_bool(j, "sign_in_notice", rows_int(rows, 6) != 0);
	js_set_bool(j, "mail_proved", rows_int(rows, 7) != 0);
	if (password != NULL)
		(void)snprintf(password, PASSWORD_TEXT, "%s", rows_text(rows, 3));
	rc = 0;
 out:
	rows_free(rows);
	buf_free(&mail);
	buf_free(&mobile);
	return rc;
}

static int
account_load_run(struct db *db, struct act *a, struct err *err)
{
	return account_facts(db, a->h, a->who->account, &a->model, a->extra, err);
}

int
account_model(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who};

	return act_model(&a, act_read(&a, account_load_run, err), model);
}

int
account_change_password(struct hall *h, const struct who *who, const char *token,
    const json_t *in, json_t *errors, struct err *err)
{
	struct form_context	 c = {.hall = h};
	char			 stored[PASSWORD_TEXT] = "", key[32];
	struct act		 a = {.h = h, .who = who, .extra = stored};
	json_t			*v = NULL, *me = NULL;
	int			 rc = -1;

	if (act_model(&a, act_read(&a, account_load_run, err), &me) < 0)
		return -1;
	if (form_check(&c, form_password, in, &v, errors, err) < 0)
		goto out;
	(void)snprintf(key, sizeof(key), "%" PRId64, who->account);
	if (limit_hit(h, "password.account", key, ACCOUNT_TRIES, CLOCK_HOUR, err) < 0)
		goto out;
	if (!password_is(js_str(v, "old"), stored)) {
		hall_field_error(errors, "old", "当前密码", err, "当前密码不正确，请重新输入。");
		goto out;
	}
	if (strstr(js_str(v, "password"), js_str(me, "mobile")) != NULL) {
		hall_field_error(errors, "password", "新密码", err,
		    "密码中不要包含手机号，请换一个。");
		goto out;
	}
	if (account_set_password(h, who, who->account, js_str(v, "password"),
	    "account.password", err) < 0)
		goto out;
	rc = session_end_others(h, SESSION_ACCOUNT, who->account, token, err);
 out:
	json_decref(me);
	json_decref(v);
	return rc;
}

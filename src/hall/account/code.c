#include "base/base.h"
#include "hall/account/code.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/act.h"
#include "hall/notice.h"
#include "hall/sealed.h"
#include "pki/idcode.h"

#define CODE_AGAIN	(60 * CLOCK_SECOND)
#define CODE_TRIES	5
#define CODE_HOUR	5
#define CODE_DAY	10
#define CODE_ADDRESS	30

static const char *const	code_purposes[CODE__MAX] = { "register", "reset", "query",
	"submit", "freeze", "signin", "mobile", "number", "step", "mail", "lost", "proof",
	"handover" };

enum code_purpose
code_purpose_by_name(const char *name)
{
	size_t	i = 0;

	for (i = 0; i < CODE__MAX; i++)
		if (strcmp(code_purposes[i], name) == 0)
			break;
	return (enum code_purpose)i;
}

/* Everything one code needs on its way through the store. */
struct code_job {
	enum code_purpose	 purpose;
	const char		*target;
	char			 code[7];
	char			 target_digest[KEYED_TEXT], digest[KEYED_TEXT];
	int			 left;		/* tries left, -1: none was sent */
};

static void
code_digests(const struct hall *h, struct code_job *j)
{
	char	both[160];

	keyed_pair(h, "code.target", code_purposes[j->purpose], j->target, j->target_digest);
	(void)snprintf(both, sizeof(both), "%s|%s", code_purposes[j->purpose], j->target);
	keyed_pair(h, "code", both, j->code, j->digest);
}

/* May a code go to this target?  For a reset and a lost key it must be somebody's, who proved a
 * mail address to be his; for a query anybody's. */
static int
code_is_wanted(struct db *db, struct act *a, const struct code_job *j, bool *wanted,
    struct err *err)
{
	bool		 mail = strchr(j->target, '@') != NULL;
	char		 digest[KEYED_TEXT];
	struct rows	*rows = NULL;
	int		 rc = 0;

	*wanted = true;
	if (j->purpose != CODE_RESET && j->purpose != CODE_QUERY && j->purpose != CODE_LOST)
		return 0;
	keyed(a->h, mail ? "mail" : "mobile", j->target, digest);
	if (j->purpose == CODE_QUERY)
		rc = db_query(db, SQL_ORDER_ANY_BY_MOBILE, &rows, err, DB_TEXT(digest));
	else if (mail)
		rc = db_query(db, SQL_ACCOUNT_BY_MAIL, &rows, err, DB_TEXT(digest));
	else
		rc = db_query(db, SQL_ACCOUNT_BY_MOBILE, &rows, err, DB_TEXT(digest));
	if (rc < 0)
		return -1;
	rc = rows_next(rows, err);
	*wanted = rc > 0 && (!mail || (rows_int(rows, 4) != 0 && rows_int(rows, 4) <= clock_now()));
	rows_free(rows);
	return rc < 0 ? -1 : 0;
}

static int
code_store(struct db *db, const struct hall *h, const struct code_job *j, struct err *err)
{
	bool	 mail = strchr(j->target, '@') != NULL;
	json_t	*v = NULL;
	char	*key = NULL;
	int	 rc = -1;

	if (db_run(db, SQL_CODE_SET, NULL, err, DB_INT(j->purpose), DB_TEXT(j->target_digest),
	    DB_TEXT(j->digest), DB_INT(clock_now())) < 0)
		return -1;
	v = json_pack("{s:s}", "code", j->code);
	key = xasprintf("code:%" PRIx64, (uint64_t)rand_id());
	rc = notice_to(db, h, "code", mail ? NULL : j->target, mail ? j->target : NULL, v,
	    key, err);
	free(key);
	json_decref(v);
	return rc;
}

int
code_put(struct db *db, struct hall *h, enum code_purpose purpose, const char *target,
    struct err *err)
{
	struct code_job	j = { .purpose = purpose, .target = target };

	rand_digits(j.code, 6);
	code_digests(h, &j);
	return code_store(db, h, &j, err);
}

static int
code_send_run(struct db *db, struct act *a, struct err *err)
{
	struct code_job	*j = a->extra;
	bool		 wanted = false;

	if (code_is_wanted(db, a, j, &wanted, err) < 0)
		return -1;
	return wanted ? code_store(db, a->h, j, err) : 0;
}

static int
code_check_target(enum code_purpose purpose, const char *target, struct err *err)
{
	if (purpose == CODE_MAIL || (strchr(target, '@') != NULL && purpose == CODE_RESET))
		return idcode_check_email(target, err);
	return idcode_check_mobile(target, err);
}

static int
code_limits(struct hall *h, const struct who *who, const struct code_job *j, struct err *err)
{
	if (limit_hit(h, "code.again", j->target_digest, 1, CODE_AGAIN, err) < 0)
		return err->kind != ERR_LIMIT ? -1 : err_set(err, ERR_LIMIT,
		    "验证码刚刚发送过，请等60秒后再试。");
	if (limit_hit(h, "code.hour", j->target_digest, CODE_HOUR, CLOCK_HOUR, err) < 0 ||
	    limit_hit(h, "code.day", j->target_digest, CODE_DAY, CLOCK_DAY, err) < 0)
		return err->kind != ERR_LIMIT ? -1 : err_set(err, ERR_LIMIT,
		    "获取验证码的次数太多，请过一段时间再试。");
	return limit_hit_from(h, "code.address", who, CODE_ADDRESS, CLOCK_HOUR, err);
}

int
code_send(struct hall *h, const struct who *who, enum code_purpose purpose, const char *field,
    const char *target, const json_t *in, json_t *errors, struct err *err)
{
	char		*to = xstrdup(target);
	struct code_job	 j = {.purpose = purpose, .target = to};
	struct act	 a = {.h = h, .who = who, .extra = &j};
	int		 rc = -1;

	str_fold(to);
	str_trim(to);
	if (code_check_target(purpose, to, err) < 0) {
		hall_field_error(errors, field, "接收验证码的号码", err, "%s", err->text);
		goto out;
	}
	if (captcha_use(h, js_str(in, "captcha_id"), js_str(in, "captcha"), err) < 0) {
		if (err->kind == ERR_INPUT)
			hall_field_error(errors, "captcha", "图片字符", err, "%s", err->text);
		goto out;
	}
	rand_digits(j.code, 6);
	code_digests(h, &j);
	if (code_limits(h, who, &j, err) < 0)
		goto out;
	rc = act_write(&a, code_send_run, err);
 out:
	free(to);
	return rc;
}

/*
 * Counted first, in the same statement that gives the digest: two at once cannot share a try.
 * A wrong try must stay counted, so it is no failure of the transaction: left says how.
 */
static int
code_use_run(struct db *db, struct act *a, struct err *err)
{
	struct code_job	*j = a->extra;
	struct rows	*rows = NULL;
	const char	*stored = NULL;
	int		 rc = 0;

	j->left = -1;
	a->number = 0;
	if (db_query(db, SQL_CODE_TRY, &rows, err, DB_INT(j->purpose), DB_TEXT(j->target_digest),
	    DB_INT(CODE_TRIES), DB_INT(clock_now() - CODE_LIFE), DB_INT(clock_now() + CODE_AHEAD)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		stored = rows_text(rows, 0);
		a->number = secret_equal(stored, strlen(stored), j->digest, strlen(j->digest));
		j->left = (int)(CODE_TRIES - rows_int(rows, 1));
	}
	rows_free(rows);
	if (rc < 0 || a->number == 0)
		return rc < 0 ? -1 : 0;
	return db_run(db, SQL_CODE_DROP, NULL, err, DB_INT(j->purpose),
	    DB_TEXT(j->target_digest));
}

int
code_use(struct hall *h, enum code_purpose purpose, const char *target, const char *code,
    struct err *err)
{
	struct code_job	 j = {.purpose = purpose, .target = target};
	struct act	 a = {.h = h, .extra = &j};

	(void)snprintf(j.code, sizeof(j.code), "%s", code);
	code_digests(h, &j);
	if (act_write(&a, code_use_run, err) < 0)
		return -1;
	if (a.number == 1)
		return 0;
	if (j.left > 0)
		return err_set(err, ERR_INPUT, "验证码不正确，还可以再试%d次。", j.left);
	return err_set(err, ERR_INPUT, "验证码不正确或已失效，请重新获取。");
}

#include "base/base.h"
#include "hall/account/account.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/account_own.h"
#include "hall/account/code.h"
#include "hall/form/form.h"
#include "hall/journal.h"
#include "hall/notice.h"
#include "hall/sealed.h"

/*
 * The mail address of an account.  At registration it is only written down: whoever mistypes it
 * names a stranger's.  So it resets no password before a code sent there came back; and who
 * proves an address has it, even if somebody else wrote it down first.
 *
 * Who has a session and no more (a browser left open, a stolen cookie) could give the account an
 * address of his own, and with that a password.  So another address than the one that stands there
 * resets one only after MAIL_REST, and mobile and old address are told at once.
 */
#define MAIL_REST	CLOCK_DAY

struct mail {
	const char	*address;
	char		 mobile[64], old[128];	/* are told */
};

static int
mail_set(struct db *db, const struct hall *h, int64_t account, const char *address, int64_t proved,
    struct err *err)
{
	struct buf	 sealed = {0};
	char		 digest[KEYED_TEXT], none[32];
	int		 rc = -1;

	buf_init(&sealed, 1024);
	(void)snprintf(none, sizeof(none), "none:%" PRId64, account);
	keyed(h, "mail", *address == '\0' ? none : address, digest);
	if (sealed_put(h, "account.mail", address, strlen(address), &sealed, err) == 0)
		rc = db_run(db, SQL_ACCOUNT_MAIL_SET, NULL, err, DB_INT(account),
		    DB_BLOB(sealed.p, sealed.len), DB_TEXT(digest), DB_INT(proved));
	buf_free(&sealed);
	return rc;
}

/* Another account that only wrote the address down lets go of it. */
static int
mail_take(struct db *db, struct act *a, const struct mail *m, struct err *err)
{
	struct rows	*rows = NULL;
	char		 digest[KEYED_TEXT];
	int64_t		 other = 0, proved = 0;
	int		 rc = 0;

	keyed(a->h, "mail", m->address, digest);
	if (db_query(db, SQL_ACCOUNT_BY_MAIL, &rows, err, DB_TEXT(digest)) < 0)
		return -1;
	if ((rc = rows_next(rows, err)) > 0) {
		other = rows_int(rows, 0);
		proved = rows_int(rows, 4);
	}
	rows_free(rows);
	if (rc < 0 || other == 0 || other == a->who->account)
		return rc < 0 ? -1 : 0;
	if (proved != 0)
		return hall_field_error(a->errors, "mail", "电子邮箱", err,
		    "这个邮箱已由另一个账户验证，请换一个邮箱。");
	return mail_set(db, a->h, other, "", 0, err);
}

static int
mail_prove_run(struct db *db, struct act *a, struct err *err)
{
	const struct mail	*m = a->extra;
	char			 subject[32], text[MASK_TEXT], *key = NULL;
	bool			 other = strcmp(m->old, m->address) != 0;
	json_t			*v = NULL;
	int			 rc = 0;

	if (mail_take(db, a, m, err) < 0 || mail_set(db, a->h, a->who->account, m->address,
	    clock_now() + (other ? MAIL_REST : 0), err) < 0)
		return -1;
	(void)snprintf(subject, sizeof(subject), "%" PRId64, a->who->account);
	if (hall_journal_add(db, a->who, "account.mail", subject, NULL, err) < 0)
		return -1;
	v = json_pack("{s:s}", "mail", mask_mail(m->address, text));
	key = xasprintf("mail:%" PRIx64, (uint64_t)rand_id());
	rc = notice_to(db, a->h, "mail_proved", m->mobile, m->address, v, key, err);
	free(key);
	key = xasprintf("mail:%" PRIx64, (uint64_t)rand_id());
	if (rc == 0 && other && *m->old != '\0')
		rc = notice_to(db, a->h, "mail_left", NULL, m->old, v, key, err);
	free(key);
	json_decref(v);
	return rc;
}

int
account_mail_prove(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
    struct err *err)
{
	struct form_context	 c = {.hall = h};
	struct mail		 m = {.address = ""};
	struct act		 a = {.h = h, .who = who, .errors = errors, .extra = &m};
	json_t			*v = NULL, *me = NULL;
	int			 rc = -1;

	if (account_model(h, who, &me, err) < 0 ||
	    form_check(&c, form_mail, in, &v, errors, err) < 0)
		goto out;
	m.address = js_str(v, "mail");
	(void)snprintf(m.mobile, sizeof(m.mobile), "%s", js_str(me, "mobile"));
	(void)snprintf(m.old, sizeof(m.old), "%s", js_str(me, "mail"));
	if (code_use(h, CODE_MAIL, m.address, js_str(v, "code"), err) < 0) {
		if (err->kind == ERR_INPUT)
			hall_field_error(errors, "code", "邮件验证码", err, "%s", err->text);
		goto out;
	}
	rc = act_write(&a, mail_prove_run, err);
 out:
	json_decref(me);
	json_decref(v);
	return rc;
}

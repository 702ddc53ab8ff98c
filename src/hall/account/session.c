#include "base/base.h"
#include "hall/account/session.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/rand.h"
#include "base/str.h"
#include "hall/account/sign_in.h"
#include "hall/act.h"
#include "hall/digest.h"
#include "hall/journal.h"
#include "hall/medium/words.h"
#include "hall/sealed.h"

/* Where one session stands; of the store functions below. */
struct session_job {
	enum session_kind	 kind;
	int64_t			 owner;
	const char		*serial;
	char			 digest[SM3_TEXT];
	struct session		 s;
};

static void
session_digest(const char *token, char digest[SM3_TEXT])
{
	digest_sm3_text(token, strlen(token), digest);
}

static int
session_start_run(struct db *db, struct act *a, struct err *err)
{
	struct session_job	*j = a->extra;
	int64_t			 now = clock_now();

	if (db_run(db, SQL_SESSION_EXPIRE, NULL, err, DB_INT(now)) < 0)
		return -1;
	if (j->kind == SESSION_STAFF && hall_journal_add(db, a->who, "staff.sign_in",
	    j->serial == NULL ? "" : j->serial, a->who->address, err) < 0)
		return -1;
	if (j->kind == SESSION_ACCOUNT &&
	    sign_in_record(db, a->h, a->who, j->owner, j->serial, err) < 0)
		return -1;
	return db_run(db, SQL_SESSION_INSERT, NULL, err, DB_TEXT(j->digest), DB_INT(j->kind),
	    DB_INT(j->owner), DB_TEXT(j->serial == NULL ? "" : j->serial),
	    DB_TEXT(a->who->address == NULL ? "" : a->who->address), DB_INT(now),
	    DB_INT(now + conf_int("web.session_hours") * CLOCK_HOUR),
	    DB_TEXT(a->who->way == NULL ? "" : a->who->way));
}

int
session_start(struct hall *h, const struct who *who, enum session_kind kind, int64_t owner,
    const char *serial, char token[SESSION_TOKEN], struct err *err)
{
	struct session_job	j = {.kind = kind, .owner = owner, .serial = serial};
	struct act		a = {.h = h, .who = who, .extra = &j};
	unsigned char		raw[(SESSION_TOKEN - 1) / 2];

	rand_bytes(raw, sizeof(raw));
	hex_encode(raw, sizeof(raw), token);
	session_digest(token, j.digest);
	return act_write(&a, session_start_run, err);
}

/* The name to greet with; an account or member of staff that may no longer come in ends it. */
static int
session_owner(struct db *db, const struct hall *h, struct session *s, struct err *err)
{
	struct rows	*rows = NULL;
	struct buf	 mobile = {0};
	const void	*p = NULL;
	size_t		 len = 0;
	bool		 active = false;
	int		 rc = -1;

	buf_init(&mobile, 256);
	if (s->kind == SESSION_STAFF) {
		if (db_one(db, SQL_STAFF_BY_ID, &rows, err, DB_INT(s->owner)) < 0)
			goto out;
		(void)snprintf(s->name, sizeof(s->name), "%s", rows_text(rows, 0));
		s->roles = (unsigned int)rows_int(rows, 2);
		active = rows_int(rows, 3) != 0;
	} else {
		if (db_one(db, SQL_ACCOUNT_BY_ID, &rows, err, DB_INT(s->owner)) < 0)
			goto out;
		p = rows_blob(rows, 0, &len);
		if (sealed_get(h, "account.mobile", p, len, &mobile, err) < 0)
			goto out;
		(void)mask_phone(mobile.p, s->name);
		active = rows_int(rows, 4) != 0;
	}
	rc = active ? 0 : err_set(err, ERR_NOT_FOUND, "not active");
 out:
	rows_free(rows);
	buf_free(&mobile);
	return rc;
}

static int
session_load_run(struct db *db, struct act *a, struct err *err)
{
	struct session_job	*j = a->extra;
	struct session		*s = &j->s;
	struct rows		*rows = NULL;

	memset(s, 0, sizeof(*s));
	if (db_one(db, SQL_SESSION_GET, &rows, err, DB_TEXT(j->digest)) < 0) {
		rows_free(rows);
		return -1;
	}
	s->kind = (enum session_kind)rows_int(rows, 0);
	s->owner = rows_int(rows, 1);
	(void)snprintf(s->serial, sizeof(s->serial), "%s", rows_text(rows, 2));
	s->started = rows_int(rows, 3);
	s->seen = rows_int(rows, 4);
	s->ends = rows_int(rows, 5);
	rows_free(rows);
	if (s->kind != j->kind)
		return err_set(err, ERR_NOT_FOUND, "other kind");
	return session_owner(db, a->h, s, err);
}

static int
session_seen_run(struct db *db, struct act *a, struct err *err)
{
	struct session_job	*j = a->extra;

	return db_run(db, SQL_SESSION_SEEN, NULL, err, DB_TEXT(j->digest), DB_INT(clock_now()));
}

int
session_load(struct hall *h, const char *token, enum session_kind kind, struct session *out,
    struct err *err)
{
	struct session_job	j = {.kind = kind};
	struct act		a = {.h = h, .extra = &j};
	int64_t			now = clock_now();
	int64_t			idle = conf_int("web.session_idle_minutes") * CLOCK_MINUTE;

	session_digest(token, j.digest);
	if (strlen(token) != SESSION_TOKEN - 1 || act_read(&a, session_load_run, err) < 0) {
		if (err->kind != ERR_NONE && err->kind != ERR_NOT_FOUND)
			return -1;
		return err_set(err, ERR_EXPIRED, "登录已失效，请重新登录。");
	}
	/* Also when the clock went back: a session never comes from the future. */
	if (now > j.s.ends || now > j.s.seen + idle || now + CLOCK_HOUR < j.s.started)
		return err_set(err, ERR_EXPIRED, "长时间没有操作，请重新登录。");
	if (now > j.s.seen + CLOCK_MINUTE && act_write(&a, session_seen_run, err) < 0)
		return -1;
	*out = j.s;
	hall_csrf(h, token, out->csrf);
	return 0;
}

static int
session_end_run(struct db *db, struct act *a, struct err *err)
{
	struct session_job	*j = a->extra;

	return db_run(db, SQL_SESSION_DROP, NULL, err, DB_TEXT(j->digest));
}

int
session_end(struct hall *h, const char *token, struct err *err)
{
	struct session_job	j = {.owner = 0};
	struct act		a = {.h = h, .extra = &j};

	session_digest(token, j.digest);
	return act_write(&a, session_end_run, err);
}

static int
session_end_all_run(struct db *db, struct act *a, struct err *err)
{
	struct session_job	*j = a->extra;

	return db_run(db, SQL_SESSION_DROP_ALL, NULL, err, DB_INT(j->kind), DB_INT(j->owner),
	    DB_TEXT(j->digest));
}

int
session_drop_all(struct db *db, enum session_kind kind, int64_t owner, struct err *err)
{
	return db_run(db, SQL_SESSION_DROP_ALL, NULL, err, DB_INT(kind), DB_INT(owner),
	    DB_TEXT(""));
}

int
session_end_others(struct hall *h, enum session_kind kind, int64_t owner, const char *token,
    struct err *err)
{
	struct session_job	j = {.kind = kind, .owner = owner};
	struct act		a = {.h = h, .extra = &j};

	if (token != NULL)
		session_digest(token, j.digest);
	return act_write(&a, session_end_all_run, err);
}

int
session_end_all(struct hall *h, enum session_kind kind, int64_t owner, struct err *err)
{
	return session_end_others(h, kind, owner, NULL, err);
}

/* ---- where somebody is signed in ---- */

static int
session_list_run(struct db *db, struct act *a, struct err *err)
{
	struct session_job	*j = a->extra;
	struct rows		*rows = NULL;
	json_t			*row = NULL;
	int			 rc = 0;

	a->model = json_array();
	if (db_query(db, SQL_SESSION_LIST, &rows, err, DB_INT(j->kind), DB_INT(j->owner),
	    DB_INT(clock_now())) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		row = json_pack("{s:s, s:s}", "way", *rows_text(rows, 6) != '\0' ? rows_text(rows, 6) :
		    *rows_text(rows, 1) == '\0' ? "密码或短信" : medium_words_sold(hall_def(a->h), rows_text(rows, 5))->text, "address", rows_text(rows, 2));
		js_set_time(row, "started", rows_int(rows, 3));
		js_set_time(row, "seen", rows_int(rows, 4));
		js_set_bool(row, "current", strcmp(rows_text(rows, 0), j->digest) == 0);
		(void)json_array_append_new(a->model, row);
	}
	rows_free(rows);
	return rc;
}

int
session_list(struct hall *h, enum session_kind kind, int64_t owner, const char *token,
    json_t **list, struct err *err)
{
	struct session_job	j = {.kind = kind, .owner = owner};
	struct act		a = {.h = h, .extra = &j};

	session_digest(token, j.digest);
	return act_model(&a, act_read(&a, session_list_run, err), list);
}

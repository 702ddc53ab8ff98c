#include "base/base.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "kmc/work.h"

/* So many keys are destroyed in one transaction. */
#define DESTROY_BATCH	200

static int
count_ended(struct db *db, int64_t before, int64_t *n, struct err *err)
{
	struct rows	*r = NULL;

	if (db_one(db, SQL_ESCROW_ENDED_COUNT, &r, err, DB_INT(before)) < 0)
		return -1;
	*n = rows_int(r, 0);
	rows_free(r);
	return 0;
}

static int
check_before(int64_t before, struct err *err)
{
	char	 text[CLOCK_TEXT];
	int64_t	 last = clock_add_years(clock_now(), -(int)conf_int("kmc.retention_years"));

	if (before <= 0 || before > last)
		return err_set(err, ERR_DENIED, "keys that ended after %s are still to be kept",
		    clock_date(last, text));
	return 0;
}

struct plan {
	int64_t	 before, keys;
};

static int
plan_read(struct db *db, void *arg, struct err *err)
{
	struct plan	*p = arg;

	return count_ended(db, p->before, &p->keys, err);
}

int
destroy_plan(struct kmc *k, int64_t before, json_t *out, struct err *err)
{
	struct plan	 p = {.before = before};

	if (check_before(before, err) < 0 || store_read(k->store, plan_read, &p, err) < 0)
		return -1;
	js_set_int(out, "before", p.before);
	js_set_int(out, "keys", p.keys);
	return 0;
}

/* ---- the order to do it ---- */

struct destroy {
	struct kmc			*kmc;
	const struct signed_statement	*in;
	json_t				*statement;
	char				 digest[65];
	int64_t				 before, keys;
};

/* 1: this order was given before, 0: not, -1. */
static int
destroy_find(struct db *db, const struct destroy *d, struct err *err)
{
	struct rows	*r = NULL;
	int		 rc;

	if (db_query(db, SQL_DESTRUCTION_BY_DIGEST, &r, err, DB_TEXT(d->digest)) < 0)
		return -1;
	rc = rows_next(r, err);
	rows_free(r);
	return rc;
}

static int
destroy_keep(struct db *db, void *arg, struct err *err)
{
	struct destroy			*d = arg;
	const struct signed_statement	*in = d->in;
	json_t				*detail;
	int64_t				 have;
	int				 rc = destroy_find(db, d, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (count_ended(db, d->before, &have, err) < 0)
		return -1;
	if (have != d->keys)
		return err_set(err, ERR_CONFLICT, "%" PRId64 " keys have ended by then, the officers "
		    "agreed to %" PRId64, have, d->keys);
	if (db_run(db, SQL_DESTRUCTION_ADD, NULL, err, DB_TEXT(d->digest), DB_TEXT(in->text),
	    DB_BLOB(in->first.p, in->first.len), DB_BLOB(in->second.p, in->second.len),
	    DB_INT(d->before), DB_INT(d->keys), DB_INT(clock_now())) < 0)
		return -1;
	detail = json_pack("{s:I,s:I,s:s,s:s}", "before", (json_int_t)d->before, "keys",
	    (json_int_t)d->keys, "officer", js_str(d->statement, "officer"), "second",
	    js_str(d->statement, "second"));
	rc = journal_add(db, "key.destroy", detail, NULL, err);
	json_decref(detail);
	return rc;
}

int
destroy_work(struct kmc *k, const struct signed_statement *in, struct err *err)
{
	struct destroy	 d = {.kmc = k, .in = in};
	unsigned char	 digest[SM2_DIGEST_LEN];
	int		 rc = -1;

	sm3(in->text, in->len, digest);
	hex_encode(digest, sizeof(digest), d.digest);
	if (statement_parse(in->text, in->len, "destruction", &d.statement, err) == 0 &&
	    key_officers_check(k, d.statement, in, NULL, err) == 0) {
		d.before = js_int(d.statement, "before", 0);
		d.keys = js_int(d.statement, "keys", -1);
		if (check_before(d.before, err) == 0)
			rc = kmc_write(k, destroy_keep, &d, err);
	}
	if (rc == 0)
		keeper_wake(k);
	else if (err->kind != ERR_STORE && err->kind != ERR_BUSY)
		journal_note(k->store, "destroy.refused", json_pack("{s:s,s:s,s:s}", "officer",
		    js_str(d.statement, "officer"), "second", js_str(d.statement, "second"), "why",
		    err->text));
	json_decref(d.statement);
	return rc;
}

/* ---- the keeper's part ---- */

struct some {
	char	 digest[65];			/* "": nothing to do */
	int64_t	 before, changed;
};

static int
some_find(struct db *db, struct some *s, struct err *err)
{
	struct rows	*r = NULL;
	int		 rc;

	*s = (struct some){0};
	if (db_query(db, SQL_DESTRUCTION_OPEN, &r, err) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		snprintf(s->digest, sizeof(s->digest), "%s", rows_text(r, 0));
		s->before = rows_int(r, 1);
	}
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

static int
some_look(struct db *db, void *arg, struct err *err)
{
	return some_find(db, arg, err);
}

static int
some_destroy(struct db *db, void *arg, struct err *err)
{
	struct some	*s = arg;
	int64_t		 now = clock_now();

	if (some_find(db, s, err) < 0)
		return -1;
	if (s->digest[0] == '\0')
		return 0;
	if (db_run(db, SQL_ESCROW_DESTROY_SOME, &s->changed, err, DB_INT(s->before),
	    DB_BLOB("", 0), DB_INT(now), DB_INT(DESTROY_BATCH)) < 0)
		return -1;
	return s->changed > 0 ? 0 : db_run(db, SQL_DESTRUCTION_FINISH, NULL, err,
	    DB_TEXT(s->digest), DB_INT(now));
}

int
destroy_step(struct kmc *k, bool *more, struct err *err)
{
	struct some	 s;

	if (store_read(k->store, some_look, &s, err) < 0)
		return -1;
	if (s.digest[0] == '\0')
		return 0;
	if (kmc_write(k, some_destroy, &s, err) < 0)
		return -1;
	if (s.changed > 0)
		log_kv(LOG_INFO, "kmc.destroyed", LOG_I("keys", s.changed));
	*more = true;
	return 0;
}

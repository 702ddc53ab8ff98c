#include "base/base.h"
#include "base/log.h"
#include "kmc/work.h"

/* So many rows are wrapped anew in one transaction. */
#define REWRAP_BATCH	64

/* ---- a new version, in use at once ---- */

static int
version_add(struct db *db, void *arg, struct err *err)
{
	int64_t	 version = *(int64_t *)arg;
	json_t	*detail;
	int	 rc;

	if (db_run(db, SQL_WRAPPING_KEY_RETIRE, NULL, err) < 0 ||
	    db_run(db, SQL_WRAPPING_KEY_ADD, NULL, err, DB_INT(version), DB_INT(clock_now())) < 0)
		return -1;
	detail = json_pack("{s:I}", "version", (json_int_t)version);
	rc = journal_add(db, "wrap.change", detail, NULL, err);
	json_decref(detail);
	return rc;
}

int
rewrap_start(struct kmc *k, const struct secret *passphrase, int64_t *version,
    struct err *err)
{
	int	 rc = -1;

	pthread_mutex_lock(&k->wraps.change);
	/* The passphrase must be the one that opens the others at the next start. */
	if (wraps_check(&k->wraps, passphrase, err) == 0 &&
	    wraps_add(&k->wraps, k->store, passphrase, version, err) == 0 &&
	    (rc = kmc_write(k, version_add, version, err)) < 0)
		wraps_drop(&k->wraps, *version);
	pthread_mutex_unlock(&k->wraps.change);
	if (rc == 0)
		keeper_wake(k);
	return rc;
}

/* ---- the rows follow, batch by batch ---- */

struct step {
	struct kmc	*kmc;
	int64_t		 version;		/* retiring; 0: none */
	int64_t		 left;
};

static int
step_find(struct db *db, void *arg, struct err *err)
{
	struct step	*s = arg;
	struct rows	*r = NULL;
	int		 rc;

	s->version = 0;
	if (db_query(db, SQL_WRAPPING_KEY_RETIRING, &r, err) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0)
		s->version = rows_int(r, 0);
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

/* Open under the old version, seal under the active one. */
static int
step_convert(struct step *s, struct db *db, struct rows *r, struct buf *sealed,
    int64_t *version, struct err *err)
{
	struct buf	 plain;
	const void	*b;
	size_t		 len;
	int		 rc;

	buf_init(&plain, SM2_SCALAR_LEN);
	buf_clear(sealed);
	b = rows_blob(r, 1, &len);
	rc = wrap_open(&s->kmc->wraps, s->version, b, len, &plain, err);
	if (rc == 0)
		rc = wrap_seal(&s->kmc->wraps, db, plain.p, plain.len, sealed, version, err);
	secret_wipe(plain.p, plain.len);
	buf_free(&plain);
	return rc;
}

static int
step_table(struct step *s, struct db *db, enum sql_id list, enum sql_id set,
    bool by_text, struct err *err)
{
	struct rows	*r = NULL;
	struct buf	 sealed;
	int64_t		 version;
	int		 rc;

	if (db_query(db, list, &r, err, DB_INT(s->version), DB_INT(REWRAP_BATCH)) < 0)
		return -1;
	buf_init(&sealed, 256);
	while ((rc = rows_next(r, err)) > 0)
		if (step_convert(s, db, r, &sealed, &version, err) < 0 ||
		    db_run(db, set, NULL, err, by_text ? DB_TEXT(rows_text(r, 0)) :
		    DB_INT(rows_int(r, 0)), DB_BLOB(sealed.p, sealed.len), DB_INT(version)) < 0) {
			rc = -1;
			break;
		}
	buf_free(&sealed);
	rows_free(r);
	return rc;
}

static int
step_count(struct step *s, struct db *db, struct err *err)
{
	struct rows	*r = NULL;

	if (db_one(db, SQL_WRAPPED_COUNT, &r, err, DB_INT(s->version)) < 0)
		return -1;
	s->left = rows_int(r, 0);
	rows_free(r);
	return 0;
}

static int
step_convert_some(struct db *db, void *arg, struct err *err)
{
	struct step	*s = arg;

	if (step_table(s, db, SQL_ESCROW_BY_VERSION, SQL_ESCROW_REWRAP, true, err) < 0 ||
	    step_table(s, db, SQL_POOL_BY_VERSION, SQL_POOL_REWRAP, false, err) < 0 ||
	    step_table(s, db, SQL_SECRET_BY_VERSION, SQL_SECRET_REWRAP, true, err) < 0)
		return -1;
	return step_count(s, db, err);
}

/* Nobody needs it: it is said in the store first, then the key itself goes. */
static int
step_destroy(struct db *db, void *arg, struct err *err)
{
	struct step	*s = arg;
	json_t		*detail;
	int		 rc;

	if (step_count(s, db, err) < 0)
		return -1;
	if (s->left > 0)
		return 0;
	if (db_run(db, SQL_WRAPPING_KEY_DESTROYED, NULL, err, DB_INT(s->version),
	    DB_INT(clock_now())) < 0)
		return -1;
	detail = json_pack("{s:I}", "version", (json_int_t)s->version);
	rc = journal_add(db, "wrap.destroy", detail, NULL, err);
	json_decref(detail);
	return rc;
}

/* While the gate is shut nobody is between choosing a version and having written under it. */
static int
rewrap_finish(struct step *s, struct err *err)
{
	struct wraps	*w = &s->kmc->wraps;
	int		 rc;

	pthread_rwlock_wrlock(&w->gate);
	rc = kmc_write(s->kmc, step_destroy, s, err);
	if (rc == 0 && s->left == 0) {
		wraps_drop(w, s->version);
		log_kv(LOG_INFO, "kmc.rewrapped", LOG_I("destroyed_version", s->version));
	}
	pthread_rwlock_unlock(&w->gate);
	return rc;
}

int
rewrap_step(struct kmc *k, bool *more, struct err *err)
{
	struct step	 s = {.kmc = k};

	if (store_read(k->store, step_find, &s, err) < 0)
		return -1;
	if (s.version == 0)
		return 0;
	if (kmc_write(k, step_convert_some, &s, err) < 0 ||
	    (s.left == 0 && rewrap_finish(&s, err) < 0))
		return -1;
	*more = true;
	return 0;
}

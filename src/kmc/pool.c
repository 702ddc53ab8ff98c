#include "base/base.h"
#include "base/conf.h"
#include "base/rand.h"
#include "kmc/work.h"

/* So many keys are made and written at once: short transactions, few commits. */
#define POOL_BATCH	16

int
fresh_make(struct fresh *f, struct err *err)
{
	EVP_PKEY	*key = NULL;
	int		 rc = -1;

	if (sm2_generate(&key, err) == 0 && sm2_point(key, f->point, err) == 0 &&
	    sm2_scalar(key, f->scalar, err) == 0)
		rc = 0;
	EVP_PKEY_free(key);
	return rc;
}

int
pool_take(struct db *db, struct escrow *e, struct err *err)
{
	struct rows	*r = NULL;
	const void	*b;
	size_t		 len;
	int		 rc;

	if (db_query(db, SQL_POOL_TAKE, &r, err) < 0)
		return -1;
	if ((rc = rows_next(r, err)) <= 0)
		goto out;
	e->version = rows_int(r, 2);
	buf_clear(&e->sealed);
	b = rows_blob(r, 1, &len);
	buf_add(&e->sealed, b, len);
	b = rows_blob(r, 0, &len);
	if (len != SM2_POINT_LEN || buf_check(&e->sealed, err) < 0)
		rc = err_set(err, ERR_BUG, "a key of the pool is malformed");
	else
		memcpy(e->enc_point, b, len);
 out:
	rows_free(r);
	return rc;
}

static int
pool_count(struct db *db, void *arg, struct err *err)
{
	int64_t		*n = arg;
	struct rows	*r = NULL;

	if (db_one(db, SQL_POOL_COUNT, &r, err) < 0)
		return -1;
	*n = rows_int(r, 0);
	rows_free(r);
	return 0;
}

struct batch {
	struct kmc	*kmc;
	struct fresh	 key[POOL_BATCH];
	int64_t		 id[POOL_BATCH];
	size_t		 n;
};

static int
pool_add(struct db *db, void *arg, struct err *err)
{
	struct batch	*b = arg;
	struct buf	 sealed;
	int64_t		 version;
	int		 rc = 0;

	buf_init(&sealed, 256);
	for (size_t i = 0; i < b->n && rc == 0; i++) {
		buf_clear(&sealed);
		rc = wrap_seal(&b->kmc->wraps, db, b->key[i].scalar, SM2_SCALAR_LEN, &sealed,
		    &version, err);
		if (rc == 0)
			rc = db_run(db, SQL_POOL_ADD, NULL, err, DB_INT(b->id[i]),
			    DB_BLOB(b->key[i].point, SM2_POINT_LEN),
			    DB_BLOB(sealed.p, sealed.len), DB_INT(version), DB_INT(clock_now()));
	}
	buf_free(&sealed);
	return rc;
}

int
pool_fill(struct kmc *k, bool *more, struct err *err)
{
	int64_t		 size = conf_int("kmc.pool_size"), have;
	struct batch	*b;
	int		 rc = 0;

	if (store_read(k->store, pool_count, &have, err) < 0)
		return -1;
	if (have >= size)
		k->pool_filling = false;
	else if (have < size - size / 4)
		k->pool_filling = true;
	if (!k->pool_filling)
		return 0;
	b = xcalloc(1, sizeof(*b));
	*b = (struct batch){.kmc = k, .n = (size_t)MIN(size - have, POOL_BATCH)};
	for (size_t i = 0; i < b->n && rc == 0; i++) {
		b->id[i] = rand_id();
		rc = fresh_make(&b->key[i], err);
	}
	wraps_enter(&k->wraps);
	if (rc == 0)
		rc = kmc_write(k, pool_add, b, err);
	wraps_leave(&k->wraps);
	if (rc == 0)
		k->pool_filling = have + (int64_t)b->n < size;
	*more = *more || (rc == 0 && k->pool_filling);
	secret_wipe(b, sizeof(*b));
	free(b);
	return rc;
}

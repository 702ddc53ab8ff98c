#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/str.h"
#include "kmc/kmc.h"
#include "pki/envelope.h"
#include "pki/key.h"
#include "store/seal.h"
#include "store/store.h"

struct kmc {
	struct store	*store;
	struct seal	*seal;
};

struct pair {
	const struct kmc	*kmc;
	const char		*order;
	const unsigned char	*sign_point;
	unsigned char		 enc_point[SM2_POINT_LEN];
	unsigned char		 scalar[SM2_SCALAR_LEN];	/* wiped by kmc_pair_work */
};

static char *
kmc_key_path(void)
{
	return xasprintf("%s/kmc-keys/wrap.key", conf_str("data.dir"));
}

int
kmc_init(const struct secret *passphrase, struct err *err)
{
	EVP_PKEY	*key = NULL;
	char		*path = kmc_key_path();
	int		 rc = -1;

	if (file_exists(path))
		err_set(err, ERR_WRONG_STATE, "%s exists already", path);
	else if (sm2_generate(&key, err) == 0)
		rc = key_write(path, key, passphrase, err);
	EVP_PKEY_free(key);
	free(path);
	return rc;
}

/* The wrapping key of the escrow is derived from the scalar of the key file. */
static int
kmc_load_seal(struct seal **out, const struct secret *passphrase, struct err *err)
{
	unsigned char	 d[SM2_SCALAR_LEN];
	EVP_PKEY	*key = NULL;
	char		*path = kmc_key_path();
	int		 rc = -1;

	if (key_read(path, passphrase, &key, err) == 0 && sm2_scalar(key, d, err) == 0) {
		*out = seal_new(d);
		rc = 0;
	}
	secret_wipe(d, sizeof(d));
	EVP_PKEY_free(key);
	free(path);
	return rc;
}

int
kmc_open(struct kmc **out, const struct secret *passphrase, struct err *err)
{
	struct kmc	*k = xcalloc(1, sizeof(*k));

	if (kmc_load_seal(&k->seal, passphrase, err) < 0 ||
	    store_open(&k->store, STORE_KMC, conf_str("store.kmc"), false, err) < 0) {
		kmc_close(k);
		return -1;
	}
	*out = k;
	return 0;
}

void
kmc_close(struct kmc *k)
{
	if (k == NULL)
		return;
	store_close(k->store);
	seal_free(k->seal);
	free(k);
}

/* The escrowed pair of the order: 1 found, 0 none, -1. */
static int
pair_load(struct db *db, struct pair *p, struct err *err)
{
	struct rows	*r = NULL;
	struct buf	 plain;
	const void	*b;
	size_t		 len;
	int		 rc;

	if (db_query(db, SQL_ESCROW_BY_REF, &r, err, DB_TEXT(p->order)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) <= 0)
		goto out;
	rc = -1;
	b = rows_blob(r, 0, &len);
	if (!secret_equal(b, len, p->sign_point, SM2_POINT_LEN)) {
		err_set(err, ERR_CONFLICT, "order %s has a pair for another sign key", p->order);
		goto out;
	}
	b = rows_blob(r, 1, &len);
	if (len != SM2_POINT_LEN) {
		err_set(err, ERR_BUG, "escrow of %s is malformed", p->order);
		goto out;
	}
	memcpy(p->enc_point, b, len);
	buf_init(&plain, SM2_SCALAR_LEN);
	b = rows_blob(r, 2, &len);
	if (seal_open(p->kmc->seal, "escrow", b, len, &plain, err) == 0 &&
	    plain.len == SM2_SCALAR_LEN) {
		memcpy(p->scalar, plain.p, SM2_SCALAR_LEN);
		rc = 1;
	}
	secret_wipe(plain.p, plain.len);
	buf_free(&plain);
 out:
	rows_free(r);
	return rc;
}

/* Keep the fresh pair unless the order has one already: then that one is taken. */
static int
pair_keep(struct db *db, void *arg, struct err *err)
{
	struct pair	*p = arg;
	struct buf	 sealed;
	int		 rc = pair_load(db, p, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	buf_init(&sealed, 256);
	seal_add(p->kmc->seal, "escrow", p->scalar, sizeof(p->scalar), &sealed);
	rc = db_run(db, SQL_ESCROW_ADD, NULL, err, DB_TEXT(p->order),
	    DB_BLOB(p->sign_point, SM2_POINT_LEN), DB_BLOB(p->enc_point, SM2_POINT_LEN),
	    DB_BLOB(sealed.p, sealed.len), DB_INT(clock_now()));
	buf_free(&sealed);
	return rc;
}

static int
pair_make(struct pair *p, struct err *err)
{
	EVP_PKEY	*key = NULL;
	int		 rc = -1;

	if (sm2_generate(&key, err) == 0 && sm2_point(key, p->enc_point, err) == 0 &&
	    sm2_scalar(key, p->scalar, err) == 0)
		rc = 0;
	EVP_PKEY_free(key);
	return rc;
}

int
kmc_pair_work(struct kmc *k, const char *order, const unsigned char sign_point[65],
    unsigned char enc_point[65], struct buf *envelope, struct err *err)
{
	struct pair	 p = {.kmc = k, .order = order, .sign_point = sign_point};
	int		 rc = -1;

	if (order[0] == '\0' || strlen(order) > 64)
		return err_set(err, ERR_INPUT, "a pair belongs to an order");
	if (pair_make(&p, err) < 0 ||
	    (store_write(k->store, pair_keep, &p, err) < 0 &&
	    (err->kind != ERR_CONFLICT || store_write(k->store, pair_keep, &p, err) < 0)) ||
	    envelope_make(sign_point, p.scalar, p.enc_point, envelope, err) < 0)
		goto out;
	memcpy(enc_point, p.enc_point, SM2_POINT_LEN);
	rc = 0;
 out:
	secret_wipe(&p, sizeof(p));
	return rc;
}

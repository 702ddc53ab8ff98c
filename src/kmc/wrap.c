#include "base/base.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "kmc/wrap.h"
#include "pki/key.h"

#define WRAP_CONTEXT	"escrow"

static char *
wrap_path(int64_t version)
{
	if (version == 1)
		return xasprintf("%s/kmc-keys/wrap.key", conf_str("data.dir"));
	return xasprintf("%s/kmc-keys/wrap-%" PRId64 ".key", conf_str("data.dir"), version);
}

int
wrap_make(int64_t version, const struct secret *passphrase, struct err *err)
{
	EVP_PKEY	*key = NULL;
	char		*path = wrap_path(version);
	int		 rc = -1;

	if (file_exists(path))
		err_set(err, ERR_WRONG_STATE, "%s exists already", path);
	else if (sm2_generate(&key, err) == 0)
		rc = key_write(path, key, passphrase, err);
	EVP_PKEY_free(key);
	free(path);
	return rc;
}

static int
wrap_read(int64_t version, const struct secret *passphrase, struct seal **out,
    struct err *err)
{
	unsigned char	 d[SM2_SCALAR_LEN];
	EVP_PKEY	*key = NULL;
	char		*path = wrap_path(version);
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

static void
wrap_shred(int64_t version)
{
	char		*path = wrap_path(version);
	struct err	 err = {0};

	if (file_exists(path) && file_shred(path, &err) < 0)
		log_err("kmc.shred", &err);
	free(path);
}

void
wraps_init(struct wraps *w)
{
	pthread_rwlockattr_t	 attr;

	/* Otherwise a busy kmc would never let the keeper shut the gate. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&w->gate, &attr);
	pthread_rwlockattr_destroy(&attr);
	pthread_rwlock_init(&w->lock, NULL);
	pthread_mutex_init(&w->change, NULL);
}

void
wraps_release(struct wraps *w)
{
	for (size_t i = 0; i < w->n; i++)
		seal_free(w->list[i].seal);
	w->n = 0;
	pthread_mutex_destroy(&w->change);
	pthread_rwlock_destroy(&w->lock);
	pthread_rwlock_destroy(&w->gate);
}

void
wraps_enter(struct wraps *w)
{
	pthread_rwlock_rdlock(&w->gate);
}

void
wraps_leave(struct wraps *w)
{
	pthread_rwlock_unlock(&w->gate);
}

/* Every version the store knows; seals are opened later. */
struct versions {
	struct wraps	*wraps;
	int64_t		 newest;
	int64_t		 destroyed[WRAP_MAX];
	size_t		 n_destroyed;
};

static int
wraps_list(struct db *db, void *arg, struct err *err)
{
	struct versions	*v = arg;
	struct wraps	*w = v->wraps;
	struct rows	*r = NULL;
	int		 rc;

	*v = (struct versions){.wraps = w};
	w->n = 0;
	if (db_query(db, SQL_WRAPPING_KEY_LIST, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0) {
		v->newest = rows_int(r, 0);
		if (strcmp(rows_text(r, 1), "destroyed") == 0)
			v->destroyed[v->n_destroyed++ % WRAP_MAX] = v->newest;
		else if (w->n < WRAP_MAX)
			w->list[w->n++] = (struct wrap){.version = v->newest};
	}
	rows_free(r);
	return rc;
}

int
wraps_open(struct wraps *w, struct store *store, const struct secret *passphrase,
    struct err *err)
{
	struct versions	 v = {.wraps = w};

	if (store_read(store, wraps_list, &v, err) < 0)
		return -1;
	for (size_t i = 0; i < MIN(v.n_destroyed, (size_t)WRAP_MAX); i++)
		wrap_shred(v.destroyed[i]);
	for (size_t i = 0; i < w->n; i++)
		if (wrap_read(w->list[i].version, passphrase, &w->list[i].seal, err) < 0)
			return err_add(err, "wrapping key %" PRId64, w->list[i].version);
	return 0;
}

int
wraps_check(struct wraps *w, const struct secret *passphrase, struct err *err)
{
	struct seal	*seal = NULL;
	int64_t		 newest;
	int		 rc;

	pthread_rwlock_rdlock(&w->lock);
	newest = w->list[w->n - 1].version;
	pthread_rwlock_unlock(&w->lock);
	rc = wrap_read(newest, passphrase, &seal, err);
	seal_free(seal);
	return rc;
}

static int
wraps_newest(struct db *db, void *arg, struct err *err)
{
	int64_t		*newest = arg;
	struct rows	*r = NULL;
	int		 rc;

	*newest = 0;
	if (db_query(db, SQL_WRAPPING_KEY_LIST, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0)
		*newest = rows_int(r, 0);
	rows_free(r);
	return rc;
}

int
wraps_add(struct wraps *w, struct store *store, const struct secret *passphrase,
    int64_t *version, struct err *err)
{
	struct wrap	 fresh = {0};

	if (w->n == WRAP_MAX)
		return err_set(err, ERR_LIMIT, "too many wrapping keys wait to be destroyed");
	if (store_read(store, wraps_newest, &fresh.version, err) < 0)
		return -1;
	fresh.version++;
	wrap_shred(fresh.version);	/* left by a run that was killed before it was in use */
	if (wrap_make(fresh.version, passphrase, err) < 0 ||
	    wrap_read(fresh.version, passphrase, &fresh.seal, err) < 0)
		return -1;
	pthread_rwlock_wrlock(&w->lock);
	w->list[w->n++] = fresh;
	pthread_rwlock_unlock(&w->lock);
	*version = fresh.version;
	return 0;
}

void
wraps_drop(struct wraps *w, int64_t version)
{
	pthread_rwlock_wrlock(&w->lock);
	for (size_t i = 0; i < w->n; i++)
		if (w->list[i].version == version) {
			seal_free(w->list[i].seal);
			memmove(&w->list[i], &w->list[i + 1], (--w->n - i) * sizeof(w->list[0]));
			break;
		}
	pthread_rwlock_unlock(&w->lock);
	wrap_shred(version);
}

static const struct seal *
wrap_find(const struct wraps *w, int64_t version)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->list[i].version == version)
			return w->list[i].seal;
	return NULL;
}

int
wrap_seal(struct wraps *w, struct db *db, const void *p, size_t len, struct buf *sealed,
    int64_t *version, struct err *err)
{
	const struct seal	*seal;
	struct rows		*r = NULL;
	int			 rc = -1;

	if (db_one(db, SQL_WRAPPING_KEY_ACTIVE, &r, err) < 0)
		return -1;
	*version = rows_int(r, 0);
	rows_free(r);
	pthread_rwlock_rdlock(&w->lock);
	if ((seal = wrap_find(w, *version)) == NULL) {
		err_set(err, ERR_BUSY, "wrapping key %" PRId64 " is not open", *version);
	} else {
		seal_add(seal, WRAP_CONTEXT, p, len, sealed);
		rc = buf_check(sealed, err);
	}
	pthread_rwlock_unlock(&w->lock);
	return rc;
}

int
wrap_open(struct wraps *w, int64_t version, const void *sealed, size_t sealed_len,
    struct buf *out, struct err *err)
{
	const struct seal	*seal;
	int			 rc;

	pthread_rwlock_rdlock(&w->lock);
	seal = wrap_find(w, version);
	rc = seal == NULL ? err_set(err, ERR_CRYPTO, "no wrapping key %" PRId64, version) :
	    seal_open(seal, WRAP_CONTEXT, sealed, sealed_len, out, err);
	pthread_rwlock_unlock(&w->lock);
	return rc;
}

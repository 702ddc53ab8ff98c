#include "base/base.h"
#include "base/conf.h"
#include "base/file.h"
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

/* The versions whose keys must be there. */
static int
wraps_list(struct db *db, void *arg, struct err *err)
{
	struct wraps	*w = arg;
	struct rows	*r = NULL;
	int		 rc;

	w->n = 0;
	if (db_query(db, SQL_WRAPPING_KEY_LIST, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0)
		if (strcmp(rows_text(r, 1), "destroyed") != 0 && w->n < WRAP_MAX)
			w->list[w->n++] = (struct wrap){.version = rows_int(r, 0)};
	rows_free(r);
	return rc;
}

int
wraps_open(struct wraps *w, struct store *store, const struct secret *passphrase,
    struct err *err)
{
	if (store_read(store, wraps_list, w, err) < 0)
		return -1;
	for (size_t i = 0; i < w->n; i++)
		if (wrap_read(w->list[i].version, passphrase, &w->list[i].seal, err) < 0)
			return err_add(err, "wrapping key %" PRId64, w->list[i].version);
	return 0;
}

void
wraps_close(struct wraps *w)
{
	for (size_t i = 0; i < w->n; i++)
		seal_free(w->list[i].seal);
	w->n = 0;
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

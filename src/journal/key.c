#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "journal/work.h"

/* The key that signs heads, and its certificate. */

#define KEY_REST	(30 * CLOCK_DAY)	/* one that ends sooner gives way to a new one */

static void
key_path(const struct journal *j, char path[512])
{
	(void)snprintf(path, 512, "%s/%s", conf_str("data.dir"), j->owner->key_file);
}

static int
key_newest(struct db *db, void *arg, struct err *err)
{
	struct journal	*j = arg;
	struct rows	*r = NULL;
	const void	*der;
	size_t		 len;
	int		 rc;

	cert_free(j->cert);
	j->cert = NULL;
	if (db_query(db, SQL_TREE_KEY_NEWEST, &r, err) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		der = rows_blob(r, 0, &len);
		rc = cert_parse(der, len, &j->cert, err);
	}
	rows_free(r);
	return rc;
}

static int
key_keep(struct db *db, void *arg, struct err *err)
{
	const struct journal	*j = arg;
	const char		*print = cert_fingerprint(j->cert);
	size_t			 len;
	const unsigned char	*der = cert_der(j->cert, &len);
	json_t			*detail = json_pack("{s:s,s:s}", "serial", cert_serial(j->cert),
	    "fingerprint", print);
	int64_t			 seq;
	int			 rc = journal_add(db, "journal.key", detail, &seq, err);

	json_decref(detail);
	if (rc == 0 && j->owner->keep != NULL)
		rc = j->owner->keep(db, j->cert, seq, j->owner->arg, err);
	return rc < 0 ? -1 : db_run(db, SQL_TREE_KEY_ADD, NULL, err, DB_TEXT(print),
	    DB_BLOB(der, len), DB_INT(clock_now()));
}

/* The former key signs on until the new one stands. */
static int
key_make(struct journal *j, const struct secret *passphrase, struct err *err)
{
	EVP_PKEY	*key = NULL, *former = j->key;
	struct cert	*cert = NULL, *former_cert = j->cert;
	char		 path[512];

	key_path(j, path);
	if (sm2_generate(&key, err) < 0 || j->owner->certify(key, j->owner->arg, &cert, err) < 0 ||
	    key_write(path, key, passphrase, err) < 0) {
		EVP_PKEY_free(key);
		cert_free(cert);
		return -1;
	}
	j->key = key;
	j->cert = cert;
	if (store_write(j->store, key_keep, j, err) < 0) {
		j->key = former;
		j->cert = former_cert;
		EVP_PKEY_free(key);
		cert_free(cert);
		return -1;
	}
	EVP_PKEY_free(former);
	cert_free(former_cert);
	return 0;
}

/* One that has no certificate of its own signs nothing. */
static void
key_drop_unfit(struct journal *j)
{
	if (j->key != NULL && j->cert != NULL && key_is_same(j->key, cert_key(j->cert)))
		return;
	EVP_PKEY_free(j->key);
	cert_free(j->cert);
	j->key = NULL;
	j->cert = NULL;
}

int
key_open(struct journal *j, const struct secret *passphrase, struct err *err)
{
	char	 path[512];

	key_path(j, path);
	if (store_read(j->store, key_newest, j, err) < 0 ||
	    (file_exists(path) && key_read(path, passphrase, &j->key, err) < 0))
		return -1;
	key_drop_unfit(j);
	if (j->key != NULL && cert_not_after(j->cert) > clock_now() + KEY_REST)
		return 0;
	if (key_make(j, passphrase, err) == 0)
		return 0;
	if (err->kind != ERR_BUSY)
		return -1;
	log_kv(LOG_ERROR, "journal.no_key", LOG_S("error", err->text));
	err_clear(err);
	secret_set(&j->passphrase, passphrase->p, passphrase->len);
	return 0;
}

void
key_look(struct journal *j)
{
	struct err	 err = {0};

	if (j->passphrase.len == 0)
		return;
	if (key_make(j, &j->passphrase, &err) == 0) {
		secret_free(&j->passphrase);
		log_kv(LOG_INFO, "journal.key_made", LOG_X("serial", cert_serial(j->cert)));
	} else if (err.kind != ERR_BUSY) {
		log_err("journal.no_key", &err);
	}
}

int
key_check(const struct journal *j, struct err *err)
{
	return j->key != NULL && cert_not_after(j->cert) > clock_now() ? 0 : err_set(err, ERR_BUSY,
	    "the journal of %s has no key with a good certificate, so no head is signed until a CA "
	    "certifies one", j->owner->name);
}

int64_t
journal_key_end(struct journal *j)
{
	int64_t	 end;

	pthread_mutex_lock(&j->lock);
	end = j->cert == NULL ? 0 : cert_not_after(j->cert);
	pthread_mutex_unlock(&j->lock);
	return end;
}

#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "journal/work.h"

/* The key that signs heads, and its certificate. */

#define KEY_REST	(30 * CLOCK_DAY)	/* one that ends sooner gives way to a new one */

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

static int
key_make(struct journal *j, const char *path, const struct secret *passphrase, struct err *err)
{
	cert_free(j->cert);
	EVP_PKEY_free(j->key);
	j->cert = NULL;
	j->key = NULL;
	if (sm2_generate(&j->key, err) < 0 ||
	    j->owner->certify(j->key, j->owner->arg, &j->cert, err) < 0 ||
	    key_write(path, j->key, passphrase, err) < 0)
		return -1;
	return store_write(j->store, key_keep, j, err);
}

int
key_open(struct journal *j, const struct secret *passphrase, struct err *err)
{
	char	 path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", conf_str("data.dir"), j->owner->key_file);
	if (store_read(j->store, key_newest, j, err) < 0)
		return -1;
	if (!file_exists(path))
		return key_make(j, path, passphrase, err);
	if (key_read(path, passphrase, &j->key, err) < 0)
		return -1;
	if (j->cert != NULL && key_is_same(j->key, cert_key(j->cert)) &&
	    cert_not_after(j->cert) > clock_now() + KEY_REST)
		return 0;
	return key_make(j, path, passphrase, err);
}

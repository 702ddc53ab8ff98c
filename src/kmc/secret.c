#include "base/base.h"
#include "kmc/work.h"

struct keep {
	struct kmc		*kmc;
	const char		*name, *certificate;
	const unsigned char	*plain;
};

static int
secret_keep(struct db *db, void *arg, struct err *err)
{
	const struct keep	*s = arg;
	struct buf		 sealed;
	json_t			*detail = json_pack("{s:s}", "name", s->name);
	int64_t			 version;
	int			 rc = -1;

	buf_init(&sealed, 256);
	if (wrap_seal(&s->kmc->wraps, db, s->plain, KMC_SECRET, &sealed, &version, err) == 0 &&
	    db_run(db, SQL_SECRET_ADD, NULL, err, DB_TEXT(s->name),
	    DB_BLOB(sealed.p, sealed.len), DB_INT(version), DB_TEXT(s->certificate),
	    DB_INT(clock_now())) == 0)
		rc = journal_add(db, "secret.make", detail, NULL, err);
	buf_free(&sealed);
	json_decref(detail);
	return rc;
}

int
kmc_secret_add(struct kmc *k, const char *name, const unsigned char plain[KMC_SECRET],
    const char *certificate, struct err *err)
{
	struct keep	 s = {k, name, certificate, plain};
	int		 rc;

	wraps_enter(&k->wraps);
	rc = kmc_write(k, secret_keep, &s, err);
	wraps_leave(&k->wraps);
	return rc == 0 || err->kind != ERR_CONFLICT ? rc :
	    err_set(err, ERR_WRONG_STATE, "the %s key is there already", name);
}

struct load {
	struct kmc	*kmc;
	const char	*name;
	struct buf	*certificate, plain;
};

static int
secret_load(struct db *db, void *arg, struct err *err)
{
	struct load	*l = arg;
	struct rows	*r = NULL;
	const void	*b;
	size_t		 len;
	int		 rc;

	buf_clear(&l->plain);
	if (l->certificate != NULL)
		buf_clear(l->certificate);
	if (db_query(db, SQL_SECRET_BY_NAME, &r, err, DB_TEXT(l->name)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) == 0)
		rc = err_set(err, ERR_WRONG_STATE, "kmc has no %s key: yinxin kmc %s make", l->name,
		    l->name);
	if (rc > 0) {
		if (l->certificate != NULL)
			buf_addstr(l->certificate, rows_text(r, 2));
		b = rows_blob(r, 0, &len);
		rc = wrap_open(&l->kmc->wraps, rows_int(r, 1), b, len, &l->plain, err);
	}
	rows_free(r);
	return rc;
}

int
kmc_secret_load(struct kmc *k, const char *name, unsigned char plain[KMC_SECRET],
    struct buf *certificate, struct err *err)
{
	struct load	 l = {.kmc = k, .name = name, .certificate = certificate};
	int		 rc;

	buf_init(&l.plain, KMC_SECRET);
	wraps_enter(&k->wraps);
	rc = store_read(k->store, secret_load, &l, err);
	wraps_leave(&k->wraps);
	if (rc == 0 && l.plain.len != KMC_SECRET)
		rc = err_set(err, ERR_CRYPTO, "the %s key is malformed", name);
	if (rc == 0)
		memcpy(plain, l.plain.p, KMC_SECRET);
	secret_wipe(l.plain.p, l.plain.len);
	buf_free(&l.plain);
	return rc;
}

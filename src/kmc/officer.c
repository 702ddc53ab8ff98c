#include "base/base.h"
#include "base/conf.h"
#include "kmc/work.h"
#include "pki/cert_pool.h"

int
trusted_cert_parse(const void *der, size_t len, int64_t now, struct cert **out,
    struct err *err)
{
	struct cert_pool	 pool = {.n = 0};
	struct cert		*c = NULL;
	char			*path = xasprintf("%s/pub/chain.pem", conf_str("data.dir"));
	int			 rc = -1;

	if (cert_parse(der, len, &c, err) == 0 && cert_pool_read(&pool, path, err) == 0 &&
	    cert_pool_verify(&pool, c, now == 0 ? cert_not_after(c) : now, err) == 0) {
		*out = c;
		c = NULL;	/* transferred */
		rc = 0;
	}
	cert_pool_release(&pool);
	cert_free(c);
	free(path);
	return rc;
}

/* ---- the list, kept by the administrator ---- */

struct change {
	const struct cert	*cert;
	const char		*serial;
	unsigned int		 may;
};

static int
change_note(struct db *db, const char *what, const struct change *c, struct err *err)
{
	json_t	*detail = json_pack("{s:s}", "serial", c->serial);
	int	 rc;

	if (c->cert != NULL) {
		js_set_str(detail, "name", cert_cn(c->cert));
		js_set_int(detail, "may", c->may);
	}
	rc = journal_add(db, what, detail, NULL, err);
	json_decref(detail);
	return rc;
}

static int
officer_put(struct db *db, void *arg, struct err *err)
{
	struct change		*c = arg;
	size_t			 len;
	const unsigned char	*der = cert_der(c->cert, &len);

	if (db_run(db, SQL_KEY_OFFICER_PUT, NULL, err, DB_TEXT(c->serial),
	    DB_TEXT(cert_cn(c->cert)), DB_BLOB(der, len), DB_INT(clock_now()),
	    DB_INT(c->may)) < 0)
		return -1;
	return change_note(db, "key_officer.add", c, err);
}

static int
officer_end(struct db *db, void *arg, struct err *err)
{
	struct change	*c = arg;
	int64_t		 n;

	if (db_run(db, SQL_KEY_OFFICER_END, &n, err, DB_TEXT(c->serial), DB_INT(clock_now())) < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "no key officer %.48s", c->serial);
	return change_note(db, "key_officer.remove", c, err);
}

int
key_officer_add(struct kmc *k, const void *der, size_t len, unsigned int may, json_t *out,
    struct err *err)
{
	struct change	 c = {0};
	struct cert	*cert = NULL;
	unsigned char	 point[SM2_POINT_LEN];
	int		 rc = -1;

	if (trusted_cert_parse(der, len, clock_now(), &cert, err) < 0 ||
	    cert_point(cert, point, err) < 0)
		goto out;
	if (may == 0 || (may & ~(unsigned int)(KEY_OFFICER_KEYS | KEY_OFFICER_UNLOCK)) != 0) {
		err_set(err, ERR_INPUT, "what a key officer may sign for: keys, unlock");
		goto out;
	}
	if (!cert_is_sign(cert) || cert_is_ca(cert)) {
		err_set(err, ERR_INPUT, "a key officer needs a certificate for signing");
		goto out;
	}
	c = (struct change){cert, cert_serial(cert), may};
	if ((rc = kmc_write(k, officer_put, &c, err)) == 0) {
		js_set_str(out, "serial", c.serial);
		js_set_str(out, "name", cert_cn(cert));
	}
 out:
	cert_free(cert);
	return rc;
}

int
key_officer_remove(struct kmc *k, const char *serial, struct err *err)
{
	struct change	 c = {.serial = serial};

	return kmc_write(k, officer_end, &c, err);
}

static int
officer_rows(struct db *db, void *arg, struct err *err)
{
	json_t		*list = arg;
	struct rows	*r = NULL;
	int		 rc;

	json_array_clear(list);
	if (db_query(db, SQL_KEY_OFFICER_LIST, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0)
		json_array_append_new(list, json_pack("{s:s,s:s,s:b,s:I,s:I,s:I}", "serial",
		    rows_text(r, 0), "name", rows_text(r, 1), "active", rows_int(r, 2) == 1,
		    "created", (json_int_t)rows_int(r, 3), "ended", (json_int_t)rows_int(r, 4),
		    "may", (json_int_t)rows_int(r, 5)));
	rows_free(r);
	return rc;
}

int
key_officer_list(struct kmc *k, json_t *list, struct err *err)
{
	return store_read(k->store, officer_rows, list, err);
}

/* ---- what they sign ---- */

struct find {
	const char	*serial;
	struct cert	*cert;
	unsigned int	 may;
};

static int
officer_load(struct db *db, void *arg, struct err *err)
{
	struct find	*f = arg;
	struct rows	*r = NULL;
	const void	*der;
	size_t		 len;
	int		 rc;

	cert_free(f->cert);
	f->cert = NULL;
	if (db_query(db, SQL_KEY_OFFICER_BY_SERIAL, &r, err, DB_TEXT(f->serial)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		f->may = (unsigned int)rows_int(r, 3);
		der = rows_blob(r, 1, &len);
		rc = rows_int(r, 2) == 1 ? cert_parse(der, len, &f->cert, err) : 0;
	}
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

int
key_officer_check(struct kmc *k, const json_t *parsed, const char *who,
    const struct signed_statement *in, const struct signature *signature, unsigned int may,
    struct cert **cert, struct err *err)
{
	struct find	 f = {.serial = js_str(parsed, who)};
	int64_t		 now = clock_now(), said = js_int(parsed, "time", 0);
	int		 rc = -1;

	if (store_read(k->store, officer_load, &f, err) < 0)
		goto out;
	if (f.cert == NULL)
		err_set(err, ERR_DENIED, "%.48s is no key officer", f.serial);
	else if ((f.may & may) == 0)
		err_set(err, ERR_DENIED, "key officer %s may not sign for this", cert_cn(f.cert));
	else if (now < cert_not_before(f.cert) || now > cert_not_after(f.cert))
		err_set(err, ERR_DENIED, "the certificate of key officer %s is not valid now",
		    cert_cn(f.cert));
	else if (said > now + KMC_STATEMENT_AHEAD || said < now - KMC_STATEMENT_FRESH)
		err_set(err, ERR_DENIED, "the statement is not of these days");
	else
		rc = statement_verify(in, signature, f.cert, err);
 out:
	if (rc == 0 && cert != NULL)
		*cert = f.cert;
	else
		cert_free(f.cert);
	return rc;
}

/* Two certificates of one person's UKey are one officer, and so are two UKeys of one person. */
static bool
officer_is_same(const struct cert *a, const struct cert *b)
{
	const char	*type = NULL, *other = NULL;
	char		 code[CERT_IDENTITY_TEXT], same[CERT_IDENTITY_TEXT];

	if (cert_is_same(a, b) || key_is_same(cert_key(a), cert_key(b)))
		return true;
	return cert_identity(a, &type, code) && cert_identity(b, &other, same) &&
	    strcmp(type, other) == 0 && strcmp(code, same) == 0;
}

int
key_officers_check(struct kmc *k, const json_t *parsed, const struct signed_statement *in,
    struct cert *both[2], struct err *err)
{
	struct cert	*first = NULL, *second = NULL;
	int		 rc = -1;

	if (key_officer_check(k, parsed, "officer", in, &in->first, KEY_OFFICER_KEYS,
	    &first, err) == 0 &&
	    key_officer_check(k, parsed, "second", in, &in->second, KEY_OFFICER_KEYS,
	    &second, err) == 0) {
		if (officer_is_same(first, second))
			err_set(err, ERR_DENIED, "two different key officers must sign this");
		else
			rc = 0;
	}
	if (rc == 0 && both != NULL) {
		both[0] = first;
		both[1] = second;
		return 0;		/* transferred */
	}
	cert_free(first);
	cert_free(second);
	return rc;
}

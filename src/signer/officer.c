#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "pki/csr.h"
#include "signer/work.h"

void
officer_release(struct officer *o)
{
	cert_free(o->cert);
	*o = (struct officer){0};
}

void
officers_kept_release(struct officers_kept *k)
{
	for (size_t i = 0; i < OFFICERS_KEPT; i++)
		cert_free(k->list[i]);
	*k = (struct officers_kept){0};
}

static struct cert *
officers_kept_find(struct officers_kept *k, const void *der, size_t len)
{
	const unsigned char	*p;
	struct cert		*c = NULL;
	size_t			 n;

	pthread_mutex_lock(&k->lock);
	for (size_t i = 0; i < OFFICERS_KEPT && c == NULL; i++) {
		if (k->list[i] == NULL)
			continue;
		p = cert_der(k->list[i], &n);
		if (n == len && memcmp(p, der, len) == 0)
			c = cert_hold(k->list[i]);
	}
	pthread_mutex_unlock(&k->lock);
	return c;
}

/* The certificate of these bytes: reading one takes half as long as verifying a signature. */
static int
officers_kept_get(struct officers_kept *k, const void *der, size_t len, struct cert **out,
    struct err *err)
{
	if ((*out = officers_kept_find(k, der, len)) != NULL)
		return 0;
	if (cert_parse(der, len, out, err) < 0)
		return -1;
	cert_expect_signatures(*out);
	pthread_mutex_lock(&k->lock);
	cert_free(k->list[k->next]);
	k->list[k->next] = cert_hold(*out);
	k->next = (k->next + 1) % OFFICERS_KEPT;
	pthread_mutex_unlock(&k->lock);
	return 0;
}

struct find {
	struct officers_kept *kept;
	const char	*serial;
	struct officer	*out;
	bool		 good;		/* the certificate is not revoked */
};

static int
officer_load(struct db *db, void *arg, struct err *err)
{
	struct find	*f = arg;
	struct rows	*r = NULL;
	const void	*der;
	size_t		 len;
	int		 rc = -1;

	officer_release(f->out);
	if (db_one(db, SQL_OFFICER_BY_SERIAL, &r, err, DB_TEXT(f->serial)) < 0)
		return err->kind != ERR_NOT_FOUND ? -1 :
		    err_set(err, ERR_DENIED, "%s is no officer", f->serial);
	snprintf(f->out->serial, sizeof(f->out->serial), "%s", f->serial);
	snprintf(f->out->name, sizeof(f->out->name), "%s", rows_text(r, 0));
	f->out->may = (unsigned int)rows_int(r, 2);
	f->out->active = rows_int(r, 3) == 1;
	der = rows_blob(r, 1, &len);
	if (officers_kept_get(f->kept, der, len, &f->out->cert, err) < 0)
		goto out;
	rows_free(r);
	if (db_one(db, SQL_CA_CERTIFICATE_BY_SERIAL, &r, err, DB_TEXT(f->serial)) < 0)
		goto out;
	f->good = strcmp(rows_text(r, 6), "good") == 0;
	rc = 0;
 out:
	rows_free(r);
	return rc;
}

int
officer_check(struct signer *s, const json_t *parsed, const char *who,
    const struct signed_statement *in, const struct signature *signature, unsigned int may,
    struct officer *out, struct err *err)
{
	struct find	 f = {.kept = &s->officers, .serial = js_str(parsed, who), .out = out};
	int64_t		 now = clock_now(), said = js_int(parsed, "time", 0);

	if (store_read(s->store, officer_load, &f, err) < 0)
		return -1;
	if (!out->active || (out->may & may) == 0)
		return err_set(err, ERR_DENIED, "officer %s may not sign this", out->name);
	if (!f.good || now < cert_not_before(out->cert) || now > cert_not_after(out->cert))
		return err_set(err, ERR_DENIED, "the certificate of officer %s is not good",
		    out->name);
	if (said > now + 10 * CLOCK_MINUTE ||
	    said < now - conf_int("ca.approval_days") * CLOCK_DAY)
		return err_set(err, ERR_DENIED, "the statement is not of these days");
	return statement_verify(in, signature, out->cert, err);
}

struct enlist {
	const struct cert	*cert;
	const char		*name, *authority;
	unsigned int		 may;
};

static int
officer_enlist(struct db *db, void *arg, struct err *err)
{
	struct enlist		*e = arg;
	size_t			 len;
	const unsigned char	*der = cert_der(e->cert, &len);
	json_t			*detail = json_pack("{s:s,s:s,s:i}", "serial",
	    cert_serial(e->cert), "name", e->name, "may", (int)e->may);
	int64_t			 line;
	int			 rc = -1;

	if (journal_add(db, "officer.add", detail, &line, err) == 0 &&
	    (e->may == 0 || db_run(db, SQL_OFFICER_ADD, NULL, err,
	    DB_TEXT(cert_serial(e->cert)), DB_TEXT(e->name), DB_BLOB(der, len),
	    DB_INT(e->may), DB_INT(clock_now())) == 0))
		rc = certificate_add(db, e->cert, "staff", "staff", e->authority, line, err);
	json_decref(detail);
	return rc;
}

int
officer_issue(struct signer *s, const char *name, const void *csr, size_t csr_len,
    unsigned int may, struct cert **out, struct err *err)
{
	struct name		 subject = {0};
	struct cert_plan	 plan = {.profile = profile_find("staff"),
		.subject = &subject, .not_before = clock_now(),
		.not_after = clock_add_years(clock_now(), 3) - CLOCK_SECOND};
	struct enlist		 e = {.name = name, .may = may};
	struct cert		*c = NULL;
	struct authority	*a = NULL;
	EVP_PKEY		*key = NULL;
	int			 rc = -1;

	cert_new_serial(plan.serial);
	if (name_add(&subject, "C", "CN", err) < 0 || name_add(&subject, "CN", name, err) < 0 ||
	    csr_check_key(csr, csr_len, &key, err) < 0)
		goto out;
	plan.key = key;
	if (authority_for(&s->authorities, plan.profile->authority, &a, err) < 0)
		goto out;
	plan.issuer = a->cert;
	authority_pointers(a, &plan);
	if (cert_build(&plan, &a->key, &c, err) < 0)
		goto out;
	e.cert = c;
	e.authority = a->id;
	if (store_write(s->store, officer_enlist, &e, err) < 0)
		goto out;
	*out = c;
	c = NULL;	/* transferred */
	rc = 0;
 out:
	cert_free(c);
	EVP_PKEY_free(key);
	name_free(&subject);
	return rc;
}

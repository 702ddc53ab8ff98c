#include "base/base.h"
#include "base/clock.h"
#include "base/str.h"
#include "signer/ra.h"

void
ra_release(struct ra *ra)
{
	cert_free(ra->cert);
	*ra = (struct ra){0};
}

void
ra_digest(const void *p, size_t len, char hex[RA_REF])
{
	unsigned char	 digest[SM2_DIGEST_LEN];

	sm3(p, len, digest);
	hex_encode(digest, sizeof(digest), hex);
}

struct ra_find {
	enum sql_id	 by;
	const char	*what;
	struct ra	*out;
};

static int
ra_load(struct db *db, void *arg, struct err *err)
{
	struct ra_find	*f = arg;
	struct rows	*r = NULL;
	const void	*der;
	size_t		 len;
	int		 rc;

	ra_release(f->out);
	if (db_query(db, f->by, &r, err, DB_TEXT(f->what)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		snprintf(f->out->name, sizeof(f->out->name), "%s", rows_text(r, 0));
		f->out->profile = profile_find(rows_text(r, 1));
		snprintf(f->out->suffix, sizeof(f->out->suffix), "%s", rows_text(r, 2));
		f->out->days = rows_int(r, 3);
		snprintf(f->out->digest, sizeof(f->out->digest), "%s", rows_text(r, 4));
		der = rows_blob(r, 5, &len);
		f->out->active = rows_int(r, 6) == 1;
		rc = len == 0 ? 0 : cert_parse(der, len, &f->out->cert, err);
	}
	rows_free(r);
	return rc;
}

int
ra_by_secret(struct signer *s, const char *name, const void *secret, size_t secret_len,
    struct ra *out, struct err *err)
{
	struct ra_find	 f = {SQL_RA_BY_NAME, name, out};
	char		 digest[RA_REF];

	if (store_read(s->store, ra_load, &f, err) < 0)
		return -1;
	ra_digest(secret, secret_len, digest);
	if (!secret_equal(digest, RA_REF - 1, out->digest, strlen(out->digest)) || !out->active)
		return err_set(err, ERR_NOT_FOUND,
		    "no registration authority of this name and secret");
	return 0;
}

int
ra_by_name(struct signer *s, const char *name, struct ra *out, struct err *err)
{
	struct ra_find	 f = {SQL_RA_BY_NAME, name, out};

	if (store_read(s->store, ra_load, &f, err) < 0)
		return -1;
	return out->active ? 0 : err_set(err, ERR_DENIED, "%s is no registration authority", name);
}

/* With a certificate that holds today. */
static int
ra_by_cert(struct signer *s, enum sql_id by, const char *what, struct ra *out, struct err *err)
{
	struct ra_find	 f = {by, what, out};
	int64_t		 now = clock_now();

	if (store_read(s->store, ra_load, &f, err) < 0)
		return -1;
	if (out->cert == NULL || !out->active)
		return err_set(err, ERR_NOT_FOUND,
		    "no registration authority with this certificate");
	if (now < cert_not_before(out->cert) || now > cert_not_after(out->cert))
		return err_set(err, ERR_DENIED, "the certificate of %s is not valid today",
		    out->name);
	return 0;
}

int
ra_by_print(struct signer *s, const char *print, struct ra *out, struct err *err)
{
	return ra_by_cert(s, SQL_RA_BY_PRINT, print, out, err);
}

int
ra_by_kid(struct signer *s, const char *kid, struct ra *out, struct err *err)
{
	return ra_by_cert(s, SQL_RA_BY_KID, kid, out, err);
}

#include "base/base.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "signer/process.h"
#include "signer/ra.h"

#include <openssl/x509v3.h>

void
ra_release(struct ra *ra)
{
	cert_free(ra->cert);
	*ra = (struct ra){0};
}

static void
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

/* ---- the administrator's requests ---- */

static bool
ra_name_is_good(const char *name)
{
	size_t	 n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return n > 0 && n < RA_NAME && name[n] == '\0';
}

static int
ra_check_new(const struct ra *ra, const char *profile, struct err *err)
{
	if (!ra_name_is_good(ra->name))
		return err_set(err, ERR_INPUT, "the name is 1 to %d of A-Z a-z 0-9 . _ -",
		    RA_NAME - 1);
	if (ra->profile == NULL || ra->profile->kind != PROFILE_TLS)
		return err_set(err, ERR_INPUT, "\"%s\" is no profile for machines (kind tls)",
		    profile);
	if (ra->days < 1 || ra->days > ra->profile->max_years * 365)
		return err_set(err, ERR_INPUT, "profile %s allows 1 to %d days", profile,
		    ra->profile->max_years * 365);
	if (ra->cert != NULL && (cert_key(ra->cert) == NULL ||
	    clock_now() > cert_not_after(ra->cert)))
		return err_set(err, ERR_INPUT,
		    "the certificate has ended, or its key is of no kind we use");
	return 0;
}

/* "" when it has none, or an overlong one. */
static void
ra_kid(const struct cert *c, char hex[RA_REF])
{
	const ASN1_OCTET_STRING	*id = c == NULL ? NULL :
	    X509_get0_subject_key_id(cert_x509(c));

	hex[0] = '\0';
	if (id != NULL && 2 * ASN1_STRING_length(id) < RA_REF)
		hex_encode(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id), hex);
}

static int
ra_write(struct db *db, void *arg, struct err *err)
{
	char			 kid[RA_REF];
	const struct ra		*ra = arg;
	size_t			 len = 0;
	const unsigned char	*der = ra->cert == NULL ? NULL : cert_der(ra->cert, &len);
	const char		*print = ra->cert == NULL ? "" : cert_fingerprint(ra->cert);
	json_t			*detail = json_pack("{s:s,s:s,s:s,s:I,s:s}", "ra", ra->name,
	    "profile", ra->profile->name, "suffix", ra->suffix, "days", (json_int_t)ra->days,
	    "print", print);
	int			 rc;

	ra_kid(ra->cert, kid);
	rc = db_run(db, SQL_RA_ADD, NULL, err, DB_TEXT(ra->name),
	    DB_TEXT(ra->profile->name), DB_TEXT(ra->suffix), DB_INT(ra->days),
	    DB_TEXT(ra->digest), DB_BLOB(der == NULL ? (const void *)"" : der, len),
	    DB_TEXT(print), DB_INT(clock_now()), DB_TEXT(kid));
	if (rc == 0)
		rc = journal_add(db, "ra.add", detail, NULL, err);
	json_decref(detail);
	return rc;
}

/* The secret is made here, given out once and kept as a digest. */
int
answer_ra_add(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct signer	*s = arg;
	struct ra	 ra = {.profile = profile_find(js_str(in->json, "profile")),
		.days = js_int(in->json, "days", 0)};
	char		 secret[RA_SECRET + 1];
	int		 rc = -1;

	(void)caller;
	snprintf(ra.name, sizeof(ra.name), "%s", js_str(in->json, "name"));
	snprintf(ra.suffix, sizeof(ra.suffix), "%s", js_str(in->json, "suffix"));
	if (in->blob.len > 0 && cert_parse(in->blob.p, in->blob.len, &ra.cert, err) < 0)
		return -1;
	rand_token(secret, RA_SECRET);
	ra_digest(secret, RA_SECRET, ra.digest);
	if (strlen(js_str(in->json, "name")) >= RA_NAME)
		ra.name[0] = '\0';
	if (strlen(js_str(in->json, "suffix")) >= sizeof(ra.suffix))
		err_set(err, ERR_INPUT, "the ending of names is at most 64 bytes");
	else if (ra_check_new(&ra, js_str(in->json, "profile"), err) == 0)
		rc = store_write(s->store, ra_write, &ra, err);
	if (rc == 0)
		buf_add(&out->blob, secret, RA_SECRET);
	else if (err->kind == ERR_CONFLICT)
		err_add(err, "there is such a registration authority already");
	secret_wipe(secret, sizeof(secret));
	ra_release(&ra);
	return rc;
}

static int
ra_list_read(struct db *db, void *arg, struct err *err)
{
	json_t		*list = arg;
	struct rows	*r = NULL;
	int		 rc;

	json_array_clear(list);
	if (db_query(db, SQL_RA_LIST, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0)
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:I,s:s,s:b,s:I,s:I}",
		    "name", rows_text(r, 0), "profile", rows_text(r, 1), "suffix",
		    rows_text(r, 2), "days", (json_int_t)rows_int(r, 3), "print",
		    rows_text(r, 4), "active", rows_int(r, 5) == 1, "created",
		    (json_int_t)rows_int(r, 6), "issued", (json_int_t)rows_int(r, 7)));
	rows_free(r);
	return rc;
}

int
answer_ra_list(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct signer	*s = arg;
	json_t		*list = json_array();

	(void)in;
	(void)caller;
	json_object_set_new(out->json, "ras", list);
	return store_read(s->store, ra_list_read, list, err);
}

struct ra_change {
	const char	*name;
	bool		 active;
};

static int
ra_change_write(struct db *db, void *arg, struct err *err)
{
	struct ra_change	*c = arg;
	json_t			*detail;
	int64_t			 n;
	int			 rc;

	if (db_run(db, SQL_RA_ACTIVE_SET, &n, err, DB_TEXT(c->name), DB_INT(c->active)) < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "no registration authority \"%s\"", c->name);
	detail = json_pack("{s:s,s:b}", "ra", c->name, "active", c->active);
	rc = journal_add(db, "ra.set", detail, NULL, err);
	json_decref(detail);
	return rc;
}

int
answer_ra_set(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct signer		*s = arg;
	struct ra_change	 c = {js_str(in->json, "name"), js_bool(in->json, "active")};

	(void)out;
	(void)caller;
	return store_write(s->store, ra_change_write, &c, err);
}

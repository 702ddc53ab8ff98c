#include "base/base.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "signer/process.h"
#include "signer/ra.h"

#include <openssl/x509v3.h>

/* The administrator's requests about registration authorities. */

static bool
ra_name_is_good(const char *name)
{
	size_t	 n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return n > 0 && n < RA_NAME && name[n] == '\0';
}

/* NULL: it has none, which is well. */
static int
ra_check_cert(const struct cert *c, struct err *err)
{
	if (c != NULL && (cert_key(c) == NULL || clock_now() > cert_not_after(c)))
		return err_set(err, ERR_INPUT,
		    "the certificate has ended, or its key is of no kind we use");
	return 0;
}

static int
ra_check_new(const struct ra *ra, const char *profile, struct err *err)
{
	if (ra->profile == NULL || ra->profile->kind != PROFILE_TLS)
		return err_set(err, ERR_INPUT, "\"%s\" is no profile for machines (kind tls)",
		    profile);
	if (ra->days < 1 || ra->days > ra->profile->max_years * 365)
		return err_set(err, ERR_INPUT, "profile %s allows 1 to %d days", profile,
		    ra->profile->max_years * 365);
	return ra_check_cert(ra->cert, err);
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
static void
ra_new_secret(struct buf *out, char digest[RA_REF])
{
	char	 secret[RA_SECRET + 1];

	rand_token(secret, RA_SECRET);
	ra_digest(secret, RA_SECRET, digest);
	buf_add(out, secret, RA_SECRET);
	secret_wipe(secret, sizeof(secret));
}

int
answer_ra_add(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct signer	*s = arg;
	const char	*name = js_str(in->json, "name"), *suffix = js_str(in->json, "suffix");
	struct ra	 ra = {.profile = profile_find(js_str(in->json, "profile")),
		.days = js_int(in->json, "days", 0)};
	struct buf	 secret;
	int		 rc = -1;

	(void)caller;
	if (!ra_name_is_good(name) || strlen(suffix) >= sizeof(ra.suffix))
		return err_set(err, ERR_INPUT, "the name is 1 to %d of A-Z a-z 0-9 . _ -, the "
		    "ending of names at most %zu bytes", RA_NAME - 1, sizeof(ra.suffix) - 1);
	if (in->blob.len > 0 && cert_parse(in->blob.p, in->blob.len, &ra.cert, err) < 0)
		return -1;
	snprintf(ra.name, sizeof(ra.name), "%s", name);
	snprintf(ra.suffix, sizeof(ra.suffix), "%s", suffix);
	buf_init(&secret, 64);
	ra_new_secret(&secret, ra.digest);
	if (ra_check_new(&ra, js_str(in->json, "profile"), err) == 0)
		rc = store_write(s->store, ra_write, &ra, err);
	if (rc == 0)
		buf_add(&out->blob, secret.p, secret.len);
	else if (err->kind == ERR_CONFLICT)
		err_add(err, "there is such a registration authority already");
	secret_wipe(secret.p, secret.len);
	buf_free(&secret);
	ra_release(&ra);
	return rc;
}

struct ra_renewal {
	const char		*name;
	char			 digest[RA_REF];	/* used when cert is NULL */
	const struct cert	*cert;
};

static int
ra_renewal_write(struct db *db, void *arg, struct err *err)
{
	struct ra_renewal	*n = arg;
	json_t			*detail;
	char			 kid[RA_REF];
	size_t			 len = 0;
	const unsigned char	*der = n->cert == NULL ? NULL : cert_der(n->cert, &len);
	int64_t			 changed;
	int			 rc;

	ra_kid(n->cert, kid);
	rc = n->cert == NULL ?
	    db_run(db, SQL_RA_DIGEST_SET, &changed, err, DB_TEXT(n->name), DB_TEXT(n->digest)) :
	    db_run(db, SQL_RA_CERT_SET, &changed, err, DB_TEXT(n->name), DB_BLOB(der, len),
	    DB_TEXT(cert_fingerprint(n->cert)), DB_TEXT(kid));
	if (rc < 0)
		return -1;
	if (changed == 0)
		return err_set(err, ERR_NOT_FOUND, "no registration authority \"%s\"", n->name);
	detail = json_pack("{s:s,s:s}", "ra", n->name, "print", n->cert == NULL ? "" :
	    cert_fingerprint(n->cert));
	rc = journal_add(db, "ra.renew", detail, NULL, err);
	json_decref(detail);
	return rc;
}

/* Another certificate, in the blob; or another secret.  What it had is good no more. */
int
answer_ra_renew(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	struct signer		*s = arg;
	struct ra_renewal	 n = {.name = js_str(in->json, "name")};
	struct cert		*c = NULL;
	struct buf		 secret;
	int			 rc = -1;

	(void)caller;
	if (in->blob.len > 0 && cert_parse(in->blob.p, in->blob.len, &c, err) < 0)
		return -1;
	buf_init(&secret, 64);
	n.cert = c;
	if (c == NULL)
		ra_new_secret(&secret, n.digest);
	if (ra_check_cert(c, err) == 0)
		rc = store_write(s->store, ra_renewal_write, &n, err);
	if (rc == 0)
		buf_add(&out->blob, secret.p, secret.len);
	secret_wipe(secret.p, secret.len);
	buf_free(&secret);
	cert_free(c);
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

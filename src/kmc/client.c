#include "base/base.h"
#include "kmc/work.h"

struct change {
	char			 id[KM_CLIENT_ID];
	const struct cert	*cert;			/* NULL: to be removed */
	const char		*renews;		/* "", or a certificate of the same CA */
	char			 client[KM_CLIENT_ID];	/* whose keys it asks for */
};

/* The first certificate of the CA that this one is of: 1, 0: it is not enlisted, -1. */
static int
client_of(struct db *db, const char *id, char client[KM_CLIENT_ID], struct err *err)
{
	struct rows	*r = NULL;
	int		 rc;

	if (db_query(db, SQL_CLIENT_CA_OF, &r, err, DB_TEXT(id)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		const char	*first = rows_text(r, 0);

		snprintf(client, KM_CLIENT_ID, "%s", first[0] == '\0' ? id : first);
	}
	rows_free(r);
	return rc;
}

static int
client_put(struct db *db, struct change *c, struct err *err)
{
	size_t			 len;
	const unsigned char	*der = cert_der(c->cert, &len);
	char			 was[KM_CLIENT_ID] = "";
	int			 rc = 1;

	c->client[0] = '\0';
	if (c->renews[0] != '\0' && (rc = client_of(db, c->renews, c->client, err)) == 0)
		return err_set(err, ERR_NOT_FOUND, "no CA %.40s; see yinxin kmc ca list", c->renews);
	if (rc < 0 || (rc = client_of(db, c->id, was, err)) < 0)
		return -1;
	if (rc > 0 && c->client[0] != '\0' && strcmp(was, c->client) != 0)
		return err_set(err, ERR_CONFLICT, "the certificate %s is enlisted already, as one of the "
		    "CA %s", c->id, was);
	return db_run(db, SQL_CLIENT_CA_PUT, NULL, err, DB_TEXT(c->id),
	    DB_TEXT(cert_subject(c->cert)), DB_TEXT(cert_serial(c->cert)), DB_BLOB(der, len),
	    DB_INT(clock_now()), DB_TEXT(c->client));
}

static int
client_change(struct db *db, void *arg, struct err *err)
{
	struct change	*c = arg;
	json_t		*detail;
	int64_t		 n = 1;
	int		 rc;

	rc = c->cert == NULL ? db_run(db, SQL_CLIENT_CA_END, &n, err, DB_TEXT(c->id)) :
	    client_put(db, c, err);
	if (rc < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "no CA %s", c->id);
	detail = json_pack("{s:s}", "id", c->id);
	if (c->cert != NULL && c->client[0] != '\0')
		js_set_str(detail, "client", c->client);
	rc = journal_add(db, c->cert == NULL ? "client_ca.remove" : "client_ca.add", detail,
	    NULL, err);
	json_decref(detail);
	return rc;
}

static int
client_check_valid(const struct cert *c, struct err *err)
{
	int64_t	 now = clock_now();
	char	 day[CLOCK_TEXT];

	if (now < cert_not_before(c))
		return err_set(err, ERR_INPUT, "the certificate is not valid before %s",
		    clock_datetime(cert_not_before(c), day));
	if (now > cert_not_after(c))
		return err_set(err, ERR_INPUT, "the certificate has ended on %s: ask the CA for the "
		    "one it signs with now", clock_datetime(cert_not_after(c), day));
	return 0;
}

/* What signs the messages of a CA is the certificate of a CA, with an SM2 key, valid now. */
static int
client_check(const struct cert *c, struct err *err)
{
	const struct key_kind	*kind = cert_key(c) == NULL ? NULL : key_kind_of(cert_key(c));
	unsigned char		 point[SM2_POINT_LEN];

	if (!cert_is_ca(c))
		return err_set(err, ERR_INPUT, "%s is no CA certificate (basic constraints, RFC 5280 "
		    "4.2.1.9): give the one that the other CA signs its messages with",
		    cert_subject(c));
	if ((cert_usage(c) & PROFILE_CA_CERT_SIGN) == 0)
		return err_set(err, ERR_INPUT, "the key usage of %s lets its key sign no certificates "
		    "(keyCertSign, RFC 5280 4.2.1.3)", cert_subject(c));
	if (kind == NULL || strcmp(kind->name, "sm2") != 0)
		return err_set(err, ERR_INPUT, "the key of %s is %s; messages of GB/T 25056 are signed "
		    "with SM2", cert_subject(c), kind == NULL ? "of no kind known here" : kind->name);
	if (client_check_valid(c, err) < 0 || cert_point(c, point, err) < 0)
		return -1;
	if (strcmp(cert_subject(c), cert_issuer(c)) == 0 && cert_verify_signature(c, c, err) < 0)
		return err_add(err, "the certificate names itself as issuer");
	return 0;
}

int
client_add(struct kmc *k, const void *der, size_t len, const char *renews, json_t *out,
    struct err *err)
{
	struct change	 c = {.renews = renews};
	struct cert	*cert = NULL;
	int		 rc = -1;

	if (cert_parse(der, len, &cert, err) < 0 || client_check(cert, err) < 0)
		goto out;
	snprintf(c.id, sizeof(c.id), "%.16s", cert_fingerprint(cert));
	c.cert = cert;
	if ((rc = kmc_write(k, client_change, &c, err)) == 0) {
		js_set_str(out, "id", c.id);
		js_set_str(out, "name", cert_subject(cert));
		js_set_str(out, "client", c.client[0] == '\0' ? c.id : c.client);
	}
 out:
	cert_free(cert);
	return rc;
}

int
client_remove(struct kmc *k, const char *id, struct err *err)
{
	struct change	 c = {.cert = NULL};

	snprintf(c.id, sizeof(c.id), "%s", id);
	return kmc_write(k, client_change, &c, err);
}

static int
client_rows(struct db *db, void *arg, struct err *err)
{
	json_t		*list = arg;
	struct rows	*r = NULL;
	int		 rc;

	json_array_clear(list);
	if (db_query(db, SQL_CLIENT_CA_LIST, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0)
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:b,s:I,s:s}", "id",
		    rows_text(r, 0), "name", rows_text(r, 1), "serial", rows_text(r, 2), "active",
		    rows_int(r, 3) == 1, "created", (json_int_t)rows_int(r, 4), "client",
		    rows_text(r, 5)[0] == '\0' ? rows_text(r, 0) : rows_text(r, 5)));
	rows_free(r);
	return rc;
}

int
client_list(struct kmc *k, json_t *list, struct err *err)
{
	return store_read(k->store, client_rows, list, err);
}

/* ---- who signed a message ---- */

struct find {
	char				 serial[2 * KM_SERIAL + 1];
	const struct km_request		*request;
	struct cert			*cert;
	char				 client[KM_CLIENT_ID];
};

static bool
client_signed(const struct find *f, const struct cert *c)
{
	const struct km_request	*q = f->request;
	unsigned char		 point[SM2_POINT_LEN];
	struct err		 ignored = {0};
	int64_t			 now = clock_now();

	return now >= cert_not_before(c) && now <= cert_not_after(c) && km_hash_fits(q->hash, c) &&
	    cert_point(c, point, &ignored) == 0 &&
	    sm2_verify_point(point, q->tbs.p, q->tbs.len, q->signature.p, q->signature.len,
	    &ignored) == 0;
}

static int
client_look(struct db *db, void *arg, struct err *err)
{
	struct find	*f = arg;
	struct rows	*r = NULL;
	struct cert	*c;
	const void	*der;
	size_t		 len;
	int		 rc = 0;

	cert_free(f->cert);
	f->cert = NULL;
	if (db_query(db, SQL_CLIENT_CA_BY_SERIAL, &r, err, DB_TEXT(f->serial)) < 0)
		return -1;
	while (f->cert == NULL && (rc = rows_next(r, err)) > 0) {
		c = NULL;
		der = rows_blob(r, 1, &len);
		if ((rc = cert_parse(der, len, &c, err)) < 0)
			break;
		if (client_signed(f, c)) {
			f->cert = c;
			snprintf(f->client, sizeof(f->client), "%s",
			    rows_text(r, rows_text(r, 2)[0] == '\0' ? 0 : 2));
		} else
			cert_free(c);
	}
	rows_free(r);
	return f->cert != NULL || rc == 0 ? 0 : -1;
}

int
client_find(struct kmc *k, const struct km_request *request, struct cert **out,
    char client[KM_CLIENT_ID], struct err *err)
{
	struct find	 f = {.request = request};

	km_serial_text(request->serial, f.serial);
	if (store_read(k->store, client_look, &f, err) < 0) {
		cert_free(f.cert);
		return -1;
	}
	if (f.cert == NULL)
		return err_set(err, ERR_DENIED, "the message is not signed by a CA known here");
	*out = f.cert;
	snprintf(client, KM_CLIENT_ID, "%s", f.client);
	return 0;
}

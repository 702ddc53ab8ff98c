#include "base/base.h"
#include "kmc/work.h"

struct change {
	char			 id[KM_CLIENT_ID];
	const struct cert	*cert;		/* NULL: to be removed */
};

static int
client_change(struct db *db, void *arg, struct err *err)
{
	const struct change	*c = arg;
	const unsigned char	*der;
	json_t			*detail;
	size_t			 len;
	int64_t			 n = 1;
	int			 rc;

	if (c->cert == NULL) {
		rc = db_run(db, SQL_CLIENT_CA_END, &n, err, DB_TEXT(c->id));
	} else {
		der = cert_der(c->cert, &len);
		rc = db_run(db, SQL_CLIENT_CA_PUT, NULL, err, DB_TEXT(c->id),
		    DB_TEXT(cert_subject(c->cert)), DB_TEXT(cert_serial(c->cert)), DB_BLOB(der, len),
		    DB_INT(clock_now()));
	}
	if (rc < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "no CA %s", c->id);
	detail = json_pack("{s:s}", "id", c->id);
	rc = journal_add(db, c->cert == NULL ? "client_ca.remove" : "client_ca.add", detail,
	    NULL, err);
	json_decref(detail);
	return rc;
}

int
client_add(struct kmc *k, const void *der, size_t len, json_t *out, struct err *err)
{
	struct change	 c = {{0}, NULL};
	struct cert	*cert = NULL;
	unsigned char	 point[SM2_POINT_LEN];
	int64_t		 now = clock_now();
	int		 rc = -1;

	if (cert_parse(der, len, &cert, err) < 0 || cert_point(cert, point, err) < 0)
		goto out;
	if (now < cert_not_before(cert) || now > cert_not_after(cert)) {
		err_set(err, ERR_INPUT, "the certificate is not valid now");
		goto out;
	}
	snprintf(c.id, sizeof(c.id), "%.16s", cert_fingerprint(cert));
	c.cert = cert;
	if ((rc = kmc_write(k, client_change, &c, err)) == 0) {
		js_set_str(out, "id", c.id);
		js_set_str(out, "name", cert_subject(cert));
	}
 out:
	cert_free(cert);
	return rc;
}

int
client_remove(struct kmc *k, const char *id, struct err *err)
{
	struct change	 c = {{0}, NULL};

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
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:b,s:I}", "id", rows_text(r, 0),
		    "name", rows_text(r, 1), "serial", rows_text(r, 2), "active",
		    rows_int(r, 3) == 1, "created", (json_int_t)rows_int(r, 4)));
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
		if (client_signed(f, c))
			f->cert = c;
		else
			cert_free(c);
	}
	rows_free(r);
	return f->cert != NULL || rc == 0 ? 0 : -1;
}

int
client_find(struct kmc *k, const struct km_request *request, struct cert **out,
    struct err *err)
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
	return 0;
}

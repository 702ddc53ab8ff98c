#include "base/base.h"
#include "signer/pair.h"

static const char *const pair_names[] = {[PAIR_GOOD] = "good", [PAIR_HELD] = "held",
	[PAIR_REVOKED] = "revoked"};

const char *
pair_status_name(enum pair_status status)
{
	return pair_names[status];
}

void
pair_release(struct pair *p)
{
	json_decref(p->statement);
	cert_free(p->sign);
	*p = (struct pair){0};
}

static int
pair_read_issue(struct db *db, struct pair *p, const char *serial, struct err *err)
{
	struct rows	*r = NULL;
	const char	*text;
	int		 rc = -1;

	if (db_one(db, SQL_ISSUE_BY_SIGN, &r, err, DB_TEXT(serial)) < 0)
		return err->kind != ERR_NOT_FOUND ? -1 : err_set(err, ERR_NOT_FOUND,
		    "certificate %.48s is not the sign certificate of an order", serial);
	snprintf(p->order, sizeof(p->order), "%s", rows_text(r, 0));
	snprintf(p->enc_serial, sizeof(p->enc_serial), "%s", rows_text(r, 2));
	text = rows_text(r, 1);
	rc = json_parse(text, strlen(text), 0, &p->statement, err);
	rows_free(r);
	return rc;
}

int
pair_load(struct db *db, const char *serial, struct pair *p, struct err *err)
{
	struct rows	*r = NULL;
	const void	*der;
	size_t		 len;
	int		 rc = -1;

	pair_release(p);
	if (pair_read_issue(db, p, serial, err) < 0 ||
	    db_one(db, SQL_CA_CERTIFICATE_BY_SERIAL, &r, err, DB_TEXT(serial)) < 0)
		return -1;
	for (int i = 0; i < PAIR__MAX; i++)
		if (strcmp(rows_text(r, 6), pair_names[i]) == 0)
			p->status = (enum pair_status)i;
	p->revoked_at = rows_int(r, 7);
	p->reason = (int)rows_int(r, 8);
	p->changed = rows_int(r, 9);
	p->invalid_since = rows_int(r, 11);
	der = rows_blob(r, 3, &len);
	rc = cert_parse(der, len, &p->sign, err);
	rows_free(r);
	return rc;
}

int
pair_changed_by(struct db *db, const char *serial, char by[CERT_SERIAL_TEXT], struct err *err)
{
	struct rows	*r = NULL;
	json_t		*detail = NULL;
	int		 rc;

	by[0] = '\0';
	if (db_query(db, SQL_CA_CERTIFICATE_CHANGED_DETAIL, &r, err, DB_TEXT(serial)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0)
		rc = json_parse(rows_text(r, 0), strlen(rows_text(r, 0)), 0, &detail, err);
	if (rc == 0 && detail != NULL)
		snprintf(by, CERT_SERIAL_TEXT, "%s", js_str(detail, "by"));
	json_decref(detail);
	rows_free(r);
	return rc;
}

/* A held certificate that is revoked was not to be trusted since it was held. */
static int
pair_set_one(struct db *db, const struct pair *p, const char *serial,
    const struct pair_change *c, int64_t now, int64_t line, struct err *err)
{
	int64_t	 n, since = p->status == PAIR_HELD ? p->revoked_at : now;

	if (db_run(db, SQL_CA_CERTIFICATE_STATUS_SET, &n, err, DB_TEXT(serial),
	    DB_TEXT(pair_names[c->to]), DB_INT(c->to == PAIR_GOOD ? 0 : since),
	    DB_INT(c->to == PAIR_GOOD ? 0 : c->reason), DB_INT(c->invalid_since), DB_INT(now),
	    DB_TEXT(pair_names[p->status]), DB_INT(line)) < 0)
		return -1;
	return n == 1 ? 0 : err_set(err, ERR_CONFLICT, "certificate %s was just changed", serial);
}

int
pair_change(struct db *db, const struct pair *p, const struct pair_change *c, struct err *err)
{
	json_t	*detail;
	int64_t	 now = clock_now(), line;
	int	 rc;

	detail = json_pack("{s:s,s:s,s:i,s:s}", "serial", cert_serial(p->sign), "enc",
	    p->enc_serial, "reason", c->to == PAIR_GOOD ? 0 : c->reason, "by", c->by);
	if (c->second != NULL)
		js_set_str(detail, "second", c->second);
	rc = journal_add(db, c->what, detail, &line, err);
	json_decref(detail);
	if (rc < 0 || pair_set_one(db, p, cert_serial(p->sign), c, now, line, err) < 0)
		return -1;
	return pair_set_one(db, p, p->enc_serial, c, now, line, err);
}

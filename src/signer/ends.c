#include "base/base.h"
#include "base/clock.h"
#include "signer/work.h"

/* What ends unnoticed unless somebody counts: alarms are made of it. */

struct ends {
	int64_t	 now;
	int64_t	 officer, ra;		/* ms; 0: there is none */
};

static int
ends_read_ras(struct db *db, struct ends *e, struct err *err)
{
	struct rows	*r = NULL;
	struct cert	*c = NULL;
	const void	*der;
	size_t		 len;
	int		 rc;

	e->ra = 0;
	if (db_query(db, SQL_RA_CERTS, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0) {
		der = rows_blob(r, 0, &len);
		if ((rc = cert_parse(der, len, &c, err)) < 0)
			break;
		if (e->ra == 0 || cert_not_after(c) < e->ra)
			e->ra = cert_not_after(c);
		cert_free(c);
		c = NULL;
	}
	rows_free(r);
	return rc;
}

static int
ends_read(struct db *db, void *arg, struct err *err)
{
	struct ends	*e = arg;
	struct rows	*r = NULL;

	if (db_one(db, SQL_OFFICER_FIRST_END, &r, err, DB_INT(e->now)) < 0)
		return -1;
	e->officer = rows_int(r, 0);
	rows_free(r);
	return ends_read_ras(db, e, err);
}

static void
ends_set(json_t *out, const char *name, int64_t end, int64_t now)
{
	if (end != 0)
		js_set_int(out, name, (end - now) / 1000);
}

int
ends_stats(struct signer *s, json_t *out, struct err *err)
{
	struct ends	 e = {.now = clock_now()};
	int64_t		 lacking = 0;

	if (store_read(s->store, ends_read, &e, err) < 0)
		return -1;
	authorities_look(&s->authorities);
	for (size_t i = 0; i < s->authorities.n; i++)
		lacking += authority_lacks_key(s->authorities.list[i]);
	ends_set(out, "officer_certificate_ends_seconds", e.officer, e.now);
	ends_set(out, "ra_certificate_ends_seconds", e.ra, e.now);
	ends_set(out, "journal_certificate_ends_seconds", journal_key_end(&s->journal), e.now);
	js_set_int(out, "ca_keys_away", lacking);
	js_set_int(out, "cas_issuing", (int64_t)authorities_issuing(&s->authorities));
	return 0;
}

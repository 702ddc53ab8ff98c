#include "base/base.h"
#include "base/clock.h"
#include "signer/work.h"

#define CRL_LIFE	(24 * CLOCK_HOUR)
#define CRL_RENEW	(12 * CLOCK_HOUR)	/* a fresh one at least so often */
#define CRL_KEEP	100			/* old lists kept in the store */
/* A change has its time before its COMMIT: a list made in between lacks it. */
#define CRL_OVERLAP	(30 * CLOCK_SECOND)

bool
revocation_reason_is_valid(int64_t reason)
{
	return reason >= 0 && reason <= 10 && reason != 7 && reason != CRL_REASON_HOLD &&
	    reason != CRL_REASON_REMOVE;
}

struct list {
	struct signer		*signer;
	struct buf		*der;
	int64_t			 number, this_update, next_update, newest;
	struct crl_entry	*entries;
	size_t			 n, cap;
};

static int
list_load(struct db *db, void *arg, struct err *err)
{
	struct list	*l = arg;
	struct rows	*r = NULL;
	const void	*b;
	size_t		 len;
	int		 rc;

	l->number = l->this_update = l->next_update = l->newest = 0;
	if (db_query(db, SQL_CRL_NEWEST, &r, err) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		l->number = rows_int(r, 0);
		l->this_update = rows_int(r, 2);
		l->next_update = rows_int(r, 3);
		b = rows_blob(r, 1, &len);
		buf_clear(l->der);
		buf_add(l->der, b, len);
	}
	rows_free(r);
	if (rc < 0 || db_one(db, SQL_CA_CERTIFICATE_NEWEST_CHANGE, &r, err) < 0)
		return -1;
	l->newest = rows_int(r, 0);
	rows_free(r);
	return 0;
}

static int
list_entries(struct db *db, void *arg, struct err *err)
{
	struct list	*l = arg;
	struct rows	*r = NULL;
	int		 rc;

	l->n = 0;
	if (db_query(db, SQL_CA_CERTIFICATE_REVOKED, &r, err, DB_INT(clock_now())) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0) {
		struct crl_entry	*e;

		if (l->n == l->cap) {
			l->cap = l->cap == 0 ? 64 : l->cap * 2;
			l->entries = xrealloc(l->entries, l->cap * sizeof(*l->entries));
		}
		e = &l->entries[l->n++];
		snprintf(e->serial, sizeof(e->serial), "%s", rows_text(r, 0));
		e->revoked = rows_int(r, 1);
		e->reason = (int)rows_int(r, 2);
		e->invalid_since = rows_int(r, 3);
	}
	rows_free(r);
	return rc;
}

static int
list_keep(struct db *db, void *arg, struct err *err)
{
	struct list	*l = arg;

	if (db_run(db, SQL_CRL_ADD, NULL, err, DB_INT(l->number), DB_BLOB(l->der->p, l->der->len),
	    DB_INT(l->this_update), DB_INT(l->next_update)) < 0)
		return -1;
	return db_run(db, SQL_CRL_DROP_OLD, NULL, err, DB_INT(l->number - CRL_KEEP));
}

static int
list_make(struct list *l, int64_t now, struct err *err)
{
	struct err	 first = {0};
	int		 rc = -1;

	if (store_read(l->signer->store, list_entries, l, err) < 0)
		goto out;
	l->number++;
	l->this_update = now;
	l->next_update = now + CRL_LIFE;
	buf_clear(l->der);
	if (crl_build(&(struct crl_plan){.issuer = l->signer->issuing, .number = l->number,
	    .this_update = l->this_update, .next_update = l->next_update,
	    .entries = l->entries, .n = l->n}, &l->signer->key, l->der, err) < 0)
		goto out;
	rc = store_write(l->signer->store, list_keep, l, err);
	if (rc < 0 && err->kind == ERR_CONFLICT) {	/* another thread made one: take it */
		first = *err;
		err_clear(err);
		rc = store_read(l->signer->store, list_load, l, err);
		if (rc < 0)
			*err = first;
	}
 out:
	free(l->entries);
	return rc;
}

int
crl_work(struct signer *s, struct buf *der, int64_t *next_update, struct err *err)
{
	struct list	 l = {.signer = s, .der = der};
	int64_t		 now = clock_now();

	if (store_read(s->store, list_load, &l, err) < 0)
		return -1;
	if ((l.number == 0 || now - l.this_update > CRL_RENEW ||
	    l.newest >= l.this_update - CRL_OVERLAP) && list_make(&l, now, err) < 0)
		return -1;
	*next_update = l.next_update;
	return 0;
}

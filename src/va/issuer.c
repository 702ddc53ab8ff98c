#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "va/work.h"

#define ISSUERS_FRESH	CLOCK_SECOND

/* A copy that lives as long as the process: authorities are few and never vanish. */
static int
issuer_read(struct va *v, struct rows *r, struct err *err)
{
	struct va_issuer	*i;
	struct cert		*c = NULL;
	const void		*der;
	size_t			 len;

	for (size_t k = 0; k < v->n_issuers; k++)
		if (strcmp(v->issuers[k]->id, rows_text(r, 0)) == 0)
			return 0;
	if (v->n_issuers == VA_ISSUERS)
		return err_set(err, ERR_LIMIT, "more than %d authorities", VA_ISSUERS);
	der = rows_blob(r, 4, &len);
	if (cert_parse(der, len, &c, err) < 0)
		return -1;
	i = xcalloc(1, sizeof(*i));
	snprintf(i->id, sizeof(i->id), "%s", rows_text(r, 0));
	snprintf(i->slug, sizeof(i->slug), "%s", rows_int(r, 2) == 1 ? rows_text(r, 1) : i->id);
	i->root = strcmp(i->id, rows_text(r, 3)) == 0;
	i->cert = c;
	v->issuers[v->n_issuers++] = i;
	return 0;
}

static int
issuers_read(struct db *db, void *arg, struct err *err)
{
	struct va	*v = arg;
	struct rows	*r = NULL;
	int		 rc;

	if (db_query(db, SQL_AUTHORITY_LIST, &r, err) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0)
		if ((rc = issuer_read(v, r, err)) < 0)
			break;
	rows_free(r);
	return rc;
}

int
va_issuers_load(struct va *v, struct err *err)
{
	int	 rc;

	pthread_mutex_lock(&v->issuers_lock);
	rc = store_read(v->store, issuers_read, v, err);
	v->issuers_read = clock_steady();
	pthread_mutex_unlock(&v->issuers_lock);
	return rc;
}

/* The authority may be younger than our list of them. */
static void
issuers_refresh(struct va *v)
{
	struct err	 err = {0};
	bool		 old;

	pthread_mutex_lock(&v->issuers_lock);
	old = clock_steady() - v->issuers_read >= ISSUERS_FRESH;
	pthread_mutex_unlock(&v->issuers_lock);
	if (old && va_issuers_load(v, &err) < 0)
		log_err("issuers", &err);
}

static const struct va_issuer *
issuer_find(struct va *v, bool (*is)(const struct va_issuer *i, const void *what),
    const void *what)
{
	for (size_t k = 0; k < v->n_issuers; k++)
		if (is(v->issuers[k], what))
			return v->issuers[k];
	return NULL;
}

static bool
issuer_has_slug(const struct va_issuer *i, const void *what)
{
	return strcmp(i->slug, what) == 0;
}

const struct va_issuer *
va_issuer_by_slug(struct va *v, const char *slug)
{
	const struct va_issuer	*i = issuer_find(v, issuer_has_slug, slug);

	if (i == NULL) {
		issuers_refresh(v);
		i = issuer_find(v, issuer_has_slug, slug);
	}
	return i;
}

struct question {
	const struct ocsp_request	*request;
	size_t				 at;
};

static bool
issuer_is_asked(const struct va_issuer *i, const void *what)
{
	const struct question	*q = what;

	return ocsp_request_is_for(q->request, q->at, i->cert);
}

const struct va_issuer *
va_issuer_asked(struct va *v, const struct ocsp_request *r, size_t at)
{
	struct question		 q = {r, at};
	const struct va_issuer	*i = issuer_find(v, issuer_is_asked, &q);

	if (i == NULL) {
		issuers_refresh(v);
		i = issuer_find(v, issuer_is_asked, &q);
	}
	return i;
}

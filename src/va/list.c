#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "signer/signer.h"
#include "va/work.h"

/* The newest list of a CA, kept until the store has a newer one. */
struct va_list_kept {
	char		 authority[VA_ISSUER_ID], scope[16];
	int64_t		 asked;				/* clock_steady: of the signer */
	int64_t		 number, this_update, next_update;
	struct buf	 der;
};

struct list_read {
	struct va_list_kept	*kept;
	bool			 found;
};

static int
list_read(struct db *db, void *arg, struct err *err)
{
	struct list_read	*q = arg;
	struct rows		*r = NULL;
	const void		*der;
	size_t			 len;
	int			 rc;

	q->found = false;
	if (db_query(db, SQL_REVOCATION_LIST_DER, &r, err, DB_TEXT(q->kept->authority),
	    DB_TEXT(q->kept->scope)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		der = rows_blob(r, 0, &len);
		buf_clear(&q->kept->der);
		buf_add(&q->kept->der, der, len);
		q->kept->number = rows_int(r, 1);
		q->kept->this_update = rows_int(r, 2);
		q->kept->next_update = rows_int(r, 3);
		q->found = true;
	}
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

static struct va_list_kept *
list_slot(struct va *v, const char *authority, const char *scope)
{
	struct va_list_kept	*k;

	for (size_t i = 0; i < v->n_lists; i++)
		if (strcmp(v->lists[i]->authority, authority) == 0 &&
		    strcmp(v->lists[i]->scope, scope) == 0)
			return v->lists[i];
	if (v->n_lists == ARRAY_LEN(v->lists))
		return NULL;
	k = v->lists[v->n_lists++] = xcalloc(1, sizeof(*k));
	snprintf(k->authority, sizeof(k->authority), "%s", authority);
	snprintf(k->scope, sizeof(k->scope), "%s", scope);
	buf_init(&k->der, CRL_MAX);
	return k;
}

/* The signer was asked, and the store looked at, a moment ago. */
static bool
list_was_asked(const struct va_list_kept *k)
{
	return k->asked != 0 && clock_steady() - k->asked < va_fresh_ms();
}

/* What is kept may be given out; away: why there is no newer one. */
static int
list_check(const struct va_list_kept *k, const struct err *away, struct err *err)
{
	if (k->der.len > 0 && k->next_update > clock_now())
		return 0;
	if (away->kind != ERR_NONE) {
		*err = *away;
		return -1;
	}
	return k->der.len > 0 ? err_set(err, ERR_EXPIRED, "the newest list of %s is out of date",
	    k->authority) : err_set(err, ERR_NOT_FOUND, "%s has no list yet", k->authority);
}

/*
 * Ask the signer to have a fresh one ready, then take the newest of the store; so the lists
 * are there while the signer is away.
 */
static int
list_refresh(struct va *v, struct va_list_kept *k, struct err *err)
{
	struct list_read	 q = {.kept = k};
	struct err		 away = {0};
	int64_t			 number = 0, next;

	if (list_was_asked(k))
		return list_check(k, &away, err);
	if (signer_crl(k->authority, k->scope, &number, &next, &away) < 0)
		log_err("crl.signer_away", &away);
	else if (number == k->number && k->der.len > 0) {
		k->asked = clock_steady();
		return 0;
	}
	if (store_read(v->store, list_read, &q, err) < 0)
		return -1;
	k->asked = clock_steady();
	return list_check(k, &away, err);
}

int
va_crl(struct va *v, const struct va_issuer *issuer, const char *scope, struct buf *der,
    int64_t *this_update, int64_t *next_update, struct err *err)
{
	struct va_list_kept	*k;
	int			 rc = -1;

	pthread_mutex_lock(&v->lists_lock);
	if ((k = list_slot(v, issuer->id, scope)) == NULL)
		err_set(err, ERR_LIMIT, "too many lists");
	else if ((rc = list_refresh(v, k, err)) == 0) {
		buf_add(der, k->der.p, k->der.len);
		*this_update = k->this_update;
		*next_update = k->next_update;
	}
	pthread_mutex_unlock(&v->lists_lock);
	return rc;
}

void
va_crl_times(struct va *v, const struct va_issuer *issuer, int64_t *this_update,
    int64_t *next_update)
{
	struct va_list_kept	*k;
	bool			 there;

	pthread_mutex_lock(&v->lists_lock);
	there = (k = list_slot(v, issuer->id, "")) != NULL && k->der.len > 0;
	*this_update = there ? k->this_update : 0;
	*next_update = there ? k->next_update : 0;
	pthread_mutex_unlock(&v->lists_lock);
}

void
va_lists_ready(struct va *v)
{
	struct va_list_kept	*k;
	struct err		 err = {0};

	for (size_t i = 0; i < v->n_issuers; i++) {
		pthread_mutex_lock(&v->lists_lock);
		if ((k = list_slot(v, v->issuers[i]->id, "")) != NULL &&
		    !list_was_asked(k) && list_refresh(v, k, &err) < 0)
			log_err("crl.ready", &err);
		pthread_mutex_unlock(&v->lists_lock);
		err_clear(&err);
	}
}

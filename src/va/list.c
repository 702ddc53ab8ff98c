#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "signer/signer.h"
#include "va/work.h"

/* The newest list of a CA, kept until the store has a newer one. */
struct va_list_kept {
	char		 authority[VA_ISSUER_ID], scope[16];
	int64_t		 asked;				/* clock_steady: of the signer */
	int64_t		 number, this_update, next_update;
	struct va_bytes		*der;		/* NULL: none yet */
};

struct list_read {
	struct va_list_kept	*kept;
	bool			 found;
};

struct va_bytes *
va_bytes_new(const void *p, size_t len)
{
	struct va_bytes	*b = xcalloc(1, sizeof(*b));
	unsigned char	 digest[SM2_DIGEST_LEN];
	char		 hex[33];

	atomic_init(&b->refs, 1);
	buf_init(&b->der, CRL_MAX);
	buf_add(&b->der, p, len);
	sm3(p, len, digest);
	hex_encode(digest, 16, hex);
	snprintf(b->etag, sizeof(b->etag), "\"%s\"", hex);
	return b;
}

void
va_bytes_drop(void *bytes)
{
	struct va_bytes	*b = bytes;

	if (b == NULL || atomic_fetch_sub(&b->refs, 1) > 1)
		return;
	buf_free(&b->der);
	free(b);
}

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
		va_bytes_drop(q->kept->der);
		q->kept->der = va_bytes_new(der, len);
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
	if (k->der != NULL && k->next_update > clock_now())
		return 0;
	if (away->kind != ERR_NONE) {
		*err = *away;
		return -1;
	}
	return k->der != NULL ? err_set(err, ERR_EXPIRED, "the newest list of %s is out of date",
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
	else if (number == k->number && k->der != NULL) {
		k->asked = clock_steady();
		return 0;
	}
	if (store_read(v->store, list_read, &q, err) < 0)
		return -1;
	k->asked = clock_steady();
	return list_check(k, &away, err);
}

int
va_crl(struct va *v, const struct va_issuer *issuer, const char *scope, struct va_bytes **list,
    int64_t *this_update, int64_t *next_update, struct err *err)
{
	struct va_list_kept	*k;
	int			 rc = -1;

	pthread_mutex_lock(&v->lists_lock);
	if ((k = list_slot(v, issuer->id, scope)) == NULL)
		err_set(err, ERR_LIMIT, "too many lists");
	else if ((rc = list_refresh(v, k, err)) == 0) {
		atomic_fetch_add(&k->der->refs, 1);
		*list = k->der;
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
	there = (k = list_slot(v, issuer->id, "")) != NULL && k->der != NULL;
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

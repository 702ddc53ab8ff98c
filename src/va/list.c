#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "signer/signer.h"
#include "va/work.h"

/* The newest list of a CA, kept until the store has a newer one. */
struct va_list_kept {
	char		 authority[VA_ISSUER_ID], scope[VA_SCOPE];
	bool		 asking;			/* somebody asks just now; others wait */
	int64_t		 asked;				/* clock_steady: of the signer */
	int64_t		 seen;				/* clock_steady: before it was asked */
	int64_t		 number, this_update, next_update;
	struct va_bytes		*der;		/* NULL: none yet */
};

/* What the store holds. */
struct list_read {
	const char	*authority, *scope;
	struct va_bytes	*der;				/* NULL: no list */
	int64_t		 number, this_update, next_update;
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

	va_bytes_drop(q->der);
	q->der = NULL;
	if (db_query(db, SQL_REVOCATION_LIST_DER, &r, err, DB_TEXT(q->authority),
	    DB_TEXT(q->scope)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0) {
		der = rows_blob(r, 0, &len);
		q->der = va_bytes_new(der, len);
		q->number = rows_int(r, 1);
		q->this_update = rows_int(r, 2);
		q->next_update = rows_int(r, 3);
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
	v->lists = xrealloc(v->lists, (v->n_lists + 1) * sizeof(struct va_list_kept *));
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
 * are there while the signer is away.  Nothing found: the one with this number (0: none) is
 * still the newest.
 */
static int
list_ask(struct va *v, int64_t kept, struct list_read *found, struct err *away, struct err *err)
{
	int64_t	 number = 0, next;

	if (v->list_ask(found->authority, found->scope, &number, &next, away) < 0)
		log_err("crl.signer_away", away);
	else if (kept != 0 && number == kept)
		return 0;
	return store_read(v->store, list_read, found, err);
}

/* With the lock, which is open while the signer is asked; one at a time asks for a list. */
static int
list_refresh(struct va *v, struct va_list_kept *k, struct err *err)
{
	struct list_read	 found = {.authority = k->authority, .scope = k->scope};
	struct err		 away = {0};
	int64_t			 kept, now;
	int			 rc;

	while (k->asking)
		pthread_cond_wait(&v->lists_asked, &v->lists_lock);
	if (list_was_asked(k))
		return list_check(k, &away, err);
	kept = k->der == NULL ? 0 : k->number;
	k->asking = true;
	now = clock_steady();
	pthread_mutex_unlock(&v->lists_lock);
	rc = list_ask(v, kept, &found, &away, err);
	pthread_mutex_lock(&v->lists_lock);
	k->asking = false;
	pthread_cond_broadcast(&v->lists_asked);
	if (rc < 0) {
		va_bytes_drop(found.der);
		return -1;
	}
	if (found.der != NULL) {
		va_bytes_drop(k->der);
		k->der = found.der;
		k->number = found.number;
		k->this_update = found.this_update;
		k->next_update = found.next_update;
	}
	k->seen = now;
	k->asked = clock_steady();
	return list_check(k, &away, err);
}

int
va_crl(struct va *v, const struct va_issuer *issuer, const char *scope, struct va_list_out *out,
    struct err *err)
{
	struct va_list_kept	*k;
	int			 rc = -1;

	pthread_mutex_lock(&v->lists_lock);
	k = list_slot(v, issuer->id, scope);
	if ((rc = list_refresh(v, k, err)) == 0) {
		atomic_fetch_add(&k->der->refs, 1);
		*out = (struct va_list_out){k->der, k->this_update, k->next_update, k->seen};
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
	k = list_slot(v, issuer->id, "");
	there = k->der != NULL;
	*this_update = there ? k->this_update : 0;
	*next_update = there ? k->next_update : 0;
	pthread_mutex_unlock(&v->lists_lock);
}

/* One that was asked for and is not there was due when its CA was made; 0: nobody waits for it. */
static int64_t
list_end(const struct va_list_kept *k, const struct va_issuer *issuer)
{
	if (k->der != NULL)
		return k->next_update;
	return k->asked == 0 || cert_not_after(issuer->cert) < clock_now() ? 0 :
	    cert_not_before(issuer->cert);
}

int64_t
va_lists_end(struct va *v, const struct va_issuer *issuer)
{
	int64_t	 end = 0, one;

	pthread_mutex_lock(&v->lists_lock);
	for (size_t i = 0; i < v->n_lists; i++) {
		const struct va_list_kept	*k = v->lists[i];

		if (strcmp(k->authority, issuer->id) != 0 || strstr(k->scope, "delta") != NULL)
			continue;
		one = list_end(k, issuer);
		if (one != 0 && (end == 0 || one < end))
			end = one;
	}
	pthread_mutex_unlock(&v->lists_lock);
	return end;
}

/* ---- parts of a list ---- */

struct parts_read {
	const char	*authority;
	size_t		 n;
	int64_t		 part[PROFILE_PARTS_MAX];
};

static int
parts_read(struct db *db, void *arg, struct err *err)
{
	struct parts_read	*q = arg;
	struct rows		*r = NULL;
	int			 rc;

	q->n = 0;
	if (db_query(db, SQL_LIST_PART_LIST, &r, err, DB_TEXT(q->authority)) < 0)
		return -1;
	while ((rc = rows_next(r, err)) > 0 && q->n < ARRAY_LEN(q->part))
		q->part[q->n++] = rows_int(r, 0);
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

/* A stranger names parts: only those that certificates stand in are asked for and kept. */
static bool
part_is_there(struct va *v, const char *authority, int64_t part)
{
	struct parts_read	 q = {.authority = authority};
	struct err		 err = {0};

	if (store_read(v->store, parts_read, &q, &err) < 0) {
		log_err("crl.parts", &err);
		return false;
	}
	for (size_t i = 0; i < q.n; i++)
		if (q.part[i] == part)
			return true;
	return false;
}

/* Cut the ending off when it is there. */
static bool
name_cut(char *name, const char *ending)
{
	size_t	 n = strlen(name), m = strlen(ending);

	if (n <= m || strcmp(name + n - m, ending) != 0)
		return false;
	name[n - m] = '\0';
	return true;
}

const struct va_issuer *
va_list_by_name(struct va *v, const char *file, char scope[VA_SCOPE])
{
	const struct va_issuer	*issuer;
	char			 name[VA_ISSUER_ID + VA_SCOPE], *dash;
	int64_t			 part = 0;
	bool			 delta;

	if (strlen(file) >= sizeof(name))
		return NULL;
	snprintf(name, sizeof(name), "%s", file);
	if (!name_cut(name, ".crl"))
		return NULL;
	delta = name_cut(name, "-delta");
	snprintf(scope, VA_SCOPE, "%s", delta ? "delta" : "");
	if (strlen(name) < VA_ISSUER_ID && (issuer = va_issuer_by_slug(v, name)) != NULL)
		return issuer;
	if ((dash = strrchr(name, '-')) == NULL || dash[1] != 'p' || dash[2] == '0' ||
	    str_to_i64(dash + 2, PROFILE_PARTS_MAX, &part) < 0)
		return NULL;
	*dash = '\0';
	snprintf(scope, VA_SCOPE, "p%" PRId64 "%s", part, delta ? "-delta" : "");
	return strlen(name) < VA_ISSUER_ID && (issuer = va_issuer_by_slug(v, name)) != NULL &&
	    part_is_there(v, issuer->id, part) ? issuer : NULL;
}

/* ---- ready ---- */

static void
list_ready(struct va *v, const char *authority, const char *scope)
{
	struct va_list_kept	*k;
	struct err		 err = {0};

	pthread_mutex_lock(&v->lists_lock);
	k = list_slot(v, authority, scope);
	if (!list_was_asked(k) && list_refresh(v, k, &err) < 0)
		log_err("crl.ready", &err);
	pthread_mutex_unlock(&v->lists_lock);
}

void
va_lists_ready(struct va *v)
{
	struct parts_read	 q;
	struct err		 err = {0};
	char			 scope[VA_SCOPE];

	for (size_t i = 0; i < v->n_issuers; i++) {
		list_ready(v, v->issuers[i]->id, "");
		q = (struct parts_read){.authority = v->issuers[i]->id};
		if (store_read(v->store, parts_read, &q, &err) < 0) {
			log_err("crl.parts", &err);
			return;
		}
		for (size_t k = 0; k < q.n; k++) {
			snprintf(scope, sizeof(scope), "p%" PRId64, q.part[k]);
			list_ready(v, v->issuers[i]->id, scope);
		}
	}
}

void
va_lists_release(struct va *v)
{
	for (size_t i = 0; i < v->n_lists; i++) {
		va_bytes_drop(v->lists[i]->der);
		free(v->lists[i]);
	}
	free(v->lists);
	v->lists = NULL;
	v->n_lists = 0;
}

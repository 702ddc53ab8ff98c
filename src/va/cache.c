#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "va/work.h"

/*
 * Finished OCSP answers for single questions without nonce.  A row is good while the watch
 * (below) has looked at the store's changes within the promised time; what changed was dropped.
 * Answers about what we do not know are not seen by the watch and live as long as the promise.
 */
#define WATCH_OVERLAP	CLOCK_MINUTE	/* a change may be committed so late after its time */
#define WATCH_SIGN	64		/* answers renewed ahead in one round */

struct va_cached {
	unsigned char	 key[32];	/* SM3 of the request */
	char		 serial[CERT_SERIAL_TEXT];
	bool		 known;		/* the certificate is in the store */
	bool		 used;		/* asked for since it was made */
	int64_t		 steady;	/* when it was seen to be true; 0: empty */
	int64_t		 made, next;	/* thisUpdate, nextUpdate */
	char		*request;
	size_t		 request_len;
	char		*der;
	size_t		 len;
};

static struct va_cached *
cache_slot(struct va *v, const unsigned char key[32])
{
	uint32_t	 h;

	if (v->cache == NULL)
		v->cache = xcalloc(VA_CACHE_SLOTS, sizeof(*v->cache));
	memcpy(&h, key, sizeof(h));
	return &v->cache[h % VA_CACHE_SLOTS];
}

static void
cache_drop(struct va_cached *c)
{
	free(c->request);
	free(c->der);
	*c = (struct va_cached){0};
}

/* When it was last seen to be true. */
static int64_t
cache_seen(const struct va *v, const struct va_cached *c)
{
	return c->known ? MAX(c->steady, v->watched) : c->steady;
}

static bool
cache_is_fresh(const struct va *v, const struct va_cached *c)
{
	return clock_now() < c->next && clock_steady() - cache_seen(v, c) < va_fresh_ms();
}

bool
va_cache_get(struct va *v, const void *request, size_t len, struct va_answer *out)
{
	unsigned char		 key[32];
	struct va_cached	*c;
	bool			 hit;

	sm3(request, len, key);
	pthread_mutex_lock(&v->lock);
	c = cache_slot(v, key);
	hit = c->steady != 0 && memcmp(c->key, key, 32) == 0 && cache_is_fresh(v, c);
	if (hit) {
		v->asked++;
		v->cached++;
		c->used = true;
		buf_add(&out->der, c->der, c->len);
		out->made = c->made;
		out->next = c->next;
		out->seen = cache_seen(v, c);
		out->single = true;
	}
	pthread_mutex_unlock(&v->lock);
	return hit;
}

void
va_cache_put(struct va *v, const void *request, size_t len, const struct va_answer *a)
{
	unsigned char		 key[32];
	struct va_cached	*c;

	sm3(request, len, key);
	pthread_mutex_lock(&v->lock);
	c = cache_slot(v, key);
	cache_drop(c);
	*c = (struct va_cached){.known = a->known, .steady = a->seen, .made = a->made,
		.next = a->next, .request = xmalloc(len), .request_len = len,
		.der = xmalloc(a->der.len), .len = a->der.len};
	memcpy(c->key, key, sizeof(key));
	memcpy(c->request, request, len);
	memcpy(c->der, a->der.p, a->der.len);
	snprintf(c->serial, sizeof(c->serial), "%s", a->serial);
	pthread_mutex_unlock(&v->lock);
}

/* ---- the watch ---- */

static void
cache_forget(struct va *v, const char *serial)
{
	pthread_mutex_lock(&v->lock);
	for (size_t i = 0; v->cache != NULL && i < VA_CACHE_SLOTS; i++)
		if (v->cache[i].steady != 0 && strcmp(v->cache[i].serial, serial) == 0)
			v->cache[i].next = 0;	/* made anew if it is in use */
	pthread_mutex_unlock(&v->lock);
}

static int
watch_read(struct db *db, void *arg, struct err *err)
{
	struct va	*v = arg;
	struct rows	*r = NULL;
	int		 rc = 0;

	for (size_t k = 0; k < v->n_issuers && rc == 0; k++) {
		if (db_query(db, SQL_CA_CERTIFICATE_CHANGED_SINCE, &r, err,
		    DB_TEXT(v->issuers[k]->id), DB_INT(v->watch_from), DB_INT(0)) < 0)
			return -1;
		while ((rc = rows_next(r, err)) > 0)
			cache_forget(v, rows_text(r, 0));
		rows_free(r);
		r = NULL;
	}
	return rc;
}

/* Take the request of an answer that is in use and half way to its end, or was dropped. */
static bool
watch_due(struct va *v, size_t i, struct buf *request)
{
	struct va_cached	*c;
	int64_t			 now = clock_now();
	bool			 due = false;

	pthread_mutex_lock(&v->lock);
	if (v->cache != NULL && (c = &v->cache[i])->steady != 0 && c->known &&
	    now >= c->made + (c->next - c->made) / 2) {
		if (c->used) {
			buf_add(request, c->request, c->request_len);
			due = true;
		} else if (now >= c->next) {
			cache_drop(c);
		}
	}
	pthread_mutex_unlock(&v->lock);
	return due;
}

static void
watch_sign(struct va *v, const struct buf *request)
{
	struct ocsp_request	*r = NULL;
	struct va_answer	 a = {0};
	struct err		 err = {0};

	buf_init(&a.der, OCSP_ANSWER_MAX);
	if (ocsp_request_parse(request->p, request->len, &r, &err) == 0) {
		va_ocsp_make(v, r, &a);
		if (a.next != 0)
			va_cache_put(v, request->p, request->len, &a);
	}
	ocsp_request_free(r);
	buf_free(&a.der);
}

void
va_watch(struct va *v)
{
	int64_t		 steady = clock_steady(), now = clock_now();
	struct err	 err = {0};
	struct buf	 request;

	if (v->watch_from == 0)		/* nothing is kept yet */
		v->watch_from = now - WATCH_OVERLAP;
	if (store_read(v->store, watch_read, v, &err) < 0) {
		log_err("watch", &err);
		return;
	}
	v->watch_from = now - WATCH_OVERLAP;
	pthread_mutex_lock(&v->lock);
	v->watched = steady;
	pthread_mutex_unlock(&v->lock);
	buf_init(&request, OCSP_REQUEST_MAX);
	for (size_t i = 0, signed_ = 0; i < VA_CACHE_SLOTS && signed_ < WATCH_SIGN; i++) {
		if (!watch_due(v, i, &request))
			continue;
		watch_sign(v, &request);
		buf_clear(&request);
		signed_++;
	}
	buf_free(&request);
}

void
va_cache_release(struct va *v)
{
	for (size_t i = 0; v->cache != NULL && i < VA_CACHE_SLOTS; i++)
		cache_drop(&v->cache[i]);
	free(v->cache);
	v->cache = NULL;
}

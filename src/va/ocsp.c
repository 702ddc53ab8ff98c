#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "va/work.h"

#define ANSWER_LIFE	(60 * CLOCK_MINUTE)	/* nextUpdate - thisUpdate */

struct lookup {
	const char		*serial, *authority;
	struct ocsp_answer	*out;
};

static int
lookup_read(struct db *db, void *arg, struct err *err)
{
	struct lookup	*l = arg;
	struct rows	*r = NULL;
	int		 rc;

	*l->out = (struct ocsp_answer){.state = OCSP_UNKNOWN};
	if (db_query(db, SQL_CA_CERTIFICATE_BY_SERIAL, &r, err, DB_TEXT(l->serial)) < 0)
		return -1;
	if ((rc = rows_next(r, err)) > 0 &&
	    (l->authority == NULL || strcmp(rows_text(r, 10), l->authority) == 0)) {
		if (strcmp(rows_text(r, 6), "good") == 0)
			l->out->state = OCSP_GOOD;
		else
			*l->out = (struct ocsp_answer){.state = OCSP_REVOKED,
				.revoked = rows_int(r, 7), .reason = (int)rows_int(r, 8)};
	}
	rows_free(r);
	return rc < 0 ? -1 : 0;
}

int
va_lookup(struct va *v, const char *serial, const char *authority, struct ocsp_answer *out,
    struct err *err)
{
	struct lookup	 l = {serial, authority, out};

	return store_read(v->store, lookup_read, &l, err);
}

static int
ocsp_answer(struct va *v, const struct ocsp_request *r, struct buf *der, struct err *err)
{
	struct ocsp_answer	 answers[OCSP_QUESTIONS];
	int64_t			 now = clock_now();

	for (size_t i = 0; i < ocsp_request_count(r); i++) {
		const struct va_issuer	*issuer = va_issuer_asked(v, r, i);

		answers[i] = (struct ocsp_answer){.state = OCSP_UNKNOWN};
		if (issuer != NULL && va_lookup(v, ocsp_request_serial(r, i), issuer->id,
		    &answers[i], err) < 0)
			return -1;
	}
	return ocsp_respond(r, answers, v->responder, v->key, now, now + ANSWER_LIFE, der, err);
}

static struct va_cached *
cache_slot(struct va *v, const unsigned char key[32])
{
	uint32_t	 h;

	memcpy(&h, key, sizeof(h));
	return &v->cache[h % VA_CACHE_SLOTS];
}

static bool
cache_get(struct va *v, const unsigned char key[32], struct buf *der)
{
	struct va_cached	*c = cache_slot(v, key);
	bool			 hit;

	pthread_mutex_lock(&v->lock);
	v->asked++;
	hit = c->made != 0 && clock_steady() - c->made < VA_FRESH_MS &&
	    memcmp(c->key, key, 32) == 0;
	if (hit) {
		v->cached++;
		buf_add(der, c->der, c->len);
	}
	pthread_mutex_unlock(&v->lock);
	return hit;
}

static void
cache_put(struct va *v, const unsigned char key[32], const struct buf *der)
{
	struct va_cached	*c = cache_slot(v, key);

	pthread_mutex_lock(&v->lock);
	free(c->der);
	memcpy(c->key, key, 32);
	c->der = xmalloc(der->len);
	memcpy(c->der, der->p, der->len);
	c->len = der->len;
	c->made = clock_steady();
	pthread_mutex_unlock(&v->lock);
}

void
va_ocsp(struct va *v, const void *request, size_t len, struct buf *der)
{
	struct ocsp_request	*r = NULL;
	struct err		 err = {0};
	unsigned char		 key[32];

	if (ocsp_request_parse(request, len, &r, &err) < 0) {
		ocsp_error(OCSP_MALFORMED, der);
		return;
	}
	/* A nonce makes the bytes unique: such a request simply never hits. */
	sm3(request, len, key);
	if (!cache_get(v, key, der)) {
		if (ocsp_answer(v, r, der, &err) < 0) {
			log_err("ocsp.error", &err);
			buf_clear(der);
			ocsp_error(OCSP_TRY_LATER, der);
		} else {
			cache_put(v, key, der);
		}
	}
	ocsp_request_free(r);
}

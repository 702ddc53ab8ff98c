#ifndef VA_WORK_H
#define VA_WORK_H
#include "http/server.h"
#include "pki/ocsp.h"
#include "store/store.h"
#include "va/va.h"
#include "pki/crl.h"

#include <pthread.h>
#include <stdatomic.h>
/* Private to the floor: the va's state and its parts. */
#define VA_CACHE_SLOTS	4096
#define VA_ISSUERS	64
#define VA_ISSUER_ID	48

/* A finished answer for a request without nonce, found by the request's bytes. */
struct va_cached {
	unsigned char	 key[32];	/* SM3 of the request */
	int64_t		 made;		/* clock_steady; 0: empty */
	unsigned char	*der;
	size_t		 len;
};

/* A CA whose certificates we know. */
struct va_issuer {
	char		 id[VA_ISSUER_ID];	/* "issuing-2" */
	char		 slug[VA_ISSUER_ID];	/* in addresses; "issuing" for the first */
	bool		 root;
	struct cert	*cert;
};

struct va {
	struct store		*store;
	struct cert		*responder;
	EVP_PKEY		*key;		/* of the responder */
	pthread_mutex_t		 lock;		/* over cache and counts */
	struct va_cached	 cache[VA_CACHE_SLOTS];
	uint64_t		 asked, cached;
	pthread_mutex_t		 issuers_lock;	/* over adding; readers need none */
	struct va_issuer	*issuers[VA_ISSUERS];
	_Atomic size_t		 n_issuers;
	int64_t			 issuers_read;	/* clock_steady */
	pthread_mutex_t		 lists_lock;
	struct va_list_kept	*lists[2 * VA_ISSUERS];
	size_t			 n_lists;
	_Atomic int64_t		 crl_next;	/* of the newest full list; ms */
};

/* Read the authorities of the store that are not known yet. */
NODISCARD int	va_issuers_load(struct va *v, struct err *err);
/* NULL: none; looks into the store again, at most once a second. */
const struct va_issuer *va_issuer_by_slug(struct va *v, const char *slug);
/* The CA that the at-th question of the request is about. */
const struct va_issuer *va_issuer_asked(struct va *v, const struct ocsp_request *r, size_t at);

/*
 * The state of one certificate from the store, at this moment.  authority: id of the CA that
 * must have issued it, otherwise it is unknown; NULL: any.
 */
NODISCARD int	va_lookup(struct va *v, const char *serial, const char *authority,
		    struct ocsp_answer *out, struct err *err);
/* A finished OCSPResponse for the request's bytes, always something to send. */
void		va_ocsp(struct va *v, const void *request, size_t len, struct buf *der);
/* The list of this CA (scope "" or "delta"), at most VA_FRESH_MS old; a copy. */
NODISCARD int	va_crl(struct va *v, const struct va_issuer *issuer, const char *scope,
		    struct buf *der, int64_t *next_update, struct err *err);
#endif

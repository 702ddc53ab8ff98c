#ifndef VA_WORK_H
#define VA_WORK_H
#include "http/server.h"
#include "pki/ocsp.h"
#include "store/store.h"
#include "va/va.h"
#include <pthread.h>
/* Private to the floor: the va's state and its parts. */
#define VA_CACHE_SLOTS	4096

/* A finished answer for a request without nonce, found by the request's bytes. */
struct va_cached {
	unsigned char	 key[32];	/* SM3 of the request */
	int64_t		 made;		/* clock_steady; 0: empty */
	unsigned char	*der;
	size_t		 len;
};

struct va {
	struct store		*store;
	struct cert		*root, *issuing, *responder;
	EVP_PKEY		*key;		/* of the responder */
	pthread_mutex_t		 lock;		/* over cache and crl */
	struct va_cached	 cache[VA_CACHE_SLOTS];
	struct buf		 crl;		/* newest DER */
	int64_t			 crl_read, crl_next;	/* clock_steady; clock_now */
	uint64_t		 asked, cached;
};

/* The state of one certificate from the store, at this moment. */
NODISCARD int	va_lookup(struct va *v, const char *serial, struct ocsp_answer *out,
		    struct err *err);
/* A finished OCSPResponse for the request's bytes, always something to send. */
void		va_ocsp(struct va *v, const void *request, size_t len, struct buf *der);
/* The CRL, at most VA_FRESH_MS old; a copy. */
NODISCARD int	va_crl(struct va *v, struct buf *der, int64_t *next_update, struct err *err);
#endif

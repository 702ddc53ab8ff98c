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

/* A finished OCSP answer. */
struct va_answer {
	struct buf	 der;
	int64_t		 made, next;		/* thisUpdate, nextUpdate; next 0: an error */
	int64_t		 seen;			/* clock_steady: it was true then */
	bool		 single;		/* one question, no nonce: may be kept */
	bool		 known;			/* about a certificate of the store */
	char		 serial[CERT_SERIAL_TEXT];
};

/* A CA whose certificates we know. */
struct va_issuer {
	char		 id[VA_ISSUER_ID];	/* "issuing-2" */
	char		 slug[VA_ISSUER_ID];	/* in addresses; "issuing" for the first */
	bool		 root;
	struct cert	*cert;
};

/* What the va's own keys are for; one file data.dir/va/<use>-<ca>.pem each. */
enum va_use { VA_USE_OCSP, VA_USE_TSA, VA_USE__MAX };

/* A key of ours with the certificate a CA gave it.  Immutable, counted. */
struct va_identity {
	EVP_PKEY		*key;
	struct cert		*cert;
	int64_t			 renew;		/* ms: from here on another one is wanted */
	_Atomic int		 users;
};
/* Its place: one for each CA and use. */
struct va_place {
	const struct va_issuer	*issuer;
	enum va_use		 use;
	struct va_identity	*now;		/* NULL: none yet */
	int64_t			 tried;		/* clock_steady of the last attempt; 0: none */
	bool			 unsaved;	/* its file could not be written yet */
};

struct va {
	struct store		*store;
	struct secret		 passphrase;	/* of the key files */
	/* asks the signer; replaced in tests */
	int			(*certify)(const char *use, const char *authority, const void *csr,
				    size_t csr_len, struct cert **out, struct err *err);
	pthread_mutex_t		 identity_lock;	/* over places' pointers */
	pthread_mutex_t		 certify_lock;	/* one new identity at a time */
	struct va_place		 places[VA_USE__MAX * VA_ISSUERS];
	size_t			 n_places;
	pthread_mutex_t		 lock;		/* over the cache */
	struct va_cached	*cache;
	_Atomic uint64_t	 asked, cached;
	int64_t			 watched;	/* clock_steady: changes are seen up to here */
	int64_t			 watch_from;	/* ms: and looked for from here on */
	struct va_tsa		*tsa;		/* NULL: no time stamps */
	struct va_publish	*publish;	/* NULL: no LDAP directory */
	/* Ask the signer to have a list ready; replaced in tests. */
	int			(*list_ask)(const char *authority, const char *scope,
				    int64_t *number, int64_t *next_update, struct err *err);
	pthread_mutex_t		 issuers_lock;	/* over adding; readers need none */
	struct va_issuer	*issuers[VA_ISSUERS];
	_Atomic size_t		 n_issuers;
	int64_t			 issuers_read;	/* clock_steady */
	pthread_mutex_t		 lists_lock;	/* never held while the signer is asked */
	pthread_cond_t		 lists_asked;	/* somebody's question is answered */
	struct va_list_kept	**lists;
	size_t			 n_lists;
	_Atomic bool		 stopping;
};

/*
 * identity.c: the key and certificate for this use, counted up; va_identity_free when done.
 * Read from its file, or made anew and certified by the signer.  Not for a root.
 */
NODISCARD int	va_identity_take(struct va *v, const struct va_issuer *issuer, enum va_use use,
		    struct va_identity **out, struct err *err);
void		va_identity_free(struct va_identity *i);	/* NULL: no-op */
/* Renew what is due, and make what is missing, for every issuing CA.  Logs what fails. */
void		va_identities_renew(struct va *v);
/* When this identity ends, ms; 0: there is none.  Looks only. */
int64_t		va_identity_end(struct va *v, const struct va_issuer *issuer, enum va_use use);
void		va_identities_release(struct va *v);

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
/* Always something to send, appended to out->der: kept, or made now. */
void		va_ocsp(struct va *v, const void *request, size_t len, struct va_answer *out);
/* Made now.  May block. */
void		va_ocsp_make(struct va *v, const struct ocsp_request *r, struct va_answer *out);
/* cache.c; get does not block and is false when nothing good is kept. */
bool		va_cache_get(struct va *v, const void *request, size_t len,
		    struct va_answer *out);
void		va_cache_put(struct va *v, const void *request, size_t len,
		    const struct va_answer *a);
void		va_cache_release(struct va *v);
/* Drop what changed in the store, renew what is in use; to be called every second. */
void		va_watch(struct va *v);
/* Setting va.fresh_seconds in ms. */
int64_t		va_fresh_ms(void);

/* tsa.c: stamp or refuse; always a TimeStampResp. */
NODISCARD int	va_tsa_open(struct va *v, struct err *err);
void		va_tsa(struct va *v, const void *request, size_t len, struct buf *der);
void		va_tsa_metrics(struct va *v, struct buf *out);
void		va_tsa_close(struct va *v);
/* The CA that certifies the stamping key; NULL: none. */
const struct va_issuer *va_tsa_issuer(struct va *v);

/* publish.c: to the directory va.ldap.url, in a thread of its own; ends after v->stopping is set. */
NODISCARD int	va_publish_start(struct va *v, struct err *err);
void		va_publish_stop(struct va *v);
void		va_publish_metrics(const struct va *v, struct buf *out);

/* Bytes that several answers may still be sending while there are newer ones. */
struct va_bytes {
	atomic_int	 refs;
	struct buf	 der;
	char		 etag[36];
};
struct va_bytes	*va_bytes_new(const void *p, size_t len);	/* one reference */
void		 va_bytes_drop(void *bytes);			/* NULL: no-op */

/* validate.c: finish an answer of 200 whose bytes are in res->body. */
struct va_caching {
	int64_t		 modified;		/* ms; 0: unknown; not told while it is young */
	int64_t		 max_age;		/* seconds; at most until what it says ends */
	bool		 range;			/* parts may be asked for */
	const char	*etag;			/* of fixed bytes; NULL: made from the body */
};
void		va_respond_cached(const struct http_request *req, struct http_response *res,
		    const struct va_caching *c);

#define VA_SCOPE	24
/*
 * The CA and scope of a list by its file name: "issuing.crl", "issuing-2-delta.crl",
 * "issuing-p7.crl"; NULL: there is none of this name.
 */
const struct va_issuer *va_list_by_name(struct va *v, const char *file, char scope[VA_SCOPE]);
/* A list as it is given out. */
struct va_list_out {
	struct va_bytes	*der;			/* va_bytes_drop it */
	int64_t		 this_update, next_update;
	int64_t		 seen;			/* clock_steady: it was the newest then */
};
/* The list of this CA (scope as in signer.h), seen at most va_fresh_ms ago. */
NODISCARD int	va_crl(struct va *v, const struct va_issuer *issuer, const char *scope,
		    struct va_list_out *out, struct err *err);
/* Of the full list we have, ms; both 0: none yet.  Looks only. */
void		va_crl_times(struct va *v, const struct va_issuer *issuer, int64_t *this_update,
		    int64_t *next_update);
/*
 * When the first of this CA's lists ends (deltas aside), ms; one that should be there and is not: when
 * the CA was made, so that it is overdue.  0: none was looked for yet.
 */
int64_t		va_lists_end(struct va *v, const struct va_issuer *issuer);
void		va_lists_release(struct va *v);
/* Have the full lists of all CAs and of their parts at hand, also for when the signer is away. */
void		va_lists_ready(struct va *v);
#endif

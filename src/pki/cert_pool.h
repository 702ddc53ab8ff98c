#ifndef PKI_CERT_POOL_H
#define PKI_CERT_POOL_H
#include "pki/cert.h"
/*
 * The CA certificates of a house that issues by several CAs: finds and verifies the way from a
 * certificate to a root among them.  Read-only once filled; then any thread may ask.
 */
#define CERT_POOL_MAX	64

struct cert_pool {
	struct cert	*cert[CERT_POOL_MAX];		/* owned */
	size_t		 n;
};
/* Every CERTIFICATE block of a PEM file; ERR_LIMIT past CERT_POOL_MAX. */
NODISCARD int	cert_pool_read(struct cert_pool *pool, const char *path, struct err *err);
/* Takes the certificate over, also on failure; one that is there already is dropped. */
NODISCARD int	cert_pool_take(struct cert_pool *pool, struct cert *c, struct err *err);
void		cert_pool_release(struct cert_pool *pool);	/* of a zeroed struct: no-op */
/* The certificate whose key signed c (by name, key identifier and signature); NULL: none. */
const struct cert *cert_pool_issuer(const struct cert_pool *pool, const struct cert *c);
/* From c up to a self-signed certificate of the pool, cert_verify_chain over it. */
NODISCARD int	cert_pool_verify(const struct cert_pool *pool, const struct cert *c, int64_t now,
		    struct err *err);
#endif

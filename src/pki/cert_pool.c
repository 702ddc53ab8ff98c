#include "base/base.h"
#include "base/file.h"
#include "pki/cert_parts.h"
#include "pki/cert_pool.h"

#include <openssl/x509v3.h>

#define CERT_POOL_END	"-----END CERTIFICATE-----"

int
cert_pool_take(struct cert_pool *pool, struct cert *c, struct err *err)
{
	for (size_t i = 0; i < pool->n; i++)
		if (cert_is_same(pool->cert[i], c)) {
			cert_free(c);
			return 0;
		}
	if (pool->n == CERT_POOL_MAX) {
		cert_free(c);
		return err_set(err, ERR_LIMIT, "more than %d CA certificates", CERT_POOL_MAX);
	}
	pool->cert[pool->n++] = c;
	return 0;
}

int
cert_pool_read(struct cert_pool *pool, const char *path, struct err *err)
{
	struct buf	 b;
	struct cert	*c;
	char		*at, *end;
	int		 rc = -1;

	buf_init(&b, CERT_POOL_MAX * LIMIT_CERT);
	if (file_read(path, &b, err) < 0)
		goto out;
	for (at = b.p; at != NULL && (end = strstr(at, CERT_POOL_END)) != NULL; at = end) {
		end += strlen(CERT_POOL_END);
		if (cert_parse(at, (size_t)(end - at), &c, err) < 0 ||
		    cert_pool_take(pool, c, err) < 0) {
			err_add(err, "%s", path);
			goto out;
		}
	}
	rc = 0;
 out:
	buf_free(&b);
	return rc;
}

void
cert_pool_release(struct cert_pool *pool)
{
	for (size_t i = 0; i < pool->n; i++)
		cert_free(pool->cert[i]);
	*pool = (struct cert_pool){0};
}

const struct cert *
cert_pool_issuer(const struct cert_pool *pool, const struct cert *c)
{
	const ASN1_OCTET_STRING	*aki = X509_get0_authority_key_id(c->x), *ski;
	struct err		 err = {0};

	for (size_t i = 0; i < pool->n; i++) {
		const struct cert	*ca = pool->cert[i];

		if (X509_NAME_cmp(X509_get_issuer_name(c->x), X509_get_subject_name(ca->x)) != 0)
			continue;
		ski = X509_get0_subject_key_id(ca->x);
		if (aki != NULL && ski != NULL && ASN1_OCTET_STRING_cmp(aki, ski) != 0)
			continue;
		if (cert_verify_signature(c, ca, &err) == 0)
			return ca;
	}
	return NULL;
}

int
cert_pool_verify(const struct cert_pool *pool, const struct cert *c, int64_t now,
    struct err *err)
{
	const struct cert	*chain[CERT_CHAIN_MAX] = {c};
	size_t			 n = 1;

	while (n < CERT_CHAIN_MAX) {
		const struct cert	*up = cert_pool_issuer(pool, chain[n - 1]);

		if (up == NULL)
			return err_set(err, ERR_CRYPTO, "%s: issued by none of our CAs",
			    chain[n - 1]->subject);
		if (cert_is_same(up, chain[n - 1]))
			return cert_verify_chain(chain, n, now, err);
		chain[n++] = up;
	}
	return err_set(err, ERR_CRYPTO, "%s: a chain of more than %d certificates", c->subject,
	    CERT_CHAIN_MAX);
}

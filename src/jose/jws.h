#ifndef JOSE_JWS_H
#define JOSE_JWS_H
#include "base/json.h"
/*
 * Signed tokens of others, as OpenID Connect uses them: JWS in its compact form (RFC 7515) under
 * a set of JWK (RFC 7517), by ES256 or RS256 (RFC 7518) and nothing else.  The algorithm that a
 * token names must be that of its key, so that neither "none" nor a public key taken as a secret
 * gets through; what a header calls critical is not understood and refused.
 *
 * Not checked: what the claims say (issuer, audience, times).  That is for who asked.
 */
#define JWS_TOKEN	16384		/* longest token */
#define JWS_KEYS	32		/* keys of a set that are looked at */

/*
 * *claims: the payload, an object, when a key of {"keys":[…]} signed it.  ERR_INPUT: no token of
 * this form; ERR_NOT_FOUND: no key of the set fits it (another set may); ERR_CRYPTO: not signed
 * by that key.
 */
NODISCARD int	jws_read(const char *token, size_t len, const json_t *set, json_t **claims,
		    struct err *err);
/* BASE64URL of the left half of the SHA-256 of text: at_hash, and S256 of PKCE with half false. */
void		jws_sha256(const char *text, bool half, struct buf *out);
#endif

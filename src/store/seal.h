#ifndef STORE_SEAL_H
#define STORE_SEAL_H
#include "base/buf.h"
/*
 * Encryption of personal data in columns: SM4-CTR, then HMAC-SM3 (encrypt, then
 * authenticate; OpenSSL 3.0 has no SM4-GCM).  Sealed bytes are
 *	version 1 | 16 bytes IV | ciphertext | 32 bytes HMAC-SM3 over all before and the context
 * Two keys are derived from one data key by HMAC-SM3 over a label.  The context (table and
 * column) binds a value to its place.  What must be found again has a keyed digest beside it.
 */
struct seal;
#define SEAL_OVERHEAD	49
#define SEAL_DIGEST	65		/* hex and NUL */

/* Make a key file (64 hex digits, mode 0640); an existing one is ERR_CONFLICT. */
NODISCARD int	seal_create(const char *path, struct err *err);
NODISCARD int	seal_load(struct seal **out, const char *path, struct err *err);
/* From 32 bytes, e.g. unwrapped by a passphrase. */
struct seal	*seal_new(const unsigned char key[32]);
void		 seal_free(struct seal *s);		/* wipes; NULL: no-op */

/* Append sealed bytes to out.  Can fail only when out is full (buf_check). */
void		 seal_add(const struct seal *s, const char *context, const void *p, size_t len,
		    struct buf *out);
/* Append the plaintext to out; ERR_CRYPTO when key, context or bytes do not fit. */
NODISCARD int	 seal_open(const struct seal *s, const char *context, const void *p,
		    size_t len, struct buf *out, struct err *err);
/* HMAC-SM3 of text (normalised by the caller) for look-up: hex. */
void		 seal_digest(const struct seal *s, const char *context, const char *text,
		    char hex[SEAL_DIGEST]);
#endif

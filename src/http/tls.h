#ifndef HTTP_TLS_H
#define HTTP_TLS_H
#include "base/buf.h"
#include <openssl/ssl.h>
/*
 * TLS 1.2 and 1.3 over memory: bytes from the socket in, plain bytes out, and back.
 * OpenSSL 3.0 has no TLS with SM2 (gm.md 7): the site's certificate is ECDSA or RSA.
 */
struct tls;

/* ask_client: for a certificate, which is not judged here; then no session is resumed. */
NODISCARD int	 tls_context_new(SSL_CTX **out, const char *cert, const char *key,
		    bool ask_client, struct err *err);
/* When its certificate ends (ms), 0 when there is none. */
int64_t		 tls_certificate_ends(const SSL_CTX *ctx);
struct tls	*tls_new(SSL_CTX *ctx);
void		 tls_free(struct tls *t);		/* NULL: no-op */
/* Bytes from the socket; plaintext is appended to `in`.  -1: broken or closed by the peer. */
NODISCARD int	 tls_feed(struct tls *t, const char *p, size_t len, struct buf *in);
/* Encrypt all of p. -1 when the connection is not (any more) able to. */
NODISCARD int	 tls_write(struct tls *t, const void *p, size_t len);
/* Take what is to be sent to the socket, appended to `out`. */
void		 tls_drain(struct tls *t, struct buf *out);
/* The peer's certificate, DER; nothing when it has shown none. */
void		 tls_peer(struct tls *t, struct buf *der);
/* The connection's binding: tls-unique, with TLS 1.3 tls-exporter; 0 when there is none. */
size_t		 tls_channel(struct tls *t, unsigned char *out, size_t max);
void		 tls_close(struct tls *t);		/* queue close_notify */
#endif

#ifndef SIGNER_SITE_CERT_H
#define SIGNER_SITE_CERT_H
#include "base/err.h"
/*
 * TLS certificates for the site and for enrol, so that they can start at once: ECDSA P-256 (OpenSSL 3.0 has
 * no TLS with SM2), signed by a small root of its own whose certificate is pub/site-root.crt
 * and whose key is thrown away.  A real site replaces web.tls_cert and web.tls_key,
 * enrol.tls_cert and enrol.tls_key.
 */
NODISCARD int	site_cert_make(struct err *err);
#endif

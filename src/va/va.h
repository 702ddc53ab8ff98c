#ifndef VA_VA_H
#define VA_VA_H
#include "base/json.h"
/*
 * The validation service: OCSP (RFC 6960), the CRL, CA certificates over HTTP, and the status
 * of a certificate for our own processes.  Reads the ca store; its own keys (OCSP, time
 * stamps) it makes itself, and the signer certifies them.
 *
 *	POST /ocsp, GET /ocsp/<base64>	application/ocsp-response
 *	GET /crl/<ca>.crl		the full list, DER; /crl/<ca>-delta.crl;
 *					/crl/<ca>-p7.crl of a part, /crl/<ca>-p7-delta.crl
 *	GET /ca/<ca>.crt /ca/chain.pem	"issuing", "issuing-2" …; all of them
 *	GET /healthz /metrics
 *
 *	POST /tsa			application/timestamp-query (RFC 3161)
 *
 * It also publishes to an LDAP directory, where one is set (publish.c).
 *
 * Answers without nonce are signed ahead and kept; a revocation is visible after
 * va.fresh_seconds at most, also to who asks an HTTP cache: max-age is what is left of that
 * time since the answer was last seen to be true.
 */

enum va_status { VA_GOOD, VA_REVOKED, VA_UNKNOWN };

/* For web: is the certificate (serial, upper-case hex) good now?  Never from the cache. */
NODISCARD int	va_status(const char *serial, enum va_status *status, struct err *err);

/* Numbers of its socket's side for the hall's metrics (ipc_answer_stats); those of its HTTP
 * side are on its own /metrics. */
NODISCARD int	va_stats(json_t **out, struct err *err);

/* The process. */
NODISCARD int	va_main(struct err *err);
#endif

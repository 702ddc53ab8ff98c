#ifndef ENROL_ENROL_H
#define ENROL_ENROL_H
#include "base/err.h"
/*
 * Enrolment of machines next to the hall, by other systems: EST (RFC 7030) and CMP (RFC 9483).
 * One HTTPS address, enrol.listen; no store, no key of a CA.  Who may have what issued the signer alone decides
 * (signer/ra.h): this process takes protocols apart and puts answers together.
 *
 *	GET  /.well-known/est[/PROFILE]/cacerts		certs-only PKCS#7
 *	GET  /.well-known/est[/PROFILE]/csrattrs
 *	POST /.well-known/est[/PROFILE]/simpleenroll	PKCS#10; HTTP Basic: name and secret of an RA
 *	POST /.well-known/est[/PROFILE]/simplereenroll	the same, for a subject that has one
 *	POST /.well-known/cmp[/p/PROFILE]		PKIMessage, signed by an RA or a machine
 *	GET  /healthz /metrics (the latter from this machine only)
 */

/* The process. */
NODISCARD int	enrol_main(struct err *err);
#endif

#ifndef CLI_CERT_DESK_H
#define CLI_CERT_DESK_H
#include "base/err.h"
/*
 * Freezing, restoring and revoking an applicant's certificate from the server, as at the desk: the
 * text is drawn up here, officers sign it with their UKeys (`yinxin-assistant sign`), and the signer
 * judges the signatures.  The command line adds no right: without them nothing changes.
 */
struct cert_desk {
	const char	*kind;		/* hold, release, revocation */
	const char	*serial;	/* of the sign certificate */
	const char	*officer;	/* serial of the officer's certificate */
	const char	*second;	/* of the other one; "" none */
	const char	*reason;	/* of a revocation, RFC 5280 number */
	const char	*out;		/* file for the text */
};
/* Writes the text to be signed and prints its id, good for 10 minutes. */
NODISCARD int	cert_desk_draft(const struct cert_desk *d, struct err *err);
/* Bring a signature (file of DER): carries it out, or keeps the first of two. */
NODISCARD int	cert_desk_sign(const char *serial, const char *id, const char *file,
		    const char *officer, struct err *err);
/* Print certificates (query: serial, order or subject, "" the newest) and what waits for a second
 * signature. */
NODISCARD int	cert_desk_list(const char *query, const char *state, struct err *err);
/* Print how one stands. */
NODISCARD int	cert_desk_show(const char *serial, struct err *err);
#endif

#ifndef SIGNER_RA_H
#define SIGNER_RA_H
#include "signer/work.h"
/*
 * Registration authorities: the systems next to the hall that may have certificates issued to
 * machines.  Each stands on the signer's own list, bound to one profile of kind tls, one length
 * of life and, where it is said, one ending of common names.  It proves itself to the signer by
 * a secret that the signer made (EST), or by the key of its certificate, with which it signs
 * its messages (CMP).
 */
#define RA_NAME		33
#define RA_SECRET	43		/* characters; 256 bits */
#define RA_REF		65		/* hex of an SM3 digest and a NUL */

struct ra {
	char		 name[RA_NAME];
	const struct profile *profile;	/* NULL: no such profile any more */
	char		 suffix[65];	/* of every CN; "": any */
	int64_t		 days;
	char		 digest[RA_REF]; /* of the secret */
	struct cert	*cert;		/* NULL: signs no messages */
	bool		 active;
};
void		ra_release(struct ra *ra);	/* of a zeroed struct: no-op */

/* SM3, lower-case hex. */
void		ra_digest(const void *p, size_t len, char hex[RA_REF]);

/* By the secret.  ERR_NOT_FOUND, in the same words: no such name, switched off, another secret. */
NODISCARD int	ra_by_secret(struct signer *s, const char *name, const void *secret,
		    size_t secret_len, struct ra *out, struct err *err);
/* On the word of a certificate issued in its name; ERR_DENIED: switched off. */
NODISCARD int	ra_by_name(struct signer *s, const char *name, struct ra *out, struct err *err);
/* The one with this certificate (SM3 of it, hex), if that holds today. */
NODISCARD int	ra_by_print(struct signer *s, const char *print, struct ra *out,
		    struct err *err);
/* The same by the certificate's subjectKeyIdentifier, lower-case hex. */
NODISCARD int	ra_by_kid(struct signer *s, const char *kid, struct ra *out, struct err *err);
#endif

#ifndef SIGNER_ENROL_H
#define SIGNER_ENROL_H
#include "signer/ra.h"
/*
 * One certificate for a machine, asked for by a registration authority that has proved itself.
 * Profile, life and issuer come from the RA's row; subject and key from the request.
 */
struct enrolment {
	const struct ra	*ra;
	const char	*from;		/* address, for the journal */
	char		 ref[RA_REF];	/* who asks for what: one certificate each */
	char		 request[RA_REF]; /* digest; another under the same ref is refused */
	bool		 again;		/* when half of its life is over another one is made */
	bool		 renewal;	/* the subject has a good certificate by this RA */
	struct name	 subject;
	EVP_PKEY	*key;
};
void		enrolment_release(struct enrolment *e);
/* Hex SM3 over parts, each with its length; ends with NULL. */
struct enrol_part {
	const void	*p;
	size_t		 len;
};
void		enrol_digest(const struct enrol_part *parts, char hex[RA_REF]);
/* The certificate given before, or a new one.  ERR_DENIED, ERR_INPUT, ERR_CONFLICT. */
NODISCARD int	enrol_work(struct signer *s, struct enrolment *e, struct cert **out,
		    struct err *err);
/*
 * A machine speaks for itself while its certificate (found by the digest of its DER) and its RA are
 * good.  ERR_NOT_FOUND, ERR_DENIED.
 */
NODISCARD int	enrol_machine(struct signer *s, const char *print, struct ra *ra,
		    struct cert **cert, struct err *err);
/* A line in the journal; ra NULL: a stranger, of whom only so many a minute are written down. */
void		enrol_refused(struct signer *s, const struct ra *ra, const char *from,
		    const struct err *why);
#endif

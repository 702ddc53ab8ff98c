#ifndef SIGNER_PAIR_H
#define SIGNER_PAIR_H
#include "base/clock.h"
#include "signer/work.h"
/*
 * A pair that was issued, looked at again: its status, and how that changes.  Both halves
 * change together, named by the serial of the sign certificate.  Inside a transaction.
 */
enum pair_status { PAIR_GOOD, PAIR_HELD, PAIR_REVOKED, PAIR__MAX };

struct pair {
	char		 order[21];			/* it was issued for */
	char		 enc_serial[CERT_SERIAL_TEXT];
	json_t		*statement;			/* the approval */
	struct cert	*sign;
	enum pair_status status;
	int		 reason;			/* enum crl_reason */
	int64_t		 revoked_at, changed;		/* ms; 0: never */
	int64_t		 invalid_since;			/* ms, RFC 5280 5.3.2; 0: not said */
};
/* good, held, revoked */
const char	*pair_status_name(enum pair_status status);
/* By the sign serial; ERR_NOT_FOUND.  Releases what p held; pair_release it. */
NODISCARD int	 pair_load(struct db *db, const char *serial, struct pair *p, struct err *err);
void		 pair_release(struct pair *p);

struct pair_change {
	enum pair_status to;
	int		 reason;		/* for held and revoked */
	int64_t		 invalid_since;		/* ms, RFC 5280 5.3.2; 0: not said */
	const char	*by;			/* officer's serial, "holder", "phone", "admin" */
	const char	*second;		/* the other officer; NULL: none */
	const char	*what;			/* the journal's word: "certificate.revoke" */
};
/* Who changed it last: as `by` below, "" nobody yet. */
NODISCARD int	 pair_changed_by(struct db *db, const char *serial, char by[CERT_SERIAL_TEXT],
		    struct err *err);
/* Set both halves and write the journal; ERR_CONFLICT: somebody was faster. */
NODISCARD int	 pair_change(struct db *db, const struct pair *p, const struct pair_change *c,
		    struct err *err);
#endif

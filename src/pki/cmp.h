#ifndef PKI_CMP_H
#define PKI_CMP_H
#include "pki/key.h"
#include "pki/name.h"
/*
 * Requests of the certificate management protocol (RFC 4210, RFC 4211, RFC 9483), as far as whoever
 * decides about them has to read them: who signed what, and what is asked for.  One request a
 * message; answers, confirmations and transactions are OpenSSL's business (enrol/cmp.c).
 */
#define CMP_MAX		(32 * 1024)	/* bytes of one message */
#define CMP_SERIAL_TEXT	65

enum cmp_type {			/* of PKIBody; the number is its tag */
	CMP_IR = 0, CMP_CR = 2, CMP_P10CR = 4, CMP_KUR = 7, CMP_RR = 11, CMP_ERROR = 23,
};
/* A message taken apart; pointers lead into the bytes it was parsed from. */
struct cmp_message {
	unsigned		 type;		/* PKIBody's; others than enum cmp_type happen */
	struct der		 transaction;	/* transactionID; empty when absent */
	struct der		 kid;		/* senderKID; empty when absent */
	struct der		 sender;	/* first of extraCerts, whole; empty when absent */
	struct der		 body;		/* inside the type's tag */
	struct buf		 protected;	/* ProtectedPart, put together */
	struct der_signed	 signature;	/* over it; empty when there is no protection */
};
/* Needs cmp_message_free also when it fails.  ERR_INPUT. */
NODISCARD int	cmp_parse(const void *p, size_t len, struct cmp_message *m, struct err *err);
void		cmp_message_free(struct cmp_message *m);	/* of a zeroed struct: no-op */

/*
 * Subject and key that an ir, cr, p10cr or kur asks to be certified, the proof of possession
 * checked (RFC 4211 4.1: signed, not "RA verified").  The caller frees both, also on failure.
 */
NODISCARD int	cmp_wanted(const struct cmp_message *m, struct name *subject, EVP_PKEY **key,
		    struct err *err);
/* Serial (upper-case hex) and reason of what an rr asks to be revoked. */
NODISCARD int	cmp_revoked(const struct cmp_message *m, char serial[CMP_SERIAL_TEXT],
		    int *reason, struct err *err);
#endif

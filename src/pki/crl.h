#ifndef PKI_CRL_H
#define PKI_CRL_H
#include "pki/cert.h"
/*
 * Certificate revocation lists v2 (RFC 5280 5, GB/T 20518 5.3): full, delta and partitioned lists
 * with cRLNumber and authorityKeyIdentifier.
 */
/* RFC 5280 5.3.1; 7 is not used. */
enum crl_reason {
	CRL_REASON_UNSPECIFIED		= 0,
	CRL_REASON_KEY_COMPROMISE	= 1,
	CRL_REASON_CA_COMPROMISE	= 2,
	CRL_REASON_AFFILIATION_CHANGED	= 3,
	CRL_REASON_SUPERSEDED		= 4,
	CRL_REASON_CESSATION		= 5,
	CRL_REASON_HOLD			= 6,
	CRL_REASON_REMOVE		= 8,
	CRL_REASON_PRIVILEGE_WITHDRAWN	= 9,
	CRL_REASON_AA_COMPROMISE	= 10,
};
/* The longest list we make or read, bytes. */
#define CRL_MAX	(128 * 1024 * 1024)

struct crl_entry {
	char		 serial[CERT_SERIAL_TEXT];	/* upper-case hex */
	int64_t		 revoked;			/* ms */
	int		 reason;			/* enum crl_reason; 0 is not written */
	int64_t		 invalid_since;			/* ms, RFC 5280 5.3.2; 0: not written */
};
/* What a verified list says about itself. */
struct crl_facts {
	int64_t		 this_update, next_update;	/* ms; next 0 when absent */
	int64_t		 number;			/* cRLNumber; -1 when absent */
	size_t		 entries;
};

/* Everything that goes into a list; all borrowed. */
struct crl_plan {
	const struct cert *issuer;
	int64_t		 number;			/* cRLNumber */
	int64_t		 this_update, next_update;	/* ms */
	const struct crl_entry *entries;		/* in any order */
	size_t		 n;
	int64_t		 base;		/* delta: number of the full list it builds on; 0: full */
	const char	*freshest;	/* URL of the delta list (5.2.6); NULL: none */
	const char	*point;		/* URL of the partition it is for; NULL: the whole CA */
};
/*
 * Append the signed DER of a list to der.  A delta carries deltaCRLIndicator (5.2.4), a list
 * of one partition issuingDistributionPoint (5.2.5), both critical.
 */
NODISCARD int	crl_build(const struct crl_plan *plan, const struct signing_key *key,
		    struct buf *der, struct err *err);
/* Check issuer name, cRLSign and signature (DER).  Does not judge the times. */
NODISCARD int	crl_verify(const void *der, size_t len, const struct cert *issuer,
		    struct crl_facts *facts, struct err *err);
/*
 * What is not in this (verified) list is not revoked: it is no delta, is of the whole CA or of the part
 * that c points to (5.2.5), and nothing critical in it is unknown (5.2).  ERR_INPUT: it is not so.
 */
NODISCARD int	crl_check_scope(const void *der, size_t len, const struct cert *c,
		    struct err *err);
/* Look a serial up in a (verified) list: *found, and *entry when found. */
NODISCARD int	crl_find(const void *der, size_t len, const char *serial, bool *found,
		    struct crl_entry *entry, struct err *err);
#endif

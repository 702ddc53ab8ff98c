#ifndef PKI_PROFILE_H
#define PKI_PROFILE_H
#include "pki/name.h"
/*
 * What a certificate of a kind contains: one const row per kind (profile.def), in the terms
 * of GB/T 20518 and RFC 5280.  Extensions come from here and never from a request.
 *
 * A *product* is what people apply for: a pair of profiles, signature and encryption.
 */
enum profile_kind {
	PROFILE_CA,		/* root and issuing CA */
	PROFILE_OCSP,		/* delegated responder (RFC 6960 4.2.2.2) */
	PROFILE_SIGN,		/* signature half of a pair, or single */
	PROFILE_ENC,		/* encryption half of a pair */
};
/* keyUsage bits as OpenSSL's KU_ constants (first octet). */
#define PROFILE_SIGN_USAGE	0xC0u		/* digitalSignature, nonRepudiation */
#define PROFILE_ENC_USAGE	0x38u		/* key/data encipherment, key agreement */
#define PROFILE_CA_USAGE	0x06u		/* keyCertSign, cRLSign */

struct profile {
	const char	*name;			/* "sm2-org-sign" */
	const char	*title;			/* Chinese, for people */
	enum profile_kind kind;
	unsigned	 usage;			/* keyUsage bits, critical */
	const char	*eku;			/* comma list of OIDs; NULL: none */
	int		 path_len;		/* CA only; -1: unlimited */
	int		 max_years;
	const char	*required;		/* comma list of subject attributes */
	const char	*allowed;		/* further attributes that may stand */
	const char	*identity;		/* "uscc", "resident-id", NULL: carries none */
	bool		 pointers;		/* AIA, CRL distribution point, policy */
	bool		 no_check;		/* id-pkix-ocsp-nocheck */
};
struct product {
	const char	*name;			/* "sm2-org" */
	const char	*title;
	const struct profile *sign, *enc;	/* enc NULL: a single certificate */
};
extern const struct profile	profiles[];	/* ends with name NULL */
extern const struct product	products[];	/* ends with name NULL */

/*
 * root, issuing-ca, ocsp, sm2-org-sign, sm2-org-enc, sm2-person-sign, sm2-person-enc, staff;
 * products sm2-org, sm2-person, staff (single).  NULL when unknown.
 */
const struct profile	*profile_find(const char *name);
const struct product	*product_find(const char *name);
/* Every required attribute is there, none that is not allowed, years within 1..max_years. */
NODISCARD int	profile_check(const struct profile *p, const struct name *subject, int years,
		    struct err *err);
#endif

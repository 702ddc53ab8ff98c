#ifndef PKI_CERT_PARTS_H
#define PKI_CERT_PARTS_H
#include "pki/cert.h"
#include "pki/sm2_verifier.h"

#include <stdatomic.h>
/*
 * Inside of the certificate files, for src/pki only.
 */
struct cert {
	_Atomic int	 more;			/* holders beside the first */
	X509		*x;			/* read in plain_context(): without its key;
					 * without its signature when cert_build made it */
	_Atomic(X509 *)	 whole;			/* with it and the default ID; NULL until wanted */
	EVP_PKEY	*key;			/* of any kind; NULL when unreadable */
	struct sm2_verifier *verifier;		/* of the key; NULL: it is not expected to sign much */
	unsigned char	*der;			/* the bytes as they came */
	size_t		 der_len;
	struct name	 name;			/* subject */
	char		*subject, *issuer;	/* one line each */
	char		 serial[CERT_SERIAL_TEXT];
	char		 print[CERT_PRINT_TEXT];
	int64_t		 not_before, not_after;
	unsigned	 usage;			/* 0 when absent */
	uint32_t	 flags;			/* EXFLAG_… */
};

/* A certificate that was read before it was signed is now this one, of the same TBSCertificate. */
void		cert_take_signature(struct cert *c, const struct buf *der);
/* ms of an ASN.1 time; -1 when it is none. */
NODISCARD int	cert_time(const ASN1_TIME *t, int64_t *ms);
/* Upper-case hex of an ASN.1 INTEGER: even, no leading 00; -1 when longer than 20 bytes. */
NODISCARD int	cert_serial_from_asn1(const ASN1_INTEGER *n, char text[CERT_SERIAL_TEXT]);
/* The INTEGER of upper-case hex, NULL when it is none; the caller frees. */
ASN1_INTEGER	*cert_serial_to_asn1(const char *text);
/* Whole ms to an ASN1_TIME of RFC 5280 form; the caller frees. */
ASN1_TIME	*cert_time_new(int64_t ms);
/* Where we write an identity code of this type ("uscc", "resident-id"). */
const char	*cert_identity_oid(const char *type);
/* An extension of this OID (dotted) is read as an identity code. */
bool		 cert_identity_is_oid(const char *oid);
/*
 * cert_parse for the lint alone: what breaks a rule of RFC 5280 is read as far as it can be.  Serial "",
 * names "" and times 0 stand for what nobody can use.
 */
NODISCARD int	 cert_parse_any(const void *p, size_t len, struct cert **out, struct err *err);
/* Append the extensions of the plan, each an Extension, without the SEQUENCE around. */
NODISCARD int	cert_add_extensions(struct buf *out, const struct cert_plan *plan,
		    struct err *err);
#endif

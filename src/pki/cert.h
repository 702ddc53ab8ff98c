#ifndef PKI_CERT_H
#define PKI_CERT_H
#include "pki/profile.h"
#include "pki/signing_key.h"

#include <openssl/x509.h>
/*
 * X.509 v3 certificates (RFC 5280, GB/T 20518) with keys of the kinds of key.h.
 * A struct cert is immutable; whoever gets one through `out` frees it with cert_free.
 */
struct cert;
#define CERT_SERIAL_LEN		16
#define CERT_SERIAL_TEXT	41		/* upper-case hex of up to 20 bytes and a NUL */
#define CERT_PRINT_TEXT		65		/* hex of an SM3 digest and a NUL */
#define CERT_IDENTITY_TEXT	129
#define CERT_CHAIN_MAX		8

/* Building ---------------------------------------------------------------------------- */

/* How the identity code stands inside its extension; fields differ between CAs. */
enum identity_form {
	IDENTITY_UTF8,			/* bare UTF8String: what most CAs write; default */
	IDENTITY_PRINTABLE,		/* bare PrintableString: the 2012 text */
	IDENTITY_IMPLICIT,		/* resident id as [0] IMPLICIT PrintableString */
	IDENTITY_EXPLICIT,		/* resident id as [0] EXPLICIT PrintableString */
};
/* Where relying parties look, and which policy applies; any member may be NULL. */
struct cert_pointers {
	const char	*ocsp;			/* URL of the OCSP responder */
	const char	*ca_issuers;		/* URL of the issuer's certificate */
	const char	*crl;			/* URL of the CRL */
	const char	*policy;		/* OID of the certificate policy */
	const char	*cps;			/* URL of the certification practice statement */
};
/* Everything that goes into a certificate. */
struct cert_plan {
	const struct profile *profile;
	const struct name *subject;
	const struct cert *as;			/* a cross-certificate: subject and key identifier byte
						   for byte as in this one; NULL */
	const EVP_PKEY	*key;			/* the subject's public key, of any kind */
	const struct cert *issuer;		/* NULL: self-signed */
	unsigned char	 serial[CERT_SERIAL_LEN]; /* from cert_new_serial */
	int64_t		 not_before, not_after;	/* ms; cut to seconds */
	int64_t		 carried;		/* ms left of the one it renews; on top of the
						   profile's limit, at most a year counts */
	const char	*id_no;			/* identity code; NULL: none */
	enum identity_form id_form;
	struct cert_pointers pointers;		/* used when the profile says so */
	char		 crl_part[320];		/* room for pointers.crl of this certificate alone */
};
/* 16 random bytes, positive, first byte never zero (so the text is 32 digits). */
void		 cert_new_serial(unsigned char serial[CERT_SERIAL_LEN]);
void		 cert_serial_text(const unsigned char serial[CERT_SERIAL_LEN],
		    char text[CERT_SERIAL_TEXT]);
/*
 * Sign the plan with the issuer's key (its own key when self-signed), once lint.h finds no
 * fault in what is to be signed, and re-verify the result.  ERR_INPUT: the subject does not fit
 * the profile, the validity is not within the issuer's, a rule is broken; ERR_CRYPTO: the key is not the issuer's.
 */
NODISCARD int	 cert_build(const struct cert_plan *plan, const struct signing_key *issuer_key,
		    struct cert **out, struct err *err);

/* Reading ----------------------------------------------------------------------------- */

/* One certificate as DER or PEM, at most LIMIT_CERT bytes, trailing bytes refused in DER.
 * Any key algorithm parses; cert_point tells whether it is SM2. */
NODISCARD int	 cert_parse(const void *p, size_t len, struct cert **out, struct err *err);
NODISCARD int	 cert_read(const char *path, struct cert **out, struct err *err);
void		 cert_free(struct cert *c);		/* NULL: no-op */
/* c once more, for somebody who will cert_free it too; from any thread. */
struct cert	*cert_hold(struct cert *c);

/* Borrowed, live as long as the certificate. */
const unsigned char *cert_der(const struct cert *c, size_t *len);
X509		*cert_x509(const struct cert *c);	/* with the default ID set */
const char	*cert_subject(const struct cert *c);	/* one line, see name_text */
const char	*cert_issuer(const struct cert *c);
const char	*cert_cn(const struct cert *c);		/* "" when it has none */
const char	*cert_serial(const struct cert *c);	/* upper-case hex, no leading 00 */
const char	*cert_fingerprint(const struct cert *c); /* SM3 of the DER, lower-case hex */
const struct name *cert_name(const struct cert *c);	/* the subject's rows */
int64_t		 cert_not_before(const struct cert *c);	/* ms */
int64_t		 cert_not_after(const struct cert *c);
unsigned	 cert_usage(const struct cert *c);	/* keyUsage bits; 0 when absent */
bool		 cert_is_ca(const struct cert *c);
long		 cert_path_len(const struct cert *c);	/* CAs that may stand below; -1: any */
bool		 cert_is_sign(const struct cert *c);	/* may sign, may not encipher */
bool		 cert_is_enc(const struct cert *c);	/* may encipher, may not sign */
bool		 cert_has_eku(const struct cert *c, const char *oid);
/* Same DER. */
bool		 cert_is_same(const struct cert *a, const struct cert *b);
/* "uscc", "resident-id" … and the code; false when the certificate carries none.  Reads bare
 * strings and tagged forms, the arcs of GM/T 0015-2012 and -2023 and 1.2.86.11.7. */
bool		 cert_identity(const struct cert *c, const char **type,
		    char code[CERT_IDENTITY_TEXT]);
/* The public key, borrowed; NULL when it is of no kind we use. */
EVP_PKEY	*cert_key(const struct cert *c);
/*
 * Many signatures will be verified with this certificate: takes a little time now (0.4 ms for
 * SM2), makes each of them quicker.  Before other threads know it.
 */
void		 cert_expect_signatures(struct cert *c);
/* The SM2 public key; ERR_CRYPTO when the key is of another kind. */
NODISCARD int	 cert_point(const struct cert *c, unsigned char point[SM2_POINT_LEN],
		    struct err *err);
void		 cert_pem_add(const struct cert *c, struct buf *pem);

/* Trusting ---------------------------------------------------------------------------- */

/* The signature of the certificate's holder over the message, as key_verify. */
NODISCARD int	 cert_verify_message(const struct cert *c, const void *p, size_t len,
		    const void *sig, size_t sig_len, struct err *err);
/* The signature alone, over the exact bytes (for SM2 with the default ID). */
NODISCARD int	 cert_verify_signature(const struct cert *c, const struct cert *issuer,
		    struct err *err);
/*
 * RFC 5280 6.1 as far as our certificates use it: signatures, names, AKI/SKI, validity at
 * `now`, CA flag, keyCertSign, path length, no unknown critical extension.  chain[0] is the
 * leaf, chain[n-1] the trust anchor (compared by whoever calls; here only its self-signature,
 * if it is self-signed, and its validity are checked).  Not checked: revocation, policies,
 * name constraints.
 */
NODISCARD int	 cert_verify_chain(const struct cert *const *chain, size_t n, int64_t now,
		    struct err *err);
#endif

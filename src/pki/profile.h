#ifndef PKI_PROFILE_H
#define PKI_PROFILE_H
#include "pki/name.h"
/*
 * What a certificate of a kind contains, in the terms of GB/T 20518 and RFC 5280: read from a
 * YAML file (profiles/default.yaml, which is built in, says what each key means), checked
 * whole before any of it is used.  Extensions come from here and never from a request.
 *
 * A *product* is what people apply for: a pair of profiles, signature and encryption.
 */
enum profile_kind {
	PROFILE_CA,		/* root and issuing CA */
	PROFILE_OCSP,		/* delegated responder (RFC 6960 4.2.2.2) */
	PROFILE_TSA,		/* time stamps (RFC 3161 2.3) */
	PROFILE_SIGN,		/* signature half of a pair, or single */
	PROFILE_ENC,		/* encryption half of a pair */
	PROFILE_TLS,		/* machines */
	PROFILE_CMP,		/* signs our answers over CMP (RFC 9483) */
};
/* keyUsage bits as OpenSSL's KU_ constants (first octet). */
#define PROFILE_SIGN_USAGE	0xC0u		/* digitalSignature, nonRepudiation */
#define PROFILE_ENC_USAGE	0x38u		/* key/data encipherment, key agreement */
#define PROFILE_CA_CERT_SIGN	0x04u		/* keyCertSign */
#define PROFILE_CA_USAGE	0x06u		/* keyCertSign, cRLSign */

#define PROFILE_PARTS_MAX	256

/* An extension beyond those we know. */
struct profile_extension {
	const char	*oid;			/* dotted */
	bool		 critical;
	const unsigned char *value;		/* DER */
	size_t		 len;
};
struct profile {
	const char	*name;			/* "sm2-org-sign" */
	const char	*title;			/* Chinese, for people */
	enum profile_kind kind;
	const char	*authority;		/* which CA issues it; "issuing" */
	const char	*keys;			/* comma list of key kinds */
	unsigned	 usage;			/* keyUsage bits, critical */
	const char	*eku;			/* comma list of OIDs; NULL: none */
	int		 path_len;		/* CA only; -1: unlimited */
	int		 max_years;
	const char	*required;		/* comma list of subject attributes */
	const char	*allowed;		/* further attributes that may stand */
	const char	*fixed;			/* "C=CN" lines, each ended by \n; NULL: none */
	const char	*identity;		/* "uscc", "resident-id", NULL: carries none */
	bool		 pointers;		/* AIA, CRL distribution point, policy */
	int		 list_parts;		/* CRL distribution points are spread over so many
						   lists (RFC 5280 5.2.5); 0: one list for all */
	bool		 no_check;		/* id-pkix-ocsp-nocheck */
	const char	*policy, *cps;		/* instead of the settings'; NULL: those */
	const struct profile_extension *extension;
	size_t		 n_extension;
};
struct product {
	const char	*name;			/* "sm2-org" */
	const char	*title;
	const struct profile *sign, *enc;	/* enc NULL: a single certificate */
	bool		 soft;			/* medium: soft; the key may be a file, else a UKey */
};

/*
 * Read the file of the setting ca.profiles; an empty setting means the built-in profiles,
 * which hold without this call too.  Once, before threads; pointers live until the end.
 * ERR_INPUT names file, line and fault, and nothing has changed then.
 */
NODISCARD int	profiles_load(struct err *err);
/* The same from text, for tests and `yinxin ca profiles`; name stands in sentences. */
NODISCARD int	profiles_parse(const char *p, size_t len, const char *name, struct err *err);

/* NULL when unknown. */
const struct profile	*profile_find(const char *name);
/* The extended key usage (OID) of this profile; "", which no certificate has, when it has none or is
 * not there: a house without a profile of seal makers has no makers. */
const char	*profile_eku(const char *name);
const struct product	*product_find(const char *name);
/* i-th, NULL at the end. */
const struct profile	*profile_at(size_t i);
/* A key of this kind may be certified under the profile. */
bool		profile_allows_key(const struct profile *p, const char *kind);
/*
 * A subject may be named by a code of this type ("uscc", "org-code", "resident-id"): the extension
 * of the unified code is that of the older organisation code (GM/T 0015-2012 organizationCode).
 */
bool		profile_names_by(const struct profile *p, const char *type);
/* Every required attribute is there, none that is not allowed, years within 1..max_years. */
NODISCARD int	profile_check(const struct profile *p, const struct name *subject, int years,
		    struct err *err);
#endif

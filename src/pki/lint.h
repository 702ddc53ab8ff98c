#ifndef PKI_LINT_H
#define PKI_LINT_H
#include "pki/cert.h"
/*
 * Rules a certificate has to keep, one row of lint.def each: RFC 5280 and what updates it,
 * GB/T 20518, and its profile.  cert_build asks before it signs; `yinxin cert lint` asks of
 * any certificate.
 */
enum lint_level {
	LINT_ERROR,			/* such a certificate is not signed */
	LINT_WARNING,			/* some relying party may stumble */
};
struct lint_rule {
	const char	*name;		/* "serial_positive" */
	enum lint_level	 level;
	const char	*source;	/* "RFC 5280 4.1.2.2" */
	const char	*text;		/* what has to hold */
};
/* What is looked at: issuer and profile may be NULL, then their rules do not apply. */
struct lint_case {
	const struct cert	*cert;
	const struct cert	*issuer;	/* not the certificate itself */
	const struct profile	*profile;
};

/* Tells found() of each rule broken, in the order of the table; gives how many are errors. */
size_t		 lint_run(const struct lint_case *c,
		    void (*found)(const struct lint_rule *rule, void *arg), void *arg);
/* ERR_INPUT names the first broken rule that is an error. */
NODISCARD int	 lint_check(const struct lint_case *c, struct err *err);
/*
 * A certificate (DER or PEM) as it is, for lint_run alone: serial numbers, names and times that
 * cert_parse refuses are rules here.  ERR_INPUT: it is no Certificate at all.
 */
NODISCARD int	 lint_read(const void *p, size_t len, struct cert **out, struct err *err);
/* i-th rule, NULL at the end. */
const struct lint_rule *lint_rule_at(size_t i);
#endif

#ifndef PKI_LINT_RULES_H
#define PKI_LINT_RULES_H
#include "pki/cert_parts.h"
#include "pki/key_kinds.h"
#include "pki/lint.h"

#include <openssl/x509v3.h>
/*
 * For src/pki/lint only: the rules by name, and what several of them ask.
 */
#define LINT(rule, level, source, text)	bool lint_##rule(const struct lint_case *c);
#include "pki/lint/lint.def"
#undef LINT

/* The extension, NULL when it is not there. */
X509_EXTENSION	*lint_extension(const struct lint_case *c, int nid);
bool		 lint_is_critical(const struct lint_case *c, int nid);	/* there and critical */
/* Its content slice; len 0 when it is not there. */
struct der	 lint_value(const X509_EXTENSION *e);
bool		 lint_is_ca(const struct lint_case *c);	/* by basic constraints */
bool		 lint_is_self_issued(const struct lint_case *c);
bool		 lint_has_eku(const struct lint_case *c, int nid);
size_t		 lint_eku_count(const struct lint_case *c);
#endif

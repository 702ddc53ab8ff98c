#ifndef PKI_STATEMENT_H
#define PKI_STATEMENT_H
#include "base/json.h"
#include "pki/cert.h"
/*
 * Statements: what people sign in their UKeys so that a trust service acts.  Canonical JSON
 * (sorted keys, no blanks) with "type" and "v":1, signed with SM2/SM3 and the default ID.
 */
#define STATEMENT_MAX	16384

/* A statement and the signatures over its bytes; all borrowed. */
struct signature {
	const void	*p;			/* DER */
	size_t		 len;			/* 0: none was given */
};
struct signed_statement {
	const char	*text;			/* canonical JSON */
	size_t		 len;
	struct signature first, second;
};

/* Parse and check that it is canonical, of this type and version 1; the caller decrefs. */
NODISCARD int	statement_parse(const char *bytes, size_t len, const char *type, json_t **out,
		    struct err *err);
/* The signature over the statement's bytes is that of this certificate (SM2); ERR_DENIED. */
NODISCARD int	statement_verify(const struct signed_statement *in,
		    const struct signature *signature, const struct cert *by, struct err *err);

/* A statement as a request carries it: "statement", "signature", perhaps "second"; what `of`
 * points to lives in it. */
struct statement_asked {
	struct signed_statement	 of;
	struct buf		 first, second;
};
/* statement_asked_free it in any case.  ERR_INPUT: a part is missing or no base64. */
NODISCARD int	statement_asked_read(struct statement_asked *a, const json_t *in,
		    struct err *err);
void		statement_asked_free(struct statement_asked *a);
#endif

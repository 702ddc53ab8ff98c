#ifndef TOKEN_SIGNABLE_H
#define TOKEN_SIGNABLE_H
#include "base/err.h"
/*
 * What a page may have signed in a UKey: only texts whose purpose is known.  A sign-in challenge
 * (it begins with the line "yinxin-sign-in"), or a statement of pki/statement.h of a type that
 * is listed here.  So a page can not obtain a signature over a contract or a request that some
 * other system would understand.
 *
 * Not checked: whether what the statement says is true; the trust services do that.
 */
#define SIGNABLE_MAX	16384		/* bytes of a text */

/* The kind ("sign-in", or the statement's type), a constant; ERR_DENIED, ERR_LIMIT. */
NODISCARD int	signable_kind(const char *text, size_t len, const char **kind, struct err *err);
/*
 * A sign-in challenge names its site in the third line: is that the origin that asks?  Otherwise
 * one allowed site could have another one's challenge signed, and sign in there as the user.
 * Statements name no site: true.
 */
bool		signable_is_for(const char *text, const char *origin);
#endif

#ifndef SIGNER_REQUEST_H
#define SIGNER_REQUEST_H
#include <stddef.h>
/* The version of the signer's request table; a change in any request or answer raises it. */
#define SIGNER_VERSION	2

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
#endif

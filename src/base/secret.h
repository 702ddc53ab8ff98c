#ifndef BASE_SECRET_H
#define BASE_SECRET_H
#include "base/base.h"
/*
 * Bytes that are wiped before they are freed: keys, PINs, passphrases.  Never in an arena,
 * never in JSON, never logged.
 */
struct secret {
	unsigned char	*p;
	size_t		 len;
};

void	secret_set(struct secret *s, const void *p, size_t len);	/* copies; old wiped */
void	secret_free(struct secret *s);				/* of a zeroed struct: no-op */
void	secret_wipe(void *p, size_t len);
#endif

#ifndef BASE_RAND_H
#define BASE_RAND_H
#include "base/base.h"
/*
 * The only source of randomness: OpenSSL's generator.  If it fails the process ends; there
 * is no weaker fallback.  Tests replace it with rand_replace(), NULL restores it.
 */
void	 rand_bytes(void *p, size_t len);
uint32_t rand_below(uint32_t n);			/* uniform in [0, n), n > 0 */
void	 rand_digits(char *text, size_t n);		/* n digits and a NUL */
/* n characters of [A-Za-z0-9] and a NUL: 5.95 bits each. */
void	 rand_token(char *text, size_t n);
/* A fresh id for a row: positive, grows with time (ms << 21 | 21 random bits). */
int64_t	 rand_id(void);
void	 rand_replace(void (*fn)(void *p, size_t len));
#endif

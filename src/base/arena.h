#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/base.h"
/*
 * Memory that lives as long as one web request: allocated piecewise, freed at once.
 * Passing `max` bytes in total ends in BUG(): handlers bound their inputs before.
 * Never holds secrets (it is not wiped).
 */
struct arena;

struct arena	*arena_new(size_t max);
void		 arena_free(struct arena *a);		/* NULL: no-op */
void		*arena_alloc(struct arena *a, size_t len); /* zeroed, aligned for anything */
char		*arena_strdup(struct arena *a, const char *s);
char		*arena_strndup(struct arena *a, const char *s, size_t len);
char		*arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
/* Run fn(p) when the arena is freed, newest first: for json_decref and the like. */
void		 arena_defer(struct arena *a, void (*fn)(void *), void *p);
#endif

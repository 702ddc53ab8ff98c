#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H
#include "web/page.h"
/*
 * From a path to its page.  Each {x} takes one segment of 1 to 80 of [A-Za-z0-9._-];
 * {no} 20 digits.  Where two rows fit, the one with the literal segment earlier wins.
 */
/* NULL when there is none; *params (may be NULL) gets a new object {x: segment}. */
const struct page	*route_find(const char *path, json_t **params);
/*
 * The path as the log may have it: of a page whose address is a secret the pattern alone, of no
 * page without its long segments, which may be a secret mistyped.
 */
const char		*route_log(struct arena *a, const struct page *p, const char *path);
/* Does the path fit the pattern? */
bool			 route_fits(const char *pattern, const char *path, json_t *params);
/* A pattern with its {x} filled from params.  Appends to out. */
void			 route_write(const char *pattern, const json_t *params,
			    struct buf *out);
#endif

#ifndef WEB_TEMPLATES_H
#define WEB_TEMPLATES_H
#include "web/mustache.h"
/*
 * All templates, compiled: html/<name>.html, built in or (dir not NULL) read from
 * <dir>/html.  Read-only once opened.
 */
struct templates;
NODISCARD int	templates_open(const char *dir, struct templates **out, struct err *err);
void		templates_close(struct templates *t);		/* NULL: no-op */
/* NULL when there is none; fits mustache_view.partial. */
const struct mustache *templates_find(const char *name, void *templates);
#endif

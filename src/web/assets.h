#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H
#include "http/server.h"
/*
 * Style sheets, scripts and pictures below assets_root(), which carries the hash of them all:
 * browsers may keep them for ever.  dir not NULL: read from <dir>/assets each time (design
 * work), never kept.
 */
#define ASSETS_ROOT	"/assets/"
const char	*assets_root(const char *dir);		/* "/assets/<hash>", static text */
/* true: the path was one of ours and res is filled, if only with 404. Does not block when
 * dir is NULL. */
bool		 assets_serve(const struct http_request *req, struct http_response *res,
		    const char *dir);
/* "text/css; charset=utf-8" by the end of the name. */
const char	*assets_type(const char *name);
#endif

#ifndef WEB_SITE_H
#define WEB_SITE_H
#include "web/page.h"
#include "web/templates.h"
/* What all requests share.  Read-only once the server runs. */
struct site {
	struct hall		*hall;
	struct templates	*templates;	/* NULL when read anew for each request */
	const char		*dir;		/* web.dir, NULL: built in */
	json_t			*global;	/* {"site","asset","assistant"}: outermost context */
	bool			 strict;	/* templates: a missing name is an error */
};
/* The global context of a hall's pages. */
json_t	*site_global(const struct hall *h, const char *dir);

/* Answer one request, whatever it is; fits http_config.handle.  arg is the struct site. */
void	site_handle(struct http_request *req, struct http_response *res, void *arg);
/* What needs no waiting is answered on the loop; fits http_config.fast. */
bool	site_fast(struct http_request *req, struct http_response *res, void *arg);
/* Fits http_config.body_max. */
size_t	site_body_max(const struct http_request *req, void *arg);
#endif

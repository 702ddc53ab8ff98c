#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H
#include "base/arena.h"
#include "http/server.h"
/* The value of a cookie of the request (RFC 6265 5.4), NULL when absent; the first wins. */
const char	*http_cookie(const struct http_request *req, const char *name);
/*
 * Set a cookie for this host: Secure, HttpOnly, SameSite=Lax, Path=/ (so that a name with
 * __Host- holds).  max_age seconds; 0 ends it, -1 lasts as long as the browser.
 */
void	http_set_cookie(struct http_response *res, const char *name, const char *value,
	    int64_t max_age);
#endif

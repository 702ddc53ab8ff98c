#ifndef WEB_GUARD_H
#define WEB_GUARD_H
#include "web/page.h"
/*
 * What is decided from the row before a handler runs: who is asking, may they, does the
 * request come from our own page, is it too often.
 */
#define COOKIE_SESSION	"__Host-session"
#define COOKIE_STAFF	"__Host-staff"
#define COOKIE_VISITOR	"__Host-visitor"
#define COOKIE_FLASH	"__Host-flash"

/* May this one see a page of this need?  Depends on nothing else. */
bool		guard_may(enum need need, const struct who *who);
bool		guard_is_staff(enum need need);
/* A page of the desk, which has cookies of its own; its sign-in page is one too. */
bool		guard_is_desk(const struct page *p);
/* Does a post to such a page have to bring the CSRF token? */
bool		guard_wants_csrf(enum need need);

/*
 * Fill who, session, token and csrf from the cookies; a visitor without one gets a visitor
 * cookie.  Expired sessions are as none.  Only a broken store fails.
 */
NODISCARD int	guard_who(struct call *c, struct err *err);
/* ERR_EXPIRED: sign in first; ERR_DENIED: signed in, but not for this. */
NODISCARD int	guard_permission(const struct call *c, struct err *err);
/* The token in field "csrf" or X-CSRF-Token; ERR_DENIED with a sentence. */
NODISCARD int	guard_csrf(const struct call *c, struct err *err);
NODISCARD int	guard_rate(const struct call *c, struct err *err);
#endif

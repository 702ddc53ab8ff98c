#ifndef WEB_ANSWER_H
#define WEB_ANSWER_H
#include "web/site.h"
/* What goes back: pages, JSON, redirections, errors, and the headers that protect them. */

/* The model as a page or as JSON. */
void		answer_model(struct call *c, const struct site *site);
/* A post that held: onward, or its JSON. */
void		answer_next(struct call *c);
/* The error page of its kind, or JSON. */
void		answer_error(struct call *c, const struct site *site, const struct err *err);
/* To the sign-in page, and back here afterwards. */
void		answer_sign_in(struct call *c, const struct site *site, const struct err *err);
/* A sentence fit for the public: operators' sentences are replaced by the kind's own. */
const char	*answer_sentence(const struct err *err);
void		answer_headers(struct call *c);
/* Fill what every model has: title, csrf, signed_in, errors … */
void		answer_complete(struct call *c);
#endif

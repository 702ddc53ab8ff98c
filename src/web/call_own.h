#ifndef WEB_CALL_OWN_H
#define WEB_CALL_OWN_H
#include "web/page.h"
/* Between the files of the framework, not for pages. */

/* Drop a reference when the request ends; gives j. */
json_t		*call_defer(struct call *c, json_t *j);
#endif

#ifndef WEB_OPENAPI_H
#define WEB_OPENAPI_H
#include "base/json.h"
/*
 * The pages as an interface, made from their rows (page.h): an OpenAPI 3.0.3 document with
 * each path, who may ask, what is posted and how refusals look.  What a model holds stands at
 * the head of pages.def and is not in it: models are open objects here.
 * url: where the hall is reached, as web.public_url.  A new reference.
 */
json_t	*openapi_document(const char *url);
#endif

#ifndef WEB_INPUT_H
#define WEB_INPUT_H
#include "web/page.h"
/*
 * What came with a request: fields of the query, of a form (urlencoded or multipart) and the
 * file of an upload.
 */
NODISCARD int	input_query(struct call *c, struct err *err);
NODISCARD int	input_body(struct call *c, struct err *err);
/* Check the fields against page->form: c->in gets the normalised values. */
NODISCARD int	input_check(struct call *c, struct err *err);
#endif

#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H
#include "base/arena.h"
#include "base/err.h"
/*
 * multipart/form-data (RFC 7578) over a whole body: parts point into it, nothing is copied
 * but names.  Strict about boundaries, bounded by LIMIT_FORM_FIELDS parts.  Fuzzed.
 */
struct multipart_part {
	const char	*name;		/* UTF-8 */
	const char	*filename;	/* last path component; NULL: a plain field */
	const char	*type;		/* as claimed; "" when absent. Not to be believed */
	const char	*data;
	size_t		 len;
};

/* content_type: the request's header.  ERR_INPUT when it is no well-formed multipart. */
NODISCARD int	multipart_parse(struct arena *a, const char *content_type, const char *body,
		    size_t len, struct multipart_part **parts, size_t *n, struct err *err);
/* A header parameter, e.g. name="x" of Content-Disposition; NULL when absent. */
char		*multipart_parameter(struct arena *a, const char *header, const char *name);
#endif

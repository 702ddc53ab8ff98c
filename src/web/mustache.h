#ifndef WEB_MUSTACHE_H
#define WEB_MUSTACHE_H
#include "base/json.h"
/*
 * Mustache templates over JSON (the public specification, without lambdas).
 *
 * {{name}} escapes for HTML, {{#list}}…{{/list}} repeats, {{^list}} when empty, {{>part}} takes
 * in a template, {{! }} is a comment, a.b goes into objects, . is the current value; a name is
 * looked for from the innermost context outwards.  Empty are: null, false, 0, "" and [].
 * {{{name}}} and {{&name}} write without escaping, but only values made by mustache_html(): a
 * plain text there is an error.
 * Strict: a name that no context has is an error naming template and line.
 * A template is read-only once made; any number of threads may render it.
 */
#define MUSTACHE_DEPTH	40		/* sections and partials inside one another */

struct mustache;

/* `name` stands for the template in sentences.  ERR_INPUT: what is wrong, with its line. */
NODISCARD int	mustache_new(struct mustache **out, const char *name, const char *text,
		    size_t len, struct err *err);
void		mustache_free(struct mustache *m);		/* NULL: no-op */

struct mustache_view {
	const json_t	*const *contexts;	/* outermost first */
	size_t		 n;
	bool		 strict;
	/* The template of a partial, NULL when there is none (strict: an error). May be NULL. */
	const struct mustache *(*partial)(const char *name, void *arg);
	void		*arg;
};
/* Append to out; ERR_LIMIT when it does not fit.  On failure out holds rubbish. */
NODISCARD int	mustache_render(const struct mustache *m, const struct mustache_view *v,
		    struct buf *out, struct err *err);

/* The one type of value that is written as it is. */
json_t		*mustache_html(const char *html);
/* Append text with & < > " ' escaped. */
void		mustache_escape(struct buf *out, const char *text);
#endif

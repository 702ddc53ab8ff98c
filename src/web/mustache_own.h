#ifndef WEB_MUSTACHE_OWN_H
#define WEB_MUSTACHE_OWN_H
#include "web/mustache.h"
/* Between mustache.c, which compiles, and mustache_render.c. */
enum mustache_kind {
	MUSTACHE_TEXT, MUSTACHE_VALUE, MUSTACHE_RAW, MUSTACHE_SECTION, MUSTACHE_INVERTED,
	MUSTACHE_END, MUSTACHE_PARTIAL
};

struct mustache_token {
	enum mustache_kind	 kind;
	char			*text;		/* literal text, or the name */
	size_t			 len;
	size_t			 end;		/* of a section: index of its MUSTACHE_END */
	char			*indent;	/* of a partial alone on its line, "" otherwise */
	int			 line;
};

struct mustache {
	char			*name;
	struct mustache_token	*token;
	size_t			 n, cap;
};
#define MUSTACHE_MARK	"$html"
#endif

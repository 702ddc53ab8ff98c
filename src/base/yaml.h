#ifndef BASE_YAML_H
#define BASE_YAML_H
#include "base/err.h"
/*
 * A YAML document as a read-only tree with line numbers (libyaml).
 *
 * Refused: more than LIMIT_HALL_FILE bytes, depth over 16, more than 20000 nodes, anchors and
 * aliases, duplicate keys, keys that are not scalars, more than one document, bad UTF-8.
 * Sentences read "FILE line N: …".  Pointers live as long as the document.
 */
enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_kind	 kind;
	int		 line;			/* from 1 */
	const char	*key;			/* inside a map; NULL elsewhere */
	const char	*text;			/* YAML_TEXT; "" for an empty value */
	size_t		 n;			/* children of a list or map */
	const struct yaml *child;		/* n of them */
};
struct yaml_doc;

NODISCARD int	yaml_load(const char *path, struct yaml_doc **out, struct err *err);
/* From memory; `name` stands for the file in sentences. */
NODISCARD int	yaml_parse(const char *p, size_t len, const char *name, struct yaml_doc **out,
		    struct err *err);
void		yaml_doc_free(struct yaml_doc *d);		/* NULL: no-op */
const struct yaml *yaml_root(const struct yaml_doc *d);
const char	*yaml_name(const struct yaml_doc *d);	/* the file */

/* Set err (ERR_INPUT) to "FILE line N: …"; gives -1. */
int		yaml_err(const struct yaml_doc *d, const struct yaml *at, struct err *err,
		    const char *fmt, ...) PRINTF(4, 5);
/* Child of a map by key, NULL when absent or not a map. */
const struct yaml *yaml_get(const struct yaml *map, const char *key);
/* Typed getters: a missing key (needed) or wrong type is named with its line. */
NODISCARD int	yaml_need(const struct yaml_doc *d, const struct yaml *map, const char *key,
		    enum yaml_kind kind, const struct yaml **out, struct err *err);
NODISCARD int	yaml_text(const struct yaml_doc *d, const struct yaml *map, const char *key,
		    const char *dflt, const char **out, struct err *err); /* dflt NULL: needed */
NODISCARD int	yaml_int(const struct yaml_doc *d, const struct yaml *map, const char *key,
		    int64_t min, int64_t max, int64_t dflt, int64_t *out, struct err *err);
		    /* dflt < min: needed */
NODISCARD int	yaml_bool(const struct yaml_doc *d, const struct yaml *map, const char *key,
		    bool dflt, bool *out, struct err *err);
/* Every key of the map must be in the NULL-ended list. */
NODISCARD int	yaml_keys(const struct yaml_doc *d, const struct yaml *map,
		    const char *const *known, struct err *err);
#endif

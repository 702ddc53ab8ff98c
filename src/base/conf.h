#ifndef BASE_CONF_H
#define BASE_CONF_H
#include "base/err.h"
/*
 * Settings.  One row each in settings.def; from it come the file's keys, the environment
 * names (`http.listen` is YINXIN_HTTP_LISTEN), the check and `yinxin help settings`.
 * Order of precedence: environment, file (`key = value` lines, # comments), default.
 * A path that is not absolute is taken below `data.dir` (which is below the working
 * directory).  Read once at start, before threads; read-only afterwards.
 */
enum conf_type { CONF_TEXT, CONF_INT, CONF_BOOL, CONF_PATH, CONF_CHOICE };

struct setting {
	const char	*name;
	enum conf_type	 type;
	const char	*dflt;
	const char	*choices;	/* "a|b" for CONF_CHOICE; "min..max" for CONF_INT */
	bool		 secret;	/* never printed */
	const char	*help;		/* one sentence */
};
extern const struct setting	conf_settings[];	/* ends with name NULL */

/* Load the file (NULL or missing: none) and the environment; ERR_INPUT names the line. */
NODISCARD int conf_load(const char *path, struct err *err);
/* Set one value as if it stood in the environment (tests, command line). */
NODISCARD int conf_set(const char *name, const char *value, struct err *err);

/* Unknown names are BUGs.  Pointers live as long as the process. */
const char	*conf_str(const char *name);
int64_t		 conf_int(const char *name);
bool		 conf_bool(const char *name);
const char	*conf_path(const char *name);	/* resolved */
void		 conf_print_help(FILE *f);	/* every setting: name, default, meaning */
void		 conf_print(FILE *f);		/* every value in force; secrets as *** */
#endif

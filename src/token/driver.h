#ifndef TOKEN_DRIVER_H
#define TOKEN_DRIVER_H
#include "base/err.h"
#include "token/skf.h"
/*
 * A vendor's SKF library, loaded by path.  Every function of skf.h is looked up; one that is
 * missing is answered as SAR_NOTSUPPORTYETERR.
 */
struct driver {
	void	*lib;
	char	*path;
	char	 vendor[64];		/* from the table of known names, else the file's name */
#define SKF_FUNCTION(name, params)	ULONG (DEVAPI *name) params;
	SKF_FUNCTIONS
#undef SKF_FUNCTION
};
/* ERR_NOT_FOUND with a Chinese sentence when it cannot be loaded. */
NODISCARD int	driver_load(struct driver **out, const char *path, struct err *err);
void		driver_free(struct driver *d);		/* NULL: no-op */

/* Set err from a SAR code: kind and a Chinese sentence that says what to do. Gives -1. */
int		driver_err(struct err *err, ULONG sar, const char *what);
#endif

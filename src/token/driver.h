#ifndef TOKEN_DRIVER_H
#define TOKEN_DRIVER_H
#include "base/err.h"
#include "token/card.h"
/*
 * A vendor's SKF library, loaded by path and asked through its card_ops.  A function that the
 * library lacks is answered as SAR_NOTSUPPORTYETERR.
 *
 * The width of its ULONG is that of its row in drivers.def; where that says nothing, the library
 * shows it when asked for the size of its list of devices.
 */
struct driver {
	void			*lib;
	char			*path;
	char			 vendor[64];	/* of drivers.def, else the file's name */
	bool			 unlock;	/* remote unlock as in token/unlock.h */
	bool			 soft;		/* soft certificates (token/soft.h), no UKeys */
	const struct card_ops	*ops;
	void			*functions;	/* struct skf, in the library's width */
};
/* ERR_NOT_FOUND with a Chinese sentence when it cannot be loaded. */
NODISCARD int	driver_load(struct driver **out, const char *path, struct err *err);
void		driver_free(struct driver *d);		/* NULL: no-op */

/*
 * The libraries of drivers.def that are installed: in `beside` (a directory, "" none) and
 * where packages put them below root ("" for /); one path a row, the caller frees each.
 */
size_t		driver_search(const char *root, const char *beside, char *paths[], size_t max);

/* Set err from a SAR code: kind and a Chinese sentence that says what to do. Gives -1. */
int		driver_err(struct err *err, uint32_t sar, const char *what);
#endif

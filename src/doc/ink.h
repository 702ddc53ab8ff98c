#ifndef DOC_INK_H
#define DOC_INK_H
#include "base/buf.h"
#include <cairo.h>
/* One colour of ink of some strength on nothing: what the picture of a seal is. */
struct ink {
	int		 width, height;		/* pixels */
	unsigned char	*strength;		/* width * height, 0 none … 255; owned */
	unsigned char	 red, green, blue;
};
void		ink_init(struct ink *k, int width, int height);
void		ink_free(struct ink *k);	/* of a zeroed struct: no-op */
/* From what was drawn on a surface of the format A8. */
void		ink_from_mask(struct ink *k, cairo_surface_t *mask);
/*
 * As PNG, transparent where there is no ink; in 16 strengths, fewer when it would be larger than
 * max bytes.  ERR_LIMIT when even 4 are too many.
 */
NODISCARD int	ink_png(const struct ink *k, size_t max, struct buf *png, struct err *err);
#endif

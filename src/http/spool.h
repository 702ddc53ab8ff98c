#ifndef HTTP_SPOOL_H
#define HTTP_SPOOL_H
#include "base/buf.h"
/*
 * A body while it arrives: in memory up to 64 KiB, then in an unlinked temporary file, which
 * is mapped when it is complete.
 */
struct spool {
	struct buf	 memory;
	int		 fd;		/* -1: all in memory */
	size_t		 len, max;
	bool		 over;		/* more than max arrived */
	bool		 broken;	/* the file could not be written */
	void		*map;
};
void	spool_init(struct spool *s, size_t max);
void	spool_free(struct spool *s);		/* of a zeroed struct: no-op */
void	spool_add(struct spool *s, const char *p, size_t len);
/* The whole body; valid until spool_free.  NULL when it could not be mapped. */
const char *spool_finish(struct spool *s);
#endif

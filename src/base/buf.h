#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "base/err.h"
/*
 * A growing byte buffer with a maximum.
 *
 * Adding past the maximum marks the buffer as `over` and drops the bytes; later additions
 * are dropped too.  So a writer adds without looking and asks buf_check() once at the end.
 * The content is always followed by a NUL that len does not count.  `p` is never NULL after
 * buf_init.  Whoever inits frees; buf_take hands the bytes to the caller (free()).
 */
struct buf {
	char	*p;
	size_t	 len;
	size_t	 cap;
	size_t	 max;		/* len never exceeds it */
	bool	 over;		/* something did not fit */
};

void	 buf_init(struct buf *b, size_t max);
void	 buf_free(struct buf *b);		/* of a zeroed struct: no-op */
void	 buf_clear(struct buf *b);		/* keeps the memory */
void	 buf_add(struct buf *b, const void *p, size_t len);
void	 buf_addstr(struct buf *b, const char *s);
void	 buf_addch(struct buf *b, char c);
void	 buf_addf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void	 buf_drop(struct buf *b, size_t n);	/* forget the first n bytes */
char	*buf_take(struct buf *b, size_t *len);	/* len may be NULL; b becomes empty */
/* 0, or -1 with ERR_LIMIT when something did not fit. */
NODISCARD int buf_check(const struct buf *b, struct err *err);
#endif

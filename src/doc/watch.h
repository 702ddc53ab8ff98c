#ifndef DOC_WATCH_H
#define DOC_WATCH_H
#include "base/err.h"
/*
 * A document that takes too long ends the process (the supervisor starts a fresh one): each
 * working thread says when it begins and ends, one thread watches the clock.
 */
NODISCARD int	watch_start(int64_t deadline_ms, struct err *err);
/* A slot for this piece of work; at most WATCH_SLOTS at once. */
#define WATCH_SLOTS	16
int		watch_begin(void);
void		watch_end(int slot);
#endif

#ifndef HALL_JOURNAL_H
#define HALL_JOURNAL_H
#include "hall/hall.h"
#include "store/store.h"
/*
 * The hall's journal: each line carries the SM3 of the line before it, so that no line can be
 * changed, dropped or moved without a trace.  Written inside the transaction of what happened.
 */
NODISCARD int	hall_journal_add(struct db *db, const struct who *who, const char *what,
		    const char *subject, const char *detail, struct err *err);
/* Walk the chain; ERR_CRYPTO names the first line that does not fit.  *lines: how many held. */
NODISCARD int	hall_journal_verify(struct hall *h, int64_t *lines, struct err *err);
#endif

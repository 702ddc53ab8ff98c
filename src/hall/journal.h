#ifndef HALL_JOURNAL_H
#define HALL_JOURNAL_H
#include "hall/digest.h"
#include "hall/hall.h"
#include "store/store.h"
/*
 * The hall's journal: each line carries the SM3 of the line before it, so that no line can be
 * changed, dropped or moved without a trace.  Written inside the transaction of what happened.
 * It is anchored in the signer's journal, see anchor.h.
 */
NODISCARD int	hall_journal_add(struct db *db, const struct who *who, const char *what,
		    const char *subject, const char *detail, struct err *err);
/* How many lines there are, and the digest of the last one (none: of nothing). */
NODISCARD int	hall_journal_head(struct hall *h, int64_t *lines, unsigned char digest[SM3_LEN],
		    struct err *err);
/* The digest of this line.  ERR_NOT_FOUND. */
NODISCARD int	hall_journal_line(struct hall *h, int64_t seq, unsigned char digest[SM3_LEN],
		    struct err *err);
/*
 * Walk the chain and hold it against its anchors (signer_anchors; NULL: none).  ERR_CRYPTO names the
 * first line or anchor that does not fit.  *lines: how many there are; *held (may be NULL): how many
 * anchors were compared.  Those that a later "restored" took back are not.
 */
NODISCARD int	hall_journal_verify(struct hall *h, const json_t *anchors, int64_t *lines,
		    size_t *held, struct err *err);
#endif

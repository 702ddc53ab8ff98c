#ifndef HALL_ANCHOR_H
#define HALL_ANCHOR_H
#include "hall/hall.h"
/*
 * The hall's journal is a chain of digests without a key: whoever can write the hall's store can
 * write the whole chain anew.  So the web process tells the signer every journal.anchor_seconds
 * what its head is (signer.h: signer_anchor); the line stands in the signer's journal, under
 * signed heads, and both the web process then and `yinxin journal verify` hold the chain
 * against it.  Not found by this: what was changed before it was anchored.
 */

/*
 * Anchor the head now, and compare with the newest anchor: ERR_CRYPTO when our chain does not hold
 * it.  restored: the administrator says that the store was put back.  *lines (may be NULL): of
 * the newest anchor, 0 when there is no line yet.
 */
NODISCARD int	hall_anchor(struct hall *h, bool restored, int64_t *lines, struct err *err);

/* From now on, in a thread of its own; what fails is logged (journal.anchor) and counted. */
NODISCARD int	hall_anchor_start(struct hall *h, struct err *err);
void		hall_anchor_stop(void);		/* not started: no-op */
int64_t		hall_anchor_failures(void);
#endif

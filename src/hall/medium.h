#ifndef HALL_MEDIUM_H
#define HALL_MEDIUM_H
#include "hall/order.h"
/*
 * UKeys: which pair went into which one, by the device's own serial number, told by the
 * assistant when the pair is made.  A UKey belongs to the account whose pair was written into it
 * first, until it is released; this is what keeps somebody else from having it unlocked.
 *
 * Not checked: that the serial number is true.  Nobody gains by a false one: a UKey that is
 * known already is refused, of an unknown one only the own unlocking fails.
 */
#define MEDIUM_SERIAL	33		/* longest serial number and a NUL */

bool		medium_is_serial(const char *serial);
/*
 * The order's pair goes into this UKey ("": not told, nothing is noted).  ERR_CONFLICT with a
 * sentence when it is somebody else's.  Inside a write.
 */
NODISCARD int	medium_bind(struct db *db, const struct order *o, const char *serial,
		    struct err *err);
/* Where the pair of an order is; "" when that was never told, or the UKey is another
 * account's by now.  Inside a read. */
NODISCARD int	medium_of_order(struct db *db, int64_t order, char serial[MEDIUM_SERIAL],
		    struct err *err);
/* {"held" (by an account),"rows":[{"no","subject","time"}]}: what was written into it. */
NODISCARD int	medium_view(struct hall *h, const struct who *who, const char *serial,
		    json_t **model, struct err *err);
/*
 * The UKey has a new owner: the next pair may be anybody's.  Its old certificates can no longer
 * be unlocked.  For the command line; journaled.  ERR_NOT_FOUND.
 */
NODISCARD int	medium_release(struct hall *h, const struct who *who, const char *serial,
		    struct err *err);
#endif

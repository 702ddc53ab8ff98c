#ifndef HALL_BLOB_H
#define HALL_BLOB_H
#include "base/clock.h"
#include "hall/hall.h"
#include "store/store.h"
/*
 * Sealed content, kept once by its keyed digest.
 *
 * Pictures that were replaced, or belong to a petition that was never filed, say nothing in a
 * dispute and much about a person: BLOB_KEPT after nothing has the content any more it is deleted.
 * What an order or a filed petition has stays with it.
 */
#define BLOB_KEPT	(30 * CLOCK_DAY)
#define BLOB_NAME	65
NODISCARD int	blob_put(struct db *db, const struct hall *h, const void *p, size_t len,
		    char name[BLOB_NAME], struct err *err);
/* Something lets go of it; name may be "". */
NODISCARD int	blob_leave(struct db *db, const char *name, struct err *err);
/* The gate's minute: what nothing has any more goes.  In a write. */
NODISCARD int	blob_tick(struct db *db, int64_t now, struct err *err);
NODISCARD int	blob_get(struct db *db, const struct hall *h, const char *name, struct buf *out,
		    struct err *err);
#endif

#ifndef HALL_BLOB_H
#define HALL_BLOB_H
#include "hall/hall.h"
#include "store/store.h"
/* Sealed content, kept once by its keyed digest. */
#define BLOB_NAME	65
NODISCARD int	blob_put(struct db *db, const struct hall *h, const void *p, size_t len,
		    char name[BLOB_NAME], struct err *err);
NODISCARD int	blob_get(struct db *db, const struct hall *h, const char *name, struct buf *out,
		    struct err *err);
#endif

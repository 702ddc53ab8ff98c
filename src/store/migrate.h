#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H
#include "store/engine.h"
/* Migrations: forward only; a fresh install is all of them in order. Private to the floor. */

/* Open without looking at migrations. */
NODISCARD int	store_open_raw(struct store **out, enum store_kind kind, const char *address,
		    bool read_only, struct err *err);
/* ERR_WRONG_STATE when one is missing. */
NODISCARD int	migrate_check(struct store *s, struct err *err);
#endif

#ifndef STORE_COPY_H
#define STORE_COPY_H
#include "base/err.h"
/*
 * A consistent copy of a whole store, taken while others write to it, and its way back.
 *
 * SQLite: the online backup interface in one step, which in WAL mode is one snapshot and holds
 * no writer up; the copy is one file of its own, checked (quick_check) and durable.
 * PostgreSQL: pg_dump and pg_restore as installed (PATH).  Address and password go to them by the
 * environment, never as arguments; what they have to say goes to standard error.
 *
 * Not checked: whether what the store tells is true; the journals' verification does that.
 */

/* "sqlite" or "postgresql"; NULL for an address of neither. */
const char	*store_copy_engine(const char *address);
/* Copy the store of this address to the file, which must not be there. */
NODISCARD int	store_copy_out(const char *address, const char *path, struct err *err);
/*
 * The way back: into a place where there is no file, or a database without tables.
 * ERR_CONFLICT: there is something already, nothing was changed.
 */
NODISCARD int	store_copy_in(const char *address, const char *path, struct err *err);
#endif

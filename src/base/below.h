#ifndef BASE_BELOW_H
#define BASE_BELOW_H
#include "base/buf.h"
#include <sys/stat.h>
/*
 * Files below a directory in parts of which somebody less trusted may write while we work: names
 * are walked from an open directory, each part with O_NOFOLLOW, and what is asked about a file is
 * asked of the open file.  So a link, put anywhere on the way at any moment, leads nowhere.
 *
 * A name is relative, without "." and ".." ("ca/journal.heads"); "" is the directory itself.
 * Not checked: hard links; whoever could make one to a file of others needs fs.protected_hardlinks
 * switched off.
 */

/* The directory itself; links on the way to it are the administrator's own.  Close it. */
NODISCARD int	below_root(const char *dir, int *root, struct err *err);
/*
 * A directory or a regular file, to read; close it.  st: what it is.  ERR_NOT_FOUND;
 * ERR_DENIED: a link, here or on the way, or neither file nor directory (never waits for one).
 */
NODISCARD int	below_open(int root, const char *name, int *fd, struct stat *st, struct err *err);
/* The directory and those on the way to it; what is there keeps its mode. */
NODISCARD int	below_mkdirs(int root, const char *name, mode_t mode, struct err *err);
/* A new file, durably.  ERR_CONFLICT: something has this name. */
NODISCARD int	below_write(int root, const char *name, const void *p, size_t len, mode_t mode,
		    struct err *err);
/* Is it such a name? */
bool		below_is_name(const char *name);
#endif

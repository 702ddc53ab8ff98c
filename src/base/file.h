#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "base/buf.h"
#include <sys/types.h>
/* Whole files, durably. */

/* Append the file to b (whose maximum bounds it).  ERR_NOT_FOUND, ERR_STORE, ERR_LIMIT. */
NODISCARD int file_read(const char *path, struct buf *b, struct err *err);
/* The same of an open file; path is for the sentence. */
NODISCARD int file_fd_read(int fd, const char *path, struct buf *b, struct err *err);
/* All bytes; 0, or -1 with errno. */
NODISCARD int file_fd_write(int fd, const void *p, size_t len);
/* Replace the file: temporary file, fsync, rename, fsync of the directory. */
NODISCARD int file_write(const char *path, const void *p, size_t len, mode_t mode,
    struct err *err);
/* A large file as it is, durably, to a place where there is none.  ERR_CONFLICT, ERR_STORE. */
NODISCARD int file_copy(const char *from, const char *to, mode_t mode, struct err *err);
/* What somebody else wrote there, and its name, is durable. */
NODISCARD int file_sync(const char *path, struct err *err);
/*
 * Overwrite the file with zeros and remove it, durably.  What the file system or the disk keeps
 * of the old blocks is not known here.
 */
NODISCARD int file_shred(const char *path, struct err *err);
/* mkdir -p; existing directories keep their mode. */
NODISCARD int file_mkdirs(const char *path, mode_t mode, struct err *err);
bool	file_exists(const char *path);
#endif

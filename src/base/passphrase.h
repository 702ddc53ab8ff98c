#ifndef BASE_PASSPHRASE_H
#define BASE_PASSPHRASE_H
#include "base/err.h"
#include "base/secret.h"
/*
 * The passphrase of the key files: from the descriptor YINXIN_PASSPHRASE_FD (once; the supervisor
 * hands it over that way), else from the file key.passphrase_file, else asked at the terminal.
 * A final newline does not count.  ERR_INPUT when it is empty or none of these is there.
 */
NODISCARD int	passphrase_get(struct secret *out, struct err *err);
/*
 * Another secret (a PIN): the first line of the file, or asked at the terminal for NULL, with
 * the words `what`.  A descriptor is the file /dev/fd/N.  ERR_INPUT when it is empty.
 */
NODISCARD int	passphrase_read(const char *path, const char *what, struct secret *out,
		    struct err *err);
#endif

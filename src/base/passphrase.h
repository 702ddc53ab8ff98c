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
#endif

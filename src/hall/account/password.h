#ifndef HALL_PASSWORD_H
#define HALL_PASSWORD_H
#include "base/err.h"
/*
 * Passwords as argon2id (two passes over 19 MiB); at most two are worked at once, further
 * callers wait, so that a flood of sign-ins does not eat the memory.
 */
#define PASSWORD_TEXT	128
NODISCARD int	password_hash(const char *password, char text[PASSWORD_TEXT], struct err *err);
/* stored NULL or "": the same work is done and false given. */
bool		password_is(const char *password, const char *stored);
#endif

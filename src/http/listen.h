#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H
#include "base/err.h"
/* A listening TCP socket for "127.0.0.1:8443" or "[::]:443" (close-on-exec). */
NODISCARD int	listen_open(const char *address, int *fd, struct err *err);
#endif

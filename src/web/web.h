#ifndef WEB_WEB_H
#define WEB_WEB_H
#include "base/err.h"
/*
 * The web process: the pages of the hall over HTTPS, their JSON, the notifications of
 * providers, /healthz and /metrics.  Holds no key of the CA; asks the other processes.
 * Serves until SIGTERM.
 */
NODISCARD int	web_main(struct err *err);
#endif

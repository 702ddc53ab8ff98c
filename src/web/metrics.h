#ifndef WEB_METRICS_H
#define WEB_METRICS_H
#include "base/buf.h"
#include "http/server.h"
/* Counters in the text format of Prometheus: the server's own and the gate's. */
void	metrics_use(const struct http_server *s);	/* NULL: none */
void	metrics_write(struct buf *b);
#endif

#ifndef WEB_METRICS_H
#define WEB_METRICS_H
#include "base/buf.h"
#include "http/server.h"
/* Numbers in the text format of Prometheus: the server's own, and every process's: what all
 * count as yinxin_process_…{process="gate"}, what one alone counts as yinxin_gate_…. */
void	metrics_use(const struct http_server *s);	/* NULL: none */
void	metrics_write(struct buf *b);
#endif

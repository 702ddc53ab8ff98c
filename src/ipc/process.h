#ifndef IPC_PROCESS_H
#define IPC_PROCESS_H
#include "ipc/ipc.h"
/* Serve until SIGTERM or SIGINT, then finish what is being answered and return 0. */
NODISCARD int	ipc_process_serve(const struct ipc_service *service, struct err *err);

/*
 * The numbers of a process, for /metrics: the row {"stats", IPC_WEB | IPC_ADMIN,
 * ipc_answer_stats} of each service's table answers {"requests_total","errors_total",
 * "refused_total","connections","cpu_ms_total","memory_bytes" (its peak)}; a service with
 * numbers of its own calls it first.
 */
NODISCARD int	ipc_answer_stats(const struct ipc_msg *in, struct ipc_msg *out,
		    enum ipc_role caller, void *arg, struct err *err);
/* What of these the kernel counts: CPU time and memory, into a JSON object; for a process
 * without a table. */
NODISCARD int	ipc_own_stats(json_t *out, struct err *err);
/* Ask for them: *stats is a new reference. */
NODISCARD int	ipc_ask_stats(const char *service, int version, json_t **stats, struct err *err);
#endif

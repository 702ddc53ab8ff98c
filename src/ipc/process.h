#ifndef IPC_PROCESS_H
#define IPC_PROCESS_H
#include "ipc/ipc.h"
/* Serve until SIGTERM or SIGINT, then finish what is being answered and return 0. */
NODISCARD int	ipc_process_serve(const struct ipc_service *service, struct err *err);
#endif

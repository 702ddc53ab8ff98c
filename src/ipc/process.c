#include "base/base.h"
#include "base/log.h"
#include "ipc/process.h"

#include <signal.h>

static struct ipc_server	*process_server;

static void
on_term(int sig)
{
	(void)sig;
	ipc_server_stop(process_server);
}

int
ipc_process_serve(const struct ipc_service *service, struct err *err)
{
	if (ipc_server_new(&process_server, service, err) < 0)
		return -1;
	signal(SIGTERM, on_term);
	signal(SIGINT, SIG_IGN);	/* the terminal's ^C is for the supervisor */
	log_kv(LOG_INFO, "process.ready", LOG_S("service", service->name));
	ipc_server_run(process_server);
	/* Not freed: threads of idle connections and the signal's handler still hold it. */
	return 0;
}

#include "base/base.h"
#include "base/log.h"
#include "ipc/counters.h"
#include "ipc/process.h"

#include <signal.h>
#include <sys/resource.h>

#define STATS_MS	500	/* whoever collects numbers does not wait for a busy process */

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

int
ipc_own_stats(json_t *out, struct err *err)
{
	struct rusage	 ru;

	if (getrusage(RUSAGE_SELF, &ru) < 0)
		return err_errno(err, ERR_BUG, "cannot read the use of resources");
	js_set_int(out, "cpu_ms_total", (int64_t)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * 1000 +
	    (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1000);
	js_set_int(out, "memory_bytes", (int64_t)ru.ru_maxrss * 1024);
	return 0;
}

int
ipc_answer_stats(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)in;
	(void)caller;
	(void)arg;
	js_set_int(out->json, "requests_total", atomic_load(&ipc_counters.requests));
	js_set_int(out->json, "errors_total", atomic_load(&ipc_counters.errors));
	js_set_int(out->json, "refused_total", atomic_load(&ipc_counters.refused));
	js_set_int(out->json, "connections", atomic_load(&ipc_counters.connections));
	return ipc_own_stats(out->json, err);
}

int
ipc_ask_stats(const char *service, int version, json_t **stats, struct err *err)
{
	return ipc_ask_json(service, version, "stats", json_object(), stats, STATS_MS, err);
}

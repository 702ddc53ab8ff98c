#include "base/base.h"
#include "gate/request.h"
#include "gate/work.h"
#include "base/conf.h"
#include "base/sandbox.h"
#include "ipc/process.h"
#include "store/seal.h"
#include "store/store.h"

#include <signal.h>

#define GATE_IPC_THREADS	4

static int
gate_answer_poke(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller, void *arg,
    struct err *err)
{
	(void)in;
	(void)out;
	(void)caller;
	(void)err;
	gate_wake(arg);
	return 0;
}

static int
gate_answer_notify(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	struct gate_answer	 answer = {0};

	(void)caller;
	(void)err;
	buf_init(&answer.body, 65536);
	notify_take(arg, js_str(in->json, "channel"), json_object_get(in->json, "headers"),
	    in->blob.p, in->blob.len, &answer);
	js_set_int(out->json, "status", answer.status);
	js_set_str(out->json, "type", answer.type);
	buf_add(&out->blob, answer.body.p, answer.body.len);
	buf_free(&answer.body);
	return 0;
}

static int
gate_answer_stats(const struct ipc_msg *in, struct ipc_msg *out, enum ipc_role caller,
    void *arg, struct err *err)
{
	if (ipc_answer_stats(in, out, caller, arg, err) < 0)
		return -1;
	return gate_count_all(arg, out->json, err);
}

static const struct ipc_request	 gate_requests[] = {
	{"poke", IPC_WEB | IPC_ADMIN, gate_answer_poke},
	{"notify", IPC_WEB, gate_answer_notify},
	{"stats", IPC_WEB | IPC_ADMIN, gate_answer_stats},
	{0}
};

static int
gate_serve(struct gate *g, struct err *err)
{
	const struct ipc_service	 service = {.name = "gate", .version = GATE_VERSION,
		.requests = gate_requests, .threads = GATE_IPC_THREADS, .arg = g};
	int				 rc;

	signal(SIGPIPE, SIG_IGN);
	if (gate_start(g, (int)conf_int("gate.threads"), err) < 0)
		return -1;
	rc = ipc_process_serve(&service, err);
	gate_stop(g);
	return rc;
}

int
gate_main(const struct gate_sink *sink, struct err *err)
{
	struct store	*store = NULL;
	struct seal	*seal = NULL;
	struct gate	 g;
	int		 rc = -1;

	if (store_open(&store, STORE_HALL, conf_str("store.hall"), false, err) < 0 ||
	    seal_load(&seal, conf_path("store.data_key"), err) < 0)
		goto out;
	gate_init(&g, store, seal, sink);
	if (sandbox_enter(SANDBOX_GATE, err) == 0)
		rc = gate_serve(&g, err);
 out:
	seal_free(seal);
	store_close(store);
	return rc;
}

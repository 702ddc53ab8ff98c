#include "base/base.h"
#include "gate/gate.h"
#include "gate/request.h"
#include "ipc/process.h"

#define GATE_POKE_MS	500
#define GATE_NOTIFY_MS	4500	/* WeChat wants its answer within 5 s */

void
gate_poke(void)
{
	struct err	 err = {0};
	struct ipc_msg	 in, out;

	ipc_msg_init(&in);
	ipc_msg_init(&out);
	(void)(ipc_ask("gate", GATE_VERSION, "poke", &in, &out, GATE_POKE_MS, &err) == 0);
	ipc_msg_free(&in);
	ipc_msg_free(&out);
}

int
gate_notify(const char *channel, const json_t *headers, const void *body, size_t len,
    struct gate_answer *answer, struct err *err)
{
	struct ipc_msg	 in, out;
	int		 rc;

	buf_init(&answer->body, 65536);
	ipc_msg_init(&in);
	ipc_msg_init(&out);
	js_set_str(in.json, "channel", channel);
	json_object_set_new(in.json, "headers", json_deep_copy(headers));
	buf_add(&in.blob, body, len);
	rc = ipc_ask("gate", GATE_VERSION, "notify", &in, &out, GATE_NOTIFY_MS, err);
	if (rc == 0) {
		answer->status = (int)js_int(out.json, "status", 500);
		snprintf(answer->type, sizeof(answer->type), "%s", js_str(out.json, "type"));
		buf_add(&answer->body, out.blob.p, out.blob.len);
	}
	ipc_msg_free(&in);
	ipc_msg_free(&out);
	return rc;
}

int
gate_stats(json_t **stats, struct err *err)
{
	return ipc_ask_stats("gate", GATE_VERSION, stats, err);
}

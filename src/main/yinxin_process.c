#include "base/base.h"
#include "base/conf.h"
#include "doc/doc.h"
#include "enrol/enrol.h"
#include "gate/gate.h"
#include "hall/hall.h"
#include "hall/sink.h"
#include "kmc/kmc.h"
#include "main/process.h"
#include "signer/signer.h"
#include "va/va.h"
#include "web/web.h"

/* gate brings facts; the hall says what they mean. */
static int
process_gate(struct err *err)
{
	struct hall	*hall = NULL;
	int		 rc;

	if (hall_open(&hall, err) < 0)
		return -1;
	hall_sink_use(hall);
	rc = gate_main(&hall_sink, err);
	hall_close(hall);
	return rc;
}

const struct process	processes[] = {
	{"kmc", IPC_KMC, NULL, true, kmc_main},
	{"signer", IPC_SIGNER, NULL, true, signer_main},
	{"va", IPC_VA, "va.listen", true, va_main},
	{"doc", IPC_DOC, NULL, false, doc_main},
	{"gate", IPC_GATE, NULL, false, process_gate},
	{"enrol", IPC_ENROL, "enrol.listen", false, enrol_main},
	{"web", IPC_WEB, "web.listen", false, web_main},
	{0}
};

const struct process *
process_by_name(const char *name)
{
	for (const struct process *p = processes; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

int
process_run(const char *name, struct err *err)
{
	const struct process	*p = process_by_name(name);

	if (p == NULL)
		return err_set(err, ERR_INPUT, "no process \"%s\"", name);
	ipc_speak_as(p->role);
	return p->main(err);
}

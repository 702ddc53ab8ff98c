#ifndef SIGNER_PROCESS_H
#define SIGNER_PROCESS_H
#include "ipc/process.h"
/* Answering functions outside process.c, for its permit table. */
#define ANSWER(name)	int answer_ ## name(const struct ipc_msg *in, struct ipc_msg *out, \
			    enum ipc_role caller, void *arg, struct err *err)
ANSWER(ca_list);
ANSWER(ca_create);
ANSWER(ca_state);
ANSWER(ca_cross);
ANSWER(ca_crl);
ANSWER(ca_ceremony);
ANSWER(service_issue);
ANSWER(seal);
ANSWER(ra_add);
ANSWER(ra_list);
ANSWER(ra_set);
ANSWER(ra_renew);
ANSWER(enrol);
ANSWER(enrol_cmp);
ANSWER(enrol_sender);
ANSWER(enrol_chain);
#undef ANSWER
#endif

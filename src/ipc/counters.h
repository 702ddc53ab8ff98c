#ifndef IPC_COUNTERS_H
#define IPC_COUNTERS_H
#include <stdatomic.h>
/* What the servers of this process counted since it started. */
struct ipc_counters {
	atomic_llong	 requests;	/* answered, well or not */
	atomic_llong	 errors;	/* of these: with an error */
	atomic_llong	 refused;	/* not permitted */
	atomic_llong	 connections;	/* open now */
};
extern struct ipc_counters	ipc_counters;
#endif

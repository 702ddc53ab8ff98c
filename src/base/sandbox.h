#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H
#include "base/err.h"
/*
 * What a process of ours can no longer do once it serves, whoever has got into it.
 *
 * sandbox_enter is called once, in one visible line of X_main, after files, keys and fonts are
 * open and before the first stranger's byte.  It cannot be undone and holds for every thread,
 * also those already running.  Afterwards:
 *	- no new privileges, no core file, not to be traced or read through /proc by its own
 *	  user (so keys do not leak that way);
 *	- all kinds: no other program (execve), no tracing or reading of other processes, no
 *	  mounting, namespaces, kernel modules, kexec, bpf, perf, userfaultfd, keyrings, io_uring;
 *	- signer, kmc and doc: no socket but AF_UNIX.  A signer or kmc whose own store is a
 *	  postgresql:// address keeps the network: it has to reach the database.
 * What is refused fails with EPERM; nothing is killed, so the caller's error is logged.
 * Which files may be opened is the business of user ids and modes, not of this filter.
 * A build with LeakSanitizer cannot look for leaks in such a process when it ends.
 */
enum sandbox_kind {
	SANDBOX_WEB, SANDBOX_VA, SANDBOX_GATE, SANDBOX_ENROL, /* speak with the network */
	SANDBOX_SIGNER, SANDBOX_KMC, SANDBOX_DOC	/* do not */
};

/* ERR_BUG when the kernel refuses: the process must not serve then. */
NODISCARD int	sandbox_enter(enum sandbox_kind kind, struct err *err);
#endif

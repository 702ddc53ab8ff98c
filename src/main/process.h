#ifndef MAIN_PROCESS_H
#define MAIN_PROCESS_H
#include "base/err.h"
#include "ipc/ipc.h"
/*
 * The service processes: one row each.  `yinxin process NAME` becomes one of them; the
 * supervisor starts them all.
 */
struct process {
	const char	*name;
	enum ipc_role	 role;
	const char	*listen;	/* setting with the TCP address whose socket the
					   supervisor opens and hands over; NULL: none; empty:
					   the process is not started */
	bool		 passphrase;	/* gets the key passphrase on a pipe */
	int		(*main)(struct err *err);
};
extern const struct process	processes[];	/* in order of start; ends with name NULL */

const struct process	*process_by_name(const char *name);
/* Become this process: never returns to the command line's work. */
NODISCARD int	process_run(const char *name, struct err *err);
/* Start and watch all of them until SIGTERM or SIGINT. */
NODISCARD int	supervisor_run(struct err *err);
#endif

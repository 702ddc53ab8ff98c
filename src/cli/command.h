#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H
#include "base/err.h"
/*
 * The command line: one file cmd_<name>.c and one line in commands.def a command.
 * `yinxin help` and the man page are derived from these rows.
 */
struct command {
	const char	*name;		/* "hall" */
	const char	*args;		/* "check FILE" */
	const char	*help;		/* one sentence */
	/* argv[0] is the command's name.  0, or -1 with err: the exit status follows its kind. */
	int		(*run)(int argc, char **argv, struct err *err);
};
extern const struct command *const	commands[];	/* ends with NULL */

const struct command	*command_by_name(const char *name);
/* ERR_INPUT: "usage: yinxin NAME ARGS". */
int			 command_usage(const struct command *c, struct err *err);

/*
 * Options of the form --name VALUE or --name=VALUE, in any order, taken out of argv.
 * The value, or dflt when the option is not there; ERR_INPUT only for a missing value.
 */
const char		*command_option(int *argc, char **argv, const char *name,
			    const char *dflt);
#endif

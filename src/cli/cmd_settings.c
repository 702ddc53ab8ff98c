#include "base/base.h"
#include "base/conf.h"
#include "cli/command.h"

static int
cmd_settings(int argc, char **argv, struct err *err)
{
	(void)err;
	if (argc > 1 && strcmp(argv[1], "help") == 0)
		conf_print_help(stdout);
	else
		conf_print(stdout);
	return 0;
}

const struct command	 command_settings = {
	.name = "settings", .args = "[help]",
	.help = "Print every setting in force, or what each one means.",
	.run = cmd_settings,
};

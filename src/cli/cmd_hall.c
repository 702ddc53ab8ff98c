#include "base/base.h"
#include "cli/command.h"
#include "hall/hall.h"

static int
cmd_hall(int argc, char **argv, struct err *err)
{
	if (argc != 3 || strcmp(argv[1], "check") != 0)
		return command_usage(command_by_name("hall"), err);
	if (hall_check(argv[2], err) < 0)
		return -1;
	printf("%s: good\n", argv[2]);
	return 0;
}

const struct command	 command_hall = {
	.name = "hall", .args = "check FILE",
	.help = "Check a hall definition; a fault is named with its line.",
	.run = cmd_hall,
};

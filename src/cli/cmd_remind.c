#include "base/base.h"
#include "base/clock.h"
#include "cli/command.h"
#include "hall/certificate/reminder.h"

static int
cmd_remind(int argc, char **argv, struct err *err)
{
	struct hall	*h = NULL;
	size_t		 n = 0;
	int		 rc = -1;

	(void)argv;
	if (argc != 1)
		return command_usage(command_by_name("remind"), err);
	if (hall_open(&h, err) == 0 && (rc = reminder_run(h, clock_now(), &n, err)) == 0)
		printf("%zu reminded\n", n);
	hall_close(h);
	return rc;
}

const struct command	 command_remind = {
	.name = "remind", .args = "",
	.help = "Tell everybody whose certificate ends soon, now (the gate does so by itself by day).",
	.run = cmd_remind,
};

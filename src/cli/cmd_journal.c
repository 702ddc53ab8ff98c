#include "base/base.h"
#include "base/json.h"
#include "cli/command.h"
#include "signer/signer.h"

static int
cmd_journal(int argc, char **argv, struct err *err)
{
	json_t	*j = NULL;

	if (argc != 2 || strcmp(argv[1], "verify") != 0)
		return command_usage(command_by_name("journal"), err);
	if (signer_journal_verify(&j, err) < 0)
		return -1;
	printf("%" PRId64 " lines, head %s: good\n", js_int(j, "lines", 0), js_str(j, "head"));
	json_decref(j);
	return 0;
}

const struct command	 command_journal = {
	.name = "journal", .args = "verify",
	.help = "Verify the signer's journal: nothing changed, nothing missing.",
	.run = cmd_journal,
};

#include "base/base.h"
#include "cli/command.h"
#include "hall/identity/remittance.h"

static int
remittance_print(struct hall *h, const struct who *who, const char *state, struct err *err)
{
	json_t	*model = NULL, *row;
	size_t	 i;

	if (remittance_list(h, who, state, &model, err) < 0)
		return -1;
	json_array_foreach(json_object_get(model, "rows"), i, row)
		printf("%s  %-8s %s  order %s  %s  %s yuan  %s\n", js_str(row, "no"),
		    js_str(row, "state"), js_str(row, "created"), js_str(row, "order"),
		    js_str(row, "payee"), js_str(row, "amount"), js_str(row, "reason"));
	json_decref(model);
	return 0;
}

static int
cmd_remittance(int argc, char **argv, struct err *err)
{
	const struct who	 who = {.system = true, .address = ""};
	struct hall		*h = NULL;
	bool			 query = argc == 3 && strcmp(argv[1], "query") == 0;
	int			 rc = -1;

	if (!query && (argc < 2 || argc > 3 || strcmp(argv[1], "list") != 0))
		return command_usage(command_by_name("remittance"), err);
	if (hall_open(&h, err) == 0)
		rc = query ? remittance_ask(h, &who, argv[2], err) :
		    remittance_print(h, &who, argc == 3 ? argv[2] : "", err);
	hall_close(h);
	return rc;
}

const struct command	 command_remittance = {
	.name = "remittance", .args = "list [STATE] | query NO",
	.help = "Print the newest remittances (waiting, accepted, paid, failed, returned, unknown), or "
	    "ask the bank about one again.",
	.run = cmd_remittance,
};

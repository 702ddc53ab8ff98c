#include "base/base.h"
#include "cli/command.h"
#include "hall/trouble.h"

static int
outbox_print(struct hall *h, const struct who *who, struct err *err)
{
	json_t	*model = NULL, *row;
	size_t	 i;

	if (trouble_list(h, who, &model, err) < 0)
		return -1;
	json_array_foreach(json_object_get(model, "rows"), i, row)
		printf("%s  %-16s %-7s %s  tries %" PRId64 "  %s  %s\n", js_str(row, "no"),
		    js_str(row, "kind"), js_str(row, "state"), js_str(row, "ended"),
		    js_int(row, "attempts", 0), js_str(row, "key"), js_str(row, "error"));
	json_decref(model);
	return 0;
}

static int
cmd_outbox(int argc, char **argv, struct err *err)
{
	const struct who	 who = {.system = true, .address = ""};
	const char		*what = argc > 1 ? argv[1] : "";
	bool			 list = argc == 2 && strcmp(what, "list") == 0;
	bool			 retry = argc == 3 && strcmp(what, "retry") == 0;
	bool			 drop = argc == 3 && strcmp(what, "drop") == 0;
	struct hall		*h = NULL;
	int			 rc = -1;

	if (!list && !retry && !drop)
		return command_usage(command_by_name("outbox"), err);
	if (hall_open(&h, err) == 0)
		rc = list ? outbox_print(h, &who, err) :
		    retry ? trouble_retry(h, &who, argv[2], err) :
		    trouble_drop(h, &who, argv[2], err);
	hall_close(h);
	return rc;
}

const struct command	 command_outbox = {
	.name = "outbox", .args = "list|retry NO|drop NO",
	.help = "What could not be delivered outside: list it, ask the provider again, or leave it.",
	.run = cmd_outbox,
};

#include "base/base.h"
#include "cli/command.h"
#include "hall/payment/reconcile.h"

static int
reconcile_print(struct hall *h, const struct who *who, struct err *err)
{
	json_t	*model = NULL, *row;
	size_t	 i;

	if (reconcile_list(h, who, &model, err) < 0)
		return -1;
	json_array_foreach(json_object_get(model, "days"), i, row)
		printf("%s  %-7s %s  matched %" PRId64 "  differences %" PRId64 "  open %" PRId64
		    "  %s\n", js_str(row, "day"), js_str(row, "channel"),
		    js_bool(row, "ok") ? "done  " : "failed", js_int(row, "matched", 0),
		    js_int(row, "differences", 0), js_int(row, "open", 0), js_str(row, "detail"));
	json_array_foreach(json_object_get(model, "rows"), i, row)
		printf("%s  %s  trade %s %s ours %s theirs %s\n", js_str(row, "day"),
		    js_str(row, "kind"), js_str(row, "trade"), js_str(row, "refund"),
		    js_str(row, "ours"), js_str(row, "theirs"));
	json_decref(model);
	return 0;
}

static int
cmd_reconcile(int argc, char **argv, struct err *err)
{
	const struct who	 who = {.system = true, .address = ""};
	struct hall		*h = NULL;
	int			 rc = -1;

	if (argc > 3 || (argc == 3 && strcmp(argv[1], "fetch") != 0) ||
	    (argc == 2 && strcmp(argv[1], "fetch") != 0))
		return command_usage(command_by_name("reconcile"), err);
	if (hall_open(&h, err) == 0)
		rc = argc == 1 ? reconcile_print(h, &who, err) :
		    reconcile_ask(h, &who, argc == 3 ? argv[2] : NULL, err);
	hall_close(h);
	return rc;
}

const struct command	 command_reconcile = {
	.name = "reconcile", .args = "[fetch [YYYY-MM-DD]]",
	.help = "Print the result of reconciliation, or fetch the channels' bills of a day again.",
	.run = cmd_reconcile,
};

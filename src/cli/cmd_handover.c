#include "base/base.h"
#include "cli/command.h"
#include "hall/petition/handler.h"

/* What staff may do with handovers at the server: look, and end one that nobody accepted yet. */
static const struct who	handover_system = {.system = true, .address = ""};

static int
handover_command_list(struct hall *h, const char *state, struct err *err)
{
	json_t	*model = NULL, *row;
	size_t	 i;

	if (handover_list(h, &handover_system, state, &model, err) < 0)
		return -1;
	json_array_foreach(json_object_get(model, "rows"), i, row)
		printf("%s  %-8s  %s  %-19s\n", js_str(row, "no"), js_str(row, "state"),
		    js_str(row, "created"), js_str(row, "ended"));
	json_decref(model);
	return 0;
}

/* Whose subject it is stands on the handlers' pages: it may be a person's name. */
static int
handover_command_show(struct hall *h, const char *no, struct err *err)
{
	static const char *const	names[] = { "no", "state", "created" };
	json_t				*model = NULL;
	size_t				 i;

	if (handover_view(h, &handover_system, no, &model, err) < 0)
		return -1;
	for (i = 0; i < ARRAY_LEN(names); i++)
		printf("%-8s  %s\n", names[i], js_str(model, names[i]));
	json_decref(model);
	return 0;
}

static int
cmd_handover(int argc, char **argv, struct err *err)
{
	const char	*state = command_option(&argc, argv, "--state", "");
	const char	*what = argc > 1 ? argv[1] : "";
	bool		 list = argc == 2 && strcmp(what, "list") == 0;
	bool		 show = argc == 3 && strcmp(what, "show") == 0;
	bool		 end = argc == 3 && strcmp(what, "end") == 0;
	struct hall	*h = NULL;
	int		 rc = -1;

	if (!list && !show && !end)
		return command_usage(command_by_name("handover"), err);
	if (hall_open(&h, err) == 0)
		rc = list ? handover_command_list(h, state, err) :
		    show ? handover_command_show(h, argv[2], err) :
		    handover_end(h, &handover_system, argv[2], err);
	hall_close(h);
	return rc;
}

const struct command	 command_handover = {
	.name = "handover",
	.args = "list [--state offered|accepted|ended]|show NO|end NO",
	.help = "Subjects handed over to another handler: list and show them, end one before it is "
	    "accepted (nothing has moved yet).",
	.run = cmd_handover,
};

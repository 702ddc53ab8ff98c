#include "base/base.h"
#include "cli/command.h"
#include "hall/medium.h"

static int
ukey_show(struct hall *h, const struct who *who, const char *serial, struct err *err)
{
	json_t	*model = NULL, *row;
	size_t	 i;

	if (medium_view(h, who, serial, &model, err) < 0)
		return -1;
	printf("%s  %s\n", serial, js_bool(model, "held") ? "held by an account" : "free");
	json_array_foreach(json_object_get(model, "rows"), i, row)
		printf("    %s  order %s  %s\n", js_str(row, "time"), js_str(row, "no"),
		    js_str(row, "subject"));
	json_decref(model);
	return 0;
}

static int
cmd_ukey(int argc, char **argv, struct err *err)
{
	const struct who	 who = {.system = true, .address = ""};
	bool			 show = argc == 3 && strcmp(argv[1], "show") == 0;
	bool			 release = argc == 3 && strcmp(argv[1], "release") == 0;
	struct hall		*h = NULL;
	int			 rc = -1;

	if (!show && !release)
		return command_usage(command_by_name("ukey"), err);
	if (hall_open(&h, err) == 0)
		rc = show ? ukey_show(h, &who, argv[2], err) :
		    medium_release(h, &who, argv[2], err);
	hall_close(h);
	return rc;
}

const struct command	 command_ukey = {
	.name = "ukey", .args = "show SERIAL|release SERIAL",
	.help = "What was written into a UKey; let it go to another account.",
	.run = cmd_ukey,
};

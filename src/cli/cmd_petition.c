#include "base/base.h"
#include "base/clock.h"
#include "cli/command.h"
#include "hall/petition/petition.h"

static const struct who	petition_system = {.system = true, .address = ""};

static int
petition_command_list(struct hall *h, const char *state, struct err *err)
{
	json_t	*model = NULL, *row, *query = json_pack("{s:s}", "state", state);
	size_t	 i;
	int	 rc = petition_list(h, &petition_system, query, &model, err);

	json_array_foreach(json_object_get(model, "rows"), i, row)
		printf("%s  %-8s  %-10s  %-19s  %-19s  %s\n", js_str(row, "no"),
		    js_str(row, "kind"), js_str(row, "state"), js_str(row, "filed"),
		    js_str(row, "effective"), js_str(row, "subject"));
	json_decref(model);
	json_decref(query);
	return rc;
}

/* What was said is personal: it is for the reviewers' page, not for a terminal. */
static int
petition_command_show(struct hall *h, const char *no, struct err *err)
{
	static const char *const names[] = { "kind", "state", "subject", "created", "filed",
				    "decided", "effective", "ended", "reason", "returned_for", "impossible" };
	json_t	*model = NULL;
	size_t	 i;

	if (petition_view(h, &petition_system, no, &model, err) < 0)
		return -1;
	for (i = 0; i < ARRAY_LEN(names); i++)
		if (*js_str(model, names[i]) != '\0')
			printf("%-10s  %s\n", names[i], js_str(model, names[i]));
	json_decref(model);
	return 0;
}

/* Refuse it, or send it back to be mended: argv[3] says why. */
static int
petition_command_answer(struct hall *h, char **argv, struct err *err)
{
	json_t	*in = json_pack("{s:s}", "reason", argv[3]);
	int	 rc = in == NULL ? err_set(err, ERR_INPUT, "not text") :
		    strcmp(argv[1], "return") == 0 ?
		    petition_return(h, &petition_system, argv[2], in, NULL, err) :
		    petition_refuse(h, &petition_system, argv[2], in, NULL, err);

	json_decref(in);
	return rc;
}

static int
petition_command_run(struct hall *h, struct err *err)
{
	size_t	n = 0;

	if (petition_run(h, clock_now(), &n, err) < 0)
		return -1;
	printf("%zu ended\n", n);
	return 0;
}

static int
cmd_petition(int argc, char **argv, struct err *err)
{
	const char	*state = command_option(&argc, argv, "--state", "open");
	const char	*what = argc > 1 ? argv[1] : "";
	bool		 list = argc == 2 && strcmp(what, "list") == 0;
	bool		 show = argc == 3 && strcmp(what, "show") == 0;
	bool		 answer = argc == 4 && (strcmp(what, "refuse") == 0 ||
			    strcmp(what, "return") == 0);
	bool		 run = argc == 2 && strcmp(what, "run") == 0;
	struct hall	*h = NULL;
	int		 rc = -1;

	if (!list && !show && !answer && !run)
		return command_usage(command_by_name("petition"), err);
	if (hall_open(&h, err) == 0)
		rc = list ? petition_command_list(h, state, err) :
		    show ? petition_command_show(h, argv[2], err) :
		    answer ? petition_command_answer(h, argv, err) : petition_command_run(h, err);
	hall_close(h);
	return rc;
}

const struct command	 command_petition = {
	.name = "petition",
	.args = "list [--state open|returned|waiting|ended]|show NO|refuse NO REASON|"
	    "return NO REASON|run",
	.help = "Petitions about accounts: what waits for a reviewer; refuse one; send one back to be mended; carry out what is due "
	    "now (the gate does so by itself). Granting is for the reviewers' page.",
	.run = cmd_petition,
};

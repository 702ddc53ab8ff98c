#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/command.h"
#include "kmc/kmc.h"
#include "pki/cert.h"

static const char *
day(int64_t ms, char text[CLOCK_TEXT])
{
	return ms == 0 ? "-" : clock_date(ms, text);
}

static int
officer_add(const char *file, struct err *err)
{
	struct cert		*c = NULL;
	json_t			*j = NULL;
	const unsigned char	*der;
	size_t			 len;
	int			 rc = -1;

	if (cert_read(file, &c, err) < 0)
		return -1;
	der = cert_der(c, &len);
	if ((rc = kmc_officer_add(der, len, &j, err)) == 0)
		printf("%s  %s  may sign for keys now\n", js_str(j, "serial"), js_str(j, "name"));
	json_decref(j);
	cert_free(c);
	return rc;
}

static int
officer_list(struct err *err)
{
	json_t	*j = NULL, *row;
	size_t	 i;
	char	 since[CLOCK_TEXT], until[CLOCK_TEXT];

	if (kmc_officers(&j, err) < 0)
		return -1;
	json_array_foreach(json_object_get(j, "officers"), i, row)
		printf("%s  %-8s  since %s  until %s  %s\n", js_str(row, "serial"),
		    js_bool(row, "active") ? "active" : "removed",
		    day(js_int(row, "created", 0), since), day(js_int(row, "ended", 0), until),
		    js_str(row, "name"));
	json_decref(j);
	return 0;
}

static int
kmc_officer(int argc, char **argv, struct err *err)
{
	if (argc == 3 && strcmp(argv[1], "add") == 0)
		return officer_add(argv[2], err);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return officer_list(err);
	if (argc == 3 && strcmp(argv[1], "remove") == 0)
		return kmc_officer_remove(argv[2], err);
	return command_usage(command_by_name("kmc"), err);
}

static int
kmc_stats_print(int argc, char **argv, struct err *err)
{
	json_t	*j = NULL;

	(void)argv;
	if (argc != 1)
		return command_usage(command_by_name("kmc"), err);
	if (kmc_stats(&j, err) < 0)
		return -1;
	printf("made ahead  %" PRId64 " of %" PRId64 "\nmade        %" PRId64 "\n"
	    "in escrow   %" PRId64 "\nrecovered   %" PRId64 " for users, %" PRId64
	    " judicial\ndestroyed   %" PRId64 "\n", js_int(j, "pool", 0),
	    js_int(j, "pool_size", 0), js_int(j, "made", 0), js_int(j, "kept", 0),
	    js_int(j, "recovered_user", 0), js_int(j, "recovered_judicial", 0),
	    js_int(j, "destroyed", 0));
	json_decref(j);
	return 0;
}

static int
kmc_journal(int argc, char **argv, struct err *err)
{
	json_t	*j = NULL;

	(void)argv;
	if (argc != 1)
		return command_usage(command_by_name("kmc"), err);
	if (kmc_journal_verify(&j, err) < 0)
		return -1;
	printf("%" PRId64 " lines, head %s: good\n", js_int(j, "lines", 0), js_str(j, "head"));
	json_decref(j);
	return 0;
}

static const struct {
	const char	*name;
	int		(*run)(int argc, char **argv, struct err *err);
} kmc_verbs[] = {
	{"officer", kmc_officer}, {"stats", kmc_stats_print}, {"journal", kmc_journal},
};

static int
cmd_kmc(int argc, char **argv, struct err *err)
{
	for (size_t i = 0; argc >= 2 && i < ARRAY_LEN(kmc_verbs); i++)
		if (strcmp(argv[1], kmc_verbs[i].name) == 0)
			return kmc_verbs[i].run(argc - 1, argv + 1, err);
	return command_usage(command_by_name("kmc"), err);
}

const struct command	 command_kmc = {
	.name = "kmc",
	.args = "officer add CERT|list|remove SERIAL | stats | journal",
	.help = "The key management centre: who may recover keys; verify its journal.",
	.run = cmd_kmc,
};

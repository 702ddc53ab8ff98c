#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "cli/command.h"
#include "main/process.h"
#include "pki/profile.h"

#include <signal.h>

#define DEFAULT_CONFIG	"yinxin.conf"

static void
print_help(FILE *f)
{
	fputs("Yinxin (印信): a certificate authority with its online service hall.\n\n"
	    "usage: yinxin [--config FILE] COMMAND …\n\n"
	    "  serve\n        Start all services and keep them running.\n", f);
	for (size_t i = 0; commands[i] != NULL; i++)
		fprintf(f, "  %s %s\n        %s\n", commands[i]->name, commands[i]->args,
		    commands[i]->help);
	fputs("  help\n        This page.\n\n"
	    "Settings come from the file (default: " DEFAULT_CONFIG " if it exists) and the "
	    "environment;\n`yinxin settings help` lists them.\n", f);
}

static enum log_level
log_level_of(const char *name)
{
	return name[0] == 'd' ? LOG_DEBUG : name[0] == 'i' ? LOG_INFO :
	    name[0] == 'w' ? LOG_WARN : LOG_ERROR;
}

static int
run(int argc, char **argv, struct err *err)
{
	const struct command	*c;

	if (strcmp(argv[0], "serve") == 0)
		return supervisor_run(err);
	if (strcmp(argv[0], "process") == 0 && argc == 2)
		return process_run(argv[1], err);
	if ((c = command_by_name(argv[0])) == NULL)
		return err_set(err, ERR_INPUT, "no command \"%s\"; see yinxin help", argv[0]);
	ipc_speak_as(IPC_ADMIN);
	return c->run(argc, argv, err);
}

int
main(int argc, char **argv)
{
	struct err	 err = {0};
	const char	*config, *process = "cli";

	signal(SIGPIPE, SIG_IGN);
	/* By the environment too, so that the processes of `serve` read the same file. */
	config = command_option(&argc, argv, "--config", NULL);
	if (config != NULL && !file_exists(config)) {
		fprintf(stderr, "yinxin: there is no file %s\n", config);
		return err_row(ERR_NOT_FOUND)->exit_status;
	}
	if (config == NULL && (config = getenv("YINXIN_CONFIG")) == NULL)
		config = DEFAULT_CONFIG;
	setenv("YINXIN_CONFIG", config, 1);
	if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
		print_help(argc < 2 ? stderr : stdout);
		return argc < 2 ? 64 : 0;
	}
	if (strcmp(argv[1], "serve") == 0)
		process = "supervisor";
	else if (strcmp(argv[1], "process") == 0 && argc == 3)
		process = argv[2];
	if (conf_load(config, &err) == 0 && profiles_load(&err) == 0) {
		log_init(process, log_level_of(conf_str("log.level")));
		clock_shift(conf_int("test.clock_shift"));
		if (run(argc - 1, argv + 1, &err) == 0)
			return 0;
	}
	fprintf(stderr, "yinxin: %s\n", err.text);
	return err_row(err.kind)->exit_status;
}

#include "base/base.h"
#include "cli/command.h"

#define COMMAND(n)	extern const struct command command_##n;
#include "cli/commands.def"
#undef COMMAND

const struct command *const	commands[] = {
#define COMMAND(n)	&command_##n,
#include "cli/commands.def"
#undef COMMAND
	NULL
};

const struct command *
command_by_name(const char *name)
{
	for (size_t i = 0; commands[i] != NULL; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

int
command_usage(const struct command *c, struct err *err)
{
	return err_set(err, ERR_INPUT, "usage: yinxin %s %s", c->name, c->args);
}

const char *
command_option(int *argc, char **argv, const char *name, const char *dflt)
{
	size_t	 len = strlen(name);

	for (int i = 1; i < *argc; i++) {
		const char	*value = NULL;
		int		 used = 0;

		if (strcmp(argv[i], name) == 0 && i + 1 < *argc) {
			value = argv[i + 1];
			used = 2;
		} else if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=') {
			value = argv[i] + len + 1;
			used = 1;
		}
		if (used == 0)
			continue;
		memmove(&argv[i], &argv[i + used], (size_t)(*argc - i - used + 1) *
		    sizeof(argv[0]));
		*argc -= used;
		return value;
	}
	return dflt;
}

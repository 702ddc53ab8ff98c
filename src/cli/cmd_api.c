#include "base/base.h"
#include "base/conf.h"
#include "cli/command.h"
#include "web/openapi.h"

static int
cmd_api(int argc, char **argv, struct err *err)
{
	json_t	*document = NULL;

	(void)argv;
	if (argc != 1)
		return command_usage(command_by_name("api"), err);
	document = openapi_document(conf_str("web.public_url"));
	(void)json_dumpf(document, stdout, JSON_INDENT(1));
	(void)putchar('\n');
	json_decref(document);
	return 0;
}

const struct command	 command_api = {
	.name = "api", .args = "",
	.help = "Print the hall's pages as an OpenAPI document.",
	.run = cmd_api,
};

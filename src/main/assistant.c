#include "base/base.h"
#include "base/log.h"
#include "base/str.h"
#include "main/assistant_command.h"

#include <signal.h>
#include <unistd.h>

static const char	usage[] =
	"yinxin-assistant (证书助手): UKeys for the pages of a hall, on loopback.\n\n"
	"  yinxin-assistant [--port 18765] [--driver LIBRARY …] [--origin URL] [--ca FILE]\n"
	"                   [--allow-origin URL …] [--state DIR] [--soft DIR]\n"
	"  yinxin-assistant COMMAND …\n\n"
	"Soft certificates: files in DIR, otherwise in yinxin/soft of XDG_DATA_HOME or ~/.local/share.\n"
	"Without --driver: every known library that is installed, or stands beside the program.\n\n";

static struct http_server	*assistant_server;

/* The libraries found stay until the end of the program; none: the page says what to install. */
static void
search(struct assistant *a)
{
	static char	*found[ASSISTANT_LIST];
	char		 self[4096] = "";
	ssize_t		 n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char		*slash = n > 0 ? strrchr(self, '/') : NULL;

	if (slash != NULL)
		*slash = '\0';
	a->n_drivers = driver_search("", slash == NULL ? "" : self, found, ASSISTANT_LIST);
	for (size_t i = 0; i < a->n_drivers; i++)
		a->drivers[i] = found[i];
}

/* Where the soft certificates of this user are; NULL: he has no home.  Stays. */
static const char *
soft_home(void)
{
	const char	*data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (data != NULL && *data == '/')
		return xasprintf("%s/yinxin/soft", data);
	return home != NULL && *home == '/' ? xasprintf("%s/.local/share/yinxin/soft", home) : NULL;
}

static int
parse(int argc, char **argv, struct assistant *a, struct err *err)
{
	int64_t	 port;

	for (int i = 1; i + 1 < argc; i += 2) {
		const char	*name = argv[i], *value = argv[i + 1];

		if (strcmp(name, "--driver") == 0 && a->n_drivers < ASSISTANT_LIST)
			a->drivers[a->n_drivers++] = value;
		else if (strcmp(name, "--allow-origin") == 0 && a->n_origins < ASSISTANT_LIST)
			a->origins[a->n_origins++] = value;
		else if (strcmp(name, "--origin") == 0)
			a->hall = value;
		else if (strcmp(name, "--ca") == 0)
			a->ca_file = value;
		else if (strcmp(name, "--state") == 0)
			a->state_dir = value;
		else if (strcmp(name, "--soft") == 0)
			a->soft_dir = value;
		else if (strcmp(name, "--port") == 0 && str_to_i64(value, 65535, &port) == 0)
			a->port = (int)port;
		else
			return err_set(err, ERR_INPUT, "%s %s is not understood", name, value);
	}
	if (a->n_drivers == 0)
		search(a);
	if (a->soft_dir == NULL)
		a->soft_dir = soft_home();
	return 0;
}

static void
on_term(int sig)
{
	(void)sig;
	http_server_stop(assistant_server);
}

static int
serve(struct assistant *a, struct err *err)
{
	if (assistant_listen(a, 0, &assistant_server, err) < 0)
		return -1;
	signal(SIGTERM, on_term);
	signal(SIGINT, on_term);
	printf("证书助手 http://127.0.0.1:%d/\n", a->port);
	fflush(stdout);
	http_server_run(assistant_server);
	http_server_free(assistant_server);
	return 0;
}

int
main(int argc, char **argv)
{
	struct assistant	 a = {.port = 18765, .state_dir = "assistant"};
	struct err		 err = {0};
	int			 rc;

	signal(SIGPIPE, SIG_IGN);
	log_init("assistant", LOG_INFO);
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		fputs(usage, stdout);
		assistant_command_help();
		return 0;
	}
	if (argc > 1 && argv[1][0] != '-')
		rc = assistant_command(argc - 1, argv + 1, &err);
	else if ((rc = parse(argc, argv, &a, &err)) == 0)
		rc = serve(&a, &err);
	if (rc == 0)
		return 0;
	fprintf(stderr, "yinxin-assistant: %s\n", err.text);
	return err_row(err.kind)->exit_status;
}

#include "base/base.h"
#include "cli/command.h"
#include "hall/relying/relying.h"

static const struct who	app_system = {.system = true, .address = ""};

/* What is shown once goes to the terminal, or where its output was sent. */
static void
app_print_secret(const json_t *m)
{
	printf("%s  %s\nsecret  %s\nsalt    %s\n", js_str(m, "id"), js_str(m, "name"),
	    js_str(m, "secret"), js_str(m, "salt"));
}

static int
app_add(struct hall *h, json_t *in, struct err *err)
{
	json_t	*m = NULL, *errors = json_array();
	int	 rc = in == NULL ? err_set(err, ERR_INPUT, "not text") :
		    relying_add(h, &app_system, in, errors, &m, err);

	if (rc < 0 && json_array_size(errors) > 0)
		err_set(err, ERR_INPUT, "%s", js_str(json_array_get(errors, 0), "text"));
	if (rc == 0)
		app_print_secret(m);
	json_decref(m);
	json_decref(errors);
	json_decref(in);
	return rc;
}

static int
app_list(struct hall *h, struct err *err)
{
	json_t	*m = NULL, *row, *e;
	size_t	 i, k;

	if (relying_list(h, &app_system, &m, err) < 0)
		return -1;
	json_array_foreach(json_object_get(m, "rows"), i, row) {
		printf("%s  %-4s  %s  %s  products %s  subject %s  last %s  events", js_str(row, "id"),
		    js_str(row, "state"), js_str(row, "name"), js_str(row, "url"),
		    js_str_or(row, "products", "all"), js_str(row, "subject"),
		    js_str_or(row, "last_ok", "never"));
		json_array_foreach(json_object_get(row, "events"), k, e)
			printf(" %s", js_str(e, "event"));
		putchar('\n');
	}
	json_decref(m);
	return 0;
}

static int
app_show(struct hall *h, const char *id, struct err *err)
{
	json_t	*m = NULL, *row;
	size_t	 i;

	if (relying_view(h, &app_system, id, &m, err) < 0)
		return -1;
	json_array_foreach(json_object_get(m, "deliveries"), i, row)
		printf("%s  %s  %-8s  %-7s  tries %" PRId64 "  %s  %s\n", js_str(row, "created"),
		    js_str(row, "id"), js_str(row, "event"), js_str(row, "state"),
		    js_int(row, "attempts", 0), js_str(row, "serial"), js_str(row, "error"));
	json_decref(m);
	return 0;
}

static int
app_rotate(struct hall *h, const char *id, struct err *err)
{
	json_t	*m = NULL;

	if (relying_rotate(h, &app_system, id, &m, err) < 0)
		return -1;
	app_print_secret(m);
	json_decref(m);
	return 0;
}

static int
cmd_app(int argc, char **argv, struct err *err)
{
	const char	*events = command_option(&argc, argv, "--events", "");
	const char	*products = command_option(&argc, argv, "--products", "");
	const char	*subject = command_option(&argc, argv, "--subject", "none");
	const char	*what = argc > 1 ? argv[1] : "";
	bool		 add = argc == 4 && strcmp(what, "add") == 0;
	bool		 list = argc == 2 && strcmp(what, "list") == 0;
	bool		 show = argc == 3 && strcmp(what, "show") == 0;
	bool		 rotate = argc == 3 && strcmp(what, "rotate") == 0;
	bool		 remove = argc == 3 && strcmp(what, "remove") == 0;
	bool		 ping = argc == 3 && strcmp(what, "ping") == 0;
	bool		 resend = argc == 4 && strcmp(what, "resend") == 0;
	struct hall	*h = NULL;
	int		 rc = -1;

	if (!add && !list && !show && !rotate && !remove && !ping && !resend)
		return command_usage(command_by_name("app"), err);
	if (hall_open(&h, err) == 0)
		rc = add ? app_add(h, json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", argv[2],
		    "url", argv[3], "events", events, "products", products, "subject", subject),
		    err) : list ? app_list(h, err) : show ? app_show(h, argv[2], err) :
		    rotate ? app_rotate(h, argv[2], err) :
		    remove ? relying_remove(h, &app_system, argv[2], err) :
		    ping ? relying_ping(h, &app_system, argv[2], err) :
		    relying_resend(h, &app_system, argv[2], argv[3], err);
	hall_close(h);
	return rc;
}

const struct command	 command_app = {
	.name = "app",
	.args = "add NAME URL --events LIST [--products LIST] [--subject none|digest|name]|list|show ID|"
	    "rotate ID|remove ID|ping ID|resend ID DELIVERY",
	.help = "Relying systems that are told by webhook what happens to certificates.",
	.run = cmd_app,
};

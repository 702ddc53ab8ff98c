#include "base/base.h"
#include "base/file.h"
#include "base/str.h"
#include "cli/command.h"
#include "hall/medium/stock.h"

static const struct who	medium_system = {.system = true, .address = ""};

/* Serial numbers: the arguments, or what stands in a file of that name. */
static int
medium_serials(int argc, char **argv, struct buf *all, struct err *err)
{
	int	i;

	if (argc == 3 && access(argv[2], R_OK) == 0)
		return file_read(argv[2], all, err);
	for (i = 2; i < argc; i++)
		buf_addf(all, "%s\n", argv[i]);
	return buf_check(all, err);
}

static int
medium_command_add(struct hall *h, int argc, char **argv, const char *batch, const char *kind,
    struct err *err)
{
	struct buf	 all;
	json_t		*in = NULL;
	int64_t		 added = 0;
	int		 rc = -1;

	buf_init(&all, STOCK_BYTES);
	if (medium_serials(argc, argv, &all, err) == 0) {
		in = json_pack("{s:s, s:s, s:s}", "batch", batch, "kind", kind, "serials",
		    all.len > 0 ? all.p : "");
		rc = in == NULL ? err_set(err, ERR_INPUT, "%s is not text", argv[2]) :
		    stock_add(h, &medium_system, in, NULL, &added, err);
	}
	if (rc == 0)
		printf("%" PRId64 " received as %s\n", added, batch);
	json_decref(in);
	buf_free(&all);
	return rc;
}

static int
medium_command_list(struct hall *h, const char *batch, const char *state, struct err *err)
{
	json_t	*model = NULL, *row, *count, *query = json_pack("{s:s, s:s}", "batch", batch,
		    "state", state);
	size_t	 i, k;
	int	 rc = stock_list(h, &medium_system, query, &model, err);

	json_array_foreach(json_object_get(model, "rows"), i, row)
		printf("%-32s  %-8s  %-20s  %s  %s\n", js_str(row, "serial"), js_str(row, "state"),
		    js_str(row, "batch"), js_str(row, "received"), js_str(row, "issued"));
	json_array_foreach(json_object_get(model, "batches"), i, row) {
		if (js_bool(model, "asked"))
			break;
		printf("%-20s  %s  %6" PRId64, js_str(row, "batch"), js_str(row, "received"),
		    js_int(row, "total", 0));
		json_array_foreach(json_object_get(row, "counts"), k, count)
			printf("  %s %" PRId64, js_str(count, "state"), js_int(count, "count", 0));
		putchar('\n');
	}
	json_decref(model);
	json_decref(query);
	return rc;
}

/* One UKey and its history. */
static int
medium_command_show(struct hall *h, const char *serial, struct err *err)
{
	json_t	*model = NULL, *row;
	size_t	 i;

	if (stock_view(h, &medium_system, serial, &model, err) < 0)
		return -1;
	printf("%s  %s  %s  order %s  %s\n", serial, js_str(model, "state"),
	    js_str(model, "batch"), js_str(model, "order"), js_str(model, "subject"));
	json_array_foreach(json_object_get(model, "events"), i, row)
		printf("    %s  %-8s  %s  %s\n", js_str(row, "time"), js_str(row, "what"),
		    js_str(row, "order"), js_str(row, "note"));
	json_decref(model);
	return 0;
}

static int
medium_command_scrap(struct hall *h, char **argv, struct err *err)
{
	json_t	*in = json_pack("{s:s, s:s}", "serial", argv[2], "reason", argv[3]);
	int	 rc = in == NULL ? err_set(err, ERR_INPUT, "not text") :
		    stock_scrap(h, &medium_system, in, NULL, err);

	json_decref(in);
	return rc;
}

static int
cmd_medium(int argc, char **argv, struct err *err)
{
	const char	*batch = command_option(&argc, argv, "--batch", "");
	const char	*kind = command_option(&argc, argv, "--kind", "");
	const char	*state = command_option(&argc, argv, "--state", "");
	const char	*what = argc > 1 ? argv[1] : "";
	bool		 add = argc > 2 && strcmp(what, "add") == 0 && *batch != '\0';
	bool		 list = argc == 2 && strcmp(what, "list") == 0;
	bool		 show = argc == 3 && strcmp(what, "show") == 0;
	bool		 release = argc == 3 && strcmp(what, "release") == 0;
	bool		 scrap = argc == 4 && strcmp(what, "scrap") == 0;
	struct hall	*h = NULL;
	int		 rc = -1;

	if (!add && !list && !show && !release && !scrap)
		return command_usage(command_by_name("medium"), err);
	if (hall_open(&h, err) == 0)
		rc = add ? medium_command_add(h, argc, argv, batch, kind, err) :
		    list ? medium_command_list(h, batch, state, err) :
		    show ? medium_command_show(h, argv[2], err) :
		    release ? stock_release(h, &medium_system, argv[2], err) :
		    medium_command_scrap(h, argv, err);
	hall_close(h);
	return rc;
}

const struct command	 command_medium = {
	.name = "medium",
	.args = "add --batch NAME [--kind TEXT] FILE|SERIAL...|list [--batch NAME] [--state STATE]|"
	    "show SERIAL|release SERIAL|scrap SERIAL REASON",
	.help = "The stock of UKeys: receive a batch, count or list it; what was written into one; let it "
	    "go to another account, take it out of use.",
	.run = cmd_medium,
};

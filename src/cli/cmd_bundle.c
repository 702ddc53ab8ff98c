#include "base/base.h"
#include "base/str.h"
#include "cli/command.h"
#include "hall/payment/bundle.h"
#include "pki/idcode.h"

/* What staff may do with bundles at the server: look, and cancel what still can be. */
static const struct who	bundle_system = {.system = true, .address = ""};

static int
bundle_command_list(struct hall *h, struct err *err)
{
	json_t	*model = NULL, *row;
	size_t	 i;

	if (bundle_list(h, &bundle_system, &model, err) < 0)
		return -1;
	json_array_foreach(json_object_get(model, "rows"), i, row)
		printf("%s  %s  %3" PRId64 " orders  %3" PRId64 " paid  %3" PRId64 " done  %3" PRId64
		    " cancelled\n", js_str(row, "no"), js_str(row, "created"), js_int(row, "n", 0),
		    js_int(row, "n_paid", 0), js_int(row, "n_done", 0), js_int(row, "n_over", 0));
	json_decref(model);
	return 0;
}

static void
bundle_print_order(const struct hall *h, const json_t *row)
{
	const struct def_product	*p = halldef_product(hall_def(h), js_str(row, "product"));
	char				 name[MASK_TEXT];

	printf("    %s  %-10s  %s  %s\n", js_str(row, "no"), js_str(row, "state"),
	    js_bool(row, "is_paid") ? "paid" : "-   ", p != NULL && p->person ?
	    mask_name(js_str(row, "subject"), name) : js_str(row, "subject"));
}

static int
bundle_command_show(struct hall *h, const char *no, struct err *err)
{
	json_t	*model = NULL, *row;
	size_t	 i;

	if (bundle_view(h, &bundle_system, no, &model, err) < 0)
		return -1;
	printf("%s  %s  total %s  due %s\n", js_str(model, "no"), js_str(model, "created"),
	    js_str(model, "total"), js_str(model, "due"));
	json_array_foreach(json_object_get(model, "orders"), i, row)
		bundle_print_order(h, row);
	json_array_foreach(json_object_get(model, "trades"), i, row)
		printf("    trade  %s  %s  %s  %s\n", js_str(row, "no"), js_str(row, "channel"),
		    js_str(row, "amount"), js_str(row, "state"));
	json_decref(model);
	return 0;
}

static int
bundle_command_cancel(struct hall *h, const char *no, const char *reason, struct err *err)
{
	json_t	*model = NULL, *row;
	size_t	 i;

	if (bundle_cancel(h, &bundle_system, no, reason, &model, err) < 0)
		return -1;
	json_array_foreach(json_object_get(model, "cancelled"), i, row)
		printf("%s  cancelled\n", json_string_value(row));
	json_array_foreach(json_object_get(model, "kept"), i, row)
		printf("%s  kept: %s\n", js_str(row, "no"), js_str(row, "why"));
	json_decref(model);
	return 0;
}

static int
cmd_bundle(int argc, char **argv, struct err *err)
{
	const char	*what = argc > 1 ? argv[1] : "";
	bool		 list = argc == 2 && strcmp(what, "list") == 0;
	bool		 show = argc == 3 && strcmp(what, "show") == 0;
	bool		 cancel = argc == 4 && strcmp(what, "cancel") == 0;
	struct hall	*h = NULL;
	int		 rc = -1;

	if (!list && !show && !cancel)
		return command_usage(command_by_name("bundle"), err);
	if (hall_open(&h, err) == 0)
		rc = list ? bundle_command_list(h, err) :
		    show ? bundle_command_show(h, argv[2], err) :
		    bundle_command_cancel(h, argv[2], argv[3], err);
	hall_close(h);
	return rc;
}

const struct command	 command_bundle = {
	.name = "bundle",
	.args = "list|show NO|cancel NO REASON",
	.help = "Renewals begun and paid together: list and show them; cancel each order of one that still "
	    "can be (what was paid for it goes back), saying which were kept and why.",
	.run = cmd_bundle,
};

#include "base/base.h"
#include "base/str.h"
#include "cli/command.h"
#include "hall/ops.h"
#include "hall/order/fetch.h"
#include "hall/order/order.h"
#include "pki/idcode.h"

/*
 * What staff may do with orders at the server: look, cancel (money goes back), send the mail again,
 * begin an operation for the holder of a certificate, who goes on with it in the hall.  Nothing is
 * approved and nothing issued here.
 */
static const struct who	order_system = {.system = true, .address = ""};

static void
order_print_row(const struct hall *h, const json_t *row)
{
	const struct def_product	*p = halldef_product(hall_def(h), js_str(row, "product"));
	char				 name[MASK_TEXT];

	printf("%s  %-7s  %-10s  %s  %8s %s  %-4s  %s\n", js_str(row, "no"), js_str(row, "op"),
	    js_str(row, "state"), js_str(row, "created"), js_str(row, "amount"),
	    js_bool(row, "paid") ? "paid" : "-   ", js_str(row, "medium"), p != NULL && p->person ?
	    mask_name(js_str(row, "subject"), name) : js_str(row, "subject"));
}

static int
order_command_list(struct hall *h, const json_t *query, struct err *err)
{
	json_t	*model = NULL, *row;
	size_t	 i;

	if (order_list(h, &order_system, "all", query, &model, err) < 0)
		return -1;
	json_array_foreach(json_object_get(model, "rows"), i, row)
		order_print_row(h, row);
	printf("page %" PRId64 " of %" PRId64 ", %" PRId64 " orders\n", js_int(model, "page", 1),
	    js_int(model, "pages", 1), js_int(model, "total", 0));
	json_decref(model);
	return 0;
}

static void
order_print(const struct hall *h, const json_t *model)
{
	json_t	*row;
	size_t	 i;

	order_print_row(h, model);
	printf("    medium  %s\n", js_str(model, "medium"));
	if (js_str(model, "old")[0] != '\0')
		printf("    certificate  %s  %s\n", js_str(model, "old"), js_str(model, "old_text"));
	if (js_str(model, "next")[0] != '\0')
		printf("    next  %s\n", js_str(model, "next"));
	json_array_foreach(json_object_get(model, "trades"), i, row)
		printf("    trade  %s  %s  %s  %s\n", js_str(row, "no"), js_str(row, "channel"),
		    js_str(row, "amount"), js_str(row, "state"));
	json_array_foreach(json_object_get(model, "certificates"), i, row)
		printf("    %-4s  %s  %s  %s to %s\n", js_str(row, "kind"), js_str(row, "serial"),
		    js_str(row, "state"), js_str(row, "not_before"), js_str(row, "not_after"));
}

static void
order_print_events(const json_t *model)
{
	json_t	*row;
	size_t	 i;

	json_array_foreach(json_object_get(model, "events"), i, row)
		printf("%s  %-8s  %-20s  %s\n", js_str(row, "time"), js_str(row, "actor"),
		    js_str(row, "what"), js_str(row, "note"));
}

static int
order_command_show(struct hall *h, const char *no, bool events, struct err *err)
{
	json_t	*model = NULL;

	if (order_view(h, &order_system, no, &model, err) < 0)
		return -1;
	if (events)
		order_print_events(model);
	else
		order_print(h, model);
	json_decref(model);
	return 0;
}

/* Each operation of ops.def: whether this certificate may, or why not. */
static int
order_command_may(struct hall *h, const char *serial, struct err *err)
{
	const struct op	*op;
	json_t		*model = json_object();
	char		 may[32], text[32];
	int		 rc = ops_model(h, &order_system, serial, model, err);

	for (size_t i = 0; rc == 0 && (op = op_row(i)) != NULL; i++) {
		(void)snprintf(may, sizeof(may), "may_%s", op->name);
		(void)snprintf(text, sizeof(text), "%s_text", op->name);
		printf("%-8s  %s  %s  %s\n", op->name, js_bool(model, may) ? "yes" : "no ",
		    op->text, js_bool(model, may) ? "" : js_str(model, text)[0] != '\0' ?
		    js_str(model, text) : op->keeps ? js_str(model, "concerned_by") :
		    js_str(model, "replaced_by"));
	}
	json_decref(model);
	return rc;
}

static int
order_command_begin(struct hall *h, const char *op, const char *serial, const json_t *in,
    struct err *err)
{
	char	no[ORDER_NO];

	if (op_begin(h, &order_system, op, serial, in, NULL, no, err) < 0)
		return -1;
	printf("%s\n", no);
	return 0;
}

static int
order_run(struct hall *h, char **argv, const json_t *in, struct err *err)
{
	const char	*what = argv[1];

	if (strcmp(what, "list") == 0)
		return order_command_list(h, in, err);
	if (strcmp(what, "may") == 0)
		return order_command_may(h, argv[2], err);
	if (strcmp(what, "begin") == 0)
		return order_command_begin(h, argv[2], argv[3], in, err);
	if (strcmp(what, "cancel") == 0)
		return order_cancel(h, &order_system, argv[2], argv[3], err);
	if (strcmp(what, "resend") == 0)
		return fetch_resend(h, &order_system, argv[2], err);
	return order_command_show(h, argv[2], strcmp(what, "events") == 0, err);
}

static int
cmd_order(int argc, char **argv, struct err *err)
{
	static const struct { const char *what; int argc; } verbs[] = {{"list", 2}, {"show", 3},
		{"events", 3}, {"may", 3}, {"resend", 3}, {"cancel", 4}, {"begin", 4}};
	static const char *const	 options[] = {"state", "subject", "page", "years", "cause",
		"pay", "op"};
	json_t				*in = json_object();
	struct hall			*h = NULL;
	char				 name[16];
	bool				 known = false;
	int				 rc = -1;

	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		(void)snprintf(name, sizeof(name), "--%s", options[i]);
		js_set_str(in, options[i], command_option(&argc, argv, name, ""));
	}
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(verbs); i++)
		known |= strcmp(argv[1], verbs[i].what) == 0 && argc == verbs[i].argc;
	if (!known)
		rc = command_usage(command_by_name("order"), err);
	else if (hall_open(&h, err) == 0)
		rc = order_run(h, argv, in, err);
	hall_close(h);
	json_decref(in);
	return rc;
}

const struct command	 command_order = {
	.name = "order",
	.args = "list [--op new|OP] [--state STATE] [--pay paid|owed|free] [--subject TEXT] [--page N]|show NO|events NO|"
	    "cancel NO REASON|resend NO|may SERIAL|begin OP SERIAL [--years N] [--cause lost|broken]",
	.help = "Orders: list and show them, cancel one (what was paid goes back), send the download mail "
	    "again; what may be done with a certificate (OP: renew, reissue, change, unlock), and begin it for its holder.",
	.run = cmd_order,
};

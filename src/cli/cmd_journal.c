#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/command.h"
#include "journal/proof.h"
#include "kmc/kmc.h"
#include "signer/signer.h"

/* ---- verify ---- */

static int
verify_one(const char *name, int (*ask)(json_t **out, struct err *err), struct err *err)
{
	char	 when[CLOCK_TEXT];
	json_t	*j = NULL;

	if (ask(&j, err) < 0)
		return -1;
	printf("%-6s  %" PRId64 " lines, %" PRId64 " signed heads, the last of %" PRId64 " lines (%s)"
	    ": good\n", name, js_int(j, "lines", 0), js_int(j, "heads", 0), js_int(j, "signed", 0),
	    js_int(j, "heads", 0) == 0 ? "never" : clock_datetime(js_int(j, "time", 0), when));
	json_decref(j);
	return 0;
}

static int
journal_verify_run(int argc, char **argv, struct err *err)
{
	const char	*of = argc == 2 ? argv[1] : NULL;

	if (argc > 2 || (of != NULL && strcmp(of, "signer") != 0 && strcmp(of, "kmc") != 0))
		return command_usage(command_by_name("journal"), err);
	if ((of == NULL || strcmp(of, "signer") == 0) &&
	    verify_one("signer", signer_journal_verify, err) < 0)
		return -1;
	if (of == NULL || strcmp(of, "kmc") == 0)
		return verify_one("kmc", kmc_journal_verify, err);
	return 0;
}

/* ---- prove ---- */

static int
number_option(int *argc, char **argv, const char *name, int64_t *value, struct err *err)
{
	const char	*text = command_option(argc, argv, name, "0");

	if (str_to_i64(text, INT64_MAX, value) == 0)
		return 0;
	return err_set(err, ERR_INPUT, "%s takes a number of lines, not \"%.20s\"", name, text);
}

static int
journal_prove_run(int argc, char **argv, struct err *err)
{
	json_t	*j = NULL;
	int64_t	 line, since;
	const char *of = command_option(&argc, argv, "--of", "signer");
	bool	 of_kmc = strcmp(of, "kmc") == 0;
	int	 rc;

	if (number_option(&argc, argv, "--line", &line, err) < 0 ||
	    number_option(&argc, argv, "--since", &since, err) < 0)
		return -1;
	if ((line == 0) == (argc == 1) || argc > 2 || (of_kmc && line == 0) ||
	    (!of_kmc && strcmp(of, "signer") != 0))
		return command_usage(command_by_name("journal"), err);
	rc = of_kmc ? kmc_journal_prove(line, since, &j, err) :
	    signer_journal_prove(line == 0 ? argv[1] : NULL, line, since, &j, err);
	if (rc == 0)
		(void)json_dumpf(j, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	json_decref(j);
	if (rc == 0)
		printf("\n");
	return rc;
}

/* ---- check: asks no service and opens no store ---- */

static void
proof_print(const json_t *proof, const struct journal_head *head)
{
	const json_t	*row;
	char		 when[CLOCK_TEXT];
	size_t		 i;

	printf("head of %" PRId64 " lines of the journal of %s, signed %s: good\n", head->lines,
	    head->journal, clock_datetime(head->time, when));
	if (json_object_get(proof, "since") != NULL)
		printf("its first %" PRId64 " lines are those of root %s\n",
		    js_int(proof, "since", 0), js_str(proof, "since_root"));
	json_array_foreach(json_object_get(proof, "lines"), i, row)
		printf("%s\n", js_str(row, "line"));
}

static int
journal_check_run(int argc, char **argv, struct err *err)
{
	const char		*trusted = command_option(&argc, argv, "--trust", NULL);
	struct cert_pool	 pool = {0};
	struct journal_head	 head;
	struct buf		 text;
	json_t			*proof = NULL;
	char			 path[512];
	int			 rc = -1;

	if (argc != 2)
		return command_usage(command_by_name("journal"), err);
	(void)snprintf(path, sizeof(path), "%s/pub/chain.pem", conf_str("data.dir"));
	buf_init(&text, PROOF_MAX);
	if (cert_pool_read(&pool, trusted == NULL ? path : trusted, err) == 0 &&
	    file_read(argv[1], &text, err) == 0 &&
	    json_parse(text.p, text.len, PROOF_MAX, &proof, err) == 0 &&
	    (rc = proof_check(proof, &pool, &head, err)) == 0)
		proof_print(proof, &head);
	json_decref(proof);
	buf_free(&text);
	cert_pool_release(&pool);
	return rc;
}

static const struct {
	const char	*name;
	int		(*run)(int argc, char **argv, struct err *err);
} journal_verbs[] = {
	{"verify", journal_verify_run}, {"prove", journal_prove_run}, {"check", journal_check_run},
};

static int
cmd_journal(int argc, char **argv, struct err *err)
{
	for (size_t i = 0; argc >= 2 && i < ARRAY_LEN(journal_verbs); i++)
		if (strcmp(argv[1], journal_verbs[i].name) == 0)
			return journal_verbs[i].run(argc - 1, argv + 1, err);
	return command_usage(command_by_name("journal"), err);
}

const struct command	 command_journal = {
	.name = "journal",
	.args = "verify [signer|kmc] | prove SERIAL [--since LINES] | "
	    "prove --line N [--of signer|kmc] [--since LINES] | check FILE [--trust PEM]",
	.help = "The journals of signer and kmc: verify them whole, prove a certificate's lines, "
	    "check a proof.",
	.run = cmd_journal,
};

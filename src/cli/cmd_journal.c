#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/command.h"
#include "hall/anchor.h"
#include "hall/journal.h"
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

/* What was taken back when a store was restored stays to be seen. */
static void
verify_say_restored(const json_t *anchors)
{
	const json_t	*a;
	char		 when[CLOCK_TEXT];
	size_t		 i;

	json_array_foreach(anchors, i, a)
		if (js_bool(a, "restored"))
			printf("hall    put back to %" PRId64 " lines on %s (line %" PRId64 " of the "
			    "signer's journal)\n", js_int(a, "lines", 0),
			    clock_datetime(js_int(a, "time", 0), when), js_int(a, "line", 0));
}

/* The hall's chain, by its anchors in the signer's journal, which was verified before. */
static int
verify_hall(struct err *err)
{
	struct hall	*h = NULL;
	json_t		*anchors = NULL;
	int64_t		 lines = 0;
	size_t		 held = 0;
	char		 when[CLOCK_TEXT];
	const json_t	*last;
	int		 rc = -1;

	if (hall_open(&h, err) == 0 && signer_anchors(&anchors, err) == 0)
		rc = hall_journal_verify(h, anchors, &lines, &held, err);
	if (rc == 0) {
		last = json_array_get(anchors, json_array_size(anchors) - 1);
		verify_say_restored(anchors);
		printf("hall    %" PRId64 " lines, %zu anchors in the signer's journal, the last of %"
		    PRId64 " lines (%s): good\n", lines, held, js_int(last, "lines", 0),
		    last == NULL ? "never" : clock_datetime(js_int(last, "time", 0), when));
	}
	json_decref(anchors);
	hall_close(h);
	return rc;
}

static int
verify_signer(struct err *err)
{
	return verify_one("signer", signer_journal_verify, err);
}

static int
verify_kmc(struct err *err)
{
	return verify_one("kmc", kmc_journal_verify, err);
}

static int
journal_verify_run(int argc, char **argv, struct err *err)
{
	static const struct {
		const char	*name;
		int		(*run)(struct err *err);
	} journals[] = {{"signer", verify_signer}, {"kmc", verify_kmc}, {"hall", verify_hall}};
	bool	 any = false;

	for (size_t i = 0; argc <= 2 && i < ARRAY_LEN(journals); i++) {
		if (argc == 2 && strcmp(argv[1], journals[i].name) != 0)
			continue;
		any = true;
		if (journals[i].run(err) < 0)
			return -1;
	}
	return any ? 0 : command_usage(command_by_name("journal"), err);
}

/* ---- anchor ---- */

static int
journal_anchor_run(int argc, char **argv, struct err *err)
{
	bool		 restored = argc == 2 && strcmp(argv[1], "--restored") == 0;
	struct hall	*h = NULL;
	int64_t		 lines = 0;
	int		 rc = -1;

	if (argc != 1 && !restored)
		return command_usage(command_by_name("journal"), err);
	if (hall_open(&h, err) == 0 && (rc = hall_anchor(h, restored, &lines, err)) == 0)
		printf("the hall's journal is anchored at %" PRId64 " lines\n", lines);
	hall_close(h);
	return rc;
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
	{"anchor", journal_anchor_run},
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
	.args = "verify [signer|kmc|hall] | anchor [--restored] | prove SERIAL [--since LINES] | "
	    "prove --line N [--of signer|kmc] [--since LINES] | check FILE [--trust PEM]",
	.help = "The journals: verify them whole, anchor the hall's in the signer's, prove a "
	    "certificate's lines, check a proof.",
	.run = cmd_journal,
};

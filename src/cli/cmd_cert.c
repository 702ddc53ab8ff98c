#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "cli/cert_desk.h"
#include "cli/command.h"
#include "kmc/kmc.h"
#include "pki/lint.h"
#include "signer/signer.h"
#include "va/va.h"

static int
cert_show(const char *path, struct err *err)
{
	struct cert	*c = NULL;
	const char	*type;
	char		 code[CERT_IDENTITY_TEXT], from[CLOCK_TEXT], to[CLOCK_TEXT];

	if (cert_read(path, &c, err) < 0)
		return -1;
	printf("subject      %s\nissuer       %s\nserial       %s\nvalid        %s to %s\n"
	    "fingerprint  SM3 %s\nuse          %s\n", cert_subject(c), cert_issuer(c),
	    cert_serial(c), clock_datetime(cert_not_before(c), from),
	    clock_datetime(cert_not_after(c), to), cert_fingerprint(c),
	    cert_is_ca(c) ? "CA" : cert_is_enc(c) ? "encryption" : "signature");
	if (cert_identity(c, &type, code))
		printf("identity     %s %s\n", type, code);
	cert_free(c);
	return 0;
}

/* The hall knows applicants' certificates; its sentence is for them. */
static int
cert_show_serial(const char *serial, struct err *err)
{
	int	 rc = cert_desk_show(serial, err);

	if (rc < 0 && err->kind == ERR_NOT_FOUND) {
		err_clear(err);
		return err_set(err, ERR_NOT_FOUND, "%.64s is no file and no certificate of an "
		    "applicant; of all others tells: yinxin cert find serial", serial);
	}
	return rc;
}

static int
cert_status_print(const char *serial, struct err *err)
{
	static const char *const names[] = {[VA_GOOD] = "good", [VA_REVOKED] = "revoked",
		[VA_UNKNOWN] = "unknown"};
	enum va_status	 status;

	if (va_status(serial, &status, err) < 0)
		return -1;
	printf("%s %s\n", serial, names[status]);
	return 0;
}

/* Lint ------------------------------------------------------------------------------------ */

static void
cert_lint_print(const struct lint_rule *rule, void *arg)
{
	(void)arg;
	printf("%-8s %s: not so: %s (%s)\n", rule->level == LINT_ERROR ? "error" : "warning",
	    rule->name, rule->text, rule->source);
}

static int
cert_lint_run(const struct lint_case *c, struct err *err)
{
	size_t	 errors = lint_run(c, cert_lint_print, NULL);

	return errors == 0 ? 0 :
	    err_set(err, ERR_INPUT, "%zu rule(s) broken that no certificate may break", errors);
}

static int
cert_lint_read(const char *path, struct cert **out, struct err *err)
{
	struct buf	 b;
	int		 rc;

	buf_init(&b, LIMIT_CERT * 2);
	if ((rc = file_read(path, &b, err)) == 0 && (rc = lint_read(b.p, b.len, out, err)) < 0)
		err_add(err, "%s", path);
	buf_free(&b);
	return rc;
}

static int
cert_lint(const char *path, const char *issuer_path, const char *profile, struct err *err)
{
	struct cert	*c = NULL, *issuer = NULL;
	struct lint_case lc = {0};
	int		 rc = -1;

	if (profiles_load(err) < 0)
		return -1;
	if (profile != NULL && (lc.profile = profile_find(profile)) == NULL)
		return err_set(err, ERR_INPUT, "no profile is called %s", profile);
	if (cert_lint_read(path, &c, err) < 0 ||
	    (issuer_path != NULL && cert_read(issuer_path, &issuer, err) < 0))
		goto out;
	lc.cert = c;
	lc.issuer = issuer;
	rc = cert_lint_run(&lc, err);
 out:
	cert_free(issuer);
	cert_free(c);
	return rc;
}

/* What an officer asks for: freeze, thaw, revoke an applicant's certificate, sign it. */
static int
cert_desk_run(int argc, char **argv, const struct cert_desk *asked, struct err *err)
{
	static const struct { const char *verb, *kind; } kinds[] = {{"freeze", "hold"},
		{"thaw", "release"}, {"revoke", "revocation"}};
	struct cert_desk	 d = *asked;

	d.serial = argc > 2 ? argv[2] : "";
	for (size_t i = 0; d.out != NULL && argc == 3 && i < ARRAY_LEN(kinds); i++)
		if (strcmp(argv[1], kinds[i].verb) == 0) {
			d.kind = kinds[i].kind;
			return cert_desk_draft(&d, err);
		}
	return argc == 5 && strcmp(argv[1], "sign") == 0 ?
	    cert_desk_sign(argv[2], argv[3], argv[4], d.officer, err) :
	    command_usage(command_by_name("cert"), err);
}

/* ---- finding ---- */

static int
cert_find(const char *by, const char *what, struct err *err)
{
	json_t	*answer = NULL, *row;
	char	 end[CLOCK_TEXT], digest[KMC_SUBJECT], type[20] = "";
	size_t	 i;

	if (strcmp(by, "identity") == 0) {	/* TYPE:CODE */
		size_t	 n = strcspn(what, ":");

		if (what[n] == '\0' || n >= sizeof(type))
			return err_set(err, ERR_INPUT, "an identity is TYPE:CODE, like uscc:9135…");
		snprintf(type, sizeof(type), "%.*s", (int)n, what);
		kmc_subject(type, what + n + 1, digest);
		what = digest;
	}
	if (signer_find(by, what, &answer, err) < 0)
		return -1;
	if (json_array_size(json_object_get(answer, "certificates")) == 0)
		printf("no certificate of this %s%s\n", by, strcmp(by, "subject") == 0 ?
		    "; a subject is wanted whole, as \"yinxin cert show FILE\" prints it" : "");
	json_array_foreach(json_object_get(answer, "certificates"), i, row)
		printf("%s %-7s until %.10s  %-16s %-12s %s  %s\n", js_str(row, "serial"),
		    js_str(row, "status"), clock_datetime(js_int(row, "not_after", 0), end),
		    js_str(row, "profile"), js_str(row, "authority"), js_str(row, "subject"),
		    js_str(row, "ref"));
	json_decref(answer);
	return 0;
}

static int
cmd_cert(int argc, char **argv, struct err *err)
{
	const char	*issuer = command_option(&argc, argv, "--issuer", NULL);
	const char	*profile = command_option(&argc, argv, "--profile", NULL);
	const char	*state = command_option(&argc, argv, "--state", "");
	const struct cert_desk	 d = {.officer = command_option(&argc, argv, "--officer", NULL),
		.second = command_option(&argc, argv, "--second", ""),
		.reason = command_option(&argc, argv, "--reason", ""),
		.out = command_option(&argc, argv, "--out", NULL)};
	int64_t		 reason = 0;

	if (d.officer != NULL)
		return cert_desk_run(argc, argv, &d, err);
	if ((argc == 2 || argc == 3) && strcmp(argv[1], "list") == 0)
		return cert_desk_list(argc == 3 ? argv[2] : "", state, err);
	if (argc == 3 && strcmp(argv[1], "show") == 0)
		return access(argv[2], F_OK) == 0 ? cert_show(argv[2], err) :
		    cert_show_serial(argv[2], err);
	if (argc == 3 && strcmp(argv[1], "lint") == 0)
		return cert_lint(argv[2], issuer, profile, err);
	if (argc == 3 && strcmp(argv[1], "status") == 0)
		return cert_status_print(argv[2], err);
	if ((argc == 3 || argc == 4) && strcmp(argv[1], "revoke") == 0 &&
	    (argc == 3 || str_to_i64(argv[3], 10, &reason) == 0))
		return signer_admin_revoke(argv[2], (int)reason, err);
	if (argc == 4 && strcmp(argv[1], "find") == 0)
		return cert_find(argv[2], argv[3], err);
	return command_usage(command_by_name("cert"), err);
}

const struct command	 command_cert = {
	.name = "cert", .args = "list [--state STATE] [TEXT] | show FILE|SERIAL | lint FILE [--issuer FILE]"
	    " [--profile NAME] | status SERIAL | revoke SERIAL [REASON] |"
	    " freeze|thaw|revoke SERIAL --officer SERIAL [--second SERIAL] [--reason N] --out FILE |"
	    " sign SERIAL ID FILE --officer SERIAL | find serial|subject|identity WHAT",
	.help = "Certificates: list, print, lint, ask the status; revoke one of a machine or of staff "
	    "(reason: RFC 5280 number); draw up what officers sign to freeze, thaw or revoke an "
	    "applicant's, and bring the signatures; find what was "
	    "issued to a subject or an identity (uscc:CODE, resident-id:NUMBER).",
	.run = cmd_cert,
};

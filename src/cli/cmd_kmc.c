#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/passphrase.h"
#include "base/rand.h"
#include "base/str.h"
#include "cli/command.h"
#include "kmc/kmc.h"
#include "pki/cert.h"
#include "signer/signer.h"

static const char *
day(int64_t ms, char text[CLOCK_TEXT])
{
	return ms == 0 ? "-" : clock_date(ms, text);
}

static int
officer_add(const char *file, const char *may, struct err *err)
{
	unsigned int		 bits = (strstr(may, "keys") != NULL ? KEY_OFFICER_KEYS : 0u) |
	    (strstr(may, "unlock") != NULL ? KEY_OFFICER_UNLOCK : 0u);
	struct cert		*c = NULL;
	json_t			*j = NULL;
	const unsigned char	*der;
	size_t			 len;
	int			 rc = -1;

	if (cert_read(file, &c, err) < 0)
		return -1;
	der = cert_der(c, &len);
	if ((rc = kmc_officer_add(der, len, bits, &j, err)) == 0)
		printf("%s  %s  may sign for %s now\n", js_str(j, "serial"), js_str(j, "name"), may);
	json_decref(j);
	cert_free(c);
	return rc;
}

static int
officer_list(struct err *err)
{
	json_t	*j = NULL, *row;
	size_t	 i;
	char	 since[CLOCK_TEXT], until[CLOCK_TEXT];

	if (kmc_officers(&j, err) < 0)
		return -1;
	json_array_foreach(json_object_get(j, "officers"), i, row)
		printf("%s  %-8s  %s%s  since %s  until %s  %s\n", js_str(row, "serial"),
		    js_bool(row, "active") ? "active" : "removed",
		    js_int(row, "may", 0) & KEY_OFFICER_KEYS ? "keys " : "",
		    js_int(row, "may", 0) & KEY_OFFICER_UNLOCK ? "unlock" : "",
		    day(js_int(row, "created", 0), since), day(js_int(row, "ended", 0), until),
		    js_str(row, "name"));
	json_decref(j);
	return 0;
}

static int
kmc_officer(int argc, char **argv, struct err *err)
{
	const char	*may = command_option(&argc, argv, "--may", "keys");

	if (argc == 3 && strcmp(argv[1], "add") == 0)
		return officer_add(argv[2], may, err);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return officer_list(err);
	if (argc == 3 && strcmp(argv[1], "remove") == 0)
		return kmc_officer_remove(argv[2], err);
	return command_usage(command_by_name("kmc"), err);
}

/* ---- other CAs ---- */

static int
client_list(struct err *err)
{
	json_t	*j = NULL, *row;
	size_t	 i;
	char	 since[CLOCK_TEXT];

	if (kmc_clients(&j, err) < 0)
		return -1;
	json_array_foreach(json_object_get(j, "clients"), i, row)
		printf("%s  %-8s  since %s  %s%s%s\n", js_str(row, "id"),
		    js_bool(row, "active") ? "active" : "removed",
		    day(js_int(row, "created", 0), since), js_str(row, "name"),
		    strcmp(js_str(row, "id"), js_str(row, "client")) == 0 ? "" : "  of ",
		    strcmp(js_str(row, "id"), js_str(row, "client")) == 0 ? "" :
		    js_str(row, "client"));
	json_decref(j);
	return 0;
}

static int
client_add(const char *file, const char *renews, struct err *err)
{
	struct cert		*c = NULL;
	json_t			*j = NULL;
	const unsigned char	*der;
	size_t			 len;
	int			 rc;

	if (cert_read(file, &c, err) < 0)
		return -1;
	der = cert_der(c, &len);
	if ((rc = kmc_client_add(der, len, renews, &j, err)) == 0)
		printf("%s  %s  may ask by messages now\n", js_str(j, "id"), js_str(j, "name"));
	json_decref(j);
	cert_free(c);
	return rc;
}

static int
kmc_client(int argc, char **argv, struct err *err)
{
	const char	*renews = command_option(&argc, argv, "--renews", "");

	if (argc == 3 && strcmp(argv[1], "add") == 0)
		return client_add(argv[2], renews, err);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return client_list(err);
	if (argc == 3 && strcmp(argv[1], "remove") == 0)
		return kmc_client_remove(argv[2], err);
	return command_usage(command_by_name("kmc"), err);
}

static int
kmc_identity_run(int argc, char **argv, struct err *err)
{
	struct buf	 pem;
	int		 rc;

	if (argc != 2 || (strcmp(argv[1], "make") != 0 && strcmp(argv[1], "show") != 0))
		return command_usage(command_by_name("kmc"), err);
	buf_init(&pem, LIMIT_CERT * 2);
	if ((rc = kmc_identity(strcmp(argv[1], "make") == 0, &pem, err)) == 0)
		printf("%s", pem.p);
	buf_free(&pem);
	return rc;
}

/* A CA's message (GB/T 25056) from one file, the answer into another. */
static int
kmc_message_run(int argc, char **argv, struct err *err)
{
	struct buf	 in, out;
	int		 rc = -1;

	if (argc != 3)
		return command_usage(command_by_name("kmc"), err);
	buf_init(&in, LIMIT_JSON);
	buf_init(&out, LIMIT_JSON);
	if (file_read(argv[1], &in, err) == 0 && kmc_message(in.p, in.len, &out, err) == 0)
		rc = file_write(argv[2], out.p, out.len, 0600, err);
	buf_free(&in);
	buf_free(&out);
	return rc;
}

static int
kmc_device_master(int argc, char **argv, struct err *err)
{
	if (argc != 2 || strcmp(argv[1], "make") != 0)
		return command_usage(command_by_name("kmc"), err);
	return kmc_device_master_make(err);
}

/* For whoever makes UKeys: the key that goes into the one of this serial number, in hex. */
static int
kmc_device_key_run(int argc, char **argv, struct err *err)
{
	unsigned char	 key[UNLOCK_KEY];
	char		 hex[2 * UNLOCK_KEY + 1];
	int		 rc;

	if (argc != 3)
		return command_usage(command_by_name("kmc"), err);
	if (kmc_device_key(argv[1], key, err) < 0)
		return -1;
	hex_encode(key, sizeof(key), hex);
	rc = file_write(argv[2], hex, strlen(hex), 0600, err);
	secret_wipe(key, sizeof(key));
	secret_wipe(hex, sizeof(hex));
	return rc;
}

static void
history_print(const json_t *row)
{
	const json_t	*r;
	size_t		 i;
	char		 made[CLOCK_TEXT], ends[CLOCK_TEXT], gone[CLOCK_TEXT];

	printf("%s  made %s  certificate until %s  %s", js_str(row, "order"),
	    day(js_int(row, "created", 0), made), day(js_int(row, "not_after", 0), ends),
	    js_str(row, "state"));
	if (js_int(row, "destroyed", 0) != 0)
		printf(" %s", day(js_int(row, "destroyed", 0), gone));
	printf("\n");
	json_array_foreach(json_object_get(row, "recoveries"), i, r)
		printf("    recovered %s (%s) order %s by %s and %s for %s  %s\n",
		    day(js_int(r, "created", 0), made), js_str(r, "kind"), js_str(r, "order"),
		    js_str(r, "officer"), js_str(r, "second"), js_str(r, "receiver"),
		    js_str(r, "document"));
}

/* "uscc:9135…" is looked up by its digest; "km:<CA>:<serial>" names a key made by a message. */
static int
kmc_history_print(int argc, char **argv, struct err *err)
{
	json_t		*j = NULL, *row;
	char		 digest[KMC_SUBJECT], *colon;
	const char	*what = argc == 2 ? argv[1] : "";
	size_t		 i;

	if (argc != 2)
		return command_usage(command_by_name("kmc"), err);
	if (!str_has_prefix(what, "km:") && (colon = strchr(argv[1], ':')) != NULL) {
		*colon = '\0';
		kmc_subject(argv[1], colon + 1, digest);
		what = digest;
	}
	if (kmc_history(what, &j, err) < 0)
		return -1;
	json_array_foreach(json_object_get(j, "keys"), i, row)
		history_print(row);
	json_decref(j);
	return 0;
}

static int
kmc_rewrap_run(int argc, char **argv, struct err *err)
{
	struct secret	 passphrase = {0};
	int64_t		 version;
	int		 rc = -1;

	(void)argv;
	if (argc != 1)
		return command_usage(command_by_name("kmc"), err);
	if (passphrase_get(&passphrase, err) == 0 &&
	    (rc = kmc_rewrap(&passphrase, &version, err)) == 0)
		printf("wrapping key %" PRId64 " is in use; the escrow is wrapped anew in the "
		    "background\n", version);
	secret_free(&passphrase);
	return rc;
}

/* What would be destroyed, and the statement that two key officers have to sign. */
static int
destroy_show(const char *date, struct err *err)
{
	json_t		*plan = NULL;
	int64_t		 before;

	if (clock_parse_date(date, &before) < 0)
		return err_set(err, ERR_INPUT, "%.40s is no day like 2026-11-21", date);
	if (kmc_destroy_plan(before, &plan, err) < 0)
		return -1;
	printf("%" PRId64 " keys ended before %s.  To destroy them two key officers sign, with "
	    "their serials and the time:\n{\"before\":%" PRId64 ",\"keys\":%" PRId64
	    ",\"officer\":\"…\",\"second\":\"…\",\"time\":…,\"type\":\"destruction\",\"v\":1}\n",
	    js_int(plan, "keys", 0), date, before, js_int(plan, "keys", 0));
	json_decref(plan);
	return 0;
}

/* Hand a statement and both signatures to kmc. */
static int
give_signed(const char *files[3], int (*give)(const struct signed_statement *s, struct err *err),
    const char *done, struct err *err)
{
	struct buf		 part[3];
	struct signed_statement	 s;
	int			 rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		buf_init(&part[i], STATEMENT_MAX);
	for (size_t i = 0; i < ARRAY_LEN(part) && rc == 0; i++)
		rc = file_read(files[i], &part[i], err);
	s = (struct signed_statement){part[0].p, part[0].len, {part[1].p, part[1].len},
	    {part[2].p, part[2].len}};
	if (rc == 0 && (rc = give(&s, err)) == 0)
		printf("%s\n", done);
	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		buf_free(&part[i]);
	return rc;
}

static int
kmc_destroy_run(int argc, char **argv, struct err *err)
{
	const char	*before = command_option(&argc, argv, "--before", NULL);
	const char	*files[3] = {command_option(&argc, argv, "--statement", NULL),
		command_option(&argc, argv, "--signature", NULL),
		command_option(&argc, argv, "--second", NULL)};

	if (argc == 1 && before != NULL && files[0] == NULL)
		return destroy_show(before, err);
	if (argc == 1 && before == NULL && files[0] != NULL && files[1] != NULL &&
	    files[2] != NULL)
		return give_signed(files, kmc_destroy, "the keys are being destroyed", err);
	return command_usage(command_by_name("kmc"), err);
}

/* ---- keys that other CAs ask back ---- */

static int
restore_show(const char *document, struct err *err)
{
	json_t	*j = NULL, *row;
	size_t	 i;
	char	 asked[CLOCK_TEXT];

	if (document != NULL && strpbrk(document, "\"\\") != NULL)
		return err_set(err, ERR_INPUT, "the document's number holds a quotation mark or backslash");
	if (kmc_restorations(&j, err) < 0)
		return -1;
	if (json_array_size(json_object_get(j, "restorations")) == 0)
		printf("no CA asks for a key\n");
	json_array_foreach(json_object_get(j, "restorations"), i, row) {
		printf("%s asks since %s for the key of its certificate %s.  To allow it two key officers "
		    "sign, with their serials and the time (ms):\n{\"client\":\"%s\",",
		    js_str(row, "name"), day(js_int(row, "asked", 0), asked), js_str(row, "serial"),
		    js_str(row, "client"));
		if (document != NULL)
			printf("\"document\":\"%s\",", document);
		printf("\"key\":\"%s\",\"kind\":\"%s\",\"officer\":\"…\",\"second\":\"…\","
		    "\"serial\":\"%s\",\"time\":%" PRId64 ",\"type\":\"restoration\",\"v\":1}\n",
		    js_str(row, "key"), document != NULL ? "judicial" : "user",
		    js_str(row, "serial"), clock_now());
	}
	json_decref(j);
	return 0;
}

static int
kmc_restore_run(int argc, char **argv, struct err *err)
{
	const char	*document = command_option(&argc, argv, "--document", NULL);
	const char	*files[3] = {command_option(&argc, argv, "--statement", NULL),
		command_option(&argc, argv, "--signature", NULL),
		command_option(&argc, argv, "--second", NULL)};

	if (argc == 2 && strcmp(argv[1], "list") == 0 && files[0] == NULL)
		return restore_show(document, err);
	if (argc == 1 && document == NULL && files[0] != NULL && files[1] != NULL &&
	    files[2] != NULL)
		return give_signed(files, kmc_restore, "the CA gets the key when it asks again, "
		    "within seven days", err);
	return command_usage(command_by_name("kmc"), err);
}

/* ---- a judicial recovery: what is to be signed, then what was ---- */

static int
recover_show(const char *serial, const char *document, const char *receiver, struct err *err)
{
	char	 order[21], now[CLOCK_TEXT];

	if (strpbrk(document, "\"\\") != NULL)
		return err_set(err, ERR_INPUT, "the document's number holds a quotation mark or backslash");
	memcpy(order, clock_compact(clock_now(), now), 8);
	rand_digits(order + 8, 12);
	printf("Two key officers sign, with their serials and the time (ms):\n{\"document\":\"%s\","
	    "\"kind\":\"judicial\",\"officer\":\"…\",\"order\":\"%s\",\"receiver\":\"%s\","
	    "\"second\":\"…\",\"serial\":\"%s\",\"time\":%" PRId64
	    ",\"type\":\"recovery\",\"v\":1}\n", document, order, receiver, serial, clock_now());
	return 0;
}

/* The envelope and the certificate of its key, beside one another. */
static int
recover_write(const char *out, const struct buf *envelope, const struct buf *cert,
    struct err *err)
{
	char	*key = xasprintf("%s.key", out), *crt = xasprintf("%s.crt", out);
	int	 rc = file_write(key, envelope->p, envelope->len, 0600, err);

	if (rc == 0 && (rc = file_write(crt, cert->p, cert->len, 0644, err)) == 0)
		printf("%s: the key, enveloped for the receiver; %s: its certificate\n", key, crt);
	free(key);
	free(crt);
	return rc;
}

/* The order is the statement's own; what is no judicial one goes through the hall. */
static int
recover_signed(const char *files[4], const char *out, struct err *err)
{
	struct signer_recovery	 r = {.order = ""};
	struct buf		 part[4], envelope, cert;
	json_t			*j = NULL;
	int			 rc = 0;

	buf_init(&envelope, 4096);
	buf_init(&cert, LIMIT_CERT);
	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		buf_init(&part[i], STATEMENT_MAX);
	for (size_t i = 0; i < ARRAY_LEN(part) && rc == 0; i++)
		rc = file_read(files[i], &part[i], err);
	if (rc == 0)
		rc = statement_parse(part[0].p, part[0].len, "recovery", &j, err);
	if (rc == 0 && strcmp(js_str(j, "kind"), "judicial") != 0)
		rc = err_set(err, ERR_INPUT, "a user's own key is recovered in the hall");
	r = (struct signer_recovery){.order = js_str(j, "order"), .statement = {part[0].p,
	    part[0].len, {part[1].p, part[1].len}, {part[2].p, part[2].len}},
	    .csr = {part[3].p, part[3].len}};
	if (rc == 0 && (rc = signer_recover(&r, &envelope, &cert, err)) == 0)
		rc = recover_write(out, &envelope, &cert, err);
	json_decref(j);
	for (size_t i = 0; i < ARRAY_LEN(part); i++)
		buf_free(&part[i]);
	buf_free(&envelope);
	buf_free(&cert);
	return rc;
}

static int
kmc_recover_run(int argc, char **argv, struct err *err)
{
	const char	*serial = command_option(&argc, argv, "--serial", NULL),
			*document = command_option(&argc, argv, "--document", NULL),
			*receiver = command_option(&argc, argv, "--receiver", NULL);
	const char	*files[4] = {command_option(&argc, argv, "--statement", NULL),
		command_option(&argc, argv, "--signature", NULL),
		command_option(&argc, argv, "--second", NULL),
		command_option(&argc, argv, "--csr", NULL)};

	if (argc == 1 && serial != NULL && document != NULL && receiver != NULL)
		return recover_show(serial, document, receiver, err);
	if (argc == 2 && files[0] != NULL && files[1] != NULL && files[2] != NULL &&
	    files[3] != NULL)
		return recover_signed(files, argv[1], err);
	return command_usage(command_by_name("kmc"), err);
}

static int
kmc_stats_print(int argc, char **argv, struct err *err)
{
	json_t	*j = NULL;

	(void)argv;
	if (argc != 1)
		return command_usage(command_by_name("kmc"), err);
	if (kmc_stats(&j, err) < 0)
		return -1;
	printf("made ahead  %" PRId64 " of %" PRId64 "\nmade        %" PRId64 "\n"
	    "in escrow   %" PRId64 "\nrecovered   %" PRId64 " for users, %" PRId64
	    " judicial\ndestroyed   %" PRId64 "\n", js_int(j, "pool", 0),
	    js_int(j, "pool_size", 0), js_int(j, "made", 0), js_int(j, "kept", 0),
	    js_int(j, "recovered_user", 0), js_int(j, "recovered_judicial", 0),
	    js_int(j, "destroyed", 0));
	json_decref(j);
	return 0;
}

static const struct {
	const char	*name;
	int		(*run)(int argc, char **argv, struct err *err);
} kmc_verbs[] = {
	{"officer", kmc_officer}, {"device-master", kmc_device_master}, {"device-key", kmc_device_key_run},
	{"ca", kmc_client}, {"identity", kmc_identity_run},
	{"message", kmc_message_run}, {"restore", kmc_restore_run}, {"history", kmc_history_print},
	{"rewrap", kmc_rewrap_run}, {"destroy", kmc_destroy_run}, {"recover", kmc_recover_run},
	{"stats", kmc_stats_print},
};

static int
cmd_kmc(int argc, char **argv, struct err *err)
{
	for (size_t i = 0; argc >= 2 && i < ARRAY_LEN(kmc_verbs); i++)
		if (strcmp(argv[1], kmc_verbs[i].name) == 0)
			return kmc_verbs[i].run(argc - 1, argv + 1, err);
	return command_usage(command_by_name("kmc"), err);
}

const struct command	 command_kmc = {
	.name = "kmc",
	.args = "officer add CERT [--may keys,unlock]|list|remove SERIAL | history ORDER|SUBJECT-DIGEST|TYPE:NUMBER | "
	    "rewrap | destroy --before DATE | destroy --statement FILE --signature FILE "
	    "--second FILE | recover --serial SERIAL --document NUMBER --receiver SERIAL | "
	    "recover --statement FILE --signature FILE --second FILE --csr FILE OUT | ca add CERT [--renews ID]|list|remove ID | identity make|show | message IN OUT | "
	    "restore list [--document NUMBER] | restore --statement FILE --signature FILE --second FILE | "
	    "device-master make | device-key SERIAL OUT | stats",
	.help = "The key management centre: key officers, history, wrapping key, destruction, judicial recovery, other CAs and what they ask back, statistics.",
	.run = cmd_kmc,
};

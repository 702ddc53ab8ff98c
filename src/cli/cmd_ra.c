#include "base/base.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/command.h"
#include "pki/cert.h"
#include "signer/signer.h"

static int
ra_command_add(int argc, char **argv, struct err *err)
{
	const char		*days = command_option(&argc, argv, "--days", "365");
	const char		*cert_file = command_option(&argc, argv, "--cert", NULL);
	struct signer_ra	 ra = {.profile = command_option(&argc, argv, "--profile", NULL),
		.suffix = command_option(&argc, argv, "--suffix", "")};
	struct secret		 secret = {0};
	struct cert		*c = NULL;
	int			 rc = -1;

	if (argc != 3 || ra.profile == NULL || str_to_i64(days, 36500, &ra.days) < 0)
		return command_usage(command_by_name("ra"), err);
	ra.name = argv[2];
	if (cert_file != NULL) {
		if (cert_read(cert_file, &c, err) < 0)
			return -1;
		ra.cert = cert_der(c, &ra.cert_len);
	}
	if ((rc = signer_ra_add(&ra, &secret, err)) == 0)
		printf("%s  profile %s\nsecret (shown this once)  %.*s\n", ra.name, ra.profile,
		    (int)secret.len, (const char *)secret.p);
	secret_free(&secret);
	cert_free(c);
	return rc;
}

static int
ra_command_renew(int argc, char **argv, struct err *err)
{
	const char	*cert_file = command_option(&argc, argv, "--cert", NULL);
	const unsigned char *der = NULL;
	struct secret	 secret = {0};
	struct cert	*c = NULL;
	size_t		 len = 0;
	int		 rc;

	if (argc != 3)
		return command_usage(command_by_name("ra"), err);
	if (cert_file != NULL) {
		if (cert_read(cert_file, &c, err) < 0)
			return -1;
		der = cert_der(c, &len);
	}
	rc = signer_ra_renew(argv[2], der, len, &secret, err);
	if (rc == 0 && c == NULL)
		printf("%s\nsecret (shown this once)  %.*s\n", argv[2], (int)secret.len,
		    (const char *)secret.p);
	secret_free(&secret);
	cert_free(c);
	return rc;
}

static int
ra_command_list(struct err *err)
{
	json_t	*answer = NULL, *row;
	size_t	 i;

	if (signer_ra_list(&answer, err) < 0)
		return -1;
	json_array_foreach(json_object_get(answer, "ras"), i, row)
		printf("%-20s %-7s profile %s  names *%s  %" PRId64 " days  %" PRId64
		    " issued  %s\n", js_str(row, "name"), js_bool(row, "active") ? "active" :
		    "off", js_str(row, "profile"), js_str(row, "suffix"),
		    js_int(row, "days", 0), js_int(row, "issued", 0),
		    js_str(row, "print")[0] == '\0' ? "EST" : "EST, CMP");
	json_decref(answer);
	return 0;
}

static int
cmd_ra(int argc, char **argv, struct err *err)
{
	const char	*verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "list") == 0 && argc == 2)
		return ra_command_list(err);
	if (strcmp(verb, "add") == 0)
		return ra_command_add(argc, argv, err);
	if (strcmp(verb, "renew") == 0)
		return ra_command_renew(argc, argv, err);
	if (strcmp(verb, "remove") == 0 && argc == 3)
		return signer_ra_set(argv[2], false, err);
	if (strcmp(verb, "restore") == 0 && argc == 3)
		return signer_ra_set(argv[2], true, err);
	return command_usage(command_by_name("ra"), err);
}

const struct command	 command_ra = {
	.name = "ra",
	.args = "list | add NAME --profile PROFILE [--suffix .plant.example] [--days N] "
	    "[--cert FILE] | renew NAME [--cert FILE] | remove NAME | restore NAME",
	.help = "Registration authorities: systems that may enrol machines over EST and CMP.",
	.run = cmd_ra,
};

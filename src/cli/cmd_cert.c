#include "base/base.h"
#include "base/clock.h"
#include "base/str.h"
#include "cli/command.h"
#include "pki/cert.h"
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

static int
cmd_cert(int argc, char **argv, struct err *err)
{
	int64_t	 reason = 0;

	if (argc == 3 && strcmp(argv[1], "show") == 0)
		return cert_show(argv[2], err);
	if (argc == 3 && strcmp(argv[1], "status") == 0)
		return cert_status_print(argv[2], err);
	if ((argc == 3 || argc == 4) && strcmp(argv[1], "revoke") == 0 &&
	    (argc == 3 || str_to_i64(argv[3], 10, &reason) == 0))
		return signer_admin_revoke(argv[2], (int)reason, err);
	return command_usage(command_by_name("cert"), err);
}

const struct command	 command_cert = {
	.name = "cert", .args = "show FILE | status SERIAL | revoke SERIAL [REASON]",
	.help = "Print a certificate, ask its status, revoke it (reason: RFC 5280 number).",
	.run = cmd_cert,
};

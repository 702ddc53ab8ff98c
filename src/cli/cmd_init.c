#include "base/base.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/passphrase.h"
#include "cli/command.h"
#include "cli/profiles.h"
#include "hall/account/staff.h"
#include "hall/hall.h"
#include "signer/ceremony.h"

/* The first officer is also the first member of staff, with every role. */
static int
init_enrol(const char *name, const char *serial, struct err *err)
{
	const struct who	 system = {.system = true, .address = ""};
	struct hall		*h = NULL;
	int64_t			 id;
	int			 rc;

	if (hall_open(&h, err) < 0)
		return -1;
	rc = staff_add(h, &system, name, serial,
	    ROLE_REVIEWER | ROLE_MAKER | ROLE_FINANCE | ROLE_ADMIN, &id, err);
	hall_close(h);
	return rc;
}

/* What would go wrong when the CA is there already is tried before. */
static int
init_check(const char *cert_file, struct err *err)
{
	if (file_exists(cert_file))
		return err_set(err, ERR_CONFLICT, "%s exists already", cert_file);
	if (hall_check(conf_str("web.hall_file"), err) < 0 ||
	    file_write(cert_file, "", 0, 0644, err) < 0)
		return -1;
	(void)unlink(cert_file);
	return 0;
}

static int
cmd_init(int argc, char **argv, struct err *err)
{
	struct ceremony	 c = {
		.company = command_option(&argc, argv, "--company", "Yinxin"),
		.root_cn = command_option(&argc, argv, "--root-cn", "Yinxin Root CA"),
		.issuing_cn = command_option(&argc, argv, "--issuing-cn", "Yinxin SM2 CA"),
		.admin_name = command_option(&argc, argv, "--admin-name", NULL),
		.enrol = init_enrol,
	};
	const char	*csr_file = command_option(&argc, argv, "--admin-csr", NULL);
	const char	*cert_file = command_option(&argc, argv, "--admin-cert", NULL);
	struct buf	 csr, cert;
	int		 rc = -1;

	if (argc != 1 || c.admin_name == NULL || csr_file == NULL || cert_file == NULL)
		return command_usage(command_by_name("init"), err);
	buf_init(&csr, LIMIT_CSR);
	buf_init(&cert, LIMIT_CERT * 2);
	if (file_read(csr_file, &csr, err) < 0 || init_check(cert_file, err) < 0 ||
	    passphrase_get(&c.passphrase, err) < 0)
		goto out;
	c.admin_csr = csr.p;
	c.admin_csr_len = csr.len;
	if (ceremony_run(&c, &cert, err) < 0 ||
	    file_write(cert_file, cert.p, cert.len, 0644, err) < 0)
		goto out;
	printf("CA made below %s; the administrator's certificate is %s\n",
	    conf_str("data.dir"), cert_file);
	rc = profiles_print_placeholders(err);
 out:
	secret_free(&c.passphrase);
	buf_free(&csr);
	buf_free(&cert);
	return rc;
}

const struct command	 command_init = {
	.name = "init",
	.args = "--admin-name NAME --admin-csr FILE --admin-cert FILE [--company NAME] [--root-cn …] [--issuing-cn …]",
	.help = "Make the CA: keys, certificates, stores, the first administrator.",
	.run = cmd_init,
};

#include "base/base.h"
#include "base/file.h"
#include "cli/command.h"
#include "hall/account/staff.h"
#include "hall/hall.h"
#include "pki/cert.h"
#include "signer/signer.h"

static const struct who	staff_system = {.system = true, .address = ""};

/* A certificate from the running signer, then the row in the hall. */
static int
staff_command_add(int argc, char **argv, struct err *err)
{
	const char	*name = command_option(&argc, argv, "--name", NULL);
	const char	*csr_file = command_option(&argc, argv, "--csr", NULL);
	const char	*cert_file = command_option(&argc, argv, "--cert", NULL);
	unsigned int	 roles = staff_roles_parse(command_option(&argc, argv, "--roles", ""));
	struct hall	*h = NULL;
	struct cert	*c = NULL;
	struct buf	 csr, der, pem;
	int64_t		 id;
	int		 rc = -1;

	if (argc != 2 || name == NULL || csr_file == NULL || cert_file == NULL || roles == 0)
		return command_usage(command_by_name("staff"), err);
	buf_init(&csr, LIMIT_CSR);
	buf_init(&der, LIMIT_CERT);
	buf_init(&pem, LIMIT_CERT * 2);
	if (file_read(csr_file, &csr, err) < 0 || hall_open(&h, err) < 0 ||
	    signer_staff_issue(name, csr.p, csr.len,
	    roles & ROLE_REVIEWER ? OFFICER_APPROVE | OFFICER_REVOKE : 0, &der, err) < 0 ||
	    cert_parse(der.p, der.len, &c, err) < 0 ||
	    staff_add(h, &staff_system, name, cert_serial(c), roles, &id, err) < 0)
		goto out;
	cert_pem_add(c, &pem);
	if ((rc = file_write(cert_file, pem.p, pem.len, 0644, err)) == 0)
		printf("%s  %s  certificate in %s\n", name, cert_serial(c), cert_file);
 out:
	cert_free(c);
	hall_close(h);
	buf_free(&csr);
	buf_free(&der);
	buf_free(&pem);
	return rc;
}

static int
staff_command_list(struct err *err)
{
	struct hall	*h = NULL;
	json_t		*model = NULL, *row;
	struct buf	 roles;
	size_t		 i;
	int		 rc = -1;

	if (hall_open(&h, err) == 0 && staff_list(h, &staff_system, &model, err) == 0) {
		json_array_foreach(json_object_get(model, "rows"), i, row) {
			buf_init(&roles, 4096);
			json_write(json_object_get(row, "roles"), &roles);
			printf("%s  %s  %s  %s\n", js_str(row, "serial"), js_str(row, "name"),
			    roles.p, js_bool(row, "active") ? "active" : "off");
			buf_free(&roles);
		}
		rc = 0;
	}
	json_decref(model);
	hall_close(h);
	return rc;
}

static int
cmd_staff(int argc, char **argv, struct err *err)
{
	if (argc >= 2 && strcmp(argv[1], "add") == 0)
		return staff_command_add(argc, argv, err);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return staff_command_list(err);
	return command_usage(command_by_name("staff"), err);
}

const struct command	 command_staff = {
	.name = "staff",
	.args = "list | add --name NAME --roles reviewer,maker --csr FILE --cert FILE",
	.help = "Members of staff: list them, add one with a certificate for the UKey.",
	.run = cmd_staff,
};

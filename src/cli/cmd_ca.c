#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/passphrase.h"
#include "base/str.h"
#include "cli/ceremony.h"
#include "cli/command.h"
#include "cli/profiles.h"
#include "pki/cert.h"
#include "signer/signer.h"

static int
usage(struct err *err)
{
	return command_usage(command_by_name("ca"), err);
}

/* The CA of this id or (its newest generation) name; borrowed from the answer. */
static int
ca_find(json_t *answer, const char *which, const json_t **out, struct err *err)
{
	json_t	*row;
	size_t	 i;

	*out = NULL;
	json_array_foreach(json_object_get(answer, "authorities"), i, row)
		if (strcmp(js_str(row, "id"), which) == 0 ||
		    (strcmp(js_str(row, "name"), which) == 0 && (*out == NULL ||
		    js_int(*out, "generation", 0) < js_int(row, "generation", 0))))
			*out = row;
	return *out != NULL ? 0 : err_set(err, ERR_NOT_FOUND, "no CA \"%s\"; see yinxin ca list",
	    which);
}

static int
ca_row_cert(const json_t *row, struct cert **out, struct err *err)
{
	struct buf	 der;
	int		 rc;

	buf_init(&der, LIMIT_CERT);
	if ((rc = js_need_bytes(row, "der", &der, err)) == 0)
		rc = cert_parse(der.p, der.len, out, err);
	buf_free(&der);
	return rc;
}

static int
ca_command_list(struct err *err)
{
	json_t	*answer = NULL, *row;
	char	 end[CLOCK_TEXT];
	size_t	 i;

	if (signer_ca("ca_list", NULL, NULL, NULL, &answer, err) < 0)
		return -1;
	json_array_foreach(json_object_get(answer, "authorities"), i, row)
		printf("%-16s %-6s %-9s key %-5s until %.10s  %s\n", js_str(row, "id"),
		    js_str(row, "kind"), js_str(row, "state"), js_str(row, "key"),
		    clock_datetime(js_int(row, "not_after", 0), end), js_str(row, "subject"));
	json_decref(answer);
	return 0;
}

static int
ca_command_show(const char *which, struct err *err)
{
	json_t		*answer = NULL;
	const json_t	*row;
	struct cert	*c = NULL;
	struct buf	 pem;
	char		 from[CLOCK_TEXT], to[CLOCK_TEXT];
	int		 rc = -1;

	buf_init(&pem, LIMIT_CERT * 2);
	if (signer_ca("ca_list", NULL, NULL, NULL, &answer, err) < 0 ||
	    ca_find(answer, which, &row, err) < 0 || ca_row_cert(row, &c, err) < 0)
		goto out;
	cert_pem_add(c, &pem);
	printf("id           %s\nissued by    %s\nsubject      %s\nserial       %s\n"
	    "valid        %s to %s\nkey          %s, %s, %s\nstate        %s\n%s",
	    js_str(row, "id"), js_str(row, "parent")[0] == '\0' ? "itself" :
	    js_str(row, "parent"), cert_subject(c), cert_serial(c),
	    clock_datetime(cert_not_before(c), from), clock_datetime(cert_not_after(c), to),
	    js_str(row, "kind"), js_str(row, "address"), js_str(row, "key"),
	    js_str(row, "state"), pem.p);
	rc = 0;
 out:
	buf_free(&pem);
	cert_free(c);
	json_decref(answer);
	return rc;
}

static int
ca_write_pem(const char *path, const struct buf *pem, struct err *err)
{
	return file_write(path, pem->p, pem->len, 0644, err);
}

/* Issuing ones first. */
int
ca_publish(struct err *err)
{
	json_t		*answer = NULL, *row;
	struct buf	 chain, one;
	struct cert	*c;
	size_t		 i;
	int		 rc = signer_ca("ca_list", NULL, NULL, NULL, &answer, err);

	buf_init(&chain, 64 * LIMIT_CERT);
	for (int root = 0; rc == 0 && root < 2; root++)
		json_array_foreach(json_object_get(answer, "authorities"), i, row) {
			bool	 first = js_int(row, "generation", 0) == 1;
			char	*path;

			if ((js_str(row, "parent")[0] == '\0') != (root == 1) || rc < 0)
				continue;
			if ((rc = ca_row_cert(row, &c, err)) < 0)
				break;
			buf_init(&one, LIMIT_CERT * 2);
			cert_pem_add(c, &one);
			cert_pem_add(c, &chain);
			path = xasprintf("%s/pub/%s.crt", conf_str("data.dir"),
			    js_str(row, first ? "name" : "id"));
			rc = ca_write_pem(path, &one, err);
			free(path);
			buf_free(&one);
			cert_free(c);
		}
	if (rc == 0) {
		char	*path = xasprintf("%s/pub/chain.pem", conf_str("data.dir"));

		rc = ca_write_pem(path, &chain, err);
		free(path);
	}
	buf_free(&chain);
	json_decref(answer);
	return rc;
}

/* Ask with the passphrases: the key's, and the parent's where it has one of its own. */
static int
ca_ask_secret(const char *request, json_t *question, const char *parent_file, json_t **answer,
    struct err *err)
{
	struct secret	 own = {0}, parent = {0};
	struct buf	 b;
	int		 rc = -1;

	buf_init(&b, 4096);
	if (passphrase_get(&own, err) == 0 &&
	    (parent_file == NULL || file_read(parent_file, &b, err) == 0)) {
		if (parent_file != NULL) {
			while (b.len > 0 && (b.p[b.len - 1] == '\n' || b.p[b.len - 1] == '\r'))
				b.len--;
			secret_set(&parent, b.p, b.len);
		}
		rc = signer_ca(request, question, &own, parent_file == NULL ? NULL : &parent,
		    answer, err);
	}
	secret_wipe(b.p, b.len);
	buf_free(&b);
	secret_free(&own);
	secret_free(&parent);
	return rc;
}

static int
ca_make(json_t *question, const char *parent_file, struct err *err)
{
	json_t	*answer = NULL;
	int	 rc = ca_ask_secret("ca_create", question, parent_file, &answer, err);

	if (rc == 0 && (rc = ca_publish(err)) == 0)
		printf("%s  %s  %s\n", js_str(answer, "id"), js_str(answer, "serial"),
		    js_str(answer, "subject"));
	json_decref(answer);
	return rc;
}

/* The option --years, 1 to max. */
static int
ca_years(const char *text, int64_t max, int64_t *years, struct err *err)
{
	if (str_to_i64(text, max, years) < 0 || *years < 1)
		return err_set(err, ERR_INPUT, "--years is 1 to %" PRId64 ", not \"%.20s\"", max, text);
	return 0;
}

static int
ca_command_create(int argc, char **argv, struct err *err)
{
	const char	*parent = command_option(&argc, argv, "--parent", "");
	const char	*kind = command_option(&argc, argv, "--kind", "sm2");
	const char	*company = command_option(&argc, argv, "--company", "");
	const char	*cn = command_option(&argc, argv, "--cn", NULL);
	const char	*key = command_option(&argc, argv, "--key", "");
	const char	*parent_file = command_option(&argc, argv, "--parent-passphrase-file", NULL);
	const char	*years_text = command_option(&argc, argv, "--years", "20");
	int64_t		 years = 0;

	if (argc != 3 || cn == NULL)
		return usage(err);
	if (ca_years(years_text, 50, &years, err) < 0)
		return -1;
	return ca_make(json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:s}", "name", argv[2], "parent",
	    parent, "kind", kind, "company", company, "cn", cn, "years", (json_int_t)years,
	    "address", key), parent_file, err);
}

/* The next generation, for the same name below the same parent. */
static int
ca_command_renew(int argc, char **argv, struct err *err)
{
	const char	*kind = command_option(&argc, argv, "--kind", NULL);
	const char	*cn = command_option(&argc, argv, "--cn", NULL);
	const char	*key = command_option(&argc, argv, "--key", "");
	const char	*parent_file = command_option(&argc, argv, "--parent-passphrase-file", NULL);
	const char	*years_text = command_option(&argc, argv, "--years", "20");
	json_t		*answer = NULL;
	const json_t	*row;
	struct cert	*c = NULL;
	int64_t		 years = 0;
	char		 name[256];
	int		 rc = -1;

	if (argc != 3)
		return usage(err);
	if (ca_years(years_text, 50, &years, err) < 0)
		return -1;
	if (signer_ca("ca_list", NULL, NULL, NULL, &answer, err) < 0 ||
	    ca_find(answer, argv[2], &row, err) < 0 || ca_row_cert(row, &c, err) < 0)
		goto out;
	/* another name than before: lists are told apart by it too */
	snprintf(name, sizeof(name), "%.200s G%" PRId64, cert_cn(c),
	    js_int(row, "generation", 0) + 1);
	rc = ca_make(json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:s}", "name", js_str(row, "name"),
	    "parent", js_str(row, "parent"), "kind", kind == NULL ? js_str(row, "kind") : kind,
	    "company", name_get(cert_name(c), "O"), "cn", cn == NULL ? name : cn, "years",
	    (json_int_t)years, "address", key), parent_file, err);
 out:
	cert_free(c);
	json_decref(answer);
	return rc;
}

static int
ca_command_cross(int argc, char **argv, struct err *err)
{
	const char	*cert_file = command_option(&argc, argv, "--cert", NULL);
	const char	*out_file = command_option(&argc, argv, "--out", NULL);
	const char	*years_text = command_option(&argc, argv, "--years", "5");
	struct cert	*c = NULL, *cross = NULL;
	const unsigned char *der;
	json_t		*question = json_object(), *answer = NULL;
	struct buf	 b;
	int64_t		 years = 0;
	size_t		 len;
	int		 rc = -1;

	buf_init(&b, LIMIT_CERT * 2);
	if (argc != 3 || cert_file == NULL || out_file == NULL) {
		usage(err);
		goto out;
	}
	if (ca_years(years_text, 20, &years, err) < 0 || cert_read(cert_file, &c, err) < 0)
		goto out;
	der = cert_der(c, &len);
	js_set_str(question, "id", argv[2]);
	js_set_bytes(question, "cert", der, len);
	js_set_int(question, "years", years);
	if (ca_ask_secret("ca_cross", json_incref(question), NULL, &answer, err) < 0 ||
	    js_need_bytes(answer, "cert", &b, err) < 0 ||
	    cert_parse(b.p, b.len, &cross, err) < 0)
		goto out;
	buf_clear(&b);
	cert_pem_add(cross, &b);
	if ((rc = ca_write_pem(out_file, &b, err)) == 0)
		printf("%s  in %s\n", cert_serial(cross), out_file);
 out:
	cert_free(c);
	cert_free(cross);
	json_decref(question);
	json_decref(answer);
	buf_free(&b);
	return rc;
}

static int
ca_command_crl(const char *id, struct err *err)
{
	json_t	*answer = NULL;
	char	 next[CLOCK_TEXT];
	int	 rc = ca_ask_secret("ca_crl", json_pack("{s:s}", "id", id), NULL, &answer, err);

	if (rc == 0)
		printf("%s list %" PRId64 ", next %s\n", id, js_int(answer, "number", 0),
		    clock_datetime(js_int(answer, "next_update", 0), next));
	json_decref(answer);
	return rc;
}

static int
ca_command_ceremony(int argc, char **argv, struct err *err)
{
	const char	*record = command_option(&argc, argv, "--record", NULL);

	return argc == 3 && record != NULL ? ceremony_script_run(argv[2], record, err) : usage(err);
}

static int
cmd_ca(int argc, char **argv, struct err *err)
{
	const char	*verb = argc > 1 ? argv[1] : "";

	if (strcmp(verb, "list") == 0 && argc == 2)
		return ca_command_list(err);
	if (strcmp(verb, "show") == 0 && argc == 3)
		return ca_command_show(argv[2], err);
	if (strcmp(verb, "profiles") == 0 && argc <= 3)
		return profiles_print(argc == 3 ? argv[2] : NULL, err);
	if (strcmp(verb, "create") == 0)
		return ca_command_create(argc, argv, err);
	if (strcmp(verb, "renew") == 0)
		return ca_command_renew(argc, argv, err);
	if (strcmp(verb, "cross") == 0)
		return ca_command_cross(argc, argv, err);
	if (strcmp(verb, "ceremony") == 0)
		return ca_command_ceremony(argc, argv, err);
	if (strcmp(verb, "crl") == 0 && argc == 3)
		return ca_command_crl(argv[2], err);
	if (strcmp(verb, "state") == 0 && argc == 4)
		return signer_ca("ca_state", json_pack("{s:s,s:s}", "id", argv[2], "state",
		    argv[3]), NULL, NULL, NULL, err);
	return usage(err);
}

const struct command	 command_ca = {
	.name = "ca",
	.args = "list | show ID | create NAME --cn CN [--parent ID] [--kind sm2|rsa|ecdsa] "
	    "[--company O] [--years N] [--key ADDRESS] [--parent-passphrase-file FILE] | "
	    "renew NAME [--cn CN] [--kind …] [--years N] | state ID active|retiring|ended | "
	    "cross ID --cert FILE --out FILE [--years N] | crl ID | "
	    "ceremony SCRIPT --record FILE | profiles [FILE]",
	.help = "The CAs of the signer: list, make one, give one a new key, cross-certify, sign a list; check profiles.",
	.run = cmd_ca,
};

#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/pdf.h"
#include "hall/certificate/eseal.h"
#include "seal/eseal.h"

static void
eseal_print(const struct eseal *s)
{
	static const char *const	 types[] = {"unknown", "organisation", "person"};
	const struct eseal_picture	*p = eseal_picture(s);
	const struct eseal_holder	*h;
	unsigned char			 digest[SM2_DIGEST_LEN];
	char				 text[CLOCK_TEXT], end[CLOCK_TEXT], hex[2 * SM2_DIGEST_LEN + 1];
	int64_t				 type = eseal_type(s);

	printf("seal         %s\nname         %s\ntype         %s\nversion      %d, by %s\n"
	    "made         %s\n", eseal_id(s), eseal_name(s), types[type == 1 || type == 2 ? type : 0],
	    eseal_version(s), eseal_vendor(s), clock_datetime(eseal_made(s), text));
	printf("valid        %s to %s\n", clock_datetime(eseal_not_before(s), text),
	    clock_datetime(eseal_not_after(s), end));
	sm3(p->p, p->len, digest);
	hex_encode(digest, sizeof(digest), hex);
	printf("picture      %s, %" PRId64 " x %" PRId64 " mm, %zu bytes, SM3 %s\n", p->type, p->width,
	    p->height, p->len, hex);
	printf("maker        %s\n             %s\n", cert_subject(eseal_maker(s)),
	    cert_serial(eseal_maker(s)));
	for (size_t i = 0; (h = eseal_holder_at(s, i)) != NULL; i++) {
		if (!h->is_digest)
			sm3(h->p, h->len, digest);
		hex_encode(h->is_digest ? h->p : digest, SM2_DIGEST_LEN, hex);
		printf("holder       certificate with SM3 %s\n", hex);
	}
}

static int
eseal_show(const char *path, struct err *err)
{
	struct eseal	*s = NULL;

	if (eseal_read(path, &s, err) < 0)
		return -1;
	eseal_print(s);
	eseal_free(s);
	return 0;
}

static void
eseal_rule_print(const struct eseal_rule *rule, bool holds, void *arg)
{
	(void)arg;
	printf("%-6s %-13s %s\n", holds ? "ok" : "broken", rule->name, holds ? rule->title : rule->text);
}

/* The roots: of this file, or of this house. */
static int
eseal_pool(const char *path, struct cert_pool *pool, struct err *err)
{
	char	*own = xasprintf("%s/pub/chain.pem", conf_str("data.dir"));
	int	 rc = cert_pool_read(pool, path == NULL ? own : path, err);

	free(own);
	return rc;
}

/* Makers of this house carry its own usage; of another house nothing is known but the chain. */
static int
eseal_verify(const char *path, const char *chain, const char *holder_path, struct err *err)
{
	struct cert_pool	 pool = {.n = 0};
	struct cert		*holder = NULL;
	struct eseal		*s = NULL;
	struct eseal_question	 q = {.now = clock_now(), .pool = &pool};
	size_t			 broken;
	int			 rc = -1;

	if (profiles_load(err) < 0 || eseal_read(path, &s, err) < 0 ||
	    eseal_pool(chain, &pool, err) < 0 ||
	    (holder_path != NULL && cert_read(holder_path, &holder, err) < 0))
		goto out;
	q.seal = s;
	q.holder = holder;
	if (chain == NULL)
		q.maker_use = profile_eku("seal");
	broken = eseal_check_each(&q, eseal_rule_print, NULL);
	rc = broken == 0 ? 0 : err_set(err, ERR_INPUT, "%zu rule(s) broken", broken);
 out:
	eseal_free(s);
	cert_free(holder);
	cert_pool_release(&pool);
	return rc;
}

/* Begins like a PDF. */
static bool
is_pdf(const char *path)
{
	char	 head[16];
	FILE	*f = fopen(path, "rb");
	size_t	 n = f == NULL ? 0 : fread(head, 1, sizeof(head), f);

	if (f != NULL)
		fclose(f);
	return pdf_is(head, n);
}

/* The seals in a document, by the same roots. */
static int
document_verify(const char *path, const char *chain, const char *crl, const char *ocsp,
    struct err *err)
{
	struct cert_pool	 pool = {.n = 0};
	struct pdf_world	 w = {.pool = &pool, .now = clock_now()};
	int			 rc = -1;

	if (profiles_load(err) < 0 || eseal_pool(chain, &pool, err) < 0)
		goto out;
	if (chain == NULL)
		w.maker_use = profile_eku("seal");
	rc = pdf_command_verify(path, &w, crl, ocsp, err);
 out:
	cert_pool_release(&pool);
	return rc;
}

/* Of this house's halls' store. */
static int
seal_list(struct err *err)
{
	static const struct who	 system = {.system = true, .address = ""};
	struct hall		*h = NULL;
	json_t			*model = NULL, *row;
	size_t			 i;
	int			 rc = -1;

	if (hall_open(&h, err) == 0 && (rc = eseal_list(h, &system, &model, err)) == 0)
		json_array_foreach(json_object_get(model, "rows"), i, row)
			printf("%s  %-10s  until %s  %s  order %s  %s\n", js_str(row, "id"),
			    js_str(row, "status"), js_str(row, "not_after"), js_str(row, "serial"),
			    js_str(row, "order"), js_str(row, "name"));
	json_decref(model);
	hall_close(h);
	return rc;
}

static int
cmd_seal(int argc, char **argv, struct err *err)
{
	const char	*chain = command_option(&argc, argv, "--chain", NULL);
	const char	*crl = command_option(&argc, argv, "--crl", NULL);
	const char	*ocsp = command_option(&argc, argv, "--ocsp", NULL);
	const char	*holder = command_option(&argc, argv, "--holder", NULL);

	if (argc == 3 && strcmp(argv[1], "show") == 0)
		return eseal_show(argv[2], err);
	if (argc >= 2 && strcmp(argv[1], "sign") == 0)
		return pdf_command_sign(argc - 1, argv + 1, err);
	if (argc == 3 && strcmp(argv[1], "verify") == 0 && is_pdf(argv[2]))
		return document_verify(argv[2], chain, crl, ocsp, err);
	if (argc == 3 && strcmp(argv[1], "verify") == 0)
		return eseal_verify(argv[2], chain, holder, err);
	if (argc == 2 && strcmp(argv[1], "list") == 0)
		return seal_list(err);
	return command_usage(command_by_name("seal"), err);
}

const struct command	 command_seal = {
	.name = "seal", .args = "show FILE | verify FILE [--chain FILE] [--holder FILE] | "
	    "verify FILE.pdf [--chain FILE] [--crl FILE | --ocsp URL] | "
	    "sign (--p12 FILE --seal FILE | --skf LIBRARY [--serial SERIAL]) [--pin-file FILE] "
	    "[--page N|last|all|edge] [--at X,Y] [--tsa URL] [--out FOLDER] FILE.pdf... | list",
	.help = "Electronic seals (GB/T 38540-2020, GM/T 0031): print one; check every rule, up to the "
	    "roots of this house or of the PEM file --chain, for the certificate --holder; check "
	    "every seal in a PDF, with the signer's status by a CRL or an OCSP responder; seal PDFs "
	    "with the key and seal of a file or a UKey, X,Y the middle of the picture in millimetres "
	    "from the upper left, edge across the pages' right edges; list those that were made here.",
	.run = cmd_seal,
};

#include "base/base.h"
#include "cli/pdf.h"

#include "base/file.h"
#include "base/rand.h"
#include "http/client.h"
#include "pki/crl.h"
#include "pki/ocsp.h"

/* Who says whether a certificate is revoked. */
struct verify_status {
	const struct pdf_world	*world;
	const struct buf	*crl;		/* DER; len 0: none */
	const char		*ocsp;		/* URL; NULL: none */
};

static int
verify_by_crl(const struct verify_status *s, const struct cert *c, const struct cert *issuer,
    bool *known, bool *revoked, int64_t *since, struct err *err)
{
	struct crl_facts	 facts;
	struct crl_entry	 entry = {.revoked = 0};

	if (crl_verify(s->crl->p, s->crl->len, issuer, &facts, err) < 0 ||
	    crl_check_scope(s->crl->p, s->crl->len, c, err) < 0 ||
	    crl_find(s->crl->p, s->crl->len, cert_serial(c), revoked, &entry, err) < 0)
		return -1;
	if (facts.next_update != 0 && facts.next_update < s->world->now)
		return err_set(err, ERR_EXPIRED, "the CRL is out of date: get the newest one");
	*known = true;
	*since = entry.invalid_since != 0 ? MIN(entry.invalid_since, entry.revoked) : entry.revoked;
	return 0;
}

static int
verify_by_ocsp(const struct verify_status *s, const struct cert *c, const struct cert *issuer,
    bool *known, bool *revoked, int64_t *since, struct err *err)
{
	static const char *const headers[] = {"Content-Type: application/ocsp-request", NULL};
	unsigned char		 nonce[16];
	struct ocsp_answer	 fact = {.state = OCSP_UNKNOWN};
	struct http_answer	 answer;
	struct buf		 request;
	int			 rc = -1;

	rand_bytes(nonce, sizeof(nonce));
	buf_init(&request, OCSP_REQUEST_MAX);
	http_answer_init(&answer);
	if (ocsp_request_build(c, issuer, nonce, sizeof(nonce), &request, err) == 0 &&
	    http_call(&(struct http_call){.method = "POST", .url = s->ocsp, .headers = headers,
	    .body = request.p, .body_len = request.len}, &answer, NULL, err) == 0)
		rc = ocsp_check(answer.body.p, answer.body.len, c, issuer, nonce, sizeof(nonce),
		    s->world->now, &fact, err);
	*known = fact.state != OCSP_UNKNOWN;
	*revoked = fact.state == OCSP_REVOKED;
	*since = fact.revoked;
	http_answer_free(&answer);
	buf_free(&request);
	return rc;
}

/* A certificate whose issuer is not trusted breaks another rule. */
static int
verify_status(void *arg, const struct cert *c, bool *known, bool *revoked, int64_t *since,
    struct err *err)
{
	const struct verify_status	*s = arg;
	const struct cert		*issuer = cert_pool_issuer(s->world->pool, c);

	if (issuer == NULL)
		return 0;
	return s->ocsp != NULL ? verify_by_ocsp(s, c, issuer, known, revoked, since, err) :
	    verify_by_crl(s, c, issuer, known, revoked, since, err);
}

static void
verify_print(const json_t *report)
{
	json_t	*row, *rule;
	size_t	 i, k;

	printf("pages        %" PRId64 "\nseals        %zu\n", js_int(report, "pages", 0),
	    json_array_size(json_object_get(report, "seals")));
	json_array_foreach(json_object_get(report, "seals"), i, row) {
		printf("\n%zu  %s  %s\n", i + 1, js_bool(row, "ok") ? "holds" : "BROKEN",
		    js_str(row, "text"));
		printf("   field     %s, %s\n   seal      %s  %s\n   signer    %s  %s\n   issuer    %s\n",
		    js_str(row, "field"), js_str(row, "format"), js_str(row, "name"),
		    js_str(row, "id"), js_str(row, "holder"), js_str(row, "serial"),
		    js_str(row, "issuer"));
		printf("   time      %s, %s\n   covers    %s\n", js_str(row, "time"),
		    js_bool(row, "is_stamped") ? "time stamp" : "the signer's clock",
		    js_bool(row, "covers_all") ? "the whole file" : "an earlier version");
		json_array_foreach(json_object_get(row, "rules"), k, rule)
			printf("   %-6s %-10s %s\n", js_bool(rule, "ok") ? "ok" : "broken",
			    js_str(rule, "name"), js_bool(rule, "ok") ? js_str(rule, "title") :
			    js_str(rule, "text"));
	}
}

int
pdf_command_verify(const char *path, const struct pdf_world *world, const char *crl_path,
    const char *ocsp, struct err *err)
{
	struct pdf_world	 w = *world;
	struct buf		 file, crl;
	struct verify_status	 status = {.world = world, .crl = &crl, .ocsp = ocsp};
	struct pdf		*d = NULL;
	json_t			*report = NULL;
	int			 rc = -1;

	buf_init(&file, PDF_MAX);
	buf_init(&crl, CRL_MAX);
	if (crl_path != NULL || ocsp != NULL) {
		w.status = verify_status;
		w.arg = &status;
	}
	if (file_read(path, &file, err) == 0 &&
	    (crl_path == NULL || file_read(crl_path, &crl, err) == 0) &&
	    pdf_open(file.p, file.len, &d, err) == 0 && pdf_report(d, &w, &report, err) == 0) {
		verify_print(report);
		if (w.status == NULL)
			printf("\nNobody was asked whether the signers' certificates are revoked: "
			    "give --crl FILE or --ocsp URL.\n");
		rc = js_bool(report, "ok") ? 0 :
		    err_set(err, ERR_CONFLICT, "%s", js_str(report, "text"));
	}
	json_decref(report);
	pdf_close(d);
	buf_free(&crl);
	buf_free(&file);
	return rc;
}

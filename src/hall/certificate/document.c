#include "base/base.h"
#include "hall/certificate/document.h"

#include "base/clock.h"
#include "base/conf.h"
#include "base/str.h"
#include "hall/hall_own.h"
#include "pki/profile.h"
#include "seal/pdf_check.h"

struct document_status {
	struct hall		*hall;
	const struct cert_pool	*pool;
};

/* What this house did not issue breaks another rule; one that it does not know never holds. */
static int
document_status(void *arg, const struct cert *c, bool *known, bool *revoked, int64_t *since,
    struct err *err)
{
	const struct document_status	*s = arg;
	struct err			 one = {0};
	json_t				*now = NULL;

	if (cert_pool_issuer(s->pool, c) == NULL)
		return 0;
	if (hall_services(s->hall)->pair_status(cert_serial(c), &now, &one) < 0) {
		*known = *revoked = true;
		return one.kind == ERR_NOT_FOUND ? 0 : err_set(err, ERR_BUSY,
		    "证书状态暂时查不到，这次没有核验。请稍后再试。");
	}
	*known = true;
	*revoked = strcmp(js_str(now, "status"), "good") != 0;
	*since = js_int(now, "revoked_at", 0);
	/* whoever has the key may have had it before it was told (RFC 5280 5.3.2) */
	if (js_int(now, "invalid_since", 0) > 0)
		*since = MIN(*since, js_int(now, "invalid_since", 0));
	json_decref(now);
	return 0;
}

static void
document_facts(const void *p, size_t len, json_t *model)
{
	unsigned char	 digest[SM2_DIGEST_LEN];
	char		 hex[2 * SM2_DIGEST_LEN + 1], text[CLOCK_TEXT];

	sm3(p, len, digest);
	hex_encode(digest, sizeof(digest), hex);
	js_set_str(model, "digest", hex);
	js_set_str(model, "asked", clock_datetime(clock_now(), text));
	js_set_bool(model, "is_intact", strcmp(js_str(model, "verdict"), "intact") == 0);
	js_set_bool(model, "is_none", strcmp(js_str(model, "verdict"), "none") == 0);
}

int
document_verify(struct hall *h, const void *p, size_t len, json_t **model, struct err *err)
{
	struct cert_pool	 pool = {.n = 0};
	struct document_status	 status = {h, &pool};
	struct pdf_world	 w = {.pool = &pool, .now = clock_now(), .status = document_status,
		.arg = &status, .maker_use = profile_eku("seal")};
	struct pdf_signatures	 all = {.n = 0};
	char			*chain = xasprintf("%s/pub/chain.pem", conf_path("data.dir"));
	int			 pages = 0, rc = -1;

	if (cert_pool_read(&pool, chain, err) == 0 &&
	    hall_services(h)->pdf(p, len, &all, &pages, err) == 0)
		rc = pdf_report_of(&all, pages, &w, model, err);
	if (rc == 0)
		document_facts(p, len, *model);
	pdf_signatures_free(&all);
	cert_pool_release(&pool);
	free(chain);
	return rc;
}

/* OCSP requests come from the whole network; answers from a responder that may lie. */
#include "base/base.h"
#include "base/clock.h"
#include "pki/ocsp.h"

#define FUZZ_NOW	INT64_C(1795000000000)

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static EVP_PKEY		*fuzz_key;
static struct cert	*fuzz_ca;

/* A self-signed certificate that plays issuer and responder. */
static void
fuzz_start(void)
{
	struct err	 err = {0};
	struct name	 subject = {0};
	unsigned char	 d[SM2_SCALAR_LEN] = {1};
	struct cert_plan plan = {.profile = profile_find("root"), .subject = &subject,
	    .serial = {0x41}, .not_before = FUZZ_NOW - CLOCK_DAY,
	    .not_after = FUZZ_NOW + CLOCK_DAY};

	if (fuzz_ca != NULL)
		return;
	if (sm2_from_scalar(d, &fuzz_key, &err) < 0 || (plan.key = fuzz_key) == NULL ||
	    name_add(&subject, "C", "CN", &err) < 0 ||
	    name_add(&subject, "CN", "fuzz", &err) < 0 ||
	    cert_build(&plan, SIGNING(fuzz_key), &fuzz_ca, &err) < 0)
		BUG("%s", err.text);
	name_free(&subject);
}

static void
fuzz_answer(const struct ocsp_request *r)
{
	struct ocsp_answer	 answers[OCSP_QUESTIONS] = {{0}};
	struct err		 err = {0};
	struct buf		 der;

	buf_init(&der, OCSP_ANSWER_MAX);
	for (size_t i = 0; i < ocsp_request_count(r); i++) {
		answers[i].state = ocsp_request_is_for(r, i, fuzz_ca) ? OCSP_GOOD : OCSP_UNKNOWN;
		assert(strlen(ocsp_request_serial(r, i)) < CERT_SERIAL_TEXT);
	}
	if (ocsp_respond(r, answers, fuzz_ca, fuzz_key, FUZZ_NOW, FUZZ_NOW + CLOCK_HOUR, &der,
	    &err) < 0)
		assert(err.kind != ERR_NONE);
	buf_free(&der);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err		 err = {0};
	struct ocsp_request	*r = NULL;
	struct ocsp_answer	 answer;

	fuzz_start();
	if (ocsp_request_parse(p, len, &r, &err) == 0)
		fuzz_answer(r);
	else
		assert(r == NULL && err.kind != ERR_NONE);
	ocsp_request_free(r);
	err_clear(&err);
	if (ocsp_check(p, len, fuzz_ca, fuzz_ca, NULL, 0, FUZZ_NOW, &answer, &err) < 0)
		assert(err.kind != ERR_NONE);
	return 0;
}

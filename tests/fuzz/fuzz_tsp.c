/* Time stamp requests come from the whole network; stamps from a TSA that may lie. */
#include "base/base.h"
#include "base/clock.h"
#include "pki/tsp.h"

#include <openssl/objects.h>

#define FUZZ_NOW	INT64_C(1795000000000)

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static EVP_PKEY		*fuzz_key;
static struct cert	*fuzz_tsa;

/* A TSA below itself. */
static void
fuzz_start(void)
{
	struct err	 err = {0};
	struct name	 subject = {0};
	unsigned char	 d[SM2_SCALAR_LEN] = {1};
	struct cert_plan plan = {.profile = profile_find("tsa"), .subject = &subject,
	    .serial = {0x41}, .not_before = FUZZ_NOW - CLOCK_DAY,
	    .not_after = FUZZ_NOW + CLOCK_DAY, .pointers = {"http://v/", "http://v/",
	    "http://v/", "1.2.3", "http://v/"}};

	if (fuzz_tsa != NULL)
		return;
	if (sm2_from_scalar(d, &fuzz_key, &err) < 0 || (plan.key = fuzz_key) == NULL ||
	    name_add(&subject, "C", "CN", &err) < 0 ||
	    name_add(&subject, "CN", "fuzz", &err) < 0 ||
	    cert_build(&plan, SIGNING(fuzz_key), &fuzz_tsa, &err) < 0)
		BUG("%s", err.text);
	name_free(&subject);
}

/* Whatever parses is stamped, and the stamp holds. */
static void
fuzz_stamp(const struct tsp_request *r)
{
	struct tsp_stamp	 stamp = {.policy = "1.2.3", .serial = 7, .time = FUZZ_NOW,
		.accuracy = 1, .signer = fuzz_tsa, .key = fuzz_key};
	struct tsp_facts	 facts;
	struct err		 err = {0};
	struct buf		 der;

	buf_init(&der, TSP_ANSWER_MAX);
	if (tsp_respond(r, &stamp, &der, &err) < 0 ||
	    tsp_check(der.p, der.len, r->digest, r->hash.p, r->hash.len, NULL, 0, fuzz_tsa,
	    &facts, &err) < 0)
		BUG("%s", err.text);
	buf_free(&der);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const unsigned char	 hash[32];
	struct err			 err = {0};
	struct tsp_request		 r;
	struct tsp_facts		 facts;
	enum tsp_failure		 failure;

	fuzz_start();
	if (tsp_request_parse(p, len, &r, &failure, &err) == 0)
		fuzz_stamp(&r);
	else
		assert(err.kind != ERR_NONE);
	err_clear(&err);
	if (tsp_check(p, len, NID_sm3, hash, sizeof(hash), NULL, 0, fuzz_tsa, &facts, &err) < 0)
		assert(err.kind != ERR_NONE);
	return 0;
}

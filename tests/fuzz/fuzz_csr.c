/* PKCS#10 requests come from anybody who downloads a certificate. */
#include "base/base.h"
#include "pki/csr.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN];
	struct der	 challenge = {0};

	if (csr_check(p, len, point, &err) < 0)
		assert(err.kind != ERR_NONE && err.text[0] != '\0');
	if (csr_challenge(p, len, &challenge) == 1)
		assert(challenge.p > p && challenge.p + challenge.len <= p + len);
	return 0;
}

/* PKCS#10 requests come from anybody who downloads a certificate. */
#include "base/base.h"
#include "pki/csr.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN];

	if (csr_check(p, len, point, &err) < 0)
		assert(err.kind != ERR_NONE && err.text[0] != '\0');
	return 0;
}

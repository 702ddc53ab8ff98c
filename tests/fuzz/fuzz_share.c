/* The file that a custodian brings to a ceremony. */
#include "base/base.h"
#include "pki/share.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	char		*text = xstrndup((const char *)p, len);
	struct secret	 pin = {0};
	struct share	 s;
	struct err	 err = {0};

	secret_set(&pin, "123456", 6);
	if (share_open(text, len, &pin, &s, &err) == 0)
		assert(s.number >= 1 && s.number <= SHARES_MAX && s.need <= SHARES_MAX);
	else
		assert(err.kind != ERR_NONE);
	secret_free(&pin);
	free(text);
	return 0;
}

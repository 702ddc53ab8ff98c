/* Files of software UKeys. */
#include "base/base.h"
#include "token/softkey.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	unsigned char	 salt[16];
	json_t		*state = NULL;

	if (softkey_parse(p, len, salt, &state, &err) < 0)
		assert(err.kind != ERR_NONE && state == NULL);
	json_decref(state);
	return 0;
}

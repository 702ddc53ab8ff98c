/* Heads of uploaded pictures. */
#include "base/base.h"
#include "doc/sniff.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	struct sniff	 s = {0};

	if (sniff_read(p, len, &s, &err) < 0) {
		assert(err.kind == ERR_INPUT);
		return 0;
	}
	assert(s.width > 0 && s.height > 0 && s.dpi >= 0);
	assert(s.orientation >= 1 && s.orientation <= 8);
	assert(sniff_name(s.type)[0] != '\0');
	return 0;
}

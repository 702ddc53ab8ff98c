#include "base/base.h"
#include "kmc/message.h"

/* Another CA's message (GB/T 25056); what was read lies inside of it. */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct km_request	 r;
	struct err		 err = {0};

	if (km_request_parse(p, len, &r, &err) == 0) {
		if (r.n == 0 || r.n > KM_ASKS || r.tbs.p < p || r.tbs.p + r.tbs.len > p + len)
			BUG("a message of %zu requests", r.n);
		for (size_t i = 0; i < r.n; i++)
			if (r.ask[i].kind >= KM_ERROR || r.ask[i].serial.len > KM_SERIAL + 1 ||
			    r.ask[i].serial.p < p || r.ask[i].serial.p >= p + len)
				BUG("a wrong request");
	}
	return 0;
}

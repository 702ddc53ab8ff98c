#include "base/base.h"
#include "pki/enveloped.h"

/* A document for a UKey; what was read lies inside of it. */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct enveloped	 e;
	struct err		 err = {0};

	if (enveloped_parse(p, len, &e, &err) == 0 &&
	    (e.content.p < p || e.content.p + e.content.len > p + len ||
	    e.recipients.p < p || e.recipients.p + e.recipients.len > p + len))
		BUG("read beyond the document");
	return 0;
}

#include "base/base.h"
#include "pki/carrier.h"

/* What a browser says that a UKey vouched for; what was read is written as it was. */
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct carrier	 c;
	struct err	 err = {0};
	struct buf	 text;

	if (len > STATEMENT_MAX || carrier_parse((const char *)p, len, &c, &err) < 0)
		return 0;
	buf_init(&text, STATEMENT_MAX);
	if (carrier_text(c.order, c.serial, c.point, &text, &err) < 0 || text.len != len ||
	    memcmp(text.p, p, len) != 0)
		BUG("read otherwise than written");
	buf_free(&text);
	return 0;
}

/* Form fields: what was read, written and read again is the same. */
#include "base/base.h"
#include "base/url.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	struct buf	 b;
	json_t		*fields = NULL, *again = NULL;

	if (url_form_parse((const char *)p, len, &fields, &err) < 0) {
		assert(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		return 0;
	}
	buf_init(&b, 4 * len + 1024);
	url_form_write(fields, &b);
	if (!b.over && url_form_parse(b.p, b.len, &again, &err) == 0)
		assert(json_equal(fields, again));
	else
		assert(b.over || err.kind == ERR_LIMIT);
	json_decref(fields);
	json_decref(again);
	buf_free(&b);
	return 0;
}

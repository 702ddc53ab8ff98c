/* JSON: the canonical spelling is read back as the same value and is its own spelling. */
#include "base/base.h"
#include "base/json.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	struct buf	 once, twice;
	json_t		*j = NULL, *again = NULL;

	if (json_parse((const char *)p, len, 0, &j, &err) < 0) {
		assert(err.kind != ERR_NONE && j == NULL);
		return 0;
	}
	buf_init(&once, LIMIT_JSON);
	buf_init(&twice, LIMIT_JSON);
	json_write_canonical(j, &once);
	if (!once.over) {
		if (json_parse(once.p, once.len, 0, &again, &err) < 0)
			BUG("the canonical form is not read: %s", err.text);
		json_write_canonical(again, &twice);
		assert(once.len == twice.len && memcmp(once.p, twice.p, once.len) == 0);
	}
	json_decref(j);
	json_decref(again);
	buf_free(&once);
	buf_free(&twice);
	return 0;
}

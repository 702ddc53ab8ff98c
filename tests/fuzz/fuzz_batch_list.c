/* A list of persons: whatever is taken is bounded, and a line read again gives the same cells. */
#include "base/base.h"
#include "hall/payment/batch_list.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	json_t		*list = NULL, *again = NULL, *line = NULL;
	const char	*text = NULL;
	size_t		 i = 0;

	if (batch_list_parse((const char *)p, len, &list, &err) < 0) {
		assert(err.kind == ERR_INPUT || err.kind == ERR_LIMIT);
		return 0;
	}
	assert(json_array_size(list) <= BATCH_LINES);
	json_array_foreach(list, i, line) {
		text = js_str(line, "text");
		assert(strlen(text) <= BATCH_LINE);
		err_clear(&err);
		if (batch_list_parse(text, strlen(text), &again, &err) < 0)
			continue;		/* a mark or a heading in the middle of the file */
		assert(json_array_size(again) == 1);
		assert(json_equal(json_array_get(again, 0), line) ||
		    memcmp(text, "\xef\xbb\xbf", 3) == 0);
		json_decref(again);
	}
	json_decref(list);
	return 0;
}

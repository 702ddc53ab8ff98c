/* Pushes of a courier, which bear no signature. */
#include "base/base.h"
#include "gate/express.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	json_t		*waybills = NULL, *w;
	size_t		 i;

	if (express_by_name("sf")->push(p, len, &waybills, &err) < 0) {
		assert(err.text[0] != '\0');
		return 0;
	}
	assert(json_array_size(waybills) > 0 && json_array_size(waybills) <= 50);
	json_array_foreach(waybills, i, w)
		assert(json_string_value(w)[0] != '\0');
	json_decref(waybills);
	return 0;
}

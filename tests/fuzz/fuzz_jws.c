/* Tokens and key sets come from another site: a token, a line feed, and the keys for it. */
#include "base/base.h"
#include "jose/jws.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const uint8_t	*line = len == 0 ? NULL : memchr(p, '\n', len);
	size_t		 n = line == NULL ? len : (size_t)(line - p);
	struct err	 err = {0};
	json_t		*set = NULL, *claims = NULL;

	if (line != NULL)
		(void)(json_parse((const char *)line + 1, len - n - 1, 0, &set, &err) == 0);
	err_clear(&err);
	if (jws_read((const char *)p, n, set, &claims, &err) == 0)
		assert(json_is_object(claims));
	else
		assert(err.kind != ERR_NONE && claims == NULL);
	json_decref(claims);
	json_decref(set);
	return 0;
}

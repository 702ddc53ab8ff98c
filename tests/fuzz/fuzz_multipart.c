/* Uploads: the first line is the content type, the rest the body. */
#include "base/base.h"
#include "http/multipart.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void
fuzz_read(const struct multipart_part *parts, size_t n, const char *body, size_t len)
{
	for (size_t i = 0; i < n; i++) {
		assert(parts[i].name != NULL && parts[i].type != NULL);
		assert(parts[i].data >= body && parts[i].len <= len &&
		    parts[i].data + parts[i].len <= body + len);
		if (parts[i].filename != NULL)
			assert(strchr(parts[i].filename, '/') == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const uint8_t		*end = len == 0 ? NULL : memchr(p, '\n', len);
	size_t			 head = end == NULL ? len : (size_t)(end - p);
	size_t			 n = 0, rest = end == NULL ? 0 : len - head - 1;
	char			*type = xmalloc(head + 1), *body = xmalloc(rest + 1);
	struct multipart_part	*parts = NULL;
	struct arena		*a = arena_new(LIMIT_ARENA);
	struct err		 err = {0};

	if (head > 0)
		memcpy(type, p, head);
	type[head] = '\0';
	if (rest > 0)
		memcpy(body, end + 1, rest);
	body[rest] = '\0';
	if (multipart_parse(a, type, body, rest, &parts, &n, &err) < 0)
		assert(err.kind != ERR_NONE);
	else
		fuzz_read(parts, n, body, rest);
	arena_free(a);
	free(type);
	free(body);
	return 0;
}

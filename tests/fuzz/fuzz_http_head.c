/* Request heads, parsed in place, and the paths in them. */
#include "base/base.h"
#include "base/arena.h"
#include "http/parse.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void
fuzz_read(const struct http_head *h, const char *from, size_t len)
{
	struct arena	*a = arena_new(LIMIT_ARENA);
	const char	*query = NULL;
	char		*path = http_path_decode(a, h->target, h->minor == 0, &query);

	assert(h->method >= from && h->method < from + len && h->method[0] != '\0');
	assert(h->n_headers <= LIMIT_HTTP_HEADERS && !(h->chunked && h->has_length));
	for (size_t i = 0; i < h->n_headers; i++)
		assert(strpbrk(h->headers[i].value, "\r\n") == NULL &&
		    h->headers[i].name[0] != '\0');
	if (path != NULL)
		assert(path[0] == '/' && strstr(path, "/../") == NULL);
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct http_head	 h = {0};
	char			*copy = xmalloc(len + 1);
	int			 n;

	memcpy(copy, p, len);
	copy[len] = '\0';
	n = http_head_parse(copy, len, &h);
	assert(n <= (int)len);
	if (n > 0)
		fuzz_read(&h, copy, len);
	free(copy);
	return 0;
}

/* Chunked bodies: decoded whole and byte by byte they must be the same. */
#include "base/base.h"
#include "base/buf.h"
#include "http/parse.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void
fuzz_data(void *arg, const char *p, size_t len)
{
	buf_add(arg, p, len);
}

/* Feed in pieces of `step`; bytes consumed, or -1. */
static ssize_t
fuzz_feed(const char *p, size_t len, size_t step, bool *done, struct buf *out)
{
	struct http_chunk	 c = {0};
	size_t			 used = 0;

	*done = false;
	while (used < len && !*done) {
		size_t	 part = len - used < step ? len - used : step;
		ssize_t	 n = http_chunk_feed(&c, p + used, part, done, fuzz_data, out);

		if (n < 0)
			return -1;
		assert((size_t)n <= part && (n > 0 || *done));
		used += (size_t)n;
	}
	return (ssize_t)used;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct buf	 whole, bytes;
	bool		 done, again;
	ssize_t		 n, m;

	if (len == 0)
		return 0;
	buf_init(&whole, len);
	buf_init(&bytes, len);
	n = fuzz_feed((const char *)p, len, len, &done, &whole);
	m = fuzz_feed((const char *)p, len, 1, &again, &bytes);
	assert(n == m && done == again && !whole.over);
	if (n >= 0)
		assert(whole.len == bytes.len && memcmp(whole.p, bytes.p, whole.len) == 0);
	buf_free(&whole);
	buf_free(&bytes);
	return 0;
}

/* Templates: whatever the text, it is refused or drawn. */
#include "base/base.h"
#include "web/mustache.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static const struct mustache *
fuzz_partial(const char *name, void *arg)
{
	(void)name;
	return arg;			/* itself: depth must be bounded */
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err		 err = {0};
	struct mustache		*m = NULL;
	json_t			*j = json_pack("{s:s,s:[i,i],s:{s:s},s:b}", "a", "<&\"'>", "l", 1, 2,
	    "o", "b", "x", "t", 1);
	const json_t		*contexts[] = {j};
	struct mustache_view	 v = {.contexts = contexts, .n = 1,
		.partial = fuzz_partial};
	struct buf		 out;

	buf_init(&out, 65536);
	if (mustache_new(&m, "fuzz", (const char *)p, len, &err) < 0) {
		assert(err.kind != ERR_NONE);
	} else {
		v.arg = m;
		if (mustache_render(m, &v, &out, &err) < 0)
			assert(err.kind != ERR_NONE);
	}
	mustache_free(m);
	json_decref(j);
	buf_free(&out);
	return 0;
}

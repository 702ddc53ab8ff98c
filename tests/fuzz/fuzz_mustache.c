/* Templates come with the program; with web.dir they come from a directory. */
#include "base/base.h"
#include "web/mustache.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static const struct mustache *
fuzz_partial(const char *name, void *arg)
{
	return strcmp(name, "me") == 0 ? arg : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	struct mustache	*m = NULL;
	struct buf	 out;
	json_t		*model = json_pack("{s:s, s:[i, i], s:{s:s}, s:n, s:b}", "a", "<&>", "l", 1,
			    2, "o", "b", "x", "n", "t", 1);
	const json_t	*contexts[] = {model};
	struct mustache_view v = {.contexts = contexts, .n = 1, .partial = fuzz_partial};

	buf_init(&out, 65536);
	if (mustache_new(&m, "fuzz", (const char *)p, len, &err) < 0) {
		assert(m == NULL && err.kind == ERR_INPUT);
	} else {
		v.arg = m;
		if (mustache_render(m, &v, &out, &err) < 0)
			assert(err.kind == ERR_LIMIT || err.kind == ERR_BUG);
	}
	mustache_free(m);
	buf_free(&out);
	json_decref(model);
	return 0;
}

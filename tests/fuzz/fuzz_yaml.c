/* Hall definitions; libyaml below, our limits above. */
#include "base/base.h"
#include "base/yaml.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static size_t
fuzz_walk(const struct yaml *y, int depth)
{
	size_t	 n = 1;

	assert(depth <= 20 && y->line >= 1);
	if (y->kind == YAML_TEXT)
		return strlen(y->text) > 0 ? n : 0;
	for (size_t i = 0; i < y->n; i++) {
		assert(y->kind == YAML_LIST || yaml_get(y, y->child[i].key) == &y->child[i]);
		n += fuzz_walk(&y->child[i], depth + 1);
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct err	 err = {0};
	struct yaml_doc	*d = NULL;

	if (yaml_parse((const char *)p, len, "fuzz", &d, &err) < 0)
		assert(err.kind != ERR_NONE && d == NULL);
	else if (yaml_root(d) != NULL)
		(void)fuzz_walk(yaml_root(d), 0);
	yaml_doc_free(d);
	return 0;
}

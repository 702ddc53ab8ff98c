/* Seals come in UKeys, files and documents that anybody made. */
#include "base/base.h"
#include "seal/eseal.h"

#define FUZZ_NOW	INT64_C(1795000000000)

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static size_t	fuzz_rules;

static void
fuzz_rule(const struct eseal_rule *rule, bool holds, void *arg)
{
	(void)rule;
	(void)arg;
	fuzz_rules += holds;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct eseal			*s = NULL;
	struct err			 err = {0};
	const struct eseal_holder	*h;
	struct eseal_question		 q = {.now = FUZZ_NOW};
	size_t				 n = 0;

	if (eseal_parse(p, len, &s, &err) < 0)
		return 0;
	for (size_t i = 0; (h = eseal_holder_at(s, i)) != NULL; i++)
		n += h->p[h->len - 1];
	if (eseal_picture(s)->len > ESEAL_PICTURE_MAX || strlen(eseal_name(s)) >= ESEAL_NAME_TEXT)
		BUG("out of bounds by %zu", n);
	q.seal = s;
	q.holder = eseal_maker(s);
	(void)eseal_check_each(&q, fuzz_rule, NULL);
	eseal_free(s);
	return 0;
}

#include "base/base.h"
#include "gate/pay.h"

#define PAY(name)	extern const struct pay_provider pay_##name;
#include "gate/pay.def"
#undef PAY

const struct pay_provider *const pay_providers[] = {
#define PAY(name)	&pay_##name,
#include "gate/pay.def"
#undef PAY
	NULL
};

const struct pay_provider *
pay_by_name(const char *name)
{
	for (size_t i = 0; pay_providers[i] != NULL; i++)
		if (strcmp(pay_providers[i]->name, name) == 0)
			return pay_providers[i];
	return NULL;
}

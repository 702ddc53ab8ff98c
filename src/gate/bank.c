#include "base/base.h"
#include "gate/bank.h"
#include "base/conf.h"
#include "base/str.h"

#define BANK(name)	extern const struct bank_provider bank_##name;
#include "gate/bank.def"
#undef BANK

const struct bank_provider *const bank_providers[] = {
#define BANK(name)	&bank_##name,
#include "gate/bank.def"
#undef BANK
	NULL
};

const struct bank_provider *
bank_provider(void)
{
	for (size_t i = 0; bank_providers[i] != NULL; i++)
		if (strcmp(bank_providers[i]->name, conf_str("gate.bank")) == 0)
			return bank_providers[i];
	return NULL;
}

bool
remit_is_ours(const char *number)
{
	return str_has_prefix(number, REMIT_PREFIX);
}

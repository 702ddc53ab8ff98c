#include "base/base.h"
#include "gate/express.h"
#include "base/conf.h"

#define EXPRESS(name)	extern const struct express_provider express_##name;
#include "gate/express.def"
#undef EXPRESS

const struct express_provider *const express_providers[] = {
#define EXPRESS(name)	&express_##name,
#include "gate/express.def"
#undef EXPRESS
	NULL
};

const struct express_provider *
express_by_name(const char *name)
{
	for (size_t i = 0; express_providers[i] != NULL; i++)
		if (strcmp(express_providers[i]->name, name) == 0)
			return express_providers[i];
	return NULL;
}

const struct express_provider *
express_provider(void)
{
	const struct express_provider	*p = express_by_name(conf_str("gate.express"));

	if (p == NULL)
		BUG("no courier %s", conf_str("gate.express"));
	return p;
}

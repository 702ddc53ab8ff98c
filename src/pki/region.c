#include "base/base.h"
#include "pki/region.h"

#define CITIES(...)	(const char *const[]){__VA_ARGS__, NULL}
const struct region	regions[] = {
#define REGION(code_, name_, ...)	{.code = code_, .name = name_, .cities = CITIES(__VA_ARGS__)},
#include "pki/region.def"
#undef REGION
	{0}
};

const struct region *
region_find(const char *name)
{
	for (const struct region *r = regions; r->code != NULL; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

const struct region *
region_by_code(const char *code)
{
	for (const struct region *r = regions; r->code != NULL; r++)
		if (strncmp(r->code, code, 2) == 0)
			return r;
	return NULL;
}

bool
region_has_city(const char *province, const char *city)
{
	const struct region	*r = region_find(province);

	for (size_t i = 0; r != NULL && r->cities[i] != NULL; i++)
		if (strcmp(r->cities[i], city) == 0)
			return true;
	return false;
}

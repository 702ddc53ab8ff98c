#include "base/base.h"
#include "web/page.h"

#define PAGE(name)	extern const struct page page_##name;
#include "web/pages.def"
#undef PAGE

const struct page *const	pages_all[] = {
#define PAGE(name)	&page_##name,
#include "web/pages.def"
#undef PAGE
	NULL
};

const struct page *
page_by_name(const char *name)
{
	size_t	i = 0;

	for (i = 0; pages_all[i] != NULL; i++)
		if (strcmp(pages_all[i]->name, name) == 0)
			return pages_all[i];
	return NULL;
}

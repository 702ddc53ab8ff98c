#include "base/base.h"
#include "gate/work.h"

static const struct kind *const	 kind_tables[] = {kinds_message, kinds_pay, kinds_ident,
	kinds_bill, kinds_invoice, kinds_express, kinds_webhook, kinds_bank,
	kinds_platform};

const struct kind *
kind_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kind_tables); i++)
		for (const struct kind *k = kind_tables[i]; k->name != NULL; k++)
			if (strcmp(k->name, name) == 0)
				return k;
	return NULL;
}

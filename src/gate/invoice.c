#include "base/base.h"
#include "gate/invoice.h"
#include "base/conf.h"

#define INVOICE(name)	extern const struct invoice_provider invoice_##name;
#include "gate/invoice.def"
#undef INVOICE

const struct invoice_provider *const invoice_providers[] = {
#define INVOICE(name)	&invoice_##name,
#include "gate/invoice.def"
#undef INVOICE
	NULL
};

const struct invoice_provider *
invoice_provider(void)
{
	for (size_t i = 0; invoice_providers[i] != NULL; i++)
		if (strcmp(invoice_providers[i]->name, conf_str("gate.invoice")) == 0)
			return invoice_providers[i];
	BUG("no invoice provider %s", conf_str("gate.invoice"));
}

int64_t
invoice_tax(int64_t fen, int rate)
{
	int64_t	 whole = 10000 + rate, net = (fen * 10000 * 2 + whole) / (2 * whole);

	return fen - net;
}

#ifndef HALL_AUTHORISATION_H
#define HALL_AUTHORISATION_H
#include "hall/order/order.h"
/* The authorisation code: 20 characters, kept as a keyed digest, sent by mail. */
#define AUTHORISATION_LEN	20
/* Make a new one (the old one is void) and send it; sms: tell by SMS too that it is approved. */
NODISCARD int	authorisation_send(struct db *db, const struct hall *h, const struct order *o,
		    bool sms, struct err *err);
NODISCARD int	authorisation_is(struct db *db, const struct hall *h, const struct order *o,
		    const char *code, bool *right, struct err *err);
#endif

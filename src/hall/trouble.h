#ifndef HALL_TROUBLE_H
#define HALL_TROUBLE_H
#include "hall/hall.h"
/*
 * What could not be delivered to the outside world (gate.h, outbox_troubles), for the
 * administrator or the system.  Both acts are journaled.
 */
/* {"rows":[as outbox_troubles and {"kind_text","state_text","advice"}],"has_rows"} */
NODISCARD int	trouble_list(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
/* Ask the provider again from the beginning. */
NODISCARD int	trouble_retry(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
/* Off the list: somebody saw to it otherwise. */
NODISCARD int	trouble_drop(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
#endif

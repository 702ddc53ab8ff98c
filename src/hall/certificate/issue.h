#ifndef HALL_ISSUE_H
#define HALL_ISSUE_H
#include "hall/order/order.h"
/*
 * Issue the pair of an approved order for this request and file it; model as fetch_issue
 * promises.  medium: the UKey's serial number, whose device key comes along ("": not told).
 * Idempotent: asked again with the same key the same pair comes back.
 */
NODISCARD int	issue_pair(struct hall *h, const struct who *who, const char *no,
		    const void *csr, size_t len, const char *medium, json_t **model,
		    struct err *err);
/* Are both certificates filed? */
NODISCARD int	issue_is_done(struct db *db, const struct order *o, bool *done,
		    struct err *err);
#endif

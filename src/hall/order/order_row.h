#ifndef HALL_ORDER_ROW_H
#define HALL_ORDER_ROW_H
#include "hall/order/order.h"
/* Between the files of the hall: orders as rows. */

/* From a row of order_by_no and its like; o must be released. */
NODISCARD int	order_from_row(const struct hall *h, struct rows *r, struct order *o,
		    struct err *err);
/* An empty draft of a product, not stored yet. */
void		order_fresh(struct order *o, const struct def_product *p);
/* A new row: number, id, version and times are set in o. what: "create", "copy". */
NODISCARD int	order_insert(struct db *db, const struct hall *h, const struct who *who,
		    struct order *o, const char *what, struct err *err);
NODISCARD int	order_find_untouched(struct db *db, const struct who *who, const char *product,
		    char no[ORDER_NO], struct err *err);
/* Where the agent is told; "" before the form. */
const char	*order_mobile(const struct order *o);
/* The fields every list shows. */
json_t		*order_row_model(const struct hall *h, const struct order *o);
#endif

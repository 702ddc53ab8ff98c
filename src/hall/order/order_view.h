#ifndef HALL_ORDER_VIEW_H
#define HALL_ORDER_VIEW_H
#include "hall/order/order.h"
/* Parts of an order's view, for pages of applicants and staff.  Inside a read. */

/* Everything order_view promises. */
NODISCARD int	order_view_fill(struct db *db, const struct hall *h, const struct order *o,
		    json_t *model, struct err *err);
/* What a reviewer may point at, as the applicant reads it: a material's kind, a field of the form,
 * "" for all of it.  NULL when it is none. */
const char	*order_view_target(const struct order *o, const char *target);
/* "return": {"time","reasons":[…]} and "has_return". */
NODISCARD int	order_view_return(struct db *db, const struct hall *h, const struct order *o,
		    json_t *model, struct err *err);
/* "collection": {"way","way_text","receiver","phone","address"} */
void		order_view_collection(const struct hall *h, const struct order *o,
		    json_t *model);
/* "deliveries": [{"company","waybill","receiver","blank","time","track":[…],"has_track"}] */
NODISCARD int	order_view_delivery(struct db *db, const struct order *o, json_t *model,
		    struct err *err);
/* "certificates": [{"kind","kind_text","serial","subject","not_before","not_after","state",
 * "is_sign"}] */
NODISCARD int	order_view_certificates(struct db *db, const struct order *o, json_t *model,
		    struct err *err);
/* "events": [{"time","what","text","note_label","note","actor"}] */
NODISCARD int	order_view_events(struct db *db, const struct order *o, json_t *model,
		    struct err *err);
/* "has_amounts","amounts": [{"label","amount"}], what the order's price is made of; empty when it is one thing. */
void		order_view_amounts(const struct order *o, json_t *model);
/* [{"group","fields":[{"name","label","value"}]}]: the form as filled in, choices as text. */
json_t		*order_view_form(struct hall *h, const struct order *o);
#endif

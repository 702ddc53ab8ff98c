#ifndef HALL_DELIVERY_H
#define HALL_DELIVERY_H
#include "hall/order/order.h"
/*
 * Keys made and sent by staff with ROLE_MAKER: claim (approved -> making), issue into the key
 * in the maker's hands, made (-> ready), then ship with company and waybill, or hand over at
 * the window.  A blank key may be sent while the order stays approved.
 */
/* {"to_make":[rows as order_list and "way","way_text","ukey","issued",
 * "activation","pin_text","pin_sent" and as parcel_model],"making":[…],"ready":[…],
 * "shipped":[…]} */
NODISCARD int	delivery_work(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
NODISCARD int	delivery_claim(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
NODISCARD int	delivery_unclaim(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
/* in {"csr","medium"}; the answer is that of fetch_issue. */
NODISCARD int	delivery_issue(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t **model, struct err *err);
NODISCARD int	delivery_made(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
/* in {"company","waybill","blank"?} */
NODISCARD int	delivery_ship(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);
/* in {"receiver"}: who took it at the window. */
NODISCARD int	delivery_hand_over(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);
#endif

#ifndef HALL_PARCEL_H
#define HALL_PARCEL_H
#include "gate/fact.h"
#include "hall/order/order.h"
/*
 * Parcels by the courier whom we order by wire (definition: express), for keys that staff made.
 * Staff may always ship by hand with a company and a waybill of their own; a waybill of our
 * courier is followed all the same.
 *
 *	asked	the courier was asked; then ordered (there is a waybill) or refused
 *	cancelling, cancelled	before it was collected
 *
 * What the courier knows of a waybill is kept as a track.  When it was signed for, an order that
 * was shipped is done; once, however often that is learned.
 */
NODISCARD int	parcel_order(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
NODISCARD int	parcel_cancel(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
/* ---- between the files of the hall ---- */
/* "express" (bool: there is a courier),"has_parcel","parcel":{"state","state_text","waybill",
 * "reason","company"},"may_order_parcel","may_cancel_parcel","has_waybill" */
NODISCARD int	parcel_model(struct db *db, const struct hall *h, const struct order *o,
		    json_t *model, struct err *err);
/* Begin to follow what was just shipped, when it is our courier's. */
NODISCARD int	parcel_follow(struct db *db, struct hall *h, const struct order *o,
		    const char *company, const char *waybill, struct err *err);
/* [{"time","place","text"}], newest first; has_track. */
NODISCARD int	parcel_track(struct db *db, const char *waybill, json_t *model, struct err *err);
NODISCARD int	parcel_apply(struct db *db, struct hall *h, const struct express_fact *f,
		    struct err *err);
#endif

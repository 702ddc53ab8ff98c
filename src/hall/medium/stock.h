#ifndef HALL_STOCK_H
#define HALL_STOCK_H
#include "hall/medium/medium.h"
/*
 * The stock of UKeys: received in batches by serial number, looked after by staff with ROLE_MAKER
 * or by the system.  What else moves a UKey stands in medium.h.
 */
#define STOCK_BATCH	5000		/* UKeys received at once */
#define STOCK_BYTES	(STOCK_BATCH * (MEDIUM_SERIAL + 1))

/*
 * Receive a batch, whole or not at all. in {"batch","kind"?,"serials"} (separated by blanks,
 * commas or line feeds; letters, digits, "-", "_", "." only).  *added: how many.
 */
NODISCARD int	stock_add(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, int64_t *added, struct err *err);
/*
 * query {"q" (serial number)?,"batch"?,"state"?}
 * {"q","asked","batches":[{"batch","batch_text","kind","received","total","counts":[{"state",
 *  "state_text","count"}]}],"has_batches","states":[{"state","state_text","count"}],
 *  "rows":[as stock_view without events],"has_rows","strict"}; rows only when something was
 * asked for, STOCK_ROWS at most.
 */
#define STOCK_ROWS	200
NODISCARD int	stock_list(struct hall *h, const struct who *who, const json_t *query,
		    json_t **model, struct err *err);
/*
 * {"serial","batch","batch_text","kind","state","state_text","received","issued","warranty"
 *  (last day),"order","subject","certificate","may_scrap","events":[{"time","text",
 *  "state_text","order","staff","note"}]}; "order" and "subject" of the newest pair, "".
 */
NODISCARD int	stock_view(struct hall *h, const struct who *who, const char *serial,
		    json_t **model, struct err *err);
/*
 * The UKey has a new owner: the next pair may be anybody's.  Its old certificates can no longer
 * be unlocked.  For the command line and administrators; journaled.  ERR_NOT_FOUND.
 */
NODISCARD int	stock_release(struct hall *h, const struct who *who, const char *serial,
		    struct err *err);
/* Out of use for good; ERR_WRONG_STATE while its certificate lasts. in {"serial","reason"} */
NODISCARD int	stock_scrap(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, struct err *err);
#endif

#ifndef HALL_RELYING_H
#define HALL_RELYING_H
#include "hall/order/order.h"
/*
 * Relying systems (应用系统) that are told by webhook what happens to certificates (gate/webhook.h
 * says how it is sent and signed; doc/webhook.md is for who receives it).  Each hears of the events
 * and products it subscribed, and of the subject only what was agreed: nothing, a keyed digest of
 * its identity code, or the name besides.  Never numbers of documents, phones, addresses.
 *
 * An event is put out in the transaction of what it tells of, at least once.  Body:
 *
 *	{"id","type":"certificate.frozen","version":1,"created" (ISO),"data":{"serial","product",
 *	 "status":"good|frozen|revoked","not_before","not_after","replaces"?,"seal"?:{"id","kind","digest","status"},"subject"?:{"digest",
 *	 "name"?}}}
 *	digest: hex HMAC-SM3 of "uscc:9135…" or "resident-id:4301…" with the app's salt
 */
#define RELYING_NAME	40			/* characters */
#define RELYING_OVERLAP	(7 * CLOCK_DAY)		/* both secrets sign after a rotation */

/* What can be subscribed, ends with NULL: issued renewed replaced changed frozen thawed revoked sealed. */
extern const char *const relying_events[];
const char	*relying_event_text(const char *event);		/* 证书冻结 */

/* ---- inside a write ---- */

/* The certificate of this sign serial: tell who wants to hear of it.  replaces: "" or NULL none. */
NODISCARD int	relying_tell(struct db *db, const struct hall *h, const char *event,
		    const char *serial, const char *replaces, struct err *err);
/* The receiver answered 410: it is told nothing any more. */
NODISCARD int	relying_gone(struct db *db, const struct hall *h, const char *app,
		    struct err *err);

/* ---- for administrators and the system; journaled ---- */

/*
 * in {"name","url","events" (comma-separated),"products" ("" all),"subject" (none|digest|name)}
 * -> {"id","name","secret" ("whsec_…"),"salt" (base64)}: shown once, kept sealed.
 */
NODISCARD int	relying_add(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, json_t **model, struct err *err);
/* {"rows":[{"id","name","url","events":[text],"products" (",a,b,"),"products_text" (their titles),
 * "subject","subject_text","state","state_text","created","deliveries","last_ok"}],"has_rows",
 * "choices":{…}}; no products: all of them */
NODISCARD int	relying_list(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
/* The row and {"deliveries":[{"id","event","event_text","serial","created","state","state_text",
 * "attempts","error","ended","may_resend"}],"has_deliveries"}: the newest 50. */
NODISCARD int	relying_view(struct hall *h, const struct who *who, const char *id,
		    json_t **model, struct err *err);
/* Another secret; the older one signs as well for a week.  Model as relying_add. */
NODISCARD int	relying_rotate(struct hall *h, const struct who *who, const char *id,
		    json_t **model, struct err *err);
NODISCARD int	relying_remove(struct hall *h, const struct who *who, const char *id,
		    struct err *err);
/* A test event; one that had answered 410 is on again.  */
NODISCARD int	relying_ping(struct hall *h, const struct who *who, const char *id,
		    struct err *err);
/* The same event again, same id, signed with the secret of now. */
NODISCARD int	relying_resend(struct hall *h, const struct who *who, const char *id,
		    const char *delivery, struct err *err);
/* The gate's minute: deliveries of a quarter ago are forgotten.  In a write. */
NODISCARD int	relying_tick(struct db *db, int64_t now, struct err *err);
#endif

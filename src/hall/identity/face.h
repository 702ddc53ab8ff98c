#ifndef HALL_FACE_H
#define HALL_FACE_H
#include "hall/order/order.h"
/*
 * Identity check by phone.  The PC shows a QR code of <public_url>/m/identity/<token>; the
 * phone's page asks for consent, then the provider's three factors (name, ID number, mobile)
 * and face are asked through the outbox; facts come back through gate.
 * CREATED -> OPENED (phone came) -> PENDING (asked; "url" leads to the provider's page)
 *   -> PASSED | FAILED; EXPIRED after 10 minutes.  Five sessions a day for each order.
 */
/* {"token","url" (for the QR),"state","state_text","reason"?,"expires","attempts_left"} */
NODISCARD int	face_start(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
/* Newest session of the order (for polling); model {"state":"none"} when there is none. */
NODISCARD int	face_state(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
/* The phone: by token alone. {"name_masked","id_masked","state","state_text","url" (the
 * provider's page, "" before; also "provider_url" and "has_url"),"title","no","reason",
 * "consents":[{"id","title","version","paragraphs"}]} */
NODISCARD int	face_open(struct hall *h, const struct who *who, const char *token,
		    json_t **model, struct err *err);
/*
 * The phone came back from the provider's page: ask for the result now instead of at the
 * next regular time (once in five seconds; a browser's return proves nothing by itself).
 */
NODISCARD int	face_returned(struct hall *h, const struct who *who, const char *token,
		    struct err *err);
/* Consent given on the phone: ask the provider. in {"consent":"1"} */
NODISCARD int	face_begin(struct hall *h, const struct who *who, const char *token,
		    const json_t *in, json_t **model, struct err *err);
#endif

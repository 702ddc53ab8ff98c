#ifndef HALL_UNLOCK_H
#define HALL_UNLOCK_H
#include "hall/order/order.h"
/*
 * Remote unlock of a UKey (解锁) whose PIN is locked or forgotten: the steps of ops/unlock.c.
 *
 *	prove who you are (question, phone_code, mail_link, identity: two at least)
 *	challenge	the UKey gives one; it must be the UKey that the certificate was written into
 *	review		a key officer signs {"type":"unlock",…} (kmc/kmc.h) over order, UKey, challenge
 *	unlock		kmc answers, once and for minutes; the UKey takes the answer and the new PIN
 *
 * The new PIN goes from the user into the assistant and the UKey; nothing of it comes here.
 * There is no other way to an answer than an order that went through these states.
 */
#define UNLOCK_PROOFS	2

/* form["unlock"] of the order: {"ukey","challenge" (hex),"answered"}. */
const char	*unlock_ukey(const struct order *o);		/* "" before the challenge */
const char	*unlock_challenge(const struct order *o);

/* Mail a link, good for 30 minutes, to the mail address of the order; an older one is void. */
NODISCARD int	unlock_send_link(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
/* Is this the token of the link?  It is used up.  ERR_INPUT with a sentence.  In a write. */
NODISCARD int	unlock_take_link(struct db *db, const struct hall *h, const struct order *o,
		    const char *token, struct err *err);
/* The certificate is good still, and this the UKey it was written into; inside a read. */
NODISCARD int	unlock_check(struct db *db, const struct order *o, const char *ukey,
		    struct err *err);
/*
 * The answer for the UKey: {"order","ukey","answer" (hex),"expires"}.  ERR_EXPIRED and the
 * order waits for a new challenge when kmc gives none for this one any more.
 */
NODISCARD int	unlock_answer_get(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
/* The UKey took it: the order is done, and its holder is told. */
NODISCARD int	unlock_done(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
#endif

#ifndef HALL_ACTIVATION_H
#define HALL_ACTIVATION_H
#include "hall/order/order.h"
/*
 * Activation PINs, where the definition wants them (medium: {activation: true}): a key that staff
 * wrote opens with one, once, and only to put a PIN of the holder's own in its place.
 *
 *	hand	a random PIN for this order and UKey, only readable by the assistant that sets it, and only
 *		for that UKey: the maker's page carries both encrypted to a key of that assistant
 *	send	when the key is made; forgotten here at that moment.  By SMS to the holder (a person's own
 *		phone, an organisation's agent); or, where the definition says so for the way it was
 *		paid (pin: {delivery: …}), in the remark of a remittance to the organisation's account
 *		(remittance.h), which the step pin_account asked for
 *
 * Until it is sent the same one is handed out again, so that a making which was interrupted goes
 * on.  Once sent it is never shown again by anybody; lost, another takes its place at the desk
 * (the UKey's administrator PIN is needed); a UKey that left the desk its holder unlocks
 * (unlock.h), which puts his own PIN in its place and needs no first use any more: the order's
 * page says so.
 *
 * Not checked: that the assistant set it.  A maker has the key in his hands until then; what the
 * holder can rely on is that the key asks him to change the PIN, which it does only once.
 */
/* The PIN for the UKey bound to the order. in {"point" (base64)} -> {"activation" (base64 DER)} */
NODISCARD int	activation_hand(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t **model, struct err *err);
/* Another one was set at the desk in place of a lost one: it is sent, as the rule says or by
 * SMS (in {"by":"sms"}: the account does not take it). */
NODISCARD int	activation_again(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, struct err *err);
/* By the rule of the definition: remitted, and not by SMS? */
bool		activation_is_remitted(const struct hall *h, const struct order *o);

/* ---- inside a transaction ---- */

/* The key is made: what was handed out goes to its holder.  ERR_WRONG_STATE: none was, though
 * the definition wants one. */
NODISCARD int	activation_send(struct db *db, const struct hall *h, const struct who *who,
		    const struct order *o, struct err *err);
/* One was handed out that is not sent yet, or what was sent did not arrive. */
NODISCARD int	activation_is_waiting(struct db *db, const struct order *o, bool *waiting,
		    struct err *err);
/* "pin_text": how the holder gets the PIN, one sentence; "pin_sent": {"phone" (masked phone or
 * account),"time","way_text","state_text","lost" (bool)} when it was sent, and "has_pin_sent". */
NODISCARD int	activation_model(struct db *db, const struct hall *h, const struct order *o,
		    json_t *model, struct err *err);
#endif

#ifndef GATE_WEBHOOK_H
#define GATE_WEBHOOK_H
#include "gate/gate.h"
/*
 * Webhooks to relying systems, after Standard Webhooks: headers
 *
 *	webhook-id		the same in each repetition: receivers drop what they have
 *	webhook-timestamp	unix seconds of this attempt; more than five minutes away is refused
 *	webhook-signature	"v1,<base64>" HMAC-SHA256 and "v1sm,<base64>" HMAC-SM3, blank between,
 *				over id.timestamp.body; both again for the older secret while it
 *				is still good
 *
 * Sent to https addresses of the public internet, checked on the address that is connected to;
 * hosts named in gate.webhook_private may be private, and loopback ones there speak plain http.
 * No redirects; 16 KiB of answer, ten seconds.  2xx is taken, 410 ends the subscription, all else
 * is tried again after 30 s, 5 min, 30 min, 2, 8 and 24 h.
 */
/* Its host may have a private address. */
bool		webhook_is_private(const char *url);
/* Append the two signatures of one secret, " " before when there is something already. */
void		webhook_sign(const unsigned char secret[WEBHOOK_SECRET], const char *id,
		    int64_t timestamp, const char *body, struct buf *out);
#endif

#ifndef HALL_NOTICE_H
#define HALL_NOTICE_H
#include "hall/order/order.h"
/*
 * Messages, by the templates of the definition, through the outbox: inside the transaction of
 * what they tell about.  Events: code submitted paid reviewing returned approved approved_soft made shipped
 * done cancelled refunded certificate_frozen certificate_released certificate_revoked expiring
 * expired mobile_changed unlock_link unlock_begun unlock_ready unlocked activation petition_filed
 * petition_refused petition_granted petition_warning petition_stopped petition_returned sign_in_new
 * mail_proved mail_left password_changed recover_begun recover_signed recover_ready recover_ended
 * recovered lost_entered
 * delivering invoice_issued invoice_file (mail with the PDF) invoice_failed invoice_reversed
 * bundle_submitted batch_submitted bundle_paid expiring_many pin_remitted handover_offered handler_left
 * handler_came platform_joined.
 */
/* What is to be plugged in for the download of this order. */
const char	*notice_insert(const struct order *o);
extern const char *const notice_events[];	/* ends with NULL */
/* To the agent of the order; values: further placeholders (may be NULL).  Always there: {title}
 * {issuer} {no} {subject} {product} {agent} {amount} {way} {insert}, and {medium} {secret} {keep} of
 * words.h. */
NODISCARD int	notice_order(struct db *db, const struct hall *h, const struct order *o,
		    const char *event, const json_t *values, struct err *err);
/* … and to the registered mobile and mail of its account, where they are others. */
NODISCARD int	notice_owner(struct db *db, const struct hall *h, const struct order *o,
		    const char *event, const json_t *values, struct err *err);
/* To a mobile or mail address. */
NODISCARD int	notice_to(struct db *db, const struct hall *h, const char *event,
		    const char *mobile, const char *mail, const json_t *values,
		    const char *key, struct err *err);
/* A file that goes with a mail. */
struct notice_file { const char *name, *type; const void *p; size_t len; };
/* Only the mail, with a file. */
NODISCARD int	notice_mail_file(struct db *db, const struct hall *h, const char *event,
		    const char *mail, const json_t *values, const char *key,
		    const struct notice_file *file, struct err *err);
#endif

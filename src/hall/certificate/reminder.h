#ifndef HALL_REMINDER_H
#define HALL_REMINDER_H
#include "hall/hall.h"
#include "store/store.h"
/*
 * Before a certificate ends, and after, its applicant is told by SMS and mail, once at each stage
 * of the definition (renewal.remind_before, remind_after), with a link to its renewal.  Nobody is
 * told of what was replaced, frozen or revoked.  When the house slept over several stages only the
 * last counts.  Who has several certificates due on a day gets one message, with the way to renew
 * them together (bundle.h).
 */

/* The gate's minute: reminds from 9 to 20 o'clock (China) of what is due at 9, at most a hundred at a
 * time. */
NODISCARD int	reminder_tick(struct db *db, struct hall *h, int64_t now, struct err *err);
/* For the command line: everybody who is due at `now` (ms); n gets how many. */
NODISCARD int	reminder_run(struct hall *h, int64_t now, size_t *n, struct err *err);

/*
 * The link's token: serial and a keyed digest, so that only we make links.  It shows when the
 * certificate ends and leads to sign-in; it permits nothing.
 */
#define REMINDER_TOKEN	80
void		reminder_token(const struct hall *h, const char *serial, char token[REMINDER_TOKEN]);
/* {"serial","subject_masked","not_after","days_left","ended","status","product_title","words"};
 * ERR_NOT_FOUND when the link is not ours. */
NODISCARD int	reminder_view(struct hall *h, const struct who *who, const char *token,
		    json_t **model, struct err *err);
#endif

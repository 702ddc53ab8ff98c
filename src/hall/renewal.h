#ifndef HALL_RENEWAL_H
#define HALL_RENEWAL_H
#include "hall/hall.h"
/*
 * Renewal (更新): a new pair for the same subject in the same UKey, its years counted from the
 * end of the old one while that lasts (signer/replace.h).  Allowed when fewer than
 * `renewal.before_days` of the definition remain, or when it ended no more than
 * `renewal.after_days` ago.  Nothing is filled in anew; what has changed asks for another
 * operation.  The old pair goes on until its own end.
 */
enum renewal_answer {
	RENEWAL_OFF,		/* this hall offers none */
	RENEWAL_EARLY, RENEWAL_NOW, RENEWAL_LATE
};
/* Whole days decide, by the moment of expiry: 90 days left exactly are too early. */
enum renewal_answer	renewal_judge(int64_t not_after, int64_t now, int before_days,
			    int after_days);
/*
 * Begin the renewal of the account's own certificate: in {"years"}.  A renewal already begun
 * is gone on with.  no gets the order's number.
 */
NODISCARD int	renewal_begin(struct hall *h, const struct who *who, const char *serial,
		    const json_t *in, json_t *errors, char no[21], struct err *err);
/* Into a certificate's model: "may_renew", "renewal_text", "renewal_years":[{"years","price"}],
 * "renewal_order" (begun or done, "" none). */
NODISCARD int	renewal_model(struct hall *h, const char *serial, const char *product,
		    int64_t not_after, bool good, json_t *model, struct err *err);
#endif

#ifndef HALL_LOST_H
#define HALL_LOST_H
#include "hall/account/session.h"
/*
 * The lost key, from the home page: no account to sign in with by hand, no key.  Kind and number
 * of the document and a code to the registered phone (CODE_LOST) lead to the certificates of that
 * subject, to be frozen at once or re-issued.  The code signs in to the account of the phone; none
 * is made.  To a phone that is nobody's no code is sent, and the answer is the same; who has the
 * phone but not the number learns nothing but that it does not fit.  The account is told.
 */
#define LOST_TICKET	128

/*
 * in {"kind" (organisation|person),"no","mobile","code"}; errors at the fields.  token: the
 * session; ticket: for ten minutes, what lost_list and lost_freeze want.
 */
NODISCARD int	lost_enter(struct hall *h, const struct who *who, const json_t *in, json_t *errors,
		    char token[SESSION_TOKEN], char ticket[LOST_TICKET], struct err *err);
/*
 * {"ticket","rows":[{"serial","serial_end","subject" (masked),"product_title","not_after",
 * "state","state_text","may_freeze","may_reissue","reissue_text"}],"has_rows"}; ERR_EXPIRED
 * when the ticket is over or another's.
 */
NODISCARD int	lost_list(struct hall *h, const struct who *who, const char *ticket,
		    json_t **model, struct err *err);
/* Freeze at once, in {"ticket","serial"}: no question more. */
NODISCARD int	lost_freeze(struct hall *h, const struct who *who, const json_t *in,
		    struct err *err);
#endif

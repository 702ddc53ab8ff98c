#ifndef HALL_PETITION_H
#define HALL_PETITION_H
#include "hall/hall.h"
#include "store/store.h"
/*
 * Petitions: what nobody may do alone because the proof that is usual is missing.
 *
 *	mobile	the account's number is dead and no UKey at hand: another number
 *	handler	another account of the same organisation takes its certificates over
 *
 * The claimant says what is wanted and why, uploads evidence and files it; staff review it; then a
 * time of the definition (account.<kind>_petition) begins in which the old channel is told, by SMS
 * and mail with a link that stops it at once.  After it the tick carries it out, if what was known
 * at the filing is so still.  Each change is by compare-and-set on the version: of staff, claimant
 * and who stops it at the same moment one wins.
 *
 * states: draft reviewing second (another reviewer must agree) waiting done; refused stopped
 * cancelled expired (a draft of a day); returned to be mended, PETITION_RETURNS times at most,
 * within PETITION_MEND_DAYS, and then reviewed as if it were new.
 *
 * The certificates of a subject may stand under several accounts: each hears of it by its own
 * channel and link, and each may stop it.  Who got certificates only after the filing was not
 * told, and keeps them.
 *
 * A visitor is known by the token in the petition's address, a signed-in claimant by the account
 * and the number.  Whether an account exists is not told to who asks: staff see it.
 */
#define PETITION_RETURNS	3
#define PETITION_MEND_DAYS	7
#define PETITION_REF	33		/* a visitor's token, or the number of 20 digits, and a NUL */

/* in: form_petition_mobile; a code of CODE_NUMBER went to the new number. */
NODISCARD int	petition_begin_mobile(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, char ref[PETITION_REF], struct err *err);
/* in: form_petition_handler.  The certificates of a subject that another account handles. */
NODISCARD int	petition_begin_handler(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, char ref[PETITION_REF], struct err *err);
/* The letter of authorisation to be sealed, as PDF (kinds that ask for one). */
NODISCARD int	petition_letter(struct hall *h, const struct who *who, const char *ref,
		    struct buf *pdf, struct err *err);
/*
 * {"ref","no","kind","kind_text","state","state_text","is_<state>","facts":[{"label","value"}]
 * (masked),"pictures":[{"kind","title","help","required","has"}],"complete","may_file",
 * "may_cancel","may_edit","has_letter","groups" (to mend what was said),"reason",
 * "returns","returned_for","created","filed","decided","effective","ended"}
 */
NODISCARD int	petition_show(struct hall *h, const struct who *who, const char *ref,
		    json_t **model, struct err *err);
NODISCARD int	petition_picture_add(struct hall *h, const struct who *who, const char *ref,
		    const char *kind, const void *p, size_t len, struct err *err);
/* The claimant's own (ref), or any for a reviewer (the number). */
NODISCARD int	petition_picture_read(struct hall *h, const struct who *who, const char *ref,
		    const char *kind, struct buf *out, const char **type, struct err *err);
/* Say something anew of a returned one: what stays empty stays.  Another mobile wants a code. */
NODISCARD int	petition_mend(struct hall *h, const struct who *who, const char *ref,
		    const json_t *in, json_t *errors, struct err *err);
/* To review, a draft or what was returned.  url: where the claimant sees how it stands, for the SMS. */
NODISCARD int	petition_file(struct hall *h, const struct who *who, const char *ref,
		    struct err *err);
NODISCARD int	petition_cancel(struct hall *h, const struct who *who, const char *ref,
		    struct err *err);
/* Of the old channel: by the token of its link, or signed in by the number. */
NODISCARD int	petition_stop_show(struct hall *h, const struct who *who, const char *ref,
		    json_t **model, struct err *err);
NODISCARD int	petition_stop(struct hall *h, const struct who *who, const char *ref,
		    struct err *err);
/* [{"no","kind_text","state_text","mine" (asked by this account),"may_stop","effective"}] */
NODISCARD int	petition_of_account(struct hall *h, const struct who *who, json_t **list,
		    struct err *err);

/* Reviewers.  query {"state"}: {"rows":[{"no","kind_text","state","state_text","filed"…}]} */
NODISCARD int	petition_list(struct hall *h, const struct who *who, const json_t *query,
		    json_t **model, struct err *err);
/* {"facts":[{"label","value","known","same"}],"pictures":[…],"may_decide","may_return","why_not","version"…} */
NODISCARD int	petition_view(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
/* in {"version"}; *waiting: another reviewer must agree. */
NODISCARD int	petition_approve(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, bool *waiting, struct err *err);
/* in {"version","reason"}.  Also for the command line (any version). */
NODISCARD int	petition_refuse(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);

/* in {"version","reason"}: to be mended and filed again.  Also for the command line. */
NODISCARD int	petition_return(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);

/* The gate's minute: carry out what is due, forget drafts of a day. */
NODISCARD int	petition_tick(struct db *db, struct hall *h, int64_t now, struct err *err);
/* For the command line: everything due at `now`; n gets how many ended. */
NODISCARD int	petition_run(struct hall *h, int64_t now, size_t *n, struct err *err);
#endif

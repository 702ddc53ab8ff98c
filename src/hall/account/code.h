#ifndef HALL_CODE_H
#define HALL_CODE_H
#include "hall/hall.h"
#include "base/clock.h"
#include "store/store.h"

#define CODE_LIFE	(5 * CLOCK_MINUTE)	/* a code sent by SMS or mail */
/*
 * Clocks of two machines differ by less.  What was made later than that from now was made by a
 * clock that ran ahead: set back, it must not make codes, links and proofs live longer.
 */
#define CODE_AHEAD	(5 * CLOCK_MINUTE)
/*
 * One-time codes, picture captchas and limits on guessing.
 *
 * A code is six digits, sent by SMS or mail, kept only as a keyed digest, good for 5 minutes
 * and one use, burnt by 5 wrong tries; a new one can be had after 60 s, 5 an hour and 10 a day
 * for each target, 30 an hour for each address.  To unknown targets of RESET, QUERY and LOST, and of RESET
 * to mail addresses that nobody proved, or only today (account.h), nothing is sent, and the answer
 * is the same.
 * A captcha is drawn for an id that the page invents (captcha_id), good for 5 minutes and one
 * try.  With the setting test.captcha every captcha has that answer.
 */
enum code_purpose { CODE_REGISTER, CODE_RESET, CODE_QUERY, CODE_SUBMIT, CODE_FREEZE,
	CODE_SIGNIN, CODE_MOBILE /* the old number */, CODE_NUMBER /* the new one */,
	CODE_STEP /* of an order: steps.h */, CODE_MAIL /* to an address that is to be proved */, CODE_LOST,
	CODE_PROOF /* proof.h */, CODE_HANDOVER, CODE__MAX };
enum code_purpose	code_purpose_by_name(const char *name);	/* "register" …; CODE__MAX */

/*
 * Send a code to `target` (mobile or mail). in: {"captcha_id","captcha"}: the captcha is
 * used up.  Errors at the fields "captcha" and `field`.
 */
NODISCARD int	code_send(struct hall *h, const struct who *who, enum code_purpose purpose,
		    const char *field, const char *target, const json_t *in, json_t *errors,
		    struct err *err);
/* Send one inside a transaction, to a target that was checked; the caller limits how often. */
struct db;
NODISCARD int	code_put(struct db *db, struct hall *h, enum code_purpose purpose,
		    const char *target, struct err *err);
/* 0 and used up when right; ERR_INPUT with a sentence otherwise (wrong, burnt, expired). */
NODISCARD int	code_use(struct hall *h, enum code_purpose purpose, const char *target,
		    const char *code, struct err *err);

#define CAPTCHA_ID	33
void		captcha_id(char id[CAPTCHA_ID]);
/* Draw (again) the picture of this id as PNG: the old answer is forgotten. */
NODISCARD int	captcha_draw(struct hall *h, const struct who *who, const char *id,
		    struct buf *png, struct err *err);
/* Used up in any case; case does not matter. ERR_INPUT with a sentence when wrong. */
NODISCARD int	captcha_use(struct hall *h, const char *id, const char *answer,
		    struct err *err);

/*
 * Count one try of `what` ("signin.account") by `key`; ERR_LIMIT with a sentence when there
 * were more than max in the window.  Keys are kept as keyed digests.
 */
NODISCARD int	limit_hit(struct hall *h, const char *what, const char *key, int max,
		    int64_t window_ms, struct err *err);
/* … by where it comes from: base/network.h. */
NODISCARD int	limit_hit_from(struct hall *h, const char *what, const struct who *who, int max,
		    int64_t window_ms, struct err *err);
/* How often so far, without counting. */
NODISCARD int	limit_hits(struct hall *h, const char *what, const char *key,
		    int64_t window_ms, int64_t *hits, struct err *err);
NODISCARD int	limit_forget(struct hall *h, const char *what, const char *key,
		    struct err *err);
/*
 * Now and then: limits, codes and fetch tokens that are long over go.  So do limits and codes of
 * the future, left by a clock that ran ahead: they would lock people out until that day comes.
 */
NODISCARD int	limit_tick(struct db *db, int64_t now, struct err *err);
#endif

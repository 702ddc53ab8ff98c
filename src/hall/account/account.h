#ifndef HALL_ACCOUNT_H
#define HALL_ACCOUNT_H
#include "hall/account/session.h"
/*
 * Accounts of applicants: registration, sign-in, passwords.
 *
 * Mobile, mail and an optional name of one's own are login names; each belongs to one account.
 * Passwords: 8 to 64 characters, of at least two kinds among letters, digits and others, not a
 * usual one, not the mobile or mail; kept as argon2id.  Sign-in answers the same, in the
 * same time, for an unknown account and a wrong password.
 */

/*
 * in: form_register: mobile, mail, login_name?, password, password2, code (sent with
 * CODE_REGISTER to the mobile).
 */
NODISCARD int	account_register(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, int64_t *account, struct err *err);
/*
 * in: {"login","password", and after two failures "captcha_id","captcha"}.
 * ERR_INPUT with errors at "login"; ERR_LIMIT when there were too many tries.
 */
NODISCARD int	account_sign_in(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, char token[SESSION_TOKEN], struct err *err);
/* Must the next sign-in from here carry a captcha? */
bool		account_needs_captcha(struct hall *h, const struct who *who, const char *login);

/*
 * Sign-in by a code to the mobile (CODE_SIGNIN); in: form_mobile: mobile, code.  A number that is
 * nobody's becomes an account, without mail and without a password that anybody knows.
 */
NODISCARD int	account_sign_in_code(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, char token[SESSION_TOKEN], struct err *err);

/*
 * Sign-in by UKey.  challenge: {"id","text"}; the key signs `text` (SM2 with SM3, usual
 * id).  in: {"id","certificate" (base64 DER), "signature" (base64 DER)}.  The certificate must
 * chain to our CA, be in its validity and good, and belong to an account here (or staff).
 */
NODISCARD int	ukey_challenge(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
NODISCARD int	ukey_sign_in(struct hall *h, const struct who *who, enum session_kind kind,
		    const json_t *in, char token[SESSION_TOKEN], struct err *err);

/*
 * Forgotten password, two posts.  Codes go out with code_send(CODE_RESET).
 * in: form_reset: target (mobile or mail), code, password, password2.  Ends all sessions.
 */
NODISCARD int	account_reset(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, struct err *err);
/* in: form_password: old, password, password2.  Ends all sessions but the one of `token`. */
NODISCARD int	account_change_password(struct hall *h, const struct who *who,
		    const char *token, const json_t *in, json_t *errors, struct err *err);
/*
 * Another mobile number.  First a code to the old one: account_mobile_code sends it (in: captcha),
 * account_mobile_prove takes it (in: code; or by "ukey", from a session that a UKey signed in, when
 * the old number is dead) and gives a ticket good for ten minutes.  Then, with
 * the ticket, the new number and a code sent to that with CODE_NUMBER (in: form_mobile, ticket).
 * Both numbers and the mail address are told, other sessions end.
 */
#define ACCOUNT_TICKET	96
NODISCARD int	account_mobile_code(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, struct err *err);
NODISCARD int	account_mobile_prove(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, char ticket[ACCOUNT_TICKET], struct err *err);
NODISCARD int	account_mobile_change(struct hall *h, const struct who *who, const char *token,
		    const json_t *in, json_t *errors, struct err *err);
/*
 * The mail address, another one or the one written down at registration: a code sent there with
 * CODE_MAIL proves it (in: form_mail: mail, code).  Only then a password can be reset by it; an
 * account that wrote it down without proof loses it.  Another address than the one that stood there
 * resets one from the next day on.  Mobile, old and new mail are told.
 */
NODISCARD int	account_mail_prove(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, struct err *err);
/* {"mobile","mail","mail_proved","login_name","created","mobile_masked","mail_masked","active",
 * "sign_in_notice"} */
NODISCARD int	account_model(struct hall *h, const struct who *who, json_t **model,
		    struct err *err);
#endif

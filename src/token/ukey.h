#ifndef TOKEN_UKEY_H
#define TOKEN_UKEY_H
#include "base/json.h"
#include "pki/cert.h"
#include "token/driver.h"
/*
 * What the assistant does with UKeys, on top of a driver.
 *
 * A container holds one order's pair.  It counts as complete only when its sign certificate is
 * there, which is written last: so a UKey never shows a half-written pair, and an interrupted
 * writing is simply done again.  Each step below may be repeated; killed anywhere between
 * ukey_request and ukey_confirm, the same calls in the same order finish the work.
 *
 * The electronic seal of a pair is the application's file YXSEAL.<order>, read by anyone, written
 * before the sign certificate: a complete pair that has a seal has it in the UKey.
 *
 * A renewal, change or re-issue into the same UKey makes another container.  The old pair stays:
 * ukey_confirm, when the new pair has proved itself, only marks it as history.  A history pair
 * still decrypts and still signs when it is named; it is not taken by itself.  The marks
 * stand in the application's file YXHISTORY, one container's name a line, read by anyone.
 */
struct ukey {
	struct driver	*driver;	/* borrowed */
	char		 name[256];	/* the device's, as the driver calls it */
	struct card_info info;		/* as of ukey_open */
	card_handle	 dev, app;
};

/* Names of the devices a driver sees, newline-separated, into list. */
NODISCARD int	ukey_names(struct driver *d, struct buf *list, struct err *err);
NODISCARD int	ukey_open(struct ukey *u, struct driver *d, const char *name, struct err *err);
void		ukey_close(struct ukey *u);		/* forgets the PIN */

/*
 * {"key" (device name),"vendor","label","serial","tries_left","tries_max","pin_is_default",
 *  "soft" (token/soft.h; tries -1),"unlock" (remote unlock is possible),"unfinished":[order],
 *  "certificates":[{"container","order","cn","subject","issuer","serial","not_before",
 *  "not_after" (texts),"seal" (its number, "" none),"days_left","state":"good|expired|not_yet","has_enc","history",
 *  "cert" (base64 DER)}],"recovered":[{"order","cn","serial","not_after"}]}; current
 *  certificates first.  recovered: encryption pairs that came out of escrow.
 */
NODISCARD int	ukey_describe(struct ukey *u, json_t **out, struct err *err);

/*
 * The sentence a user needs when not exactly one key is plugged in; NULL for one.  The text
 * is valid until the next call of the thread.
 */
const char	*ukey_count_sentence(size_t n);

/* ---- PINs ---- */

/*
 * The PIN; *left: tries left.  ERR_DENIED wrong, ERR_LIMIT locked, ERR_EXPIRED: right, but an
 * activation PIN, and to be changed first; sentences complete.
 */
NODISCARD int	ukey_login(struct ukey *u, const char *pin, int *left, struct err *err);
NODISCARD int	ukey_change_pin(struct ukey *u, const char *old_pin, const char *new_pin,
		    int *left, struct err *err);
/* Set an activation PIN: its holder must change it before anything else. */
NODISCARD int	ukey_activation_pin(struct ukey *u, const char *old_pin, const char *new_pin,
		    int *left, struct err *err);
/* With the UKey's administrator PIN, at a desk; ERR_DENIED: that one was wrong. */
NODISCARD int	ukey_unblock(struct ukey *u, const char *admin_pin, const char *new_pin,
		    struct err *err);
/*
 * Remote unlock (token/unlock.h): a fresh challenge, which takes the place of the last one; then
 * the centre's answer and the PIN the user chose.  *left: answers that may still be tried.
 * ERR_WRONG_STATE: this UKey can not be unlocked so.
 */
NODISCARD int	ukey_unlock_challenge(struct ukey *u, unsigned char challenge[UNLOCK_CHALLENGE],
		    struct err *err);
NODISCARD int	ukey_unlock_finish(struct ukey *u, const struct unlock_message *m, int *left,
		    struct err *err);

/* ---- a pair, from its making to its end; all after login ---- */

/*
 * A key pair born in the UKey for this order (made once), and its PKCS#10.  Containers of other
 * orders whose making was interrupted before they had a key are removed; one that has a key
 * stays, for its certificate may have been issued meanwhile.
 */
NODISCARD int	ukey_request(struct ukey *u, const char *order, const char *cn,
		    struct buf *csr, struct err *err);
/*
 * Write what was issued: encryption pair, encryption certificate, sign certificate, in this
 * order; each is read back.  envelope and enc_cert of length 0: a single certificate.
 * A seal is refused when it is not for the sign certificate (ERR_CONFLICT).  Nothing is written unless the sign certificate is for the key in the UKey and the envelope
 * for the encryption certificate's key (ERR_CONFLICT).  A device key goes in first; a UKey that
 * takes none is written all the same, and can not be unlocked remotely.
 */
struct ukey_bundle {
	const void	*sign_cert, *enc_cert, *envelope;	/* DER */
	size_t		 sign_len, enc_len, envelope_len;
	const void	*device;	/* device key, an SM2Cipher for the sign key */
	size_t		 device_len;	/* 0: none */
	const void	*seal;		/* the electronic seal for it, SESeal */
	size_t		 seal_len;	/* 0: none */
};
NODISCARD int	ukey_install(struct ukey *u, const char *order, const struct ukey_bundle *b,
		    struct err *err);
/*
 * The order's new pair proves itself by a signature; then the pair whose sign certificate has
 * the serial `replaces` becomes history ("": none does).  *marked: it is history now; false
 * when it is not in this UKey.
 */
NODISCARD int	ukey_confirm(struct ukey *u, const char *order, const char *replaces,
		    bool *marked, struct err *err);

/* ---- a recovered encryption pair; after login (ukey_recover.c) ---- */

/*
 * Make, once, the container that shall take the pair of this order, and vouch for its sign key
 * with the one of the current certificate `receiver` (serial): the text of pki/carrier.h and
 * the signature over it (DER).
 */
NODISCARD int	ukey_recover_request(struct ukey *u, const char *order, const char *receiver,
		    struct buf *text, struct buf *sig, struct err *err);
/*
 * Write what came out of escrow (b: envelope and enc_cert) into that container, open something
 * encrypted to it, and mark it as history.  Killed anywhere it is simply done again; a pair
 * counts as recovered only when it is marked, which is last.
 */
NODISCARD int	ukey_recover_install(struct ukey *u, const char *order,
		    const struct ukey_bundle *b, struct err *err);

/* Append the order's electronic seal, DER, as it is in the UKey; ERR_NOT_FOUND.  Read by anyone. */
NODISCARD int	ukey_seal_get(struct ukey *u, const char *order, struct buf *der, struct err *err);

/* ---- using a pair; after login ---- */

/*
 * SM2/SM3 signature (DER, default ID) over the text with the key whose certificate has this
 * serial ("" when only one current certificate is there), and that certificate's DER.
 */
NODISCARD int	ukey_sign(struct ukey *u, const char *serial, const void *p, size_t len,
		    struct buf *sig, struct buf *cert, struct err *err);
/*
 * Open an enveloped document (pki/enveloped.h) with the encryption key it is for, current or
 * history.  ERR_NOT_FOUND: it is for none of them.
 */
NODISCARD int	ukey_decrypt(struct ukey *u, const void *der, size_t len, struct buf *plain,
		    struct err *err);
#endif

#ifndef TOKEN_UKEY_H
#define TOKEN_UKEY_H
#include "base/json.h"
#include "pki/cert.h"
#include "token/driver.h"
/*
 * What the assistant does with UKeys, on top of a driver.  A container holds one order's
 * pair; it counts as complete only when its sign certificate is there, which is written
 * last: so a UKey never shows a half-written pair, and an interrupted writing is simply done
 * again.
 */
struct ukey {
	struct driver	*driver;	/* borrowed */
	char		 name[256];	/* the device's, as the driver calls it */
	char		 label[40], serial[40];
	DEVHANDLE	 dev;
	HAPPLICATION	 app;
};

/*
 * Names of the devices a driver sees, newline-separated, into list.
 */
NODISCARD int	ukey_names(struct driver *d, struct buf *list, struct err *err);
NODISCARD int	ukey_open(struct ukey *u, struct driver *d, const char *name, struct err *err);
void		ukey_close(struct ukey *u);		/* forgets the PIN */

/*
 * {"key" (device name),"vendor","label","serial","tries_left","tries_max","pin_is_default",
 *  "certificates":[{"container","cn","subject","issuer","serial","not_before","not_after"
 *  (texts),"days_left","state":"good|expired|not_yet","has_enc","cert" (base64 DER)}]}
 */
NODISCARD int	ukey_describe(struct ukey *u, json_t **out, struct err *err);

/* The PIN; *left: tries left.  ERR_DENIED wrong, ERR_LIMIT locked, sentences complete. */
NODISCARD int	ukey_login(struct ukey *u, const char *pin, int *left, struct err *err);
NODISCARD int	ukey_change_pin(struct ukey *u, const char *old_pin, const char *new_pin,
		    int *left, struct err *err);

/* A key pair born in the UKey for this order (made once), and its PKCS#10. After login. */
NODISCARD int	ukey_request(struct ukey *u, const char *order, const char *cn,
		    struct buf *csr, struct err *err);
/*
 * Write what was issued: encryption pair, encryption certificate, sign certificate, in this
 * order; each is read back.  envelope and enc_cert of length 0: a single certificate.
 * Idempotent.  The sign certificate must be for the key in the UKey (ERR_CONFLICT).
 */
struct ukey_bundle {
	const void	*sign_cert, *enc_cert, *envelope;	/* DER */
	size_t		 sign_len, enc_len, envelope_len;
};
NODISCARD int	ukey_install(struct ukey *u, const char *order, const struct ukey_bundle *b,
		    struct err *err);
/*
 * SM2/SM3 signature (DER, default ID) over the text with the key whose certificate has this
 * serial ("" when only one certificate is there), and that certificate's DER.
 */
NODISCARD int	ukey_sign(struct ukey *u, const char *serial, const void *p, size_t len,
		    struct buf *sig, struct buf *cert, struct err *err);
#endif

#ifndef TOKEN_SOFT_H
#define TOKEN_SOFT_H
#include "token/ukey.h"
/*
 * Soft certificates (软证书): pairs whose key is a file of the user instead of a UKey.
 *
 * A container file is a software UKey's (token/softkey.h) with a passphrase.  They lie in one folder
 * of the user's home, ORDER.yxsoft each, named by the order that made it; renewals and changes stand in
 * the same file.  A driver without library shows them as devices "soft:ORDER", so everything that
 * the house does with a UKey, it does with them; only who names one gets one.
 *
 * Whoever has the file and the passphrase has the key: a copy can be guessed at without being
 * asked, so the passphrase must be good (soft_passphrase_check) and each guess is made slow.  Nobody
 * can set another passphrase without the old one.
 *
 * Not checked: that the user keeps the file.
 */
#define SOFT_PREFIX	"soft:"
#define SOFT_SUFFIX	".yxsoft"
#define SOFT_MAX	64		/* files that are looked at */
#define SOFT_P12_ROUNDS	100000
#define SOFT_P12_MAX	8192

/* The driver of a folder, which need not exist yet.  The caller frees it (driver_free). */
NODISCARD int	soft_driver(struct driver **out, const char *dir, struct err *err);

/* 8 to 64 bytes, of at least two sorts (letters, digits, others), not one character only. */
NODISCARD int	soft_passphrase_check(const char *passphrase, struct err *err);

/*
 * The container file of an order is there, made now with this passphrase if it was not; name gets
 * the device's.  One that was there keeps its passphrase.
 */
NODISCARD int	soft_make(const char *dir, const char *order, const char *passphrase,
		    char name[80], struct err *err);
/* Path of a device's file; ERR_INPUT: no name of ours. */
NODISCARD int	soft_path(const char *dir, const char *name, char **path, struct err *err);

/*
 * PKCS#12 (AES-256, HMAC-SHA256) of one key with its certificate, for other programs; after login.
 * serial: of the sign certificate; enc: the encryption key of that pair.  ERR_WRONG_STATE: u is a
 * UKey, whose keys do not come out.
 */
NODISCARD int	soft_export(struct ukey *u, const char *serial, bool enc, const char *password,
		    struct buf *p12, struct err *err);
/*
 * Put a container aside (it is renamed, not erased) whose making was never finished.
 * ERR_WRONG_STATE when it holds a certificate.
 */
NODISCARD int	soft_put_aside(struct ukey *u, struct err *err);

/* What came of a passphrase, as a sentence; -1. */
int		soft_pin_err(uint32_t sar, struct err *err);
/* A sentence about a UKey, about a soft certificate. */
void		soft_reword(struct err *err);
#endif

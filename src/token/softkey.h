#ifndef TOKEN_SOFTKEY_H
#define TOKEN_SOFTKEY_H
#include "base/json.h"
#include "base/secret.h"
#include "token/unlock.h"
/*
 * The state of one software UKey: a file.
 *
 * Layout: magic, 16 bytes salt, sealed JSON (SM4-CTR with HMAC-SM3 under a key derived from
 * the salt: it detects damage and keeps casual readers out).  What protects the private
 * keys is the PIN: they are sealed under a random key that is itself sealed under PBKDF2-HMAC-SM3
 * (50 000 rounds) of the user's PIN, and once more of the administrator's, who can thereby set
 * a new user PIN.  A software key can be copied and guessed at offline; it is for trying out
 * and for tests.
 *
 * Every change is made under a lock and written whole (temporary file, fsync, rename), so a
 * kill at any moment leaves the old or the new state.  A try at a PIN is counted before it
 * is judged.  Threads and processes may use one file at the same time.
 *
 * A personalised key (softkey_personalise, SKF_YXImportDeviceKey) can be unlocked remotely: it has the device key of
 * token/unlock.h, and the application's key sealed under that.  Both stand in this file, so
 * whoever has the file of such a key needs no PIN; in a chip the device key stays inside.
 *
 * The file of a soft certificate (token/soft.h) is one of these with "soft": a passphrase in the
 * place of the PIN, SOFTKEY_SOFT_ROUNDS, no administrator (whose PIN nobody ever saw), no locking: a
 * copy of the file would not be locked either.  Instead, from the third wrong try on in a row, the
 * next must wait, twice as long each time, up to a minute.
 *
 * State: {"label","serial","soft","auth" (for DevAuth),"device" (device key),"application","rights",
 * "user":{"max","left","rounds","wrong","last","fresh","must_change","salt","box"},"admin":{…},"unlock":{"left","box",
 * "challenge"},"containers":[{"name","sign_point","sign_key","enc_point",
 * "enc_key","sign_cert","enc_cert"}],"files":[{"name","size","read","write","data"}]}.
 * "application" is "" when there is none.
 */
#define SOFTKEY_PIN_MIN		6
#define SOFTKEY_PIN_MAX		16
#define SOFTKEY_SOFT_MIN	8	/* passphrase of a soft certificate, bytes */
#define SOFTKEY_SOFT_MAX	64
#define SOFTKEY_SOFT_ROUNDS	400000
#define SOFTKEY_SOFT_WAIT	60	/* seconds, the longest */
#define SOFTKEY_TRIES_MAX	99
#define SOFTKEY_CONTAINERS	16
#define SOFTKEY_FILES		16
#define SOFTKEY_FILE_MAX	(512 * 1024)
#define SOFTKEY_UNLOCK_TRIES	5	/* answers, before it can be unlocked no more */
#define SOFTKEY_APPLICATION	"YINXIN"	/* of a freshly made key */

/* Make a blank key file; ERR_CONFLICT when the file exists. */
NODISCARD int	softkey_format(const char *path, const char *label, const char *serial,
		    const char *user_pin, const char *admin_pin, int tries, struct err *err);

/* … of a soft certificate. */
NODISCARD int	softkey_format_soft(const char *path, const char *label, const char *serial,
		    const char *passphrase, struct err *err);

/* Give it its device key; the administrator's PIN opens the application's key. */
NODISCARD int	softkey_personalise(const char *path, const char *admin_pin,
		    const unsigned char device[UNLOCK_KEY], struct err *err);

/* One access: lock, load, look or change, save, unlock. */
struct softkey {
	char		*path;
	int		 lock_fd;		/* -1: another hold of this process covers it */
	bool		 begun;			/* this process's lock is taken */
	unsigned char	 salt[16];
	json_t		*state;
};
/* ERR_NOT_FOUND: no such file; else ERR_INPUT, ERR_CRYPTO, ERR_STORE: unreadable. */
NODISCARD int	softkey_begin(struct softkey *k, const char *path, struct err *err);
/* Write the state durably (still locked).  ERR_LIMIT: full. */
NODISCARD int	softkey_save(struct softkey *k, struct err *err);
void		softkey_end(struct softkey *k);

/*
 * Keep other processes out over several accesses (SKF_LockDev), waiting at most ms; ERR_BUSY
 * when it is held.  The accesses of this process pass meanwhile.
 */
NODISCARD int	softkey_hold(const char *path, uint32_t ms, struct err *err);
void		softkey_release(const char *path);	/* not held: no-op */

/* Parse file bytes; for softkey_begin and the fuzzer. */
NODISCARD int	softkey_parse(const void *p, size_t len, unsigned char salt[16], json_t **state,
		    struct err *err);

/* Put a fresh application with its PINs in the place of what was there.  Not saved. */
struct softkey_application {
	const char	*name;
	const char	*user_pin, *admin_pin;
	int		 user_tries, admin_tries;
	int64_t		 rights;		/* who may make files */
};
NODISCARD int	softkey_application_put(struct softkey *k, const struct softkey_application *a,
		    struct err *err);
const char	*softkey_application_name(const struct softkey *k);	/* "" when none */

/*
 * Judge a PIN ("user" or "admin"): key gets the 32 bytes that open the private keys.
 * *left: tries left, -1 of a soft certificate.  ERR_DENIED wrong, ERR_LIMIT locked, ERR_BUSY: too
 * soon after wrong ones.  Saves.
 */
NODISCARD int	softkey_pin_check(struct softkey *k, const char *who, const char *pin,
		    unsigned char key[32], int *left, struct err *err);
/* Is it as long as a PIN of this file must be?  ERR_INPUT. */
NODISCARD int	softkey_pin_fits(const struct softkey *k, const char *pin, struct err *err);
/* Set a PIN with the key in hand; resets its counter.  Not saved. */
NODISCARD int	softkey_pin_set(struct softkey *k, const char *who, const char *pin,
		    const unsigned char key[32], struct err *err);
/* Seal the application's key under the device key, if there is one.  Not saved. */
void		softkey_unlock_put(struct softkey *k, const unsigned char key[32]);
#endif

#ifndef CLI_ARCHIVE_H
#define CLI_ARCHIVE_H
#include "base/json.h"
#include "base/secret.h"
#include "store/seal.h"
/*
 * A backup: a directory of its own (0700), made by `yinxin backup`, read by `yinxin restore`.
 *
 *	manifest.json	canonical JSON: what there is, with sizes and SM3 digests
 *	manifest.mac	HMAC-SM3 over manifest.json, by a key from the passphrase
 *	stores/hall …	a consistent copy of each store, see store/copy.h
 *	files/0 …	the files of data.dir, numbered
 *
 * The passphrase is that of the key files.  A key is derived from it (PBKDF2-HMAC-SM3) with a salt
 * of the backup; by it the manifest is authenticated, and every file that not everybody may read
 * is sealed (SM4-CTR, HMAC-SM3): so the data key, the site's TLS key and the providers' keys never
 * lie in a backup in clear.  Keys of the CA are encrypted already and are sealed once more.  Personal
 * data are sealed in the stores themselves.
 *
 * Not in it: keys in devices (pkcs11:, sdf:), yinxin.conf, the passphrase, the hall definition, and
 * whatever settings name outside data.dir.
 */
#define ARCHIVE_FILE_MAX	(64 * 1024 * 1024)
#define ARCHIVE_DIGEST		65
#define ARCHIVE_VERSION		1

struct archive {
	char		*dir;
	json_t		*manifest;
	struct seal	*seal;		/* by the passphrase */
};
/* The stores in the order in which they are copied: what a store tells of is in those after it. */
extern const char *const archive_stores[];	/* ends with NULL: hall, ca, kmc */

/* A new directory; ERR_CONFLICT when it is there. */
NODISCARD int	archive_create(struct archive *a, const char *dir, const struct secret *passphrase,
		    struct err *err);
/* Write and authenticate the manifest: the last thing, without it there is no backup. */
NODISCARD int	archive_finish(struct archive *a, struct err *err);
/*
 * One that is there: manifest authenticated, every file of it as long as it says and with the
 * digest it says.  ERR_DENIED: another passphrase, or the manifest was altered; ERR_CRYPTO names
 * the file that was.
 */
NODISCARD int	archive_open(struct archive *a, const char *dir, const struct secret *passphrase,
		    struct err *err);
void		archive_close(struct archive *a);

/* DIR/name; the caller frees it. */
char		*archive_path(const struct archive *a, const char *name);
/* {"file","size","sm3"} of a file of the archive into row. */
NODISCARD int	archive_describe(const struct archive *a, const char *name, json_t *row,
		    struct err *err);
#endif

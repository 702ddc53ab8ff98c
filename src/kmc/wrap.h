#ifndef KMC_WRAP_H
#define KMC_WRAP_H
#include "base/secret.h"
#include "store/seal.h"
#include "store/store.h"

#include <pthread.h>
/*
 * The wrapping keys of the escrow, one a version: SM2 keys in passphrase-protected files
 * (kmc-keys/wrap.key, wrap-2.key …), from whose scalar the sealing key is derived.  One is
 * active: new keys are wrapped under it; the others open what was wrapped before, until the
 * keeper has wrapped all of it anew and destroys them.
 *
 * Whoever reads or writes wrapped keys goes through the gate (wraps_enter, wraps_leave) from
 * the row to the last use of it, so that no version vanishes in between.
 */
#define WRAP_MAX	64

struct wraps {
	pthread_rwlock_t gate;			/* shut while a version is destroyed */
	pthread_mutex_t	 change;		/* one new version at a time */
	pthread_rwlock_t lock;			/* of the list below */
	struct wrap {
		int64_t		 version;
		struct seal	*seal;		/* NULL: destroyed */
	} list[WRAP_MAX];
	size_t		 n;
};
void		wraps_init(struct wraps *w);
void		wraps_release(struct wraps *w);
void		wraps_enter(struct wraps *w);
void		wraps_leave(struct wraps *w);
/* Make the key file of a version; ERR_WRONG_STATE when it is there. */
NODISCARD int	wrap_make(int64_t version, const struct secret *passphrase, struct err *err);
/*
 * Open the keys of all versions that the store has and that are not destroyed; remove files of
 * those that are.
 */
NODISCARD int	wraps_open(struct wraps *w, struct store *store,
		    const struct secret *passphrase, struct err *err);
/* The passphrase opens the newest version's file; ERR_DENIED. */
NODISCARD int	wraps_check(struct wraps *w, const struct secret *passphrase, struct err *err);
/* Make and open the next version: the file and here, not in the store. */
NODISCARD int	wraps_add(struct wraps *w, struct store *store, const struct secret *passphrase,
		    int64_t *version, struct err *err);
/* Wipe a version from memory and its file. */
void		wraps_drop(struct wraps *w, int64_t version);
/* Inside a transaction: seal under the active version. */
NODISCARD int	wrap_seal(struct wraps *w, struct db *db, const void *p, size_t len,
		    struct buf *sealed, int64_t *version, struct err *err);
/* ERR_CRYPTO when the version is not there or the bytes are not its own. */
NODISCARD int	wrap_open(struct wraps *w, int64_t version, const void *sealed,
		    size_t sealed_len, struct buf *out, struct err *err);
#endif

#ifndef KMC_WRAP_H
#define KMC_WRAP_H
#include "base/secret.h"
#include "store/seal.h"
#include "store/store.h"

#include <pthread.h>
/*
 * The wrapping keys of the escrow, one a version: SM2 keys in passphrase-protected files
 * (kmc-keys/wrap.key, wrap-2.key …), from whose scalar the sealing key is derived.  One is
 * active: new keys are wrapped under it; the others open what was wrapped before.
 */
#define WRAP_MAX	64

struct wraps {
	pthread_rwlock_t lock;			/* held for reading while a seal is in use */
	struct wrap {
		int64_t		 version;
		struct seal	*seal;		/* NULL: destroyed */
	} list[WRAP_MAX];
	size_t		 n;
};
/* Make the key file of a version; ERR_WRONG_STATE when it is there. */
NODISCARD int	wrap_make(int64_t version, const struct secret *passphrase, struct err *err);
/* Open the keys of all versions that the store has and that are not destroyed. */
NODISCARD int	wraps_open(struct wraps *w, struct store *store,
		    const struct secret *passphrase, struct err *err);
void		wraps_close(struct wraps *w);
/* Inside a transaction: seal under the active version. */
NODISCARD int	wrap_seal(struct wraps *w, struct db *db, const void *p, size_t len,
		    struct buf *sealed, int64_t *version, struct err *err);
/* ERR_CRYPTO when the version is not there or the bytes are not its own. */
NODISCARD int	wrap_open(struct wraps *w, int64_t version, const void *sealed,
		    size_t sealed_len, struct buf *out, struct err *err);
#endif

#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H
#include "base/json.h"
#include "base/secret.h"
#include "journal/tree.h"
#include "pki/cert.h"
#include "store/store.h"

#include <pthread.h>
/*
 * The journal of a trust service: an append-only log of its acts and refusals in its own store,
 * the lines being leaves of a Merkle tree (tree.h).  A line is the canonical JSON
 *
 *	{"detail":{...},"seq":7,"time":1795223456789,"what":"certificate.issue"}
 *
 * with seq counted from 1.  It is added inside the transaction of what it tells.
 *
 * A *head* is a signed statement of the tree: canonical JSON, signed with SM2/SM3,
 *
 *	{"journal":"signer","lines":7,"root":"<hex>","time":...,"type":"journal-head","v":1}
 *
 * Heads are signed when lines were added: every journal.head_seconds, when a proof is asked for
 * and at a clean stop.  They are kept in the store and, one a line, in the file
 * journal.heads beside it; the log names each one.  A store that does not hold what its file's
 * last head says was rolled back, exchanged or edited, and does not open.  Not found by this: lines
 * younger than the last head, and a store put back together with its file; against that, keep
 * the log, proofs or copies of the file elsewhere.
 *
 * The key that signs heads is of the journal alone (a file, encrypted with the service's
 * passphrase); its certificate is made by whoever owns the journal.
 */
struct journal_line {
	int64_t		 seq, time;
	const char	*what;			/* a-z, '.' and '_' */
	const char	*detail;		/* canonical JSON */
};
/* One line, looked at inside a transaction; -1 ends the walk. */
typedef int	(*journal_look)(struct db *db, const struct journal_line *line, void *arg,
		    struct err *err);

/* What the owner of a journal gives. */
struct journal_owner {
	const char	*name;			/* "signer", in heads and sentences */
	const char	*dir;			/* below data.dir: of journal.heads */
	const char	*key_file;		/* below data.dir */
	void		*arg;			/* for the functions */
	/* A certificate for the key; profile "journal".  ERR_BUSY: not now, ask again later. */
	int		(*certify)(EVP_PKEY *key, void *arg, struct cert **out, struct err *err);
	/* Keep it with the owner's certificates, in the transaction of line `line`; may be NULL. */
	int		(*keep)(struct db *db, const struct cert *c, int64_t line, void *arg,
			    struct err *err);
	/* The certificate of a key that signed heads is one of ours; may be NULL.  ERR_CRYPTO. */
	int		(*trust)(const struct cert *c, void *arg, struct err *err);
	/* Does the store hold what the line tells?  ERR_CRYPTO says what not; may be NULL. */
	journal_look	 look;
	/* After all lines: is there more in the store than they tell?  May be NULL. */
	int		(*look_after)(struct db *db, void *arg, struct err *err);
	/* A line of the former journal became line `seq`; may be NULL. */
	journal_look	 adopt;
};
struct journal {
	const struct journal_owner *owner;	/* NULL: not open */
	struct store	*store;			/* the owner's */
	EVP_PKEY	*key;			/* signs heads; NULL: none yet */
	struct cert	*cert;
	/* Kept only while nobody certifies a key that is wanted; tried again with each head. */
	struct secret	 passphrase;
	char		 path[512];		/* journal.heads */
	int		 fd;			/* of it, for appending */
	_Atomic int64_t	 filed;			/* lines of the last head in the file */
	pthread_mutex_t	 lock;			/* one head at a time */
	pthread_t	 thread;		/* keeper.c */
	pthread_mutex_t	 rest_lock;
	pthread_cond_t	 wake;
	bool		 running, stop;
};

/*
 * Adopt the lines of a former journal, look whether the store is behind its heads
 * (ERR_WRONG_STATE), open the key or make one.  No thread yet.  When nobody certifies a key just
 * now (certify says ERR_BUSY) lines are kept all the same, and heads wait for it.
 */
NODISCARD int	journal_open(struct journal *j, const struct journal_owner *owner,
		    struct store *store, const struct secret *passphrase, struct err *err);
/* Sign heads from now on, in a thread of its own. */
NODISCARD int	journal_start(struct journal *j, struct err *err);
/* A last head, when it was started; of a zeroed struct: no-op. */
void		journal_close(struct journal *j);

/* Add a line inside a transaction.  detail is borrowed; *seq (may be NULL): its number. */
NODISCARD int	journal_add(struct db *db, const char *what, const json_t *detail, int64_t *seq,
		    struct err *err);
/*
 * A line of its own, for refusals; not being written is logged.  detail is dropped here; NULL
 * (its text was no UTF-8): an empty object.
 */
void		journal_note(struct store *store, const char *what, json_t *detail);

/* A head over all lines, unless the last one is; *lines (may be NULL): how many. */
NODISCARD int	journal_sign_head(struct journal *j, int64_t *lines, struct err *err);
/* When the certificate of the key that signs heads ends, ms; 0: there is none. */
int64_t		 journal_key_end(struct journal *j);
/* For /metrics: adds "journal_lines" and "journal_signed", lines of the last head in the file. */
NODISCARD int	journal_stats(struct journal *j, json_t *out, struct err *err);
/*
 * Compute every leaf, node and head anew; compare heads with their file, and the store with the
 * lines as the owner looks at them.  {"lines","heads","signed","time"}: how many there are, lines
 * and time of the last head.  ERR_CRYPTO names the first line or head that is wrong.
 */
NODISCARD int	journal_verify(struct journal *j, json_t *out, struct err *err);
/*
 * A proof of these lines (numbers from 1) for third parties, see proof.h.  since > 0: also that
 * the first `since` lines are still the beginning.
 */
NODISCARD int	journal_prove(struct journal *j, const int64_t *seq, size_t n, int64_t since,
		    json_t *out, struct err *err);
#endif

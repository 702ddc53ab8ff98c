#ifndef SIGNER_AUTHORITY_H
#define SIGNER_AUTHORITY_H
#include "pki/cert.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>
/*
 * The CAs of this signer: roots and issuing CAs side by side, each with a key of its own kind
 * at an address of its own.  A CA that gets a new key is a new generation ("issuing-2"); the
 * old one then signs nothing but its lists until its certificates have ended.
 *
 * Authorities are added and change state, never vanish: a pointer to one stays good, and only
 * its state changes, atomically.  The keys of issuing CAs are open all the time; that of a
 * root only for the act that needs it: its file may be taken away meanwhile.
 */
#define AUTHORITY_ID	48
#define AUTHORITY_MAX	64

enum authority_state { AUTHORITY_ACTIVE, AUTHORITY_RETIRING, AUTHORITY_ENDED, AUTHORITY__MAX };

struct authority {
	char		 id[AUTHORITY_ID];	/* name-generation */
	char		 name[32];
	int64_t		 generation;
	char		 parent[AUTHORITY_ID];	/* its own id: a root */
	struct cert	*cert;
	char		 address[300];		/* of the private key */
	struct signing_key key;			/* zeroed: not open */
	_Atomic bool	 has_key;		/* it is open; others look at this, then at key */
	bool		 away;			/* it was not there; authorities_look looks again */
	_Atomic int	 state;			/* enum authority_state */
	/* What goes into the certificates it issues. */
	char		 ocsp[300], ca_issuers[300], crl[300];
};
struct authorities {
	struct authority *list[AUTHORITY_MAX];
	_Atomic size_t	 n;
	/* Keys that were away when we started are looked for until they are back. */
	_Atomic bool	 some_away;
	pthread_mutex_t	 looking;
	struct secret	 passphrase;		/* kept only while a key is away */
	int64_t		 looked;		/* clock_steady */
};

/* active, retiring, ended */
const char	*authority_state_name(enum authority_state state);
bool		 authority_is_root(const struct authority *a);
/* As in a path of the va: "issuing" for the first generation, "issuing-2" …  static text of a. */
const char	*authority_slug(const struct authority *a);
/*
 * Which part of its CA's list a certificate of this profile stands in: 1 …, by its serial; 0: the
 * profile has no parts.
 */
int		 authority_part(const struct profile *p, const char *serial);
/* Where the list of this part (0: of the whole CA), or its delta, is found. */
void		 authority_list_url(const struct authority *a, int part, bool delta, char *url,
		    size_t size);
/* The pointers of the plan, once its profile and serial stand there. */
void		 authority_pointers(const struct authority *a, struct cert_plan *plan);

/*
 * Read all from the store; open the keys of those that issue or sign lists, not of roots.  A key that
 * is not there stops its own CA: with none at all the signer still tells and keeps what it has.
 */
NODISCARD int	 authorities_load(struct authorities *all, struct store *store,
		    const struct secret *passphrase, struct err *err);
/* authority_key.c, of the above; what is lacking is logged. */
void		 authorities_open_keys(struct authorities *all, const struct secret *passphrase);
/*
 * Open the keys that were away and are back, every few seconds at most; from any thread, at once
 * when nothing is away.  A key that is there but refuses the passphrase waits for a restart.
 */
void		 authorities_look(struct authorities *all);
void		 authorities_release(struct authorities *all);
/* NULL: none. */
struct authority *authority_by_id(struct authorities *all, const char *id);
/* How its key is: open, away, refused (it is there and does not open). */
const char	*authority_key_state(const struct authority *a);
/* An issuing CA that has not ended and has no key at hand: it signs neither certificates nor lists. */
bool		 authority_lacks_key(const struct authority *a);
/* How many CAs can issue now. */
size_t		 authorities_issuing(struct authorities *all);
/*
 * The newest active one of this name whose key is open; ERR_WRONG_STATE: none, in a Chinese sentence for
 * whoever waits for a certificate, with what the administrator does about it.
 */
NODISCARD int	 authority_for(struct authorities *all, const char *name,
		    struct authority **out, struct err *err);
void		 authority_free(struct authority *a);	/* NULL: no-op; one not taken over */
/* Takes a over; ERR_LIMIT when there are too many. */
NODISCARD int	 authorities_take(struct authorities *all, struct authority *a,
		    struct err *err);
/* Inside a transaction: a new row. */
NODISCARD int	 authority_add(struct db *db, const struct authority *a, struct err *err);
#endif

#ifndef KMC_WORK_H
#define KMC_WORK_H
#include "base/clock.h"
#include "journal/journal.h"
#include "kmc/kmc.h"
#include "kmc/message.h"
#include "kmc/wrap.h"
/*
 * The work of the key management centre, in the process that holds the keys; private to the
 * floor (and its tests).
 */
/* keeper.c: the thread that works ahead, at low priority. */
struct keeper {
	pthread_t	 thread;
	pthread_mutex_t	 lock;
	pthread_cond_t	 wake;
	bool		 running, woken, stop;
};
struct kmc {
	struct store	*store;
	struct journal	 journal;
	struct wraps	 wraps;
	struct keeper	 keeper;
	bool		 pool_filling;		/* the keeper's own */
};
NODISCARD int	keeper_start(struct kmc *k, struct err *err);
void		keeper_wake(struct kmc *k);
void		keeper_stop(struct kmc *k);		/* not running: no-op */
/* One step of each job; *more: there is more to do at once. */
NODISCARD int	keeper_step(struct kmc *k, bool *more, struct err *err);

/* As store_write, and again when two at once wanted the same row. */
NODISCARD int	kmc_write(struct kmc *k, store_fn fn, void *arg, struct err *err);

/* Statements of key officers are good for so long after their time. */
#define KMC_STATEMENT_FRESH	(7 * CLOCK_DAY)
/* Clocks of officers' PCs may be so much ahead. */
#define KMC_STATEMENT_AHEAD	(10 * CLOCK_MINUTE)

/* escrow.c: a row; its private key still wrapped. */
struct escrow {
	char		 ref[65];			/* order it was made for */
	char		 subject[KMC_SUBJECT];
	unsigned char	 sign_point[SM2_POINT_LEN];	/* it was first enveloped for */
	unsigned char	 enc_point[SM2_POINT_LEN];
	struct buf	 sealed;			/* empty: destroyed */
	int64_t		 version;			/* of the wrapping key */
};
void		escrow_init(struct escrow *e);
void		escrow_release(struct escrow *e);
/* 1 found, 0 none, -1; inside a transaction. */
NODISCARD int	escrow_by_ref(struct db *db, const char *ref, struct escrow *e,
		    struct err *err);
NODISCARD int	escrow_by_point(struct db *db, const unsigned char point[SM2_POINT_LEN],
		    struct escrow *e, struct err *err);
/* The private key; the caller wipes and frees scalar.  ERR_EXPIRED: it was destroyed. */
NODISCARD int	escrow_open(struct kmc *k, const struct escrow *e, struct buf *scalar,
		    struct err *err);
/* The enclosed key for the holder of the sign key.  ERR_EXPIRED: it was destroyed. */
NODISCARD int	escrow_envelope(struct kmc *k, const struct escrow *e,
		    const unsigned char sign_point[SM2_POINT_LEN], struct buf *envelope,
		    struct err *err);
/*
 * The enclosed key is that of the row's public key: a row that somebody exchanged in the store
 * must not give another subject's key.  ERR_CRYPTO.
 */
NODISCARD int	escrow_check(struct kmc *k, const struct escrow *e, struct err *err);

/* pair.c: the order's pair, found or taken; inside the gate. */
NODISCARD int	pair_obtain(struct kmc *k, const struct kmc_order *order, struct escrow *e,
		    struct err *err);

/* secret.c: kmc's own keys, 32 bytes each, wrapped like the escrow. */
#define KMC_SECRET	32
/* ERR_WRONG_STATE: it is there already. */
NODISCARD int	kmc_secret_add(struct kmc *k, const char *name,
		    const unsigned char plain[KMC_SECRET], const char *certificate,
		    struct err *err);
/* The caller wipes plain; certificate (PEM) may be NULL.  ERR_WRONG_STATE: not made yet. */
NODISCARD int	kmc_secret_load(struct kmc *k, const char *name,
		    unsigned char plain[KMC_SECRET], struct buf *certificate, struct err *err);

/* identity.c: the key and certificate that sign messages to other CAs. */
NODISCARD int	identity_make(struct kmc *k, struct buf *pem, struct err *err);
NODISCARD int	identity_load(struct kmc *k, struct cert **cert, EVP_PKEY **key,
		    struct err *err);

/* client.c: the other CAs that may ask. */
/* client_ca.id: hex digits of the fingerprint, and a NUL. */
#define KM_CLIENT_ID	17
/*
 * An SM2 CA certificate that is valid now; ERR_INPUT says what it lacks.  renews: "", or the id of a
 * certificate of the same CA, whose keys this one asks for too.
 */
NODISCARD int	client_add(struct kmc *k, const void *der, size_t len, const char *renews,
		    json_t *out, struct err *err);
NODISCARD int	client_remove(struct kmc *k, const char *id, struct err *err);
NODISCARD int	client_list(struct kmc *k, json_t *list, struct err *err);
/*
 * The certificate that signed the message (found by serial number, key hash and signature, as EntName
 * gives them), and the id of the CA it is of; ERR_DENIED.
 */
NODISCARD int	client_find(struct kmc *k, const struct km_request *request, struct cert **out,
		    char client[KM_CLIENT_ID], struct err *err);

/* gbt25056.c: kmc_message says what. */
NODISCARD int	gbt25056_work(struct kmc *k, const void *p, size_t len, struct buf *out,
		    struct err *err);
/* A certificate number as upper-case hex. */
void		km_serial_text(struct der serial, char text[2 * KM_SERIAL + 1]);
/* escrow.ref of the key of one certificate number of one CA. */
#define KM_REF_MAX	65
void		km_ref(const char *client, const char *serial, char ref[KM_REF_MAX]);

/*
 * restore.c: a CA wants the key of one of its certificates, sealed for this point.  Inside the gate.
 * 0: two officers allowed exactly that in these days; e is the key, checked, and the journal says
 * that it is given.  ERR_DENIED: not (yet); the question is noted.
 */
NODISCARD int	restore_ask(struct kmc *k, const char *client, const char *serial,
		    const unsigned char point[SM2_POINT_LEN], struct escrow *e, struct err *err);
/* kmc_restorations and kmc_restore say what. */
NODISCARD int	restore_list(struct kmc *k, json_t *list, struct err *err);
NODISCARD int	restore_allow(struct kmc *k, const struct signed_statement *in, struct err *err);

/* pool.c: key pairs made ahead. */
struct fresh {
	unsigned char	 point[SM2_POINT_LEN], scalar[SM2_SCALAR_LEN];	/* whoever has it wipes */
};
NODISCARD int	fresh_make(struct fresh *f, struct err *err);
/* Inside a transaction: 1 one left the pool for e, 0 it is empty, -1. */
NODISCARD int	pool_take(struct db *db, struct escrow *e, struct err *err);
/* A batch, when less than three quarters of kmc.pool_size are there, until it is full. */
NODISCARD int	pool_fill(struct kmc *k, bool *more, struct err *err);

/* rewrap.c: kmc_rewrap says what. */
NODISCARD int	rewrap_start(struct kmc *k, const struct secret *passphrase, int64_t *version,
		    struct err *err);
NODISCARD int	rewrap_step(struct kmc *k, bool *more, struct err *err);

/* destroy.c: kmc_destroy_plan and kmc_destroy say what. */
NODISCARD int	destroy_plan(struct kmc *k, int64_t before, json_t *out, struct err *err);
NODISCARD int	destroy_work(struct kmc *k, const struct signed_statement *in,
		    struct err *err);
NODISCARD int	destroy_step(struct kmc *k, bool *more, struct err *err);

/* history.c: kmc_history says what. */
NODISCARD int	history_work(struct kmc *k, const char *what, json_t *out, struct err *err);

/* stats.c: kmc_stats says what. */
NODISCARD int	kmc_stats_work(struct kmc *k, json_t *out, struct err *err);

/* officer.c */
NODISCARD int	key_officer_add(struct kmc *k, const void *der, size_t len, unsigned int may,
		    json_t *out, struct err *err);
NODISCARD int	key_officer_remove(struct kmc *k, const char *serial, struct err *err);
NODISCARD int	key_officer_list(struct kmc *k, json_t *list, struct err *err);
/*
 * The key officer whose serial the member `who` of the (parsed) statement names is on the list,
 * its certificate good now, may sign for this, and signed the statement with `signature`, in
 * these days.
 * ERR_DENIED otherwise.  *cert (may be NULL) is the caller's.
 */
NODISCARD int	key_officer_check(struct kmc *k, const json_t *parsed, const char *who,
		    const struct signed_statement *in, const struct signature *signature,
		    unsigned int may, struct cert **cert, struct err *err);
/* Both "officer" and "second" did so, and are two.  both (may be NULL): their certificates, the
 * caller's. */
NODISCARD int	key_officers_check(struct kmc *k, const json_t *parsed,
		    const struct signed_statement *in, struct cert *both[2], struct err *err);
/* A certificate (DER) that leads to a CA of pub/chain.pem, all valid at `now`; 0: at its end. */
NODISCARD int	trusted_cert_parse(const void *der, size_t len, int64_t now,
		    struct cert **out, struct err *err);

/* unlock.c */
NODISCARD int	device_master_make(struct kmc *k, struct err *err);
/* Made unless it is there. */
NODISCARD int	device_master_need(struct kmc *k, struct err *err);
/* kmc_device_give, kmc_device_key and kmc_unlock_answer say what. */
NODISCARD int	device_give(struct kmc *k, const char *order, const char *serial,
		    struct buf *out, struct err *err);
NODISCARD int	device_key(struct kmc *k, const char *serial, unsigned char key[UNLOCK_KEY],
		    struct err *err);
NODISCARD int	kmc_unlock_work(struct kmc *k, const struct signed_statement *in,
		    unsigned char answer[UNLOCK_ANSWER], int64_t *expires, struct err *err);

/* journal.c */
NODISCARD int	kmc_journal_open(struct kmc *k, const struct secret *passphrase,
		    struct err *err);
#endif

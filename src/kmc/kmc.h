#ifndef KMC_KMC_H
#define KMC_KMC_H
#include "base/secret.h"
#include "pki/statement.h"
#include "token/unlock.h"
/*
 * The key management centre (GB/T 25056): makes the encryption key pair of a dual certificate,
 * keeps its private key in escrow, and gives it out only inside an SM2EnvelopedKey for the
 * holder of a sign key.  No network; its own store, wrapping keys, list of key officers and
 * journal: what it demands of a statement it checks itself, whoever asks.
 */
#define KMC_SUBJECT	65		/* hex of an SM3 digest and a NUL */

/* ---- asked over ipc, by the signer ---- */

/* For whom a pair is wanted; all borrowed. */
struct kmc_order {
	const char		*ref;		/* order number */
	const char		*subject;	/* kmc_subject; "": not told */
	int64_t			 not_after;	/* ms, when its certificate ends; 0: not told */
	const unsigned char	*sign_point;	/* 65 bytes 04||X||Y: the envelope is for this key */
};
/* The digest under which the keys of one subject are found: SM3 of "uscc:9135…". */
void		kmc_subject(const char *id_type, const char *id_no, char digest[KMC_SUBJECT]);
/*
 * How a statement names a person of its order without saying who: SM3 of "order:name:张三" or
 * "order:resident-id:4301…".  Whoever knows the person can tell; a list of names does not
 * serve for another order.
 */
void		kmc_person(const char *order, const char *what, const char *value,
		    char digest[KMC_SUBJECT]);
/*
 * The pair of this order.  Idempotent: asked again it is the same pair in a fresh envelope;
 * another sign key for the same order is ERR_CONFLICT.  point gets 65 bytes, envelope the DER.
 */
NODISCARD int	kmc_pair(const struct kmc_order *order, unsigned char enc_point[65],
		    struct buf *envelope, struct err *err);

/* What is to be recovered, for whom; all borrowed. */
struct kmc_recovery {
	struct signed_statement	 statement;	/* signed by two key officers */
	struct signature	 enc_cert;	/* DER: the certificate whose key is wanted */
	struct signature	 sign_cert;	/* DER: who gets it, good now */
	struct signed_statement	 carrier;	/* pki/carrier.h, signed by sign_cert's key: the
						   envelope is for that key; text NULL: for
						   sign_cert's own */
};
/*
 * A key out of escrow, in an envelope for the receiver's sign key.  The statement:
 *
 *	{"type":"recovery","v":1,"order","serial","kind","officer","second","time","people"}
 *	serial	of the encryption certificate
 *	kind	"user": back to its subject: both certificates name the same identity code;
 *		"judicial": by order of a court or the police: then with "document", the number
 *		of their paper
 *	people	of a user's: kmc_person of everybody who acts in the order: agent, holder
 *	receiver	the serial of the sign certificate that gets it; a user's may leave it out
 *
 * Enforced here: two different key officers of kmc's own list signed it, within these seven
 * days; of a user's, neither is one of its people, nor whom the wanted certificate names: by the
 * identity code of the officer's certificate, and by its name, as many carry no code; that two of
 * one name are refused is meant (another officer signs); both certificates lead to a CA of pub/chain.pem; the key is in escrow.  Not checked
 * here: revocation (kmc has no access to it).  Idempotent per order; another statement or
 * receiver is ERR_CONFLICT.  ERR_DENIED and a line in the journal when it does not hold.
 */
NODISCARD int	kmc_recover(const struct kmc_recovery *r, struct buf *envelope,
		    struct err *err);

/* ---- asked over ipc, by web ---- */

/*
 * The answer that unlocks a UKey (token/unlock.h), for a statement that a key officer signed:
 *
 *	{"type":"unlock","v":1,"order","serial","challenge","officer","time"}
 *	serial of the UKey; challenge: 32 hex digits, as the UKey gave it
 *
 * One answer a challenge, good for kmc.unlock_minutes: the same statement gets the same answer
 * until then (ERR_EXPIRED after it), another one ERR_CONFLICT.  ERR_DENIED and a line in the
 * journal when the statement does not hold.
 */
NODISCARD int	kmc_unlock_answer(const struct signed_statement *statement,
		    unsigned char answer[UNLOCK_ANSWER], int64_t *expires, struct err *err);

/*
 * The device key of a UKey (token/unlock.h) into which the pair of an order goes: an SM2Cipher
 * for the sign key of that pair, so that only this UKey opens it.  A device key is given once: to
 * the same sign key again, to another one, or after kmc_device_key, `out` stays empty.
 * ERR_NOT_FOUND: the order has no pair.
 *
 * Not checked: that the sign key is in the UKey of this serial number.  Who names a false one
 * gets a key that opens nothing, and keeps that UKey from ever being unlocked.
 */
NODISCARD int	kmc_device_give(const char *order, const char *serial, struct buf *out,
		    struct err *err);

/* ---- asked over ipc, by the administrator ---- */

/* What a key officer may sign for. */
enum key_officer_may { KEY_OFFICER_KEYS = 1, KEY_OFFICER_UNLOCK = 2 };

/* Also by web, which asks who may sign:
 * {"officers":[{"serial","name","active","created","ended","may"}]} */
NODISCARD int	kmc_officers(json_t **out, struct err *err);
/* The certificate must be good and lead to a CA of ours; one that was removed comes back. */
NODISCARD int	kmc_officer_add(const void *der, size_t len, unsigned int may, json_t **out,
		    struct err *err);
NODISCARD int	kmc_officer_remove(const char *serial, struct err *err);
/*
 * Also by web, for the metrics: {"pool","pool_size","made","kept","destroyed","recovered_user",
 * "recovered_judicial"} and those of ipc_answer_stats: keys in the pool, its size when full, ever made, in escrow, destroyed,
 * and recoveries.
 */
NODISCARD int	kmc_stats(json_t **out, struct err *err);
/*
 * The keys of an order, or of a subject by kmc_subject, oldest first, ERR_NOT_FOUND when there
 * are none: {"keys":[{"order","subject","created","not_after","state": kept|destroyed,
 * "destroyed","version","recoveries":[{"order","kind","serial","officer","second","document",
 * "receiver","created"}]}]}
 */
NODISCARD int	kmc_history(const char *what, json_t **out, struct err *err);
/*
 * A new wrapping key, in use at once; what the older ones wrap is wrapped anew in the
 * background, then they are destroyed.  The passphrase is that of the key files.
 */
NODISCARD int	kmc_rewrap(const struct secret *passphrase, int64_t *version, struct err *err);
/*
 * Keys whose certificate ended before a time (those without one: made before it), which must
 * be kmc.retention_years ago: {"before","keys"} how many there are.  To destroy them two key
 * officers sign
 *
 *	{"type":"destruction","v":1,"before","keys","officer","second","time"}
 *
 * and it is done in the background.  ERR_CONFLICT when there are not that many.
 */
NODISCARD int	kmc_destroy_plan(int64_t before, json_t **out, struct err *err);
NODISCARD int	kmc_destroy(const struct signed_statement *statement, struct err *err);
/*
 * Another CA's message (message.h), signed by a CA of kmc's list; the answer is signed with
 * kmc's identity.  ERR_DENIED when nobody known signed it, or not in these minutes.  A key is
 * restored (密钥恢复) only after kmc_restore: before, the question is noted and answered by an error.
 */
NODISCARD int	kmc_message(const void *p, size_t len, struct buf *out, struct err *err);
/*
 * What CAs ask back and nobody has allowed yet, newest first, 200 at most:
 * {"restorations":[{"client","name","serial","key","asked"}]}; key is hex SM3 of the public key (65
 * bytes) for which it is asked.
 */
NODISCARD int	kmc_restorations(json_t **out, struct err *err);
/*
 * Allow one of them for seven days, by the word of two key officers:
 *
 *	{"type":"restoration","v":1,"client","serial","key","kind","officer","second","time"}
 *
 * kind as in kmc_recover, "judicial" with "document".  Whose key it is the CA vouches for.
 * ERR_NOT_FOUND: nobody asks for it; ERR_CONFLICT: asked for another key meanwhile.
 */
NODISCARD int	kmc_restore(const struct signed_statement *statement, struct err *err);
/* Make kmc's identity, or look at its certificate: PEM. */
NODISCARD int	kmc_identity(bool make, struct buf *pem, struct err *err);
/* {"clients":[{"id","name","serial","active","created","client": id of the CA's first one}]} */
NODISCARD int	kmc_clients(json_t **out, struct err *err);
/*
 * An SM2 CA certificate, valid now.  renews: "", or the id of an earlier certificate of the same CA: its
 * keys are then asked for with both.  {"id","name","client"}
 */
NODISCARD int	kmc_client_add(const void *der, size_t len, const char *renews, json_t **out,
		    struct err *err);
NODISCARD int	kmc_client_remove(const char *id, struct err *err);
/* Make the master key of the UKeys' device keys; kmc does so when it first starts. */
NODISCARD int	kmc_device_master_make(struct err *err);
/* The device key of one UKey, for whoever makes UKeys; the caller wipes it.  Journaled. */
NODISCARD int	kmc_device_key(const char *serial, unsigned char key[UNLOCK_KEY],
		    struct err *err);
/* As signer_journal_verify and signer_journal_prove (signer.h), of kmc's journal and a line. */
NODISCARD int	kmc_journal_verify(json_t **out, struct err *err);
NODISCARD int	kmc_journal_prove(int64_t line, int64_t since, json_t **out, struct err *err);

/* The process: serves the above over ipc until SIGTERM. */
NODISCARD int	kmc_main(struct err *err);

/* Make the first wrapping key file (for yinxin init). */
NODISCARD int	kmc_init(const struct secret *passphrase, struct err *err);

/* The same work in this process, for kmc_main and tests. */
struct kmc;
NODISCARD int	kmc_open(struct kmc **out, const struct secret *passphrase, struct err *err);
void		kmc_close(struct kmc *k);
NODISCARD int	kmc_pair_work(struct kmc *k, const struct kmc_order *order,
		    unsigned char enc_point[65], struct buf *envelope, struct err *err);
NODISCARD int	kmc_recover_work(struct kmc *k, const struct kmc_recovery *r,
		    struct buf *envelope, struct err *err);
#endif

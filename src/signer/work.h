#ifndef SIGNER_WORK_H
#define SIGNER_WORK_H
#include "journal/journal.h"
#include "kmc/kmc.h"
#include "pki/cert.h"
#include "pki/crl.h"
#include "signer/authority.h"
#include "signer/request.h"
#include "signer/signer.h"
#include "store/store.h"

#include <pthread.h>
/*
 * The signer's work, in the process that holds the keys; private to the floor (and tests).
 */
#define OFFICERS_KEPT	16
/* Certificates of officers who signed lately, read once: the store says each time who may what. */
struct officers_kept {
	pthread_mutex_t	 lock;
	struct cert	*list[OFFICERS_KEPT];		/* the oldest gives way */
	size_t		 next;
};
/* Whose key makes electronic seals (eseal.h); zeroed: there is none. */
struct eseal_maker {
	EVP_PKEY	*key;
	struct cert	*cert;
	_Atomic bool	 ready;		/* both stand; they change no more */
};
/* The newest anchor of the hall's journal, once it was looked for. */
struct anchor_last {
	bool		 known;
	int64_t		 lines;
	char		 head[ANCHOR_HEAD];
};
struct signer {
	struct store	*store;
	struct officers_kept officers;
	struct authorities authorities;
	struct eseal_maker maker;
	/* Nobody could certify the maker at the start: it is tried again when a seal is wanted. */
	pthread_mutex_t	 maker_lock;
	struct secret	 maker_passphrase;	/* kept only until then */
	struct journal	 journal;
	struct journal_owner journal_owner;	/* what we give to it */
	pthread_mutex_t	 anchor_lock;
	struct anchor_last anchor;
	/* ask kmc; replaced in tests */
	int		(*pair)(const struct kmc_order *order, unsigned char enc_point[65],
			    struct buf *envelope, struct err *err);
	int		(*recover)(const struct kmc_recovery *r, struct buf *envelope,
			    struct err *err);
};
NODISCARD int	signer_open(struct signer *s, const struct secret *passphrase,
		    struct err *err);
void		signer_close(struct signer *s);

/*
 * journal.c: the signer's journal, beside the certificates it tells of: each has the number of
 * the line of its issue, and of its last change of status.
 */
NODISCARD int	signer_journal_open(struct signer *s, const struct secret *passphrase,
		    struct err *err);
/* The proof of the lines about the certificate of this serial; signer.h says what it is. */
NODISCARD int	certificate_prove(struct signer *s, const char *serial, int64_t since,
		    json_t *out, struct err *err);

/* anchor.c: a line that tells the hall's head; signer.h says when.  out: the newest anchor. */
NODISCARD int	anchor_take(struct signer *s, const struct anchor *a, json_t *out, struct err *err);
/* The anchors on lines after this one, some hundreds at most. */
NODISCARD int	anchors_list(struct signer *s, int64_t after, json_t *out, struct err *err);

/* officer.c */
struct officer {
	char		 serial[CERT_SERIAL_TEXT];
	char		 name[128];
	unsigned int	 may;
	bool		 active;
	struct cert	*cert;
};
void		officer_release(struct officer *o);
void		officers_kept_release(struct officers_kept *k);
/*
 * The officer whose serial the member `who` of the (parsed) statement names signed it with
 * `signature`, is on the list, may do this, and the certificate is good now.  ERR_DENIED
 * otherwise.
 */
NODISCARD int	officer_check(struct signer *s, const json_t *parsed, const char *who,
		    const struct signed_statement *in, const struct signature *signature,
		    unsigned int may, struct officer *out, struct err *err);
NODISCARD int	officer_issue(struct signer *s, const char *name, const void *csr,
		    size_t csr_len, unsigned int may, struct cert **out, struct err *err);

/* issue.c */
NODISCARD int	issue_work(struct signer *s, const struct signed_statement *in, const void *csr,
		    size_t csr_len, struct signer_pair *out, struct err *err);

/* status.c: type is hold, release or revocation; signer.h says what each must contain. */
NODISCARD int	status_change(struct signer *s, const char *type,
		    const struct signed_statement *in, struct err *err);
bool		status_is_by_officer(const struct signed_statement *in);
NODISCARD int	admin_revoke(struct signer *s, const char *serial, int64_t reason,
		    struct err *err);
NODISCARD int	status_ask(struct signer *s, const char *serial, json_t *out, struct err *err);

/*
 * service.c: a certificate for a key of the va's; use is ocsp or tsa, id the CA that issues it.
 * The key must be of the CA's kind.  Refusals are journaled.
 */
NODISCARD int	service_issue(struct signer *s, const char *use, const char *id, const void *csr,
		    size_t csr_len, struct cert **out, struct err *err);

/* recover.c */
NODISCARD int	recover_work(struct signer *s, const struct signer_recovery *r,
		    struct buf *envelope, struct buf *enc_cert, struct err *err);

/*
 * list.c: make the list of this CA (id) anew if it is due; scope: "" the full one, "delta", "p7" the
 * list of one part of its certificates (RFC 5280 5.2.5), "p7-delta".
 * Gives number and next update of the newest; its bytes are in the store.
 */
NODISCARD int	list_work(struct signer *s, const char *authority, const char *scope,
		    int64_t *number, int64_t *next_update, struct err *err);
/* The full list at once, with the key that is open in a. */
NODISCARD int	list_make_now(struct signer *s, const struct authority *a, int64_t *number,
		    int64_t *next_update, struct err *err);
/* A reason for good (RFC 5280 5.3.1): neither hold nor removal, and not 7. */
bool		revocation_reason_is_valid(int64_t reason);

/*
 * find.c: {"certificates":[{"serial","ref","profile","subject","not_before","not_after","status",
 * "authority"}]}, at most a hundred.  by: serial, subject (one line, whole) or identity (kmc_subject).
 */
NODISCARD int	certificates_find(struct signer *s, const char *by, const char *what, json_t *out,
		    struct err *err);

/*
 * ends.c, for the metrics: seconds until the first of the good certificates of officers, and of active
 * RAs, ends, and that of the journal's key; how many CAs that should sign have no key at hand, and how
 * many issue.
 */
NODISCARD int	ends_stats(struct signer *s, json_t *out, struct err *err);

/* certificate.c: a row, inside the transaction of the line that tells of its issue. */
NODISCARD int	certificate_add(struct db *db, const struct cert *c, const char *ref,
		    const char *profile, const char *authority, int64_t line, struct err *err);
#endif

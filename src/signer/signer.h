#ifndef SIGNER_SIGNER_H
#define SIGNER_SIGNER_H
#include "base/json.h"
#include "base/secret.h"
#include "pki/statement.h"
/*
 * The signer: CA keys, certificates, revocation.  Asked over ipc; no network.
 *
 * It believes nobody: a certificate is issued only against an approval that an officer on
 * its own list has signed (doc/architecture.md, "The approval"); subject, profile and validity
 * come from that statement, extensions from the profile, the public key from a request that
 * proves possession.  Every act and every refusal is a line of a journal (journal/journal.h).
 */

struct cert;

/* What an officer may sign. */
enum officer_may { OFFICER_APPROVE = 1, OFFICER_REVOKE = 2, OFFICER_RECOVER = 4 };

struct signer_pair {
	struct buf	 sign_cert, enc_cert;		/* DER */
	struct buf	 envelope;			/* DER SM2EnvelopedKey */
	char		 sign_serial[41], enc_serial[41]; /* upper-case hex */
};
void	signer_pair_init(struct signer_pair *p);
void	signer_pair_free(struct signer_pair *p);

/* ---- asked over ipc ---- */

/*
 * By web.  signature: DER over the statement's bytes; csr: DER.  The statement's op is new,
 * renew, reissue or change (replace.h says what becomes of the pair it replaces).  Idempotent
 * per order: the same statement and public key give the same pair; another key, or another
 * statement about the order, is ERR_CONFLICT.  A statement that does not hold is ERR_DENIED
 * and journaled.
 */
NODISCARD int	signer_issue(const char *statement, size_t statement_len,
		    const void *signature, size_t signature_len, const void *csr,
		    size_t csr_len, struct signer_pair *out, struct err *err);
/*
 * By web: the electronic seal (DER SESeal, appended) for the pair that this approval got.  The approval
 * names the picture: "seal":{"height","picture" (hex SM3),"width"}, millimetres.  Idempotent per order.
 */
NODISCARD int	signer_seal(const struct signed_statement *approval, const void *picture,
		    size_t len, struct buf *der, struct err *err);
/*
 * By web, and what officers signed by the administrator: the status of a pair, named by the serial of its sign certificate; both halves
 * change together.  Asked for what is so already: 0.  ERR_DENIED: the statement does not hold
 * or is older than the last change; ERR_WRONG_STATE: the pair is revoked.  Statements are
 * canonical and signed like an approval:
 *
 *	{"type":"hold","v":1,"serial","time","by"}	holder: signed with that very pair;
 *		officer (names "officer"): signed by the officer; phone: no signature, on the
 *		word of the hall that has proved the registered phone
 *	{"type":"release","v":1,"serial","time","by"}	holder: what holder or phone held;
 *		officer, with "officer" and "second": two different officers sign the same bytes
 *	{"type":"revocation","v":1,"serial","reason","time","by"}	holder; or officer, by two
 *		optional "invalid_since": ms (RFC 5280 5.3.2)
 */
NODISCARD int	signer_hold(const char *statement, size_t statement_len, const void *signature,
		    size_t signature_len, struct err *err);
NODISCARD int	signer_release(const char *statement, size_t statement_len,
		    const void *signature, size_t signature_len, const void *second,
		    size_t second_len, struct err *err);
NODISCARD int	signer_revoke(const char *statement, size_t statement_len,
		    const void *signature, size_t signature_len, const void *second,
		    size_t second_len, struct err *err);
/*
 * By web, and by the administrator (judicial): the encryption key of an earlier pair, out of escrow, for another UKey; two key
 * officers signed the statement (kmc.h says what it contains, and kmc alone checks who they
 * are).  It is for the key of csr, which must be that of a sign certificate of ours; or for the
 * carrier (pki/carrier.h) that the statement's receiver vouches for.  That certificate must be
 * good, its subject the one of the encryption certificate, or (judicial) the receiver named.
 * Appends the DER SM2EnvelopedKey and the encryption certificate.  Idempotent per order.
 */
struct signer_recovery {
	const char		*order;
	struct signed_statement	 statement;
	struct signature	 csr;		/* DER; or none and: */
	struct signed_statement	 carrier;	/* text NULL: none */
};
NODISCARD int	signer_recover(const struct signer_recovery *r, struct buf *envelope,
		    struct buf *enc_cert, struct err *err);
/* {"serial","enc_serial","order","status": good|held|revoked,"reason","revoked_at",
 * "invalid_since" (RFC 5280 5.3.2; 0: not said),"changed",
 * "by_holder" (it was held or revoked by holder or phone),"not_before","not_after"} */
NODISCARD int	signer_status(const char *serial, json_t **out, struct err *err);
/*
 * By the va: see to it that the list of this CA is fresh (scope: "" the full one, "delta", "p7"
 * and "p7-delta" of one part): made anew when due.  Its bytes are in the ca store, under number.
 */
NODISCARD int	signer_crl(const char *authority, const char *scope, int64_t *number,
		    int64_t *next_update, struct err *err);
/*
 * By the va and enrol: a certificate for one of their keys, by this CA (id, or name for the newest
 * that issues).  use: "ocsp" (30 days), "tsa" (ten years) of the va, "cmp" (30 days) of enrol; the
 * key must be of the CA's kind.
 */
NODISCARD int	signer_service_issue(const char *use, const char *authority, const void *csr,
		    size_t csr_len, struct cert **out, struct err *err);
/* By the administrator: a certificate of profile "staff" for this request; DER. */
NODISCARD int	signer_staff_issue(const char *name, const void *csr, size_t csr_len,
		    unsigned int may, struct buf *cert, struct err *err);
/* {"officers":[{"serial","name","may","active","created"}]} */
NODISCARD int	signer_officers(json_t **out, struct err *err);
NODISCARD int	signer_officer_set(const char *serial, unsigned int may, bool active,
		    struct err *err);
/*
 * By the administrator: ca_list, ca_create, ca_state, ca_cross, ca_crl, ca_ceremony (authority_make.h says
 * what each takes and gives).  question (NULL: none) is taken over; own and parent are the
 * passphrases of the keys, NULL where none is needed; out may be NULL.
 */
NODISCARD int	signer_ca(const char *request, json_t *question, const struct secret *own,
		    const struct secret *parent, json_t **out, struct err *err);
/*
 * By enrol: a certificate for a machine, asked for by a registration authority (ra.h) that
 * proves itself by its secret.  The CSR (DER) says subject and key, the RA's row the rest.
 * The same CSR again gives the same certificate until half of its life is over.
 * ERR_NOT_FOUND: no such RA, or another secret; ERR_DENIED: not this RA's business;
 * ERR_WRONG_STATE: revoked, or nothing to renew.  Refusals are journaled.
 */
struct signer_enrolment {
	const char	*ra;
	struct secret	 secret;
	const char	*label;		/* profile it thinks it asks for; "": its own */
	const char	*from;		/* address, for the journal */
	bool		 renewal;	/* of a certificate with the same subject */
	/* Instead of ra and secret: the machine's own certificate, DER, to be renewed with the key
	   it has; the request, signed by that key, is the proof. */
	const void	*client;	/* NULL: by ra and secret */
	size_t		 client_len;
	const void	*csr;
	size_t		 csr_len;
};
NODISCARD int	signer_enrol(const struct signer_enrolment *e, struct buf *cert,
		    struct err *err);
/*
 * By enrol: what a CMP message (pki/cmp.h) asks for, signed by an RA with the key of its
 * certificate, or (kur and rr) by a machine for itself.  cert stays empty for an rr.  The same
 * transaction of the same sender gives the same certificate.
 */
NODISCARD int	signer_enrol_cmp(const char *label, const char *from, const void *message,
		    size_t len, struct buf *cert, struct err *err);
/* The certificate (DER) of the RA with this subjectKeyIdentifier (lower-case hex). */
NODISCARD int	signer_enrol_sender(const char *kid, const char *from, struct buf *cert,
		    struct err *err);
/*
 * {"certs":[base64 DER]}: the CA that issues this profile, or the one of this name, and those
 * above it; both "": all CAs that have not ended.
 */
NODISCARD int	signer_enrol_chain(const char *profile, const char *authority, json_t **out,
		    struct err *err);
/*
 * By the administrator: a registration authority for this profile, whose machines' names end
 * in suffix ("": any).  cert: DER, whose key signs its CMP messages; none when cert_len is 0.
 * The secret is given out this once.
 */
struct signer_ra {
	const char	*name, *profile, *suffix;
	int64_t		 days;		/* life of its certificates */
	const void	*cert;
	size_t		 cert_len;
};
NODISCARD int	signer_ra_add(const struct signer_ra *ra, struct secret *secret,
		    struct err *err);
/* {"ras":[{"name","profile","suffix","days","print","active","created","issued"}]} */
NODISCARD int	signer_ra_list(json_t **out, struct err *err);
/* Another certificate (DER) in place of its own; or, cert_len 0, another secret. */
NODISCARD int	signer_ra_renew(const char *name, const void *cert, size_t cert_len,
		    struct secret *secret, struct err *err);
NODISCARD int	signer_ra_set(const char *name, bool active, struct err *err);
/*
 * By the administrator: the certificates of this serial, subject (one line, whole) or identity
 * (the digest kmc_subject): {"certificates":[{"serial","ref","profile","subject","not_before",
 * "not_after","status","authority"}]}, a hundred at most.
 */
NODISCARD int	signer_find(const char *by, const char *what, json_t **out, struct err *err);
/* By the administrator: revoke by serial. */
NODISCARD int	signer_admin_revoke(const char *serial, int reason, struct err *err);
/*
 * The whole journal and the certificates it tells of (journal.h): {"lines","heads","signed",
 * "time"}; ERR_CRYPTO names the first line, head or certificate that is wrong.  Takes long.
 */
NODISCARD int	signer_journal_verify(json_t **out, struct err *err);
/*
 * A proof (journal/proof.h) of the lines that tell of a certificate's issue and last change of
 * status; serial NULL: of this line.  since > 0: with the consistency to so many lines.
 */
NODISCARD int	signer_journal_prove(const char *serial, int64_t line, int64_t since,
		    json_t **out, struct err *err);
/*
 * Anchor the hall's journal (hall/anchor.h) in the signer's: the SM3 of its line number `lines`, in
 * lower-case hex.  A line is added when it has more lines than the newest anchor; a gets the newest
 * one, for the caller to compare.  restored: by the administrator only, after a store was put
 * back; what was anchored beyond `lines` is void from here on, for ever visible.
 */
#define ANCHOR_HEAD	65
struct anchor {
	int64_t	 lines;
	char	 head[ANCHOR_HEAD];
	bool	 restored;
	/* Given back: what the newest was before this question, to be held too; 0: none, or void. */
	int64_t	 before;
	char	 before_head[ANCHOR_HEAD];
};
NODISCARD int	signer_anchor(struct anchor *a, struct err *err);
/* All of them, oldest first: [{"line","time","restored","lines","head"}] */
NODISCARD int	signer_anchors(json_t **out, struct err *err);
/* Numbers for the metrics: ipc_answer_stats. */
NODISCARD int	signer_stats(json_t **out, struct err *err);

/* The process. */
NODISCARD int	signer_main(struct err *err);
#endif

#ifndef SIGNER_AUTHORITY_MAKE_H
#define SIGNER_AUTHORITY_MAKE_H
#include "signer/work.h"
/* Making CAs: their key and certificate.  At the ceremony and on the administrator's word. */

struct authority_plan {
	const char	*name;			/* "issuing": letters, digits and - */
	int64_t		 generation;
	const char	*kind;			/* of the key: "sm2" */
	const char	*company, *cn;		/* subject: O (may be NULL) and CN */
	int		 years;
	const char	*address;		/* of the key; NULL: file:ca-keys/<id>.key */
	const struct secret *passphrase;	/* of the key */
	const struct authority *parent;		/* NULL: a root; its key must be open */
};
/*
 * Make the key at its address (a file that is there already is ERR_CONFLICT; elsewhere than in
 * a file the key must be there) and the certificate.  Nothing is stored.  The caller takes it.
 */
NODISCARD int	authority_make(const struct authority_plan *plan, struct authority **out,
		    struct err *err);

/* ---- asked by the administrator ---- */

/*
 * {"name","parent": id or "","kind","company","cn","years","address"}; pass opens the new key
 * and parent_pass the parent's.  A name that exists gets its next generation: the former one
 * then signs lists only.  Answers like ca_list's row.
 */
NODISCARD int	ca_create(struct signer *s, const json_t *asked, const struct secret *pass,
		    const struct secret *parent_pass, json_t *out, struct err *err);
/* {"authorities":[{"id","name","generation","parent","kind","subject","serial","not_after",
 * "state","key": open|away|refused,"lacks_key","address"}]} */
void		ca_list(struct signer *s, json_t *out);
/* One of active, retiring, ended. */
NODISCARD int	ca_state(struct signer *s, const char *id, const char *state, struct err *err);
/*
 * A certificate by this CA for the key of another one (RFC 4949 cross-certificate), DER: its name and
 * key identifier stay as they are, so that what it issued chains to it (RFC 5280 4.2.1.1); it lives no
 * longer than either certificate.
 */
NODISCARD int	ca_cross(struct signer *s, const char *id, const struct cert *subject, int years,
		    const struct secret *pass, struct buf *der, struct err *err);
/*
 * A ceremony begins or has taken place: {"stage": begin|end,"title","record": SM3 of its script, or of
 * its record, in hex,"custodians","witnesses": names,"done"} becomes a line of the journal; *line is
 * its number.
 */
NODISCARD int	ca_ceremony(struct signer *s, const json_t *asked, int64_t *line,
		    struct err *err);
/* Make the full list now; pass opens the key of a root. */
NODISCARD int	ca_crl(struct signer *s, const char *id, const struct secret *pass,
		    json_t *out, struct err *err);
#endif

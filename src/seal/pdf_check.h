#ifndef SEAL_PDF_CHECK_H
#define SEAL_PDF_CHECK_H
#include "base/json.h"
#include "seal/esign.h"
#include "seal/pdf.h"
/*
 * Does a seal in a PDF hold?  GB/T 38540-2020 8.2.2 and what PDF needs on top, one row a rule: as a
 * table, so that the command line, a page and a test ask the same.
 *
 * Rules about the seal's and the signer's validity are asked for the time of sealing: that of the
 * time stamp when there is one that holds, else what the signer's clock said.  Who gets hold of a
 * revoked key can set his clock back: without time stamp a revoked certificate never holds.
 */
struct pdf_world {
	const struct cert_pool *pool;		/* roots and what stands between */
	const char	*maker_use;		/* as in eseal_question */
	int64_t		 now;
	/*
	 * Is the certificate revoked, and since when?  *known false: nobody says.  NULL: not asked.
	 */
	int		(*status)(void *arg, const struct cert *c, bool *known, bool *revoked,
			    int64_t *since, struct err *err);
	void		*arg;
};
struct pdf_question {
	const struct pdf_signature *signature;
	const struct esign *esign;		/* NULL: Contents are none */
	const struct pdf_world *world;
	int64_t		 time;			/* of sealing, proved or claimed */
	bool		 has_stamp, stamp_holds;
	bool		 status_known, is_revoked;
	int64_t		 revoked_since;
	struct err	 seal_err;		/* of eseal_check; kind 0: it holds */
};
struct pdf_rule {
	const char	*name;			/* "digest" */
	const char	*title;			/* Chinese, what is asked */
	const char	*text;			/* Chinese: what a broken one means, what to do */
	enum pdf_trouble trouble;		/* broken by this trouble … */
	bool		 (*holds)(const struct pdf_question *q);	/* … or by this */
	bool		 (*asks)(const struct pdf_question *q);	/* NULL: whenever there is an esign */
};
/* i-th, NULL at the end. */
const struct pdf_rule *pdf_rule_at(size_t i);

/*
 * Everything about a file's seals: {"ok","verdict" (intact|changed|broken|none),"text","pages",
 * "seals":[{"field","ok","text","format","name","id","holder","serial",
 * "issuer","time","is_stamped","revision","covers_all","rules":[{"name","title","ok","text"}]}]};
 * ok: there is a seal, each holds, and the newest covers the whole file.
 */
NODISCARD int	pdf_report_of(const struct pdf_signatures *all, int pages, const struct pdf_world *w,
		    json_t **out, struct err *err);
/* The same of a file that is open. */
NODISCARD int	pdf_report(struct pdf *d, const struct pdf_world *w, json_t **out,
		    struct err *err);

/* Sealing, whole ---------------------------------------------------------------------- */

/* Who seals: where the key is does not matter here. */
struct pdf_sealer {
	const void	*seal;			/* DER */
	size_t		 seal_len;
	const struct cert *signer;
	/* Append the SM2 signature (DER, default ID) over the message. */
	int		(*sign)(void *arg, const void *p, size_t len, struct buf *sig,
			    struct err *err);
	/* Append a TimeStampToken over the signature value; NULL: none. */
	int		(*stamp)(void *arg, const void *p, size_t len, struct buf *token,
			    struct err *err);
	void		*arg;
};
/*
 * Append the sealed file.  The seal must hold at `now` for the signer (eseal_check; pool NULL: its
 * maker's chain is not asked about), and the seal in the result is found again before it is given out.
 */
NODISCARD int	pdf_seal(const void *p, size_t len, const struct pdf_sealer *sealer,
		    const struct pdf_place *place, const struct cert_pool *pool, int64_t now,
		    struct buf *out, struct err *err);
#endif

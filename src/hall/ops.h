#ifndef HALL_OPS_H
#define HALL_OPS_H
#include "hall/def/halldef.h"
#include "hall/medium/medium.h"
#include "hall/order/order.h"
/*
 * Operations on a certificate that is there: each gives an order of its own that replaces it,
 * with the steps of the definition (steps.<op>).  One file ops/<op>.c and a row of ops.def each:
 *
 *	renew	更新	in the window of the definition; the years count from the old end
 *	reissue	补办	the key is lost or broken: a new one until the old end, the old pair is revoked
 *	change	变更	name or other facts changed: filled in anew beside what stood, proved, reviewed,
 *			a new pair into the same key until the old end, the old one is superseded
 *	recover	密钥恢复	the encryption key of an ended certificate into the UKey of another one (recover.h)
 *	unlock	解锁	the PIN is forgotten or locked: the certificate stays (unlock.h)
 *
 * Otherwise what was certified stands; who is to be reached may be mended (form_is_fixed).  What the signer makes of each stands in
 * signer/replace.h.
 */
struct op_case {
	const struct hall	*hall;
	const struct halldef	*def;
	const struct order	*old;		/* that the certificate was issued for */
	int64_t			 not_before, not_after, now;
	int64_t			 medium_issued;	/* its UKey; when it was */
	bool			 good, held;	/* its status: neither is revoked */
	bool			 replaced;	/* by an order that is not cancelled */
	bool			 by_key;	/* its own key signed in */
	const json_t		*in;
	json_t			*errors;	/* NULL: only asked whether it may be */
};
struct op {
	const char	*name, *text;		/* "renew", 更新 */
	bool		 ends_old;		/* the old pair is revoked when the new one is issued */
	bool		 same_key;		/* the new pair goes into the key of the old one */
	bool		 same_facts;		/* what was certified stands: the form is filled in */
	bool		 keeps;			/* the certificate stays, none is issued: order.concerns */
	/* ERR_WRONG_STATE with a sentence when the certificate does not qualify. */
	int		(*may)(const struct op_case *c, struct err *err);
	/* Years, amount and what else the applicant chose (c->in), into the fresh order. */
	int		(*prepare)(const struct op_case *c, struct order *o, struct err *err);
	/* What the page needs to offer it: into model.  NULL: nothing. */
	void		(*model)(const struct op_case *c, json_t *model);
	/* What happens to the old UKey when the new pair is issued, by the order; NULL: nothing. */
	enum medium_event (*leaves)(const struct order *o);
};
const struct op	*op_by_name(const char *name);		/* NULL: "new" and unknown ones */
const struct op	*op_row(size_t i);			/* NULL after the last */
bool		 op_keeps_key(const char *name);
/* Why the old pair is revoked (RFC 5280 5.3.1): its key may be in other hands, else superseded. */
int		 op_reason(const struct order *o);
/* What happens to the old UKey with this order, MEDIUM_NONE: it goes on. */
enum medium_event op_leaves_medium(const struct order *o);
/* 制作 for a first application */
const char	*op_text(const char *name);

/* A `prepare` where nothing is bought and nothing sent.  Can not fail. */
NODISCARD int	op_prepare_free(const struct op_case *c, struct order *o, struct err *err);

/* When the certificate of this order will end, about: a renewal's years count from the old end,
 * what buys no years keeps it. */
NODISCARD int	op_ends(struct db *db, const struct order *o, int64_t *ends, struct err *err);
/*
 * What the order changes of what was certified: [{"name","label","was","value"}] in the order of
 * the form; empty for a first application.  Inside a read.
 */
NODISCARD int	op_changes(struct db *db, struct hall *h, const struct order *o, json_t **list,
		    struct err *err);
/* Begin it for the account's own certificate; one already begun is gone on with.  no gets the
 * order's number.  The system begins it for the certificate's owner, who goes on with it. */
NODISCARD int	op_begin(struct hall *h, const struct who *who, const char *op, const char *serial,
		    const json_t *in, json_t *errors, char no[ORDER_NO], struct err *err);
/* The same inside a transaction; fresh: begun just now.  in: as for op_begin. */
NODISCARD int	op_begin_in(struct db *db, struct hall *h, const struct who *who, const char *op,
		    const char *serial, const json_t *in, json_t *errors, char no[ORDER_NO],
		    bool *fresh, struct err *err);
/* What would be said to somebody who asks for it. */
struct op_answer {
	bool		 may;
	char		 why[600];		/* why not, "" when it was begun */
	char		 begun[ORDER_NO];	/* the order that is one already, "" none */
	int64_t		 not_after;
	json_t		*model;			/* what its row adds to a page */
	struct order	 old;			/* that the certificate was issued for */
};
void		op_answer_release(struct op_answer *w);	/* of a zeroed one: no-op */
/* ERR_NOT_FOUND when the certificate is not the account's own. */
NODISCARD int	op_ask(struct db *db, struct hall *h, const struct who *who, const char *op,
		    const char *serial, struct op_answer *w, struct err *err);
/*
 * Into a certificate's model: what soft_model says, "replaced_by", "concerned_by" (orders, "" none) and for each operation
 * "may_<op>", "<op>_text" (why not, "" when it may) and what its row adds.
 */
NODISCARD int	ops_model(struct hall *h, const struct who *who, const char *serial,
		    json_t *model, struct err *err);

/* ---- the rules, for tests ---- */
enum renewal_answer { RENEWAL_OFF, RENEWAL_EARLY, RENEWAL_NOW, RENEWAL_LATE };
/* Fewer than before_days left, or ended no more than after_days ago; to the millisecond. */
enum renewal_answer	renewal_judge(int64_t not_after, int64_t now, int before_days,
			    int after_days);
/* A broken medium is free within `days` of its issue; a lost one never. */
int64_t		reissue_fee(int64_t issued, int64_t now, int days, int64_t fee, bool broken);
#endif

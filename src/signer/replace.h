#ifndef SIGNER_REPLACE_H
#define SIGNER_REPLACE_H
#include "signer/pair.h"
/*
 * The operations an approval may name, and what each does to the pair it replaces:
 *
 *	new	replaces nothing; valid from now for the years approved
 *	renew	the old pair goes on until its own end; the years count from that end
 *	reissue	the old pair is revoked (reason as approved); the new one ends when it would have
 *	change	as reissue, superseded; an organisation's identity code may be another one
 *
 * A pair is replaced once (a unique index says so too); one that was revoked never.
 */
struct replacement {
	const struct issue_op	*op;
	struct pair		 old;			/* empty for "new" */
};
/* Read op, replaces and reason of the approval; ERR_DENIED when they do not fit together. */
NODISCARD int	replacement_parse(struct replacement *r, const json_t *approval,
		    struct err *err);
void		replacement_release(struct replacement *r);
/*
 * Inside the transaction: the old pair stands as the operation wants it, and nobody replaced
 * it yet.  Loads r->old.
 */
NODISCARD int	replacement_check(struct db *db, struct replacement *r, const json_t *approval,
		    struct err *err);
/* When the new pair ends, for a start at `now` and the years approved. */
int64_t		replacement_not_after(const struct replacement *r, int64_t now, int years);
/* The rule of a renewal: whole years after the old end, or after now when that is over. */
int64_t		renewal_end(int64_t end, int64_t now, int years);
/* Do to the old pair what the operation says, in the transaction that keeps the new one. */
NODISCARD int	replacement_keep(struct db *db, const struct replacement *r,
		    const json_t *approval, struct err *err);
bool		replacement_takes_years(const struct replacement *r);
#endif

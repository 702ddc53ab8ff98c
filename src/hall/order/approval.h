#ifndef HALL_APPROVAL_H
#define HALL_APPROVAL_H
#include "hall/order/order.h"
/* The signed statement that lets a certificate be issued, or a UKey be unlocked
 * (doc/architecture.md). */
struct approval {
	struct buf	 statement;	/* canonical JSON */
	struct buf	 certificate;	/* officer's, DER; empty until signed */
	struct buf	 signature;	/* DER; empty until signed */
	int64_t		 version;	/* of the order that was looked at */
	int64_t		 staff;
	int64_t		 signed_at;	/* 0 before */
};
void		approval_init(struct approval *a);
void		approval_free(struct approval *a);
/* ERR_NOT_FOUND when none was made. */
NODISCARD int	approval_load(struct db *db, const struct order *o, struct approval *a,
		    struct err *err);
/* The canonical text for this order, officer, moment and seal (eseal_statement; NULL: none); appended. */
NODISCARD int	approval_statement(const struct order *o, const char *officer, int64_t now,
		    const json_t *seal, struct buf *out, struct err *err);
#endif

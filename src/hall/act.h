#ifndef HALL_ACT_H
#define HALL_ACT_H
#include "hall/order/order.h"
/*
 * One act on the store: what most functions of the hall share.  The runner loads the order
 * named `no` (when not NULL; its owner is checked), calls run() inside one transaction and
 * releases the order.  run() may be repeated by the store: model and errors are reset first.
 */
struct act {
	struct hall		*h;
	const struct who	*who;
	const char		*no;		/* order number, NULL: none */
	const char		*name;		/* further input, by the function's own meaning */
	const void		*p;
	size_t			 len;
	int64_t			 number;
	const json_t		*in;
	json_t			*errors;	/* caller's array, may be NULL */
	void			*extra;
	struct buf		*out;		/* bytes the caller wants */
	bool			 desk;		/* staff may do this write; otherwise it is
						   the applicant's alone */
	/* filled by run */
	json_t			*model;
	struct order		 o;
};
typedef int (*act_fn)(struct db *db, struct act *a, struct err *err);

NODISCARD int	act_write(struct act *a, act_fn run, struct err *err);
NODISCARD int	act_read(struct act *a, act_fn run, struct err *err);
/* Hand over the model: *model = a->model.  On failure it is dropped. */
int		act_model(struct act *a, int rc, json_t **model);

/* outbox_put; after the commit the gate is poked. */
NODISCARD int	hall_outbox_put(struct db *db, const struct hall *h, const char *kind,
		    const char *key, const json_t *payload, struct err *err);
void		hall_poke(struct hall *h);		/* pokes when something was put */
/*
 * After a row was written if it was still as it was read (`changed` rows): ERR_CONFLICT with a
 * sentence about `what` ("这笔交易") when somebody was first.
 */
NODISCARD int	hall_was_first(int64_t changed, const char *what, struct err *err);
/* ERR_DENIED with a sentence unless who has one of the roles. */
NODISCARD int	hall_need_role(const struct who *who, unsigned int roles, struct err *err);
/* Lists in pages: the page asked for by query.page, 1 or more; and into the model "total",
 * "page","pages","has_prev","has_next","prev","next_page". */
int64_t		page_number(const json_t *query);
void		page_numbers(json_t *model, int64_t total, int64_t page, int64_t size);
/* Copy every member of `from` (NULL: none) into obj. */
void		js_update(json_t *obj, const json_t *from);
/* "2026-11-21 09:05:07", "" for 0 */
void		js_set_time(json_t *obj, const char *key, int64_t ms);
/* key: "340.00", key_fen: 34000 */
void		js_set_fen(json_t *obj, const char *key, int64_t fen);
#endif

#ifndef HALL_BATCH_H
#define HALL_BATCH_H
#include "hall/order/order.h"
/*
 * 人员批量办理: the persons of one organisation, applied for together.  One application is filled
 * in as any other; from it the handler hands in a list of further persons (batch_list.h).  Each
 * becomes an order of its own with the first one's organisation, agent, years and way of
 * collection, all in one bundle (bundle.h): one payment, one page of progress.
 *
 * A list is taken whole, in one transaction, or not at all: nothing is half done when somebody
 * pulls the plug, and the list may be handed in again.  A person of whom this account has an open
 * application for the same product is refused: nobody twice.
 */

/*
 * {"may","why","no","subject","org_name","product_title","years","bundle" ("" none),"room" (how
 * many more),"lines":[{"i","n","text","error"}] of what was handed in,"has_lines","n_bad",
 * "agreements":[…]}
 */
NODISCARD int	batch_offer(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, const json_t *errors, json_t **model, struct err *err);
/*
 * in {"list": the text, or "l_<i>": one line each (mended ones); "agree_<id>": "1" for each agreement}.
 * What is wrong with a line is at "l_<i>".
 */
NODISCARD int	batch_add(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, char bundle[ORDER_NO], struct err *err);
/* Use the newest picture of each common paper (material `common: true`) for every order of the
 * bundle that may still change its papers and lacks it; n: how many were given. */
NODISCARD int	batch_share(struct hall *h, const struct who *who, const char *bundle, size_t *n,
		    struct err *err);
/* 人员批量办理清单, to be sealed. */
NODISCARD int	batch_print(struct hall *h, const struct who *who, const char *bundle,
		    struct buf *pdf, struct err *err);
#endif

#ifndef HALL_INVOICE_H
#define HALL_INVOICE_H
#include "gate/fact.h"
#include "hall/form/form.h"
#include "hall/order/order.h"
/*
 * Electronic invoices (数电票) of paid orders, one or several on one invoice, once each: an order is
 * claimed by one live invoice.  What may be asked for stands in the definition (halldef.h).
 *
 *	waiting		for the red letter of the one it replaces
 *	requested	the provider works on it
 *	issued		has a number; the PDF follows
 *	failed		refused: the applicant or finance mends title or number and asks again
 *	differs		issued with another amount than asked for: finance looks, and takes it back
 *	reversing, reversed	taken back by a red letter (红冲)
 *	dropped		not wanted any more, before it was issued
 *
 * A refund takes the invoice back; of several orders the others get a new one.
 *
 * An invoice in a model: {"no","state","state_text","kind","kind_text","invoice_title","tax_no",
 * "address","phone","bank","account","mail","amount","tax","number","red_number","has_file","created",
 * "issued","reversed","reason" (staff only),"may_mend","may_drop","may_reverse","may_retry"}
 */
extern const struct field form_invoice[], form_invoice_mend[];

/* What may still be invoiced, and the form: {"orders":[{"no","subject","title","amount",
 * "picked"}],"fixed","groups"}.  query {"order"}: picked beforehand. */
NODISCARD int	invoice_offer(struct hall *h, const struct who *who, const json_t *query,
		    json_t **model, struct err *err);
/* in: the form's fields and "order_<no>": "1" for each order.  no gets the invoice's number. */
#define INVOICE_NO	22
NODISCARD int	invoice_request(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, char no[INVOICE_NO], struct err *err);
/* query {"page"} -> {"rows":[…],"total","page",…,"may": how many orders wait for one} */
NODISCARD int	invoice_list(struct hall *h, const struct who *who, const json_t *query,
		    json_t **model, struct err *err);
/* The applicant's own, or any for finance; and {"orders":[{"no","subject","amount"}],"items",
 * "groups" (to mend it)}. */
NODISCARD int	invoice_view(struct hall *h, const struct who *who, const char *no,
		    json_t **model, struct err *err);
NODISCARD int	invoice_pdf(struct hall *h, const struct who *who, const char *no,
		    struct buf *pdf, struct err *err);
/*
 * Other data.  A failed one is asked for again (applicant or finance); an issued one is taken
 * back and a new one asked for (finance).
 */
NODISCARD int	invoice_mend(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);
/* A failed one is not wanted any more. */
NODISCARD int	invoice_drop(struct hall *h, const struct who *who, const char *no,
		    struct err *err);

/* Finance: query {"tab" (trouble|open|issued|reversed|all),"q","page"}. */
NODISCARD int	invoice_work(struct hall *h, const struct who *who, const json_t *query,
		    json_t **model, struct err *err);
/* Ask the provider again, as it was asked. */
NODISCARD int	invoice_retry(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
/* in {"reason"} */
NODISCARD int	invoice_reverse(struct hall *h, const struct who *who, const char *no,
		    const json_t *in, json_t *errors, struct err *err);

/* ---- between the files of the hall ---- */
/* Into an order's view: "invoices":[…], "may_invoice". */
NODISCARD int	invoice_order_model(struct db *db, const struct hall *h, const struct order *o,
		    json_t *model, struct err *err);
/* The order's money goes back. */
NODISCARD int	invoice_order_refunded(struct db *db, struct hall *h, const struct who *who,
		    const struct order *o, struct err *err);
NODISCARD int	invoice_apply(struct db *db, struct hall *h, const struct invoice_fact *f,
		    struct err *err);
#endif

#ifndef HALL_INVOICE_OWN_H
#define HALL_INVOICE_OWN_H
#include "hall/act.h"
#include "hall/invoice/invoice.h"
/* Between the files of invoices. */
struct invoice {
	int64_t	 id, account, version, attempt, amount, tax, replaces;
	int64_t	 created, issued_at, reversed_at;
	bool	 undo;
	char	 no[INVOICE_NO], state[16], kind[16], title[404];
	char	 code[48], number[48], red_number[48], reason[600], file[65];
	char	 red_reason[200];	/* why it is taken back, as the provider was told; "" */
	json_t	*buyer;		/* {"organisation","tax_no","address","phone","bank","account",
				   "mail"} */
	json_t	*items;		/* [{"name","tax_code","fen","rate"}] */
};
void		invoice_release(struct invoice *v);	/* of a zeroed struct: no-op */
NODISCARD int	invoice_from_row(const struct hall *h, struct rows *r, struct invoice *v,
		    struct err *err);
/* ERR_NOT_FOUND unless it is the account's own (finance and the system may see all). */
NODISCARD int	invoice_load(struct db *db, const struct hall *h, const struct who *who,
		    const char *no, struct invoice *v, struct err *err);
NODISCARD int	invoice_load_id(struct db *db, const struct hall *h, int64_t id,
		    struct invoice *v, struct err *err);
/* Fresh row; id, no and times are set.  state "requested" or "waiting". */
NODISCARD int	invoice_insert(struct db *db, const struct hall *h, struct invoice *v,
		    struct err *err);
/* By compare-and-set on the version. */
NODISCARD int	invoice_save(struct db *db, const struct hall *h, struct invoice *v,
		    struct err *err);
bool		invoice_is(const struct invoice *v, const char *state);
void		invoice_set(struct invoice *v, const char *state);
json_t		*invoice_model(const struct invoice *v, const struct who *who);
/* [{"no","subject","amount"}], with "id" for our own use. */
NODISCARD int	invoice_orders(struct db *db, const struct invoice *v, json_t **list,
		    struct err *err);

/* May it be invoiced (claims apart)?  A sentence when not. */
NODISCARD int	invoice_order_may(const struct hall *h, const struct order *o, struct err *err);
/* Title and number by the order itself; tax_no "" when it knows none. */
void		invoice_order_title(const struct order *o, const char **title,
		    const char **tax_no, bool *organisation);
/* Sum up these orders' lines into v->items and v->amount. */
NODISCARD int	invoice_sum_up(struct db *db, const struct hall *h, const json_t *orders,
		    struct invoice *v, struct err *err);
/* Check the form's values into kind, title and buyer; fixed: title and organisation stay. */
NODISCARD int	invoice_take_form(const struct hall *h, const json_t *in, struct invoice *v,
		    json_t *errors, struct err *err);
/* The form with these values. */
json_t		*invoice_form(struct hall *h, const struct field *fields, const struct invoice *v);

/* Put the request (invoice.issue) of this attempt; again: another key for the same. */
NODISCARD int	invoice_ask(struct db *db, const struct hall *h, const struct invoice *v,
		    bool again, struct err *err);
/* issued -> reversing, with the red letter asked for; asked again it keeps its first reason. */
NODISCARD int	invoice_take_back(struct db *db, struct hall *h, const struct who *who,
		    struct invoice *v, const char *reason, struct err *err);
/* A waiting one in v's place, for these orders; buyer, title and kind from `as`. */
NODISCARD int	invoice_succeed(struct db *db, struct hall *h, const struct who *who,
		    const struct invoice *v, const struct invoice *as, const json_t *orders,
		    struct err *err);
/* An order_event at each of the orders, and a journal line. */
NODISCARD int	invoice_note(struct db *db, struct hall *h, const struct who *who,
		    const struct invoice *v, const char *what, const char *note, struct err *err);
/* SMS to the first order's agent; values with "amount","number","invoice_title","url". */
NODISCARD int	invoice_tell(struct db *db, struct hall *h, const struct invoice *v,
		    const char *event, struct err *err);
#endif

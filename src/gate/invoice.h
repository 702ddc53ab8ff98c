#ifndef GATE_INVOICE_H
#define GATE_INVOICE_H
#include "base/json.h"
#include "gate/fact.h"
#include "gate/reply.h"
/*
 * Electronic invoices (数电票): invoice_<name>.c with INVOICE(name) in invoice.def.  The provider
 * only takes an application; what became of it is asked for.  One application is one invoice,
 * known by `ref`: applied for twice with the same content it is still one.
 */
struct invoice_req {
	const char	*ref;		/* ours */
	const json_t	*buyer;		/* {"title","tax_no","address","phone","bank","account",
					   "organisation" (bool)}; texts may be "" */
	bool		 special;	/* 专票, else 普票 */
	int64_t		 fen;		/* with tax */
	const char	*remark;
	const json_t	*items;		/* [{"name","tax_code" (19 digits),"fen" (with tax),
					   "rate" (in 1/10000)}]; they sum up to fen */
	const char	*code, *number, *reason;	/* reverse: of the invoice issued */
	bool		 reversed;	/* query: what is waited for is the red letter */
};

#define INVOICE_NO_TEXT	48
#define INVOICE_FILE	(4 * 1024 * 1024)
struct invoice_answer {
	enum invoice_state state;
	char		 code[INVOICE_NO_TEXT], number[INVOICE_NO_TEXT];	/* code: "" for
					   数电票, which have a number of 20 digits alone */
	char		 red_number[INVOICE_NO_TEXT];
	int64_t		 fen, tax;	/* as issued */
	int64_t		 at;
	struct buf	 file;		/* file; buf_init'ed by the caller, INVOICE_FILE */
};

struct invoice_provider {
	const char	*name;
	/* DONE: accepted.  REFUSED: what was asked can not be issued. */
	enum verdict	(*issue)(const struct invoice_req *q, struct invoice_answer *a,
			    struct reply *r);
	/* PENDING while it is being worked on; DONE with ISSUED, REVERSED or FAILED. */
	enum verdict	(*query)(const struct invoice_req *q, struct invoice_answer *a,
			    struct reply *r);
	/* The red letter (冲红) of an invoice issued.  DONE: accepted. */
	enum verdict	(*reverse)(const struct invoice_req *q, struct invoice_answer *a,
			    struct reply *r);
	/* The PDF. */
	enum verdict	(*file)(const struct invoice_req *q, struct invoice_answer *a,
			    struct reply *r);
};
extern const struct invoice_provider *const invoice_providers[];	/* ends with NULL */
const struct invoice_provider	*invoice_provider(void);	/* by the setting gate.invoice */

/* Tax contained in an amount, rate in 1/10000: half a fen is rounded up in the net amount. */
int64_t	invoice_tax(int64_t fen, int rate);
#endif

#ifndef GATE_BANK_H
#define GATE_BANK_H
#include "gate/bill.h"
#include "gate/gate.h"
#include "gate/reply.h"
/*
 * Remittances out of the company's account: bank_<name>.c with BANK(name) in bank.def.  The
 * functions speak the wire protocol and judge the answer's signature; they touch no store and
 * may block.
 */
struct bank_req {
	const char	*remit_no;		/* ours: the bank takes each once */
	const char	*holder, *account, *bank;	/* the payee */
	int64_t		 fen;
	const char	*remark;		/* the payee reads it on his statement */
	const char	*date;			/* statement: "2026-11-20", China */
};
#define BANK_NO_TEXT	64
struct bank_answer {
	bool			 found;		/* query: the bank knows the number */
	enum remit_state	 state;		/* when found */
	char			 bank_no[BANK_NO_TEXT];
	char			 reason[200];	/* failed, returned: the bank's words */
};
struct bank_provider {
	const char	*name;
	/*
	 * DONE: the bank took the order, its end is asked for by query.  REFUSED: it did not and
	 * nothing is paid.  The same remit_no twice MUST NOT pay twice.
	 */
	enum verdict	(*pay)(const struct bank_req *q, struct bank_answer *a, struct reply *r);
	/* DONE fills found, and the rest when found. */
	enum verdict	(*query)(const struct bank_req *q, struct bank_answer *a,
			    struct reply *r);
	/* All entries of that day that bear a number of ours (remit_is_ours): trade_no is it,
	 * channel_trade_no the bank's; a credit (money that came back) has refund_no "back". */
	enum verdict	(*statement)(const struct bank_req *q, struct bill *out,
			    struct reply *r);
};
extern const struct bank_provider *const bank_providers[];	/* ends with NULL */
const struct bank_provider	*bank_provider(void);	/* by the setting gate.bank; NULL: none */

bool	remit_is_ours(const char *number);
#endif

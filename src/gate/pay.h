#ifndef GATE_PAY_H
#define GATE_PAY_H
#include "gate/bill.h"
#include "gate/fact.h"
#include "gate/gate.h"
#include "gate/reply.h"
/*
 * A payment channel: pay_<name>.c with a row PAY(name) in pay.def.  The functions speak the
 * wire protocol and judge the answer's signature; they touch no store and may block.
 */
struct pay_req {
	const char	*trade_no;
	const char	*refund_no;	/* refund, refund_query */
	int64_t		 fen;		/* to pay or to give back */
	int64_t		 total_fen;	/* of the trade, for refund */
	const char	*subject;	/* shown to the payer; create */
	const char	*reason;	/* refund */
	int64_t		 expires;	/* ms; create, page */
	const char	*back;		/* path of ours the payer's browser comes back to; page */
};

#define PAY_QR_TEXT	4096
#define PAY_NO_TEXT	80
/* What a query, a refund or a notification tells. */
struct pay_answer {
	char		 qr[PAY_QR_TEXT];	/* create; page: the address to go to */
	char		 trade_no[PAY_NO_TEXT];
	char		 channel_trade_no[PAY_NO_TEXT];
	char		 refund_no[PAY_NO_TEXT];
	char		 channel_refund_no[PAY_NO_TEXT];
	int64_t		 fen;			/* paid, or given back */
	enum pay_state	 state;			/* query, notification; never PAY_DIFFERS */
	enum refund_state refund;		/* refund, refund_query, notification */
	int64_t		 at;			/* paid or given back */
};

enum pay_event { PAY_EVENT_TRADE, PAY_EVENT_REFUND, PAY_EVENT_OTHER };

struct pay_notice {
	char		 id[PAY_NO_TEXT];	/* the same in each repetition */
	enum pay_event	 event;			/* OTHER: nothing for us, answered with success */
	struct pay_answer answer;
};

struct pay_provider {
	const char	*name;		/* channel */
	/* MUST fill answer->qr.  The same trade_no twice MUST not make two payable trades. */
	enum verdict	(*create)(const struct pay_req *q, struct pay_answer *a,
			    struct reply *r);
	/*
	 * MAY be NULL.  Pay by logging in at the channel's own page: as create, but qr is an
	 * address, signed now, that the payer's browser opens.  The same trade_no again MUST lead
	 * to the same trade.
	 */
	enum verdict	(*page)(const struct pay_req *q, struct pay_answer *a,
			    struct reply *r);
	/* MUST fill state, fen, at and channel_trade_no. */
	enum verdict	(*query)(const struct pay_req *q, struct pay_answer *a,
			    struct reply *r);
	/* DONE: nobody can pay any more.  REFUSED: it is paid. */
	enum verdict	(*close)(const struct pay_req *q, struct pay_answer *a,
			    struct reply *r);
	/* MUST be harmless when repeated with the same refund_no. */
	enum verdict	(*refund)(const struct pay_req *q, struct pay_answer *a,
			    struct reply *r);
	enum verdict	(*refund_query)(const struct pay_req *q, struct pay_answer *a,
			    struct reply *r);
	/* Everything booked on this day of China ("2026-11-20"), which must be over. */
	enum verdict	(*bill)(const char *date, struct bill *out, struct reply *r);
	/* Check signature and merchant over the raw bytes first.  ERR_CRYPTO: forged or a
	 * probe; ERR_DENIED: meant for another merchant; ERR_INPUT: not understood. */
	int		(*notice)(const json_t *headers, const void *body, size_t len,
			    struct pay_notice *n, struct err *err);
	/* What the provider wants to hear. */
	void		(*answer)(bool ok, struct gate_answer *answer);
};

extern const struct pay_provider *const pay_providers[];	/* ends with NULL */
const struct pay_provider	*pay_by_name(const char *name);	/* NULL when unknown */
#endif

#ifndef GATE_FACT_H
#define GATE_FACT_H
#include "base/json.h"
/*
 * What gate learns from outside.  A fact says what is so at the provider, whatever way it was
 * learned: the same struct comes from a notification, from a query and from the answer to a
 * request.  Facts may come late, twice and out of order: whoever takes one (gate_sink) moves
 * its own state forward or leaves it, and gives 0 for what it has seen before.
 *
 * All pointers are borrowed until the callback returns and never NULL ("" when not known).
 */
struct db;

enum fact_source { FACT_ANSWER, FACT_NOTIFY, FACT_QUERY, FACT_HAND, FACT_BILL };

/* "alipay" or "wechat" is asked for money. */
enum pay_state {
	PAY_WAITING,	/* trade is open, nobody has paid */
	PAY_PAID,	/* exactly the amount asked for has been paid */
	PAY_DIFFERS,	/* paid, but another amount (fen) than asked for (wanted): never counts as
			   paid, somebody must look */
	PAY_CLOSED,	/* closed unpaid: nobody can pay it any more */
	PAY_NOT_FOUND,	/* the provider does not know the trade (Alipay: nobody scanned yet) */
	PAY_REFUNDED,	/* was paid and has been given back wholly */
};

struct pay_fact {
	const char	*channel;		/* "alipay", "wechat" */
	const char	*trade_no;		/* ours */
	const char	*channel_trade_no;	/* the provider's, "" before somebody paid */
	int64_t		 fen;			/* paid, 0 when not paid */
	int64_t		 wanted;		/* asked for in pay.create */
	enum pay_state	 state;
	int64_t		 paid_at;		/* ms, 0 when not paid */
	enum fact_source source;
};

/* The answer to pay.create: the text for the QR code, or why there is none. */
struct pay_created_fact {
	const char	*channel, *trade_no;
	bool		 ok;
	const char	*qr;		/* when ok; of a page: its address */
	int64_t		 expires;	/* ms; as given in the payload */
	const char	*sentence;	/* Chinese, when not ok */
	const char	*code;		/* the provider's, when not ok */
};

enum refund_state {
	REFUND_DONE,		/* the money is on its way back */
	REFUND_PENDING,		/* accepted; gate keeps asking */
	REFUND_FAILED,		/* refused for good: a person must look */
};

struct refund_fact {
	const char	*channel, *trade_no, *refund_no;	/* both ours */
	const char	*channel_refund_no;
	int64_t		 fen;
	enum refund_state state;
	int64_t		 at;		/* ms, 0 when not known */
	const char	*code, *sentence;	/* when failed */
	enum fact_source source;
};

enum ident_result {
	IDENT_CONSISTENT,	/* the data belong together; the face is the person's */
	IDENT_INCONSISTENT,	/* they do not: the person may mend and try again */
	IDENT_NO_RECORD,	/* the source knows nothing: not the person's fault, vet by hand */
	IDENT_INVALID_INPUT,	/* the provider refuses the form of the data */
	IDENT_BUSY,		/* the provider fails: later, or by hand */
	IDENT_LIMITED,		/* too many tries */
	IDENT_STARTED,		/* face_init only: url and certify_id are set */
	IDENT_PENDING,		/* face: not finished yet; gate keeps asking until it expires */
	IDENT_EXPIRED,		/* face: the page was not used in time */
};

enum ident_method { IDENT_MOBILE3, IDENT_FACE_INIT, IDENT_FACE,
	IDENT_CARD4,	/* name, ID number, card and the phone left with the bank */
	IDENT_COMPANY	/* an organisation's name and code, its legal representative's name and ID */
};

struct ident_fact {
	const char	*request_id;	/* as in the payload */
	enum ident_method method;
	enum ident_result result;
	const char	*code;		/* the provider's codes, "2/201" */
	const char	*sentence;	/* Chinese, what to do next; "" when consistent */
	const char	*certify_id;	/* face */
	const char	*url;		/* face_init: send the phone there */
	const char	*provider_no;	/* the provider's request id */
	const char	*evidence;	/* SM3 of the raw answer, hex */
	int64_t		 at;		/* ms */
};

/* A small sum out of our account to somebody's, with words on his statement. */
enum remit_state {
	REMIT_ACCEPTED,	/* the bank has it; gate keeps asking */
	REMIT_PAID,	/* it left our account for good, unless it comes back later */
	REMIT_FAILED,	/* it never left: refused, or given up before it was sent */
	REMIT_RETURNED,	/* it left and came back */
	REMIT_UNKNOWN,	/* nobody knows whether it left: a person must look; never sent again */
};
struct remit_fact {
	const char	*remit_no;	/* ours */
	const char	*bank_no;	/* the bank's */
	enum remit_state state;
	const char	*reason;	/* the bank's words, when failed or returned */
	int64_t		 at;		/* ms */
	enum fact_source source;
};

enum notice_state { NOTICE_SENT, NOTICE_FAILED, NOTICE_UNKNOWN };

/* One row of a bill (bill.h). */
struct bill_row {
	char	 trade_no[80];
	char	 channel_trade_no[80];
	char	 refund_no[80];			/* "": a payment */
	int64_t	 fen;				/* paid or given back, positive */
};
/* What a channel booked on a day, whole; channel "bank": our remittances, refund_no "back" is one
 * that came back. */
struct bill_fact {
	const char		*channel, *date;	/* "2026-11-20", China */
	int64_t			 from, to;		/* of that day, ms */
	bool			 ok;			/* false: no bill was to be had */
	const struct bill_row	*row;
	size_t			 n;
	const char		*detail;		/* for operators, when not ok */
};

/* An SMS or a mail left the house, or did not. */
struct notice_fact {
	const char	*kind;		/* "sms", "mail" */
	const char	*idem_key;	/* of the outbox row */
	enum notice_state state;
	const char	*provider_no;	/* BizId or Message-ID */
	const char	*code, *sentence;	/* when not sent */
};

enum invoice_state {
	INVOICE_ACCEPTED,	/* the provider works on it */
	INVOICE_ISSUED,
	INVOICE_REVERSING,	/* the red letter was accepted */
	INVOICE_REVERSED,
	INVOICE_FAILED,		/* refused for good, or the red letter was: a person must look */
	INVOICE_GIVEN_UP,	/* nobody knows what became of it; asking again is safe */
	INVOICE_FILE_READY,	/* the PDF of one that was issued */
};

struct invoice_fact {
	const char	*ref;			/* ours, of this try */
	enum invoice_state state;
	bool		 reversal;		/* it was the red letter that failed or is unknown */
	const char	*code, *number, *red_number;
	int64_t		 fen, tax;		/* as issued */
	int64_t		 at;			/* ms */
	const char	*reason_code, *reason;	/* FAILED, GIVEN_UP: the provider's, for operators */
	const void	*file;			/* FILE_READY */
	size_t		 file_len;
};

/* An event went to a relying system, or was given up. */
struct webhook_fact {
	const char	*app, *id;
	bool		 sent;
	bool		 gone;		/* the receiver answered 410: it wants no more */
};

/* A platform whose users arrive here signed in (oidc.h); borrowed from who knows it. */
struct gate_platform {
	const char	*id;			/* each has a circuit breaker of its own */
	const char	*issuer, *client_id;
	const char	*secret_file;		/* below data.dir */
};

/* What was heard of a platform: what it publishes (ref ""), or who came back with a code. */
struct platform_fact {
	const char	*platform;		/* its id */
	const char	*ref;			/* of the sign-in */
	bool		 ok;
	const char	*reason;		/* when not: "unreachable", "refused", "token" … */
	const char	*detail;		/* for operators */
	const char	*authorize;		/* published: where the browser goes */
	bool		 names_itself;		/* published: answers carry iss (RFC 9207) */
	const json_t	*claims;		/* of who came back; NULL */
};

#define EXPRESS_WAYBILL	40
#define EXPRESS_ROUTES	100
/* One scan of a parcel. */
struct express_route {
	int64_t	 at;
	char	 place[100], text[400], code[16];
};
enum express_what { EXPRESS_ORDERED, EXPRESS_NOT_ORDERED, EXPRESS_CANCELLED,
	EXPRESS_NOT_CANCELLED, EXPRESS_ROUTES_KNOWN };

struct express_fact {
	enum express_what what;
	const char	*ref;			/* of the order; "" for routes */
	const char	*waybill;		/* ORDERED, ROUTES_KNOWN */
	const struct express_route *route;	/* oldest first; all that is known so far */
	size_t		 n;
	int64_t		 signed_at;		/* 0: not yet */
	const char	*reason_code, *reason;
};

const char	*pay_state_name(enum pay_state state);		/* "waiting" … */
const char	*ident_result_name(enum ident_result result);	/* "CONSISTENT" … */
const char	*remit_state_name(enum remit_state state);	/* "accepted" … */
const char	*fact_source_name(enum fact_source source);	/* "answer" … */

/* What has to be done now and then; a name in lower case for log and metric. */
struct gate_part {
	const char	*name;
	int		(*run)(struct db *db, int64_t now, struct err *err);
};

/*
 * Where facts go; set by src/main, implemented by the hall.  Each runs inside the transaction
 * that also records in outbox or inbox that the fact was delivered: -1 rolls both back and the
 * fact comes again later.  The db belongs to the hall store.  Any member may be NULL: dropped.
 */
struct gate_sink {
	int	(*payment)(struct db *db, const struct pay_fact *fact, struct err *err);
	int	(*pay_created)(struct db *db, const struct pay_created_fact *fact,
		    struct err *err);
	int	(*refund)(struct db *db, const struct refund_fact *fact, struct err *err);
	int	(*identity)(struct db *db, const struct ident_fact *fact, struct err *err);
	int	(*remittance)(struct db *db, const struct remit_fact *fact, struct err *err);
	int	(*notice)(struct db *db, const struct notice_fact *fact, struct err *err);
	int	(*bill)(struct db *db, const struct bill_fact *fact, struct err *err);
	int	(*invoice)(struct db *db, const struct invoice_fact *fact, struct err *err);
	int	(*express)(struct db *db, const struct express_fact *fact, struct err *err);
	int	(*webhook)(struct db *db, const struct webhook_fact *fact, struct err *err);
	int	(*platform_told)(struct db *db, const struct platform_fact *fact, struct err *err);
	/* Outside transactions: the platform of this id, -1 when there is none. */
	int	(*platform)(const char *id, struct gate_platform *out);
	/* Once a minute, each in a transaction of its own; ends with name NULL. */
	const struct gate_part	*tick;
};
#endif

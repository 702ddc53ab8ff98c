#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H
#include "base/json.h"
#include "http/server.h"
#include <openssl/evp.h>
#include <pthread.h>
/*
 * yinxin-sandbox: the outside world of a hall on one machine.  SMS, identity, Alipay, WeChat
 * Pay, a bank and mail as their vendors speak, with strict checks of our signatures; pages that stand
 * for phones, cashiers and mailboxes; switches that make it fail.  For development, tests and
 * demonstrations only: it holds no real money, knows no real person and listens on loopback.
 *
 * The whole state is one JSON object under one lock: lists "sms", "mails", "notifications",
 * "people", "cards", "companies", "accounts", "entries" (of statements), "faults"; objects by
 * number "trades", "refunds", "faces", "payouts", "fapiao", "parcels".  Lists keep
 * their newest SB_KEEP entries.  With --state it is written to <dir>/state.json.
 */
#define SB_KEEP		500
#define SB_OBJECTS	5000
#define SB_BILL_MAX	(16 * 1024 * 1024)

struct sandbox {
	pthread_mutex_t	 lock;		/* of state */
	json_t		*state;
	const char	*dir;		/* --state, NULL: nothing is kept */
	const char	*gate_dir;	/* --gate-dir, NULL: paths of the settings */
	const char	*hall_url;	/* --hall-url */
	const char	*hall_file;	/* --hall-file: texts of the SMS templates */
	const char	*ca_file;	/* --ca: checks the hall's TLS; NULL: not checked */
	char		 base[64];	/* http://127.0.0.1:18080 */
	int		 http_port, smtp_port;
	double		 factor;	/* of the vendors' retry times */
	EVP_PKEY	*alipay, *wechat;	/* the platforms' keys */
	EVP_PKEY	*alipay_app, *wechat_merchant;	/* the merchant's, for checking */
	EVP_PKEY	*bank, *bank_client;	/* SM2: the bank's, and the company's for checking */
};
extern struct sandbox	sb;

/* One request being answered; the lock is held. */
struct sb_call {
	const struct http_request *req;
	struct http_response	*res;
	const char		*rest;		/* path behind the route's prefix */
	json_t			*query;		/* fields of the query */
	json_t			*form;		/* fields of a form body, or an empty object */
	const char		*api;		/* set by vendors' handlers: "alipay.query" */
	int64_t			 delay_ms;	/* before the answer is sent, without the lock */
};
struct sb_route {
	const char	*method;	/* NULL: any */
	const char	*path;		/* exact; with '*' at the end: prefix */
	void		(*answer)(struct sb_call *c);
};
/* Tables of the parts; each ends with path NULL. */
extern const struct sb_route	sb_routes_aliyun[], sb_routes_alipay[], sb_routes_wechat[],
				sb_routes_bank[], sb_routes_pages[], sb_routes_control[],
				sb_routes_tax[], sb_routes_sf[], sb_routes_webhook[],
				sb_routes_platform[];

/* State: state.c */
NODISCARD int	 sb_state_load(struct err *err);
void		 sb_state_save(void);
json_t		*sb_list(const char *name);			/* borrowed */
json_t		*sb_map(const char *name);			/* borrowed */
void		 sb_push(const char *list, json_t *entry);	/* takes entry */
void		 sb_put(const char *map, const char *key, json_t *entry);	/* takes entry */
/* Is this fault switched on?  Counts one use. value may be NULL. */
bool		 sb_fault(const char *api, const char *what, int64_t *value);
json_t		*sb_person(const char *id_no);			/* NULL: not registered */
void		 sb_seed(void);					/* demo people and companies */

/* Keys and signatures: keys.c */
NODISCARD int	 sb_keys_load(struct err *err);
void		 sb_sign(EVP_PKEY *key, const char *text, size_t len, struct buf *base64);
bool		 sb_verify(EVP_PKEY *key, const char *text, size_t len, const char *base64);
void		 sb_sha256_hex(const void *p, size_t len, char hex[65]);

/* Trades: trade.c.  A trade {"channel","no","channel_no","code","qr","fen","subject",
 * "state" waiting|paid|closed|refunded,"notify_url","created","expires","paid_fen","paid_at",
 * "refunded_fen","return_url"? (paid at Alipay's page)}. */
json_t		*sb_trade(const char *channel, const char *no);
json_t		*sb_trade_by_qr(const char *text);	/* QR text, code, page or our number */
json_t		*sb_trade_new(const char *channel, const char *no, int64_t fen,
		    const char *subject, const char *notify_url, int64_t expires);
bool		 sb_trade_is_open(json_t *trade);	/* closes it when expired */
/* What the payer does; a sentence when impossible, else NULL. */
const char	*sb_trade_pay(json_t *trade, int64_t fen);
/* {"no","trade_no","channel","channel_no","fen","at","state"} */
json_t		*sb_refund(const char *channel, const char *no);

/*
 * The bank: bank.c.  An account {"account","holder","bank"}; a payout {"no","bank_no","account",
 * "holder","bank","fen","remark","state" bank|paid|failed|returned,"reason","at"}; an entry
 * {"account","dc","fen","other","name","no","bank_no","remark","at"}.
 */
json_t		*sb_account(const char *account);		/* NULL: there is none */
/* End a payout: what is settle, fail or return; a sentence when impossible, else NULL. */
const char	*sb_payout_do(json_t *payout, const char *what);
void		 sb_sm2_sign(EVP_PKEY *key, const char *id, const struct buf *text,
		    struct buf *base64);
bool		 sb_sm2_verify(EVP_PKEY *key, const char *id, const struct buf *text,
		    const char *base64);

/* Bills: bill.c.  ERR_INPUT: the day is not over; ERR_NOT_FOUND: nothing happened. */
NODISCARD int	 sb_bill_csv(const char *channel, const char *date, struct buf *out,
		    struct err *err);
void		 sb_bill_zip(const struct buf *csv, const char *date, struct buf *out);

/* Notifications: notify.c */
enum sb_notify_kind { SB_NOTIFY_PAID, SB_NOTIFY_REFUND };
/* Queue with the faults switched on for <channel>.notify. object: trade or refund. */
void		 sb_notify(json_t *trade, json_t *refund);
/* Queue one by hand: what is "" (again), "forged", "amount", "merchant", "signtest". */
void		 sb_notify_by_hand(json_t *trade, json_t *refund, const char *what);
NODISCARD int	 sb_notify_start(struct err *err);
/* Bodies, by the vendors' parts. what as above; *body and *headers ("Name: value", array). */
void		 sb_alipay_notice(json_t *trade, json_t *refund, const char *id,
		    const char *what, struct buf *body);
/* Back to the shop's return_url, after the page. */
void		 sb_alipay_return(json_t *trade, struct buf *url);
void		 sb_wechat_notice(json_t *trade, json_t *refund, const char *id,
		    const char *what, struct buf *body);
void		 sb_wechat_headers(const struct buf *body, const char *what, json_t *headers);

/* WeChat's API v3, for whoever else speaks it: wechat.c.  A request that is not allowed was
 * answered; answers are signed and take value (NULL: no body). */
bool		 sb_wechat_allowed(struct sb_call *c);
json_t		*sb_wechat_body(struct sb_call *c);	/* NULL: was answered */
void		 sb_wechat_answer(struct sb_call *c, int status, json_t *value);
void		 sb_wechat_error(struct sb_call *c, int status, const char *code,
		    const char *message);
const char	*sb_wechat_rfc3339(int64_t ms, char text[64]);

/* Push the newest scan of a parcel to the hall (notify.c); the body is made by sf.c. */
void		 sb_notify_parcel(json_t *parcel);
void		 sb_sf_push(json_t *parcel, struct buf *body);

/* SMS templates: template.c */
void		 sb_templates_load(const char *path);	/* a hall's definition; may be missing */
void		 sb_template_fill(const char *code, json_t *params, struct buf *out);

/* Mail: smtp.c, mime.c */
NODISCARD int	 sb_smtp_start(int port, struct err *err);
json_t		*sb_mime_read(const char *p, size_t len);	/* {"from","subject",…} */

/* Answers */
void		 sb_json(struct sb_call *c, int status, json_t *value);	/* takes value */
void		 sb_page_begin(struct sb_call *c, const char *title);
void		 sb_page_end(struct sb_call *c);
void		 sb_html(struct buf *b, const char *text);	/* escaped */
void		 sb_redirect(struct sb_call *c, const char *to);
void		 sb_error_page(struct sb_call *c, int status, const char *text);
const char	*sb_time(int64_t ms);				/* static per thread */
#endif

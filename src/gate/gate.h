#ifndef GATE_GATE_H
#define GATE_GATE_H
#include "base/json.h"
#include "gate/fact.h"
/*
 * The outside world: SMS, mail, money, identity, invoices, couriers.
 *
 * The business never calls outside.  It puts a row in the outbox inside its own transaction
 * (outbox_put); the gate process works the outbox off and brings back facts (fact.h) through
 * gate_sink.  At least once: a request may be made twice, so each carries a number of ours by
 * which the provider knows it again (trade_no, refund_no, request_id, Message-ID).  The
 * exception is SMS: it is never repeated when nobody knows whether the first one left.
 */
struct store;
struct seal;

/* Numbers of our remittances begin with this: the account may serve other purposes too. */
#define REMIT_PREFIX	"YXR"
/* Fen, of one remittance: more is not sent, whoever put it (bank.pay). */
#define REMIT_MOST	99

/*
 * Queue a request.  kind and payload (an object, borrowed):
 *
 *	sms		{"phone","template" (the provider's template code),"params":{name: text},
 *			"expires"? (ms: of no use afterwards)}
 *	mail		{"to","subject","text","html"?,"attachment"? {"name","type","bytes"}}
 *	pay.create	{"channel","trade_no","fen","subject","expires" (ms),"back"?}
 *			back, a path of ours: paying at the channel's page, from which the payer's
 *			browser comes back there; put again for an address signed anew.
 *			brings pay_created; then the trade is queried by itself after 10 s, 30 s,
 *			1, 3, 10 and 30 min, and closed and queried a last time when it expires
 *	pay.query	{"channel","trade_no"}			brings payment
 *	pay.close	{"channel","trade_no"}			brings payment
 *	pay.refund	{"channel","trade_no","refund_no","fen","total_fen","reason"}
 *			brings refund; asked again by itself while pending
 *	pay.refund_query {"channel","trade_no","refund_no","fen"}	brings refund
 *	pay.bill	{"channel","date" ("2026-11-20")}	brings bill; gate puts one a
 *			channel and day by itself
 *	ident.mobile3	{"request_id","name","id_no","phone"}	brings identity
 *	ident.card4	{"request_id","name","id_no","phone","card"}	brings identity
 *	ident.company	{"request_id","company","code","name","id_no"}: is this person the legal
 *			representative of this organisation?	brings identity
 *	bank.pay	{"remit_no","holder","account","bank","fen","remark"}: a remittance out of our
 *			account.  Before it is sent the bank is asked whether it has it already, and
 *			the bank takes a number once: it is never paid twice.  Brings remittance, and
 *			gate goes on asking until its end is known, and again after one day and three
 *	bank.query	{"remit_no"}				brings remittance
 *	bank.statement	{"date"}		brings bill of channel "bank"; gate puts one a day
 *	ident.face_init	{"request_id","name","id_no","return_url","meta_info"}
 *			brings identity (STARTED); then the result is asked for by itself until
 *			it is known or the page expires (10 min)
 *	ident.face_query {"request_id","certify_id"}		brings identity; to be put when the
 *			browser comes back to return_url
 *
 *	invoice.issue	{"ref","kind" ("common" | "special"),"buyer","fen","items","remark"} as in
 *			invoice.h; brings invoice; then asked about until it is issued or failed, and
 *			its file is fetched
 *	invoice.query	{"ref"} brings invoice: puts the question again by hand
 *	invoice.reverse	{"ref","code","number","reason"} brings invoice
 *	express.order	{"ref","sender","receiver","collect" (bool),"cargo"} brings express
 *	express.cancel	{"ref"} brings express
 *	express.route	{"waybill","tail","until" (ms)} brings express, and again every
 *			gate.express_minutes until it is signed for or `until`
 *
 *	platform.discover {"platform"}: what it publishes; brings platform_told
 *	platform.code	{"ref","platform","code","verifier","nonce","redirect"}: who came back from a
 *			platform's sign-in (oidc.h); asked once; brings platform_told
 *
 *	webhook		{"app" (ref),"id","url","body","secrets":[base64 of 32 bytes]} as in webhook.h;
 *			brings webhook
 *
 * channel is "alipay" or "wechat".  trade_no, refund_no, remit_no: 6 to 32 of [A-Za-z0-9_];
 * a remit_no begins with REMIT_PREFIX.
 * request_id: 1 to 32 of [A-Za-z0-9_].  idem_key is unique over the outbox: a second put
 * with the same key changes nothing and is no error.  The payload is sealed in the store.
 * ERR_INPUT when a field is missing or malformed.  After the commit call gate_poke().
 */
NODISCARD int	outbox_put(struct db *db, const struct seal *seal, const char *kind,
		    const char *idem_key, const json_t *payload, struct err *err);

/*
 * Rows that were given up (dead), refused by the provider (failed) or whose end nobody knows
 * (unknown), the newest 200: [{"no","kind","key","state","attempts","error" (for operators,
 * masked),"created","ended","may_retry"}].
 */
NODISCARD int	outbox_troubles(struct db *db, json_t **list, struct err *err);
/* Take such a row up again from the beginning.  ERR_NOT_FOUND, ERR_WRONG_STATE (another kind of
 * row, or somebody was faster), ERR_EXPIRED; sentences for people.  Then gate_poke(). */
NODISCARD int	outbox_retry(struct db *db, const struct seal *seal, int64_t no,
		    struct err *err);
/* Somebody has seen to it otherwise: the row is kept, out of the list. */
NODISCARD int	outbox_drop(struct db *db, int64_t no, struct err *err);

/* May a webhook go to this address at all?  ERR_INPUT with a sentence for people. */
#define WEBHOOK_SECRET	32			/* bytes of a secret */
#define WEBHOOK_URL	300			/* longest address */
NODISCARD int	webhook_check_url(const char *url, struct err *err);

/* Tell the gate process that the outbox has new rows; failing is harmless (it looks itself
 * every second). */
void		gate_poke(void);

/*
 * Hand a provider's notification to the gate process: channel is "alipay", "wechat" or "sf",
 * headers an object of lower-case names, body the raw bytes.  The answer is to be sent to the
 * provider as it is.  The web process serves it at <web.public_url>/notify/<channel>.
 */
struct gate_answer {
	int		 status;
	char		 type[64];	/* Content-Type, "" without body */
	struct buf	 body;		/* buf_init'ed by gate_notify; buf_free it */
};
NODISCARD int	gate_notify(const char *channel, const json_t *headers, const void *body,
		    size_t len, struct gate_answer *answer, struct err *err);

/*
 * Numbers for /metrics, beside those of ipc_answer_stats: counted since the start {"sent_total",
 * "failed_total","unknown_total","dead_total","notify_ok_total","notify_duplicate_total",
 * "notify_refused_total"}; as it stands {"outbox_waiting","outbox_sending","outbox_failed",
 * "outbox_unknown","outbox_dead" (rows in this state),"outbox_late_ms" (how long the oldest
 * row that is due has waited),"breaker_open"}.
 */
NODISCARD int	gate_stats(json_t **stats, struct err *err);

/* The gate process: opens the hall store, works until SIGTERM. */
NODISCARD int	gate_main(const struct gate_sink *sink, struct err *err);

/* Paths below web.public_url that are ours. */
#define GATE_NOTIFY_PATH	"/notify/"	/* + channel */
#endif

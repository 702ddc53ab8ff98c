#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "gate/message.h"
#include "store/seal.h"
#include "store/store.h"

/* Notifications: signature first, over the raw bytes; then once and only once. */

#define NOTIFY_MAX	(256 * 1024)
#define NOTIFY_CONTEXT	"inbox.body"

struct notify {
	struct gate		*gate;
	const char		*channel;
	const struct pay_notice	*notice;
	const void		*body;
	size_t			 len;
	bool			 duplicate;
};

static int
notify_store(struct notify *n, struct db *db, int64_t *fresh, struct err *err)
{
	const struct pay_answer	*a = &n->notice->answer;
	struct buf		 sealed;
	int			 rc = -1;

	buf_init(&sealed, NOTIFY_MAX + SEAL_OVERHEAD);
	seal_add(n->gate->seal, NOTIFY_CONTEXT, n->body, n->len, &sealed);
	if (buf_check(&sealed, err) == 0)
		rc = db_run(db, SQL_INBOX_PUT, fresh, err, DB_TEXT(n->channel),
		    DB_TEXT(n->notice->id),
		    DB_TEXT(n->notice->event == PAY_EVENT_REFUND ? a->refund_no : a->trade_no),
		    DB_BLOB(sealed.p, sealed.len),
		    DB_TEXT(n->notice->event == PAY_EVENT_OTHER ? "ignored" : "taken"),
		    DB_INT(clock_now()));
	buf_free(&sealed);
	return rc;
}

static int
notify_write(struct db *db, void *arg, struct err *err)
{
	struct notify		*n = arg;
	struct reply		 r = {0};
	int64_t			 fresh = 0;

	n->duplicate = false;
	if (notify_store(n, db, &fresh, err) < 0)
		return -1;
	if (fresh == 0) {
		n->duplicate = true;
		return 0;
	}
	if (n->notice->event == PAY_EVENT_TRADE)
		return pay_deliver(n->gate, db, n->channel, &n->notice->answer, FACT_NOTIFY,
		    err);
	if (n->notice->event == PAY_EVENT_REFUND && n->notice->answer.refund_no[0] != '\0')
		return refund_deliver(n->gate, db, n->channel, &n->notice->answer, &r,
		    FACT_NOTIFY, err);
	return 0;
}

static void
notify_refuse(struct gate *g, const struct pay_provider *p, const struct err *err,
    struct gate_answer *answer)
{
	gate_count(g, GATE_NOTIFY_REFUSED);
	log_kv(LOG_WARN, "gate.notify_refused", LOG_S("channel", p->name),
	    LOG_S("why", err->text));
	p->answer(false, answer);
}

struct push { struct gate *gate; const json_t *waybills; };

static int
notify_push_write(struct db *db, void *arg, struct err *err)
{
	struct push	*p = arg;

	return express_ask(p->gate, db, p->waybills, err);
}

/* A courier's push: the reason to ask, nothing more. */
static void
notify_push(struct gate *g, const struct express_provider *p, const void *body, size_t len,
    struct gate_answer *answer)
{
	struct err	 err = {0};
	json_t		*waybills = NULL;
	struct push	 push = {.gate = g};

	if (len > NOTIFY_MAX)
		err_set(&err, ERR_LIMIT, "push of %zu bytes", len);
	else if (p->push(body, len, &waybills, &err) == 0) {
		push.waybills = waybills;
		if (store_write(g->store, notify_push_write, &push, &err) == 0)
			gate_wake(g);
	}
	json_decref(waybills);
	gate_count(g, err.kind == ERR_NONE ? GATE_NOTIFY_OK : GATE_NOTIFY_REFUSED);
	if (err.kind != ERR_NONE)
		log_kv(LOG_WARN, "gate.push_refused", LOG_S("channel", p->name),
		    LOG_S("why", err.text));
	p->answer(err.kind == ERR_NONE, answer);
}

/* ---- delivery reports of SMS ---- */

struct reports { const json_t *list; };

static int
notify_report_write(struct db *db, void *arg, struct err *err)
{
	const struct reports	*r = arg;
	const json_t		*row;
	char			 why[80];
	size_t			 i;
	int			 rc = 0;

	json_array_foreach(r->list, i, row) {
		snprintf(why, sizeof(why), "not delivered: %.60s", js_str(row, "code"));
		rc = js_bool(row, "arrived") ? db_run(db, SQL_OUTBOX_ARRIVED, NULL, err,
		    DB_INT(js_int(row, "id", 0)), DB_BLOB("", 0), DB_INT(clock_now())) :
		    db_run(db, SQL_OUTBOX_LOST, NULL, err, DB_INT(js_int(row, "id", 0)),
		    DB_TEXT(why), DB_INT(clock_now()));
		if (rc < 0)
			return -1;
	}
	return 0;
}

static bool
notify_is_report(const char *channel)
{
	const char	*secret = conf_str("gate.sms_report_secret");
	const char	*have = channel + strlen("sms-");

	return secret[0] != '\0' && str_has_prefix(channel, "sms-") &&
	    secret_equal(have, strlen(have), secret, strlen(secret));
}

/* What left the house and did not arrive stands with the rest that could not be delivered. */
static void
notify_reports(struct gate *g, const void *body, size_t len, struct gate_answer *answer)
{
	struct err	 err = {0};
	json_t		*list = NULL;
	struct reports	 r = {NULL};

	if (len > NOTIFY_MAX)
		err_set(&err, ERR_LIMIT, "reports of %zu bytes", len);
	else if (sms_provider()->reports(body, len, &list, &err) == 0) {
		r.list = list;
		(void)(store_write(g->store, notify_report_write, &r, &err) == 0);
	}
	gate_count(g, err.kind == ERR_NONE ? GATE_NOTIFY_OK : GATE_NOTIFY_REFUSED);
	if (err.kind != ERR_NONE)
		log_kv(LOG_WARN, "gate.reports_refused", LOG_S("why", err.text));
	answer->status = err.kind == ERR_NONE ? 200 : err_row(err.kind)->http_status;
	snprintf(answer->type, sizeof(answer->type), "application/json; charset=utf-8");
	if (err.kind == ERR_NONE)
		buf_addstr(&answer->body, sms_provider()->report_taken);
	json_decref(list);
}

void
notify_take(struct gate *g, const char *channel, const json_t *headers, const void *body,
    size_t len, struct gate_answer *answer)
{
	const struct pay_provider	*p = pay_by_name(channel);
	struct pay_notice		 notice = {0};
	struct notify			 n = {.gate = g, .channel = channel, .notice = &notice,
		.body = body, .len = len};
	struct err			 err = {0};

	if (express_by_name(channel) != NULL) {
		notify_push(g, express_by_name(channel), body, len, answer);
		return;
	}
	if (notify_is_report(channel)) {
		notify_reports(g, body, len, answer);
		return;
	}
	if (p == NULL) {
		answer->status = 404;
		return;
	}
	if (len > NOTIFY_MAX)
		err_set(&err, ERR_LIMIT, "notification of %zu bytes", len);
	else if (p->notice(headers, body, len, &notice, &err) == 0)
		(void)(store_write(g->store, notify_write, &n, &err) == 0);
	if (err.kind != ERR_NONE) {
		notify_refuse(g, p, &err, answer);
		return;
	}
	gate_count(g, n.duplicate ? GATE_NOTIFY_DUPLICATE : GATE_NOTIFY_OK);
	log_kv(LOG_INFO, "gate.notify", LOG_S("channel", channel), LOG_S("event", notice.id),
	    LOG_S("trade", notice.answer.trade_no), LOG_I("duplicate", n.duplicate));
	p->answer(true, answer);
}

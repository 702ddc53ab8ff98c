#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "http/client.h"

/* Notifications to the hall, with the vendors' own schedules of repetition. */

#define NOTIFY_TICK_US	20000
#define NOTIFY_MAX	(256 * 1024)

static const int	 alipay_minutes[] = {4, 10, 10, 60, 120, 360, 900};
static const int	 wechat_seconds[] = {15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600,
	10800, 10800, 10800, 21600, 21600};

static const int	 sf_seconds[] = {60, 60};	/* three tries in all */

/* When the next try is made after `attempt` failed ones; -1: never again. */
static int64_t
notify_next(const char *channel, int64_t attempt)
{
	static const struct {
		const char	*channel;
		const int	*wait;
		int64_t		 n, unit;
	} schedules[] = {
		{"alipay", alipay_minutes, ARRAY_LEN(alipay_minutes), CLOCK_MINUTE},
		{"wechat", wechat_seconds, ARRAY_LEN(wechat_seconds), CLOCK_SECOND},
		{"sf", sf_seconds, ARRAY_LEN(sf_seconds), CLOCK_SECOND},
	};
	int64_t	 ms = -1;

	for (size_t i = 0; i < ARRAY_LEN(schedules); i++)
		if (strcmp(channel, schedules[i].channel) == 0 && attempt >= 1 &&
		    attempt <= schedules[i].n)
			ms = schedules[i].wait[attempt - 1] * schedules[i].unit;
	if (ms < 0)
		return -1;
	return clock_now() + (int64_t)((double)ms * sb.factor);
}

/* Only this machine or the hall that was named at the start. */
static bool
notify_may(const char *url)
{
	return str_has_prefix(url, "http://127.0.0.1:") ||
	    str_has_prefix(url, "https://127.0.0.1:") ||
	    str_has_prefix(url, "http://localhost:") ||
	    str_has_prefix(url, "https://localhost:") ||
	    (sb.hall_url != NULL && sb.hall_url[0] != '\0' && str_has_prefix(url, sb.hall_url));
}

static void
notify_queue(json_t *trade, json_t *refund, const char *id, const char *what, int64_t due)
{
	const char	*channel = js_str(trade, "channel");
	struct buf	 body;

	buf_init(&body, NOTIFY_MAX);
	if (strcmp(channel, "alipay") == 0)
		sb_alipay_notice(trade, refund, id, what, &body);
	else
		sb_wechat_notice(trade, refund, id, what, &body);
	if (!body.over)
		sb_push("queue", json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:i}", "channel",
		    channel, "url", js_str(trade, "notify_url"), "trade", js_str(trade, "no"),
		    "id", id, "what", what, "body", body.p, "due", (json_int_t)due, "attempt",
		    0));
	buf_free(&body);
}

/* The same event has the same id in every repetition. */
static void
notify_id(json_t *trade, json_t *refund, char id[80])
{
	json_t		*of = refund == NULL ? trade : refund;
	char		 token[25];

	if (js_str(of, "notify_id")[0] == '\0') {
		rand_token(token, 24);
		js_set_str(of, "notify_id", token);
	}
	snprintf(id, 80, "%s%s", strcmp(js_str(trade, "channel"), "wechat") == 0 ? "EV-" : "",
	    js_str(of, "notify_id"));
}

void
sb_notify(json_t *trade, json_t *refund)
{
	static const char *const before[] = {"forged", "signtest"};
	static const char *const instead[] = {"amount", "merchant"};
	const char	*what = "";
	char		 api[32], id[80];
	int64_t		 now = clock_now(), late = 0, copies = 0;

	snprintf(api, sizeof(api), "%s.notify", js_str(trade, "channel"));
	notify_id(trade, refund, id);
	if (sb_fault(api, "lost", NULL))
		return;
	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		if (sb_fault(api, before[i], NULL))
			notify_queue(trade, refund, id, before[i], now);
	for (size_t i = 0; i < ARRAY_LEN(instead); i++)
		if (sb_fault(api, instead[i], NULL))
			what = instead[i];
	sb_fault(api, "late", &late);
	sb_fault(api, "duplicate", &copies);
	for (int64_t i = 0; i <= copies && i < 20; i++)
		notify_queue(trade, refund, id, what, now + late);
}

void
sb_notify_by_hand(json_t *trade, json_t *refund, const char *what)
{
	char	 id[80];

	notify_id(trade, refund, id);
	notify_queue(trade, refund, id, what, clock_now());
}

void
sb_notify_parcel(json_t *parcel)
{
	struct buf	 body;
	char		 url[256];
	int64_t		 copies = 0;

	if (sb_fault("sf.push", "lost", NULL))
		return;
	sb_fault("sf.push", "duplicate", &copies);
	snprintf(url, sizeof(url), "%s/notify/sf", sb.hall_url);
	buf_init(&body, NOTIFY_MAX);
	sb_sf_push(parcel, &body);
	for (int64_t i = 0; i <= copies && i < 20 && !body.over; i++)
		sb_push("queue", json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:i}", "channel", "sf",
		    "url", js_str_or(parcel, "push_url", url), "trade",
		    js_str(parcel, "waybill"), "id", js_str(parcel, "waybill"), "what", "",
		    "body", body.p, "due", (json_int_t)clock_now(), "attempt", 0));
	buf_free(&body);
}

/* Take the next due entry out of the queue; NULL when none is. */
static json_t *
notify_take_due(void)
{
	json_t	*q = sb_list("queue"), *entry;
	size_t	 i;

	json_array_foreach(q, i, entry)
		if (js_int(entry, "due", 0) <= clock_now()) {
			json_incref(entry);
			json_array_remove(q, i);
			return entry;
		}
	return NULL;
}

static bool
notify_is_ok(const char *channel, const struct http_answer *a)
{
	if (strcmp(channel, "alipay") == 0)
		return a->status == 200 && a->body.len == 7 &&
		    memcmp(a->body.p, "success", 7) == 0;
	if (strcmp(channel, "sf") == 0)
		return a->status == 200 && strstr(a->body.p, "\"0000\"") != NULL;
	return a->status == 200 || a->status == 204;
}

static void
notify_log(json_t *e, int status, const char *text, bool ok)
{
	sb_push("notifications", json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:b,s:I}", "channel",
	    js_str(e, "channel"), "trade", js_str(e, "trade"), "id", js_str(e, "id"), "what",
	    js_str(e, "what"), "url", js_str(e, "url"), "status", status, "answer", text, "ok",
	    ok, "at", (json_int_t)clock_now()));
}

static int
notify_post(json_t *e, const struct buf *body, struct http_answer *a, struct err *err)
{
	bool		 alipay = strcmp(js_str(e, "channel"), "alipay") == 0;
	const char	*lines[8] = {NULL};
	json_t		*headers = json_array();
	size_t		 i;
	int		 rc;

	json_array_append_new(headers, json_string(alipay ?
	    "Content-Type: application/x-www-form-urlencoded; charset=utf-8" :
	    "Content-Type: application/json"));
	if (strcmp(js_str(e, "channel"), "wechat") == 0)
		sb_wechat_headers(body, js_str(e, "what"), headers);
	for (i = 0; i < json_array_size(headers) && i < ARRAY_LEN(lines) - 1; i++)
		lines[i] = json_string_value(json_array_get(headers, i));
	rc = http_call(&(struct http_call){.method = "POST", .url = js_str(e, "url"),
	    .headers = lines, .body = body->p, .body_len = body->len, .timeout_ms = 5000,
	    .ca_file = sb.ca_file, .unverified = sb.ca_file == NULL}, a, NULL, err);
	json_decref(headers);
	return rc;
}

/* Without the lock. */
static void
notify_send(json_t *e)
{
	const char		*channel = js_str(e, "channel"), *what = js_str(e, "what");
	struct http_answer	 a;
	struct err		 err = {0};
	struct buf		 body;
	int64_t			 next;
	bool			 ok = false;

	buf_init(&body, NOTIFY_MAX);
	buf_addstr(&body, js_str(e, "body"));
	http_answer_init(&a);
	if (!notify_may(js_str(e, "url")))
		err_set(&err, ERR_DENIED, "not an address of this machine or the hall");
	else if (notify_post(e, &body, &a, &err) == 0)
		ok = notify_is_ok(channel, &a);
	pthread_mutex_lock(&sb.lock);
	notify_log(e, a.status, err.kind == ERR_NONE ? "" : err.text, ok);
	js_set_int(e, "attempt", js_int(e, "attempt", 0) + 1);
	next = notify_next(channel, js_int(e, "attempt", 0));
	if (!ok && what[0] == '\0' && next > 0) {
		js_set_int(e, "due", next);
		sb_push("queue", json_incref(e));
	}
	sb_state_save();
	pthread_mutex_unlock(&sb.lock);
	log_kv(LOG_INFO, "sandbox.notify", LOG_S("channel", channel),
	    LOG_S("trade", js_str(e, "trade")), LOG_S("what", what), LOG_I("status", a.status),
	    LOG_I("ok", ok), LOG_S("error", err.text));
	http_answer_free(&a);
	buf_free(&body);
}

static void *
notify_thread(void *arg)
{
	json_t	*e;

	(void)arg;
	for (;;) {
		pthread_mutex_lock(&sb.lock);
		e = notify_take_due();
		pthread_mutex_unlock(&sb.lock);
		if (e == NULL) {
			usleep(NOTIFY_TICK_US);
			continue;
		}
		notify_send(e);
		json_decref(e);
	}
	return NULL;
}

int
sb_notify_start(struct err *err)
{
	pthread_t	 thread;

	if (pthread_create(&thread, NULL, notify_thread, NULL) != 0)
		return err_set(err, ERR_BUG, "cannot start the notifying thread");
	pthread_detach(thread);
	return 0;
}

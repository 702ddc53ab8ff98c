#include "base/base.h"
#include "gate/call.h"
#include "gate/webhook.h"
#include "gate/work.h"

#include "base/secret.h"
#include "base/str.h"

/* Events to relying systems; what they look like stands in webhook.h. */

#define ANSWER_MAX	(16 * 1024)

/* Of the attempt that failed, how long until the next. */
static const int64_t	webhook_steps[] = {30 * CLOCK_SECOND, 5 * CLOCK_MINUTE,
	30 * CLOCK_MINUTE, 2 * CLOCK_HOUR, 8 * CLOCK_HOUR, 24 * CLOCK_HOUR};

/* Signed with each secret of the row, the newest first. */
static int
webhook_signature(const json_t *payload, int64_t now, struct buf *out)
{
	const json_t	*s = NULL;
	struct buf	 secret;
	size_t		 i = 0;
	int		 rc = 0;

	json_array_foreach(json_object_get(payload, "secrets"), i, s) {
		const char	*text = json_string_value(s) == NULL ? "" : json_string_value(s);

		buf_init(&secret, WEBHOOK_SECRET);
		if (base64_decode(text, strlen(text), &secret) < 0 ||
		    secret.len != WEBHOOK_SECRET)
			rc = -1;
		else
			webhook_sign((const unsigned char *)secret.p, js_str(payload, "id"), now,
			    js_str(payload, "body"), out);
		secret_wipe(secret.p, secret.len);
		buf_free(&secret);
	}
	return out->len == 0 ? -1 : rc;
}

static enum verdict
webhook_judge(enum verdict v, const struct call_answer *a, struct reply *r)
{
	char	 code[16];

	if (v != REPLY_DONE)
		return v;
	snprintf(code, sizeof(code), "http-%d", a->status);
	if (a->status == 410)
		return reply_set(r, REPLY_REFUSED, "gone", "the receiver wants no more (410)");
	if (a->status < 200 || a->status > 299)
		return reply_set(r, REPLY_RETRY, code, "status %d%s", a->status,
		    a->status / 100 == 3 ? ", redirects are not followed" : "");
	return REPLY_DONE;
}

static enum verdict
webhook_send(const struct job *job, int64_t now, const char *signature, struct reply *r)
{
	const json_t		*p = job->payload;
	const char		*body = js_str(p, "body");
	char			*line[3] = {xasprintf("webhook-id: %s", js_str(p, "id")),
		xasprintf("webhook-timestamp: %" PRId64, now),
		xasprintf("webhook-signature: %s", signature)};
	const char *const	 headers[] = {"Content-Type: application/json",
		"User-Agent: yinxin-webhook/1", line[0], line[1], line[2], NULL};
	const struct call	 c = {.provider = "webhook", .api = js_str(p, "app"),
		.method = "POST", .url = js_str(p, "url"), .headers = headers, .body = body,
		.len = strlen(body), .timeout_ms = 10 * CLOCK_SECOND, .max_answer = ANSWER_MAX,
		.public_only = !webhook_is_private(js_str(p, "url"))};
	struct call_answer	 a;
	enum verdict		 v;

	call_answer_init(&a);
	v = webhook_judge(call_http(&c, &a, r), &a, r);
	call_answer_free(&a);
	for (size_t i = 0; i < ARRAY_LEN(line); i++)
		free(line[i]);
	return v;
}

/* The address is checked again: the setting may have become stricter. */
static enum verdict
webhook_call(const struct job *job, struct job_result *out, struct reply *r)
{
	int64_t		 now = clock_now() / CLOCK_SECOND;
	struct buf	 signature;
	struct err	 err = {0};
	enum verdict	 v;

	(void)out;
	buf_init(&signature, 4096);
	if (webhook_check_url(js_str(job->payload, "url"), &err) < 0)
		v = reply_set(r, REPLY_RETRY, "url", "the address is not allowed");
	else if (webhook_signature(job->payload, now, &signature) < 0)
		v = reply_set(r, REPLY_RETRY, "secret", "no secret to sign with");
	else
		v = webhook_send(job, now, signature.p, r);
	buf_free(&signature);
	return v;
}

static int
webhook_deliver(const struct gate *g, struct db *db, const struct job *job, enum job_end end,
    const struct job_result *result, const struct reply *r, struct err *err)
{
	const struct webhook_fact	 fact = {.app = js_str(job->payload, "app"),
		.id = js_str(job->payload, "id"), .sent = end == JOB_DONE,
		.gone = end == JOB_REFUSED && strcmp(r->code, "gone") == 0};

	(void)result;
	return g->sink->webhook == NULL ? 0 : g->sink->webhook(db, &fact, err);
}

const struct kind	 kinds_webhook[] = {
	{
		.name = "webhook", .ref = "app",
		.need = {"app", "id", "url", "body"},
		.max_attempts = (int)ARRAY_LEN(webhook_steps) + 1,
		.steps = webhook_steps, .n_steps = ARRAY_LEN(webhook_steps),
		.life = 3 * CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = webhook_call, .deliver = webhook_deliver,
	},
	{0}
};

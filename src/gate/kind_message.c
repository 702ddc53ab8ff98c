#include "base/base.h"
#include "gate/work.h"
#include "base/clock.h"

/* SMS and mail. */

static enum verdict
message_sms(const struct job *job, struct job_result *out, struct reply *r)
{
	char		 id[24];
	json_t		*none = json_object(), *params = json_object_get(job->payload, "params");
	struct sms	 m = {.phone = js_str(job->payload, "phone"),
		.template = js_str(job->payload, "template"),
		.params = params == NULL ? none : params, .out_id = id};
	enum verdict	 v;

	(void)out;
	snprintf(id, sizeof(id), "%" PRId64, job->id);
	v = sms_provider()->send(&m, r);
	json_decref(none);
	return v;
}

static enum verdict
message_mail(const struct job *job, struct job_result *out, struct reply *r)
{
	const char	*html = js_str(job->payload, "html");
	const json_t	*file = json_object_get(job->payload, "attachment");
	char		 id[24];
	struct buf	 bytes;
	struct err	 err = {0};
	struct mail	 m = {.to = js_str(job->payload, "to"),
		.subject = js_str(job->payload, "subject"),
		.text = js_str(job->payload, "text"), .html = html[0] == '\0' ? NULL : html,
		.id = id, .created = job->created};
	enum verdict	 v;

	(void)out;
	buf_init(&bytes, MAIL_FILE);
	snprintf(id, sizeof(id), "%" PRId64, job->id);
	if (file != NULL) {
		m.file_name = js_str_or(file, "name", "file");
		m.file_type = js_str(file, "type");
	}
	if (file != NULL && js_need_bytes(file, "bytes", &bytes, &err) < 0) {
		v = reply_set(r, REPLY_REFUSED, "attachment", "%s", err.text);
	} else {
		m.file = bytes.p;
		m.file_len = bytes.len;
		v = mail_provider()->send(&m, r);
	}
	buf_free(&bytes);
	return v;
}

static int
message_deliver(const struct gate *g, struct db *db, const struct job *job, enum job_end end,
    const struct job_result *result, const struct reply *r, struct err *err)
{
	struct notice_fact	 fact = {.kind = job->kind->name, .idem_key = job->idem_key,
		.state = end == JOB_DONE ? NOTICE_SENT :
		    end == JOB_UNKNOWN ? NOTICE_UNKNOWN : NOTICE_FAILED,
		.provider_no = r->provider_no, .code = end == JOB_DONE ? "" : r->code,
		.sentence = end == JOB_DONE ? "" : r->detail};

	(void)result;
	return g->sink->notice == NULL ? 0 : g->sink->notice(db, &fact, err);
}

const struct kind	 kinds_message[] = {
	{
		.name = "sms",
		.need = {"phone", "template"},
		.max_attempts = 4, .base = 2 * CLOCK_SECOND, .cap = CLOCK_MINUTE,
		.life = CLOCK_HOUR, .repeatable = false, .by_hand = true,
		.call = message_sms, .deliver = message_deliver,
	}, {
		.name = "mail",
		.need = {"to", "subject", "text"},
		.max_attempts = 10, .base = 5 * CLOCK_SECOND, .cap = CLOCK_HOUR,
		.life = CLOCK_DAY, .repeatable = true, .by_hand = true,
		.call = message_mail, .deliver = message_deliver,
	},
	{0}
};

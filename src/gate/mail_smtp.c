#include "base/base.h"
#include "gate/message.h"
#include "base/conf.h"
#include "gate/call.h"
#include "http/client.h"

/* Mail by SMTP: smtp:// or smtps://, with TLS always when an account is set. */
#define SMTP_MAX	(2 * 1024 * 1024)

/* 4xx: later; 5xx: never; not connected: not sent; anything else: nobody knows. */
static enum verdict
smtp_verdict(int status, bool unknown, const struct err *err, struct reply *r)
{
	char		 code[16];
	enum verdict	 v = unknown ? REPLY_UNKNOWN : REPLY_RETRY;

	snprintf(code, sizeof(code), "%d", status);
	if (status >= 500)
		v = REPLY_REFUSED;
	else if (status >= 400)
		v = REPLY_RETRY;
	return reply_set(r, v, code, "%s", err->text);
}

static enum verdict
smtp_transfer(const struct mail *m, const struct buf *text, struct reply *r)
{
	struct http_mail	 mail = {.url = conf_str("gate.smtp_url"),
		.user = conf_str("gate.smtp_user"),
		.password = conf_str("gate.smtp_password"),
		.from = conf_str("gate.mail_from"), .to = m->to, .message = text->p,
		.len = text->len};
	struct err		 err = {0};
	enum verdict		 v = REPLY_DONE;
	bool			 unknown = false;
	int			 status = 0;

	if (!breaker_allows("smtp", "send", &r->not_before))
		return reply_set(r, REPLY_RETRY, "breaker", "the mail server failed repeatedly");
	if (http_mail_send(&mail, &status, &unknown, &err) < 0)
		v = smtp_verdict(status, unknown, &err, r);
	breaker_tell("smtp", "send", v == REPLY_DONE || status >= 400);
	return v;
}

static enum verdict
smtp_send(const struct mail *m, struct reply *r)
{
	struct err	 err = {0};
	struct buf	 text;
	enum verdict	 v;

	buf_init(&text, SMTP_MAX);
	if (mail_compose(m, conf_str("gate.mail_from"), conf_str("gate.mail_from_name"), &text,
	    &err) < 0)
		v = reply_set(r, REPLY_REFUSED, "input", "%s", err.text);
	else
		v = smtp_transfer(m, &text, r);
	snprintf(r->provider_no, sizeof(r->provider_no), "%s", m->id);
	buf_free(&text);
	return v;
}

const struct mail_provider	 mail_smtp = {.name = "smtp", .send = smtp_send};

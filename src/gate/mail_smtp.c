#include "base/base.h"
#include "gate/message.h"
#include "base/clock.h"
#include "base/conf.h"
#include "gate/call.h"

#include <curl/curl.h>

/* Mail by SMTP through libcurl: plain, STARTTLS when offered, or implicit TLS (smtps://). */
#define SMTP_CONNECT_MS	3000L
#define SMTP_TIMEOUT_MS	20000L
#define SMTP_MAX	(2 * 1024 * 1024)

struct smtp_source { const char *p; size_t left; };

static size_t
smtp_read(char *to, size_t size, size_t n, void *arg)
{
	struct smtp_source	*s = arg;
	size_t			 len = size * n < s->left ? size * n : s->left;

	memcpy(to, s->p, len);
	s->p += len;
	s->left -= len;
	return len;
}

/* 4xx: later; 5xx: never; no connection: not sent; anything else: nobody knows. */
static enum verdict
smtp_verdict(CURLcode rc, long status, struct reply *r)
{
	char		 code[16];
	enum verdict	 v = REPLY_UNKNOWN;

	snprintf(code, sizeof(code), "%ld", status);
	if (rc == CURLE_OK)
		return REPLY_DONE;
	if (rc == CURLE_COULDNT_CONNECT || rc == CURLE_COULDNT_RESOLVE_HOST ||
	    (status >= 400 && status < 500))
		v = REPLY_RETRY;
	else if (rc == CURLE_LOGIN_DENIED || status >= 500)
		v = REPLY_REFUSED;
	return reply_set(r, v, code, "%s", curl_easy_strerror(rc));
}

static enum verdict
smtp_transfer(CURL *curl, const struct mail *m, const struct buf *text, struct reply *r)
{
	struct smtp_source	 source = {text->p, text->len};
	struct curl_slist	*to = NULL;
	char			 address[300];
	long			 status = 0;
	CURLcode		 rc;

	snprintf(address, sizeof(address), "<%s>", m->to);
	to = curl_slist_append(NULL, address);
	snprintf(address, sizeof(address), "<%s>", conf_str("gate.mail_from"));
	curl_easy_setopt(curl, CURLOPT_URL, conf_str("gate.smtp_url"));
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, address);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, smtp_read);
	curl_easy_setopt(curl, CURLOPT_READDATA, &source);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, SMTP_CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, SMTP_TIMEOUT_MS);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	if (conf_str("gate.smtp_user")[0] != '\0') {
		/* never the password over a plain line */
		curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
		curl_easy_setopt(curl, CURLOPT_USERNAME, conf_str("gate.smtp_user"));
		curl_easy_setopt(curl, CURLOPT_PASSWORD, conf_str("gate.smtp_password"));
	}
	rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(to);
	return smtp_verdict(rc, status, r);
}

static enum verdict
smtp_send(const struct mail *m, struct reply *r)
{
	struct err	 err = {0};
	struct buf	 text;
	CURL		*curl = NULL;
	enum verdict	 v;

	buf_init(&text, SMTP_MAX);
	if (mail_compose(m, conf_str("gate.mail_from"), conf_str("gate.mail_from_name"), &text,
	    &err) < 0) {
		v = reply_set(r, REPLY_REFUSED, "input", "%s", err.text);
	} else if (!breaker_allows("smtp", "send", &r->not_before)) {
		v = reply_set(r, REPLY_RETRY, "breaker", "mail server failed repeatedly");
	} else if ((curl = curl_easy_init()) == NULL) {
		v = reply_set(r, REPLY_RETRY, "curl", "cannot start");
	} else {
		v = smtp_transfer(curl, m, &text, r);
		breaker_tell("smtp", "send", v == REPLY_DONE || v == REPLY_REFUSED);
		snprintf(r->provider_no, sizeof(r->provider_no), "%s", m->id);
	}
	curl_easy_cleanup(curl);
	buf_free(&text);
	return v;
}

const struct mail_provider	 mail_smtp = {.name = "smtp", .send = smtp_send};

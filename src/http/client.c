#include "base/base.h"
#include "http/client.h"

#include "http/address.h"

#include <curl/curl.h>
#include <pthread.h>

static pthread_once_t	client_once = PTHREAD_ONCE_INIT;

static void
client_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		BUG("libcurl does not start");
}

void
http_answer_init(struct http_answer *a)
{
	*a = (struct http_answer){0};
	buf_init(&a->head, 4 * LIMIT_HTTP_HEADER);
	buf_init(&a->body, LIMIT_JSON);
}

void
http_answer_free(struct http_answer *a)
{
	buf_free(&a->head);
	buf_free(&a->body);
}

const char *
http_answer_header(const struct http_answer *a, const char *name, char *text, size_t size)
{
	size_t	 n = strlen(name);

	text[0] = '\0';
	for (const char *p = a->head.p; p != NULL && *p != '\0'; p = strchr(p, '\n')) {
		if (*p == '\n')
			p++;
		if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
			p += n + 1 + strspn(p + n + 1, " \t");
			snprintf(text, size, "%.*s", (int)strcspn(p, "\r\n"), p);
			break;
		}
	}
	return text;
}

/* A short count tells libcurl to give up: the answer is too large. */
static size_t
client_take(char *p, size_t size, size_t n, void *b)
{
	buf_add(b, p, size * n);
	return ((struct buf *)b)->over ? 0 : size * n;
}

/* Did the request possibly arrive, given how it failed? */
static bool
client_unknown(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_LOGIN_DENIED:
		return false;
	default:
		return true;
	}
}

static int
client_perform(CURL *h, const char *where, bool *unknown, struct err *err)
{
	char		 detail[CURL_ERROR_SIZE] = "";
	CURLcode	 code;
	curl_off_t	 connected = 0;

	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, detail);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	code = curl_easy_perform(h);
	if (unknown != NULL)
		*unknown = false;
	if (code == CURLE_OK)
		return 0;
	curl_easy_getinfo(h, CURLINFO_CONNECT_TIME_T, &connected);
	if (unknown != NULL)
		*unknown = client_unknown(code) && connected > 0;
	return err_set(err, ERR_GATEWAY, "%s: %s", where,
	    detail[0] != '\0' ? detail : curl_easy_strerror(code));
}

static CURL *
client_new(const char *url, const char *protocols, int64_t connect_ms, int64_t timeout_ms)
{
	CURL	*h;

	pthread_once(&client_once, client_init);
	if ((h = curl_easy_init()) == NULL)
		BUG("out of memory for libcurl");
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	return h;
}

/* The address that is about to be connected to, after the name was resolved. */
static curl_socket_t
client_open_public(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	(void)arg;
	(void)purpose;
	return address_is_public(&a->addr) ? socket(a->family, a->socktype | SOCK_CLOEXEC,
	    a->protocol) : CURL_SOCKET_BAD;
}

int
http_call(const struct http_call *c, struct http_answer *a, bool *unknown, struct err *err)
{
	CURL			*h = client_new(c->url, "http,https",
	    c->connect_ms == 0 ? 3000 : c->connect_ms, c->timeout_ms == 0 ? 5000 : c->timeout_ms);
	struct curl_slist	*list = NULL;
	long			 status = 0;
	int			 rc;

	for (const char *const *p = c->headers; p != NULL && *p != NULL; p++)
		list = curl_slist_append(list, *p);
	list = curl_slist_append(list, "Expect:");
	a->body.max = c->max_answer == 0 ? LIMIT_JSON : c->max_answer;
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, c->method);
	if (c->body != NULL) {
		curl_easy_setopt(h, CURLOPT_POSTFIELDS, c->body);
		curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body_len);
	}
	if (c->public_only)
		curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, client_open_public);
	if (c->ca_file != NULL)
		curl_easy_setopt(h, CURLOPT_CAINFO, c->ca_file);
	if (c->unverified) {
		curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, client_take);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, &a->head);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, client_take);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, &a->body);
	if ((rc = client_perform(h, c->url, unknown, err)) == 0) {
		curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
		a->status = (int)status;
	}
	curl_slist_free_all(list);
	curl_easy_cleanup(h);
	return rc;
}

struct mail_reader {
	const char	*p;
	size_t		 left;
};

static size_t
mail_read(char *to, size_t size, size_t n, void *arg)
{
	struct mail_reader	*r = arg;
	size_t			 take = size * n < r->left ? size * n : r->left;

	memcpy(to, r->p, take);
	r->p += take;
	r->left -= take;
	return take;
}

int
http_mail_send(const struct http_mail *m, int *status, bool *unknown, struct err *err)
{
	struct mail_reader	 r = {.p = m->message, .left = m->len};
	CURL			*h = client_new(m->url, "smtp,smtps", 5000,
	    m->timeout_ms == 0 ? 20000 : m->timeout_ms);
	struct curl_slist	*to = curl_slist_append(NULL, m->to);
	long			 code = 0;
	int			 rc;

	if (m->user != NULL && m->user[0] != '\0') {
		curl_easy_setopt(h, CURLOPT_USERNAME, m->user);
		curl_easy_setopt(h, CURLOPT_PASSWORD, m->password);
		curl_easy_setopt(h, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
	}
	curl_easy_setopt(h, CURLOPT_MAIL_FROM, m->from);
	curl_easy_setopt(h, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(h, CURLOPT_READFUNCTION, mail_read);
	curl_easy_setopt(h, CURLOPT_READDATA, &r);
	rc = client_perform(h, m->url, unknown, err);
	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &code);
	if (status != NULL)
		*status = (int)code;
	curl_slist_free_all(to);
	curl_easy_cleanup(h);
	return rc;
}

#include "base/base.h"
#include "gate/webhook.h"

#include "base/conf.h"
#include "base/str.h"

#include <openssl/hmac.h>

/* The host of an address: letters, digits, dots and hyphens alone; -1 for anything else. */
static int
webhook_host(const char *rest, char host[256])
{
	size_t	n = strspn(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");

	if (n == 0 || n > 253 || (rest[n] != '\0' && rest[n] != '/' && rest[n] != ':'))
		return -1;
	(void)snprintf(host, 256, "%.*s", (int)n, rest);
	return 0;
}

/* Is the host one of the comma-separated ones of the setting? */
static bool
webhook_is_named(const char *host)
{
	size_t	n = strlen(host);

	for (const char *p = conf_str("gate.webhook_private"); *p != '\0'; p += strspn(p, ", ")) {
		size_t	len = strcspn(p, ", ");

		if (len == n && strncasecmp(p, host, n) == 0)
			return true;
		p += len;
	}
	return false;
}

static const char *
webhook_rest(const char *url, bool *plain)
{
	*plain = str_has_prefix(url, "http://");
	return *plain ? url + strlen("http://") :
	    str_has_prefix(url, "https://") ? url + strlen("https://") : NULL;
}

bool
webhook_is_private(const char *url)
{
	char		 host[256];
	bool		 plain = false;
	const char	*rest = webhook_rest(url, &plain);

	return rest != NULL && webhook_host(rest, host) == 0 && webhook_is_named(host);
}

int
webhook_check_url(const char *url, struct err *err)
{
	char		 host[256];
	bool		 plain = false;
	const char	*rest = webhook_rest(url, &plain);

	if (strlen(url) > WEBHOOK_URL || rest == NULL || webhook_host(rest, host) < 0 ||
	    strpbrk(url, " \t\r\n\"<>\\^`{|}#@") != NULL)
		return err_set(err, ERR_INPUT,
		    "请填写以 https:// 开头的接收地址，如 https://biz.example.cn/hooks/ca，不能含用户名。");
	if (plain && (!webhook_is_named(host) || strcmp(host, "127.0.0.1") != 0))
		return err_set(err, ERR_INPUT, "接收地址要用 https://，不能用 http://。");
	return 0;
}

static void
webhook_add(const EVP_MD *md, const char *name, const unsigned char secret[WEBHOOK_SECRET],
    const struct buf *text, struct buf *out)
{
	unsigned char	 mac[EVP_MAX_MD_SIZE];
	unsigned int	 n = 0;

	if (HMAC(md, secret, WEBHOOK_SECRET, (const unsigned char *)text->p, text->len, mac,
	    &n) == NULL)
		BUG("hmac");
	buf_addf(out, "%s%s,", out->len == 0 ? "" : " ", name);
	base64_add(out, mac, n);
}

void
webhook_sign(const unsigned char secret[WEBHOOK_SECRET], const char *id, int64_t timestamp,
    const char *body, struct buf *out)
{
	struct buf	text;

	buf_init(&text, LIMIT_JSON);
	buf_addf(&text, "%s.%" PRId64 ".%s", id, timestamp, body);
	webhook_add(EVP_sha256(), "v1", secret, &text, out);
	webhook_add(EVP_sm3(), "v1sm", secret, &text, out);
	buf_free(&text);
}

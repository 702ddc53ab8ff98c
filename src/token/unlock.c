#include "base/base.h"
#include "base/secret.h"
#include "base/str.h"
#include "token/unlock.h"

#include <openssl/hmac.h>

static void
unlock_mac(const unsigned char key[UNLOCK_KEY], const struct buf *text, unsigned char mac[32])
{
	unsigned int	 len = 0;

	if (HMAC(EVP_sm3(), key, UNLOCK_KEY, (const unsigned char *)text->p, text->len, mac,
	    &len) == NULL || len != 32)
		BUG("SM3 is missing from OpenSSL");
}

void
unlock_device_key(const unsigned char master[UNLOCK_KEY], const char *serial,
    unsigned char key[UNLOCK_KEY])
{
	struct buf	 text;

	buf_init(&text, 1024);
	buf_addf(&text, "yinxin device key 1|%zu:%s", strlen(serial), serial);
	unlock_mac(master, &text, key);
	buf_free(&text);
}

void
unlock_answer(const unsigned char key[UNLOCK_KEY], const char *serial,
    const unsigned char challenge[UNLOCK_CHALLENGE], const char *order, int64_t expires,
    unsigned char answer[UNLOCK_ANSWER])
{
	char		 hex[2 * UNLOCK_CHALLENGE + 1];
	struct buf	 text;

	hex_encode(challenge, UNLOCK_CHALLENGE, hex);
	buf_init(&text, 1024);
	buf_addf(&text, "yinxin unlock 1|%zu:%s|%s|%zu:%s|%" PRId64, strlen(serial), serial, hex,
	    strlen(order), order, expires);
	unlock_mac(key, &text, answer);
	buf_free(&text);
}

bool
unlock_answer_fits(const unsigned char key[UNLOCK_KEY], const char *serial,
    const unsigned char challenge[UNLOCK_CHALLENGE], const char *order, int64_t expires,
    int64_t now, const unsigned char answer[UNLOCK_ANSWER])
{
	unsigned char	 want[UNLOCK_ANSWER];

	unlock_answer(key, serial, challenge, order, expires, want);
	return now <= expires && secret_equal(want, sizeof(want), answer, UNLOCK_ANSWER);
}

void
unlock_message_add(const struct unlock_message *m, struct buf *out)
{
	char	 hex[2 * UNLOCK_ANSWER + 1];

	hex_encode(m->answer, UNLOCK_ANSWER, hex);
	buf_addf(out, "%s\n%" PRId64 "\n%s\n%s\n", m->order, m->expires, hex, m->new_pin);
}

/* The next line into text; its place after it, NULL when it is too long or there is none. */
static const char *
message_line(const char *at, char *text, size_t size)
{
	const char	*end = at == NULL ? NULL : strchr(at, '\n');

	if (end == NULL || (size_t)(end - at) >= size)
		return NULL;
	memcpy(text, at, (size_t)(end - at));
	text[end - at] = '\0';
	return end + 1;
}

int
unlock_message_parse(const void *p, size_t len, struct unlock_message *m)
{
	char		 text[UNLOCK_MESSAGE + 1], number[24], hex[2 * UNLOCK_ANSWER + 1];
	const char	*at = text;
	bool		 whole;

	if (len > UNLOCK_MESSAGE || memchr(p, '\0', len) != NULL)
		return -1;
	memcpy(text, p, len);
	text[len] = '\0';
	at = message_line(at, m->order, sizeof(m->order));
	at = message_line(at, number, sizeof(number));
	at = message_line(at, hex, sizeof(hex));
	at = message_line(at, m->new_pin, sizeof(m->new_pin));
	whole = at != NULL && *at == '\0';
	secret_wipe(text, sizeof(text));
	return whole && str_to_i64(number, INT64_MAX, &m->expires) == 0 &&
	    hex_decode(hex, m->answer, UNLOCK_ANSWER) == 0 ? 0 : -1;
}

#include "base/base.h"
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

#include "base/base.h"
#include "base/clock.h"
#include "base/rand.h"

#include <openssl/rand.h>

static void	(*rand_source)(void *p, size_t len);

void
rand_replace(void (*fn)(void *p, size_t len))
{
	rand_source = fn;
}

void
rand_bytes(void *p, size_t len)
{
	if (rand_source != NULL) {
		rand_source(p, len);
		return;
	}
	if (len > INT32_MAX || RAND_bytes(p, (int)len) != 1)
		BUG("the random generator failed");
}

uint32_t
rand_below(uint32_t n)
{
	uint32_t	 x, floor = -n % n;	/* reject the uneven rest */

	do {
		rand_bytes(&x, sizeof(x));
	} while (x < floor);
	return x % n;
}

void
rand_digits(char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text[i] = (char)('0' + rand_below(10));
	text[n] = '\0';
}

void
rand_token(char *text, size_t n)
{
	static const char	 set[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	for (size_t i = 0; i < n; i++)
		text[i] = set[rand_below(sizeof(set) - 1)];
	text[n] = '\0';
}

int64_t
rand_id(void)
{
	uint32_t	 low;

	rand_bytes(&low, sizeof(low));
	return (clock_now() << 21 | (low & 0x1fffff)) & INT64_MAX;
}

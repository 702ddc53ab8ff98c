#include "base/base.h"
#include "web/rate.h"

#include "base/clock.h"

#include <pthread.h>

/*
 * A table of fixed size: two pairs that fall on one slot share its count only until the newer
 * one takes the slot over.  A stranger can so at worst be forgotten, never lock out another.
 */
#define RATE_SLOTS	8192

struct slot {
	uint64_t	 key;
	int64_t		 minute;
	int		 n;
};

static struct slot	rate_table[RATE_SLOTS];
static pthread_mutex_t	rate_lock = PTHREAD_MUTEX_INITIALIZER;

/* FNV-1a over both texts. */
static uint64_t
rate_hash(const char *a, const char *b)
{
	uint64_t	h = UINT64_C(0xcbf29ce484222325);

	for (; *a != '\0'; a++)
		h = (h ^ (unsigned char)*a) * UINT64_C(0x100000001b3);
	h = (h ^ 0xff) * UINT64_C(0x100000001b3);
	for (; *b != '\0'; b++)
		h = (h ^ (unsigned char)*b) * UINT64_C(0x100000001b3);
	return h;
}

bool
rate_take(const char *what, const char *who, int per_minute)
{
	uint64_t	 key = rate_hash(what, who);
	struct slot	*s = &rate_table[key % RATE_SLOTS];
	int64_t		 minute = clock_steady() / CLOCK_MINUTE;
	bool		 ok = false;

	(void)pthread_mutex_lock(&rate_lock);
	if (s->key != key || s->minute != minute)
		*s = (struct slot){.key = key, .minute = minute};
	ok = ++s->n <= per_minute;
	(void)pthread_mutex_unlock(&rate_lock);
	return ok;
}

void
rate_forget(void)
{
	(void)pthread_mutex_lock(&rate_lock);
	memset(rate_table, 0, sizeof(rate_table));
	(void)pthread_mutex_unlock(&rate_lock);
}

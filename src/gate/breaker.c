#include "base/base.h"
#include "gate/call.h"
#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>

#define BREAKER_MAX		64
#define BREAKER_FAILURES	5
#define BREAKER_OPEN_MS		(30 * CLOCK_SECOND)

static struct breaker {
	char	 name[64];	/* provider.api */
	int	 failures;	/* in a row */
	int64_t	 open_until;	/* clock_steady(), 0: closed */
} breakers[BREAKER_MAX];
static pthread_mutex_t	 breaker_lock = PTHREAD_MUTEX_INITIALIZER;

/* The names are ours, a closed list: running out of room is a mistake. */
static struct breaker *
breaker_find(const char *provider, const char *api)
{
	char	 name[64];

	snprintf(name, sizeof(name), "%s.%s", provider, api);
	for (size_t i = 0; i < BREAKER_MAX; i++) {
		if (breakers[i].name[0] == '\0')
			snprintf(breakers[i].name, sizeof(breakers[i].name), "%s", name);
		if (strcmp(breakers[i].name, name) == 0)
			return &breakers[i];
	}
	BUG("more than %d breakers", BREAKER_MAX);
}

/* An open breaker lets one call through when its time is over, and waits anew meanwhile. */
bool
breaker_allows(const char *provider, const char *api, int64_t *open_until)
{
	struct breaker	*b;
	int64_t		 now = clock_steady();
	bool		 allows = true;

	pthread_mutex_lock(&breaker_lock);
	b = breaker_find(provider, api);
	if (b->open_until > now) {
		*open_until = clock_now() + b->open_until - now;
		allows = false;
	} else if (b->open_until != 0) {
		b->open_until = now + BREAKER_OPEN_MS;
	}
	pthread_mutex_unlock(&breaker_lock);
	return allows;
}

void
breaker_tell(const char *provider, const char *api, bool ok)
{
	struct breaker	*b;
	bool		 opened = false;

	pthread_mutex_lock(&breaker_lock);
	b = breaker_find(provider, api);
	if (ok) {
		b->failures = 0;
		b->open_until = 0;
	} else if (++b->failures >= BREAKER_FAILURES) {
		opened = b->open_until == 0;
		b->open_until = clock_steady() + BREAKER_OPEN_MS;
	}
	pthread_mutex_unlock(&breaker_lock);
	if (opened)
		log_kv(LOG_WARN, "gate.breaker_open", LOG_S("provider", provider),
		    LOG_S("api", api));
}

int
breaker_open_count(void)
{
	int	 n = 0;

	pthread_mutex_lock(&breaker_lock);
	for (size_t i = 0; i < BREAKER_MAX; i++)
		n += breakers[i].open_until > clock_steady();
	pthread_mutex_unlock(&breaker_lock);
	return n;
}

void
breaker_reset(void)
{
	pthread_mutex_lock(&breaker_lock);
	memset(breakers, 0, sizeof(breakers));
	pthread_mutex_unlock(&breaker_lock);
}

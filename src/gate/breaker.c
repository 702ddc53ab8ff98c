#include "base/base.h"
#include "gate/call.h"
#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>

#define BREAKER_MAX		256
#define BREAKER_FAILURES	5
#define BREAKER_OPEN_MS		(30 * CLOCK_SECOND)

static struct breaker {
	char	 name[64];	/* provider.api */
	int	 failures;	/* in a row */
	int64_t	 open_until;	/* clock_steady(), 0: closed */
	int64_t	 asked;		/* which call asked last, of all calls */
} breakers[BREAKER_MAX];
static int64_t		 breaker_asked;
static pthread_mutex_t	 breaker_lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * Relying systems and platforms have one each: when all places are taken, the one that was
 * asked for longest ago gives its place up and would begin anew, closed.
 */
static struct breaker *
breaker_find(const char *provider, const char *api)
{
	struct breaker	*b = &breakers[0];
	char		 name[64];

	snprintf(name, sizeof(name), "%s.%s", provider, api);
	for (size_t i = 0; i < BREAKER_MAX; i++) {
		if (strcmp(breakers[i].name, name) == 0) {
			b = &breakers[i];
			break;
		}
		if (breakers[i].asked < b->asked)
			b = &breakers[i];
	}
	if (strcmp(b->name, name) != 0) {
		*b = (struct breaker){0};
		snprintf(b->name, sizeof(b->name), "%s", name);
	}
	b->asked = ++breaker_asked;
	return b;
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

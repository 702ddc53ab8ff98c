#include "base/base.h"
#include "base/clock.h"
#include "base/log.h"
#include "doc/watch.h"

#include <pthread.h>
#include <stdatomic.h>

#define WATCH_LOOK_US	(20 * 1000)
#define WATCH_EXIT	75

static atomic_llong	watch_until[WATCH_SLOTS];	/* clock_steady; 0: free */
static int64_t		watch_deadline;

int
watch_begin(void)
{
	for (;;)
		for (int i = 0; i < WATCH_SLOTS; i++) {
			long long	 none = 0;

			if (atomic_compare_exchange_strong(&watch_until[i], &none,
			    clock_steady() + watch_deadline))
				return i;
		}
}

void
watch_end(int slot)
{
	atomic_store(&watch_until[slot], 0);
}

/* Whatever the other threads are in the middle of: nothing here outlives the process. */
static void *
watch_run(void *arg)
{
	(void)arg;
	for (;;) {
		int64_t	 now = clock_steady();

		for (int i = 0; i < WATCH_SLOTS; i++) {
			long long	 until = atomic_load(&watch_until[i]);

			if (until != 0 && now > until) {
				log_kv(LOG_ERROR, "doc.too_long", LOG_I("limit_ms", watch_deadline));
				_exit(WATCH_EXIT);
			}
		}
		usleep(WATCH_LOOK_US);
	}
	return NULL;
}

int
watch_start(int64_t deadline_ms, struct err *err)
{
	pthread_t	 thread;

	watch_deadline = deadline_ms;
	if (pthread_create(&thread, NULL, watch_run, NULL) != 0)
		return err_set(err, ERR_BUG, "no thread to watch the clock");
	pthread_detach(thread);
	return 0;
}

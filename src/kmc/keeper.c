#include "base/base.h"
#include "base/log.h"
#include "kmc/work.h"

#include <sys/resource.h>

/* What the keeper does, one short step each; *more: there is more to do at once. */
static int	(*const keeper_jobs[])(struct kmc *k, bool *more, struct err *err) = {
	pool_fill, rewrap_step, destroy_step,
};

#define KEEPER_REST_S	60		/* looks again though nobody woke it */
#define KEEPER_RETRY_S	5		/* after an error */
#define KEEPER_NICE	10

/* Wait until woken or the time is over; true: stop. */
static bool
keeper_rest(struct keeper *p, int seconds)
{
	struct timespec	 until;
	bool		 stop;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&p->lock);
	while (!p->stop && !p->woken &&
	    pthread_cond_timedwait(&p->wake, &p->lock, &until) != ETIMEDOUT)
		continue;
	p->woken = false;
	stop = p->stop;
	pthread_mutex_unlock(&p->lock);
	return stop;
}

int
keeper_step(struct kmc *k, bool *more, struct err *err)
{
	*more = false;
	for (size_t i = 0; i < ARRAY_LEN(keeper_jobs); i++)
		if (keeper_jobs[i](k, more, err) < 0)
			return -1;
	return 0;
}

/* At low priority: whoever waits for an answer goes first. */
static void *
keeper_main(void *arg)
{
	struct kmc	*k = arg;
	struct err	 err;
	bool		 more;
	int		 rest;

	if (setpriority(PRIO_PROCESS, (id_t)gettid(), KEEPER_NICE) < 0)
		log_kv(LOG_WARN, "kmc.keeper", LOG_S("text", "priority not lowered"));
	do {
		err_clear(&err);
		rest = KEEPER_REST_S;
		if (keeper_step(k, &more, &err) < 0) {
			log_err("kmc.keeper", &err);
			rest = KEEPER_RETRY_S;
		} else if (more) {
			rest = 0;
		}
	} while (!keeper_rest(&k->keeper, rest));
	return NULL;
}

int
keeper_start(struct kmc *k, struct err *err)
{
	struct keeper	*p = &k->keeper;

	if (pthread_create(&p->thread, NULL, keeper_main, k) != 0)
		return err_set(err, ERR_BUG, "no thread for the keeper");
	p->running = true;
	return 0;
}

static void
keeper_signal(struct keeper *p, bool stop)
{
	pthread_mutex_lock(&p->lock);
	p->woken = true;
	p->stop = p->stop || stop;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

void
keeper_wake(struct kmc *k)
{
	keeper_signal(&k->keeper, false);
}

void
keeper_stop(struct kmc *k)
{
	if (!k->keeper.running)
		return;
	keeper_signal(&k->keeper, true);
	pthread_join(k->keeper.thread, NULL);
	k->keeper.running = false;
}

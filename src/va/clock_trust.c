#include "base/base.h"
#include "base/clock.h"
#include "va/clock_trust.h"

#include <sys/timex.h>

static bool
clock_is_synchronised(void)
{
	struct timex	 t = {.modes = 0};
	int		 state = adjtimex(&t);

	return state >= 0 && state != TIME_ERROR && (t.status & STA_UNSYNC) == 0;
}

void
clock_trust_begin(struct clock_trust *t, int64_t drift, bool need_sync, int64_t last)
{
	*t = (struct clock_trust){.drift = drift, .need_sync = need_sync, .last = last,
		.wall = clock_now, .steady = clock_steady, .synchronised = clock_is_synchronised};
	t->offset = t->wall() - t->steady();
}

bool
clock_trust_is_good(const struct clock_trust *t)
{
	struct clock_trust	 copy = *t;
	struct err		 err = {0};
	int64_t			 now;

	return clock_trust_now(&copy, &now, &err) == 0;
}

int
clock_trust_now(struct clock_trust *t, int64_t *now, struct err *err)
{
	int64_t	 wall = t->wall(), jump = wall - t->steady() - t->offset;

	if (jump > t->drift || jump < -t->drift)
		t->jumped = true;
	if (t->jumped)
		return err_set(err, ERR_WRONG_STATE, "the clock was set by %" PRId64 " ms while we "
		    "ran; look at it and start the va anew", jump);
	if (wall < t->last)
		return err_set(err, ERR_WRONG_STATE, "the clock stands %" PRId64 " ms before the "
		    "last time stamp", t->last - wall);
	if (t->need_sync && !t->synchronised())
		return err_set(err, ERR_WRONG_STATE, "the clock is not synchronised (NTP)");
	t->last = wall;
	*now = wall;
	return 0;
}

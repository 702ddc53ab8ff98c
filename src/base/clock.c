#include "base/base.h"
#include "base/clock.h"

#include <stdatomic.h>

#define CLOCK_CHINA	(8 * CLOCK_HOUR)

static _Atomic int64_t	 clock_offset;

int64_t
clock_now(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + atomic_load(&clock_offset);
}

int64_t
clock_steady(void)
{
	struct timespec	 ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
clock_shift(int64_t ms)
{
	atomic_fetch_add(&clock_offset, ms);
}

/* The parts of a time; a year beyond the calendar becomes 1970. */
static struct tm
clock_split(int64_t ms)
{
	time_t		 t = (time_t)(ms / 1000);
	struct tm	 tm = {0};

	if (gmtime_r(&t, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	return tm;
}

const char *
clock_date(int64_t ms, char text[CLOCK_TEXT])
{
	struct tm	tm = clock_split(ms + CLOCK_CHINA);

	if (strftime(text, CLOCK_TEXT, "%Y-%m-%d", &tm) == 0)
		text[0] = '\0';
	return text;
}

const char *
clock_datetime(int64_t ms, char text[CLOCK_TEXT])
{
	struct tm	tm = clock_split(ms + CLOCK_CHINA);

	if (strftime(text, CLOCK_TEXT, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		text[0] = '\0';
	return text;
}

const char *
clock_iso(int64_t ms, char text[CLOCK_TEXT])
{
	struct tm	tm = clock_split(ms);

	if (strftime(text, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		text[0] = '\0';
	return text;
}

const char *
clock_compact(int64_t ms, char text[CLOCK_TEXT])
{
	struct tm	tm = clock_split(ms + CLOCK_CHINA);

	if (strftime(text, CLOCK_TEXT, "%Y%m%d%H%M%S", &tm) == 0)
		text[0] = '\0';
	return text;
}

int
clock_parse_date(const char *text, int64_t *ms)
{
	struct tm	 tm = {0};
	char		 back[CLOCK_TEXT];
	int		 year, month, day, used = 0;
	int64_t		 t;

	if (strlen(text) != 10 ||
	    sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10)
		return -1;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	t = (int64_t)timegm(&tm) * 1000 - CLOCK_CHINA;
	if (strcmp(clock_date(t, back), text) != 0)
		return -1;
	*ms = t;
	return 0;
}

int64_t
clock_add_years(int64_t ms, int years)
{
	time_t		 t = (time_t)((ms + CLOCK_CHINA) / 1000);
	struct tm	 tm;

	gmtime_r(&t, &tm);
	tm.tm_year += years;
	if (tm.tm_mon == 1 && tm.tm_mday == 29) {
		int	 y = tm.tm_year + 1900;

		if (y % 4 != 0 || (y % 100 == 0 && y % 400 != 0))
			tm.tm_mday = 28;
	}
	return (int64_t)timegm(&tm) * 1000 - CLOCK_CHINA + ms % 1000;
}

int64_t
clock_working_days(int64_t from, int days)
{
	int64_t	 day = (from + CLOCK_CHINA) / CLOCK_DAY, weekday = 0;

	while (days > 0) {
		day++;
		weekday = (day + 4) % 7;	/* 0 is Sunday; 1970 began on a Thursday */
		days -= weekday != 0 && weekday != 6;
	}
	return (day + 1) * CLOCK_DAY - CLOCK_CHINA - 1;
}

#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include "base/base.h"
/*
 * The only clock.  Times are int64_t milliseconds since 1970 UTC; days for people are
 * days of China Standard Time (UTC+8, no daylight saving).  Tests move it with
 * clock_shift(); the setting `test.clock_shift` does the same for whole processes.
 */
#define CLOCK_SECOND	INT64_C(1000)
#define CLOCK_MINUTE	(60 * CLOCK_SECOND)
#define CLOCK_HOUR	(60 * CLOCK_MINUTE)
#define CLOCK_DAY	(24 * CLOCK_HOUR)

int64_t	clock_now(void);			/* wall clock, ms */
int64_t	clock_steady(void);			/* never goes back; for durations and deadlines */
void	clock_shift(int64_t ms);		/* added to clock_now from here on */

/* "2026-11-21", "2026-11-21 09:05:07" (China), "2026-11-21T01:05:07Z" (UTC). */
#define CLOCK_TEXT	32
const char *clock_date(int64_t ms, char text[CLOCK_TEXT]);
const char *clock_datetime(int64_t ms, char text[CLOCK_TEXT]);
const char *clock_iso(int64_t ms, char text[CLOCK_TEXT]);
const char *clock_compact(int64_t ms, char text[CLOCK_TEXT]);	/* 20261121090507 (China) */

/* "YYYY-MM-DD" (China) to its first millisecond; -1 when it is no real day. */
NODISCARD int clock_parse_date(const char *text, int64_t *ms);
/* Same day and time, `years` later (29 February becomes 28 February). */
int64_t	clock_add_years(int64_t ms, int years);
/* The end of the day (China) that lies so many working days after; Monday to Friday, public
 * holidays are not known. */
int64_t	clock_working_days(int64_t from, int days);
#endif

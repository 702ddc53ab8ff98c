#include "unit.h"
#include "base/clock.h"

/* 2026-11-20 is a Friday: the next working day is Monday the 23rd, to its last millisecond. */
void
test_clock__working_days(void **state)
{
	char	 text[CLOCK_TEXT];
	int64_t	 friday = 0, due;

	(void)state;
	assert_int_equal(clock_parse_date("2026-11-20", &friday), 0);
	due = clock_working_days(friday + 10 * CLOCK_HOUR, 1);
	assert_string_equal(clock_date(due, text), "2026-11-23");
	assert_string_equal(clock_date(due + 1, text), "2026-11-24");
	assert_string_equal(clock_date(clock_working_days(friday, 3), text), "2026-11-25");
	assert_string_equal(clock_date(clock_working_days(friday + CLOCK_DAY, 5), text),
	    "2026-11-27");
	assert_string_equal(clock_date(clock_working_days(friday, 0), text), "2026-11-20");
}

/* A leap day stays one where there is one. */
void
test_clock__add_years(void **state)
{
	char	 text[CLOCK_TEXT];
	int64_t	 leap = 0;

	(void)state;
	assert_int_equal(clock_parse_date("2028-02-29", &leap), 0);
	assert_string_equal(clock_date(clock_add_years(leap, 4), text), "2032-02-29");
	assert_string_equal(clock_date(clock_add_years(leap, 0), text), "2028-02-29");
}

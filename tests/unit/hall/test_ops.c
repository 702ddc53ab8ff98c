#include "unit.h"
#include "base/clock.h"
#include "hall/ops.h"

#define NOW	INT64_C(1795000000000)

/* Fewer than 90 days left, or ended no more than 365 days ago; to the millisecond. */
void
test_ops__window(void **state)
{
	(void)state;
	assert_int_equal(renewal_judge(NOW + 91 * CLOCK_DAY, NOW, 90, 365), RENEWAL_EARLY);
	assert_int_equal(renewal_judge(NOW + 90 * CLOCK_DAY, NOW, 90, 365), RENEWAL_EARLY);
	assert_int_equal(renewal_judge(NOW + 90 * CLOCK_DAY - 1, NOW, 90, 365), RENEWAL_NOW);
	assert_int_equal(renewal_judge(NOW + 89 * CLOCK_DAY, NOW, 90, 365), RENEWAL_NOW);
	assert_int_equal(renewal_judge(NOW, NOW, 90, 365), RENEWAL_NOW);
	assert_int_equal(renewal_judge(NOW - 365 * CLOCK_DAY, NOW, 90, 365), RENEWAL_NOW);
	assert_int_equal(renewal_judge(NOW - 365 * CLOCK_DAY - 1, NOW, 90, 365), RENEWAL_LATE);
	assert_int_equal(renewal_judge(NOW - 366 * CLOCK_DAY, NOW, 90, 365), RENEWAL_LATE);
	assert_int_equal(renewal_judge(NOW, NOW, 0, 365), RENEWAL_OFF);
}

/* A leap day and month ends count as the days they are. */
void
test_ops__calendar(void **state)
{
	int64_t	leap, march;

	(void)state;
	assert_int_equal(clock_parse_date("2028-02-29", &leap), 0);
	assert_int_equal(clock_parse_date("2028-05-29", &march), 0);
	assert_int_equal((march - leap) / CLOCK_DAY, 90);
	assert_int_equal(renewal_judge(march, leap, 90, 365), RENEWAL_EARLY);
	assert_int_equal(renewal_judge(march, leap + 1, 90, 365), RENEWAL_NOW);
}

/* Broken within a year of its issue: free; a day later, or lost, it is paid for. */
void
test_ops__warranty(void **state)
{
	(void)state;
	assert_int_equal(reissue_fee(NOW, NOW, 365, 5000, true), 0);
	assert_int_equal(reissue_fee(NOW, NOW + 365 * CLOCK_DAY, 365, 5000, true), 0);
	assert_int_equal(reissue_fee(NOW, NOW + 365 * CLOCK_DAY + 1, 365, 5000, true), 5000);
	assert_int_equal(reissue_fee(NOW, NOW + 366 * CLOCK_DAY, 365, 5000, true), 5000);
	assert_int_equal(reissue_fee(NOW, NOW, 365, 5000, false), 5000);
}

/* Clocks that were moved: before the certificate's beginning nothing is renewed; the warranty is not
 * older than it is. */
void
test_ops__clock_moved(void **state)
{
	int64_t	issued = NOW, end = clock_add_years(NOW, 1);

	(void)state;
	assert_int_equal(renewal_judge(end, issued - CLOCK_DAY, 90, 365), RENEWAL_EARLY);
	assert_int_equal(renewal_judge(end, end + 366 * CLOCK_DAY, 90, 365), RENEWAL_LATE);
	assert_int_equal(reissue_fee(issued, issued - CLOCK_DAY, 365, 5000, true), 0);
}

/* The 365th day after the end over a leap day, and the year's last day. */
void
test_ops__year_after(void **state)
{
	int64_t	end, day;

	(void)state;
	assert_int_equal(clock_parse_date("2027-12-31", &end), 0);
	assert_int_equal(clock_parse_date("2028-12-30", &day), 0);	/* 2028 has 366 days */
	assert_int_equal((day - end) / CLOCK_DAY, 365);
	assert_int_equal(renewal_judge(end, day, 90, 365), RENEWAL_NOW);
	assert_int_equal(renewal_judge(end, day + 1, 90, 365), RENEWAL_LATE);
	assert_int_equal(reissue_fee(end, day, 365, 5000, true), 0);
	assert_int_equal(reissue_fee(end, day + 1, 365, 5000, true), 5000);
}

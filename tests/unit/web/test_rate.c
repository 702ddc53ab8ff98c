#include "unit.h"
#include "web/rate.h"

void
test_rate__counts_by_page_and_address(void **state)
{
	(void)state;
	rate_forget();
	for (int i = 0; i < 3; i++)
		assert_true(rate_take("signin", "192.0.2.1", 3));
	assert_false(rate_take("signin", "192.0.2.1", 3));
	assert_true(rate_take("signin", "192.0.2.2", 3));
	assert_true(rate_take("register", "192.0.2.1", 3));
	rate_forget();
	assert_true(rate_take("signin", "192.0.2.1", 3));
}

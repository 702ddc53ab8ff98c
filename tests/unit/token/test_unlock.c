#include "base/base.h"
#include "unit.h"
#include "token/unlock.h"

/* An answer is for one UKey, one challenge, one order and one time. */
void
test_unlock__fits_nothing_else(void **state)
{
	unsigned char	 master[UNLOCK_KEY] = {1}, key[UNLOCK_KEY], other[UNLOCK_KEY];
	unsigned char	 c[UNLOCK_CHALLENGE] = {7}, d[UNLOCK_CHALLENGE] = {8}, a[UNLOCK_ANSWER];

	(void)state;
	unlock_device_key(master, "K1", key);
	unlock_device_key(master, "K2", other);
	assert_memory_not_equal(key, other, sizeof(key));
	unlock_answer(key, "K1", c, "20261121000000000001", 1000, a);
	assert_true(unlock_answer_fits(key, "K1", c, "20261121000000000001", 1000, 1000, a));
	assert_false(unlock_answer_fits(key, "K1", c, "20261121000000000001", 1000, 1001, a));
	assert_false(unlock_answer_fits(key, "K1", c, "20261121000000000001", 2000, 1000, a));
	assert_false(unlock_answer_fits(key, "K1", c, "20261121000000000002", 1000, 1000, a));
	assert_false(unlock_answer_fits(key, "K1", d, "20261121000000000001", 1000, 1000, a));
	assert_false(unlock_answer_fits(other, "K2", c, "20261121000000000001", 1000, 1000, a));
	a[31] ^= 1;
	assert_false(unlock_answer_fits(key, "K1", c, "20261121000000000001", 1000, 1000, a));
}

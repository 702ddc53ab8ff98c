#include "unit.h"
#include "store/seal.h"

void
test_seal__round_trip_and_tamper(void **state)
{
	static const unsigned char	 key[32] = {1, 2, 3};
	struct err	 err = {0};
	struct seal	*s = seal_new(key);
	struct buf	 box, plain;

	(void)state;
	buf_init(&box, 4096);
	buf_init(&plain, 4096);
	seal_add(s, "account.mobile", "18807318888", 11, &box);
	assert_int_equal(box.len, 11 + SEAL_OVERHEAD);
	assert_null(memmem(box.p, box.len, "1880", 4));
	assert_ok(seal_open(s, "account.mobile", box.p, box.len, &plain, &err));
	assert_string_equal(plain.p, "18807318888");
	assert_err(seal_open(s, "account.mail", box.p, box.len, &plain, &err), ERR_CRYPTO);
	for (size_t i = 0; i < box.len; i++) {
		box.p[i] ^= 1;
		assert_err(seal_open(s, "account.mobile", box.p, box.len, &plain, &err),
		    ERR_CRYPTO);
		box.p[i] ^= 1;
	}
	for (size_t n = 0; n < box.len; n++)
		assert_err(seal_open(s, "account.mobile", box.p, n, &plain, &err), ERR_CRYPTO);
	buf_free(&box);
	buf_free(&plain);
	seal_free(s);
}

void
test_seal__digest_depends_on_key_and_context(void **state)
{
	static const unsigned char	 k1[32] = {1}, k2[32] = {2};
	struct seal	*a = seal_new(k1), *b = seal_new(k2);
	char		 x[SEAL_DIGEST], y[SEAL_DIGEST];

	(void)state;
	seal_digest(a, "mobile", "18807318888", x);
	seal_digest(a, "mobile", "18807318888", y);
	assert_string_equal(x, y);
	seal_digest(a, "mail", "18807318888", y);
	assert_string_not_equal(x, y);
	seal_digest(b, "mobile", "18807318888", y);
	assert_string_not_equal(x, y);
	seal_free(a);
	seal_free(b);
}

#include "base/base.h"
#include "house.h"

static struct house	 house;

struct house *
house_shared(void)
{
	return &house;
}

int	group_setup(void **state);
int
group_setup(void **state)
{
	(void)state;
	house_make(&house);
	return 0;
}

int	group_teardown(void **state);
int
group_teardown(void **state)
{
	(void)state;
	house_free(&house);
	return 0;
}

void
test_kmc__asked_again_it_is_the_same_key(void **state)
{
	struct err	 err = {0};
	struct buf	 first, second;
	unsigned char	 a[SM2_POINT_LEN], b[SM2_POINT_LEN];
	EVP_PKEY	*key = NULL, *other = NULL;

	(void)state;
	buf_init(&first, ENVELOPE_MAX);
	buf_init(&second, ENVELOPE_MAX);
	assert_ok(sm2_generate(&key, &err));
	assert_ok(sm2_generate(&other, &err));
	assert_ok(house_pair(&house, "20261121000000000001", HOUSE_USCC, key, a, &first, &err));
	assert_ok(house_pair(&house, "20261121000000000001", HOUSE_USCC, key, b, &second, &err));
	assert_memory_equal(a, b, sizeof(a));
	assert_false(first.len == second.len && memcmp(first.p, second.p, first.len) == 0);
	house_assert_encloses(key, &first, a);
	house_assert_encloses(key, &second, a);
	assert_ok(house_pair(&house, "20261121000000000002", NULL, key, b, NULL, &err));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_err(house_pair(&house, "20261121000000000001", HOUSE_USCC, other, b, NULL, &err),
	    ERR_CONFLICT);
	buf_free(&first);
	buf_free(&second);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

/* A sign key that is no point of the curve gets nothing, and no key is spent on it. */
void
test_kmc__bad_point_is_refused(void **state)
{
	struct err	 err = {0};
	unsigned char	 bad[SM2_POINT_LEN] = {4, 1}, out[SM2_POINT_LEN];
	struct kmc_order order = {.ref = "20261121000000000003", .subject = "",
		.sign_point = bad};
	struct buf	 envelope;

	(void)state;
	buf_init(&envelope, ENVELOPE_MAX);
	assert_true(kmc_pair_work(house.kmc, &order, out, &envelope, &err) < 0);
	assert_int_equal(envelope.len, 0);
	assert_int_equal(house_count(&house,
	    "SELECT count(*) FROM escrow WHERE ref = '20261121000000000003'"), 0);
	buf_free(&envelope);
}

void
test_kmc__wrong_passphrase_is_denied(void **state)
{
	struct err	 err = {0};
	struct secret	 wrong = {0};
	struct kmc	*k = NULL;

	(void)state;
	secret_set(&wrong, "another", 7);
	assert_err(kmc_open(&k, &wrong, &err), ERR_DENIED);
	assert_null(k);
	assert_err(kmc_init(&house.passphrase, &err), ERR_WRONG_STATE);
	secret_free(&wrong);
}

void
test_kmc__journal_finds_changes(void **state)
{
	struct err	 err = {0};
	json_t		*out = json_object();

	(void)state;
	journal_note(house.kmc->store, "test", NULL);
	journal_note(house.kmc->store, "test", json_pack("{s:s}", "a", "b"));
	assert_ok(journal_sign_head(&house.kmc->journal, NULL, &err));
	assert_ok(journal_verify(&house.kmc->journal, out, &err));
	assert_true(js_int(out, "lines", 0) >= 4);	/* two officers, two tests */
	assert_int_equal(house_sql(&house, "UPDATE journal SET detail = '{ }' WHERE what = 'test' "
	    "AND detail = '{}'"), 1);
	assert_err(journal_verify(&house.kmc->journal, out, &err), ERR_CRYPTO);
	assert_int_equal(house_sql(&house, "UPDATE journal SET detail = '{}' WHERE detail = '{ }'"),
	    1);
	assert_ok(journal_verify(&house.kmc->journal, out, &err));
	json_decref(out);
}

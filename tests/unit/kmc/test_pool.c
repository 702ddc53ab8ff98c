#include "base/base.h"
#include "house.h"

#include <pthread.h>

static void
pool_size(const char *n)
{
	struct err	 err = {0};

	assert_ok(conf_set("kmc.pool_size", n, &err));
}

static void
fill(struct house *h)
{
	struct err	 err = {0};
	bool		 more;

	do
		assert_ok(keeper_step(h->kmc, &more, &err));
	while (more);
}

static int64_t
in_pool(struct house *h)
{
	return house_count(h, "SELECT count(*) FROM pool");
}

void
test_pool__filled_and_taken(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	EVP_PKEY	*key = NULL;
	unsigned char	 point[SM2_POINT_LEN];
	struct buf	 envelope;
	char		 order[24];

	(void)state;
	buf_init(&envelope, ENVELOPE_MAX);
	assert_ok(sm2_generate(&key, &err));
	pool_size("40");
	fill(h);
	assert_int_equal(in_pool(h), 40);
	for (int i = 0; i < 10; i++) {
		snprintf(order, sizeof(order), "202611240000000000%02d", i);
		buf_clear(&envelope);
		assert_ok(house_pair(h, order, HOUSE_USCC, key, point, &envelope, &err));
		house_assert_encloses(key, &envelope, point);
	}
	assert_int_equal(in_pool(h), 30);
	fill(h);				/* three quarters are there: it can wait */
	assert_int_equal(in_pool(h), 30);
	assert_ok(house_pair(h, order, HOUSE_USCC, key, point, NULL, &err));
	assert_int_equal(in_pool(h), 30);	/* asked again: nothing is spent */
	assert_ok(house_pair(h, "20261124000000000011", NULL, key, point, NULL, &err));
	fill(h);
	assert_int_equal(in_pool(h), 40);
	assert_int_equal(house_sql(h, "DELETE FROM pool"), 40);
	buf_clear(&envelope);
	assert_ok(house_pair(h, "20261124000000000012", NULL, key, point, &envelope, &err));
	house_assert_encloses(key, &envelope, point);
	pool_size("0");
	EVP_PKEY_free(key);
	buf_free(&envelope);
}

struct taker {
	struct house	*house;
	EVP_PKEY	*key;
	int		 n, failed;
};

static void *
take_many(void *arg)
{
	struct taker	*t = arg;
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN];
	char		 order[24];

	for (int i = 0; i < 20; i++) {
		snprintf(order, sizeof(order), "202611250000000%02d%03d", t->n, i);
		if (house_pair(t->house, order, NULL, t->key, point, NULL, &err) < 0)
			t->failed++;
	}
	return NULL;
}

/* Takers beside the keeper's own thread: everybody gets a key, nobody another's. */
void
test_pool__never_twice(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct taker	 t[4];
	pthread_t	 thread[4];
	const char	*count = "SELECT count(DISTINCT sealed) FROM escrow WHERE state = 'kept'";
	int64_t		 before = house_count(h, count);
	EVP_PKEY	*key = NULL;

	(void)state;
	assert_ok(sm2_generate(&key, &err));
	pool_size("24");
	assert_ok(keeper_start(h->kmc, &err));
	for (int i = 0; i < 4; i++) {
		t[i] = (struct taker){h, key, i, 0};
		assert_int_equal(pthread_create(&thread[i], NULL, take_many, &t[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(t[i].failed, 0);
	}
	keeper_stop(h->kmc);
	pool_size("0");
	assert_int_equal(house_count(h, count), before + 80);
	assert_int_equal(house_count(h, "SELECT count(*) FROM pool JOIN escrow "
	    "ON pool.enc_point = escrow.enc_point"), 0);
	EVP_PKEY_free(key);
}

void
test_pool__statistics(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	json_t		*j = json_object();

	(void)state;
	assert_ok(kmc_stats_work(h->kmc, j, &err));
	assert_int_equal(js_int(j, "pool", -1), in_pool(h));
	assert_int_equal(js_int(j, "kept", -1),
	    house_count(h, "SELECT count(*) FROM escrow WHERE state = 'kept'"));
	assert_int_equal(js_int(j, "made", -1), js_int(j, "pool", 0) + js_int(j, "kept", 0) +
	    js_int(j, "destroyed", 0));
	json_decref(j);
}

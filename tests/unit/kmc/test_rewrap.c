#include "base/base.h"
#include "house.h"

#include <pthread.h>
#include <stdatomic.h>

static bool
has(struct house *h, const char *name)
{
	char	 path[128];

	house_file(h, name, path);
	return file_exists(path);
}

static void
reopen(struct house *h)
{
	struct err	 err = {0};

	kmc_close(h->kmc);
	h->kmc = NULL;
	assert_ok(kmc_open(&h->kmc, &h->passphrase, &err));
}

static void
finish(struct house *h)
{
	struct err	 err = {0};
	bool		 more;

	do
		assert_ok(keeper_step(h->kmc, &more, &err));
	while (more);
}

static void
make_pairs(struct house *h, int series, int n, EVP_PKEY *key, unsigned char point[65])
{
	struct err	 err = {0};
	char		 order[24];

	for (int i = 0; i < n; i++) {
		snprintf(order, sizeof(order), "20261126%06d%06d", series, i);
		assert_ok(house_pair(h, order, HOUSE_USCC, key, point, NULL, &err));
	}
}

static void
assert_same_pair(struct house *h, const char *order, EVP_PKEY *key, const unsigned char *want)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN];
	struct buf	 envelope;

	buf_init(&envelope, ENVELOPE_MAX);
	assert_ok(house_pair(h, order, HOUSE_USCC, key, point, &envelope, &err));
	assert_memory_equal(point, want, sizeof(point));
	house_assert_encloses(key, &envelope, point);
	buf_free(&envelope);
}

/* The old key goes when nothing needs it; an interrupted change is taken up again. */
void
test_rewrap__resumed(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	EVP_PKEY	*key = NULL;
	struct secret	 wrong = {0};
	unsigned char	 point[SM2_POINT_LEN];
	int64_t		 version, before = house_count(h,
	    "SELECT version FROM wrapping_key WHERE state = 'active'");
	char		 old[64], new[64], sql[160];
	bool		 more;

	(void)state;
	snprintf(old, sizeof(old), before == 1 ? "kmc-keys/wrap.key" : "kmc-keys/wrap-%d.key",
	    (int)before);
	snprintf(new, sizeof(new), "kmc-keys/wrap-%d.key", (int)before + 1);
	assert_ok(sm2_generate(&key, &err));
	make_pairs(h, 1, 150, key, point);
	assert_ok(conf_set("kmc.pool_size", "20", &err));
	finish(h);
	secret_set(&wrong, "another", 7);
	assert_err(rewrap_start(h->kmc, &wrong, &version, &err), ERR_DENIED);
	assert_ok(rewrap_start(h->kmc, &h->passphrase, &version, &err));
	assert_int_equal(version, before + 1);
	/* in use at once */
	assert_true(house_sql(h, "DELETE FROM pool") > 0);
	assert_ok(house_pair(h, "20261126000000900001", HOUSE_USCC, key, point, NULL, &err));
	assert_int_equal(house_count(h,
	    "SELECT version FROM escrow WHERE ref = '20261126000000900001'"), version);
	/* one batch, then another process goes on */
	assert_ok(keeper_step(h->kmc, &more, &err));
	assert_true(more);
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM escrow WHERE version = %d "
	    "AND state = 'kept'", (int)before);
	assert_true(house_count(h, sql) > 0);
	reopen(h);
	assert_same_pair(h, "20261126000000900001", key, point);
	assert_true(has(h, old) && has(h, new));
	finish(h);
	assert_int_equal(house_count(h, sql), 0);
	assert_false(has(h, old));
	assert_int_equal(house_count(h,
	    "SELECT count(*) FROM journal WHERE what = 'wrap.destroy'") > 0, 1);
	reopen(h);
	assert_same_pair(h, "20261126000000900001", key, point);
	assert_ok(conf_set("kmc.pool_size", "0", &err));
	secret_free(&wrong);
	EVP_PKEY_free(key);
}

/* Killed between the key file and the store, or between the store and the end of the file. */
void
test_rewrap__killed_in_between(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	int64_t		 version, before = house_count(h,
	    "SELECT version FROM wrapping_key WHERE state = 'active'");
	char		 stale[64], old[64], path[128];

	(void)state;
	snprintf(stale, sizeof(stale), "kmc-keys/wrap-%d.key", (int)before + 1);
	house_file(h, stale, path);
	assert_ok(file_write(path, "half", 4, 0600, &err));
	reopen(h);
	assert_ok(rewrap_start(h->kmc, &h->passphrase, &version, &err));
	finish(h);
	reopen(h);
	snprintf(old, sizeof(old), "kmc-keys/wrap-%d.key", (int)before);
	house_file(h, old, path);
	if (before > 1) {
		assert_ok(file_write(path, "old", 3, 0600, &err));
		reopen(h);
		assert_false(has(h, old));
	}
}

struct asker {
	struct house	*house;
	EVP_PKEY	*key;
	atomic_bool	 stop;
	atomic_int	 given, failed;
};

static void *
ask_on(void *arg)
{
	struct asker	*a = arg;
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN];
	char		 order[24];

	for (int i = 0; !atomic_load(&a->stop); i++) {
		snprintf(order, sizeof(order), "20261127%012d", i / 2);
		err_clear(&err);
		if (house_pair(a->house, order, NULL, a->key, point, NULL, &err) < 0)
			a->failed++;
		else
			a->given++;
	}
	return NULL;
}

/* While the key changes several times, nobody is refused. */
void
test_rewrap__without_down_time(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct asker	 a = {.house = h};
	pthread_t	 thread;
	int64_t		 version;

	(void)state;
	assert_ok(sm2_generate(&a.key, &err));
	assert_ok(conf_set("kmc.pool_size", "30", &err));
	assert_ok(keeper_start(h->kmc, &err));
	assert_int_equal(pthread_create(&thread, NULL, ask_on, &a), 0);
	for (int i = 0; i < 3; i++) {
		int	 given = a.given;

		assert_ok(rewrap_start(h->kmc, &h->passphrase, &version, &err));
		for (int j = 0; j < 1000 && (a.given < given + 10 || house_count(h,
		    "SELECT count(*) FROM wrapping_key WHERE state = 'retiring'") > 0); j++)
			usleep(10 * 1000);
	}
	atomic_store(&a.stop, true);
	pthread_join(thread, NULL);
	keeper_stop(h->kmc);
	assert_int_equal(a.failed, 0);
	assert_int_equal(house_count(h,
	    "SELECT count(*) FROM wrapping_key WHERE state = 'retiring'"), 0);
	assert_ok(conf_set("kmc.pool_size", "0", &err));
	reopen(h);
	EVP_PKEY_free(a.key);
}

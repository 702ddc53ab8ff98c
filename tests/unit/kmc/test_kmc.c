#include "base/base.h"
#include "unit.h"
#include "base/conf.h"
#include "kmc/kmc.h"
#include "pki/envelope.h"
#include "store/store.h"

#include <sys/stat.h>
#include <unistd.h>

static struct kmc	*kmc;
static struct secret	 kmc_pass;

int	group_setup(void **state);
int
group_setup(void **state)
{
	static char	 dir[] = "/tmp/yinxin-kmc-XXXXXX";
	struct err	 err = {0};
	char		 path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_ok(conf_set("data.dir", dir, &err));
	assert_ok(conf_set("store.kmc", "sqlite:kmc.db", &err));
	snprintf(path, sizeof(path), "%s/kmc-keys", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	secret_set(&kmc_pass, "passphrase of kmc", 17);
	assert_ok(kmc_init(&kmc_pass, &err));
	assert_ok(store_migrate(STORE_KMC, conf_str("store.kmc"), &err));
	assert_ok(kmc_open(&kmc, &kmc_pass, &err));
	return 0;
}

int	group_teardown(void **state);
int
group_teardown(void **state)
{
	(void)state;
	kmc_close(kmc);
	secret_free(&kmc_pass);
	return 0;
}

/* The enclosed key must be the one of the point. */
static void
assert_encloses(EVP_PKEY *sign_key, const struct buf *envelope, const unsigned char point[65])
{
	struct err	 err = {0};
	struct secret	 scalar = {0};
	EVP_PKEY	*key = NULL;
	unsigned char	 have[SM2_POINT_LEN];

	assert_ok(envelope_open(sign_key, envelope->p, envelope->len, &scalar, &err));
	assert_ok(sm2_from_scalar(scalar.p, &key, &err));
	assert_ok(sm2_point(key, have, &err));
	assert_memory_equal(have, point, sizeof(have));
	secret_free(&scalar);
	EVP_PKEY_free(key);
}

void
test_kmc__asked_again_it_is_the_same_key(void **state)
{
	struct err	 err = {0};
	struct buf	 first, second;
	unsigned char	 sign[SM2_POINT_LEN], a[SM2_POINT_LEN], b[SM2_POINT_LEN];
	EVP_PKEY	*key = NULL, *other = NULL;

	(void)state;
	buf_init(&first, ENVELOPE_MAX);
	buf_init(&second, ENVELOPE_MAX);
	assert_ok(sm2_generate(&key, &err));
	assert_ok(sm2_generate(&other, &err));
	assert_ok(sm2_point(key, sign, &err));
	assert_ok(kmc_pair_work(kmc, "20261121000000000001", sign, a, &first, &err));
	assert_ok(kmc_pair_work(kmc, "20261121000000000001", sign, b, &second, &err));
	assert_memory_equal(a, b, sizeof(a));
	assert_false(first.len == second.len && memcmp(first.p, second.p, first.len) == 0);
	assert_encloses(key, &first, a);
	assert_encloses(key, &second, a);
	buf_clear(&second);
	assert_ok(kmc_pair_work(kmc, "20261121000000000002", sign, b, &second, &err));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_ok(sm2_point(other, sign, &err));
	assert_err(kmc_pair_work(kmc, "20261121000000000001", sign, b, &second, &err),
	    ERR_CONFLICT);
	buf_free(&first);
	buf_free(&second);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

/* A sign key that is no point of the curve gets nothing. */
void
test_kmc__bad_point_is_refused(void **state)
{
	struct err	 err = {0};
	unsigned char	 bad[SM2_POINT_LEN] = {4, 1}, out[SM2_POINT_LEN];
	struct buf	 envelope;

	(void)state;
	buf_init(&envelope, ENVELOPE_MAX);
	assert_true(kmc_pair_work(kmc, "20261121000000000003", bad, out, &envelope, &err) < 0);
	assert_int_equal(envelope.len, 0);
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
	assert_err(kmc_init(&kmc_pass, &err), ERR_WRONG_STATE);
	secret_free(&wrong);
}

#include "base/base.h"
#include "house.h"

static json_t *
order(struct house *h, int64_t before, int64_t keys)
{
	return json_pack("{s:s,s:i,s:I,s:I,s:s,s:s,s:I}", "type", "destruction", "v", 1, "before",
	    (json_int_t)before, "keys", (json_int_t)keys, "officer", h->person[0].serial, "second",
	    h->person[1].serial, "time", (json_int_t)clock_now());
}

/* The statement is dropped here. */
static int
destroy(struct house *h, json_t *statement, EVP_PKEY *second, struct err *err)
{
	struct house_signed	 t;
	int			 rc;

	house_sign(&t, statement, h->person[0].key, second);
	rc = destroy_work(h->kmc, &t.of, err);
	house_signed_free(&t);
	return rc;
}

static void
make_ended(struct house *h, int n, EVP_PKEY *key)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN], sign[SM2_POINT_LEN];
	char		 ref[24];
	struct buf	 envelope;

	buf_init(&envelope, ENVELOPE_MAX * 1024);
	assert_ok(sm2_point(key, sign, &err));
	for (int i = 0; i < n; i++) {
		struct kmc_order	 o = {.ref = ref, .subject = "", .sign_point = sign,
			.not_after = clock_add_years(clock_now(), -11)};

		snprintf(ref, sizeof(ref), "20261128%012d", i);
		assert_ok(kmc_pair_work(h->kmc, &o, point, &envelope, &err));
	}
	buf_free(&envelope);
}

void
test_destroy__two_officers_and_the_time(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct house_person *p = h->person;
	EVP_PKEY	*key = NULL;
	json_t		*out = json_object();
	unsigned char	 point[SM2_POINT_LEN];
	int64_t		 before = clock_add_years(clock_now(), -10) - CLOCK_DAY;
	int64_t		 kept = house_count(h, "SELECT count(*) FROM escrow WHERE state = 'kept'");
	bool		 more;

	(void)state;
	assert_ok(sm2_generate(&key, &err));
	make_ended(h, 250, key);
	assert_err(destroy_plan(h->kmc, clock_now(), out, &err), ERR_DENIED);
	assert_ok(destroy_plan(h->kmc, before, out, &err));
	assert_int_equal(js_int(out, "keys", -1), 250);

	assert_err(destroy(h, order(h, before, 250), NULL, &err), ERR_DENIED);
	assert_err(destroy(h, order(h, before, 250), p[2].key, &err), ERR_DENIED);
	assert_err(destroy(h, order(h, clock_now(), 250), p[1].key, &err), ERR_DENIED);
	assert_err(destroy(h, order(h, before, 249), p[1].key, &err), ERR_CONFLICT);
	assert_int_equal(house_count(h, "SELECT count(*) FROM escrow WHERE state = 'kept'"),
	    kept + 250);
	assert_ok(destroy(h, order(h, before, 250), p[1].key, &err));
	assert_ok(keeper_step(h->kmc, &more, &err));	/* a batch; then killed */
	assert_true(more);
	assert_int_equal(house_count(h, "SELECT count(*) FROM escrow WHERE state = 'kept'"),
	    kept + 50);
	while (more)
		assert_ok(keeper_step(h->kmc, &more, &err));
	assert_int_equal(house_count(h, "SELECT count(*) FROM escrow WHERE state = 'kept'"), kept);
	assert_int_equal(house_count(h,
	    "SELECT count(*) FROM escrow WHERE state = 'destroyed' AND length(sealed) > 0"), 0);
	assert_int_equal(house_count(h, "SELECT count(*) FROM destruction WHERE finished > 0"), 1);
	assert_int_equal(house_count(h, "SELECT count(*) FROM journal WHERE what = 'key.destroy'"),
	    1);
	assert_err(house_pair(h, "20261128000000000007", NULL, key, point, NULL, &err),
	    ERR_EXPIRED);
	json_decref(out);
	EVP_PKEY_free(key);
}

void
test_history__of_an_order_and_of_a_subject(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	EVP_PKEY	*key = NULL;
	char		 subject[KMC_SUBJECT];
	unsigned char	 point[SM2_POINT_LEN];
	json_t		*out = json_object();

	(void)state;
	assert_ok(sm2_generate(&key, &err));
	assert_ok(house_pair(h, "20261129000000000001", HOUSE_OTHER, key, point, NULL, &err));
	assert_ok(house_pair(h, "20261129000000000002", HOUSE_OTHER, key, point, NULL, &err));
	assert_int_equal(house_sql(h, "INSERT INTO recovery VALUES ('20261129000000000009', 'test', "
	    "'AA', '20261129000000000002', 'O1', 'O2', '', 'BB', x'04', '{}', x'', x'', 1)"), 1);
	assert_ok(history_work(h->kmc, "20261129000000000001", out, &err));
	assert_int_equal(json_array_size(json_object_get(out, "keys")), 1);
	kmc_subject("uscc", HOUSE_OTHER, subject);
	assert_ok(history_work(h->kmc, subject, out, &err));
	assert_int_equal(json_array_size(json_object_get(out, "keys")), 2);
	assert_int_equal(json_array_size(json_object_get(json_array_get(json_object_get(out,
	    "keys"), 1), "recoveries")), 1);
	assert_err(history_work(h->kmc, "", out, &err), ERR_NOT_FOUND);
	json_decref(out);
	EVP_PKEY_free(key);
}

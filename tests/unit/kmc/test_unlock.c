#include "base/base.h"
#include "house.h"

#define CHALLENGE	"000102030405060708090a0b0c0d0e0f"

static json_t *
asked(const char *officer, const char *challenge)
{
	return json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:I}", "type", "unlock", "v", 1, "order",
	    "20261121000000000901", "serial", "UKEY0001", "challenge", challenge, "officer",
	    officer, "time", (json_int_t)clock_now());
}

/* The statement is dropped here. */
static int
ask(json_t *statement, EVP_PKEY *key, unsigned char answer[UNLOCK_ANSWER], int64_t *expires,
    struct err *err)
{
	struct house_signed	 t;
	int			 rc;

	house_sign(&t, statement, key, NULL);
	rc = kmc_unlock_work(house_shared()->kmc, &t.of, answer, expires, err);
	house_signed_free(&t);
	return rc;
}

static void
enlist_for_unlocking(const struct house_person *p)
{
	struct err		 err = {0};
	size_t			 len;
	const unsigned char	*der = cert_der(p->cert, &len);
	json_t			*out = json_object();

	assert_ok(key_officer_add(house_shared()->kmc, der, len, KEY_OFFICER_UNLOCK, out, &err));
	json_decref(out);
}

void
test_unlock__once_a_challenge(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct house_person *clerk = &h->person[2];
	unsigned char	 key[UNLOCK_KEY], c[UNLOCK_CHALLENGE], a[UNLOCK_ANSWER], b[UNLOCK_ANSWER];
	int64_t		 expires, again;
	json_t		*j = asked(clerk->serial, CHALLENGE);

	(void)state;
	for (size_t i = 0; i < sizeof(c); i++)
		c[i] = (unsigned char)i;
	assert_err(ask(json_incref(j), clerk->key, a, &expires, &err), ERR_DENIED);
	enlist_for_unlocking(clerk);
	assert_ok(device_master_need(h->kmc, &err));
	assert_ok(device_master_need(h->kmc, &err));
	assert_err(device_master_make(h->kmc, &err), ERR_WRONG_STATE);
	assert_ok(ask(json_incref(j), clerk->key, a, &expires, &err));
	assert_ok(device_key(h->kmc, "UKEY0001", key, &err));
	assert_true(unlock_answer_fits(key, "UKEY0001", c, "20261121000000000901", expires,
	    clock_now(), a));
	assert_ok(ask(json_incref(j), clerk->key, b, &again, &err));
	assert_int_equal(expires, again);
	assert_memory_equal(a, b, sizeof(a));
	/* The clock set back by a little: no longer than from the moment it was made. */
	clock_shift(-5 * CLOCK_MINUTE);
	assert_err(ask(json_incref(j), clerk->key, b, &again, &err), ERR_EXPIRED);
	clock_shift(5 * CLOCK_MINUTE);
	json_object_set_new(j, "order", json_string("20261121000000000902"));
	assert_err(ask(json_incref(j), clerk->key, b, &again, &err), ERR_CONFLICT);
	/* the same challenge spelt otherwise is the same */
	json_object_set_new(j, "challenge", json_string("000102030405060708090A0B0C0D0E0F"));
	assert_err(ask(json_incref(j), clerk->key, b, &again, &err), ERR_CONFLICT);
	assert_int_equal(house_count(h, "SELECT count(*) FROM journal WHERE what = 'ukey.unlock'"),
	    1);
	json_decref(j);
	assert_ok(key_officer_remove(h->kmc, clerk->serial, &err));
}

void
test_unlock__refused(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct house_person *clerk = &h->person[2];
	unsigned char	 a[UNLOCK_ANSWER];
	int64_t		 expires;
	json_t		*j;

	(void)state;
	enlist_for_unlocking(clerk);
	/* key officers of the escrow do not unlock, and the clerk recovers nothing */
	assert_err(ask(asked(h->person[0].serial, CHALLENGE), h->person[0].key, a, &expires, &err),
	    ERR_DENIED);
	assert_err(ask(asked(clerk->serial, CHALLENGE), h->person[1].key, a, &expires, &err),
	    ERR_DENIED);
	assert_err(ask(asked(clerk->serial, "0001"), clerk->key, a, &expires, &err), ERR_DENIED);
	j = asked(clerk->serial, "ff0102030405060708090a0b0c0d0e0f");
	assert_ok(ask(json_incref(j), clerk->key, a, &expires, &err));
	clock_shift(2 * CLOCK_HOUR);
	assert_err(ask(json_incref(j), clerk->key, a, &expires, &err), ERR_EXPIRED);
	clock_shift(0);
	json_decref(j);
	assert_ok(key_officer_remove(h->kmc, clerk->serial, &err));
}

/* The clerk who unlocks cannot take part in a recovery. */
void
test_unlock__clerk_is_no_key_officer(void **state)
{
	struct err		 err = {0};
	struct house		*h = house_shared();
	struct house_signed	 t;
	json_t			*j = json_pack("{s:s,s:i,s:s,s:s,s:I}", "type", "recovery", "v", 1,
	    "officer", h->person[0].serial, "second", h->person[2].serial, "time",
	    (json_int_t)clock_now());

	(void)state;
	enlist_for_unlocking(&h->person[2]);
	house_sign(&t, json_incref(j), h->person[0].key, h->person[2].key);
	assert_err(key_officers_check(h->kmc, j, &t.of, NULL, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "may not sign"));
	assert_ok(key_officer_remove(h->kmc, h->person[2].serial, &err));
	house_signed_free(&t);
	json_decref(j);
}

/* The device key of a UKey goes to one sign key, in its wrapping; the administrator's stays. */
void
test_unlock__a_device_key_is_given_once(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	unsigned char	 key[UNLOCK_KEY], enc[SM2_POINT_LEN];
	EVP_PKEY	*mine = NULL, *other = NULL;
	struct secret	 plain = {0};
	struct buf	 b;

	(void)state;
	buf_init(&b, 8192);
	assert_ok(device_master_need(h->kmc, &err));
	assert_ok(sm2_generate(&mine, &err));
	assert_ok(sm2_generate(&other, &err));
	assert_ok(house_pair(h, "20261121000000000911", "X1", mine, enc, &b, &err));
	buf_clear(&b);
	assert_ok(house_pair(h, "20261121000000000912", "X2", other, enc, &b, &err));
	buf_clear(&b);
	assert_err(device_give(h->kmc, "20261121000000000999", "UKEY0007", &b, &err),
	    ERR_NOT_FOUND);
	assert_err(device_give(h->kmc, "20261121000000000911", "", &b, &err), ERR_INPUT);
	for (int i = 0; i < 2; i++) {			/* and again */
		buf_clear(&b);
		assert_ok(device_give(h->kmc, "20261121000000000911", "UKEY0007", &b, &err));
		assert_ok(sm2_decrypt(mine, b.p, b.len, &plain, &err));
		assert_int_equal(plain.len, UNLOCK_KEY);
		assert_ok(device_key(h->kmc, "UKEY0007", key, &err));
		assert_memory_equal(plain.p, key, UNLOCK_KEY);
		secret_free(&plain);
	}
	buf_clear(&b);
	assert_ok(device_give(h->kmc, "20261121000000000912", "UKEY0007", &b, &err));
	assert_int_equal(b.len, 0);			/* another sign key */
	assert_ok(device_key(h->kmc, "UKEY0008", key, &err));
	assert_ok(device_give(h->kmc, "20261121000000000912", "UKEY0008", &b, &err));
	assert_int_equal(b.len, 0);			/* made by the administrator */
	EVP_PKEY_free(mine);
	EVP_PKEY_free(other);
	buf_free(&b);
}

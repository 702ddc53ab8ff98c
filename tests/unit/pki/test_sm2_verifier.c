#include "unit.h"
#include "base/rand.h"
#include "base/str.h"
#include "pki/sm2_verifier.h"

#define N	"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"
#define N_1	"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122"
#define ONE	"0000000000000000000000000000000000000000000000000000000000000001"
#define ZERO	"0000000000000000000000000000000000000000000000000000000000000000"
#define TOP	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
/* GM/T 0003.5 A.2, with the default ID. */
#define KAT_P	"0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020" \
		"ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define KAT_RS	"f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3" \
		"b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"

static struct sm2_verifier *
verifier_of(EVP_PKEY *key)
{
	struct sm2_verifier	*v;
	unsigned char		 point[SM2_POINT_LEN];
	struct err		 err = {0};

	assert_ok(sm2_point(key, point, &err));
	v = sm2_verifier_new(point);
	assert_non_null(v);
	return v;
}

/* Both say the same of it; gives what they say. */
static bool
both(const struct sm2_verifier *v, EVP_PKEY *key, const void *p, size_t len, const void *sig,
    size_t sig_len)
{
	struct err	 a = {0}, b = {0};
	int		 plain = sm2_verify_message(key, p, len, sig, sig_len, &a);

	assert_int_equal(sm2_verifier_check(v, p, len, sig, sig_len, &b), plain);
	assert_int_equal(a.kind, b.kind);
	return plain == 0;
}

static bool
both_raw(const struct sm2_verifier *v, EVP_PKEY *key, const char *hex)
{
	unsigned char	 rs[SM2_RAW_SIG_LEN];
	struct buf	 der;
	bool		 holds;

	assert_int_equal(hex_decode(hex, rs, sizeof(rs)), 0);
	buf_init(&der, SM2_SIG_DER_MAX);
	sm2_sig_to_der(rs, &der);
	holds = both(v, key, "message digest", 14, der.p, der.len);
	buf_free(&der);
	return holds;
}

void
test_sm2_verifier__known_answer(void **state)
{
	unsigned char		 point[SM2_POINT_LEN];
	struct err		 err = {0};
	struct sm2_verifier	*v;
	EVP_PKEY		*key = NULL;

	(void)state;
	assert_int_equal(hex_decode(KAT_P, point, sizeof(point)), 0);
	assert_ok(sm2_from_point(point, &key, &err));
	v = verifier_of(key);
	assert_true(both_raw(v, key, KAT_RS));
	sm2_verifier_free(v);
	EVP_PKEY_free(key);
}

/* r and s outside of [1, n-1], and r + s = n (GB/T 32918.2 7.1 B1, B2, B5). */
void
test_sm2_verifier__numbers_at_the_bounds(void **state)
{
	static const char *const	 bad[] = {ZERO ONE, ONE ZERO, ZERO ZERO, N ONE, ONE N, N N,
		TOP ONE, ONE TOP, N_1 ONE, ONE N_1, N_1 N_1, ONE ONE};
	EVP_PKEY			*key = NULL;
	struct err			 err = {0};
	struct sm2_verifier		*v;

	(void)state;
	assert_ok(sm2_generate(&key, &err));
	v = verifier_of(key);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(both_raw(v, key, bad[i]));
	sm2_verifier_free(v);
	EVP_PKEY_free(key);
}

/* Signatures of OpenSSL hold; any bit that is turned breaks them, for both. */
static void
try_key(EVP_PKEY *key, EVP_PKEY *other, int times)
{
	struct sm2_verifier	*v = verifier_of(key);
	unsigned char		 text[97];
	struct err		 err = {0};
	struct buf		 sig;

	buf_init(&sig, SM2_SIG_DER_MAX);
	for (int i = 0; i < times; i++) {
		size_t	 len = (size_t)i % sizeof(text), at;

		rand_bytes(text, sizeof(text));
		buf_clear(&sig);
		assert_ok(sm2_sign_message(key, text, len, &sig, &err));
		assert_true(both(v, key, text, len, sig.p, sig.len));
		at = text[0] % sig.len;
		sig.p[at] = (char)(sig.p[at] ^ 1 << text[1] % 8);
		assert_false(both(v, key, text, len, sig.p, sig.len));
		sig.p[at] = (char)(sig.p[at] ^ 1 << text[1] % 8);
		text[len] ^= 1;
		assert_false(both(v, key, text, len + 1, sig.p, sig.len));
		assert_false(both(v, key, text, len, sig.p, sig.len - 1));
		buf_clear(&sig);
		assert_ok(sm2_sign_message(other, text, len, &sig, &err));
		assert_false(both(v, key, text, len, sig.p, sig.len));
	}
	buf_free(&sig);
	sm2_verifier_free(v);
}

void
test_sm2_verifier__as_openssl(void **state)
{
	struct err	 err = {0};

	(void)state;
	for (int i = 0; i < 8; i++) {
		EVP_PKEY	*key = NULL, *other = NULL;

		assert_ok(sm2_generate(&key, &err));
		assert_ok(sm2_generate(&other, &err));
		try_key(key, other, 12);
		EVP_PKEY_free(key);
		EVP_PKEY_free(other);
	}
}

/* The base point itself, its negative, its double: tables and sums meet themselves. */
void
test_sm2_verifier__special_keys(void **state)
{
	static const char *const	 scalars[] = {ONE,
		"0000000000000000000000000000000000000000000000000000000000000002",
		"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121"};
	struct err			 err = {0};
	EVP_PKEY			*other = NULL;

	(void)state;
	assert_ok(sm2_generate(&other, &err));
	for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
		unsigned char	 d[SM2_SCALAR_LEN];
		EVP_PKEY	*key = NULL;

		assert_int_equal(hex_decode(scalars[i], d, sizeof(d)), 0);
		assert_ok(sm2_from_scalar(d, &key, &err));
		try_key(key, other, 8);
		EVP_PKEY_free(key);
	}
	EVP_PKEY_free(other);
}

void
test_sm2_verifier__no_point(void **state)
{
	unsigned char	 point[SM2_POINT_LEN] = {0x04, 1};

	(void)state;
	assert_null(sm2_verifier_new(point));
	point[0] = 0;
	assert_null(sm2_verifier_new(point));
}

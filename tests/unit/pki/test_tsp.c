#include "pki/ca.h"
#include "pki/tsp.h"

#include <openssl/objects.h>

static const unsigned char	 hash[32] = {0x80, 1, 2, 3};
static const unsigned char	 nonce[8] = {0x9f, 1, 2, 3, 4, 5, 6, 7};

struct tsa {
	EVP_PKEY	*key;
	struct cert	*cert;
};

static void
tsa_make(struct ca *ca, const char *kind, struct tsa *t)
{
	struct err	 err = {0};

	assert_ok(key_generate(key_kind_find(kind), &t->key, &err));
	t->cert = ca_issue("tsa", "测试时间戳", t->key, ca->issuing, ca->issuing_key, 5);
}

static void
tsa_free(struct tsa *t)
{
	cert_free(t->cert);
	EVP_PKEY_free(t->key);
}

/* Ask with a nonce and let the TSA answer at CA_NOW + 120 ms. */
static void
stamp(const struct tsa *t, enum cms_form form, struct buf *out)
{
	struct err		 err = {0};
	struct tsp_request	 r;
	enum tsp_failure	 failure;
	struct buf		 der;
	struct tsp_stamp	 s = {.policy = "1.2.156.99999.3", .serial = 0x80ff,
		.time = CA_NOW + 120, .accuracy = 1500, .signer = t->cert, .key = t->key,
		.certs = (const struct cert *const []){t->cert}, .n_certs = 1, .form = form};

	buf_init(&der, TSP_REQUEST_MAX);
	buf_init(out, TSP_ANSWER_MAX);
	assert_ok(tsp_request_build(NID_sm3, hash, 32, nonce, 8, true, &der, &err));
	assert_ok(tsp_request_parse(der.p, der.len, &r, &failure, &err));
	assert_true(r.cert);
	assert_int_equal(r.digest, NID_sm3);
	assert_ok(tsp_respond(&r, &s, out, &err));
	buf_free(&der);
}

static int
check(const struct buf *der, const unsigned char *of, const struct cert *signer,
    struct tsp_facts *f, struct err *err)
{
	return tsp_check(der->p, der->len, NID_sm3, of, 32, nonce, 8, signer, f, err);
}

void
test_tsp__each_kind_of_key(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	struct tsp_facts	 f;
	struct buf		 der;

	(void)state;
	ca_make(&ca);
	for (size_t i = 0; key_kind_at(i) != NULL; i++) {
		struct tsa	 t = {0};

		tsa_make(&ca, key_kind_at(i)->name, &t);
		stamp(&t, CMS_STANDARD, &der);
		assert_ok(check(&der, hash, t.cert, &f, &err));
		assert_int_equal(f.time, CA_NOW + 120);
		assert_int_equal(f.serial[18], 0x80);
		assert_int_equal(f.serial[19], 0xff);
		buf_free(&der);
		tsa_free(&t);
	}
	ca_free(&ca);
}

void
test_tsp__gm_form(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	struct tsa		 sm2 = {0}, rsa = {0};
	struct tsp_facts	 f;
	struct buf		 der;
	struct cms_plan		 plan = {.type = "1.2.3", .content = "x", .len = 1,
		.time = CA_NOW, .form = CMS_GM};

	(void)state;
	ca_make(&ca);
	tsa_make(&ca, "sm2", &sm2);
	tsa_make(&ca, "rsa", &rsa);
	stamp(&sm2, CMS_GM, &der);
	assert_ok(check(&der, hash, sm2.cert, &f, &err));
	assert_non_null(memmem(der.p, der.len, "\x2a\x81\x1c\xcf\x55\x06\x01\x04\x02\x02", 10));
	plan.signer = rsa.cert;
	plan.key = rsa.key;
	assert_err(cms_sign(&plan, &der, &err), ERR_INPUT);
	buf_free(&der);
	tsa_free(&sm2);
	tsa_free(&rsa);
	ca_free(&ca);
}

/* Another document, nonce, signer, purpose; and each byte of the stamp changed. */
void
test_tsp__what_does_not_hold(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	struct tsa		 t = {0}, other = {0};
	struct tsp_facts	 f;
	struct buf		 der;
	unsigned char		 wrong[32] = {0x80};

	(void)state;
	ca_make(&ca);
	tsa_make(&ca, "sm2", &t);
	tsa_make(&ca, "sm2", &other);
	stamp(&t, CMS_STANDARD, &der);
	assert_err(check(&der, wrong, t.cert, &f, &err), ERR_CRYPTO);
	assert_err(tsp_check(der.p, der.len, NID_sm3, hash, 32, wrong, 8, t.cert, &f, &err),
	    ERR_CRYPTO);
	assert_err(check(&der, hash, other.cert, &f, &err), ERR_CRYPTO);
	assert_err(check(&der, hash, ca.sign, &f, &err), ERR_CRYPTO);
	for (size_t i = der.len - 200; i < der.len; i++) {
		der.p[i] ^= 1;
		assert_int_equal(check(&der, hash, t.cert, &f, &err), -1);
		err_clear(&err);
		der.p[i] ^= 1;
	}
	assert_ok(check(&der, hash, t.cert, &f, &err));
	buf_free(&der);
	tsa_free(&t);
	tsa_free(&other);
	ca_free(&ca);
}

static void
assert_failure(const void *der, size_t len, enum tsp_failure want)
{
	struct err		 err = {0};
	struct tsp_request	 r;
	enum tsp_failure	 failure;

	assert_err(tsp_request_parse(der, len, &r, &failure, &err), ERR_INPUT);
	assert_int_equal(failure, want);
}

void
test_tsp__strict_requests(void **state)
{
	struct err	 err = {0};
	struct buf	 der;

	(void)state;
	buf_init(&der, TSP_REQUEST_MAX);
	assert_ok(tsp_request_build(NID_sha256, hash, 32, NULL, 0, false, &der, &err));
	assert_failure(der.p, der.len - 1, TSP_BAD_FORMAT);
	der.p[4] = 2;					/* version */
	assert_failure(der.p, der.len, TSP_BAD_REQUEST);
	buf_clear(&der);
	assert_ok(tsp_request_build(NID_sha1, hash, 20, NULL, 0, false, &der, &err));
	assert_failure(der.p, der.len, TSP_BAD_ALGORITHM);
	buf_clear(&der);
	assert_ok(tsp_request_build(NID_sha256, hash, 31, NULL, 0, false, &der, &err));
	assert_failure(der.p, der.len, TSP_BAD_FORMAT);
	buf_clear(&der);
	assert_ok(tsp_request_build(NID_sha256, hash, 32, NULL, 0, false, &der, &err));
	buf_add(&der, "\xa0\x00", 2);
	der.p[1] = (char)(der.p[1] + 2);
	assert_failure(der.p, der.len, TSP_BAD_EXTENSION);
	buf_free(&der);
}

/* What stands behind the imprint: nonces of any sign, shortest form, 1 to 32 bytes; certReq. */
void
test_tsp__nonce_and_cert(void **state)
{
	static const struct {
		const char	*tail;
		size_t		 len;
		bool		 good, cert;
	} rows[] = {
		{"\x02\x01\x00", 3, true, false}, {"\x02\x02\xff\x7f", 4, true, false},
		{"\x02\x02\x00\x80", 4, true, false}, {"\x02\x01\xff\x01\x01\xff", 6, true, true},
		{"\x02\x20" "0123456789abcdef0123456789abcdef", 34, true, false},
		{"\x01\x01\xff", 3, true, true}, {"\x01\x01\x00", 3, true, false},
		{"\x02\x00", 2, false, false}, {"\x02\x02\x00\x7f", 4, false, false},
		{"\x02\x02\xff\x80", 4, false, false}, {"\x01\x01\x01", 3, false, false},
		{"\x02\x21" "0123456789abcdef0123456789abcdefg", 35, false, false},
	};
	struct err		 err = {0};
	struct buf		 der;
	struct tsp_request	 r;
	enum tsp_failure	 failure;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_init(&der, TSP_REQUEST_MAX);
		assert_ok(tsp_request_build(NID_sha256, hash, 32, NULL, 0, false, &der, &err));
		buf_add(&der, rows[i].tail, rows[i].len);
		der.p[1] = (char)(der.p[1] + (char)rows[i].len);
		if (!rows[i].good) {
			assert_failure(der.p, der.len, TSP_BAD_FORMAT);
		} else {
			assert_ok(tsp_request_parse(der.p, der.len, &r, &failure, &err));
			assert_int_equal(r.cert, rows[i].cert);
			assert_int_equal(r.nonce.len, rows[i].tail[0] != 0x02 ? 0 :
			    rows[i].len - (rows[i].cert ? 3 : 0));
		}
		buf_free(&der);
	}
}

void
test_tsp__refusal(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	struct tsa		 t = {0};
	struct tsp_facts	 f;
	struct buf		 der;

	(void)state;
	ca_make(&ca);
	tsa_make(&ca, "sm2", &t);
	buf_init(&der, 256);
	/* bit 14: the second byte, one unused */
	tsp_refuse(TSP_NO_TIME, "no", &der);
	assert_int_equal(der.len, 18);
	assert_memory_equal(der.p + 2, "\x30\x0e", 2);
	assert_memory_equal(der.p + 13, "\x03\x03\x01\x00\x02", 5);
	assert_err(check(&der, hash, t.cert, &f, &err), ERR_GATEWAY);
	buf_free(&der);
	tsa_free(&t);
	ca_free(&ca);
}

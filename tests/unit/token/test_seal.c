#include "base/base.h"
#include "token/house.h"
#include "base/clock.h"
#include "seal/eseal.h"

/* The electronic seal that comes with a pair. */

/* A seal for this certificate, by a maker who asks no rules of a chain. */
static void
seal_for(const struct issued *i, const struct buf *holder, struct buf *out)
{
	static const unsigned char png[] = "\x89PNG\r\n\x1a\n and a picture";
	unsigned char		 point[SM2_POINT_LEN];
	struct err		 err = {0};
	EVP_PKEY		*key = NULL;
	struct cert		*c = NULL, *maker;
	struct eseal_plan	 plan = {.version = ESEAL_V4, .vendor = "YINXIN", .id = "0123456789ABCDEF",
		.type = ESEAL_OF_PERSON, .name = "张三", .picture = {"PNG", png, sizeof(png) - 1, 18, 18}};

	assert_ok(cert_parse(holder->p, holder->len, &c, &err));
	assert_ok(sm2_generate(&key, &err));
	assert_ok(sm2_point(key, point, &err));
	maker = certify((struct issued *)(uintptr_t)i, "sm2-person-sign", point);
	plan.holder = c;
	plan.maker = maker;
	plan.made = plan.not_before = cert_not_before(c);
	plan.not_after = cert_not_after(c);
	buf_init(out, ESEAL_MAX);
	assert_ok(eseal_build(&plan, SIGNING(key), out, &err));
	cert_free(maker);
	cert_free(c);
	EVP_PKEY_free(key);
}

/* What the UKey says of the certificate's seal. */
static char *
described(struct ukey *u)
{
	struct err	 err = {0};
	json_t		*j = NULL, *list;
	char		*id;

	assert_ok(ukey_describe(u, &j, &err));
	list = json_object_get(j, "certificates");
	id = xstrdup(json_array_size(list) == 0 ? "no certificate" :
	    js_str(json_array_get(list, 0), "seal"));
	json_decref(j);
	return id;
}

static void
assert_described(struct ukey *u, const char *want)
{
	char	*id = described(u);

	assert_string_equal(id, want);
	free(id);
}

void
test_seal__comes_with_the_pair_or_nothing_does(void **state)
{
	struct err		 err = {0};
	struct issued		 i, other;
	struct ukey		 u, v;
	struct ukey_bundle	 b;
	struct buf		 csr, csr2, seal, foreign;
	bool			 marked;
	int			 left;
	char			*path, *path2;

	(void)state;
	path = blank(&u);
	buf_init(&csr, LIMIT_CSR);
	buf_init(&csr2, LIMIT_CSR);
	assert_ok(ukey_login(&u, PIN, &left, &err));
	assert_ok(ukey_request(&u, ORDER, "张三", &csr, &err));
	issue(&csr, &i);
	path2 = blank(&v);
	assert_ok(ukey_login(&v, PIN, &left, &err));
	assert_ok(ukey_request(&v, ORDER, "李四", &csr2, &err));
	issue(&csr2, &other);
	seal_for(&i, &i.sign, &seal);
	seal_for(&other, &other.sign, &foreign);
	/* another's seal: neither it nor the certificate goes in */
	b = bundle(&i);
	b.seal = foreign.p;
	b.seal_len = foreign.len;
	assert_err(ukey_install(&u, ORDER, &b, &err), ERR_CONFLICT);
	assert_described(&u, "no certificate");
	b.seal_len = foreign.len - 1;			/* cut short */
	assert_err(ukey_install(&u, ORDER, &b, &err), ERR_INPUT);
	assert_described(&u, "no certificate");
	b.seal = seal.p;
	b.seal_len = seal.len;
	for (int twice = 0; twice < 2; twice++) {
		assert_ok(ukey_install(&u, ORDER, &b, &err));
		assert_ok(ukey_confirm(&u, ORDER, "", &marked, &err));
		assert_described(&u, "0123456789ABCDEF");
	}
	/* without one there is none */
	b = bundle(&other);
	assert_ok(ukey_install(&v, ORDER, &b, &err));
	assert_described(&v, "");
	ukey_close(&u);
	ukey_close(&v);
	issued_free(&i);
	issued_free(&other);
	buf_free(&csr);
	buf_free(&csr2);
	buf_free(&seal);
	buf_free(&foreign);
	free(path);
	free(path2);
}

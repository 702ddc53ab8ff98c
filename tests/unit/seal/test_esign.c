#include "seal/esign.h"
#include "seal/world.h"

struct made {
	struct world	 w;
	struct buf	 seal, tbs, sig, der;
};

static void
make(struct made *m)
{
	static const unsigned char	 digest[SM2_DIGEST_LEN] = {1, 2, 3};
	struct err			 err = {0};
	struct esign_plan		 plan = {.time = CA_NOW, .digest = digest,
	    .property = "/ByteRange[0 1 2 3]"};

	world_make(&m->w);
	build(&m->w, &m->seal);
	buf_init(&m->tbs, ESIGN_MAX);
	buf_init(&m->sig, KEY_SIG_MAX);
	buf_init(&m->der, ESIGN_MAX);
	plan.seal = m->seal.p;
	plan.seal_len = m->seal.len;
	assert_ok(esign_tbs(&plan, &m->tbs, &err));
	assert_ok(sm2_sign_message(m->w.ca.sign_key, m->tbs.p, m->tbs.len, &m->sig, &err));
	assert_ok(esign_wrap(&m->tbs, m->w.ca.sign, &m->sig, NULL, 0, &m->der, &err));
}

static void
made_free(struct made *m)
{
	buf_free(&m->seal);
	buf_free(&m->tbs);
	buf_free(&m->sig);
	buf_free(&m->der);
	world_free(&m->w);
}

void
test_esign__what_is_written_is_read(void **state)
{
	struct made	 m;
	struct esign	*s = NULL;
	struct err	 err = {0};

	(void)state;
	make(&m);
	assert_ok(esign_parse(m.der.p, m.der.len, &s, &err));
	assert_ok(esign_verify_signature(s, &err));
	assert_string_equal(eseal_id(esign_seal(s)), "4A5B6C7D8E9F");
	assert_true(cert_is_same(esign_signer(s), m.w.ca.sign));
	assert_int_equal(esign_time(s), CA_NOW);
	assert_int_equal(esign_digest(s)[2], 3);
	assert_string_equal(esign_property(s), "/ByteRange[0 1 2 3]");
	assert_false(esign_has_critical(s));
	assert_int_equal(esign_stamp(s).len, 0);
	assert_int_equal(esign_value(s).len, m.sig.len);
	esign_free(s);
	/* with a stamp, which is outside of what is signed */
	assert_ok(esign_wrap(&m.tbs, m.w.ca.sign, &m.sig, "stamp", 5, &m.der, &err));
	assert_ok(esign_parse(m.der.p, m.der.len, &s, &err));
	assert_memory_equal(esign_stamp(s).p, "stamp", 5);
	esign_free(s);
	assert_err(esign_wrap(&m.tbs, m.w.ca.enc, &m.sig, NULL, 0, &m.der, &err), ERR_CRYPTO);
	made_free(&m);
}

/* Each byte belongs to what is signed, the signature, or a certificate that then is another. */
void
test_esign__each_altered_byte_is_noticed(void **state)
{
	struct made	 m;

	(void)state;
	make(&m);
	for (size_t i = 0; i < m.der.len; i++) {
		struct err	 err = {0};
		struct esign	*s = NULL;

		m.der.p[i] ^= 1;
		if (esign_parse(m.der.p, m.der.len, &s, &err) == 0 &&
		    esign_verify_signature(s, &err) == 0 &&
		    eseal_is_for(esign_seal(s), esign_signer(s)))
			fail_msg("byte %zu of %zu may be altered", i, m.der.len);
		esign_free(s);
		m.der.p[i] ^= 1;
	}
	made_free(&m);
}

void
test_esign__bounds(void **state)
{
	struct made	 m;
	struct err	 err = {0};
	struct esign	*s = NULL;
	unsigned char	*large = calloc(1, ESIGN_MAX + 1);

	(void)state;
	make(&m);
	for (size_t n = 0; n < m.der.len; n += 17)
		assert_err(esign_parse(m.der.p, n, &s, &err), ERR_INPUT);
	buf_addch(&m.der, '\0');
	assert_err(esign_parse(m.der.p, m.der.len, &s, &err), ERR_INPUT);
	assert_err(esign_parse(large, ESIGN_MAX + 1, &s, &err), ERR_LIMIT);
	assert_null(s);
	free(large);
	made_free(&m);
}

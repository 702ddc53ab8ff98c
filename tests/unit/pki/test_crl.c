#include "pki/ca.h"
#include "pki/crl.h"

void
test_crl__round_trip(void **state)
{
	struct err	 err = {0};
	struct ca	 ca;
	struct crl_entry entries[3] = {{.revoked = CA_NOW - CLOCK_HOUR,
	    .reason = CRL_REASON_KEY_COMPROMISE}, {.serial = "0102AB", .revoked = CA_NOW},
	    {.serial = "FF", .revoked = CA_NOW, .reason = CRL_REASON_HOLD}}, found;
	struct crl_facts facts;
	struct buf	 der;
	bool		 is;

	(void)state;
	ca_make(&ca);
	buf_init(&der, 65536);
	snprintf(entries[0].serial, sizeof(entries[0].serial), "%s", cert_serial(ca.sign));
	assert_ok(crl_build(&(struct crl_plan){.issuer = ca.issuing, .number = 7,
	    .this_update = CA_NOW, .next_update = CA_NOW + CLOCK_DAY, .entries = entries,
	    .n = 3}, SIGNING(ca.issuing_key), &der, &err));
	assert_ok(crl_verify(der.p, der.len, ca.issuing, &facts, &err));
	assert_int_equal(facts.number, 7);
	assert_int_equal(facts.this_update, CA_NOW);
	assert_int_equal(facts.next_update, CA_NOW + CLOCK_DAY);
	assert_int_equal(facts.entries, 3);
	assert_ok(crl_find(der.p, der.len, cert_serial(ca.sign), &is, &found, &err));
	assert_true(is);
	assert_int_equal(found.reason, CRL_REASON_KEY_COMPROMISE);
	assert_int_equal(found.revoked, CA_NOW - CLOCK_HOUR);
	assert_ok(crl_find(der.p, der.len, "FF", &is, &found, &err));
	assert_true(is);
	assert_ok(crl_find(der.p, der.len, cert_serial(ca.enc), &is, &found, &err));
	assert_false(is);
	assert_err(crl_find(der.p, der.len, "xyz", &is, &found, &err), ERR_INPUT);
	buf_free(&der);
	ca_free(&ca);
}

void
test_crl__empty_list(void **state)
{
	struct err	 err = {0};
	struct ca	 ca;
	struct crl_facts facts;
	struct buf	 der;
	struct crl_plan		 plan;

	(void)state;
	ca_make(&ca);
	buf_init(&der, 65536);
	plan = (struct crl_plan){.issuer = ca.root, .number = 1, .this_update = CA_NOW,
	    .next_update = CA_NOW + CLOCK_DAY};
	assert_ok(crl_build(&plan, SIGNING(ca.root_key), &der, &err));
	assert_ok(crl_verify(der.p, der.len, ca.root, &facts, &err));
	assert_int_equal(facts.entries, 0);
	/* of another issuer, by another key, altered, cut */
	assert_err(crl_verify(der.p, der.len, ca.issuing, &facts, &err), ERR_CRYPTO);
	assert_err(crl_build(&plan, SIGNING(ca.issuing_key), &der, &err),
	    ERR_CRYPTO);
	for (size_t i = 0; i < der.len; i++) {
		der.p[i] ^= 1;
		if (crl_verify(der.p, der.len, ca.root, &facts, &err) == 0)
			fail_msg("byte %zu may be changed", i);
		der.p[i] ^= 1;
	}
	assert_err(crl_verify(der.p, der.len - 1, ca.root, &facts, &err), ERR_INPUT);
	buf_free(&der);
	ca_free(&ca);
}

/* What a list does not speak about is not good because it is silent. */
void
test_crl__scope(void **state)
{
	static const struct {
		const char	*point;
		int64_t		 base;
		bool		 ok;
	} rows[] = {{NULL, 0, true}, {NULL, 1, false}, {"http://ca.test/other-p7.crl", 0, false},
		{"http://ca.test/other-p7.crl", 1, false}};
	struct err	 err = {0};
	struct ca	 ca;
	struct buf	 der;

	(void)state;
	ca_make(&ca);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct crl_plan	 plan = {.issuer = ca.issuing, .number = 2, .this_update = CA_NOW,
		    .next_update = CA_NOW + CLOCK_DAY, .base = rows[i].base, .point = rows[i].point};

		err_clear(&err);
		buf_init(&der, 65536);
		assert_ok(crl_build(&plan, SIGNING(ca.issuing_key), &der, &err));
		if (rows[i].ok)
			assert_ok(crl_check_scope(der.p, der.len, ca.sign, &err));
		else
			assert_err(crl_check_scope(der.p, der.len, ca.sign, &err), ERR_INPUT);
		buf_free(&der);
	}
	ca_free(&ca);
}

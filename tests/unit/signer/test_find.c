#include "base/base.h"
#include "signer/world.h"

/* What was issued is found by serial, subject and identity. */

static size_t
found(const char *by, const char *what, const char *serial)
{
	struct err	 err = {0};
	json_t		*out = json_object(), *row;
	size_t		 i, n = 0;

	assert_ok(certificates_find(&world_shared()->signer, by, what, out, &err));
	json_array_foreach(json_object_get(out, "certificates"), i, row)
		n += strcmp(js_str(row, "serial"), serial) == 0;
	json_decref(out);
	return n;
}

void
test_find__by_each_way(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signed_text	 t = world_sign(world_approval(w, "20261128000000000777"),
	    w->officer_key);
	struct signer_pair	 p;
	struct cert		*c = NULL;
	EVP_PKEY		*key = NULL;
	char			 digest[KMC_SUBJECT];
	json_t			*out = json_object();

	(void)state;
	signer_pair_init(&p);
	assert_ok(sm2_generate(&key, &err));
	assert_ok(world_issue(w, &t, key, &p, &err));
	assert_ok(cert_parse(p.sign_cert.p, p.sign_cert.len, &c, &err));
	assert_int_equal(found("serial", p.sign_serial, p.sign_serial), 1);
	assert_int_equal(found("serial", p.enc_serial, p.sign_serial), 0);
	assert_int_equal(found("subject", cert_subject(c), p.sign_serial), 1);
	assert_int_equal(found("subject", cert_subject(c), p.enc_serial), 1);
	assert_int_equal(found("subject", "CN=长沙建工有限公司", p.sign_serial), 0);
	kmc_subject("uscc", "91350100M000100Y43", digest);
	assert_int_equal(found("identity", digest, p.sign_serial), 1);
	assert_int_equal(found("identity", digest, p.enc_serial), 1);
	kmc_subject("resident-id", "91350100M000100Y43", digest);
	assert_int_equal(found("identity", digest, p.sign_serial), 0);
	/* staff certificates carry no identity: nothing finds them all */
	assert_err(certificates_find(&w->signer, "identity", "", out, &err), ERR_INPUT);
	assert_err(certificates_find(&w->signer, "colour", "red", out, &err), ERR_INPUT);
	json_decref(out);
	cert_free(c);
	EVP_PKEY_free(key);
	signed_text_free(&t);
	signer_pair_free(&p);
}

#include "base/base.h"
#include "signer/world.h"
#include "kmc/work.h"
#include "pki/envelope.h"

/* What the signer adds to kmc's own checks: whose certificates these are. */

static int
officer_der(struct db *db, void *arg, struct err *err)
{
	struct buf	*out = arg;
	struct rows	*r = NULL;
	const void	*p;
	size_t		 len;

	if (db_one(db, SQL_OFFICER_BY_SERIAL, &r, err, DB_TEXT(out->p)) < 0)
		return -1;
	p = rows_blob(r, 1, &len);
	buf_clear(out);
	buf_add(out, p, len);
	rows_free(r);
	return 0;
}

static void
enlist(struct world *w, const char *serial)
{
	struct err	 err = {0};
	struct buf	 der;
	json_t		*out = json_object();

	buf_init(&der, LIMIT_CERT);
	buf_addstr(&der, serial);
	assert_ok(store_read(w->signer.store, officer_der, &der, &err));
	assert_ok(key_officer_add(world_kmc_shared(), der.p, der.len, KEY_OFFICER_KEYS, out,
	    &err));
	buf_free(&der);
	json_decref(out);
}

static void
issue_to(struct world *w, const char *order, const char *id_no, EVP_PKEY *key,
    struct signer_pair *out)
{
	struct err		 err = {0};
	struct signed_text	 t;
	json_t			*approval = world_approval(w, order);

	json_object_set_new(json_object_get(approval, "subject"), "id_no", json_string(id_no));
	t = world_sign(approval, w->officer_key);
	signer_pair_init(out);
	assert_ok(world_issue(w, &t, key, out, &err));
	signed_text_free(&t);
}

static int
recover(struct world *w, const char *order, const char *enc_serial, EVP_PKEY *key,
    struct buf *envelope, struct buf *cert, struct err *err)
{
	json_t			*j = json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:I,s:[s]}", "type",
	    "recovery", "v", 1, "order", order, "serial", enc_serial, "kind", "user", "officer",
	    w->officer, "second", w->second, "time", (json_int_t)clock_now(), "people",
	    "digest of somebody else");
	struct signed_text	 a = world_sign(json_incref(j), w->officer_key),
				 b = world_sign(j, w->second_key);
	struct buf		 csr;
	int			 rc;

	buf_clear(envelope);
	buf_clear(cert);
	world_csr(key, &csr);
	rc = recover_work(&w->signer, &(struct signer_recovery){order, {a.bytes.p, a.bytes.len,
	    {a.signature.p, a.signature.len}, {b.signature.p, b.signature.len}},
	    {csr.p, csr.len}, {0}}, envelope, cert, err);
	buf_free(&csr);
	signed_text_free(&a);
	signed_text_free(&b);
	return rc;
}

void
test_recover__for_the_same_subject(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signer_pair	 old, new, other;
	EVP_PKEY		*key[4] = {NULL};
	struct secret		 scalar = {0};
	struct buf		 envelope, cert;

	(void)state;
	buf_init(&envelope, 4096);
	buf_init(&cert, LIMIT_CERT);
	for (size_t i = 0; i < ARRAY_LEN(key); i++)
		assert_ok(sm2_generate(&key[i], &err));
	assert_ok(conf_set("data.dir", w->dir, &err));	/* other tests have worlds of their own */
	enlist(w, w->officer);
	enlist(w, w->second);
	issue_to(w, "20261121000000000801", "91350100M000100Y43", key[0], &old);
	issue_to(w, "20261121000000000802", "91350100M000100Y43", key[1], &new);
	issue_to(w, "20261121000000000803", "91440300708461136T", key[2], &other);

	assert_ok(recover(w, "20261121000000000804", old.enc_serial, key[1], &envelope, &cert,
	    &err));
	assert_ok(envelope_open(key[1], envelope.p, envelope.len, &scalar, &err));
	assert_int_equal(cert.len, old.enc_cert.len);
	assert_memory_equal(cert.p, old.enc_cert.p, cert.len);
	assert_string_equal(world_journal(w).what, "key.recover");

	assert_err(recover(w, "20261121000000000805", old.enc_serial, key[2], &envelope, &cert,
	    &err), ERR_DENIED);
	assert_err(recover(w, "20261121000000000805", old.enc_serial, key[3], &envelope, &cert,
	    &err), ERR_DENIED);
	assert_string_equal(world_journal(w).what, "recover.refused");
	assert_err(recover(w, "20261121000000000805", old.sign_serial, key[1], &envelope, &cert,
	    &err), ERR_NOT_FOUND);
	assert_ok(world_change(w, json_pack("{s:s,s:i,s:s,s:s,s:I}", "type", "hold", "v", 1,
	    "serial", new.sign_serial, "by", "holder", "time", (json_int_t)clock_now()), key[1],
	    NULL, &err));
	assert_err(recover(w, "20261121000000000805", old.enc_serial, key[1], &envelope, &cert,
	    &err), ERR_WRONG_STATE);
	assert_int_equal(envelope.len, 0);

	signer_pair_free(&old);
	signer_pair_free(&new);
	signer_pair_free(&other);
	for (size_t i = 0; i < ARRAY_LEN(key); i++)
		EVP_PKEY_free(key[i]);
	secret_free(&scalar);
	buf_free(&envelope);
	buf_free(&cert);
}

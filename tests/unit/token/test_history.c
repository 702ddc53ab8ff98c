#include "house.h"
#include "pki/enveloped.h"

/* A renewal into the same UKey: the old pair stays, to read old documents. */
#define RENEWAL		"20261121000000000002"

static void
put_pair(struct ukey *u, const char *order, struct issued *i)
{
	struct err		 err = {0};
	struct ukey_bundle	 b;
	struct buf		 csr;

	buf_init(&csr, LIMIT_CSR);
	assert_ok(ukey_request(u, order, "张三", &csr, &err));
	issue(&csr, i);
	b = bundle(i);
	assert_ok(ukey_install(u, order, &b, &err));
	buf_free(&csr);
}

static char *
serial_of(const struct buf *der)
{
	struct err	 err = {0};
	struct cert	*c = NULL;
	char		*text;

	assert_ok(cert_parse(der->p, der->len, &c, &err));
	text = xstrdup(cert_serial(c));
	cert_free(c);
	return text;
}

static void
seal_for(const struct buf *der, const char *text, struct buf *document)
{
	struct err	 err = {0};
	struct cert	*c = NULL;

	assert_ok(cert_parse(der->p, der->len, &c, &err));
	assert_ok(enveloped_make(c, text, strlen(text), document, &err));
	cert_free(c);
}

void
test_history__the_old_pair_stays_to_read(void **state)
{
	struct err	 err = {0};
	struct issued	 old = {0}, fresh = {0};
	struct ukey	 u;
	struct buf	 bid, plain, sig, cert;
	char		*path = blank(&u), *serial;
	bool		 marked = true;
	json_t		*j = NULL;
	int		 left;

	(void)state;
	buf_init(&bid, ENVELOPED_MAX);
	buf_init(&plain, 256);
	buf_init(&sig, 256);
	buf_init(&cert, LIMIT_CERT);
	assert_ok(ukey_login(&u, PIN, &left, &err));
	put_pair(&u, ORDER, &old);
	serial = serial_of(&old.sign);
	seal_for(&old.enc, "标书", &bid);
	assert_err(ukey_confirm(&u, RENEWAL, serial, &marked, &err), ERR_WRONG_STATE);
	assert_false(marked);
	put_pair(&u, RENEWAL, &fresh);
	assert_err(ukey_sign(&u, "", "t", 1, &sig, &cert, &err), ERR_INPUT);	/* which? */
	assert_ok(ukey_confirm(&u, RENEWAL, serial, &marked, &err));
	assert_true(marked);
	assert_ok(ukey_confirm(&u, RENEWAL, serial, &marked, &err));		/* and again */
	assert_ok(ukey_sign(&u, "", "t", 1, &sig, &cert, &err));
	assert_int_equal(cert.len, fresh.sign.len);
	assert_memory_equal(cert.p, fresh.sign.p, cert.len);
	assert_ok(ukey_decrypt(&u, bid.p, bid.len, &plain, &err));
	assert_string_equal(plain.p, "标书");
	assert_ok(ukey_describe(&u, &j, &err));
	assert_false(js_bool(json_array_get(json_object_get(j, "certificates"), 0), "history"));
	assert_true(js_bool(json_array_get(json_object_get(j, "certificates"), 1), "history"));
	buf_clear(&bid);
	issued_free(&old);
	old = (struct issued){0};
	ukey_close(&u);
	free(path);
	path = blank(&u);				/* another key has none of it */
	assert_ok(ukey_login(&u, PIN, &left, &err));
	put_pair(&u, ORDER, &old);
	seal_for(&fresh.enc, "标书", &bid);
	assert_err(ukey_decrypt(&u, bid.p, bid.len, &plain, &err), ERR_NOT_FOUND);
	json_decref(j);
	free(serial);
	issued_free(&old);
	issued_free(&fresh);
	buf_free(&bid);
	buf_free(&plain);
	buf_free(&sig);
	buf_free(&cert);
	ukey_close(&u);
	free(path);
}

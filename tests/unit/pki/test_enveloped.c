#include "pki/ca.h"
#include "pki/enveloped.h"

#include <openssl/evp.h>

/* A document for the encryption certificate of the organisation; others have no key for it. */
static void
open_it(const struct ca *ca, const struct buf *der, struct buf *plain)
{
	struct err		 err = {0};
	struct enveloped	 e;
	struct sm2_cipher	 wrapped = {0};
	struct secret		 key = {0};
	struct buf		 cipher;
	unsigned char		 out[256];
	int			 n = 0, last = 0;
	EVP_CIPHER_CTX		*ctx = EVP_CIPHER_CTX_new();

	buf_init(&cipher, 1024);
	assert_ok(enveloped_parse(der->p, der->len, &e, &err));
	assert_int_equal(enveloped_for(&e, ca->sign, &wrapped, &err), 0);
	assert_int_equal(enveloped_for(&e, ca->enc, &wrapped, &err), 1);
	sm2_cipher_add(&wrapped, &cipher);
	assert_ok(sm2_decrypt(ca->enc_key, cipher.p, cipher.len, &key, &err));
	assert_int_equal(key.len, 16);
	assert_true(e.content.len < sizeof(out) - 16);
	EVP_DecryptInit_ex(ctx, EVP_sm4_cbc(), NULL, key.p, e.iv);
	assert_int_equal(EVP_DecryptUpdate(ctx, out, &n, e.content.p, (int)e.content.len), 1);
	assert_int_equal(EVP_DecryptFinal_ex(ctx, out + n, &last), 1);
	buf_add(plain, out, (size_t)(n + last));
	EVP_CIPHER_CTX_free(ctx);
	secret_free(&key);
	sm2_cipher_free(&wrapped);
	buf_free(&cipher);
}

void
test_enveloped__is_for_its_reader_alone(void **state)
{
	static const char	 text[] = "投标文件：报价一千二百万元";
	struct err		 err = {0};
	struct ca		 ca;
	struct buf		 der, plain;

	(void)state;
	ca_make(&ca);
	buf_init(&der, ENVELOPED_MAX);
	buf_init(&plain, 256);
	assert_ok(enveloped_make(ca.enc, text, sizeof(text), &der, &err));
	assert_null(memmem(der.p, der.len, "投标", strlen("投标")));
	open_it(&ca, &der, &plain);
	assert_int_equal(plain.len, sizeof(text));
	assert_memory_equal(plain.p, text, sizeof(text));
	buf_free(&der);
	buf_free(&plain);
	ca_free(&ca);
}

/* Cut anywhere, or followed by more, it is refused. */
void
test_enveloped__refuses_what_is_not_whole(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	struct enveloped	 e;
	struct buf		 der;

	(void)state;
	ca_make(&ca);
	buf_init(&der, ENVELOPED_MAX);
	assert_ok(enveloped_make(ca.enc, "x", 1, &der, &err));
	for (size_t n = 0; n < der.len; n++)
		assert_err(enveloped_parse(der.p, n, &e, &err), ERR_INPUT);
	buf_addch(&der, '\0');
	assert_err(enveloped_parse(der.p, der.len, &e, &err), ERR_INPUT);
	buf_clear(&der);
	assert_err(enveloped_make(ca.enc, "x", ENVELOPED_MAX + 1, &der, &err), ERR_LIMIT);
	buf_free(&der);
	ca_free(&ca);
}

#include "base/base.h"
#include "pki/der.h"
#include "pki/sm2.h"

int
sm2_encrypt(EVP_PKEY *key, const void *p, size_t len, struct buf *der, struct err *err)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	unsigned char	 out[SM2_CIPHER_MAX];
	size_t		 out_len = sizeof(out);
	int		 rc = -1;

	if (len == 0 || len > SM2_PLAIN_MAX)
		err_set(err, ERR_INPUT, "SM2 encrypts 1 to %d bytes", SM2_PLAIN_MAX);
	else if (ctx == NULL || !EVP_PKEY_is_a(key, "SM2") ||
	    EVP_PKEY_encrypt_init(ctx) <= 0 ||
	    EVP_PKEY_encrypt(ctx, out, &out_len, p, len) <= 0)
		err_openssl(err, ERR_CRYPTO, "cannot encrypt with this SM2 key");
	else {
		buf_add(der, out, out_len);
		rc = buf_check(der, err);
	}
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

/* The parts are checked by our own reader first, so that OpenSSL sees strict DER only. */
int
sm2_decrypt(EVP_PKEY *key, const void *der, size_t len, struct secret *out, struct err *err)
{
	EVP_PKEY_CTX		*ctx = NULL;
	struct sm2_cipher	 c = {0};
	unsigned char		 plain[SM2_CIPHER_MAX];
	size_t			 n = sizeof(plain);
	int			 rc = -1;

	if (sm2_cipher_parse(der, len, &c, err) < 0)
		return -1;
	sm2_cipher_free(&c);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	if (ctx == NULL || !EVP_PKEY_is_a(key, "SM2") || EVP_PKEY_decrypt_init(ctx) <= 0 ||
	    EVP_PKEY_decrypt(ctx, plain, &n, der, len) <= 0)
		err_openssl(err, ERR_CRYPTO, "the SM2 ciphertext does not open with this key");
	else {
		secret_set(out, plain, n);
		rc = 0;
	}
	secret_wipe(plain, sizeof(plain));
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

int
sm2_cipher_parse(const void *der, size_t len, struct sm2_cipher *c, struct err *err)
{
	struct der	 in = {.p = der, .len = len}, body, hash, text;

	if (len > SM2_CIPHER_MAX || der_get(&in, 0x30, &body) < 0 || in.len != 0 ||
	    der_get_uint(&body, c->x, 32) < 0 || der_get_uint(&body, c->y, 32) < 0 ||
	    der_get(&body, 0x04, &hash) < 0 || hash.len != sizeof(c->hash) ||
	    der_get(&body, 0x04, &text) < 0 || text.len == 0 || body.len != 0)
		return err_set(err, ERR_INPUT, "not a DER SM2Cipher (GM/T 0009 7.2)");
	memcpy(c->hash, hash.p, hash.len);
	c->text = xmalloc(text.len);
	memcpy(c->text, text.p, text.len);
	c->len = text.len;
	return 0;
}

void
sm2_cipher_add(const struct sm2_cipher *c, struct buf *der)
{
	struct buf	 body;

	buf_init(&body, SM2_CIPHER_MAX);
	der_add_uint(&body, c->x, sizeof(c->x));
	der_add_uint(&body, c->y, sizeof(c->y));
	der_add(&body, 0x04, c->hash, sizeof(c->hash));
	der_add(&body, 0x04, c->text, c->len);
	if (body.over)
		der->over = true;
	else
		der_add(der, 0x30, body.p, body.len);
	buf_free(&body);
}

void
sm2_cipher_free(struct sm2_cipher *c)
{
	free(c->text);
	*c = (struct sm2_cipher){0};
}

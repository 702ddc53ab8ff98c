#include "base/base.h"
#include "base/rand.h"
#include "pki/der.h"
#include "pki/envelope.h"

#include <openssl/evp.h>

/* SEQUENCE { 1.2.156.10197.1.104.1 sm4-ecb, NULL } */
static const unsigned char envelope_alg[] = {
	0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68, 0x01, 0x05, 0x00,
};
/* 1.2.156.10197.1.104 */
static const unsigned char envelope_sm4[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68};

/* The four parts, pointing into the DER. */
struct envelope_parts {
	struct der	 cipher;	/* whole SM2Cipher */
	struct der	 point;		/* 65 bytes */
	struct der	 key;		/* the 32 bytes that count */
};

/* SM4-ECB without padding over whole blocks; can fail only for want of the cipher. */
static void
envelope_ecb(const unsigned char sm4[16], bool encrypt, const unsigned char *in, int len,
    unsigned char *out)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	int		 n = 0;

	if (ctx == NULL ||
	    EVP_CipherInit_ex2(ctx, EVP_sm4_ecb(), sm4, NULL, encrypt, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    EVP_CipherUpdate(ctx, out, &n, in, len) != 1 || n != len)
		BUG("SM4 is missing from OpenSSL");
	EVP_CIPHER_CTX_free(ctx);
}

/* A BIT STRING of whole octets. */
static void
envelope_add_bits(struct buf *b, const unsigned char *p, size_t len)
{
	unsigned char	 body[1 + SM2_POINT_LEN] = {0};

	memcpy(body + 1, p, len);
	der_add(b, 0x03, body, len + 1);
}

static void
envelope_add(struct buf *der, const char *cipher, size_t cipher_len,
    const unsigned char point[SM2_POINT_LEN], const unsigned char key[SM2_SCALAR_LEN])
{
	struct buf	 body;

	buf_init(&body, ENVELOPE_MAX);
	der_add(&body, 0x30, envelope_alg, sizeof(envelope_alg));
	buf_add(&body, cipher, cipher_len);
	envelope_add_bits(&body, point, SM2_POINT_LEN);
	envelope_add_bits(&body, key, SM2_SCALAR_LEN);
	der_add(der, 0x30, body.p, body.len);
	buf_free(&body);
}

int
envelope_make(const unsigned char sign_point[SM2_POINT_LEN],
    const unsigned char scalar[SM2_SCALAR_LEN], const unsigned char point[SM2_POINT_LEN],
    struct buf *der, struct err *err)
{
	unsigned char	 sm4[16], key[SM2_SCALAR_LEN];
	EVP_PKEY	*recipient = NULL;
	struct buf	 cipher;
	int		 rc = -1;

	buf_init(&cipher, ENVELOPE_MAX);
	rand_bytes(sm4, sizeof(sm4));
	if (sm2_from_point(sign_point, &recipient, err) < 0 ||
	    sm2_encrypt(recipient, sm4, sizeof(sm4), &cipher, err) < 0)
		goto out;
	envelope_ecb(sm4, true, scalar, SM2_SCALAR_LEN, key);
	envelope_add(der, cipher.p, cipher.len, point, key);
	rc = buf_check(der, err);
 out:
	secret_wipe(sm4, sizeof(sm4));
	buf_free(&cipher);
	EVP_PKEY_free(recipient);
	return rc;
}

static int
envelope_check_alg(struct der alg)
{
	struct der	 oid, null;

	if (der_get(&alg, 0x06, &oid) < 0 || oid.len < sizeof(envelope_sm4) ||
	    memcmp(oid.p, envelope_sm4, sizeof(envelope_sm4)) != 0)
		return -1;
	if (oid.len != sizeof(envelope_sm4) &&
	    (oid.len != sizeof(envelope_sm4) + 1 || oid.p[oid.len - 1] != 1))
		return -1;
	if (alg.len == 0)
		return 0;
	return der_get(&alg, 0x05, &null) < 0 || null.len != 0 || alg.len != 0 ? -1 : 0;
}

static int
envelope_get_bits(struct der *in, struct der *out)
{
	if (der_get(in, 0x03, out) < 0 || out->len < 1 || out->p[0] != 0)
		return -1;
	out->p++;
	out->len--;
	return 0;
}

static int
envelope_parse(const void *p, size_t len, struct envelope_parts *e)
{
	struct der	 in = {.p = p, .len = len}, body, alg, skip;
	unsigned	 tag;

	if (len > ENVELOPE_MAX || der_get(&in, 0x30, &body) < 0 || in.len != 0 ||
	    der_get(&body, 0x30, &alg) < 0 || envelope_check_alg(alg) < 0 ||
	    der_next(&body, &tag, &skip, &e->cipher) < 0 || tag != 0x30 ||
	    envelope_get_bits(&body, &e->point) < 0 ||
	    envelope_get_bits(&body, &e->key) < 0 || body.len != 0)
		return -1;
	if (e->point.len != SM2_POINT_LEN || e->point.p[0] != 0x04)
		return -1;
	if (e->key.len == 2 * SM2_SCALAR_LEN) {
		e->key.p += SM2_SCALAR_LEN;
		e->key.len -= SM2_SCALAR_LEN;
	}
	return e->key.len == SM2_SCALAR_LEN ? 0 : -1;
}

int
envelope_split(const void *der, size_t len, struct buf *cipher, struct buf *key,
    struct err *err)
{
	struct envelope_parts	 e;

	if (envelope_parse(der, len, &e) < 0)
		return err_set(err, ERR_INPUT, "malformed SM2EnvelopedKey");
	buf_add(cipher, e.cipher.p, e.cipher.len);
	buf_add(key, e.key.p, e.key.len);
	return buf_check(cipher, err);
}

int
envelope_open(EVP_PKEY *sign_key, const void *der, size_t len, struct secret *out,
    struct err *err)
{
	struct envelope_parts	 e;
	struct secret		 sm4 = {0};
	unsigned char		 scalar[SM2_SCALAR_LEN], point[SM2_POINT_LEN];
	EVP_PKEY		*pair = NULL;
	int			 rc = -1;

	if (envelope_parse(der, len, &e) < 0)
		return err_set(err, ERR_INPUT, "not an SM2EnvelopedKey (GM/T 0009 7.4)");
	if (sm2_decrypt(sign_key, e.cipher.p, e.cipher.len, &sm4, err) < 0)
		goto out;
	if (sm4.len != 16) {
		err_set(err, ERR_CRYPTO, "the wrapped SM4 key has %zu bytes", sm4.len);
		goto out;
	}
	envelope_ecb(sm4.p, false, e.key.p, SM2_SCALAR_LEN, scalar);
	if (sm2_from_scalar(scalar, &pair, err) < 0 || sm2_point(pair, point, err) < 0)
		goto out;
	if (memcmp(point, e.point.p, sizeof(point)) != 0) {
		err_set(err, ERR_CRYPTO, "the enclosed key does not belong to sm2PublicKey");
		goto out;
	}
	secret_set(out, scalar, sizeof(scalar));
	rc = 0;
 out:
	secret_wipe(scalar, sizeof(scalar));
	secret_free(&sm4);
	EVP_PKEY_free(pair);
	return rc;
}

int
envelope_to_fields(const void *der, size_t len, struct envelope_fields *f, struct err *err)
{
	struct envelope_parts	 e;
	struct sm2_cipher	 c = {0};

	if (envelope_parse(der, len, &e) < 0)
		return err_set(err, ERR_INPUT, "not an SM2EnvelopedKey (GM/T 0009 7.4)");
	if (sm2_cipher_parse(e.cipher.p, e.cipher.len, &c, err) < 0)
		return -1;
	if (c.len > sizeof(f->cipher)) {
		sm2_cipher_free(&c);
		return err_set(err, ERR_INPUT, "the wrapped key is too long");
	}
	*f = (struct envelope_fields){.cipher_len = c.len};
	memcpy(f->private_key + 32, e.key.p, 32);
	memcpy(f->x + 32, e.point.p + 1, 32);
	memcpy(f->y + 32, e.point.p + 33, 32);
	memcpy(f->cx + 32, c.x, 32);
	memcpy(f->cy + 32, c.y, 32);
	memcpy(f->hash, c.hash, 32);
	memcpy(f->cipher, c.text, c.len);
	sm2_cipher_free(&c);
	return 0;
}

void
envelope_from_fields(const struct envelope_fields *f, struct buf *der)
{
	unsigned char		 point[SM2_POINT_LEN] = {0x04}, text[sizeof(f->cipher)];
	struct sm2_cipher	 c = {.text = text, .len = f->cipher_len};
	struct buf		 cipher;

	if (f->cipher_len > sizeof(text))
		BUG("cipher of %zu bytes", f->cipher_len);
	memcpy(text, f->cipher, f->cipher_len);
	memcpy(c.x, f->cx + 32, 32);
	memcpy(c.y, f->cy + 32, 32);
	memcpy(c.hash, f->hash, 32);
	memcpy(point + 1, f->x + 32, 32);
	memcpy(point + 33, f->y + 32, 32);
	buf_init(&cipher, ENVELOPE_MAX);
	sm2_cipher_add(&c, &cipher);
	envelope_add(der, cipher.p, cipher.len, point, f->private_key + 32);
	buf_free(&cipher);
}

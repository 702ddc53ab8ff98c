#include "base/base.h"
#include "base/rand.h"
#include "kmc/message.h"
#include "kmc/message_parts.h"

#define SM4_KEY		16
#define PADDED		48		/* DER of the scalar (34 or 35 bytes), padded to blocks */

/* SM2PrivateKey ::= INTEGER (GM/T 0009 7.1), in SM4-ECB with PKCS#7 padding. */
static int
seal_content(const unsigned char sm4[SM4_KEY], const struct buf *plain,
    unsigned char out[PADDED + 16], int *len, struct err *err)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	int		 n = 0, last = 0, rc = 0;

	if (ctx == NULL ||
	    EVP_CipherInit_ex2(ctx, EVP_sm4_ecb(), sm4, NULL, 1, NULL) != 1 ||
	    EVP_CipherUpdate(ctx, out, &n, (unsigned char *)plain->p, (int)plain->len) != 1 ||
	    EVP_CipherFinal_ex(ctx, out + n, &last) != 1)
		rc = err_openssl(err, ERR_CRYPTO, "SM4-ECB");
	*len = n + last;
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

static void
add_issuer_and_serial(struct buf *b, const struct cert *cert)
{
	struct buf	 body;

	buf_init(&body, LIMIT_CERT);
	km_add_name(&body, cert, true);
	km_add_serial(&body, cert);
	der_add(b, 0x30, body.p, body.len);
	buf_free(&body);
}

/* A SET OF one. */
static void
add_set(struct buf *b, struct buf *one, bool sequence)
{
	if (sequence)
		der_wrap(one, 0x30);
	der_add(b, 0x31, one->p, one->len);
	buf_free(one);
}

static void
add_recipient(struct buf *b, const struct cert *recipient, const struct buf *cipher)
{
	struct buf	 one;

	buf_init(&one, LIMIT_CERT);
	km_add_small(&one, 1);
	add_issuer_and_serial(&one, recipient);
	km_add_algorithm(&one, KM_OID_SM2_ENC);
	der_add(&one, 0x04, cipher->p, cipher->len);
	add_set(b, &one, true);
}

static void
add_content(struct buf *b, const unsigned char *p, size_t len)
{
	struct buf	 body;

	buf_init(&body, LIMIT_CERT);
	km_add_oid(&body, KM_OID_DATA);
	km_add_algorithm(&body, KM_OID_SM4_ECB);
	der_add(&body, 0x80, p, len);
	der_add(b, 0x30, body.p, body.len);
	buf_free(&body);
}

static void
add_signer(struct buf *b, const struct cert *cert, const struct buf *sig)
{
	struct buf	 one;

	buf_init(&one, LIMIT_CERT);
	km_add_small(&one, 1);
	add_issuer_and_serial(&one, cert);
	km_add_algorithm(&one, KM_OID_SM3);
	km_add_algorithm(&one, KM_OID_SM2_SIGN);
	der_add(&one, 0x04, sig->p, sig->len);
	add_set(b, &one, true);
}

static void
add_all(struct buf *der, const struct cert *recipient, const struct buf *cipher,
    const unsigned char *content, size_t len, const struct cert *cert, const struct buf *sig)
{
	struct buf	 all, digests;

	buf_init(&all, KM_MESSAGE_MAX);
	buf_init(&digests, 64);
	km_add_small(&all, 1);
	add_recipient(&all, recipient, cipher);
	km_add_algorithm(&digests, KM_OID_SM3);
	add_set(&all, &digests, false);
	add_content(&all, content, len);
	add_signer(&all, cert, sig);
	der_add(der, 0x30, all.p, all.len);
	buf_free(&all);
}

int
km_seal(const unsigned char scalar[SM2_SCALAR_LEN],
    const unsigned char sign_point[SM2_POINT_LEN], const struct cert *recipient,
    const struct cert *cert, EVP_PKEY *key, struct buf *der, struct err *err)
{
	unsigned char	 sm4[SM4_KEY], content[PADDED + 16];
	EVP_PKEY	*to = NULL;
	struct buf	 plain, cipher, sig;
	int		 len, rc = -1;

	buf_init(&plain, 64);
	buf_init(&cipher, SM2_CIPHER_MAX);
	buf_init(&sig, SM2_SIG_DER_MAX);
	rand_bytes(sm4, sizeof(sm4));
	der_add_uint(&plain, scalar, SM2_SCALAR_LEN);
	if (sm2_from_point(sign_point, &to, err) == 0 &&
	    sm2_encrypt(to, sm4, sizeof(sm4), &cipher, err) == 0 &&
	    seal_content(sm4, &plain, content, &len, err) == 0 &&
	    sm2_sign_message(key, plain.p, plain.len, &sig, err) == 0) {
		add_all(der, recipient, &cipher, content, (size_t)len, cert, &sig);
		rc = buf_check(der, err);
	}
	secret_wipe(sm4, sizeof(sm4));
	secret_wipe(plain.p, plain.len);
	EVP_PKEY_free(to);
	buf_free(&plain);
	buf_free(&cipher);
	buf_free(&sig);
	return rc;
}

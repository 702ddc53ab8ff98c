#include "base/base.h"
#include "base/rand.h"
#include "pki/enveloped.h"

/* OIDs: their content bytes. */
static const unsigned char	enveloped_gm[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x06, 0x01, 0x04,
	0x02, 0x03};				/* 1.2.156.10197.6.1.4.2.3 */
static const unsigned char	enveloped_pkcs7[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x07, 0x03};				/* 1.2.840.113549.1.7.3 */
static const unsigned char	sm4[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68};
static const unsigned char	sm4_cbc[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68, 0x02};

static bool
der_is(const struct der *d, const unsigned char *p, size_t len)
{
	return d->len == len && memcmp(d->p, p, len) == 0;
}

/* EncryptedContentInfo. */
static int
parse_content(struct der *info, struct enveloped *out)
{
	struct der	 type, alg, oid, iv;

	if (der_get(info, 0x06, &type) < 0 || der_get(info, 0x30, &alg) < 0 ||
	    der_get(&alg, 0x06, &oid) < 0 || der_get(&alg, 0x04, &iv) < 0 || alg.len != 0 ||
	    iv.len != sizeof(out->iv) || der_get(info, 0x80, &out->content) < 0 ||
	    info->len != 0)
		return -1;
	memcpy(out->iv, iv.p, sizeof(out->iv));
	return der_is(&oid, sm4_cbc, sizeof(sm4_cbc)) || der_is(&oid, sm4, sizeof(sm4)) ? 0 : -1;
}

int
enveloped_parse(const void *der, size_t len, struct enveloped *out, struct err *err)
{
	struct der	 d = {der, len}, outer, type, inner, body, info;
	unsigned char	 version[1];

	if (der_get(&d, 0x30, &outer) < 0 || d.len != 0 || der_get(&outer, 0x06, &type) < 0 ||
	    (!der_is(&type, enveloped_gm, sizeof(enveloped_gm)) &&
	    !der_is(&type, enveloped_pkcs7, sizeof(enveloped_pkcs7))) ||
	    der_get(&outer, 0xa0, &inner) < 0 || outer.len != 0 ||
	    der_get(&inner, 0x30, &body) < 0 || inner.len != 0 ||
	    der_get_uint(&body, version, 1) < 0 || der_get(&body, 0x31, &out->recipients) < 0 ||
	    der_get(&body, 0x30, &info) < 0 || body.len != 0 || parse_content(&info, out) < 0)
		return err_set(err, ERR_INPUT, "这不是用 SM2 证书加密的文件。");
	return 0;
}

/* IssuerAndSerialNumber of a certificate, DER. */
static void
add_reader(const struct cert *reader, struct buf *b)
{
	X509		*x = cert_x509(reader);
	unsigned char	*name = NULL, *serial = NULL;
	int		 n = i2d_X509_NAME(X509_get_issuer_name(x), &name);
	int		 s = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &serial);

	if (n > 0 && s > 0) {
		buf_add(b, name, (size_t)n);
		buf_add(b, serial, (size_t)s);
	}
	OPENSSL_free(name);
	OPENSSL_free(serial);
	der_wrap(b, 0x30);
}

int
enveloped_for(const struct enveloped *e, const struct cert *reader, struct sm2_cipher *wrapped,
    struct err *err)
{
	struct der	 list = e->recipients, one, body, id, alg, key;
	unsigned char	 version[1];
	struct buf	 want;
	unsigned	 tag;
	int		 rc = 0;

	buf_init(&want, LIMIT_CERT);
	add_reader(reader, &want);
	while (rc == 0 && list.len > 0) {
		if (der_get(&list, 0x30, &one) < 0 || der_get_uint(&one, version, 1) < 0 ||
		    der_next(&one, &tag, &body, &id) < 0 || der_get(&one, 0x30, &alg) < 0 ||
		    der_get(&one, 0x04, &key) < 0)
			rc = err_set(err, ERR_INPUT, "加密文件的收件人信息不完整。");
		else if (tag == 0x30 && der_is(&id, (unsigned char *)want.p, want.len))
			rc = sm2_cipher_parse(key.p, key.len, wrapped, err) < 0 ? -1 : 1;
	}
	buf_free(&want);
	return rc;
}

static int
sm4_encrypt(const unsigned char key[16], const unsigned char iv[16], const void *p, size_t len,
    struct buf *out)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	unsigned char	*bytes = xcalloc(1, len + 32);
	int		 n = 0, last = 0, ok;

	ok = EVP_EncryptInit_ex(ctx, EVP_sm4_cbc(), NULL, key, iv) == 1 &&
	    EVP_EncryptUpdate(ctx, bytes, &n, p, (int)len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, bytes + n, &last) == 1;
	if (ok)
		buf_add(out, bytes, (size_t)(n + last));
	EVP_CIPHER_CTX_free(ctx);
	free(bytes);
	return ok ? 0 : -1;
}

static int
add_recipient(const struct cert *reader, const unsigned char key[16], struct buf *out,
    struct err *err)
{
	static const unsigned char	 one[] = {1};
	struct buf			 id, alg, cipher;
	int				 rc = -1;

	buf_init(&id, LIMIT_CERT);
	buf_init(&alg, 64);
	buf_init(&cipher, SM2_CIPHER_MAX);
	add_reader(reader, &id);
	if (der_add_oid(&alg, "1.2.156.10197.1.301.3", err) == 0 &&
	    sm2_encrypt(cert_key(reader), key, 16, &cipher, err) == 0) {
		der_wrap(&alg, 0x30);
		der_add_uint(out, one, sizeof(one));
		buf_add(out, id.p, id.len);
		buf_add(out, alg.p, alg.len);
		der_add(out, 0x04, cipher.p, cipher.len);
		der_wrap(out, 0x30);
		der_wrap(out, 0x31);
		rc = 0;
	}
	buf_free(&id);
	buf_free(&alg);
	buf_free(&cipher);
	return rc;
}

static int
add_content(const unsigned char key[16], const void *p, size_t len, struct buf *out,
    struct err *err)
{
	unsigned char	 iv[16];
	struct buf	 alg, data;
	int		 rc = -1;

	rand_bytes(iv, sizeof(iv));
	buf_init(&alg, 64);
	buf_init(&data, ENVELOPED_MAX + 64);
	if (sm4_encrypt(key, iv, p, len, &data) == 0 &&
	    der_add_oid(out, "1.2.156.10197.6.1.4.2.1", err) == 0) {
		der_add(&alg, 0x06, sm4_cbc, sizeof(sm4_cbc));
		der_add(&alg, 0x04, iv, sizeof(iv));
		der_add(out, 0x30, alg.p, alg.len);
		der_add(out, 0x80, data.p, data.len);
		der_wrap(out, 0x30);
		rc = 0;
	}
	buf_free(&alg);
	buf_free(&data);
	return rc;
}

int
enveloped_make(const struct cert *reader, const void *p, size_t len, struct buf *der,
    struct err *err)
{
	static const unsigned char	 one[] = {1};
	unsigned char			 key[16], point[SM2_POINT_LEN];
	struct buf			 recipients, content, body;
	int				 rc = -1;

	if (len > ENVELOPED_MAX)
		return err_set(err, ERR_LIMIT, "要加密的文件太大。");
	if (cert_point(reader, point, err) < 0)
		return -1;
	rand_bytes(key, sizeof(key));
	buf_init(&recipients, LIMIT_CERT);
	buf_init(&content, ENVELOPED_MAX + 256);
	buf_init(&body, ENVELOPED_MAX + 2 * LIMIT_CERT);
	if (add_recipient(reader, key, &recipients, err) == 0 &&
	    add_content(key, p, len, &content, err) == 0) {
		der_add_uint(&body, one, sizeof(one));
		buf_add(&body, recipients.p, recipients.len);
		buf_add(&body, content.p, content.len);
		der_wrap(&body, 0x30);
		der_wrap(&body, 0xa0);
		buf_clear(&content);
		der_add(&content, 0x06, enveloped_gm, sizeof(enveloped_gm));
		buf_add(&content, body.p, body.len);
		der_add(der, 0x30, content.p, content.len);
		rc = buf_check(&content, err);
	}
	secret_wipe(key, sizeof(key));
	buf_free(&recipients);
	buf_free(&content);
	buf_free(&body);
	return rc;
}

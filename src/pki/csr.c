#include "base/base.h"
#include "pki/csr.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

/* CertificationRequestInfo: version 0, subject, SPKI, empty attributes. */
static int
csr_info(const struct name *subject, const struct buf *spki, struct buf *info,
    struct err *err)
{
	X509_NAME	*x = NULL;
	unsigned char	*der = NULL;
	struct buf	 body;
	int		 len;

	if (name_to_x509(subject, &x, err) < 0)
		return -1;
	if ((len = i2d_X509_NAME(x, &der)) <= 0)
		BUG("out of memory");
	buf_init(&body, LIMIT_CSR);
	der_add(&body, 0x02, "", 1);
	buf_add(&body, der, (size_t)len);
	buf_add(&body, spki->p, spki->len);
	der_add(&body, 0xa0, "", 0);
	der_add(info, 0x30, body.p, body.len);
	buf_free(&body);
	OPENSSL_free(der);
	X509_NAME_free(x);
	return buf_check(info, err);
}

int
csr_build(const struct name *subject, const unsigned char point[SM2_POINT_LEN],
    csr_sign_fn sign, void *arg, struct buf *der, struct err *err)
{
	const struct key_kind	*sm2 = key_kind_find("sm2");
	unsigned char		 e[SM2_DIGEST_LEN], rs[SM2_RAW_SIG_LEN];
	struct buf		 body, sig, spki;
	int			 rc = -1;

	buf_init(&body, LIMIT_CSR);
	buf_init(&sig, SM2_SIG_DER_MAX + 1);
	buf_init(&spki, 256);
	sm2_spki_add(point, &spki);
	if (csr_info(subject, &spki, &body, err) < 0)
		goto out;
	sm2_digest(point, body.p, body.len, e);
	if (sign(arg, e, rs, err) < 0)
		goto out;
	buf_add(&body, sm2->algorithm, sm2->algorithm_len);
	buf_add(&sig, "", 1);
	sm2_sig_to_der(rs, &sig);
	der_add(&body, 0x03, sig.p, sig.len);
	der_add(der, 0x30, body.p, body.len);
	rc = buf_check(der, err);
 out:
	buf_free(&spki);
	buf_free(&sig);
	buf_free(&body);
	return rc;
}

int
csr_build_key(const struct name *subject, EVP_PKEY *key, struct buf *der, struct err *err)
{
	const struct key_kind	*kind = key_kind_of(key);
	struct buf		 body, sig, spki;
	int			 rc = -1;

	if (kind == NULL)
		return err_set(err, ERR_CRYPTO, "a request is made with a key of a known kind");
	buf_init(&body, LIMIT_CSR);
	buf_init(&sig, KEY_SIG_MAX + 1);
	buf_init(&spki, LIMIT_CSR);
	buf_add(&sig, "", 1);
	if (key_spki_add(key, &spki, err) == 0 && csr_info(subject, &spki, &body, err) == 0 &&
	    key_sign(key, body.p, body.len, &sig, err) == 0) {
		buf_add(&body, kind->algorithm, kind->algorithm_len);
		der_add(&body, 0x03, sig.p, sig.len);
		der_add(der, 0x30, body.p, body.len);
		rc = buf_check(der, err);
	}
	buf_free(&spki);
	buf_free(&sig);
	buf_free(&body);
	return rc;
}

/* Subject, SPKI, attributes (what is inside their tag) and the signed slice. */
static int
csr_slice(const void *p, size_t len, struct der_signed *s, struct der *subject,
    struct der *spki, struct der *attributes)
{
	struct der	 in, body, skip;
	unsigned char	 version;
	unsigned	 tag;

	if (der_signed_parse(p, len, s) < 0)
		return -1;
	in = s->tbs;
	if (der_get(&in, 0x30, &body) < 0 || der_get_uint(&body, &version, 1) < 0 ||
	    version != 0 || der_next(&body, &tag, &skip, subject) < 0 || tag != 0x30 ||
	    der_next(&body, &tag, &skip, spki) < 0 || tag != 0x30)
		return -1;
	*attributes = (struct der){0};
	if (body.len == 0)
		return 0;
	return der_get(&body, 0xa0, attributes) < 0 || body.len != 0 ? -1 : 0;
}

/* The key and the proof that its private half is held. */
static int
csr_check_der(const void *p, size_t len, EVP_PKEY **key, struct err *err)
{
	struct der_signed	 s;
	struct der		 subject, spki, attributes;
	bool			 sm2;

	if (csr_slice(p, len, &s, &subject, &spki, &attributes) < 0)
		return err_set(err, ERR_INPUT, "证书请求的格式不正确（须为 PKCS#10），"
		    "请用证书助手重新生成。");
	if (key_spki_parse(spki.p, spki.len, key, err) < 0)
		return err_set(err, ERR_INPUT, "证书请求里的公钥种类不受支持，请用证书助手重新生成。");
	if (key_verify_signed(*key, &s, err) == 0)
		return 0;
	sm2 = EVP_PKEY_is_a(*key, "SM2");
	EVP_PKEY_free(*key);
	*key = NULL;
	return err_set(err, ERR_CRYPTO, "证书请求的签名不对，不能证明您持有私钥，"
	    "请用证书助手重新生成%s。", sm2 ? "（SM2 签名须用标识 1234567812345678）" : "");
}

int
csr_check_key(const void *p, size_t len, EVP_PKEY **key, struct err *err)
{
	BIO		*bio;
	char		*kind = NULL, *header = NULL;
	unsigned char	*data = NULL;
	long		 n = 0;
	int		 rc;

	if (len == 0 || len > LIMIT_CSR)
		return err_set(err, ERR_INPUT, "证书请求须为 1 至 %d 字节。", LIMIT_CSR);
	if (((const unsigned char *)p)[0] == 0x30)
		return csr_check_der(p, len, key, err);
	bio = BIO_new_mem_buf(p, (int)len);
	if (bio != NULL && PEM_read_bio(bio, &kind, &header, &data, &n) == 1 &&
	    (strcmp(kind, PEM_STRING_X509_REQ) == 0 ||
	    strcmp(kind, PEM_STRING_X509_REQ_OLD) == 0))
		rc = csr_check_der(data, (size_t)n, key, err);
	else
		rc = err_openssl(err, ERR_INPUT, "证书请求既不是 DER 也不是 PEM");
	OPENSSL_free(data);
	OPENSSL_free(header);
	OPENSSL_free(kind);
	BIO_free(bio);
	return rc;
}

int
csr_check(const void *p, size_t len, unsigned char point[SM2_POINT_LEN], struct err *err)
{
	struct err	 other = {0};
	EVP_PKEY	*key = NULL;
	int		 rc;

	if (csr_check_key(p, len, &key, err) < 0)
		return -1;
	if ((rc = sm2_point(key, point, &other)) < 0)
		err_set(err, ERR_INPUT, "证书请求里的公钥不是 SM2 公钥，请用证书助手重新生成。");
	EVP_PKEY_free(key);
	return rc;
}

int
csr_subject(const void *p, size_t len, struct name *subject, struct err *err)
{
	struct der_signed	 s;
	struct der		 name, spki, attributes;

	if (csr_slice(p, len, &s, &name, &spki, &attributes) < 0)
		return err_set(err, ERR_INPUT, "not a PKCS#10 request in DER");
	return name_from_der(subject, name.p, name.len, err);
}

int
csr_challenge(const void *p, size_t len, struct der *text)
{
	static const unsigned char	 oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x07};
	struct der_signed		 s;
	struct der			 name, spki, list, one, type, values;
	unsigned			 tag;
	int				 found = 0;

	if (csr_slice(p, len, &s, &name, &spki, &list) < 0)
		return -1;
	while (list.len > 0) {
		if (der_get(&list, 0x30, &one) < 0 || der_get(&one, 0x06, &type) < 0 ||
		    der_get(&one, 0x31, &values) < 0 || one.len != 0)
			return -1;
		if (type.len != sizeof(oid) || memcmp(type.p, oid, sizeof(oid)) != 0)
			continue;
		if (found++ > 0 || der_next(&values, &tag, text, NULL) < 0 || values.len != 0)
			return -1;
	}
	return found;
}

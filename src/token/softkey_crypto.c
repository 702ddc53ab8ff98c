#include "base/base.h"
#include "base/rand.h"
#include "base/str.h"
#include "pki/envelope.h"
#include "store/seal.h"
#include "token/softkey_handle.h"

/* The software UKey's key pairs, signatures and public-key encryption. */

/*
 * Keep a key pair: the point in clear, the scalar sealed under the PIN's key.  The certificate of
 * another key that stood here goes with it.
 */
static ULONG
keep_pair(struct handle *h, const char *point_key, const char *sealed_key,
    const char *cert_key, EVP_PKEY *pair)
{
	unsigned char	 point[SM2_POINT_LEN], d[SM2_SCALAR_LEN];
	struct err	 err = {0};
	struct seal	*seal;
	struct buf	 box, old;
	ULONG		 rc;
	bool		 same;

	if (!h->app->user)
		return SAR_USER_NOT_LOGGED_IN;
	if (sm2_point(pair, point, &err) < 0 || sm2_scalar(pair, d, &err) < 0)
		return SAR_FAIL;
	seal = seal_new(h->app->key);
	buf_init(&box, 256);
	seal_add(seal, sealed_key, d, sizeof(d), &box);
	buf_init(&old, 128);
	same = container_get(h, point_key, SAR_KEYNOTFOUNTERR, &old) == SAR_OK &&
	    old.len == sizeof(point) && memcmp(old.p, point, sizeof(point)) == 0;
	rc = container_put(h, (struct put[]){{point_key, point, sizeof(point)},
	    {sealed_key, box.p, box.len}, {cert_key, NULL, 0}}, same ? 2 : 3);
	buf_free(&old);
	secret_wipe(d, sizeof(d));
	buf_free(&box);
	seal_free(seal);
	return rc;
}

ULONG
SKF_GenECCKeyPair(HCONTAINER c, ULONG alg, ECCPUBLICKEYBLOB *pub)
{
	struct handle	*h = handle_check(c, HANDLE_CON);
	unsigned char	 point[SM2_POINT_LEN];
	struct err	 err = {0};
	EVP_PKEY	*pair = NULL;
	ULONG		 rc = SAR_FAIL;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (pub == NULL || alg != SGD_SM2_1)
		return SAR_INVALIDPARAMERR;
	if (sm2_generate(&pair, &err) == 0 && sm2_point(pair, point, &err) == 0) {
		rc = keep_pair(h, "sign_point", "sign_key", "sign_cert", pair);
		blob_from_point(point, pub);
	}
	EVP_PKEY_free(pair);
	return rc;
}

ULONG
SKF_ImportECCKeyPair(HCONTAINER c, ENVELOPEDKEYBLOB *e)
{
	struct handle		*h = handle_check(c, HANDLE_CON);
	struct envelope_fields	 f = {0};
	EVP_PKEY		*sign = NULL, *pair = NULL;
	struct secret		 d = {0};
	struct err		 err = {0};
	struct buf		 der;
	ULONG			 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (e == NULL || e->ulBits != 256 || e->ECCCipherBlob.CipherLen > sizeof(f.cipher))
		return SAR_INVALIDPARAMERR;
	if (e->ulSymmAlgID != SGD_SM4_ECB)
		return SAR_NOTSUPPORTYETERR;
	if ((rc = container_pair(h, "sign_key", &sign)) != SAR_OK)
		return rc;
	memcpy(f.private_key, e->cbEncryptedPriKey, sizeof(f.private_key));
	memcpy(f.x, e->PubKey.XCoordinate, sizeof(f.x));
	memcpy(f.y, e->PubKey.YCoordinate, sizeof(f.y));
	memcpy(f.cx, e->ECCCipherBlob.XCoordinate, sizeof(f.cx));
	memcpy(f.cy, e->ECCCipherBlob.YCoordinate, sizeof(f.cy));
	memcpy(f.hash, e->ECCCipherBlob.HASH, sizeof(f.hash));
	f.cipher_len = e->ECCCipherBlob.CipherLen;
	memcpy(f.cipher, e->ECCCipherBlob.Cipher, f.cipher_len);
	buf_init(&der, 4096);
	envelope_from_fields(&f, &der);
	if (envelope_open(sign, der.p, der.len, &d, &err) < 0 ||
	    sm2_from_scalar(d.p, &pair, &err) < 0)
		rc = SAR_INDATAERR;
	else
		rc = keep_pair(h, "enc_point", "enc_key", "enc_cert", pair);
	buf_free(&der);
	secret_free(&d);
	EVP_PKEY_free(sign);
	EVP_PKEY_free(pair);
	return rc;
}

ULONG
SKF_ECCSignData(HCONTAINER c, BYTE *digest, ULONG len, ECCSIGNATUREBLOB *sig)
{
	struct handle	*h = handle_check(c, HANDLE_CON);
	unsigned char	 rs[SM2_RAW_SIG_LEN];
	struct err	 err = {0};
	EVP_PKEY	*pair = NULL;
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (digest == NULL || sig == NULL || len != SM2_DIGEST_LEN)
		return SAR_INDATALENERR;
	if ((rc = container_pair(h, "sign_key", &pair)) != SAR_OK)
		return rc;
	if (sm2_sign_digest(pair, digest, rs, &err) < 0) {
		rc = SAR_FAIL;
	} else {
		memset(sig, 0, sizeof(*sig));
		memcpy(sig->r + 32, rs, 32);
		memcpy(sig->s + 32, rs + 32, 32);
	}
	EVP_PKEY_free(pair);
	return rc;
}

ULONG
SKF_ECCVerify(DEVHANDLE dev, ECCPUBLICKEYBLOB *pub, BYTE *digest, ULONG len,
    ECCSIGNATUREBLOB *sig)
{
	unsigned char	 point[SM2_POINT_LEN], rs[SM2_RAW_SIG_LEN];
	struct err	 err = {0};
	EVP_PKEY	*key = NULL;
	ULONG		 rc = SAR_HASHNOTEQUALERR;

	if (handle_check(dev, HANDLE_DEV) == NULL)
		return SAR_INVALIDHANDLEERR;
	if (pub == NULL || digest == NULL || sig == NULL || len != SM2_DIGEST_LEN)
		return SAR_INVALIDPARAMERR;
	point_from_blob(pub, point);
	memcpy(rs, sig->r + 32, 32);
	memcpy(rs + 32, sig->s + 32, 32);
	if (sm2_from_point(point, &key, &err) < 0)
		rc = SAR_INDATAERR;
	else if (sm2_verify_digest(key, digest, rs, &err) == 0)
		rc = SAR_OK;
	EVP_PKEY_free(key);
	return rc;
}

ULONG
SKF_ExtECCVerify(DEVHANDLE dev, ECCPUBLICKEYBLOB *pub, BYTE *digest, ULONG len,
    ECCSIGNATUREBLOB *sig)
{
	return SKF_ECCVerify(dev, pub, digest, len, sig);
}

/* Encrypt to a public key; `out` has room for len bytes of Cipher. */
static ULONG
encrypt_to(const ECCPUBLICKEYBLOB *pub, const BYTE *p, ULONG len, ECCCIPHERBLOB *out)
{
	unsigned char		 point[SM2_POINT_LEN];
	struct sm2_cipher	 c = {0};
	struct err		 err = {0};
	EVP_PKEY		*key = NULL;
	struct buf		 der;
	ULONG			 rc = SAR_INDATAERR;

	buf_init(&der, SM2_CIPHER_MAX);
	point_from_blob(pub, point);
	if (sm2_from_point(point, &key, &err) == 0 &&
	    sm2_encrypt(key, p, len, &der, &err) == 0 &&
	    sm2_cipher_parse(der.p, der.len, &c, &err) == 0 && c.len == len) {
		memset(out, 0, offsetof(ECCCIPHERBLOB, Cipher));
		memcpy(out->XCoordinate + 32, c.x, 32);
		memcpy(out->YCoordinate + 32, c.y, 32);
		memcpy(out->HASH, c.hash, sizeof(out->HASH));
		out->CipherLen = len;
		memcpy((unsigned char *)out + offsetof(ECCCIPHERBLOB, Cipher), c.text, c.len);
		rc = SAR_OK;
	}
	sm2_cipher_free(&c);
	EVP_PKEY_free(key);
	buf_free(&der);
	return rc;
}

ULONG
SKF_ExtECCEncrypt(DEVHANDLE dev, ECCPUBLICKEYBLOB *pub, BYTE *p, ULONG len,
    ECCCIPHERBLOB *cipher)
{
	if (handle_check(dev, HANDLE_DEV) == NULL)
		return SAR_INVALIDHANDLEERR;
	if (pub == NULL || p == NULL || cipher == NULL)
		return SAR_INVALIDPARAMERR;
	if (len == 0 || len > SM2_PLAIN_MAX)
		return SAR_INDATALENERR;
	return encrypt_to(pub, p, len, cipher);
}

/* A fresh session key, for us and for the holder of pub. */
ULONG
SKF_ECCExportSessionKey(HCONTAINER c, ULONG alg, ECCPUBLICKEYBLOB *pub,
    ECCCIPHERBLOB *wrapped, HANDLE *key)
{
	struct handle	*h = handle_check(c, HANDLE_CON);
	unsigned char	 bytes[16];
	ULONG		 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (pub == NULL || wrapped == NULL || key == NULL)
		return SAR_INVALIDPARAMERR;
	rand_bytes(bytes, sizeof(bytes));
	if ((rc = session_key(h->path, alg, bytes, key)) == SAR_OK &&
	    (rc = encrypt_to(pub, bytes, sizeof(bytes), wrapped)) != SAR_OK)
		handle_free(*key);
	secret_wipe(bytes, sizeof(bytes));
	return rc;
}

/* A session key that somebody wrapped for our encryption key. */
ULONG
SKF_ImportSessionKey(HCONTAINER c, ULONG alg, BYTE *wrapped, ULONG len, HANDLE *key)
{
	struct handle		*h = handle_check(c, HANDLE_CON);
	const ECCCIPHERBLOB	*blob = (const ECCCIPHERBLOB *)wrapped;
	struct sm2_cipher	 parts = {.len = 16};
	EVP_PKEY		*pair = NULL;
	struct secret		 bytes = {0};
	struct err		 err = {0};
	struct buf		 der;
	ULONG			 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (wrapped == NULL || key == NULL)
		return SAR_INVALIDPARAMERR;
	if (len < offsetof(ECCCIPHERBLOB, Cipher) + 16 || blob->CipherLen != 16)
		return SAR_INDATALENERR;
	if ((rc = container_pair(h, "enc_key", &pair)) != SAR_OK)
		return rc;
	memcpy(parts.x, blob->XCoordinate + 32, 32);
	memcpy(parts.y, blob->YCoordinate + 32, 32);
	memcpy(parts.hash, blob->HASH, sizeof(parts.hash));
	parts.text = wrapped + offsetof(ECCCIPHERBLOB, Cipher);
	buf_init(&der, SM2_CIPHER_MAX);
	sm2_cipher_add(&parts, &der);
	if (sm2_decrypt(pair, der.p, der.len, &bytes, &err) < 0 || bytes.len != 16)
		rc = SAR_INDATAERR;
	else
		rc = session_key(h->path, alg, bytes.p, key);
	secret_free(&bytes);
	buf_free(&der);
	EVP_PKEY_free(pair);
	return rc;
}

ULONG
SKF_ExportPublicKey(HCONTAINER c, BOOL sign, BYTE *blob, ULONG *len)
{
	struct handle		*h = handle_check(c, HANDLE_CON);
	ECCPUBLICKEYBLOB	 pub;
	struct buf		 b;
	ULONG			 rc;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	buf_init(&b, 128);
	rc = container_get(h, sign ? "sign_point" : "enc_point", SAR_KEYNOTFOUNTERR, &b);
	if (rc == SAR_OK && b.len != SM2_POINT_LEN)
		rc = SAR_FILEERR;
	if (rc == SAR_OK) {
		blob_from_point((unsigned char *)b.p, &pub);
		rc = skf_give(&pub, sizeof(pub), blob, len);
	}
	buf_free(&b);
	return rc;
}

#include "base/base.h"
#include "base/str.h"
#include "pki/envelope.h"
#include "store/seal.h"
#include "token/softkey_handle.h"

/* The software UKey's keys, signatures and digests. */

static void
blob_from_point(const unsigned char point[SM2_POINT_LEN], ECCPUBLICKEYBLOB *blob)
{
	memset(blob, 0, sizeof(*blob));
	blob->BitLen = 256;
	memcpy(blob->XCoordinate + 32, point + 1, 32);
	memcpy(blob->YCoordinate + 32, point + 33, 32);
}

static void
point_from_blob(const ECCPUBLICKEYBLOB *blob, unsigned char point[SM2_POINT_LEN])
{
	point[0] = 4;
	memcpy(point + 1, blob->XCoordinate + 32, 32);
	memcpy(point + 33, blob->YCoordinate + 32, 32);
}

/* Keep a key pair: the point in clear, the scalar sealed under the PIN's key. */
static ULONG
keep_pair(struct handle *h, const char *point_key, const char *sealed_key, EVP_PKEY *pair)
{
	unsigned char	 point[SM2_POINT_LEN], d[SM2_SCALAR_LEN];
	struct err	 err = {0};
	struct seal	*seal;
	struct buf	 box;
	ULONG		 rc = SAR_FAIL;

	if (sm2_point(pair, point, &err) < 0 || sm2_scalar(pair, d, &err) < 0)
		return SAR_FAIL;
	seal = seal_new(h->app->key);
	buf_init(&box, 256);
	seal_add(seal, sealed_key, d, sizeof(d), &box);
	rc = container_put(h, (struct put[]){{point_key, point, sizeof(point)},
	    {sealed_key, box.p, box.len}}, 2);
	secret_wipe(d, sizeof(d));
	buf_free(&box);
	seal_free(seal);
	return rc;
}

static ULONG
load_pair(struct handle *h, const char *sealed_key, EVP_PKEY **out)
{
	struct err	 err = {0};
	struct seal	*seal;
	struct buf	 box, d;
	ULONG		 rc;

	if (!h->app->open)
		return SAR_USER_NOT_LOGGED_IN;
	seal = seal_new(h->app->key);
	buf_init(&box, 256);
	buf_init(&d, 64);
	rc = container_get(h, sealed_key, SAR_KEYNOTFOUNTERR, &box);
	if (rc == SAR_OK && (seal_open(seal, sealed_key, box.p, box.len, &d, &err) < 0 ||
	    d.len != SM2_SCALAR_LEN ||
	    sm2_from_scalar((unsigned char *)d.p, out, &err) < 0))
		rc = SAR_FAIL;
	secret_wipe(d.p, d.len);
	buf_free(&box);
	buf_free(&d);
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
		rc = keep_pair(h, "sign_point", "sign_key", pair);
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
	if ((rc = load_pair(h, "sign_key", &sign)) != SAR_OK)
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
		rc = keep_pair(h, "enc_point", "enc_key", pair);
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
	if ((rc = load_pair(h, "sign_key", &pair)) != SAR_OK)
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

/* ---- digests ---- */

/* SM3; with a public key and an identifier the ZA block goes first (GM/T 0016 7.6.36). */
ULONG
SKF_DigestInit(DEVHANDLE dev, ULONG alg, ECCPUBLICKEYBLOB *pub, BYTE *id, ULONG id_len,
    HANDLE *hash)
{
	struct handle	*h;
	unsigned char	 point[SM2_POINT_LEN], za[SM2_DIGEST_LEN];

	if (handle_check(dev, HANDLE_DEV) == NULL)
		return SAR_INVALIDHANDLEERR;
	if (alg != SGD_SM3 || hash == NULL || (id_len > 0 && (pub == NULL || id == NULL)))
		return SAR_INVALIDPARAMERR;
	if (id_len > 0 && (id_len != SM2_DEFAULT_ID_LEN ||
	    memcmp(id, SM2_DEFAULT_ID, SM2_DEFAULT_ID_LEN) != 0))
		return SAR_NOTSUPPORTYETERR;
	h = handle_new(HANDLE_HASH, "");
	h->md = EVP_MD_CTX_new();
	if (EVP_DigestInit_ex(h->md, EVP_sm3(), NULL) != 1) {
		handle_free(h);
		return SAR_FAIL;
	}
	if (id_len > 0) {
		point_from_blob(pub, point);
		sm2_za(point, za);
		EVP_DigestUpdate(h->md, za, sizeof(za));
	}
	*hash = h;
	return SAR_OK;
}

ULONG
SKF_DigestUpdate(HANDLE hash, BYTE *p, ULONG len)
{
	struct handle	*h = handle_check(hash, HANDLE_HASH);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	return EVP_DigestUpdate(h->md, p, len) == 1 ? SAR_OK : SAR_FAIL;
}

ULONG
SKF_DigestFinal(HANDLE hash, BYTE *out, ULONG *out_len)
{
	struct handle	*h = handle_check(hash, HANDLE_HASH);
	unsigned char	 digest[SM2_DIGEST_LEN];

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (out == NULL || out_len == NULL || *out_len < SM2_DIGEST_LEN)
		return SAR_BUFFER_TOO_SMALL;
	if (EVP_DigestFinal_ex(h->md, digest, NULL) != 1)
		return SAR_FAIL;
	return skf_give(digest, sizeof(digest), out, out_len);
}

ULONG
SKF_Digest(HANDLE hash, BYTE *p, ULONG len, BYTE *out, ULONG *out_len)
{
	ULONG	 rc = SKF_DigestUpdate(hash, p, len);

	return rc != SAR_OK ? rc : SKF_DigestFinal(hash, out, out_len);
}

ULONG
SKF_CloseHandle(HANDLE hash)
{
	struct handle	*h = handle_check(hash, HANDLE_HASH);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	handle_free(h);
	return SAR_OK;
}

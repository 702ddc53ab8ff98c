#include "base/base.h"
#include "token/softkey_handle.h"

/* Session keys with SM4, digests with SM3, MACs (SM4 in CBC, the last block). */
#define BLOCK	16

ULONG
session_key(const char *path, ULONG alg, const unsigned char bytes[16], HANDLE *key)
{
	struct handle	*h;

	if (alg != SGD_SM4_ECB && alg != SGD_SM4_CBC && alg != SGD_SM4_MAC)
		return SAR_NOTSUPPORTYETERR;
	h = handle_new(HANDLE_KEY, path);
	h->alg = alg;
	memcpy(h->bytes, bytes, sizeof(h->bytes));
	*key = h;
	return SAR_OK;
}

ULONG
SKF_SetSymmKey(DEVHANDLE dev, BYTE *bytes, ULONG alg, HANDLE *key)
{
	struct handle	*h = handle_check(dev, HANDLE_DEV);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (bytes == NULL || key == NULL)
		return SAR_INVALIDPARAMERR;
	return session_key(h->path, alg, bytes, key);
}

/* ---- encrypting and decrypting ---- */

static ULONG
cipher_start(HANDLE key, const BLOCKCIPHERPARAM *param, bool encrypt)
{
	struct handle	*h = handle_check(key, HANDLE_KEY);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (param->PaddingType > 1 || (h->alg == SGD_SM4_CBC && param->IVLen != BLOCK))
		return SAR_INVALIDPARAMERR;
	if (h->alg == SGD_SM4_MAC)
		return SAR_KEYUSAGEERR;
	EVP_CIPHER_CTX_free(h->cipher);
	h->cipher = EVP_CIPHER_CTX_new();
	h->padded = param->PaddingType == 1;
	if (EVP_CipherInit_ex(h->cipher, h->alg == SGD_SM4_CBC ? EVP_sm4_cbc() : EVP_sm4_ecb(),
	    NULL, h->bytes, param->IV, encrypt) != 1 ||
	    EVP_CIPHER_CTX_set_padding(h->cipher, h->padded) != 1)
		return SAR_FAIL;
	return SAR_OK;
}

/* The running operation of a key; NULL with *rc when there is none of this direction. */
static struct handle *
cipher_running(HANDLE key, bool encrypt, ULONG *rc)
{
	struct handle	*h = handle_check(key, HANDLE_KEY);

	*rc = h == NULL ? SAR_INVALIDHANDLEERR : SAR_NOTINITIALIZEERR;
	if (h == NULL || h->cipher == NULL ||
	    (EVP_CIPHER_CTX_is_encrypting(h->cipher) != 0) != encrypt)
		return NULL;
	*rc = SAR_OK;
	return h;
}

static void
cipher_end(struct handle *h)
{
	EVP_CIPHER_CTX_free(h->cipher);
	h->cipher = NULL;
}

/*
 * Data in, data out, and at the end what remains.  A NULL `out` asks for the room needed, which
 * is a block more than what goes in, and changes nothing; so does too little room.
 */
static ULONG
cipher_go(struct handle *h, const BYTE *p, ULONG len, bool end, BYTE *out, ULONG *out_len)
{
	ULONG	 room = len + BLOCK;
	int	 n = 0, last = 0;

	if (out_len == NULL || (p == NULL && len > 0))
		return SAR_INVALIDPARAMERR;
	if (len > SOFTKEY_FILE_MAX)
		return SAR_INDATALENERR;
	if (end && !h->padded)
		room = len;		/* whole blocks only */
	if (out == NULL || *out_len < room) {
		*out_len = room;
		return out == NULL ? SAR_OK : SAR_BUFFER_TOO_SMALL;
	}
	if (len > 0 && EVP_CipherUpdate(h->cipher, out, &n, p, (int)len) != 1) {
		cipher_end(h);
		return SAR_FAIL;
	}
	if (end) {
		int	 ok = EVP_CipherFinal_ex(h->cipher, out + n, &last);

		cipher_end(h);
		if (ok != 1)
			return h->padded ? SAR_DECRYPTPADERR : SAR_INDATALENERR;
	}
	*out_len = (ULONG)(n + last);
	return SAR_OK;
}

static ULONG
cipher_part(HANDLE key, bool encrypt, const BYTE *p, ULONG len, bool end, BYTE *out,
    ULONG *out_len)
{
	ULONG		 rc;
	struct handle	*h = cipher_running(key, encrypt, &rc);

	return h == NULL ? rc : cipher_go(h, p, len, end, out, out_len);
}

ULONG
SKF_EncryptInit(HANDLE key, BLOCKCIPHERPARAM param)
{
	return cipher_start(key, &param, true);
}

ULONG
SKF_Encrypt(HANDLE key, BYTE *p, ULONG len, BYTE *out, ULONG *out_len)
{
	return cipher_part(key, true, p, len, true, out, out_len);
}

ULONG
SKF_EncryptUpdate(HANDLE key, BYTE *p, ULONG len, BYTE *out, ULONG *out_len)
{
	return cipher_part(key, true, p, len, false, out, out_len);
}

ULONG
SKF_EncryptFinal(HANDLE key, BYTE *out, ULONG *out_len)
{
	return cipher_part(key, true, NULL, 0, true, out, out_len);
}

ULONG
SKF_DecryptInit(HANDLE key, BLOCKCIPHERPARAM param)
{
	return cipher_start(key, &param, false);
}

ULONG
SKF_Decrypt(HANDLE key, BYTE *p, ULONG len, BYTE *out, ULONG *out_len)
{
	return cipher_part(key, false, p, len, true, out, out_len);
}

ULONG
SKF_DecryptUpdate(HANDLE key, BYTE *p, ULONG len, BYTE *out, ULONG *out_len)
{
	return cipher_part(key, false, p, len, false, out, out_len);
}

ULONG
SKF_DecryptFinal(HANDLE key, BYTE *out, ULONG *out_len)
{
	return cipher_part(key, false, NULL, 0, true, out, out_len);
}

/* ---- MACs ---- */

ULONG
SKF_MacInit(HANDLE key, BLOCKCIPHERPARAM *param, HANDLE *mac)
{
	struct handle	*h = handle_check(key, HANDLE_KEY), *m;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (param == NULL || mac == NULL || (param->IVLen != BLOCK && param->IVLen != 0))
		return SAR_INVALIDPARAMERR;
	m = handle_new(HANDLE_MAC, h->path);
	m->cipher = EVP_CIPHER_CTX_new();
	if (EVP_EncryptInit_ex(m->cipher, EVP_sm4_cbc(), NULL, h->bytes,
	    param->IVLen == 0 ? m->bytes : param->IV) != 1 ||
	    EVP_CIPHER_CTX_set_padding(m->cipher, 0) != 1) {
		handle_free(m);
		return SAR_FAIL;
	}
	*mac = m;
	return SAR_OK;
}

/* Whole blocks only, as the norm has it. */
ULONG
SKF_MacUpdate(HANDLE mac, BYTE *p, ULONG len)
{
	struct handle	*h = handle_check(mac, HANDLE_MAC);
	int		 n;

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (p == NULL || len == 0 || len % BLOCK != 0)
		return SAR_INDATALENERR;
	for (ULONG i = 0; i < len; i += BLOCK)
		if (EVP_EncryptUpdate(h->cipher, h->bytes, &n, p + i, BLOCK) != 1)
			return SAR_FAIL;
	h->padded = true;		/* something is in */
	return SAR_OK;
}

ULONG
SKF_MacFinal(HANDLE mac, BYTE *out, ULONG *out_len)
{
	struct handle	*h = handle_check(mac, HANDLE_MAC);

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (!h->padded)
		return SAR_NOTINITIALIZEERR;
	return skf_give(h->bytes, BLOCK, out, out_len);
}

ULONG
SKF_Mac(HANDLE mac, BYTE *p, ULONG len, BYTE *out, ULONG *out_len)
{
	ULONG	 rc;

	if (out == NULL && handle_check(mac, HANDLE_MAC) != NULL)
		return skf_give(p, BLOCK, NULL, out_len);
	rc = SKF_MacUpdate(mac, p, len);
	return rc != SAR_OK ? rc : SKF_MacFinal(mac, out, out_len);
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
	if (hash == NULL || (id_len > 0 && (pub == NULL || id == NULL)) || id_len > SM2_ID_MAX)
		return SAR_INVALIDPARAMERR;
	if (alg != SGD_SM3)
		return SAR_NOTSUPPORTYETERR;
	h = handle_new(HANDLE_HASH, "");
	h->md = EVP_MD_CTX_new();
	if (EVP_DigestInit_ex(h->md, EVP_sm3(), NULL) != 1) {
		handle_free(h);
		return SAR_FAIL;
	}
	if (id_len > 0) {
		point_from_blob(pub, point);
		sm2_za_id(point, id, id_len, za);
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
	if (p == NULL && len > 0)
		return SAR_INVALIDPARAMERR;
	return EVP_DigestUpdate(h->md, p, len) == 1 ? SAR_OK : SAR_FAIL;
}

/* A NULL `out` asks for the size and ends nothing. */
ULONG
SKF_DigestFinal(HANDLE hash, BYTE *out, ULONG *out_len)
{
	struct handle	*h = handle_check(hash, HANDLE_HASH);
	unsigned char	 digest[SM2_DIGEST_LEN] = {0};

	if (h == NULL)
		return SAR_INVALIDHANDLEERR;
	if (out != NULL && out_len != NULL && *out_len >= sizeof(digest) &&
	    EVP_DigestFinal_ex(h->md, digest, NULL) != 1)
		return SAR_FAIL;
	return skf_give(digest, sizeof(digest), out, out_len);
}

ULONG
SKF_Digest(HANDLE hash, BYTE *p, ULONG len, BYTE *out, ULONG *out_len)
{
	ULONG	 rc = out == NULL ? SAR_OK : SKF_DigestUpdate(hash, p, len);

	return rc != SAR_OK ? rc : SKF_DigestFinal(hash, out, out_len);
}

ULONG
SKF_CloseHandle(HANDLE handle)
{
	static const enum handle_kind	 kinds[] = {HANDLE_HASH, HANDLE_KEY, HANDLE_MAC};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct handle	*h = handle_check(handle, kinds[i]);

		if (h != NULL) {
			handle_free(h);
			return SAR_OK;
		}
	}
	return SAR_INVALIDHANDLEERR;
}

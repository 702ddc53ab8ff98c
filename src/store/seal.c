#include "base/base.h"
#include "base/file.h"
#include "base/rand.h"
#include "base/secret.h"
#include "base/str.h"
#include "store/seal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <pthread.h>

#define SEAL_VERSION	1
#define SEAL_IV		16
#define SEAL_TAG	32

struct seal {
	unsigned char	 enc[16], mac[32], digest[32];
};

static EVP_MAC		*seal_mac;
static pthread_once_t	 seal_once = PTHREAD_ONCE_INIT;

static void
seal_fetch(void)
{
	seal_mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

/* HMAC-SM3 over up to three pieces (GM/T 0042 uses the same construction as RFC 2104). */
static void
hmac_sm3(const unsigned char key[32], const void *a, size_t alen, const void *b, size_t blen,
    const void *c, size_t clen, unsigned char out[32])
{
	OSSL_PARAM		 params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    (char[]){"SM3"}, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX		*ctx;
	size_t			 n;

	pthread_once(&seal_once, seal_fetch);
	ctx = EVP_MAC_CTX_new(seal_mac);
	if (ctx == NULL || EVP_MAC_init(ctx, key, 32, params) != 1 ||
	    EVP_MAC_update(ctx, a, alen) != 1 || EVP_MAC_update(ctx, b, blen) != 1 ||
	    EVP_MAC_update(ctx, c, clen) != 1 || EVP_MAC_final(ctx, out, &n, 32) != 1)
		BUG("HMAC-SM3 failed");
	EVP_MAC_CTX_free(ctx);
}

struct seal *
seal_new(const unsigned char key[32])
{
	struct seal	*s = xcalloc(1, sizeof(*s));
	unsigned char	 k[32];

	hmac_sm3(key, "yinxin seal enc", 15, "", 0, "", 0, k);
	memcpy(s->enc, k, sizeof(s->enc));
	hmac_sm3(key, "yinxin seal mac", 15, "", 0, "", 0, s->mac);
	hmac_sm3(key, "yinxin seal digest", 18, "", 0, "", 0, s->digest);
	secret_wipe(k, sizeof(k));
	return s;
}

void
seal_free(struct seal *s)
{
	if (s != NULL)
		secret_wipe(s, sizeof(*s));
	free(s);
}

int
seal_create(const char *path, struct err *err)
{
	unsigned char	 key[32];
	char		 hex[66];
	int		 rc;

	if (file_exists(path))
		return err_set(err, ERR_CONFLICT, "%s exists already", path);
	rand_bytes(key, sizeof(key));
	hex_encode(key, sizeof(key), hex);
	hex[64] = '\n';
	rc = file_write(path, hex, 65, 0640, err);
	secret_wipe(key, sizeof(key));
	secret_wipe(hex, sizeof(hex));
	return rc;
}

int
seal_load(struct seal **out, const char *path, struct err *err)
{
	unsigned char	 key[32];
	struct buf	 b;
	int		 rc = -1;

	buf_init(&b, 256);
	if (file_read(path, &b, err) < 0)
		goto out;
	str_trim(b.p);
	if (hex_decode(b.p, key, sizeof(key)) < 0) {
		err_set(err, ERR_INPUT, "%s holds no key of 64 hex digits", path);
		goto out;
	}
	*out = seal_new(key);
	rc = 0;
 out:
	secret_wipe(key, sizeof(key));
	secret_wipe(b.p, b.len);
	buf_free(&b);
	return rc;
}

/* CTR is its own inverse. */
static void
sm4_ctr(const unsigned char key[16], const unsigned char iv[16], const void *in, size_t len,
    void *out)
{
	EVP_CIPHER_CTX	*ctx = EVP_CIPHER_CTX_new();
	int		 n = 0;

	if (len > INT32_MAX || ctx == NULL ||
	    EVP_EncryptInit_ex(ctx, EVP_sm4_ctr(), NULL, key, iv) != 1 ||
	    (len > 0 && EVP_EncryptUpdate(ctx, out, &n, in, (int)len) != 1))
		BUG("SM4-CTR failed");
	EVP_CIPHER_CTX_free(ctx);
}

void
seal_add(const struct seal *s, const char *context, const void *p, size_t len,
    struct buf *out)
{
	unsigned char	*box = xmalloc(len + SEAL_OVERHEAD);

	box[0] = SEAL_VERSION;
	rand_bytes(box + 1, SEAL_IV);
	sm4_ctr(s->enc, box + 1, p, len, box + 1 + SEAL_IV);
	hmac_sm3(s->mac, box, 1 + SEAL_IV + len, "|", 1, context, strlen(context),
	    box + 1 + SEAL_IV + len);
	buf_add(out, box, len + SEAL_OVERHEAD);
	free(box);
}

int
seal_open(const struct seal *s, const char *context, const void *p, size_t len,
    struct buf *out, struct err *err)
{
	const unsigned char	*box = p;
	unsigned char		 tag[SEAL_TAG], *plain;
	size_t			 n;

	if (len < SEAL_OVERHEAD || box[0] != SEAL_VERSION)
		return err_set(err, ERR_CRYPTO, "sealed value of %s is malformed", context);
	n = len - SEAL_OVERHEAD;
	hmac_sm3(s->mac, box, 1 + SEAL_IV + n, "|", 1, context, strlen(context), tag);
	if (!secret_equal(tag, sizeof(tag), box + 1 + SEAL_IV + n, SEAL_TAG))
		return err_set(err, ERR_CRYPTO, "sealed value of %s does not fit its key", context);
	plain = xmalloc(n);
	sm4_ctr(s->enc, box + 1, box + 1 + SEAL_IV, n, plain);
	buf_add(out, plain, n);
	secret_wipe(plain, n);
	free(plain);
	return buf_check(out, err);
}

void
seal_digest(const struct seal *s, const char *context, const char *text, char hex[SEAL_DIGEST])
{
	unsigned char	 tag[32];

	hmac_sm3(s->digest, context, strlen(context), "|", 1, text, strlen(text), tag);
	hex_encode(tag, sizeof(tag), hex);
}

#include "base/base.h"
#include "gate/wire.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/str.h"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#define WIRE_PEM_MAX	16384
#define WIRE_GCM_TAG	16
#define WIRE_GCM_NONCE	12
#define WIRE_GCM_KEY	32

static int
wire_load(const char *path, bool private, EVP_PKEY **key, struct err *err)
{
	struct buf	 pem;
	BIO		*bio = NULL;
	int		 rc = -1;

	buf_init(&pem, WIRE_PEM_MAX);
	if (file_read(path, &pem, err) < 0)
		goto out;
	bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	*key = private ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) :
	    PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	if (*key == NULL)
		err_openssl(err, ERR_CRYPTO, "%s holds no %s key", path,
		    private ? "private" : "public");
	else
		rc = 0;
 out:
	BIO_free(bio);
	secret_wipe(pem.p, pem.len);
	buf_free(&pem);
	return rc;
}

int
wire_private_key(const char *path, EVP_PKEY **key, struct err *err)
{
	return wire_load(path, true, key, err);
}

int
wire_public_key(const char *path, EVP_PKEY **key, struct err *err)
{
	return wire_load(path, false, key, err);
}

int
wire_rsa_sign(EVP_PKEY *key, const void *p, size_t len, struct buf *out, struct err *err)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	unsigned char	 sig[1024];
	size_t		 sig_len = sizeof(sig);
	int		 rc = -1;

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) <= 0 ||
	    EVP_DigestSign(ctx, sig, &sig_len, p, len) <= 0)
		err_openssl(err, ERR_CRYPTO, "cannot sign");
	else {
		base64_add(out, sig, sig_len);
		rc = buf_check(out, err);
	}
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
wire_rsa_check(EVP_PKEY *key, const void *p, size_t len, const char *signature,
    struct err *err)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	struct buf	 sig;
	int		 rc = -1;

	buf_init(&sig, 1024);
	if (base64_decode(signature, strlen(signature), &sig) < 0 || sig.over)
		err_set(err, ERR_CRYPTO, "the signature is not base64");
	else if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) <= 0 ||
	    EVP_DigestVerify(ctx, (unsigned char *)sig.p, sig.len, p, len) != 1)
		err_openssl(err, ERR_CRYPTO, "the signature does not fit");
	else
		rc = 0;
	buf_free(&sig);
	EVP_MD_CTX_free(ctx);
	return rc;
}

static const char *
wire_digest(const EVP_MD *md, const void *p, size_t len, char hex[WIRE_HEX])
{
	unsigned char	 d[32];

	if (EVP_Digest(p, len, d, NULL, md, NULL) != 1)
		BUG("digest");
	hex_encode(d, sizeof(d), hex);
	return hex;
}

const char *
wire_sha1(const void *p, size_t len, char hex[41])
{
	unsigned char	 digest[20];

	if (EVP_Digest(p, len, digest, NULL, EVP_sha1(), NULL) != 1)
		BUG("digest");
	hex_encode(digest, sizeof(digest), hex);
	return hex;
}

const char *
wire_sha256(const void *p, size_t len, char hex[WIRE_HEX])
{
	return wire_digest(EVP_sha256(), p, len, hex);
}

const char *
wire_sm3(const void *p, size_t len, char hex[WIRE_HEX])
{
	return wire_digest(EVP_sm3(), p, len, hex);
}

const char *
wire_hmac_sha256(const char *key, const void *p, size_t len, char hex[WIRE_HEX])
{
	unsigned char	 d[32];

	if (HMAC(EVP_sha256(), key, (int)strlen(key), p, len, d, NULL) == NULL)
		BUG("hmac");
	hex_encode(d, sizeof(d), hex);
	return hex;
}

static int
wire_gcm(const char *key, const char *nonce, const char *aad, const struct buf *sealed,
    struct buf *out, struct err *err)
{
	EVP_CIPHER_CTX		*ctx = EVP_CIPHER_CTX_new();
	const unsigned char	*in = (const unsigned char *)sealed->p;
	size_t			 len = sealed->len - WIRE_GCM_TAG;
	unsigned char		*plain = xmalloc(len + 1), tag[WIRE_GCM_TAG];
	int			 n = 0, last = 0, rc = -1;

	memcpy(tag, in + len, sizeof(tag));
	if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, (const unsigned char *)key,
	    (const unsigned char *)nonce) != 1 ||
	    EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)aad,
	    (int)strlen(aad)) != 1 ||
	    EVP_DecryptUpdate(ctx, plain, &n, in, (int)len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, WIRE_GCM_TAG, tag) != 1 ||
	    EVP_DecryptFinal_ex(ctx, plain + n, &last) != 1)
		err_openssl(err, ERR_CRYPTO, "the cipher text does not fit the key");
	else {
		buf_add(out, plain, (size_t)(n + last));
		rc = buf_check(out, err);
	}
	EVP_CIPHER_CTX_free(ctx);
	free(plain);
	return rc;
}

int
wire_aes_open(const char *key, const char *nonce, const char *aad, const char *sealed,
    struct buf *out, struct err *err)
{
	struct buf	 raw;
	int		 rc = -1;

	if (strlen(key) != WIRE_GCM_KEY)
		return err_set(err, ERR_INPUT, "the APIv3 key must have %d bytes",
		    WIRE_GCM_KEY);
	if (strlen(nonce) != WIRE_GCM_NONCE)
		return err_set(err, ERR_INPUT, "the nonce must have %d bytes", WIRE_GCM_NONCE);
	buf_init(&raw, LIMIT_JSON);
	if (base64_decode(sealed, strlen(sealed), &raw) < 0 || raw.len < WIRE_GCM_TAG ||
	    raw.over)
		err_set(err, ERR_INPUT, "malformed cipher text");
	else
		rc = wire_gcm(key, nonce, aad, &raw, out, err);
	buf_free(&raw);
	return rc;
}

/* Behind the JSON string that starts at p; NULL when it does not end. */
static const char *
wire_skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : NULL;
}

/* Behind the JSON value that starts at p. */
static const char *
wire_skip_value(const char *p, const char *end)
{
	int	 depth = 0;

	while (p < end) {
		if (*p == '"') {
			if ((p = wire_skip_string(p, end)) == NULL)
				return NULL;
			if (depth == 0)
				return p;
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && depth-- <= 1)
			return depth < 0 ? p : p + 1;
		else if (*p == ',' && depth == 0)
			return p;
		p++;
	}
	return NULL;
}

static const char *
wire_skip_blank(const char *p, const char *end)
{
	while (p < end && strchr(" \t\r\n", *p) != NULL && *p != '\0')
		p++;
	return p;
}

int
wire_json_raw(const char *p, size_t len, const char *member, const char **value,
    size_t *value_len)
{
	const char	*end = p + len, *name, *after;

	p = wire_skip_blank(p, end);
	if (p >= end || *p++ != '{')
		return -1;
	for (;;) {
		name = p = wire_skip_blank(p, end);
		if (p >= end || *p != '"' || (p = wire_skip_string(p, end)) == NULL)
			return -1;
		after = p;
		p = wire_skip_blank(p, end);
		if (p >= end || *p++ != ':')
			return -1;
		*value = p = wire_skip_blank(p, end);
		if ((p = wire_skip_value(p, end)) == NULL)
			return -1;
		*value_len = (size_t)(p - *value);
		if ((size_t)(after - name - 2) == strlen(member) &&
		    memcmp(name + 1, member, strlen(member)) == 0)
			return 0;
		p = wire_skip_blank(p, end);
		if (p >= end || *p++ != ',')
			return -1;
	}
}

int
wire_url_split(const char *url, char host[256], const char **path)
{
	const char	*p = strstr(url, "://");
	size_t		 n;

	if (p == NULL)
		return -1;
	p += 3;
	n = strcspn(p, "/");
	if (n == 0 || n >= 256)
		return -1;
	snprintf(host, 256, "%.*s", (int)n, p);
	*path = p[n] == '\0' ? "/" : p + n;
	return 0;
}

/* "YYYY-MM-DD?HH:MM:SS" read as UTC; 0 when malformed. */
static int64_t
wire_time_utc(const char *text)
{
	struct tm	 tm = {0};
	const char	*end = strptime(text, strlen(text) > 10 && text[10] == 'T' ?
	    "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);

	return end == NULL ? 0 : (int64_t)timegm(&tm) * CLOCK_SECOND;
}

int64_t
wire_time_china(const char *text)
{
	int64_t	 ms = strlen(text) == 19 ? wire_time_utc(text) : 0;

	return ms == 0 ? 0 : ms - 8 * CLOCK_HOUR;
}

int64_t
wire_time_rfc3339(const char *text)
{
	int64_t		 ms = strlen(text) >= 20 ? wire_time_utc(text) : 0;
	const char	*p = text + 19;
	int		 hours, minutes;

	if (ms == 0)
		return 0;
	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	if (strcmp(p, "Z") == 0)
		return ms;
	if ((*p != '+' && *p != '-') || sscanf(p + 1, "%2d:%2d", &hours, &minutes) != 2)
		return 0;
	return ms - (*p == '+' ? 1 : -1) * (hours * CLOCK_HOUR + minutes * CLOCK_MINUTE);
}

const char *
wire_time_text(int64_t ms, char text[40])
{
	char	 plain[CLOCK_TEXT];

	clock_datetime(ms, plain);
	plain[10] = 'T';
	snprintf(text, 40, "%s+08:00", plain);
	return text;
}

int
wire_fen(const char *yuan, int64_t *fen)
{
	const char	*dot = strchr(yuan, '.');
	char		 whole[16];
	int64_t		 y, c = 0;

	if (dot == NULL || strlen(dot) != 3 || dot - yuan >= (ptrdiff_t)sizeof(whole))
		return -1;
	snprintf(whole, sizeof(whole), "%.*s", (int)(dot - yuan), yuan);
	if (str_to_i64(whole, INT64_C(1000000000000), &y) < 0 || str_to_i64(dot + 1, 99, &c) < 0)
		return -1;
	*fen = y * 100 + c;
	return 0;
}

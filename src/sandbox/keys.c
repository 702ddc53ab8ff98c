#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <sys/stat.h>

/* Where the gate expects a file: the setting's path, or its name below --gate-dir. */
static void
sb_gate_path(const char *setting, char path[4096])
{
	const char	*p = conf_path(setting), *slash = strrchr(p, '/');

	if (sb.gate_dir == NULL)
		snprintf(path, 4096, "%s", p);
	else
		snprintf(path, 4096, "%s/%s", sb.gate_dir, slash == NULL ? p : slash + 1);
}

/* Run as root, what is in the gate's directory must belong to whom the directory belongs. */
static int
sb_give_away(const char *path, struct err *err)
{
	struct stat	 st;
	char		 dir[4096];
	char		*slash;

	snprintf(dir, sizeof(dir), "%s", path);
	if ((slash = strrchr(dir, '/')) == NULL)
		return 0;
	*slash = '\0';
	if (geteuid() == 0 && (stat(dir, &st) < 0 || chown(path, st.st_uid, st.st_gid) < 0))
		return err_errno(err, ERR_STORE, "cannot give %s to its directory's owner",
		    path);
	return 0;
}

static int
sb_write_pem(const char *path, EVP_PKEY *key, bool private, struct err *err)
{
	BIO	*bio = BIO_new(BIO_s_mem());
	char	*p, dir[4096], *slash;
	long	 len;
	int	 rc = -1;

	snprintf(dir, sizeof(dir), "%s", path);
	if ((slash = strrchr(dir, '/')) != NULL)
		*slash = '\0';
	if ((private ? PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) :
	    PEM_write_bio_PUBKEY(bio, key)) != 1)
		err_openssl(err, ERR_CRYPTO, "cannot write %s", path);
	else if (file_mkdirs(dir, 0750, err) == 0) {
		len = BIO_get_mem_data(bio, &p);
		rc = file_write(path, p, (size_t)len, private ? 0600 : 0644, err);
		if (rc == 0)
			rc = sb_give_away(path, err);
	}
	BIO_free(bio);
	return rc;
}

static EVP_PKEY *
sb_generate(bool sm2)
{
	return sm2 ? EVP_PKEY_Q_keygen(NULL, NULL, "SM2") : EVP_RSA_gen(2048);
}

/* The private key (RSA or SM2) at path, made when missing. */
static int
sb_private(const char *path, bool sm2, EVP_PKEY **key, struct err *err)
{
	struct buf	 pem;
	BIO		*bio;

	if (!file_exists(path)) {
		if ((*key = sb_generate(sm2)) == NULL)
			return err_openssl(err, ERR_CRYPTO, "cannot make a key");
		log_kv(LOG_INFO, "sandbox.key_made", LOG_S("file", path));
		return sb_write_pem(path, *key, true, err);
	}
	buf_init(&pem, 16384);
	if (file_read(path, &pem, err) < 0) {
		buf_free(&pem);
		return -1;
	}
	bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	*key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	buf_free(&pem);
	return *key == NULL ? err_openssl(err, ERR_CRYPTO, "%s holds no key", path) : 0;
}

/* The platform's public key for the gate; one of another sandbox is not replaced. */
static int
sb_public(const char *setting, EVP_PKEY *key, struct err *err)
{
	EVP_PKEY	*old = NULL;
	char		 path[4096];
	FILE		*f;
	int		 same;

	sb_gate_path(setting, path);
	if (!file_exists(path))
		return sb_write_pem(path, key, false, err);
	if ((f = fopen(path, "re")) == NULL)
		return err_errno(err, ERR_STORE, "cannot read %s", path);
	old = PEM_read_PUBKEY(f, NULL, NULL, NULL);
	fclose(f);
	same = old != NULL && EVP_PKEY_eq(old, key) == 1;
	EVP_PKEY_free(old);
	return same ? 0 : err_set(err, ERR_CONFLICT, "%s is not of this sandbox: remove it, or "
	    "use the --state directory it belongs to", path);
}

static int
sb_platform(const char *name, const char *setting, bool sm2, EVP_PKEY **key,
    struct err *err)
{
	char	 path[4096];

	if (sb.dir == NULL) {
		if ((*key = sb_generate(sm2)) == NULL)
			return err_openssl(err, ERR_CRYPTO, "cannot make a key");
	} else {
		snprintf(path, sizeof(path), "%s/%s", sb.dir, name);
		if (sb_private(path, sm2, key, err) < 0)
			return -1;
	}
	return sb_public(setting, *key, err);
}

int
sb_keys_load(struct err *err)
{
	static const char *const	 settings[] = {"gate.alipay_key", "gate.alipay_public",
		"gate.wechat_key", "gate.wechat_public", "gate.bank_key", "gate.bank_public"};
	char				 path[4096];

	if (sb_platform("alipay-platform.key", "gate.alipay_public", false, &sb.alipay,
	    err) < 0 ||
	    sb_platform("wechat-platform.key", "gate.wechat_public", false, &sb.wechat,
	    err) < 0 ||
	    sb_platform("bank-platform.key", "gate.bank_public", true, &sb.bank, err) < 0)
		return -1;
	sb_gate_path("gate.alipay_key", path);
	if (sb_private(path, false, &sb.alipay_app, err) < 0)
		return -1;
	sb_gate_path("gate.wechat_key", path);
	if (sb_private(path, false, &sb.wechat_merchant, err) < 0)
		return -1;
	sb_gate_path("gate.bank_key", path);
	if (sb_private(path, true, &sb.bank_client, err) < 0)
		return -1;
	/* Also files of an earlier start, when the directory has changed hands since. */
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		sb_gate_path(settings[i], path);
		if (sb_give_away(path, err) < 0)
			return -1;
	}
	return 0;
}

void
sb_sign(EVP_PKEY *key, const char *text, size_t len, struct buf *base64)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	unsigned char	 sig[512];
	size_t		 n = sizeof(sig);

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, sig, &n, (const unsigned char *)text, len) != 1)
		BUG("cannot sign");
	base64_add(base64, sig, n);
	EVP_MD_CTX_free(ctx);
}

bool
sb_verify(EVP_PKEY *key, const char *text, size_t len, const char *base64)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	struct buf	 sig;
	bool		 ok;

	buf_init(&sig, 1024);
	ok = base64_decode(base64, strlen(base64), &sig) == 0 && !sig.over &&
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, (const unsigned char *)sig.p, sig.len,
	    (const unsigned char *)text, len) == 1;
	buf_free(&sig);
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* SM2 with SM3 and this identifier; the wire has r||s, OpenSSL DER. */
void
sb_sm2_sign(EVP_PKEY *key, const char *id, const struct buf *text, struct buf *base64)
{
	EVP_MD_CTX		*ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX		*pctx = EVP_PKEY_CTX_new(key, NULL);
	unsigned char		 der[128], rs[64] = {0};
	const unsigned char	*p = der;
	size_t			 n = sizeof(der);
	ECDSA_SIG		*sig;

	EVP_MD_CTX_set_pkey_ctx(ctx, pctx);
	if (EVP_PKEY_CTX_set1_id(pctx, id, (int)strlen(id)) != 1 ||
	    EVP_DigestSignInit(ctx, NULL, EVP_sm3(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, der, &n, (const unsigned char *)text->p, text->len) != 1 ||
	    (sig = d2i_ECDSA_SIG(NULL, &p, (long)n)) == NULL)
		BUG("cannot sign");
	BN_bn2binpad(ECDSA_SIG_get0_r(sig), rs, 32);
	BN_bn2binpad(ECDSA_SIG_get0_s(sig), rs + 32, 32);
	base64_add(base64, rs, sizeof(rs));
	ECDSA_SIG_free(sig);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(pctx);
}

bool
sb_sm2_verify(EVP_PKEY *key, const char *id, const struct buf *text, const char *base64)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX	*pctx = EVP_PKEY_CTX_new(key, NULL);
	ECDSA_SIG	*sig = ECDSA_SIG_new();
	unsigned char	*der = NULL;
	struct buf	 rs;
	int		 n = 0;
	bool		 ok = false;

	buf_init(&rs, 64);
	EVP_MD_CTX_set_pkey_ctx(ctx, pctx);
	if (base64_decode(base64, strlen(base64), &rs) == 0 && rs.len == 64 &&
	    ECDSA_SIG_set0(sig, BN_bin2bn((unsigned char *)rs.p, 32, NULL),
	    BN_bin2bn((unsigned char *)rs.p + 32, 32, NULL)) == 1 &&
	    (n = i2d_ECDSA_SIG(sig, &der)) > 0)
		ok = EVP_PKEY_CTX_set1_id(pctx, id, (int)strlen(id)) == 1 &&
		    EVP_DigestVerifyInit(ctx, NULL, EVP_sm3(), NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, der, (size_t)n, (const unsigned char *)text->p,
		    text->len) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(sig);
	buf_free(&rs);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_CTX_free(pctx);
	return ok;
}

void
sb_sha256_hex(const void *p, size_t len, char hex[65])
{
	unsigned char	 d[32];

	if (EVP_Digest(p, len, d, NULL, EVP_sha256(), NULL) != 1)
		BUG("digest");
	hex_encode(d, sizeof(d), hex);
}

#include "base/base.h"
#include "sandbox/sandbox.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

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

/* The private key at path, made when missing. */
static int
sb_private(const char *path, EVP_PKEY **key, struct err *err)
{
	struct buf	 pem;
	BIO		*bio;

	if (!file_exists(path)) {
		if ((*key = EVP_RSA_gen(2048)) == NULL)
			return err_openssl(err, ERR_CRYPTO, "cannot make an RSA key");
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
sb_platform(const char *name, const char *setting, EVP_PKEY **key, struct err *err)
{
	char	 path[4096];

	if (sb.dir == NULL) {
		if ((*key = EVP_RSA_gen(2048)) == NULL)
			return err_openssl(err, ERR_CRYPTO, "cannot make an RSA key");
	} else {
		snprintf(path, sizeof(path), "%s/%s", sb.dir, name);
		if (sb_private(path, key, err) < 0)
			return -1;
	}
	return sb_public(setting, *key, err);
}

int
sb_keys_load(struct err *err)
{
	static const char *const	 settings[] = {"gate.alipay_key", "gate.alipay_public",
		"gate.wechat_key", "gate.wechat_public"};
	char				 path[4096];

	if (sb_platform("alipay-platform.key", "gate.alipay_public", &sb.alipay, err) < 0 ||
	    sb_platform("wechat-platform.key", "gate.wechat_public", &sb.wechat, err) < 0)
		return -1;
	sb_gate_path("gate.alipay_key", path);
	if (sb_private(path, &sb.alipay_app, err) < 0)
		return -1;
	sb_gate_path("gate.wechat_key", path);
	if (sb_private(path, &sb.wechat_merchant, err) < 0)
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

void
sb_sha256_hex(const void *p, size_t len, char hex[65])
{
	unsigned char	 d[32];

	if (EVP_Digest(p, len, d, NULL, EVP_sha256(), NULL) != 1)
		BUG("digest");
	hex_encode(d, sizeof(d), hex);
}

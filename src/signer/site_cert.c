#include "base/base.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/rand.h"
#include "pki/lint.h"
#include "signer/site_cert.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define SITE_DAYS	825

static int
site_extension(X509 *x, X509 *issuer, int nid, const char *value, struct err *err)
{
	X509_EXTENSION	*e;
	X509V3_CTX	 ctx;
	int		 rc = -1;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (e != NULL && X509_add_ext(x, e, -1) == 1)
		rc = 0;
	else
		err_openssl(err, ERR_BUG, "extension %s", value);
	X509_EXTENSION_free(e);
	return rc;
}

/* DNS or IP of web.public_url beside loopback. */
static char *
site_names(void)
{
	const char	*host = strstr(conf_str("web.public_url"), "://");
	size_t		 n;

	if (host == NULL)
		return xstrdup("DNS:localhost,IP:127.0.0.1");
	host += 3;
	n = strcspn(host, ":/");
	if (strspn(host, "0123456789.") == n)
		return xasprintf("DNS:localhost,IP:127.0.0.1,IP:%.*s", (int)n, host);
	return xasprintf("DNS:localhost,IP:127.0.0.1,DNS:%.*s", (int)n, host);
}

static X509 *
site_blank(EVP_PKEY *key, const char *cn, const X509_NAME *issuer)
{
	X509		*x = X509_new();
	unsigned char	 serial[16];
	BIGNUM		*bn;

	rand_bytes(serial, sizeof(serial));
	serial[0] = (serial[0] & 0x7f) | 0x40;
	bn = BN_bin2bn(serial, sizeof(serial), NULL);
	X509_set_version(x, X509_VERSION_3);
	BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x));
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), (long)SITE_DAYS * 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
	    (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(x, issuer == NULL ? X509_get_subject_name(x) : issuer);
	X509_set_pubkey(x, key);
	BN_free(bn);
	return x;
}

static int
site_write(const char *path, EVP_PKEY *key, X509 *a, X509 *b, mode_t mode, struct err *err)
{
	BIO	*bio = BIO_new(BIO_s_mem());
	char	*p;
	long	 len;
	int	 ok = 1, rc;

	if (key != NULL)
		ok &= PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
	if (a != NULL)
		ok &= PEM_write_bio_X509(bio, a);
	if (b != NULL)
		ok &= PEM_write_bio_X509(bio, b);
	len = BIO_get_mem_data(bio, &p);
	rc = ok == 1 ? file_write(path, p, (size_t)len, mode, err) :
	    err_openssl(err, ERR_BUG, "cannot write %s", path);
	BIO_free(bio);
	return rc;
}

/* What the lint finds is given to nobody: the key that signed is thrown away with this process. */
static int
site_sign(X509 *x, EVP_PKEY *key, struct err *err)
{
	unsigned char	*der = NULL;
	struct cert	*c = NULL;
	int		 len, rc = -1;

	if (X509_sign(x, key, EVP_sha256()) == 0 || (len = i2d_X509(x, &der)) <= 0)
		return err_openssl(err, ERR_BUG, "cannot sign the site's certificate");
	if (cert_parse(der, (size_t)len, &c, err) == 0)
		rc = lint_check(&(struct lint_case){.cert = c}, err);
	cert_free(c);
	OPENSSL_free(der);
	return rc;
}

/* A key and certificate for one of our TLS listeners, into the files these settings name. */
static int
site_leaf(X509 *root, EVP_PKEY *root_key, const char *cn, const char *key_setting,
    const char *cert_setting, struct err *err)
{
	EVP_PKEY	*key = EVP_EC_gen("P-256");
	X509		*x = NULL;
	char		*names = site_names();
	int		 rc = -1;

	if (key == NULL) {
		err_openssl(err, ERR_BUG, "no P-256 key");
		goto out;
	}
	x = site_blank(key, cn, X509_get_subject_name(root));
	if (site_extension(x, root, NID_subject_alt_name, names, err) == 0 &&
	    site_extension(x, root, NID_key_usage, "critical,digitalSignature", err) == 0 &&
	    site_extension(x, root, NID_ext_key_usage, "serverAuth", err) == 0 &&
	    site_extension(x, root, NID_subject_key_identifier, "hash", err) == 0 &&
	    site_extension(x, root, NID_authority_key_identifier, "keyid", err) == 0 &&
	    site_sign(x, root_key, err) == 0 &&
	    site_write(conf_path(key_setting), key, NULL, NULL, 0600, err) == 0)
		rc = site_write(conf_path(cert_setting), NULL, x, root, 0644, err);
 out:
	X509_free(x);
	EVP_PKEY_free(key);
	free(names);
	return rc;
}

int
site_cert_make(struct err *err)
{
	EVP_PKEY	*key = EVP_EC_gen("P-256");
	X509		*root = NULL;
	char		 path[512];
	int		 rc = -1;

	if (key == NULL)
		return err_openssl(err, ERR_BUG, "no P-256 key");
	root = site_blank(key, "Yinxin site root", NULL);
	snprintf(path, sizeof(path), "%s/pub/site-root.crt", conf_str("data.dir"));
	if (site_extension(root, root, NID_basic_constraints, "critical,CA:TRUE", err) == 0 &&
	    site_extension(root, root, NID_key_usage, "critical,keyCertSign", err) == 0 &&
	    site_extension(root, root, NID_subject_key_identifier, "hash", err) == 0 &&
	    site_sign(root, key, err) == 0 &&
	    site_write(path, NULL, root, NULL, 0644, err) == 0 &&
	    site_leaf(root, key, "Yinxin hall", "web.tls_key", "web.tls_cert", err) == 0)
		rc = site_leaf(root, key, "Yinxin enrolment", "enrol.tls_key",
		    "enrol.tls_cert", err);
	X509_free(root);
	EVP_PKEY_free(key);
	return rc;
}

#include "base/base.h"
#include "base/file.h"
#include "base/rand.h"
#include "pki/key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#define KEY_FILE_ROUNDS	210000
#define KEY_FILE_SALT	16
#define KEY_FILE_MAX	16384

int
key_to_pem(EVP_PKEY *key, const struct secret *pass, struct buf *pem, struct err *err)
{
	PKCS8_PRIV_KEY_INFO	*plain = NULL;
	X509_SIG		*sealed = NULL;
	BIO			*bio = BIO_new(BIO_s_mem());
	unsigned char		 salt[KEY_FILE_SALT];
	char			*p;
	long			 n;
	int			 rc = -1;

	if (pass->len == 0) {
		err_set(err, ERR_INPUT, "an empty passphrase protects no key");
		goto out;
	}
	rand_bytes(salt, sizeof(salt));
	plain = EVP_PKEY2PKCS8(key);
	if (bio == NULL || plain == NULL || (sealed = PKCS8_encrypt(-1, EVP_sm4_cbc(),
	    (const char *)pass->p, (int)pass->len, salt, sizeof(salt), KEY_FILE_ROUNDS,
	    plain)) == NULL || !PEM_write_bio_PKCS8(bio, sealed)) {
		err_openssl(err, ERR_CRYPTO, "cannot encrypt the private key");
		goto out;
	}
	n = BIO_get_mem_data(bio, &p);
	buf_add(pem, p, (size_t)n);
	rc = buf_check(pem, err);
 out:
	X509_SIG_free(sealed);
	PKCS8_PRIV_KEY_INFO_free(plain);
	BIO_free(bio);
	return rc;
}

int
key_from_pem(const void *pem, size_t len, const struct secret *pass, EVP_PKEY **out,
    struct err *err)
{
	BIO			*bio = len > KEY_FILE_MAX ? NULL : BIO_new_mem_buf(pem, (int)len);
	X509_SIG		*sealed = NULL;
	PKCS8_PRIV_KEY_INFO	*plain = NULL;
	EVP_PKEY		*key = NULL;
	int			 rc = -1;

	if (bio == NULL || (sealed = PEM_read_bio_PKCS8(bio, NULL, NULL, NULL)) == NULL)
		err_openssl(err, ERR_INPUT, "not an encrypted PKCS#8 key in PEM");
	else if ((plain = PKCS8_decrypt(sealed, (const char *)pass->p,
	    (int)pass->len)) == NULL)
		err_openssl(err, ERR_DENIED, "the passphrase does not open the key");
	else if ((key = EVP_PKCS82PKEY(plain)) == NULL || key_kind_of(key) == NULL)
		err_openssl(err, ERR_CRYPTO, "the key is of no kind we use");
	else {
		*out = key;
		key = NULL; /* transferred */
		rc = 0;
	}
	EVP_PKEY_free(key);
	PKCS8_PRIV_KEY_INFO_free(plain);
	X509_SIG_free(sealed);
	BIO_free(bio);
	return rc;
}

int
key_write(const char *path, EVP_PKEY *key, const struct secret *pass, struct err *err)
{
	struct buf	 pem;
	int		 rc = -1;

	buf_init(&pem, KEY_FILE_MAX);
	if (key_to_pem(key, pass, &pem, err) == 0)
		rc = file_write(path, pem.p, pem.len, 0600, err);
	buf_free(&pem);
	return rc;
}

int
key_read(const char *path, const struct secret *pass, EVP_PKEY **out, struct err *err)
{
	struct buf	 pem;
	int		 rc;

	buf_init(&pem, KEY_FILE_MAX);
	if ((rc = file_read(path, &pem, err)) == 0 &&
	    (rc = key_from_pem(pem.p, pem.len, pass, out, err)) < 0)
		err_add(err, "%s", path);
	buf_free(&pem);
	return rc;
}

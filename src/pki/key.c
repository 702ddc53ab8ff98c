#include "base/base.h"
#include "pki/key_kinds.h"

#include <openssl/x509.h>

static const struct key_kind *const key_kinds[] = {
#define KEY(name)	&key_ ## name,
#include "pki/keys.def"
#undef KEY
};

const struct key_kind *
key_kind_at(size_t i)
{
	return i < ARRAY_LEN(key_kinds) ? key_kinds[i] : NULL;
}

const struct key_kind *
key_kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(key_kinds); i++)
		if (strcmp(key_kinds[i]->name, name) == 0)
			return key_kinds[i];
	return NULL;
}

const struct key_kind *
key_kind_of(const EVP_PKEY *key)
{
	for (size_t i = 0; key != NULL && i < ARRAY_LEN(key_kinds); i++)
		if (key_kinds[i]->is(key))
			return key_kinds[i];
	return NULL;
}

int
key_generate(const struct key_kind *kind, EVP_PKEY **out, struct err *err)
{
	EVP_PKEY	*key = kind->generate();

	if (key == NULL)
		return err_openssl(err, ERR_CRYPTO, "cannot generate a key of kind %s", kind->name);
	*out = key;
	return 0;
}

bool
key_is_same(const EVP_PKEY *a, const EVP_PKEY *b)
{
	return EVP_PKEY_eq(a, b) == 1;
}

/* The bits inside the SubjectPublicKeyInfo's BIT STRING. */
static int
key_bits(const EVP_PKEY *key, struct buf *spki, struct der *bits, struct err *err)
{
	struct der	 in, body, skip;

	if (key_spki_add(key, spki, err) < 0)
		return -1;
	in = (struct der){.p = (unsigned char *)spki->p, .len = spki->len};
	if (der_get(&in, 0x30, &body) < 0 || der_get(&body, 0x30, &skip) < 0 ||
	    der_get(&body, 0x03, bits) < 0 || bits->len < 1)
		return err_set(err, ERR_BUG, "a SubjectPublicKeyInfo that we cannot read");
	bits->p++;
	bits->len--;
	return 0;
}

int
key_id(const EVP_PKEY *key, unsigned char id[KEY_ID_LEN], struct err *err)
{
	const struct key_kind	*kind = key_kind_of(key);
	unsigned char		 digest[EVP_MAX_MD_SIZE];
	struct buf		 spki;
	struct der		 bits;
	int			 rc = -1;

	buf_init(&spki, LIMIT_CERT);
	if (kind == NULL)
		err_set(err, ERR_CRYPTO, "the key is of no kind we use");
	else if (key_bits(key, &spki, &bits, err) == 0) {
		if (EVP_Digest(bits.p, bits.len, digest, NULL, kind->digest(), NULL) != 1)
			BUG("digest");
		memcpy(id, digest, KEY_ID_LEN);
		rc = 0;
	}
	buf_free(&spki);
	return rc;
}

int
key_spki_add(const EVP_PKEY *key, struct buf *der, struct err *err)
{
	unsigned char	 point[SM2_POINT_LEN], *p = NULL;
	int		 len;

	if (key_sm2.is(key)) {		/* OpenSSL 3.0 takes a hundred times as long to write it */
		if (sm2_point(key, point, err) < 0)
			return -1;
		sm2_spki_add(point, der);
		return buf_check(der, err);
	}
	if ((len = i2d_PUBKEY(key, &p)) <= 0)
		return err_openssl(err, ERR_CRYPTO, "cannot encode the public key");
	buf_add(der, p, (size_t)len);
	OPENSSL_free(p);
	return buf_check(der, err);
}

EVP_PKEY *
key_spki_read(const void *der, size_t len)
{
	const unsigned char	*at = der;
	struct err		 other = {0};
	EVP_PKEY		*key = NULL;

	if (sm2_spki_key(der, len, &key, &other) == 0)
		return key;
	key = len > LIMIT_CERT ? NULL : d2i_PUBKEY(NULL, &at, (long)len);
	if (key != NULL && at == (const unsigned char *)der + len)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

int
key_spki_parse(const void *der, size_t len, EVP_PKEY **out, struct err *err)
{
	EVP_PKEY	*key = key_spki_read(der, len);

	if (key_kind_of(key) == NULL) {
		EVP_PKEY_free(key);
		return err_openssl(err, ERR_INPUT, "not a public key of a kind we use");
	}
	*out = key;
	return 0;
}

/* A context begun for signing or verifying, as the key's kind wants it. */
static EVP_MD_CTX *
key_ctx(EVP_PKEY *key, bool verify)
{
	const struct key_kind	*kind = key_kind_of(key);
	EVP_MD_CTX		*ctx = kind == NULL ? NULL : EVP_MD_CTX_new();
	EVP_PKEY_CTX		*pctx = NULL;
	int			 ok;

	if (ctx == NULL)
		return NULL;
	ok = verify ? EVP_DigestVerifyInit(ctx, &pctx, kind->digest(), NULL, key) :
	    EVP_DigestSignInit(ctx, &pctx, kind->digest(), NULL, key);
	if (ok > 0 && (kind->prepare == NULL || kind->prepare(pctx) == 0))
		return ctx;
	EVP_MD_CTX_free(ctx);
	return NULL;
}

EVP_MD_CTX *
key_sign_ctx(EVP_PKEY *key)
{
	return key_ctx(key, false);
}

int
key_sign(EVP_PKEY *key, const void *p, size_t len, struct buf *sig, struct err *err)
{
	EVP_MD_CTX	*ctx = key_ctx(key, false);
	unsigned char	 out[KEY_SIG_MAX];
	size_t		 n = sizeof(out);
	int		 rc = -1;

	if (ctx == NULL || EVP_DigestSign(ctx, out, &n, p, len) <= 0)
		err_openssl(err, ERR_CRYPTO, "cannot sign with this key");
	else {
		buf_add(sig, out, n);
		rc = buf_check(sig, err);
	}
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
key_verify(EVP_PKEY *key, const void *p, size_t len, const void *sig, size_t sig_len,
    struct err *err)
{
	EVP_MD_CTX	*ctx;
	int		 rc = -1;

	if (key_sm2.is(key))	/* strict about the signature's DER too */
		return sm2_verify_message(key, p, len, sig, sig_len, err);
	if ((ctx = key_ctx(key, true)) == NULL)
		return err_openssl(err, ERR_CRYPTO, "the key is of no kind we use");
	if (EVP_DigestVerify(ctx, sig, sig_len, p, len) == 1)
		rc = 0;
	else
		err_openssl(err, ERR_CRYPTO, "the signature does not hold");
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
key_check_algorithm(const EVP_PKEY *key, const struct der_signed *s, struct err *err)
{
	const struct key_kind	*kind = key_kind_of(key);

	if (kind == NULL)
		return err_set(err, ERR_CRYPTO, "the key is of no kind we use");
	if (s->algorithm.len == 0 || ((s->algorithm.len != kind->algorithm_len ||
	    memcmp(s->algorithm.p, kind->algorithm, kind->algorithm_len) != 0) &&
	    (s->algorithm.len != kind->alias_len ||
	    memcmp(s->algorithm.p, kind->alias, kind->alias_len) != 0)))
		return err_set(err, ERR_CRYPTO, "not signed with %s", kind->title);
	return 0;
}

int
key_verify_signed(EVP_PKEY *key, const struct der_signed *s, struct err *err)
{
	if (key_check_algorithm(key, s, err) < 0)
		return -1;
	return key_verify(key, s->tbs.p, s->tbs.len, s->signature.p, s->signature.len, err);
}

#include "base/base.h"
#include "jose/jws.h"

#include "base/str.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#define JWS_RSA_MIN	2048
#define JWS_RSA_MAX	8192
#define JWS_COORDINATE	32		/* bytes of x, y, r, s on P-256 */

struct jws_alg {
	const char	*name, *kty;
};
static const struct jws_alg	 jws_algs[] = {{"ES256", "EC"}, {"RS256", "RSA"}};

/* The three parts of a token; p and len of each are base64url. */
struct jws_parts {
	const char	*p[3];
	size_t		 len[3];
};

static int
jws_split(const char *token, size_t len, struct jws_parts *parts)
{
	const char	*p = token, *end = token + len, *dot = NULL;

	for (size_t i = 0; i < 3; i++) {
		dot = memchr(p, '.', (size_t)(end - p));
		if ((dot == NULL) != (i == 2))
			return -1;
		parts->p[i] = p;
		parts->len[i] = (size_t)((dot == NULL ? end : dot) - p);
		if (parts->len[i] == 0)
			return -1;
		p = dot == NULL ? end : dot + 1;
	}
	return 0;
}

static int
jws_object(const struct jws_parts *parts, size_t i, json_t **out, struct err *err)
{
	struct buf	 text;
	int		 rc = -1;

	buf_init(&text, JWS_TOKEN);
	if (base64url_decode(parts->p[i], parts->len[i], &text) < 0)
		err_set(err, ERR_INPUT, "a part of the token is no base64url");
	else
		rc = json_parse(text.p, text.len, JWS_TOKEN, out, err);
	if (rc == 0 && !json_is_object(*out)) {
		json_decref(*out);
		*out = NULL;
		rc = err_set(err, ERR_INPUT, "a part of the token is no object");
	}
	buf_free(&text);
	return rc;
}

/* ---- keys ---- */

static EVP_PKEY *
jws_key_make(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY	*key = NULL;

	if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* OpenSSL refuses a point that is not on the curve. */
static EVP_PKEY *
jws_key_ec(const json_t *jwk)
{
	const char	*x = js_str(jwk, "x"), *y = js_str(jwk, "y");
	char		 group[] = "P-256";
	struct buf	 point;
	EVP_PKEY	*key = NULL;

	buf_init(&point, 256);
	buf_addch(&point, 4);			/* uncompressed */
	if (strcmp(js_str(jwk, "crv"), group) == 0 &&
	    base64url_decode(x, strlen(x), &point) == 0 && point.len == 1 + JWS_COORDINATE &&
	    base64url_decode(y, strlen(y), &point) == 0 && point.len == 1 + 2 * JWS_COORDINATE)
		key = jws_key_make("EC", (OSSL_PARAM[]){
		    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.p,
		    point.len), OSSL_PARAM_construct_end()});
	buf_free(&point);
	return key;
}

static BIGNUM *
jws_number(const json_t *jwk, const char *name)
{
	const char	*text = js_str(jwk, name);
	struct buf	 raw;
	BIGNUM		*n = NULL;

	buf_init(&raw, JWS_RSA_MAX / 8 + 8);
	if (base64url_decode(text, strlen(text), &raw) == 0 && raw.len > 0)
		n = BN_bin2bn((const unsigned char *)raw.p, (int)raw.len, NULL);
	buf_free(&raw);
	return n;
}

static EVP_PKEY *
jws_key_rsa(const json_t *jwk)
{
	OSSL_PARAM_BLD	*build = OSSL_PARAM_BLD_new();
	OSSL_PARAM	*params = NULL;
	BIGNUM		*n = jws_number(jwk, "n"), *e = jws_number(jwk, "e");
	EVP_PKEY	*key = NULL;

	if (build != NULL && n != NULL && e != NULL && BN_num_bits(n) >= JWS_RSA_MIN &&
	    BN_num_bits(n) <= JWS_RSA_MAX && BN_is_odd(n) && BN_is_odd(e) &&
	    BN_num_bits(e) >= 2 && BN_num_bits(e) <= 64 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
		params = OSSL_PARAM_BLD_to_param(build);
		key = jws_key_make("RSA", params);
	}
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return key;
}

/* Is this key for signatures of this algorithm, and the one that the header names? */
static bool
jws_key_fits(const json_t *jwk, const json_t *header, const struct jws_alg *alg)
{
	const char	*kid = js_str(header, "kid");

	return strcmp(js_str(jwk, "kty"), alg->kty) == 0 &&
	    strcmp(js_str_or(jwk, "alg", alg->name), alg->name) == 0 &&
	    strcmp(js_str_or(jwk, "use", "sig"), "sig") == 0 &&
	    (*kid == '\0' || strcmp(js_str(jwk, "kid"), kid) == 0);
}

/* The one key that fits: without a name in the header it must be the only one. */
static int
jws_find(const json_t *set, const json_t *header, const struct jws_alg *alg, EVP_PKEY **key,
    struct err *err)
{
	const json_t	*jwk = NULL, *found = NULL;
	size_t		 i = 0, n = 0;

	json_array_foreach(json_object_get(set, "keys"), i, jwk)
		if (i < JWS_KEYS && jws_key_fits(jwk, header, alg)) {
			found = jwk;
			n++;
		}
	if (n != 1)
		return err_set(err, ERR_NOT_FOUND, "%zu keys fit the token", n);
	*key = strcmp(alg->kty, "EC") == 0 ? jws_key_ec(found) : jws_key_rsa(found);
	return *key != NULL ? 0 : err_set(err, ERR_NOT_FOUND, "the key of the token is broken");
}

/* ---- signatures ---- */

/* r and s side by side (RFC 7518 3.4), as OpenSSL wants them. */
static unsigned char *
jws_der(const struct buf *raw, int *len)
{
	ECDSA_SIG	*sig = ECDSA_SIG_new();
	BIGNUM		*r = NULL, *s = NULL;
	unsigned char	*der = NULL;

	if (raw->len == 2 * JWS_COORDINATE) {
		r = BN_bin2bn((const unsigned char *)raw->p, JWS_COORDINATE, NULL);
		s = BN_bin2bn((const unsigned char *)raw->p + JWS_COORDINATE, JWS_COORDINATE, NULL);
	}
	if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = s = NULL;		/* transferred */
		*len = i2d_ECDSA_SIG(sig, &der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return der;
}

static bool
jws_verify(EVP_PKEY *key, const char *text, size_t len, const void *sig, size_t sig_len)
{
	EVP_MD_CTX	*md = EVP_MD_CTX_new();
	bool		 ok = md != NULL &&
			    EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
			    EVP_DigestVerify(md, sig, sig_len, (const unsigned char *)text,
			    len) == 1;

	EVP_MD_CTX_free(md);
	return ok;
}

static int
jws_check(const struct jws_parts *parts, const struct jws_alg *alg, EVP_PKEY *key,
    struct err *err)
{
	size_t		 signed_len = parts->len[0] + 1 + parts->len[1];
	unsigned char	*der = NULL;
	struct buf	 raw;
	int		 len = 0;
	bool		 ok = false;

	buf_init(&raw, JWS_TOKEN);
	if (base64url_decode(parts->p[2], parts->len[2], &raw) < 0)
		ok = false;
	else if (strcmp(alg->kty, "RSA") == 0)
		ok = jws_verify(key, parts->p[0], signed_len, raw.p, raw.len);
	else if ((der = jws_der(&raw, &len)) != NULL && len > 0)
		ok = jws_verify(key, parts->p[0], signed_len, der, (size_t)len);
	OPENSSL_free(der);
	buf_free(&raw);
	return ok ? 0 : err_set(err, ERR_CRYPTO, "the token's signature does not hold");
}

static const struct jws_alg *
jws_alg(const json_t *header)
{
	for (size_t i = 0; i < ARRAY_LEN(jws_algs); i++)
		if (strcmp(js_str(header, "alg"), jws_algs[i].name) == 0)
			return &jws_algs[i];
	return NULL;
}

int
jws_read(const char *token, size_t len, const json_t *set, json_t **claims, struct err *err)
{
	struct jws_parts	 parts;
	const struct jws_alg	*alg = NULL;
	json_t			*header = NULL;
	EVP_PKEY		*key = NULL;
	int			 rc = -1;

	*claims = NULL;
	if (len > JWS_TOKEN || jws_split(token, len, &parts) < 0)
		return err_set(err, ERR_INPUT, "no signed token in compact form");
	if (jws_object(&parts, 0, &header, err) < 0)
		return -1;
	alg = jws_alg(header);
	if (alg == NULL)
		err_set(err, ERR_INPUT, "algorithm of the token: ES256 or RS256");
	else if (json_object_get(header, "crit") != NULL)
		err_set(err, ERR_INPUT, "the token's header wants what is not known");
	else if (jws_find(set, header, alg, &key, err) == 0 &&
	    jws_check(&parts, alg, key, err) == 0)
		rc = jws_object(&parts, 1, claims, err);
	EVP_PKEY_free(key);
	json_decref(header);
	return rc;
}

void
jws_sha256(const char *text, bool half, struct buf *out)
{
	unsigned char	digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)text, strlen(text), digest);
	base64url_add(out, digest, half ? sizeof(digest) / 2 : sizeof(digest));
}

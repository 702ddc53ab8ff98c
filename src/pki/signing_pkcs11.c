#include "base/base.h"
#include "base/passphrase.h"
#include "pki/signing_key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <pthread.h>

/*
 * Keys in a PKCS#11 token, named by an RFC 7512 URI: module-path, token or serial, object or id,
 * and pin-source=file:PATH when the PIN is not the passphrase.  RSA and ECDSA; for SM2 the
 * standard has no mechanism (SDF is the interface of such devices).
 *
 * One session a key, its calls in turn.  A token that was taken away and came back is opened
 * again at the next signature.
 */
#define PKCS11_SLOTS	64
#define PKCS11_VALUE	2048		/* longest attribute: a modulus of 8192 bits and more */

struct pkcs11 {
	P11KitUri		*uri;
	CK_FUNCTION_LIST	*lib;
	CK_SESSION_HANDLE	 session;	/* 0: none */
	CK_OBJECT_HANDLE	 key;
	struct secret		 pin;
	pthread_mutex_t		 lock;
};

static int
pkcs11_err(struct err *err, CK_RV rv, const char *what)
{
	bool	 pin = rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED || rv == CKR_PIN_EXPIRED ||
	    rv == CKR_PIN_LEN_RANGE;

	return err_set(err, pin ? ERR_DENIED : ERR_GATEWAY, "%s: %s", what,
	    p11_kit_strerror(rv));
}

/* ---- finding token and key ---- */

static int
pkcs11_load(struct pkcs11 *d, const char *address, struct err *err)
{
	char	*text = xasprintf("pkcs11:%s", address);
	int	 rc = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, d->uri);

	free(text);
	if (rc != P11_KIT_URI_OK)
		return err_set(err, ERR_INPUT, "no PKCS#11 URI: %s", p11_kit_uri_message(rc));
	if (p11_kit_uri_get_module_path(d->uri) == NULL)
		return err_set(err, ERR_INPUT, "the URI names no module-path");
	d->lib = p11_kit_module_load(p11_kit_uri_get_module_path(d->uri), 0);
	if (d->lib == NULL)
		return err_set(err, ERR_NOT_FOUND, "the library does not load: %s",
		    p11_kit_message());
	if (p11_kit_module_initialize(d->lib) != CKR_OK) {
		p11_kit_module_release(d->lib);
		d->lib = NULL;
		return err_set(err, ERR_GATEWAY, "the library does not start: %s",
		    p11_kit_message());
	}
	return 0;
}

/* The one slot whose token the URI names. */
static int
pkcs11_slot(const struct pkcs11 *d, CK_SLOT_ID *slot, struct err *err)
{
	CK_SLOT_ID	 slots[PKCS11_SLOTS];
	CK_ULONG	 n = PKCS11_SLOTS, found = 0;
	CK_RV		 rv = d->lib->C_GetSlotList(CK_TRUE, slots, &n);

	if (rv != CKR_OK)
		return pkcs11_err(err, rv, "no list of tokens");
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO	 info;

		if (d->lib->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
		    p11_kit_uri_match_token_info(d->uri, &info) == 1) {
			*slot = slots[i];
			found++;
		}
	}
	return found == 1 ? 0 : err_set(err, ERR_NOT_FOUND, "%s token fits the URI",
	    found == 0 ? "no" : "more than one");
}

/* The one object of this class that the URI names. */
static int
pkcs11_find(const struct pkcs11 *d, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *out,
    struct err *err)
{
	CK_ATTRIBUTE	 want[3] = {{CKA_CLASS, &class, sizeof(class)}}, *a;
	CK_OBJECT_HANDLE found[2];
	CK_ULONG	 n = 0, k = 1;
	CK_RV		 rv;

	if ((a = p11_kit_uri_get_attribute(d->uri, CKA_LABEL)) != NULL)
		want[k++] = *a;
	if ((a = p11_kit_uri_get_attribute(d->uri, CKA_ID)) != NULL)
		want[k++] = *a;
	if (k == 1)
		return err_set(err, ERR_INPUT, "the URI names no key (object= or id=)");
	if ((rv = d->lib->C_FindObjectsInit(d->session, want, k)) != CKR_OK)
		return pkcs11_err(err, rv, "cannot look for the key");
	rv = d->lib->C_FindObjects(d->session, found, 2, &n);
	d->lib->C_FindObjectsFinal(d->session);
	if (rv != CKR_OK || n != 1)
		return err_set(err, ERR_NOT_FOUND, "%s %s key fits the URI",
		    n > 1 ? "more than one" : "no", class == CKO_PUBLIC_KEY ? "public" : "private");
	*out = found[0];
	return 0;
}

static int
pkcs11_login(struct pkcs11 *d, struct err *err)
{
	CK_SLOT_ID	 slot;
	CK_RV		 rv;

	if (pkcs11_slot(d, &slot, err) < 0)
		return -1;
	rv = d->lib->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &d->session);
	if (rv != CKR_OK)
		return pkcs11_err(err, rv, "the token opens no session");
	rv = d->lib->C_Login(d->session, CKU_USER, d->pin.p, d->pin.len);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return pkcs11_err(err, rv, "the token refuses the PIN");
	return pkcs11_find(d, CKO_PRIVATE_KEY, &d->key, err);
}

static void
pkcs11_logout(struct pkcs11 *d)
{
	if (d->session != 0)
		d->lib->C_CloseSession(d->session);
	d->session = 0;
}

/* ---- the public half ---- */

static int
pkcs11_value(const struct pkcs11 *d, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
    unsigned char value[PKCS11_VALUE], size_t *len, struct err *err)
{
	CK_ATTRIBUTE	 a = {type, value, PKCS11_VALUE};
	CK_RV		 rv = d->lib->C_GetAttributeValue(d->session, object, &a, 1);

	if (rv != CKR_OK || a.ulValueLen > PKCS11_VALUE)
		return pkcs11_err(err, rv == CKR_OK ? CKR_BUFFER_TOO_SMALL : rv,
		    "the token does not give the public key");
	*len = a.ulValueLen;
	return 0;
}

static EVP_PKEY *
pkcs11_key_from(const char *kind, OSSL_PARAM_BLD *b)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	OSSL_PARAM	*params = OSSL_PARAM_BLD_to_param(b);
	EVP_PKEY	*key = NULL;

	if (EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static int
pkcs11_rsa(const struct pkcs11 *d, CK_OBJECT_HANDLE object, EVP_PKEY **out, struct err *err)
{
	unsigned char	 n[PKCS11_VALUE], e[PKCS11_VALUE];
	size_t		 n_len, e_len;
	OSSL_PARAM_BLD	*b;
	BIGNUM		*bn_n, *bn_e;

	if (pkcs11_value(d, object, CKA_MODULUS, n, &n_len, err) < 0 ||
	    pkcs11_value(d, object, CKA_PUBLIC_EXPONENT, e, &e_len, err) < 0)
		return -1;
	b = OSSL_PARAM_BLD_new();
	bn_n = BN_bin2bn(n, (int)n_len, NULL);
	bn_e = BN_bin2bn(e, (int)e_len, NULL);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, bn_n);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, bn_e);
	*out = pkcs11_key_from("RSA", b);
	BN_free(bn_n);
	BN_free(bn_e);
	OSSL_PARAM_BLD_free(b);
	return 0;
}

/* CKA_EC_PARAMS is an OID, CKA_EC_POINT the point inside an OCTET STRING. */
static int
pkcs11_ec(const struct pkcs11 *d, CK_OBJECT_HANDLE object, EVP_PKEY **out, struct err *err)
{
	unsigned char		 params[PKCS11_VALUE], value[PKCS11_VALUE];
	const unsigned char	*at = params;
	struct der		 in = {value, 0}, point;
	size_t			 len;
	ASN1_OBJECT		*oid;
	OSSL_PARAM_BLD		*b;

	if (pkcs11_value(d, object, CKA_EC_PARAMS, params, &len, err) < 0 ||
	    pkcs11_value(d, object, CKA_EC_POINT, value, &in.len, err) < 0)
		return -1;
	oid = d2i_ASN1_OBJECT(NULL, &at, (long)len);
	if (oid == NULL || der_get(&in, 0x04, &point) < 0) {
		ASN1_OBJECT_free(oid);
		return err_set(err, ERR_CRYPTO, "the token's public key is unreadable");
	}
	b = OSSL_PARAM_BLD_new();
	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME,
	    OBJ_nid2sn(OBJ_obj2nid(oid)), 0);
	OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point.p, point.len);
	*out = pkcs11_key_from("EC", b);
	OSSL_PARAM_BLD_free(b);
	ASN1_OBJECT_free(oid);
	return 0;
}

static int
pkcs11_public(const struct pkcs11 *d, EVP_PKEY **out, struct err *err)
{
	CK_OBJECT_HANDLE object;
	CK_KEY_TYPE	 type = 0;
	CK_ATTRIBUTE	 a = {CKA_KEY_TYPE, &type, sizeof(type)};
	int		 rc = -1;

	if (pkcs11_find(d, CKO_PUBLIC_KEY, &object, err) < 0)
		return -1;
	if (d->lib->C_GetAttributeValue(d->session, object, &a, 1) != CKR_OK)
		return err_set(err, ERR_GATEWAY, "the token does not name the kind of the key");
	if (type == CKK_RSA)
		rc = pkcs11_rsa(d, object, out, err);
	else if (type == CKK_EC)
		rc = pkcs11_ec(d, object, out, err);
	else
		return err_set(err, ERR_CRYPTO, "the key is neither RSA nor EC");
	return rc < 0 || *out != NULL ? rc :
	    err_openssl(err, ERR_CRYPTO, "the token's public key is none");
}

/* ---- signing ---- */

/* r||s of any even length to DER ECDSA-Sig-Value. */
static int
pkcs11_ecdsa_der(const unsigned char *rs, size_t len, struct buf *sig, struct err *err)
{
	ECDSA_SIG	*s = ECDSA_SIG_new();
	unsigned char	*der = NULL;
	int		 n;

	ECDSA_SIG_set0(s, BN_bin2bn(rs, (int)(len / 2), NULL),
	    BN_bin2bn(rs + len / 2, (int)(len / 2), NULL));
	n = i2d_ECDSA_SIG(s, &der);
	if (n > 0)
		buf_add(sig, der, (size_t)n);
	OPENSSL_free(der);
	ECDSA_SIG_free(s);
	return n > 0 ? buf_check(sig, err) : err_openssl(err, ERR_CRYPTO, "the signature is none");
}

static CK_RV
pkcs11_sign_raw(struct pkcs11 *d, bool rsa, const void *p, size_t len,
    unsigned char out[KEY_SIG_MAX], CK_ULONG *out_len)
{
	CK_MECHANISM	 m = {rsa ? CKM_SHA256_RSA_PKCS : CKM_ECDSA, NULL, 0};
	unsigned char	 digest[SHA256_DIGEST_LENGTH];
	CK_RV		 rv = CKR_SESSION_HANDLE_INVALID;

	if (!rsa) {		/* tokens that digest by themselves are rare for EC */
		SHA256(p, len, digest);
		p = digest;
		len = sizeof(digest);
	}
	*out_len = KEY_SIG_MAX;
	if (d->session != 0 && (rv = d->lib->C_SignInit(d->session, &m, d->key)) == CKR_OK)
		rv = d->lib->C_Sign(d->session, (unsigned char *)(uintptr_t)p, len, out, out_len);
	return rv;
}

static int
signing_pkcs11_sign(const struct signing_key *k, const void *p, size_t len, struct buf *sig,
    struct err *err)
{
	struct pkcs11	*d = k->device;
	bool		 rsa = EVP_PKEY_is_a(k->key, "RSA");
	unsigned char	 out[KEY_SIG_MAX];
	CK_ULONG	 n;
	CK_RV		 rv;
	int		 rc = -1;

	pthread_mutex_lock(&d->lock);
	rv = pkcs11_sign_raw(d, rsa, p, len, out, &n);
	if (rv != CKR_OK) {		/* taken away? */
		pkcs11_logout(d);
		if (pkcs11_login(d, err) < 0)
			goto out;
		rv = pkcs11_sign_raw(d, rsa, p, len, out, &n);
	}
	if (rv != CKR_OK)
		pkcs11_err(err, rv, "the token does not sign");
	else if (rsa) {
		buf_add(sig, out, n);
		rc = buf_check(sig, err);
	} else
		rc = pkcs11_ecdsa_der(out, n, sig, err);
 out:
	pthread_mutex_unlock(&d->lock);
	return rc;
}

/* ---- opening and closing ---- */

static void
pkcs11_free(struct pkcs11 *d)
{
	if (d->lib != NULL) {
		pkcs11_logout(d);
		p11_kit_module_finalize(d->lib);
		p11_kit_module_release(d->lib);
	}
	p11_kit_uri_free(d->uri);
	secret_free(&d->pin);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

/* The PIN: from pin-source=file:PATH, otherwise the passphrase. */
static int
pkcs11_pin(struct pkcs11 *d, const struct secret *pass, struct err *err)
{
	const char	*from = p11_kit_uri_get_pin_source(d->uri);

	if (from == NULL) {
		if (pass == NULL)
			return err_set(err, ERR_INPUT, "the token needs a PIN");
		secret_set(&d->pin, pass->p, pass->len);
		return 0;
	}
	if (strncmp(from, "file:", 5) != 0)
		return err_set(err, ERR_INPUT, "pin-source must be file:PATH");
	return passphrase_read(from + 5, "the PIN of the token", &d->pin, err);
}

static int
signing_pkcs11_open(const char *address, const struct secret *pass, struct signing_key *out,
    struct err *err)
{
	struct pkcs11	*d = xcalloc(1, sizeof(*d));

	pthread_mutex_init(&d->lock, NULL);
	d->uri = p11_kit_uri_new();
	if (pkcs11_load(d, address, err) < 0 || pkcs11_pin(d, pass, err) < 0 ||
	    pkcs11_login(d, err) < 0 || pkcs11_public(d, &out->key, err) < 0) {
		pkcs11_free(d);
		return -1;
	}
	out->device = d;
	return 0;
}

static void
signing_pkcs11_close(struct signing_key *k)
{
	if (k->device != NULL)
		pkcs11_free(k->device);
}

const struct signing_provider	signing_pkcs11 = {
	.scheme = "pkcs11", .open = signing_pkcs11_open, .sign = signing_pkcs11_sign,
	.close = signing_pkcs11_close,
};

#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "pki/cert_parts.h"
#include "pki/plain_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

int
cert_time(const ASN1_TIME *t, int64_t *ms)
{
	struct tm	 tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return -1;
	*ms = (int64_t)timegm(&tm) * CLOCK_SECOND;
	return 0;
}

ASN1_TIME *
cert_time_new(int64_t ms)
{
	return ASN1_TIME_set(NULL, (time_t)(ms / CLOCK_SECOND));
}

int
cert_serial_from_asn1(const ASN1_INTEGER *n, char text[CERT_SERIAL_TEXT])
{
	const unsigned char	*p = ASN1_STRING_get0_data(n);
	int			 len = ASN1_STRING_length(n);

	if (ASN1_STRING_type(n) != V_ASN1_INTEGER)
		return -1;
	while (len > 0 && *p == 0) {
		p++;
		len--;
	}
	if (len == 0 || len > 20)
		return -1;
	for (int i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02X", p[i]);
	return 0;
}

ASN1_INTEGER *
cert_serial_to_asn1(const char *text)
{
	unsigned char	 raw[20];
	size_t		 len = strlen(text) / 2;
	BIGNUM		*bn = NULL;
	ASN1_INTEGER	*n = NULL;

	if (len == 0 || len > sizeof(raw) || strlen(text) % 2 != 0 ||
	    hex_decode(text, raw, len) < 0)
		return NULL;
	if ((bn = BN_bin2bn(raw, (int)len, NULL)) != NULL)
		n = BN_to_ASN1_INTEGER(bn, NULL);
	BN_free(bn);
	return n;
}

/* The DER inside one PEM block named CERTIFICATE; the caller frees *der. */
static int
cert_from_pem(const void *p, size_t len, unsigned char **der, size_t *der_len)
{
	BIO		*bio = BIO_new_mem_buf(p, (int)len);
	char		*kind = NULL, *header = NULL;
	unsigned char	*data = NULL;
	long		 n = 0;
	int		 rc = -1;

	if (bio != NULL && PEM_read_bio(bio, &kind, &header, &data, &n) == 1 &&
	    strcmp(kind, PEM_STRING_X509) == 0 && n > 0) {
		*der = xmalloc((size_t)n);
		memcpy(*der, data, (size_t)n);
		*der_len = (size_t)n;
		rc = 0;
	}
	OPENSSL_free(data);
	OPENSSL_free(header);
	OPENSSL_free(kind);
	BIO_free(bio);
	return rc;
}

static int
cert_take_name(const X509_NAME *x, struct name *keep, char **line, struct err *err)
{
	struct name	 n = {0};
	char		 text[NAME_TEXT];
	int		 rc = name_from_x509(&n, x, err);

	if (rc == 0)
		*line = xstrdup(name_text(&n, text));
	if (rc == 0 && keep != NULL)
		*keep = n;
	else
		name_free(&n);
	return rc;
}

/* One that is unreadable is NULL: a certificate may have a key of a kind nobody here knows. */
static void
cert_take_key(struct cert *c)
{
	unsigned char	*der = NULL;
	int		 len;

	ERR_set_mark();
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(c->x), &der);
	if (len > 0)
		c->key = key_spki_read(der, (size_t)len);
	ERR_pop_to_mark();
	OPENSSL_free(der);
}

static void
cert_take_print(struct cert *c)
{
	unsigned char	 digest[SM2_DIGEST_LEN];

	sm3(c->der, c->der_len, digest);
	hex_encode(digest, sizeof(digest), c->print);
}

void
cert_take_signature(struct cert *c, const struct buf *der)
{
	free(c->der);
	c->der = xmalloc(der->len);
	c->der_len = der->len;
	memcpy(c->der, der->p, der->len);
	cert_take_print(c);
}

/* What no certificate of ours, and none that we rely on, may lack. */
static int
cert_take_needed(struct cert *c, struct err *err)
{
	if (cert_take_name(X509_get_subject_name(c->x), &c->name, &c->subject, err) < 0 ||
	    cert_take_name(X509_get_issuer_name(c->x), NULL, &c->issuer, err) < 0)
		return -1;
	if (cert_serial_from_asn1(X509_get0_serialNumber(c->x), c->serial) < 0)
		return err_set(err, ERR_INPUT, "the certificate's serial number is not a "
		    "positive number of at most 20 bytes (RFC 5280 4.1.2.2)");
	if (cert_time(X509_get0_notBefore(c->x), &c->not_before) < 0 ||
	    cert_time(X509_get0_notAfter(c->x), &c->not_after) < 0)
		return err_set(err, ERR_INPUT, "the certificate's validity is unreadable");
	return 0;
}

/* The same for the lint, which says itself what is wrong. */
static void
cert_take_any(struct cert *c)
{
	struct err	 why = {0};

	if (cert_take_name(X509_get_subject_name(c->x), &c->name, &c->subject, &why) < 0)
		c->subject = xstrdup("");
	if (cert_take_name(X509_get_issuer_name(c->x), NULL, &c->issuer, &why) < 0)
		c->issuer = xstrdup("");
	if (cert_serial_from_asn1(X509_get0_serialNumber(c->x), c->serial) < 0)
		c->serial[0] = '\0';
	if (cert_time(X509_get0_notBefore(c->x), &c->not_before) < 0)
		c->not_before = 0;
	if (cert_time(X509_get0_notAfter(c->x), &c->not_after) < 0)
		c->not_after = 0;
}

/* Read once what the accessors give. */
static int
cert_take_facts(struct cert *c, bool any, struct err *err)
{
	uint32_t	 usage;

	cert_take_print(c);
	if (any)
		cert_take_any(c);
	else if (cert_take_needed(c, err) < 0)
		return -1;
	c->flags = X509_get_extension_flags(c->x);
	usage = X509_get_key_usage(c->x);
	c->usage = usage == UINT32_MAX ? 0 : usage;
	cert_take_key(c);
	return 0;
}

static int
cert_parse_as(const void *p, size_t len, bool any, struct cert **out, struct err *err)
{
	struct cert		*c = xcalloc(1, sizeof(*c));
	const unsigned char	*at;
	int			 rc = -1;

	if (len == 0 || len > LIMIT_CERT) {
		err_set(err, ERR_INPUT, "a certificate has 1 to %d bytes", LIMIT_CERT);
		goto out;
	}
	if (((const unsigned char *)p)[0] == 0x30) {
		c->der = xmalloc(len);
		c->der_len = len;
		memcpy(c->der, p, len);
	} else if (cert_from_pem(p, len, &c->der, &c->der_len) < 0) {
		err_openssl(err, ERR_INPUT, "neither DER nor PEM of a certificate");
		goto out;
	}
	at = c->der;
	c->x = X509_new_ex(plain_context(), NULL);
	if (c->x == NULL || d2i_X509(&c->x, &at, (long)c->der_len) == NULL || at != c->der + c->der_len) {
		err_openssl(err, ERR_INPUT, "not a certificate");
		goto out;
	}
	if ((rc = cert_take_facts(c, any, err)) == 0) {
		*out = c;
		c = NULL; /* transferred */
	}
 out:
	cert_free(c);
	return rc;
}

int
cert_parse(const void *p, size_t len, struct cert **out, struct err *err)
{
	return cert_parse_as(p, len, false, out, err);
}

int
cert_parse_any(const void *p, size_t len, struct cert **out, struct err *err)
{
	return cert_parse_as(p, len, true, out, err);
}

int
cert_read(const char *path, struct cert **out, struct err *err)
{
	struct buf	 b;
	int		 rc;

	buf_init(&b, LIMIT_CERT);
	if ((rc = file_read(path, &b, err)) == 0 && (rc = cert_parse(b.p, b.len, out, err)) < 0)
		err_add(err, "%s", path);
	buf_free(&b);
	return rc;
}

struct cert *
cert_hold(struct cert *c)
{
	atomic_fetch_add(&c->more, 1);
	return c;
}

void
cert_free(struct cert *c)
{
	if (c == NULL || atomic_fetch_sub(&c->more, 1) > 0)
		return;
	X509_free(c->x);
	X509_free(c->whole);
	EVP_PKEY_free(c->key);
	sm2_verifier_free(c->verifier);
	name_free(&c->name);
	free(c->der);
	free(c->subject);
	free(c->issuer);
	free(c);
}

const unsigned char *
cert_der(const struct cert *c, size_t *len)
{
	*len = c->der_len;
	return c->der;
}

static X509 *
cert_read_whole(const struct cert *c)
{
	const unsigned char	*at = c->der;
	X509			*x = d2i_X509(NULL, &at, (long)c->der_len);
	ASN1_OCTET_STRING	*id = ASN1_OCTET_STRING_new();

	if (x == NULL || id == NULL || !ASN1_OCTET_STRING_set(id,
	    (const unsigned char *)SM2_DEFAULT_ID, SM2_DEFAULT_ID_LEN))
		BUG("out of memory");
	X509_set0_distinguishing_id(x, id);
	return x;
}

/* Whoever was second throws its own away. */
X509 *
cert_x509(const struct cert *c)
{
	struct cert	*keep = (struct cert *)(uintptr_t)c;
	X509		*x = atomic_load(&keep->whole), *none = NULL;

	if (x != NULL)
		return x;
	x = cert_read_whole(c);
	if (atomic_compare_exchange_strong(&keep->whole, &none, x))
		return x;
	X509_free(x);
	return none;
}

const char *
cert_subject(const struct cert *c)
{
	return c->subject;
}

const char *
cert_issuer(const struct cert *c)
{
	return c->issuer;
}

const char *
cert_cn(const struct cert *c)
{
	return name_get(&c->name, "CN");
}

const char *
cert_serial(const struct cert *c)
{
	return c->serial;
}

const char *
cert_fingerprint(const struct cert *c)
{
	return c->print;
}

const struct name *
cert_name(const struct cert *c)
{
	return &c->name;
}

int64_t
cert_not_before(const struct cert *c)
{
	return c->not_before;
}

int64_t
cert_not_after(const struct cert *c)
{
	return c->not_after;
}

unsigned
cert_usage(const struct cert *c)
{
	return c->usage;
}

bool
cert_is_ca(const struct cert *c)
{
	return (c->flags & EXFLAG_CA) != 0;
}

long
cert_path_len(const struct cert *c)
{
	return X509_get_pathlen(c->x);
}

bool
cert_is_sign(const struct cert *c)
{
	return (c->usage & PROFILE_SIGN_USAGE) != 0 && (c->usage & PROFILE_ENC_USAGE) == 0;
}

bool
cert_is_enc(const struct cert *c)
{
	return (c->usage & PROFILE_ENC_USAGE) != 0 && (c->usage & PROFILE_SIGN_USAGE) == 0;
}

bool
cert_has_eku(const struct cert *c, const char *oid)
{
	EXTENDED_KEY_USAGE	*eku = X509_get_ext_d2i(c->x, NID_ext_key_usage, NULL, NULL);
	bool			 found = false;
	char			 text[80];

	for (int i = 0; eku != NULL && i < sk_ASN1_OBJECT_num(eku); i++) {
		OBJ_obj2txt(text, sizeof(text), sk_ASN1_OBJECT_value(eku, i), 1);
		found = found || strcmp(text, oid) == 0;
	}
	EXTENDED_KEY_USAGE_free(eku);
	return found;
}

bool
cert_is_same(const struct cert *a, const struct cert *b)
{
	return a->der_len == b->der_len && memcmp(a->der, b->der, a->der_len) == 0;
}

EVP_PKEY *
cert_key(const struct cert *c)
{
	return key_kind_of(c->key) == NULL ? NULL : c->key;
}

void
cert_expect_signatures(struct cert *c)
{
	unsigned char	 point[SM2_POINT_LEN];
	struct err	 other = {0};

	if (c->verifier == NULL && c->key != NULL && sm2_point(c->key, point, &other) == 0)
		c->verifier = sm2_verifier_new(point);
}

int
cert_point(const struct cert *c, unsigned char point[SM2_POINT_LEN], struct err *err)
{
	if (c->key == NULL)
		return err_set(err, ERR_CRYPTO, "the certificate's key is unreadable");
	return sm2_point(c->key, point, err);
}

void
cert_pem_add(const struct cert *c, struct buf *pem)
{
	BIO	*bio = BIO_new(BIO_s_mem());
	char	*p;
	long	 n;

	if (bio == NULL || PEM_write_bio(bio, PEM_STRING_X509, "", c->der, (long)c->der_len) <= 0)
		BUG("out of memory");
	n = BIO_get_mem_data(bio, &p);
	buf_add(pem, p, (size_t)n);
	BIO_free(bio);
}

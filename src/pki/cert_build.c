#include "base/base.h"
#include "base/clock.h"
#include "base/rand.h"
#include "pki/cert_parts.h"
#include "pki/der.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#define CERT_EXTENSION_MAX	2048
#define CERT_KEY_ID_LEN		20

void
cert_new_serial(unsigned char serial[CERT_SERIAL_LEN])
{
	rand_bytes(serial, CERT_SERIAL_LEN);
	serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40);
}

void
cert_serial_text(const unsigned char serial[CERT_SERIAL_LEN], char text[CERT_SERIAL_TEXT])
{
	for (size_t i = 0; i < CERT_SERIAL_LEN; i++)
		snprintf(text + 2 * i, 3, "%02X", serial[i]);
}

EVP_MD_CTX *
cert_sign_ctx(EVP_PKEY *key)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX	*pctx = NULL;

	if (ctx != NULL && EVP_PKEY_is_a(key, "SM2") &&
	    EVP_DigestSignInit(ctx, &pctx, EVP_sm3(), NULL, key) > 0 &&
	    EVP_PKEY_CTX_set1_id(pctx, SM2_DEFAULT_ID, SM2_DEFAULT_ID_LEN) > 0)
		return ctx;
	EVP_MD_CTX_free(ctx);
	return NULL;
}

/* Extensions ---------------------------------------------------------------------------- */

/* Replace the content of b by tag, length and the old content. */
static void
cert_wrap(struct buf *b, unsigned tag)
{
	struct buf	 inner = *b;

	buf_init(b, CERT_EXTENSION_MAX);
	der_add(b, tag, inner.p, inner.len);
	b->over = b->over || inner.over;
	buf_free(&inner);
}

/* The DER of a dotted OID. */
static int
cert_add_oid(struct buf *b, const char *oid, struct err *err)
{
	ASN1_OBJECT	*o = OBJ_txt2obj(oid, 1);

	if (o == NULL)
		return err_openssl(err, ERR_INPUT, "%.64s is not an object identifier", oid);
	der_add(b, 0x06, OBJ_get0_data(o), OBJ_length(o));
	ASN1_OBJECT_free(o);
	return 0;
}

/* Attach the value in b, which becomes empty. */
static int
cert_attach(X509 *x, const char *oid, bool critical, struct buf *b, struct err *err)
{
	ASN1_OBJECT		*o = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING	*value = ASN1_OCTET_STRING_new();
	X509_EXTENSION		*e = NULL;
	int			 rc = -1;

	if (buf_check(b, err) < 0)
		goto out;
	if (o == NULL || value == NULL ||
	    !ASN1_OCTET_STRING_set(value, (unsigned char *)b->p, (int)b->len) ||
	    (e = X509_EXTENSION_create_by_OBJ(NULL, o, critical, value)) == NULL ||
	    !X509_add_ext(x, e, -1))
		err_openssl(err, ERR_BUG, "cannot add extension %s", oid);
	else
		rc = 0;
 out:
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(o);
	buf_clear(b);
	return rc;
}

static int
cert_add_constraints(X509 *x, const struct profile *p, struct buf *b, struct err *err)
{
	unsigned char	 path = (unsigned char)p->path_len;

	if (p->kind != PROFILE_CA)
		return 0;
	der_add(b, 0x01, "\xff", 1);
	if (p->path_len >= 0)
		der_add_uint(b, &path, 1);
	cert_wrap(b, 0x30);
	return cert_attach(x, "2.5.29.19", true, b, err);
}

static int
cert_add_usage(X509 *x, const struct profile *p, struct buf *b, struct err *err)
{
	unsigned char	 bits[2] = {0, (unsigned char)p->usage};

	while (bits[0] < 7 && (p->usage >> bits[0] & 1) == 0)
		bits[0]++;
	der_add(b, 0x03, bits, 2);
	if (cert_attach(x, "2.5.29.15", true, b, err) < 0)
		return -1;
	if (p->eku == NULL)
		return 0;
	for (const char *at = p->eku; *at != '\0';) {
		size_t	 n = strcspn(at, ",");
		char	 oid[64];

		snprintf(oid, sizeof(oid), "%.*s", (int)n, at);
		if (cert_add_oid(b, oid, err) < 0)
			return -1;
		at += n + (at[n] == ',');
	}
	cert_wrap(b, 0x30);
	return cert_attach(x, "2.5.29.37", false, b, err);
}

/* Key identifier: the first 160 bits of SM3 over the point (RFC 7093 2 (1) with SM3). */
static int
cert_add_key_ids(X509 *x, const struct cert_plan *plan, struct buf *b, struct err *err)
{
	const ASN1_OCTET_STRING	*id;
	unsigned char		 digest[SM2_DIGEST_LEN];

	sm3(plan->point, sizeof(plan->point), digest);
	der_add(b, 0x04, digest, CERT_KEY_ID_LEN);
	if (cert_attach(x, "2.5.29.14", false, b, err) < 0)
		return -1;
	if (plan->issuer == NULL)
		return 0;
	if ((id = X509_get0_subject_key_id(plan->issuer->x)) == NULL)
		return err_set(err, ERR_INPUT, "the issuer has no subject key identifier");
	der_add(b, 0x80, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
	cert_wrap(b, 0x30);
	return cert_attach(x, "2.5.29.35", false, b, err);
}

/* One AccessDescription: method and URL. */
static int
cert_add_access(struct buf *out, const char *method, const char *url, struct err *err)
{
	struct buf	 b;
	int		 rc;

	if (url == NULL)
		return 0;
	buf_init(&b, CERT_EXTENSION_MAX);
	if ((rc = cert_add_oid(&b, method, err)) == 0) {
		der_add(&b, 0x86, url, strlen(url));
		der_add(out, 0x30, b.p, b.len);
	}
	buf_free(&b);
	return rc;
}

static int
cert_add_policy(X509 *x, const struct cert_pointers *at, struct buf *b, struct err *err)
{
	struct buf	 cps;
	int		 rc = -1;

	if (at->policy == NULL)
		return 0;
	buf_init(&cps, CERT_EXTENSION_MAX);
	if (at->cps != NULL) {
		if (cert_add_oid(&cps, "1.3.6.1.5.5.7.2.1", err) < 0)
			goto out;
		der_add(&cps, 0x16, at->cps, strlen(at->cps));
		cert_wrap(&cps, 0x30);
		cert_wrap(&cps, 0x30);
	}
	if (cert_add_oid(b, at->policy, err) < 0)
		goto out;
	buf_add(b, cps.p, cps.len);
	cert_wrap(b, 0x30);
	cert_wrap(b, 0x30);
	rc = cert_attach(x, "2.5.29.32", false, b, err);
 out:
	buf_free(&cps);
	return rc;
}

static int
cert_add_pointers(X509 *x, const struct cert_pointers *at, struct buf *b, struct err *err)
{
	if (at->crl != NULL) {
		der_add(b, 0x86, at->crl, strlen(at->crl));
		cert_wrap(b, 0xa0);		/* fullName */
		cert_wrap(b, 0xa0);		/* distributionPoint */
		cert_wrap(b, 0x30);
		cert_wrap(b, 0x30);
		if (cert_attach(x, "2.5.29.31", false, b, err) < 0)
			return -1;
	}
	if (cert_add_access(b, "1.3.6.1.5.5.7.48.1", at->ocsp, err) < 0 ||
	    cert_add_access(b, "1.3.6.1.5.5.7.48.2", at->ca_issuers, err) < 0)
		return -1;
	if (b->len > 0) {
		cert_wrap(b, 0x30);
		if (cert_attach(x, "1.3.6.1.5.5.7.1.1", false, b, err) < 0)
			return -1;
	}
	return cert_add_policy(x, at, b, err);
}

/* GM/T 0015-2012: organizationCode (also carries the USCC) or identifyCode. */
static int
cert_add_identity(X509 *x, const struct cert_plan *plan, struct buf *b, struct err *err)
{
	bool		 person;
	unsigned	 tag = 0x0c;

	if (plan->profile->identity == NULL || plan->id_no == NULL)
		return 0;
	person = strcmp(plan->profile->identity, "resident-id") == 0;
	if (plan->id_form == IDENTITY_PRINTABLE || (plan->id_form != IDENTITY_UTF8 && !person) ||
	    plan->id_form == IDENTITY_EXPLICIT)
		tag = 0x13;
	else if (plan->id_form == IDENTITY_IMPLICIT)
		tag = 0x80;
	der_add(b, tag, plan->id_no, strlen(plan->id_no));
	if (plan->id_form == IDENTITY_EXPLICIT && person)
		cert_wrap(b, 0xa0);
	return cert_attach(x, person ? "1.2.156.10260.4.1.1" : "1.2.156.10260.4.1.4", false, b,
	    err);
}

static int
cert_add_extensions(X509 *x, const struct cert_plan *plan, struct err *err)
{
	struct buf	 b;
	int		 rc = -1;

	buf_init(&b, CERT_EXTENSION_MAX);
	if (cert_add_constraints(x, plan->profile, &b, err) < 0 ||
	    cert_add_usage(x, plan->profile, &b, err) < 0 ||
	    cert_add_key_ids(x, plan, &b, err) < 0)
		goto out;
	if (plan->profile->pointers && cert_add_pointers(x, &plan->pointers, &b, err) < 0)
		goto out;
	if (plan->profile->no_check) {
		buf_add(&b, "\x05\x00", 2);
		if (cert_attach(x, "1.3.6.1.5.5.7.48.1.5", false, &b, err) < 0)
			goto out;
	}
	rc = cert_add_identity(x, plan, &b, err);
 out:
	buf_free(&b);
	return rc;
}

/* The body ------------------------------------------------------------------------------ */

static bool
cert_is_url(const char *s)
{
	if (s == NULL)
		return true;
	for (const char *p = s; *p != '\0'; p++)
		if (*p <= 0x20 || *p >= 0x7f)
			return false;
	return strlen(s) <= 200;
}

static int
cert_check_plan(const struct cert_plan *plan, struct err *err)
{
	const struct cert_pointers	*at = &plan->pointers;
	int64_t				 last;

	if (profile_check(plan->profile, plan->subject, 1, err) < 0)
		return -1;
	last = clock_add_years(plan->not_before, plan->profile->max_years) + CLOCK_DAY +
	    MIN(plan->carried, 366 * CLOCK_DAY);
	if (plan->not_after <= plan->not_before || plan->not_after > last)
		return err_set(err, ERR_INPUT, "%s的有效期须在 1 至 %d 年之间。",
		    plan->profile->title, plan->profile->max_years);
	if (plan->issuer != NULL && (plan->not_before < plan->issuer->not_before ||
	    plan->not_after > plan->issuer->not_after))
		return err_set(err, ERR_INPUT, "%s的有效期超出了签发机构证书的有效期。",
		    plan->profile->title);
	if (plan->issuer != NULL && (!cert_is_ca(plan->issuer) ||
	    (plan->issuer->usage & KU_KEY_CERT_SIGN) == 0))
		return err_set(err, ERR_INPUT, "%s is not a CA certificate", plan->issuer->subject);
	if (!cert_is_url(at->ocsp) || !cert_is_url(at->ca_issuers) || !cert_is_url(at->crl) ||
	    !cert_is_url(at->cps))
		return err_set(err, ERR_INPUT, "a URL for the certificate is not plain ASCII");
	if (plan->id_no != NULL && (strlen(plan->id_no) >= CERT_IDENTITY_TEXT ||
	    !cert_is_url(plan->id_no)))
		return err_set(err, ERR_INPUT, "证件号码含有不能写入证书的字符。");
	return 0;
}

/* The issuer's key must be the one its certificate names. */
static int
cert_check_key(const struct cert_plan *plan, EVP_PKEY *key, struct err *err)
{
	unsigned char	 want[SM2_POINT_LEN], have[SM2_POINT_LEN];

	memcpy(want, plan->point, sizeof(want));
	if (plan->issuer != NULL && cert_point(plan->issuer, want, err) < 0)
		return -1;
	if (sm2_point(key, have, err) < 0)
		return -1;
	if (memcmp(want, have, sizeof(want)) != 0)
		return err_set(err, ERR_CRYPTO, "the signing key is not the issuer's");
	return 0;
}

static int
cert_fill(X509 *x, const struct cert_plan *plan, struct err *err)
{
	char		 text[CERT_SERIAL_TEXT];
	ASN1_INTEGER	*serial = NULL;
	ASN1_TIME	*from = cert_time_new(plan->not_before);
	ASN1_TIME	*to = cert_time_new(plan->not_after);
	X509_NAME	*subject = NULL;
	EVP_PKEY	*key = NULL;
	int		 rc = -1;

	cert_serial_text(plan->serial, text);
	if (name_to_x509(plan->subject, &subject, err) < 0 ||
	    sm2_from_point(plan->point, &key, err) < 0)
		goto out;
	if ((plan->serial[0] & 0x80) != 0 || plan->serial[0] == 0 ||
	    (serial = cert_serial_to_asn1(text)) == NULL)
		err_set(err, ERR_BUG, "the serial number is not from cert_new_serial");
	else if (from == NULL || to == NULL || !X509_set_version(x, X509_VERSION_3) ||
	    !X509_set_serialNumber(x, serial) || !X509_set_subject_name(x, subject) ||
	    !X509_set_issuer_name(x, plan->issuer == NULL ? subject :
	    X509_get_subject_name(plan->issuer->x)) || !X509_set1_notBefore(x, from) ||
	    !X509_set1_notAfter(x, to) || !X509_set_pubkey(x, key))
		err_openssl(err, ERR_BUG, "cannot fill the certificate");
	else
		rc = cert_add_extensions(x, plan, err);
 out:
	EVP_PKEY_free(key);
	X509_NAME_free(subject);
	ASN1_TIME_free(to);
	ASN1_TIME_free(from);
	ASN1_INTEGER_free(serial);
	return rc;
}

/* X509_sign_ctx, never X509_sign: the latter would use an empty ID. */
static int
cert_sign(X509 *x, EVP_PKEY *key, struct cert **out, struct err *err)
{
	EVP_MD_CTX	*ctx = cert_sign_ctx(key);
	unsigned char	*der = NULL;
	int		 len, rc = -1;

	if (ctx == NULL || X509_sign_ctx(x, ctx) <= 0 || (len = i2d_X509(x, &der)) <= 0)
		err_openssl(err, ERR_CRYPTO, "cannot sign the certificate");
	else
		rc = cert_parse(der, (size_t)len, out, err);
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
cert_build(const struct cert_plan *plan, EVP_PKEY *issuer_key, struct cert **out,
    struct err *err)
{
	struct cert	*c = NULL;
	X509		*x = NULL;
	int		 rc = -1;

	if (cert_check_plan(plan, err) < 0 || cert_check_key(plan, issuer_key, err) < 0)
		return -1;
	if ((x = X509_new()) == NULL)
		BUG("out of memory");
	if (cert_fill(x, plan, err) < 0 || cert_sign(x, issuer_key, &c, err) < 0)
		goto out;
	if (cert_verify_signature(c, plan->issuer == NULL ? c : plan->issuer, err) < 0)
		goto out;
	*out = c;
	c = NULL; /* transferred */
	rc = 0;
 out:
	cert_free(c);
	X509_free(x);
	return rc;
}

#include "base/base.h"
#include "base/clock.h"
#include "base/rand.h"
#include "pki/cert_parts.h"
#include "pki/der.h"
#include "pki/lint.h"

#include <openssl/x509v3.h>

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

	if (plan->key == NULL || key_kind_of(plan->key) == NULL)
		return err_set(err, ERR_INPUT, "the subject's key is of no kind we use");
	if (!profile_allows_key(plan->profile, key_kind_of(plan->key)->name))
		return err_set(err, ERR_INPUT, "%s不能使用 %s 密钥。", plan->profile->title,
		    key_kind_of(plan->key)->title);
	if ((plan->serial[0] & 0x80) != 0 || plan->serial[0] == 0)
		return err_set(err, ERR_BUG, "the serial number is not from cert_new_serial");
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
cert_check_key(const struct cert_plan *plan, const struct signing_key *key, struct err *err)
{
	const EVP_PKEY	*want = plan->issuer == NULL ? plan->key : cert_key(plan->issuer);

	if (want == NULL || !key_is_same(want, key->key))
		return err_set(err, ERR_CRYPTO, "the signing key is not the issuer's");
	return 0;
}

static void
cert_add_name(struct buf *b, const X509_NAME *name)
{
	unsigned char	*der = NULL;
	int		 len = i2d_X509_NAME(name, &der);

	if (len <= 0)
		BUG("out of memory");
	buf_add(b, der, (size_t)len);
	OPENSSL_free(der);
}

static void
cert_add_validity(struct buf *b, int64_t from, int64_t to)
{
	struct buf	 times;

	buf_init(&times, 64);
	der_add_time(&times, from);
	der_add_time(&times, to);
	der_add(b, 0x30, times.p, times.len);
	buf_free(&times);
}

/* TBSCertificate (RFC 5280 4.1.2), every part of it in its place. */
static int
cert_add_tbs(struct buf *b, const struct cert_plan *plan, const struct key_kind *kind,
    struct err *err)
{
	X509_NAME	*subject = NULL;
	struct buf	 ext;
	int		 rc = -1;

	buf_init(&ext, LIMIT_CERT);
	if (name_to_x509(plan->subject, &subject, err) < 0 ||
	    cert_add_extensions(&ext, plan, err) < 0)
		goto out;
	buf_add(b, "\xa0\x03\x02\x01\x02", 5);		/* version 3 */
	der_add_uint(b, plan->serial, CERT_SERIAL_LEN);
	buf_add(b, kind->algorithm, kind->algorithm_len);
	cert_add_name(b, plan->issuer == NULL ? subject :
	    X509_get_subject_name(plan->issuer->x));
	cert_add_validity(b, plan->not_before, plan->not_after);
	cert_add_name(b, plan->as == NULL ? subject : X509_get_subject_name(plan->as->x));
	if (key_spki_add(plan->key, b, err) < 0)
		goto out;
	der_wrap(&ext, 0x30);
	der_wrap(&ext, 0xa3);
	buf_add(b, ext.p, ext.len);
	der_wrap(b, 0x30);
	rc = buf_check(b, err);
 out:
	buf_free(&ext);
	X509_NAME_free(subject);
	return rc;
}

/* The certificate it will be, still without a signature. */
static int
cert_read_tbs(const struct buf *tbs, const struct key_kind *kind, struct cert **out,
    struct err *err)
{
	struct buf	 der;
	int		 rc = -1;

	buf_init(&der, LIMIT_CERT);
	buf_add(&der, tbs->p, tbs->len);
	buf_add(&der, kind->algorithm, kind->algorithm_len);
	buf_add(&der, "\x03\x01\x00", 3);
	der_wrap(&der, 0x30);
	if (buf_check(&der, err) == 0)
		rc = cert_parse(der.p, der.len, out, err);
	buf_free(&der);
	return rc;
}

/* Read once: looked at before it is signed, then it only gets its signature. */
int
cert_build(const struct cert_plan *plan, const struct signing_key *issuer_key,
    struct cert **out, struct err *err)
{
	const struct key_kind	*kind;
	struct cert		*c = NULL;
	struct buf		 tbs, der;
	int			 rc = -1;

	if (cert_check_plan(plan, err) < 0 || cert_check_key(plan, issuer_key, err) < 0)
		return -1;
	buf_init(&tbs, LIMIT_CERT);
	buf_init(&der, LIMIT_CERT);
	kind = key_kind_of(issuer_key->key);
	if (cert_add_tbs(&tbs, plan, kind, err) < 0 || cert_read_tbs(&tbs, kind, &c, err) < 0 ||
	    lint_check(&(struct lint_case){c, plan->issuer, plan->profile}, err) < 0 ||
	    signing_key_wrap(issuer_key, tbs.p, tbs.len, &der, err) < 0)
		goto out;
	cert_take_signature(c, &der);
	if (cert_verify_signature(c, plan->issuer == NULL ? c : plan->issuer, err) < 0)
		goto out;
	*out = c;
	c = NULL; /* transferred */
	rc = 0;
 out:
	cert_free(c);
	buf_free(&der);
	buf_free(&tbs);
	return rc;
}

#include "base/base.h"
#include "pki/cert_parts.h"
#include "pki/crl.h"
#include "pki/der.h"

#include <openssl/x509v3.h>

#define CRL_MAX	(64 * 1024 * 1024)

/* Building ------------------------------------------------------------------------------ */

static int
crl_add_reason(X509_REVOKED *r, int reason)
{
	ASN1_ENUMERATED	*value;
	int		 ok;

	if (reason == CRL_REASON_UNSPECIFIED)
		return 0;
	value = ASN1_ENUMERATED_new();
	ok = value != NULL && ASN1_ENUMERATED_set(value, reason) &&
	    X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, value, 0, 0) > 0;
	ASN1_ENUMERATED_free(value);
	return ok ? 0 : -1;
}

/* When the key was lost, as far as that is known (RFC 5280 5.3.2). */
static int
crl_add_invalidity(X509_REVOKED *r, int64_t since)
{
	ASN1_GENERALIZEDTIME	*when;
	int			 ok;

	if (since == 0)
		return 0;
	when = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(since / 1000));
	ok = when != NULL && X509_REVOKED_add1_ext_i2d(r, NID_invalidity_date, when, 0, 0) > 0;
	ASN1_GENERALIZEDTIME_free(when);
	return ok ? 0 : -1;
}

static int
crl_add_entry(X509_CRL *crl, const struct crl_entry *e, struct err *err)
{
	X509_REVOKED	*r = X509_REVOKED_new();
	ASN1_INTEGER	*serial = cert_serial_to_asn1(e->serial);
	ASN1_TIME	*when = cert_time_new(e->revoked);
	int		 rc = -1;

	if (serial == NULL || e->reason < 0 || e->reason == 7 || e->reason > 10)
		err_set(err, ERR_INPUT, "a CRL entry without serial or with a bad reason");
	else if (r == NULL || when == NULL || !X509_REVOKED_set_serialNumber(r, serial) ||
	    !X509_REVOKED_set_revocationDate(r, when) || crl_add_reason(r, e->reason) < 0 ||
	    crl_add_invalidity(r, e->invalid_since) < 0 ||
	    !X509_CRL_add0_revoked(crl, r))
		err_openssl(err, ERR_BUG, "cannot add a CRL entry");
	else {
		r = NULL; /* transferred */
		rc = 0;
	}
	ASN1_TIME_free(when);
	ASN1_INTEGER_free(serial);
	X509_REVOKED_free(r);
	return rc;
}

static int
crl_add_extensions(X509_CRL *crl, const struct cert *issuer, int64_t number)
{
	const ASN1_OCTET_STRING	*ski = X509_get0_subject_key_id(issuer->x);
	AUTHORITY_KEYID		*aki = AUTHORITY_KEYID_new();
	ASN1_INTEGER		*n = ASN1_INTEGER_new();
	int			 ok;

	ok = aki != NULL && n != NULL && ski != NULL &&
	    (aki->keyid = ASN1_OCTET_STRING_dup(ski)) != NULL &&
	    ASN1_INTEGER_set_int64(n, number) &&
	    X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, aki, 0, 0) > 0 &&
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0) > 0;
	ASN1_INTEGER_free(n);
	AUTHORITY_KEYID_free(aki);
	return ok ? 0 : -1;
}

static int
crl_fill(X509_CRL *crl, const struct cert *issuer, int64_t this_update, int64_t next_update)
{
	ASN1_TIME	*from = cert_time_new(this_update), *to = cert_time_new(next_update);
	int		 ok;

	ok = from != NULL && to != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x)) &&
	    X509_CRL_set1_lastUpdate(crl, from) && X509_CRL_set1_nextUpdate(crl, to);
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return ok ? 0 : -1;
}

static int
crl_sign(X509_CRL *crl, EVP_PKEY *key, struct buf *der, struct err *err)
{
	EVP_MD_CTX	*ctx = cert_sign_ctx(key);
	unsigned char	*p = NULL;
	int		 len, rc = -1;

	if (ctx == NULL || !X509_CRL_sort(crl) || X509_CRL_sign_ctx(crl, ctx) <= 0 ||
	    (len = i2d_X509_CRL(crl, &p)) <= 0)
		err_openssl(err, ERR_CRYPTO, "cannot sign the CRL");
	else {
		buf_add(der, p, (size_t)len);
		rc = buf_check(der, err);
	}
	OPENSSL_free(p);
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
crl_build(const struct cert *issuer, EVP_PKEY *issuer_key, int64_t number,
    int64_t this_update, int64_t next_update, const struct crl_entry *entries, size_t n,
    struct buf *der, struct err *err)
{
	X509_CRL	*crl = X509_CRL_new();
	unsigned char	 want[SM2_POINT_LEN], have[SM2_POINT_LEN];
	int		 rc = -1;

	if (crl == NULL)
		BUG("out of memory");
	if (cert_point(issuer, want, err) < 0 || sm2_point(issuer_key, have, err) < 0)
		goto out;
	if (memcmp(want, have, sizeof(want)) != 0) {
		err_set(err, ERR_CRYPTO, "the signing key is not the issuer's");
		goto out;
	}
	if (crl_fill(crl, issuer, this_update, next_update) < 0 ||
	    crl_add_extensions(crl, issuer, number) < 0) {
		err_openssl(err, ERR_BUG, "cannot fill the CRL");
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		if (crl_add_entry(crl, &entries[i], err) < 0)
			goto out;
	rc = crl_sign(crl, issuer_key, der, err);
 out:
	X509_CRL_free(crl);
	return rc;
}

/* Reading ------------------------------------------------------------------------------- */

static int
crl_parse(const void *der, size_t len, X509_CRL **out, struct err *err)
{
	const unsigned char	*at = der;
	X509_CRL		*crl = len > CRL_MAX ? NULL : d2i_X509_CRL(NULL, &at, (long)len);

	if (crl == NULL || at != (const unsigned char *)der + len) {
		X509_CRL_free(crl);
		return err_openssl(err, ERR_INPUT, "not a CRL");
	}
	*out = crl;
	return 0;
}

static int
crl_take_facts(X509_CRL *crl, struct crl_facts *facts, struct err *err)
{
	ASN1_INTEGER	*n = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	int		 rc = 0;

	*facts = (struct crl_facts){.number = -1};
	if (cert_time(X509_CRL_get0_lastUpdate(crl), &facts->this_update) < 0 ||
	    (X509_CRL_get0_nextUpdate(crl) != NULL &&
	    cert_time(X509_CRL_get0_nextUpdate(crl), &facts->next_update) < 0))
		rc = err_set(err, ERR_INPUT, "the CRL's times are unreadable");
	if (n != NULL && !ASN1_INTEGER_get_int64(&facts->number, n))
		facts->number = -1;
	if (rc == 0 && X509_CRL_get_REVOKED(crl) != NULL)
		facts->entries = (size_t)sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl));
	ASN1_INTEGER_free(n);
	return rc;
}

int
crl_verify(const void *der, size_t len, const struct cert *issuer, struct crl_facts *facts,
    struct err *err)
{
	struct der_signed	 s;
	unsigned char		 point[SM2_POINT_LEN];
	X509_CRL		*crl = NULL;
	int			 rc = -1;

	if (crl_parse(der, len, &crl, err) < 0 || cert_point(issuer, point, err) < 0)
		goto out;
	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer->x)) != 0)
		err_set(err, ERR_CRYPTO, "the CRL is not of %s", issuer->subject);
	else if ((issuer->usage & KU_CRL_SIGN) == 0)
		err_set(err, ERR_CRYPTO, "%s may not sign CRLs", issuer->subject);
	else if (der_signed_parse(der, len, &s) < 0)
		err_set(err, ERR_CRYPTO, "the CRL is not signed with SM2 and SM3");
	else if (sm2_verify_point(point, s.tbs.p, s.tbs.len, s.signature.p, s.signature.len,
	    err) == 0)
		rc = crl_take_facts(crl, facts, err);
 out:
	X509_CRL_free(crl);
	return rc;
}

int
crl_find(const void *der, size_t len, const char *serial, bool *found,
    struct crl_entry *entry, struct err *err)
{
	X509_CRL	*crl = NULL;
	X509_REVOKED	*r = NULL;
	ASN1_INTEGER	*n = cert_serial_to_asn1(serial);
	ASN1_ENUMERATED	*reason = NULL;
	ASN1_GENERALIZEDTIME *since = NULL;
	int		 rc = -1;

	if (n == NULL) {
		err_set(err, ERR_INPUT, "%.48s is not a serial number", serial);
		goto out;
	}
	if (crl_parse(der, len, &crl, err) < 0)
		goto out;
	*found = X509_CRL_get0_by_serial(crl, &r, n) == 1;
	rc = 0;
	if (!*found)
		goto out;
	*entry = (struct crl_entry){0};
	snprintf(entry->serial, sizeof(entry->serial), "%s", serial);
	if (cert_time(X509_REVOKED_get0_revocationDate(r), &entry->revoked) < 0)
		rc = err_set(err, ERR_INPUT, "the CRL's times are unreadable");
	if ((reason = X509_REVOKED_get_ext_d2i(r, NID_crl_reason, NULL, NULL)) != NULL)
		entry->reason = (int)ASN1_ENUMERATED_get(reason);
	since = X509_REVOKED_get_ext_d2i(r, NID_invalidity_date, NULL, NULL);
	if (since != NULL && cert_time(since, &entry->invalid_since) < 0)
		rc = err_set(err, ERR_INPUT, "the CRL's times are unreadable");
 out:
	ASN1_GENERALIZEDTIME_free(since);
	ASN1_ENUMERATED_free(reason);
	ASN1_INTEGER_free(n);
	X509_CRL_free(crl);
	return rc;
}

#include "base/base.h"
#include "base/clock.h"
#include "base/str.h"
#include "pki/cert_parts.h"
#include "pki/crl.h"
#include "pki/der.h"

#include <openssl/x509v3.h>

/* Building ------------------------------------------------------------------------------ */

/* Append Extension { oid (DER), value }; small ones only. */
static void
crl_add_extension(struct buf *out, const char *oid, size_t oid_len, const void *value,
    size_t len)
{
	struct buf	 e;

	buf_init(&e, len + 32);
	buf_add(&e, oid, oid_len);
	der_add(&e, 0x04, value, len);
	der_add(out, 0x30, e.p, e.len);
	buf_free(&e);
}

/* reasonCode and invalidityDate (RFC 5280 5.3.1, 5.3.2), what is known of them. */
static void
crl_add_entry_extensions(struct buf *b, const struct crl_entry *e)
{
	unsigned char	 reason[3] = {0x0a, 1, (unsigned char)e->reason};
	struct buf	 ext;
	char		 when[32];

	if (e->reason == CRL_REASON_UNSPECIFIED && e->invalid_since == 0)
		return;
	buf_init(&ext, 128);
	if (e->reason != CRL_REASON_UNSPECIFIED)
		crl_add_extension(&ext, "\x06\x03\x55\x1d\x15", 5, reason, sizeof(reason));
	if (e->invalid_since != 0) {
		struct tm	 tm;
		time_t		 t = (time_t)(e->invalid_since / CLOCK_SECOND);

		gmtime_r(&t, &tm);
		when[0] = 0x18;
		when[1] = 15;
		strftime(when + 2, sizeof(when) - 2, "%Y%m%d%H%M%SZ", &tm);
		crl_add_extension(&ext, "\x06\x03\x55\x1d\x18", 5, when, 17);
	}
	der_add(b, 0x30, ext.p, ext.len);
	buf_free(&ext);
}

/* `room` is reused from entry to entry: a list may have a million. */
static int
crl_add_entry(struct buf *out, struct buf *room, const struct crl_entry *e, struct err *err)
{
	unsigned char	 serial[20];
	size_t		 n = strlen(e->serial) / 2;

	if (e->reason < 0 || e->reason == 7 || e->reason > 10 || n == 0 || n > sizeof(serial) ||
	    strlen(e->serial) % 2 != 0 || hex_decode(e->serial, serial, n) < 0)
		return err_set(err, ERR_INPUT, "a CRL entry without serial or with a bad reason");
	buf_clear(room);
	der_add_uint(room, serial, n);
	der_add_time(room, e->revoked);
	crl_add_entry_extensions(room, e);
	der_add(out, 0x30, room->p, room->len);
	return 0;
}

static int
crl_add_entries(struct buf *b, const struct crl_entry *entries, size_t n, struct err *err)
{
	struct buf	 list, room;
	int		 rc = 0;

	if (n == 0)
		return 0;		/* an empty list must be absent (RFC 5280 5.1.2.6) */
	buf_init(&list, CRL_MAX);
	buf_init(&room, 256);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = crl_add_entry(&list, &room, &entries[i], err);
	if (rc == 0 && (rc = buf_check(&list, err)) == 0)
		der_add(b, 0x30, list.p, list.len);
	buf_free(&room);
	buf_free(&list);
	return rc;
}

static void
crl_add_number(struct buf *b, int64_t number)
{
	unsigned char	 be[8];

	for (int i = 0; i < 8; i++)
		be[i] = (unsigned char)(number >> (56 - 8 * i));
	der_add_uint(b, be, sizeof(be));
}

/* The same as crl_add_extension, critical. */
static void
crl_add_critical(struct buf *out, const char *oid, size_t oid_len, const struct buf *value)
{
	struct buf	 e;

	buf_init(&e, value->len + 32);
	buf_add(&e, oid, oid_len);
	der_add(&e, 0x01, "\xff", 1);
	der_add(&e, 0x04, value->p, value->len);
	der_add(out, 0x30, e.p, e.len);
	buf_free(&e);
}

/* authorityKeyIdentifier, cRLNumber, and what the plan says of delta and partition. */
static int
crl_add_extensions(struct buf *b, const struct crl_plan *plan, struct err *err)
{
	const ASN1_OCTET_STRING	*ski = X509_get0_subject_key_id(plan->issuer->x);
	struct buf		 ext, value;

	if (ski == NULL)
		return err_set(err, ERR_INPUT, "the issuer has no subject key identifier");
	buf_init(&ext, 2048);
	buf_init(&value, 1024);
	der_add(&value, 0x80, ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski));
	der_wrap(&value, 0x30);
	crl_add_extension(&ext, "\x06\x03\x55\x1d\x23", 5, value.p, value.len);
	buf_clear(&value);
	crl_add_number(&value, plan->number);
	crl_add_extension(&ext, "\x06\x03\x55\x1d\x14", 5, value.p, value.len);
	if (plan->base > 0) {
		buf_clear(&value);
		crl_add_number(&value, plan->base);
		crl_add_critical(&ext, "\x06\x03\x55\x1d\x1b", 5, &value);
	}
	if (plan->freshest != NULL) {
		buf_clear(&value);
		der_add(&value, 0x86, plan->freshest, strlen(plan->freshest));
		der_wrap(&value, 0xa0);		/* fullName */
		der_wrap(&value, 0xa0);		/* distributionPoint */
		der_wrap(&value, 0x30);
		der_wrap(&value, 0x30);
		crl_add_extension(&ext, "\x06\x03\x55\x1d\x2e", 5, value.p, value.len);
	}
	if (plan->point != NULL) {
		buf_clear(&value);
		der_add(&value, 0x86, plan->point, strlen(plan->point));
		der_wrap(&value, 0xa0);		/* fullName */
		der_wrap(&value, 0xa0);		/* distributionPoint */
		der_wrap(&value, 0x30);
		crl_add_critical(&ext, "\x06\x03\x55\x1d\x1c", 5, &value);
	}
	der_wrap(&ext, 0x30);
	der_add(b, 0xa0, ext.p, ext.len);
	buf_free(&value);
	buf_free(&ext);
	return 0;
}

/* TBSCertList (RFC 5280 5.1.2). */
static int
crl_add_tbs(struct buf *b, const struct crl_plan *plan, const struct key_kind *kind,
    struct err *err)
{
	unsigned char	*name = NULL;
	int		 len = i2d_X509_NAME(X509_get_subject_name(plan->issuer->x), &name);

	if (len <= 0)
		BUG("out of memory");
	buf_add(b, "\x02\x01\x01", 3);		/* version 2 */
	buf_add(b, kind->algorithm, kind->algorithm_len);
	buf_add(b, name, (size_t)len);
	OPENSSL_free(name);
	der_add_time(b, plan->this_update);
	der_add_time(b, plan->next_update);
	if (crl_add_entries(b, plan->entries, plan->n, err) < 0 ||
	    crl_add_extensions(b, plan, err) < 0)
		return -1;
	der_wrap(b, 0x30);
	return buf_check(b, err);
}

int
crl_build(const struct crl_plan *plan, const struct signing_key *key, struct buf *der,
    struct err *err)
{
	struct buf	 tbs;
	int		 rc = -1;

	if (cert_key(plan->issuer) == NULL || !key_is_same(cert_key(plan->issuer), key->key))
		return err_set(err, ERR_CRYPTO, "the signing key is not the issuer's");
	buf_init(&tbs, CRL_MAX);
	if (crl_add_tbs(&tbs, plan, key_kind_of(key->key), err) == 0)
		rc = signing_key_wrap(key, tbs.p, tbs.len, der, err);
	buf_free(&tbs);
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
	X509_CRL		*crl = NULL;
	int			 rc = -1;

	if (crl_parse(der, len, &crl, err) < 0)
		goto out;
	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer->x)) != 0)
		err_set(err, ERR_CRYPTO, "the CRL is not of %s", issuer->subject);
	else if ((issuer->usage & KU_CRL_SIGN) == 0)
		err_set(err, ERR_CRYPTO, "%s may not sign CRLs", issuer->subject);
	else if (der_signed_parse(der, len, &s) < 0)
		err_set(err, ERR_CRYPTO, "the CRL is malformed");
	else if (key_verify_signed(cert_key(issuer), &s, err) == 0)
		rc = crl_take_facts(crl, facts, err);
 out:
	X509_CRL_free(crl);
	return rc;
}

/* One address of the list's point is one of the certificate's. */
static bool
crl_point_is_of(const DIST_POINT_NAME *point, const struct cert *c)
{
	CRL_DIST_POINTS	*all = X509_get_ext_d2i(c->x, NID_crl_distribution_points, NULL, NULL);
	bool		 same = false;

	if (point->type == 0)
		for (int i = 0; i < sk_DIST_POINT_num(all); i++) {
			const DIST_POINT_NAME	*own = sk_DIST_POINT_value(all, i)->distpoint;

			if (own == NULL || own->type != 0)
				continue;
			for (int k = 0; k < sk_GENERAL_NAME_num(own->name.fullname); k++)
				for (int m = 0; m < sk_GENERAL_NAME_num(point->name.fullname); m++)
					same = same || GENERAL_NAME_cmp(
					    sk_GENERAL_NAME_value(own->name.fullname, k),
					    sk_GENERAL_NAME_value(point->name.fullname, m)) == 0;
		}
	CRL_DIST_POINTS_free(all);
	return same;
}

static bool
crl_part_is_of(const ISSUING_DIST_POINT *p, const struct cert *c)
{
	if (p->onlysomereasons != NULL || p->indirectCRL > 0 || p->onlyattr > 0 ||
	    (p->onlyuser > 0 && cert_is_ca(c)) || (p->onlyCA > 0 && !cert_is_ca(c)))
		return false;
	return p->distpoint == NULL || crl_point_is_of(p->distpoint, c);
}

int
crl_check_scope(const void *der, size_t len, const struct cert *c, struct err *err)
{
	X509_CRL		*crl = NULL;
	ISSUING_DIST_POINT	*part = NULL;
	int			 rc = 0;

	if (crl_parse(der, len, &crl, err) < 0)
		return -1;
	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0)
		rc = err_set(err, ERR_INPUT, "the CRL is a delta: the full list is needed");
	for (int i = 0; rc == 0 && i < X509_CRL_get_ext_count(crl); i++) {
		X509_EXTENSION	*e = X509_CRL_get_ext(crl, i);

		if (OBJ_obj2nid(X509_EXTENSION_get_object(e)) != NID_issuing_distribution_point) {
			if (X509_EXTENSION_get_critical(e) != 0)
				rc = err_set(err, ERR_INPUT,
				    "the CRL has a critical extension that is not known here");
		} else if (part != NULL || (part = X509V3_EXT_d2i(e)) == NULL ||
		    !crl_part_is_of(part, c)) {
			rc = err_set(err, ERR_INPUT, "the CRL is a part, and not the one that the "
			    "certificate %s points to", cert_serial(c));
		}
	}
	ISSUING_DIST_POINT_free(part);
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

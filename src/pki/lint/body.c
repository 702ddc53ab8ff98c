#include "base/base.h"
#include "base/clock.h"
#include "pki/lint/rules.h"

/* Lengths are the shortest, truth is FF. */
static bool
lint_is_der(struct der in, int depth)
{
	struct der	 body;
	unsigned	 tag;

	while (in.len > 0) {
		if (depth > 16 || der_next(&in, &tag, &body, NULL) < 0 ||
		    (tag == 0x01 && (body.len != 1 || (body.p[0] != 0 && body.p[0] != 0xff))) ||
		    ((tag & 0x20) != 0 && !lint_is_der(body, depth + 1)))
			return false;
	}
	return true;
}

/* As DER of this type; what OpenSSL gives out is const, and is read only. */
static void
lint_add(struct buf *b, const void *value, const ASN1_ITEM *type)
{
	unsigned char	*der = NULL;
	int		 n = ASN1_item_i2d((ASN1_VALUE *)(uintptr_t)value, &der, type);

	if (n > 0)
		buf_add(b, der, (size_t)n);
	OPENSSL_free(der);
}

/* issuerUniqueID, subjectUniqueID: BIT STRING under a tag of its own. */
static void
lint_add_unique_id(struct buf *b, unsigned char tag, const ASN1_BIT_STRING *id)
{
	size_t	 at = b->len;

	if (id == NULL)
		return;
	lint_add(b, id, ASN1_ITEM_rptr(ASN1_BIT_STRING));
	if (b->len > at)
		b->p[at] = (char)tag;
}

/* TBSCertificate written anew from what was read, part by part. */
static void
lint_add_tbs(struct buf *b, const X509 *x)
{
	const ASN1_BIT_STRING	*issuer_id, *subject_id;
	struct buf		 part;

	buf_init(&part, LIMIT_CERT);
	if (X509_get_version(x) != X509_VERSION_1) {
		unsigned char	 version = (unsigned char)X509_get_version(x);

		der_add_uint(&part, &version, 1);
		der_add(b, 0xa0, part.p, part.len);
	}
	lint_add(b, X509_get0_serialNumber(x), ASN1_ITEM_rptr(ASN1_INTEGER));
	lint_add(b, X509_get0_tbs_sigalg(x), ASN1_ITEM_rptr(X509_ALGOR));
	lint_add(b, X509_get_issuer_name(x), ASN1_ITEM_rptr(X509_NAME));
	buf_clear(&part);
	lint_add(&part, X509_get0_notBefore(x), ASN1_ITEM_rptr(ASN1_TIME));
	lint_add(&part, X509_get0_notAfter(x), ASN1_ITEM_rptr(ASN1_TIME));
	der_add(b, 0x30, part.p, part.len);
	lint_add(b, X509_get_subject_name(x), ASN1_ITEM_rptr(X509_NAME));
	lint_add(b, X509_get_X509_PUBKEY(x), ASN1_ITEM_rptr(X509_PUBKEY));
	X509_get0_uids(x, &issuer_id, &subject_id);
	lint_add_unique_id(b, 0x81, issuer_id);
	lint_add_unique_id(b, 0x82, subject_id);
	if (X509_get0_extensions(x) != NULL) {
		buf_clear(&part);
		lint_add(&part, X509_get0_extensions(x), ASN1_ITEM_rptr(X509_EXTENSIONS));
		der_add(b, 0xa3, part.p, part.len);
	}
	der_wrap(b, 0x30);
	buf_free(&part);
}

/* The whole of it, not the extensions' inside (extension_canonical) nor the signature. */
bool
lint_canonical(const struct lint_case *c)
{
	struct der_signed	 s;
	struct buf		 again;
	bool			 same;

	buf_init(&again, LIMIT_CERT);
	lint_add_tbs(&again, c->cert->x);
	same = !again.over && lint_is_der((struct der){c->cert->der, c->cert->der_len}, 0) &&
	    der_signed_parse(c->cert->der, c->cert->der_len, &s) == 0 &&
	    s.tbs.len == again.len && memcmp(s.tbs.p, again.p, again.len) == 0;
	buf_free(&again);
	return same;
}

bool
lint_version(const struct lint_case *c)
{
	return X509_get_version(c->cert->x) == X509_VERSION_3;
}

bool
lint_serial_positive(const struct lint_case *c)
{
	return ASN1_STRING_type(X509_get0_serialNumber(c->cert->x)) != V_ASN1_NEG_INTEGER;
}

bool
lint_serial_nonzero(const struct lint_case *c)
{
	const ASN1_INTEGER	*n = X509_get0_serialNumber(c->cert->x);
	const unsigned char	*p = ASN1_STRING_get0_data(n);
	int			 len = ASN1_STRING_length(n);

	return len > 1 || (len == 1 && p[0] != 0);
}

/* As octets of the INTEGER: one more where the first bit would be taken for the sign. */
bool
lint_serial_length(const struct lint_case *c)
{
	const ASN1_INTEGER	*n = X509_get0_serialNumber(c->cert->x);
	const unsigned char	*p = ASN1_STRING_get0_data(n);
	int			 len = ASN1_STRING_length(n);

	return len + (len > 0 && p[0] >= 0x80) <= 20;
}

bool
lint_serial_entropy(const struct lint_case *c)
{
	return ASN1_STRING_length(X509_get0_serialNumber(c->cert->x)) >= 8;
}

/* The AlgorithmIdentifier outside, as it stands. */
static struct der
lint_algorithm(const struct lint_case *c)
{
	struct der_signed	 s;

	return der_signed_parse(c->cert->der, c->cert->der_len, &s) < 0 ?
	    (struct der){NULL, 0} : s.algorithm;
}

static bool
lint_is_algorithm_of(struct der a, const struct key_kind *k)
{
	return (a.len == k->algorithm_len && memcmp(a.p, k->algorithm, a.len) == 0) ||
	    (k->alias != NULL && a.len == k->alias_len && memcmp(a.p, k->alias, a.len) == 0);
}

bool
lint_algorithm_same(const struct lint_case *c)
{
	const X509_ALGOR	*outside;

	X509_get0_signature(NULL, &outside, c->cert->x);
	return X509_ALGOR_cmp(outside, X509_get0_tbs_sigalg(c->cert->x)) == 0;
}

bool
lint_algorithm_known(const struct lint_case *c)
{
	struct der	 a = lint_algorithm(c);

	for (size_t i = 0; key_kind_at(i) != NULL; i++)
		if (lint_is_algorithm_of(a, key_kind_at(i)))
			return true;
	return false;
}

bool
lint_algorithm_issuer(const struct lint_case *c)
{
	const EVP_PKEY		*key = c->issuer == NULL ? NULL : cert_key(c->issuer);
	const struct key_kind	*kind = key == NULL ? NULL : key_kind_of(key);

	return c->issuer == NULL || (kind != NULL && lint_is_algorithm_of(lint_algorithm(c), kind));
}

bool
lint_validity_real(const struct lint_case *c)
{
	int64_t	 ms;

	return cert_time(X509_get0_notBefore(c->cert->x), &ms) == 0 &&
	    cert_time(X509_get0_notAfter(c->cert->x), &ms) == 0;
}

bool
lint_validity_order(const struct lint_case *c)
{
	return c->cert->not_before < c->cert->not_after;
}

/* "YYMMDDHHMMSSZ" until 2049, "YYYYMMDDHHMMSSZ" after. */
static bool
lint_is_time(const ASN1_TIME *t)
{
	const unsigned char	*p = ASN1_STRING_get0_data(t);
	int			 len = ASN1_STRING_length(t);

	if (len < 13 || p[len - 1] != 'Z')
		return false;
	return ASN1_STRING_type(t) == V_ASN1_UTCTIME ? len == 13 :
	    len == 15 && memcmp(p, "2050", 4) >= 0;
}

bool
lint_validity_form(const struct lint_case *c)
{
	return lint_is_time(X509_get0_notBefore(c->cert->x)) &&
	    lint_is_time(X509_get0_notAfter(c->cert->x));
}

bool
lint_validity_nested(const struct lint_case *c)
{
	return c->issuer == NULL || (c->cert->not_before >= c->issuer->not_before &&
	    c->cert->not_after <= c->issuer->not_after);
}

bool
lint_unique_ids(const struct lint_case *c)
{
	const ASN1_BIT_STRING	*issuer, *subject;

	X509_get0_uids(c->cert->x, &issuer, &subject);
	return issuer == NULL && subject == NULL;
}

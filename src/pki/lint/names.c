#include "base/base.h"
#include "base/str.h"
#include "pki/lint/rules.h"

/* Upper bounds in characters (RFC 5280 A.1). */
static const struct { int nid; size_t max; } lint_bounds[] = {
	{ NID_commonName, 64 }, { NID_organizationName, 64 }, { NID_organizationalUnitName, 64 },
	{ NID_localityName, 128 }, { NID_stateOrProvinceName, 128 }, { NID_serialNumber, 64 },
	{ NID_title, 64 }, { NID_countryName, 2 }, { NID_pkcs9_emailAddress, 255 },
};

/* True when the test holds for every attribute of the subject. */
static bool
lint_each(const struct lint_case *c, bool (*holds)(int nid, const ASN1_STRING *value))
{
	const X509_NAME	*n = X509_get_subject_name(c->cert->x);

	for (int i = 0; i < X509_NAME_entry_count(n); i++) {
		const X509_NAME_ENTRY	*e = X509_NAME_get_entry(n, i);

		if (!holds(OBJ_obj2nid(X509_NAME_ENTRY_get_object(e)),
		    X509_NAME_ENTRY_get_data(e)))
			return false;
	}
	return true;
}

bool
lint_issuer_present(const struct lint_case *c)
{
	return X509_NAME_entry_count(X509_get_issuer_name(c->cert->x)) > 0;
}

bool
lint_issuer_same(const struct lint_case *c)
{
	const unsigned char	*a, *b;
	size_t			 a_len, b_len;

	if (c->issuer == NULL)
		return true;
	return X509_NAME_get0_der(X509_get_issuer_name(c->cert->x), &a, &a_len) == 1 &&
	    X509_NAME_get0_der(X509_get_subject_name(c->issuer->x), &b, &b_len) == 1 &&
	    a_len == b_len && memcmp(a, b, a_len) == 0;
}

bool
lint_subject_present(const struct lint_case *c)
{
	return X509_NAME_entry_count(X509_get_subject_name(c->cert->x)) > 0 ||
	    (!lint_is_ca(c) && lint_is_critical(c, NID_subject_alt_name));
}

static bool
lint_is_country(int nid, const ASN1_STRING *value)
{
	const unsigned char	*p = ASN1_STRING_get0_data(value);

	return nid != NID_countryName || (ASN1_STRING_type(value) == V_ASN1_PRINTABLESTRING &&
	    ASN1_STRING_length(value) == 2 && p[0] >= 'A' && p[0] <= 'Z' && p[1] >= 'A' &&
	    p[1] <= 'Z');
}

bool
lint_name_country(const struct lint_case *c)
{
	return lint_each(c, lint_is_country);
}

static bool
lint_is_string(int nid, const ASN1_STRING *value)
{
	int	 type = ASN1_STRING_type(value);

	if (nid == NID_pkcs9_emailAddress || nid == NID_domainComponent)
		return type == V_ASN1_IA5STRING;
	return type == V_ASN1_UTF8STRING || type == V_ASN1_PRINTABLESTRING;
}

bool
lint_name_string(const struct lint_case *c)
{
	return lint_each(c, lint_is_string);
}

static bool
lint_is_printable(int nid, const ASN1_STRING *value)
{
	static const char	 marks[] = " '()+,-./:=?";
	const unsigned char	*p = ASN1_STRING_get0_data(value);

	(void)nid;
	if (ASN1_STRING_type(value) != V_ASN1_PRINTABLESTRING)
		return true;
	for (int i = 0; i < ASN1_STRING_length(value); i++)
		if (!(p[i] >= '0' && p[i] <= '9') && !(p[i] >= 'A' && p[i] <= 'Z') &&
		    !(p[i] >= 'a' && p[i] <= 'z') && (p[i] == 0 || strchr(marks, p[i]) == NULL))
			return false;
	return true;
}

bool
lint_name_printable(const struct lint_case *c)
{
	return lint_each(c, lint_is_printable);
}

static bool
lint_is_number(int nid, const ASN1_STRING *value)
{
	return (nid != NID_serialNumber && nid != NID_dnQualifier) ||
	    ASN1_STRING_type(value) == V_ASN1_PRINTABLESTRING;
}

bool
lint_name_number(const struct lint_case *c)
{
	return lint_each(c, lint_is_number);
}

static bool
lint_is_bounded(int nid, const ASN1_STRING *value)
{
	unsigned char	*text = NULL;
	int		 len = ASN1_STRING_to_UTF8(&text, value);
	size_t		 n = 0;
	bool		 holds = len >= 0;

	for (int i = 0; i < len; i++)
		n += (text[i] & 0xc0) != 0x80;
	for (size_t i = 0; i < ARRAY_LEN(lint_bounds); i++)
		if (lint_bounds[i].nid == nid)
			holds = holds && n <= lint_bounds[i].max;
	OPENSSL_free(text);
	return holds;
}

bool
lint_name_bounds(const struct lint_case *c)
{
	return lint_each(c, lint_is_bounded);
}

static bool
lint_is_clean(int nid, const ASN1_STRING *value)
{
	const unsigned char	*p = ASN1_STRING_get0_data(value);
	int			 len = ASN1_STRING_length(value);

	(void)nid;
	if (len == 0 || p[0] == ' ' || p[len - 1] == ' ')
		return false;
	for (int i = 0; i < len; i++)
		if (p[i] < 0x20 || p[i] == 0x7f)
			return false;
	return ASN1_STRING_type(value) != V_ASN1_UTF8STRING || utf8_is_valid((const char *)p, (size_t)len);
}

bool
lint_name_clean(const struct lint_case *c)
{
	return lint_each(c, lint_is_clean);
}

bool
lint_name_single(const struct lint_case *c)
{
	static const int	 nids[] = {NID_countryName, NID_commonName, NID_serialNumber};
	X509_NAME		*n = X509_get_subject_name(c->cert->x);

	for (size_t i = 0; i < ARRAY_LEN(nids); i++) {
		int	 at = X509_NAME_get_index_by_NID(n, nids[i], -1);

		if (at >= 0 && X509_NAME_get_index_by_NID(n, nids[i], at) >= 0)
			return false;
	}
	return true;
}

bool
lint_name_rdn(const struct lint_case *c)
{
	const X509_NAME	*n = X509_get_subject_name(c->cert->x);

	for (int i = 1; i < X509_NAME_entry_count(n); i++)
		if (X509_NAME_ENTRY_set(X509_NAME_get_entry(n, i)) ==
		    X509_NAME_ENTRY_set(X509_NAME_get_entry(n, i - 1)))
			return false;
	return true;
}

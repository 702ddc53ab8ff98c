#include "base/base.h"
#include "base/str.h"
#include "pki/lint/rules.h"

#include <ctype.h>

/* True when the test holds for every extension. */
static bool
lint_all(const struct lint_case *c, bool (*holds)(const struct lint_case *c, X509_EXTENSION *e))
{
	for (int i = 0; i < X509_get_ext_count(c->cert->x); i++)
		if (!holds(c, X509_get_ext(c->cert->x, i)))
			return false;
	return true;
}

static bool
lint_is_once(const struct lint_case *c, X509_EXTENSION *e)
{
	const ASN1_OBJECT	*o = X509_EXTENSION_get_object(e);
	int			 at = X509_get_ext_by_OBJ(c->cert->x, o, -1);

	return X509_get_ext_by_OBJ(c->cert->x, o, at) < 0;
}

bool
lint_extension_once(const struct lint_case *c)
{
	return lint_all(c, lint_is_once);
}

static bool
lint_is_canonical(const struct lint_case *c, X509_EXTENSION *e)
{
	const X509V3_EXT_METHOD	*method = X509V3_EXT_get(e);
	struct der		 value = lint_value(e);
	const unsigned char	*at = value.p;
	unsigned char		*again = NULL;
	ASN1_VALUE		*v;
	int			 n;
	bool			 same;

	(void)c;
	if (method == NULL || method->it == NULL)
		return true;
	v = ASN1_item_d2i(NULL, &at, (long)value.len, ASN1_ITEM_ptr(method->it));
	n = v == NULL ? -1 : ASN1_item_i2d(v, &again, ASN1_ITEM_ptr(method->it));
	same = n > 0 && (size_t)n == value.len && memcmp(again, value.p, value.len) == 0;
	OPENSSL_free(again);
	ASN1_item_free(v, ASN1_ITEM_ptr(method->it));
	return same;
}

bool
lint_extension_canonical(const struct lint_case *c)
{
	return lint_all(c, lint_is_canonical);
}

/* A critical extension of its own may stand in a profile, for closed circles. */
static bool
lint_is_understood(const struct lint_case *c, X509_EXTENSION *e)
{
	char	 oid[80];

	if (X509_EXTENSION_get_critical(e) == 0 || X509_supported_extension(e) == 1)
		return true;
	OBJ_obj2txt(oid, sizeof(oid), X509_EXTENSION_get_object(e), 1);
	for (size_t i = 0; c->profile != NULL && i < c->profile->n_extension; i++)
		if (strcmp(c->profile->extension[i].oid, oid) == 0)
			return true;
	return false;
}

bool
lint_extension_critical(const struct lint_case *c)
{
	return lint_all(c, lint_is_understood);
}

bool
lint_extension_plain(const struct lint_case *c)
{
	static const int	 nids[] = {NID_subject_key_identifier,
		NID_authority_key_identifier, NID_info_access, NID_sinfo_access,
		NID_crl_distribution_points, NID_freshest_crl, NID_issuer_alt_name,
		NID_subject_directory_attributes};

	for (size_t i = 0; i < ARRAY_LEN(nids); i++)
		if (lint_is_critical(c, nids[i]))
			return false;
	return true;
}

bool
lint_subject_key_id(const struct lint_case *c)
{
	return !lint_is_ca(c) || X509_get0_subject_key_id(c->cert->x) != NULL;
}

bool
lint_subject_key_id_leaf(const struct lint_case *c)
{
	return lint_is_ca(c) || X509_get0_subject_key_id(c->cert->x) != NULL;
}

bool
lint_authority_key_id(const struct lint_case *c)
{
	return lint_is_self_issued(c) || X509_get0_authority_key_id(c->cert->x) != NULL;
}

bool
lint_authority_key_same(const struct lint_case *c)
{
	const ASN1_OCTET_STRING	*own = X509_get0_authority_key_id(c->cert->x), *theirs;

	if (c->issuer == NULL || own == NULL)
		return true;
	theirs = X509_get0_subject_key_id(c->issuer->x);
	return theirs != NULL && ASN1_OCTET_STRING_cmp(own, theirs) == 0;
}

bool
lint_authority_key_pair(const struct lint_case *c)
{
	const GENERAL_NAMES	*names = X509_get0_authority_issuer(c->cert->x);
	const ASN1_INTEGER	*serial = X509_get0_authority_serial(c->cert->x);

	if ((names == NULL) != (serial == NULL))
		return false;
	return c->issuer == NULL || serial == NULL ||
	    ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(c->issuer->x)) == 0;
}

/* Self-issued certificates do not count for the length of the path. */
bool
lint_constraints_issuer(const struct lint_case *c)
{
	struct lint_case	 up = {.cert = c->issuer};

	if (c->issuer == NULL)
		return true;
	return lint_is_ca(&up) && (c->issuer->usage & KU_KEY_CERT_SIGN) != 0 && (!lint_is_ca(c) ||
	    lint_is_self_issued(c) || X509_get_pathlen(c->issuer->x) != 0);
}

bool
lint_constraints_names(const struct lint_case *c)
{
	return lint_extension(c, NID_name_constraints) == NULL ||
	    (lint_is_critical(c, NID_name_constraints) && lint_is_ca(c));
}

bool
lint_constraints_ca(const struct lint_case *c)
{
	bool	 ca = lint_is_ca(c);

	return ((c->cert->usage & KU_KEY_CERT_SIGN) == 0 || ca) &&
	    (!ca || lint_is_critical(c, NID_basic_constraints));
}

bool
lint_constraints_path(const struct lint_case *c)
{
	BASIC_CONSTRAINTS	*b = X509_get_ext_d2i(c->cert->x, NID_basic_constraints, NULL,
	    NULL);
	bool			 holds = b == NULL || b->pathlen == NULL || (b->ca != 0 &&
	    ASN1_STRING_type(b->pathlen) == V_ASN1_INTEGER);

	BASIC_CONSTRAINTS_free(b);
	return holds;
}

/* Not https: whoever checks a certificate would have to check another one first. */
static bool
lint_is_reachable(const GENERAL_NAME *n)
{
	char	 start[8] = "";

	if (n->type != GEN_URI)
		return n->type == GEN_DIRNAME;
	snprintf(start, sizeof(start), "%.*s",
	    MIN(ASN1_STRING_length(n->d.uniformResourceIdentifier), 7),
	    (const char *)ASN1_STRING_get0_data(n->d.uniformResourceIdentifier));
	return strcmp(start, "http://") == 0 || strcmp(start, "ldap://") == 0;
}

static bool
lint_is_reachable_point(const DIST_POINT *p)
{
	if (p->distpoint == NULL || p->distpoint->type != 0)
		return true;
	for (int i = 0; i < sk_GENERAL_NAME_num(p->distpoint->name.fullname); i++)
		if (!lint_is_reachable(sk_GENERAL_NAME_value(p->distpoint->name.fullname, i)))
			return false;
	return true;
}

bool
lint_crl_uri(const struct lint_case *c)
{
	CRL_DIST_POINTS	*points = X509_get_ext_d2i(c->cert->x, NID_crl_distribution_points, NULL,
	    NULL);
	bool		 holds = true;

	for (int i = 0; i < sk_DIST_POINT_num(points) && holds; i++)
		holds = lint_is_reachable_point(sk_DIST_POINT_value(points, i));
	CRL_DIST_POINTS_free(points);
	return holds;
}

bool
lint_access_uri(const struct lint_case *c)
{
	AUTHORITY_INFO_ACCESS	*a = X509_get_ext_d2i(c->cert->x, NID_info_access, NULL, NULL);
	bool			 holds = true;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(a) && holds; i++)
		holds = lint_is_reachable(sk_ACCESS_DESCRIPTION_value(a, i)->location);
	AUTHORITY_INFO_ACCESS_free(a);
	return holds;
}

bool
lint_policy_once(const struct lint_case *c)
{
	CERTIFICATEPOLICIES	*p = X509_get_ext_d2i(c->cert->x, NID_certificate_policies, NULL,
	    NULL);
	bool			 holds = true;

	for (int i = 1; i < sk_POLICYINFO_num(p); i++)
		for (int j = 0; j < i; j++)
			holds = holds && OBJ_cmp(sk_POLICYINFO_value(p, i)->policyid,
			    sk_POLICYINFO_value(p, j)->policyid) != 0;
	CERTIFICATEPOLICIES_free(p);
	return holds;
}

/* Labels of letters, digits and hyphens; the first may be "*" (RFC 1034 3.5, RFC 6125). */
static bool
lint_is_host(const ASN1_STRING *s)
{
	const unsigned char	*p = ASN1_STRING_get0_data(s);
	int			 len = ASN1_STRING_length(s), label = 0;

	for (int i = len >= 2 && p[0] == '*' && p[1] == '.' ? 2 : 0; i < len; i++) {
		bool	 inside = label > 0 && i + 1 < len && p[i + 1] != '.';

		if (p[i] == '.' && label > 0)
			label = 0;
		else if ((p[i] < 0x80 && isalnum(p[i])) || (p[i] == '-' && inside))
			label++;
		else
			return false;
	}
	return label > 0 && label <= 63 && len <= 253;
}

static bool
lint_is_alternative(const GENERAL_NAME *n)
{
	switch (n->type) {
	case GEN_DNS:
		return lint_is_host(n->d.dNSName);
	case GEN_EMAIL: case GEN_URI:
		return ASN1_STRING_length(n->d.ia5) > 0;
	case GEN_IPADD:
		return ASN1_STRING_length(n->d.iPAddress) == 4 ||
		    ASN1_STRING_length(n->d.iPAddress) == 16;
	}
	return true;
}

bool
lint_alternative_name(const struct lint_case *c)
{
	GENERAL_NAMES	*names = X509_get_ext_d2i(c->cert->x, NID_subject_alt_name, NULL, NULL);
	bool		 holds = names != NULL ? sk_GENERAL_NAME_num(names) > 0 :
	    lint_extension(c, NID_subject_alt_name) == NULL;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && holds; i++)
		holds = lint_is_alternative(sk_GENERAL_NAME_value(names, i));
	GENERAL_NAMES_free(names);
	return holds;
}

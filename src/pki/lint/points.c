#include "base/base.h"
#include "pki/lint/rules.h"

/* Addresses and lists inside extensions: where to ask about the certificate, under which policy. */

/* SEQUENCE SIZE (1..MAX) in each of these. */
bool
lint_extension_filled(const struct lint_case *c)
{
	static const int	 nids[] = {NID_ext_key_usage, NID_certificate_policies, NID_info_access,
		NID_sinfo_access, NID_crl_distribution_points, NID_freshest_crl,
		NID_subject_alt_name, NID_issuer_alt_name, NID_policy_mappings};

	for (size_t i = 0; i < ARRAY_LEN(nids); i++) {
		X509_EXTENSION	*e = lint_extension(c, nids[i]);

		if (e != NULL && lint_value(e).len <= 2)
			return false;
	}
	return true;
}

static bool
point_is_full(const DIST_POINT *p)
{
	return p->distpoint != NULL && p->distpoint->type == 0 &&
	    sk_GENERAL_NAME_num(p->distpoint->name.fullname) > 0;
}

/* True when the test holds for each point; none at all: for no point. */
static bool
lint_points(const struct lint_case *c, bool (*holds)(const DIST_POINT *p), bool each)
{
	CRL_DIST_POINTS	*points;
	int		 n = 0, all;

	if (lint_extension(c, NID_crl_distribution_points) == NULL)
		return true;
	points = X509_get_ext_d2i(c->cert->x, NID_crl_distribution_points, NULL, NULL);
	all = sk_DIST_POINT_num(points);
	for (int i = 0; i < all; i++)
		n += holds(sk_DIST_POINT_value(points, i));
	CRL_DIST_POINTS_free(points);
	return each ? n == all : n > 0;
}

bool
lint_crl_point(const struct lint_case *c)
{
	return lint_points(c, point_is_full, true);
}

static bool
point_is_of_all(const DIST_POINT *p)
{
	return p->reasons == NULL;
}

bool
lint_crl_reasons(const struct lint_case *c)
{
	return lint_points(c, point_is_of_all, false);
}

/* ---- addresses ---- */

static bool
address_is_clean(const ASN1_STRING *s)
{
	const unsigned char	*p = ASN1_STRING_get0_data(s);
	int			 len = ASN1_STRING_length(s);

	for (int i = 0; i < len; i++)
		if (p[i] <= ' ' || p[i] >= 0x7f)
			return false;
	return len > 0;
}

static bool
names_are_clean(const GENERAL_NAMES *names)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME	*n = sk_GENERAL_NAME_value(names, i);

		if ((n->type == GEN_URI || n->type == GEN_EMAIL || n->type == GEN_DNS) &&
		    !address_is_clean(n->d.ia5))
			return false;
	}
	return true;
}

static bool
point_is_clean(const DIST_POINT *p)
{
	return p->distpoint == NULL || p->distpoint->type != 0 ||
	    names_are_clean(p->distpoint->name.fullname);
}

static bool
access_is_clean(const struct lint_case *c)
{
	AUTHORITY_INFO_ACCESS	*a = X509_get_ext_d2i(c->cert->x, NID_info_access, NULL, NULL);
	bool			 clean = true;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(a) && clean; i++) {
		const GENERAL_NAME	*n = sk_ACCESS_DESCRIPTION_value(a, i)->location;

		clean = n->type != GEN_URI || address_is_clean(n->d.uniformResourceIdentifier);
	}
	AUTHORITY_INFO_ACCESS_free(a);
	return clean;
}

static bool
alternatives_are_clean(const struct lint_case *c)
{
	GENERAL_NAMES	*names = X509_get_ext_d2i(c->cert->x, NID_subject_alt_name, NULL, NULL);
	bool		 clean = names_are_clean(names);

	GENERAL_NAMES_free(names);
	return clean;
}

bool
lint_address_clean(const struct lint_case *c)
{
	return lint_points(c, point_is_clean, true) && access_is_clean(c) && alternatives_are_clean(c);
}

/* ---- policies ---- */

static bool
qualifier_is_cps(const POLICYQUALINFO *q)
{
	const ASN1_STRING	*s;

	if (OBJ_obj2nid(q->pqualid) != NID_id_qt_cps)
		return true;
	s = q->d.cpsuri;
	return ASN1_STRING_type(s) == V_ASN1_IA5STRING && address_is_clean(s) &&
	    ASN1_STRING_length(s) > 7 && memcmp(ASN1_STRING_get0_data(s), "http", 4) == 0;
}

bool
lint_policy_cps(const struct lint_case *c)
{
	CERTIFICATEPOLICIES	*p = X509_get_ext_d2i(c->cert->x, NID_certificate_policies, NULL,
	    NULL);
	bool			 holds = true;

	for (int i = 0; i < sk_POLICYINFO_num(p); i++) {
		const STACK_OF(POLICYQUALINFO)	*q = sk_POLICYINFO_value(p, i)->qualifiers;

		for (int k = 0; k < sk_POLICYQUALINFO_num(q); k++)
			holds = holds && qualifier_is_cps(sk_POLICYQUALINFO_value(q, k));
	}
	CERTIFICATEPOLICIES_free(p);
	return holds;
}

/* These change how a path is judged: whoever does not know them must not go on (RFC 5280 4.2.1.11, .14). */
bool
lint_policy_limits(const struct lint_case *c)
{
	static const int	 nids[] = {NID_policy_constraints, NID_inhibit_any_policy};

	for (size_t i = 0; i < ARRAY_LEN(nids); i++)
		if (lint_extension(c, nids[i]) != NULL &&
		    (!lint_is_critical(c, nids[i]) || !lint_is_ca(c)))
			return false;
	return lint_extension(c, NID_policy_mappings) == NULL || lint_is_ca(c);
}

#include "base/base.h"
#include "base/clock.h"
#include "pki/lint/rules.h"

bool
lint_profile_subject(const struct lint_case *c)
{
	struct err	 err = {0};

	/* Attributes that struct name does not know are not in it. */
	return c->profile == NULL ||
	    ((size_t)X509_NAME_entry_count(X509_get_subject_name(c->cert->x)) ==
	    c->cert->name.n && profile_check(c->profile, &c->cert->name, 1, &err) == 0);
}

bool
lint_profile_key(const struct lint_case *c)
{
	const EVP_PKEY		*key = cert_key(c->cert);
	const struct key_kind	*kind = key == NULL ? NULL : key_kind_of(key);

	return c->profile == NULL ||
	    (kind != NULL && profile_allows_key(c->profile, kind->name));
}

/* A renewed certificate begins now and keeps what was left of the old one. */
bool
lint_profile_years(const struct lint_case *c)
{
	return c->profile == NULL || c->cert->not_after <= CLOCK_DAY + 366 * CLOCK_DAY +
	    clock_add_years(c->cert->not_before, c->profile->max_years);
}

bool
lint_profile_usage(const struct lint_case *c)
{
	return c->profile == NULL || c->cert->usage == c->profile->usage;
}

bool
lint_profile_eku(const struct lint_case *c)
{
	size_t	 n = 0;
	char	 oid[64];

	if (c->profile == NULL)
		return true;
	for (const char *at = c->profile->eku; at != NULL && *at != '\0'; n++) {
		size_t	 len = strcspn(at, ",");

		snprintf(oid, sizeof(oid), "%.*s", (int)len, at);
		if (!cert_has_eku(c->cert, oid))
			return false;
		at += len + (at[len] == ',');
	}
	return n == lint_eku_count(c);
}

bool
lint_profile_path(const struct lint_case *c)
{
	long	 path = X509_get_pathlen(c->cert->x);

	return c->profile == NULL || (lint_is_ca(c) == (c->profile->kind == PROFILE_CA) &&
	    (c->profile->kind != PROFILE_CA || path == c->profile->path_len));
}

bool
lint_profile_identity(const struct lint_case *c)
{
	char		 code[CERT_IDENTITY_TEXT];
	const char	*type;

	return c->profile == NULL || !cert_identity(c->cert, &type, code) ||
	    (c->profile->identity != NULL && strcmp(c->profile->identity, type) == 0);
}

bool
lint_profile_named(const struct lint_case *c)
{
	char		 code[CERT_IDENTITY_TEXT];
	const char	*type;

	return c->profile == NULL || c->profile->identity == NULL ||
	    cert_identity(c->cert, &type, code);
}

/* One that is its own issuer, as of kmc's journal, has nobody to point to. */
bool
lint_profile_pointers(const struct lint_case *c)
{
	return c->profile == NULL || !c->profile->pointers || lint_is_self_issued(c) ||
	    (lint_extension(c, NID_info_access) != NULL &&
	    lint_extension(c, NID_crl_distribution_points) != NULL &&
	    lint_extension(c, NID_certificate_policies) != NULL);
}

bool
lint_profile_complete(const struct lint_case *c)
{
	if (c->profile == NULL)
		return true;
	for (size_t i = 0; i < c->profile->n_extension; i++) {
		ASN1_OBJECT	*o = OBJ_txt2obj(c->profile->extension[i].oid, 1);
		bool		 there = X509_get_ext_by_OBJ(c->cert->x, o, -1) >= 0;

		ASN1_OBJECT_free(o);
		if (!there)
			return false;
	}
	return !c->profile->no_check || lint_extension(c, NID_id_pkix_OCSP_noCheck) != NULL;
}

/* One of the profile's own, byte for byte. */
static bool
profile_has(const struct profile *p, X509_EXTENSION *e, const char *oid)
{
	struct der	 value = lint_value(e);

	for (size_t i = 0; i < p->n_extension; i++)
		if (strcmp(p->extension[i].oid, oid) == 0)
			return p->extension[i].critical == (X509_EXTENSION_get_critical(e) == 1) &&
			    p->extension[i].len == value.len &&
			    memcmp(p->extension[i].value, value.p, value.len) == 0;
	return false;
}

static bool
profile_permits(const struct profile *p, X509_EXTENSION *e)
{
	char	 oid[80];

	switch (OBJ_obj2nid(X509_EXTENSION_get_object(e))) {
	case NID_key_usage: case NID_ext_key_usage: case NID_basic_constraints:
	case NID_subject_key_identifier: case NID_authority_key_identifier:
		return true;		/* rules of their own */
	case NID_info_access: case NID_crl_distribution_points: case NID_certificate_policies:
		return p->pointers;
	case NID_id_pkix_OCSP_noCheck:
		return p->no_check;
	}
	OBJ_obj2txt(oid, sizeof(oid), X509_EXTENSION_get_object(e), 1);
	if (p->identity != NULL && strcmp(oid, cert_identity_oid(p->identity)) == 0)
		return true;
	return profile_has(p, e, oid);
}

bool
lint_profile_extension(const struct lint_case *c)
{
	if (c->profile == NULL)
		return true;
	for (int i = 0; i < X509_get_ext_count(c->cert->x); i++)
		if (!profile_permits(c->profile, X509_get_ext(c->cert->x, i)))
			return false;
	return true;
}

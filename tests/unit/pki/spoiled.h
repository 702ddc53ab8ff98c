#ifndef TEST_PKI_SPOILED_H
#define TEST_PKI_SPOILED_H
#include "pki/ca.h"
#include "pki/lint.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

/*
 * Every rule has a certificate that breaks it: the organisation's signature certificate, which
 * keeps them all, spoiled in one place.
 */
struct spoiled {
	const struct ca	*ca;
	X509		*x;			/* a copy to change */
	struct buf	 der;			/* its DER, to change after that */
	struct lint_case c;			/* issuer and profile to look with */
};

static void
put(struct spoiled *s, int nid, const char *text)
{
	X509_EXTENSION	*e = X509V3_EXT_conf_nid(NULL, NULL, nid, text);

	assert_non_null(e);
	X509_EXTENSION_free(X509_delete_ext(s->x, X509_get_ext_by_NID(s->x, nid, -1)));
	assert_int_equal(X509_add_ext(s->x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static void
put_raw(struct spoiled *s, const char *oid, bool critical, const void *p, int len)
{
	ASN1_OBJECT		*o = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING	*value = ASN1_OCTET_STRING_new();
	X509_EXTENSION		*e;

	ASN1_OCTET_STRING_set(value, p, len);
	e = X509_EXTENSION_create_by_OBJ(NULL, o, critical, value);
	assert_int_equal(X509_add_ext(s->x, e, -1), 1);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(o);
}

static void
mark(struct spoiled *s, int nid, int critical)
{
	X509_EXTENSION_set_critical(X509_get_ext(s->x, X509_get_ext_by_NID(s->x, nid, -1)),
	    critical);
}

static void
drop(struct spoiled *s, int nid)
{
	X509_EXTENSION_free(X509_delete_ext(s->x, X509_get_ext_by_NID(s->x, nid, -1)));
}

static void
row(struct spoiled *s, int nid, int type, const char *value, int len, int set)
{
	assert_int_equal(X509_NAME_add_entry_by_NID(X509_get_subject_name(s->x), nid, type,
	    (const unsigned char *)value, len, -1, set), 1);
}

static void
use_key(struct spoiled *s, EVP_PKEY *key)
{
	assert_non_null(key);
	assert_int_equal(X509_set_pubkey(s->x, key), 1);
	EVP_PKEY_free(key);
}

/* The bytes at the n-th place they stand (from 0) become others of the same length. */
static void
patch(struct spoiled *s, size_t n, const char *from, const char *to, size_t len)
{
	char	*at = s->der.p;

	do {
		at = memmem(at + 1, s->der.len - (size_t)(at + 1 - s->der.p), from, len);
		assert_non_null(at);
	} while (n-- > 0);
	memcpy(at, to, len);
}

/* ---- body ---- */

static void
spoil_version(struct spoiled *s)
{
	X509_set_version(s->x, X509_VERSION_2);
}

static void
spoil_serial_nonzero(struct spoiled *s)
{
	ASN1_INTEGER_set(X509_get_serialNumber(s->x), 0);
}

static void
spoil_serial_positive(struct spoiled *s)
{
	ASN1_INTEGER_set(X509_get_serialNumber(s->x), -1234567);
}

static void
spoil_serial_length(struct spoiled *s)
{
	/* Positive, as 21 bytes. */
	ASN1_STRING_set(X509_get_serialNumber(s->x), "\x80" "nineteen more bytes", 20);
}

static void
spoil_serial_entropy(struct spoiled *s)
{
	ASN1_INTEGER_set(X509_get_serialNumber(s->x), 1234567);
}

#define SM2_SM3		"\x2a\x81\x1c\xcf\x55\x01\x83\x75"
#define SM2_OTHER	"\x2a\x81\x1c\xcf\x55\x01\x83\x70"

static void
patch_algorithm_same(struct spoiled *s)
{
	patch(s, 0, SM2_SM3, SM2_OTHER, 8);
}

static void
patch_algorithm_known(struct spoiled *s)
{
	patch(s, 1, SM2_SM3, SM2_OTHER, 8);
	patch(s, 0, SM2_SM3, SM2_OTHER, 8);
}

static void
patch_algorithm_issuer(struct spoiled *s)
{
	static const char	 ecdsa[] = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";

	patch(s, 1, "\x30\x0a\x06\x08" SM2_SM3, ecdsa, 12);
	patch(s, 0, "\x30\x0a\x06\x08" SM2_SM3, ecdsa, 12);
}

static void
patch_canonical(struct spoiled *s)
{
	patch(s, 0, "\x01\x01\xff\x04", "\x01\x01\x01\x04", 4);
}

/* The thirteenth month. */
static void
patch_validity_real(struct spoiled *s)
{
	const ASN1_STRING	*t = X509_get0_notAfter(s->x);
	char			 text[13];

	assert_int_equal(ASN1_STRING_length(t), sizeof(text));
	memcpy(text, ASN1_STRING_get0_data(t), sizeof(text));
	memcpy(text + 2, "13", 2);
	patch(s, 0, (const char *)ASN1_STRING_get0_data(t), text, sizeof(text));
}

static void
set_end(struct spoiled *s, int64_t ms)
{
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(s->x), (time_t)(ms / 1000)));
}

static void
spoil_validity_order(struct spoiled *s)
{
	set_end(s, CA_NOW - 2 * CLOCK_DAY);
}

static void
spoil_validity_form(struct spoiled *s)
{
	ASN1_GENERALIZEDTIME	*t = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(CA_NOW / 1000));

	X509_set1_notAfter(s->x, t);
	ASN1_GENERALIZEDTIME_free(t);
}

static void
spoil_validity_nested(struct spoiled *s)
{
	set_end(s, cert_not_after(s->ca->issuing) + 1000);
}

/* [1] IMPLICIT BIT STRING after the public key; the two outer lengths grow by its four bytes. */
static void
patch_unique_ids(struct spoiled *s)
{
	unsigned char	*key = NULL, *p = (unsigned char *)s->der.p, *at;
	int		 n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(s->x), &key);
	struct buf	 der;

	buf_init(&der, LIMIT_CERT);
	at = (unsigned char *)memmem(p, s->der.len, key, (size_t)n) + n;
	for (size_t i = 2; i <= 6; i += 4) {
		unsigned	 len = (unsigned)(p[i] << 8 | p[i + 1]) + 4;

		assert_int_equal(p[i - 1], 0x82);
		p[i] = (unsigned char)(len >> 8);
		p[i + 1] = (unsigned char)len;
	}
	buf_add(&der, p, (size_t)(at - p));
	buf_add(&der, "\x81\x02\x00\x01", 4);
	buf_add(&der, at, s->der.len - (size_t)(at - p));
	buf_free(&s->der);
	s->der = der;
	OPENSSL_free(key);
}

/* ---- names ---- */

static void
spoil_issuer_present(struct spoiled *s)
{
	X509_NAME	*none = X509_NAME_new();

	X509_set_issuer_name(s->x, none);
	X509_NAME_free(none);
}

static void
spoil_issuer_same(struct spoiled *s)
{
	X509_set_issuer_name(s->x, X509_get_subject_name(cert_x509(s->ca->root)));
}

static void
spoil_subject_present(struct spoiled *s)
{
	X509_NAME	*none = X509_NAME_new();

	X509_set_subject_name(s->x, none);
	X509_NAME_free(none);
}

static void
spoil_name_country(struct spoiled *s)
{
	X509_NAME	*n = X509_get_subject_name(s->x);

	X509_NAME_ENTRY_set_data(X509_NAME_get_entry(n,
	    X509_NAME_get_index_by_NID(n, NID_countryName, -1)), V_ASN1_PRINTABLESTRING,
	    (const unsigned char *)"cn", 2);
	X509_set_subject_name(s->x, n);
	row(s, NID_localityName, V_ASN1_UTF8STRING, "x", 1, 0);
}

static void
spoil_name_string(struct spoiled *s)
{
	row(s, NID_localityName, V_ASN1_T61STRING, "Changsha", 8, 0);
}

static void
spoil_name_printable(struct spoiled *s)
{
	row(s, NID_localityName, V_ASN1_PRINTABLESTRING, "a_b", 3, 0);
}

static void
spoil_name_number(struct spoiled *s)
{
	row(s, NID_serialNumber, V_ASN1_UTF8STRING, "1", 1, 0);
}

static void
spoil_name_bounds(struct spoiled *s)
{
	char	 text[129];

	memset(text, 'x', sizeof(text));
	row(s, NID_localityName, V_ASN1_UTF8STRING, text, sizeof(text), 0);
}

static void
spoil_name_clean(struct spoiled *s)
{
	row(s, NID_localityName, V_ASN1_UTF8STRING, "Changsha ", 9, 0);
}

static void
spoil_name_single(struct spoiled *s)
{
	row(s, NID_commonName, V_ASN1_UTF8STRING, "second", 6, 0);
}

static void
spoil_name_rdn(struct spoiled *s)
{
	row(s, NID_localityName, V_ASN1_UTF8STRING, "Changsha", 8, -1);
}

/* ---- keys ---- */

static void
spoil_key_kind(struct spoiled *s)
{
	use_key(s, EVP_EC_gen("P-384"));
}

/* An OCTET STRING where the name of the curve stood. */
static void
patch_key_parameters(struct spoiled *s)
{
	static const char	 sm2[] = "\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d",
				 other[] = "\x04\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d";

	patch(s, 0, sm2, other, 10);
}

/* The last bit of the point changes: nothing lies there. */
static void
patch_key_on_curve(struct spoiled *s)
{
	unsigned char	 point[SM2_POINT_LEN], other[SM2_POINT_LEN];
	struct err	 err = {0};

	assert_ok(sm2_point(s->ca->sign_key, point, &err));
	memcpy(other, point, sizeof(point));
	other[SM2_POINT_LEN - 1] ^= 1;
	patch(s, 0, (const char *)point, (const char *)other, SM2_POINT_LEN);
}

static void
spoil_key_exponent(struct spoiled *s)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM		*three = BN_new();
	EVP_PKEY	*key = NULL;

	BN_set_word(three, 3);
	EVP_PKEY_keygen_init(ctx);
	EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048);
	EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, three);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	BN_free(three);
	EVP_PKEY_CTX_free(ctx);
	use_key(s, key);
}

static void
spoil_key_point(struct spoiled *s)
{
	EVP_PKEY	*key = EVP_EC_gen("P-256");

	assert_int_equal(EVP_PKEY_set_utf8_string_param(key,
	    OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"), 1);
	use_key(s, key);
}

static void
spoil_key_usage(struct spoiled *s)
{
	use_key(s, EVP_EC_gen("P-256"));
	put(s, NID_key_usage, "critical,keyEncipherment");
}

static void
spoil_key_own(struct spoiled *s)
{
	EVP_PKEY_up_ref(s->ca->issuing_key);
	use_key(s, s->ca->issuing_key);
}

/* ---- extensions ---- */

static void
spoil_extension_once(struct spoiled *s)
{
	put_raw(s, "2.5.29.14", false, "\x04\x01\x00", 3);
}

static void
spoil_extension_filled(struct spoiled *s)
{
	drop(s, NID_ext_key_usage);
	put_raw(s, "2.5.29.37", false, "\x30\x00", 2);
}

static void
spoil_extension_canonical(struct spoiled *s)
{
	put_raw(s, "2.5.29.19", true, "\x30\x03\x01\x01\x00", 5);
}

static void
spoil_extension_critical(struct spoiled *s)
{
	put_raw(s, "1.2.3.4", true, "\x05\x00", 2);
}

static void
spoil_extension_plain(struct spoiled *s)
{
	mark(s, NID_info_access, 1);
}

static void
spoil_subject_key_id(struct spoiled *s)
{
	drop(s, NID_subject_key_identifier);
	put(s, NID_basic_constraints, "critical,CA:TRUE");
}

static void
spoil_subject_key_id_leaf(struct spoiled *s)
{
	drop(s, NID_subject_key_identifier);
}

static void
spoil_authority_key_id(struct spoiled *s)
{
	drop(s, NID_authority_key_identifier);
}

static void
spoil_authority_key_same(struct spoiled *s)
{
	s->c.issuer = s->ca->root;
}

/* The serial number of the issuer's certificate, without its issuer's name. */
static void
spoil_authority_key_pair(struct spoiled *s)
{
	drop(s, NID_authority_key_identifier);
	put_raw(s, "2.5.29.35", false, "\x30\x03\x82\x01\x05", 5);
}

/* A CA below one that may have none. */
static void
spoil_constraints_issuer(struct spoiled *s)
{
	put(s, NID_basic_constraints, "critical,CA:TRUE");
	put(s, NID_key_usage, "critical,keyCertSign");
}

static void
spoil_constraints_names(struct spoiled *s)
{
	put(s, NID_name_constraints, "critical,permitted;DNS:example.cn");
}

static void
spoil_constraints_ca(struct spoiled *s)
{
	put(s, NID_basic_constraints, "CA:TRUE");
}

static void
spoil_constraints_path(struct spoiled *s)
{
	put_raw(s, "2.5.29.19", true, "\x30\x03\x02\x01\x00", 5);
}

static void
spoil_crl_uri(struct spoiled *s)
{
	put(s, NID_crl_distribution_points, "URI:file:///var/ca.crl");
}

static void
spoil_access_uri(struct spoiled *s)
{
	put(s, NID_info_access, "OCSP;URI:https://va.test/ocsp");
}

/* A point of reasons alone, and of nothing that one could fetch. */
static void
spoil_crl_point(struct spoiled *s)
{
	drop(s, NID_crl_distribution_points);
	put_raw(s, "2.5.29.31", false, "\x30\x06\x30\x04\x81\x02\x06\x40", 8);
}

/* Its list tells of lost keys only. */
static void
spoil_crl_reasons(struct spoiled *s)
{
	drop(s, NID_crl_distribution_points);
	put_raw(s, "2.5.29.31", false, "\x30\x14\x30\x12\xa0\x0c\xa0\x0a\x86\x08http://x"
	    "\x81\x02\x06\x40", 22);
}

static void
spoil_address_clean(struct spoiled *s)
{
	put(s, NID_crl_distribution_points, "URI:http://va.test/a list.crl");
}

static void
spoil_policy_once(struct spoiled *s)
{
	drop(s, NID_certificate_policies);
	put_raw(s, "2.5.29.32", false, "\x30\x0e\x30\x05\x06\x03\x2a\x03\x04"
	    "\x30\x05\x06\x03\x2a\x03\x04", 16);
}

/* A policy whose practice statement is at "file://x". */
static void
spoil_policy_cps(struct spoiled *s)
{
	drop(s, NID_certificate_policies);
	put_raw(s, "2.5.29.32", false, "\x30\x1d\x30\x1b\x06\x03\x2a\x03\x04\x30\x14\x30\x12"
	    "\x06\x08\x2b\x06\x01\x05\x05\x07\x02\x01\x16\x06" "file:x", 31);
}

static void
spoil_policy_limits(struct spoiled *s)
{
	put(s, NID_inhibit_any_policy, "0");
}

static void
spoil_alternative_name(struct spoiled *s)
{
	put(s, NID_subject_alt_name, "DNS:a..example");
}

/* ---- usage ---- */

static void
spoil_usage_present(struct spoiled *s)
{
	mark(s, NID_key_usage, 0);
}

static void
spoil_usage_ca(struct spoiled *s)
{
	put(s, NID_key_usage, "critical,keyCertSign,cRLSign");
}

static void
spoil_usage_class(struct spoiled *s)
{
	put(s, NID_key_usage, "critical,digitalSignature,keyEncipherment");
}

static void
spoil_usage_only(struct spoiled *s)
{
	put(s, NID_key_usage, "critical,digitalSignature,encipherOnly");
}

static void
spoil_usage_eku_once(struct spoiled *s)
{
	put(s, NID_ext_key_usage, "clientAuth,emailProtection,clientAuth");
}

static void
spoil_usage_eku_fits(struct spoiled *s)
{
	put(s, NID_key_usage, "critical,nonRepudiation");
}

static void
spoil_usage_eku_any(struct spoiled *s)
{
	put(s, NID_ext_key_usage, "clientAuth,anyExtendedKeyUsage");
}

static void
spoil_usage_tsa(struct spoiled *s)
{
	put(s, NID_ext_key_usage, "timeStamping");
}

static void
spoil_usage_ocsp(struct spoiled *s)
{
	put(s, NID_ext_key_usage, "OCSPSigning");
}

static void
patch_identity_code(struct spoiled *s)
{
	patch(s, 0, "91350100M000100Y43", "91350100M000100Y44", 18);
}

static void
spoil_identity_plain(struct spoiled *s)
{
	ASN1_OBJECT	*o = OBJ_txt2obj("1.2.156.10260.4.1.4", 1);

	X509_EXTENSION_set_critical(X509_get_ext(s->x, X509_get_ext_by_OBJ(s->x, o, -1)), 1);
	ASN1_OBJECT_free(o);
}

/* ---- profiles ---- */

static void
spoil_profile_subject(struct spoiled *s)
{
	row(s, NID_serialNumber, V_ASN1_PRINTABLESTRING, "1", 1, 0);
}

static void
spoil_profile_key(struct spoiled *s)
{
	use_key(s, EVP_EC_gen("P-256"));
}

/* Five years, one carried over and a day; one second more. */
static void
spoil_profile_years(struct spoiled *s)
{
	set_end(s, clock_add_years(CA_NOW - CLOCK_DAY, 5) + 367 * CLOCK_DAY + CLOCK_SECOND);
}

static void
spoil_profile_usage(struct spoiled *s)
{
	put(s, NID_key_usage, "critical,digitalSignature");
}

static void
spoil_profile_eku(struct spoiled *s)
{
	put(s, NID_ext_key_usage, "clientAuth");
}

static void
spoil_profile_path(struct spoiled *s)
{
	put(s, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
}

static void
spoil_profile_identity(struct spoiled *s)
{
	s->c.profile = profile_find("sm2-person-sign");
}

static void
spoil_profile_named(struct spoiled *s)
{
	ASN1_OBJECT	*o = OBJ_txt2obj("1.2.156.10260.4.1.4", 1);

	X509_EXTENSION_free(X509_delete_ext(s->x, X509_get_ext_by_OBJ(s->x, o, -1)));
	ASN1_OBJECT_free(o);
}

static void
spoil_profile_pointers(struct spoiled *s)
{
	drop(s, NID_crl_distribution_points);
}

/* As one of a responder, whose profile wants ocsp-nocheck. */
static void
spoil_profile_complete(struct spoiled *s)
{
	s->c.profile = profile_find("ocsp");
}

static void
spoil_profile_extension(struct spoiled *s)
{
	put_raw(s, "1.2.3.4", false, "\x05\x00", 2);
}

#define SPOIL(rule)	{ #rule, spoil_##rule, NULL }
#define PATCH(rule)	{ #rule, NULL, patch_##rule }
static const struct {
	const char	 *rule;
	void		(*spoil)(struct spoiled *s);	/* x */
	void		(*patch)(struct spoiled *s);	/* der */
} spoilers[] = {
	PATCH(canonical), SPOIL(version), SPOIL(serial_nonzero), SPOIL(serial_positive),
	SPOIL(serial_length), SPOIL(serial_entropy), PATCH(algorithm_same),
	PATCH(algorithm_known), PATCH(algorithm_issuer), PATCH(validity_real),
	SPOIL(validity_order), SPOIL(validity_form), SPOIL(validity_nested),
	PATCH(unique_ids), SPOIL(issuer_present), SPOIL(issuer_same),
	SPOIL(subject_present), SPOIL(name_country), SPOIL(name_string),
	SPOIL(name_printable), SPOIL(name_number), SPOIL(name_bounds), SPOIL(name_clean),
	SPOIL(name_single), SPOIL(name_rdn), SPOIL(key_kind), PATCH(key_parameters),
	PATCH(key_on_curve), SPOIL(key_exponent), SPOIL(key_point), SPOIL(key_usage),
	SPOIL(key_own), SPOIL(extension_once), SPOIL(extension_filled),
	SPOIL(extension_canonical), SPOIL(extension_critical), SPOIL(extension_plain),
	SPOIL(subject_key_id), SPOIL(subject_key_id_leaf), SPOIL(authority_key_id),
	SPOIL(authority_key_same), SPOIL(authority_key_pair), SPOIL(constraints_ca),
	SPOIL(constraints_path), SPOIL(constraints_issuer), SPOIL(constraints_names),
	SPOIL(crl_uri), SPOIL(access_uri), SPOIL(crl_point), SPOIL(crl_reasons),
	SPOIL(address_clean), SPOIL(policy_once), SPOIL(policy_cps),
	SPOIL(policy_limits), SPOIL(alternative_name), SPOIL(usage_present),
	SPOIL(usage_ca), SPOIL(usage_class), SPOIL(usage_only), SPOIL(usage_eku_once),
	SPOIL(usage_eku_fits), SPOIL(usage_eku_any), SPOIL(usage_tsa), SPOIL(usage_ocsp),
	PATCH(identity_code), SPOIL(identity_plain), SPOIL(profile_subject),
	SPOIL(profile_key), SPOIL(profile_years), SPOIL(profile_usage),
	SPOIL(profile_eku), SPOIL(profile_path), SPOIL(profile_identity),
	SPOIL(profile_named), SPOIL(profile_pointers), SPOIL(profile_complete),
	SPOIL(profile_extension),
};
#endif

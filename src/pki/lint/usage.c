#include "base/base.h"
#include "pki/idcode.h"
#include "pki/lint/rules.h"

#define USAGE_SIGNS	(KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)
#define USAGE_ENCIPHERS	(KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT | KU_KEY_AGREEMENT)

/* BIT STRING of named bits: the last one written is set (X.690 11.2.2). */
static bool
lint_has_last_bit(struct der in)
{
	struct der	 bits;

	return der_get(&in, 0x03, &bits) == 0 && bits.len >= 2 && bits.p[0] < 8 &&
	    (bits.p[bits.len - 1] >> bits.p[0] & 1) != 0;
}

bool
lint_usage_present(const struct lint_case *c)
{
	return lint_is_critical(c, NID_key_usage) &&
	    lint_has_last_bit(lint_value(lint_extension(c, NID_key_usage)));
}

bool
lint_usage_ca(const struct lint_case *c)
{
	bool	 ca = lint_is_ca(c);

	return ca == ((c->cert->usage & KU_KEY_CERT_SIGN) != 0) &&
	    (ca || (c->cert->usage & KU_CRL_SIGN) == 0);
}

/* A rule of the dual certificates; elsewhere RSA keys of servers do both. */
bool
lint_usage_class(const struct lint_case *c)
{
	const EVP_PKEY	*key = cert_key(c->cert);

	return key == NULL || key_kind_of(key) != &key_sm2 ||
	    (c->cert->usage & USAGE_SIGNS) == 0 || (c->cert->usage & USAGE_ENCIPHERS) == 0;
}

bool
lint_usage_only(const struct lint_case *c)
{
	unsigned	 only = c->cert->usage & (KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY);

	return only == 0 || ((c->cert->usage & KU_KEY_AGREEMENT) != 0 &&
	    only != (KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY));
}

bool
lint_usage_eku_once(const struct lint_case *c)
{
	EXTENDED_KEY_USAGE	*u = X509_get_ext_d2i(c->cert->x, NID_ext_key_usage, NULL, NULL);
	bool			 once = true;

	for (int i = 1; i < sk_ASN1_OBJECT_num(u); i++)
		for (int j = 0; j < i; j++)
			once = once && OBJ_cmp(sk_ASN1_OBJECT_value(u, i),
			    sk_ASN1_OBJECT_value(u, j)) != 0;
	EXTENDED_KEY_USAGE_free(u);
	return once;
}

/* Extended usages, and the key usages of which each needs one. */
static const struct { int nid; unsigned usage; } usage_needs[] = {
	{NID_server_auth, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT},
	{NID_client_auth, KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT},
	{NID_code_sign, KU_DIGITAL_SIGNATURE},
	{NID_email_protect, USAGE_SIGNS | USAGE_ENCIPHERS},
	{NID_time_stamp, USAGE_SIGNS},
	{NID_OCSP_sign, USAGE_SIGNS},
};

bool
lint_usage_eku_fits(const struct lint_case *c)
{
	EXTENDED_KEY_USAGE	*u = X509_get_ext_d2i(c->cert->x, NID_ext_key_usage, NULL, NULL);
	bool			 fits = true;

	for (int i = 0; i < sk_ASN1_OBJECT_num(u); i++)
		for (size_t k = 0; k < ARRAY_LEN(usage_needs); k++)
			if (OBJ_obj2nid(sk_ASN1_OBJECT_value(u, i)) == usage_needs[k].nid)
				fits = fits && (c->cert->usage & usage_needs[k].usage) != 0;
	EXTENDED_KEY_USAGE_free(u);
	return fits;
}

bool
lint_usage_eku_any(const struct lint_case *c)
{
	return !lint_has_eku(c, NID_anyExtendedKeyUsage);
}

bool
lint_usage_tsa(const struct lint_case *c)
{
	return !lint_has_eku(c, NID_time_stamp) || (lint_eku_count(c) == 1 &&
	    lint_is_critical(c, NID_ext_key_usage) && (c->cert->usage & ~USAGE_SIGNS) == 0);
}

bool
lint_usage_ocsp(const struct lint_case *c)
{
	return !lint_has_eku(c, NID_OCSP_sign) || (lint_eku_count(c) == 1 &&
	    lint_extension(c, NID_id_pkix_OCSP_noCheck) != NULL);
}

/* The older code of an organisation may still stand where the unified one does. */
bool
lint_identity_code(const struct lint_case *c)
{
	char		 code[CERT_IDENTITY_TEXT];
	const char	*type;
	struct err	 err = {0};

	if (!cert_identity(c->cert, &type, code))
		return true;
	if (strcmp(type, "uscc") == 0)
		return idcode_check_uscc(code, &err) == 0 || idcode_check_orgcode(code, &err) == 0;
	return strcmp(type, "resident-id") != 0 ||
	    idcode_check_resident(code, c->cert->not_after, &err) == 0;
}

bool
lint_identity_plain(const struct lint_case *c)
{
	char	 oid[80];

	for (int i = 0; i < X509_get_ext_count(c->cert->x); i++) {
		X509_EXTENSION	*e = X509_get_ext(c->cert->x, i);

		OBJ_obj2txt(oid, sizeof(oid), X509_EXTENSION_get_object(e), 1);
		if (X509_EXTENSION_get_critical(e) == 1 && cert_identity_is_oid(oid))
			return false;
	}
	return true;
}

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

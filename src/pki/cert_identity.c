#include "base/base.h"
#include "pki/cert_parts.h"
#include "pki/der.h"

#include <openssl/objects.h>

/* Where identity codes stand, the arcs in order of preference. */
static const struct identity_arc {
	const char	*oid;
	const char	*type;
} identity_arcs[] = {
	{"1.2.156.10260.4.4", "uscc"},			/* GM/T 0015-2023 */
	{"1.2.156.10260.4.1.4", "uscc"},		/* GM/T 0015-2012 organizationCode */
	{"1.2.156.10260.4.1.1.1", "resident-id"},	/* 2023 */
	{"1.2.156.10260.4.1.1.2", "passport"},
	{"1.2.156.10260.4.1.1", "resident-id"},		/* 2012 identifyCode */
	{"1.2.156.10260.4.1.5", "taxation"},
	{"1.2.156.10260.4.1.3", "registration"},
	{"1.2.156.10260.4.1.2", "insurance"},
	{"1.2.86.11.7.4", "uscc"},			/* older arc in the field */
	{"1.2.86.11.7.1", "resident-id"},
	{"1.2.86.11.7.5", "taxation"},
	{"1.2.86.11.7.3", "registration"},
};

/*
 * The 2012 text leaves open whether the CHOICE is tagged implicitly or explicitly, and most
 * CAs write a bare string: all three are read.
 */
static int
identity_read(struct der in, const char **type, char code[CERT_IDENTITY_TEXT])
{
	static const char *const	 choice[] = {"resident-id", "military", "passport"};
	struct der			 body, inner;
	unsigned			 tag;

	if (der_next(&in, &tag, &body, NULL) < 0 || in.len != 0)
		return -1;
	if ((tag & 0xdf) >= 0x80 && (tag & 0xdf) <= 0x82) {
		*type = choice[tag & 3];
		if ((tag & 0x20) != 0) {
			if (der_next(&body, &tag, &inner, NULL) < 0 || body.len != 0)
				return -1;
			body = inner;
		}
	} else if (tag != 0x0c && tag != 0x13 && tag != 0x16)
		return -1;
	if (body.len == 0 || body.len >= CERT_IDENTITY_TEXT ||
	    memchr(body.p, '\0', body.len) != NULL)
		return -1;
	memcpy(code, body.p, body.len);
	code[body.len] = '\0';
	return 0;
}

bool
cert_identity_is_oid(const char *oid)
{
	for (size_t i = 0; i < ARRAY_LEN(identity_arcs); i++)
		if (strcmp(identity_arcs[i].oid, oid) == 0)
			return true;
	return false;
}

const char *
cert_identity_oid(const char *type)
{
	return strcmp(type, "resident-id") == 0 ? "1.2.156.10260.4.1.1" : "1.2.156.10260.4.1.4";
}

bool
cert_identity(const struct cert *c, const char **type, char code[CERT_IDENTITY_TEXT])
{
	for (size_t i = 0; i < ARRAY_LEN(identity_arcs); i++) {
		ASN1_OBJECT	*o = OBJ_txt2obj(identity_arcs[i].oid, 1);
		int		 at = X509_get_ext_by_OBJ(c->x, o, -1);
		struct der	 in;

		ASN1_OBJECT_free(o);
		if (at < 0)
			continue;
		in.p = ASN1_STRING_get0_data(X509_EXTENSION_get_data(X509_get_ext(c->x, at)));
		in.len = (size_t)ASN1_STRING_length(
		    X509_EXTENSION_get_data(X509_get_ext(c->x, at)));
		*type = identity_arcs[i].type;
		if (identity_read(in, type, code) == 0)
			return true;
	}
	return false;
}

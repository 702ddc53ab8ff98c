#ifndef SEAL_PARTS_H
#define SEAL_PARTS_H
#include "pki/der.h"
#include "seal/eseal.h"

#include <openssl/asn1t.h>
/*
 * Inside of the floor: the structures of the standards for OpenSSL's templates (whose macros
 * want names of one word), and what a parsed seal is.
 */
typedef struct ses_header {
	ASN1_IA5STRING		*id;		/* "ES" */
	ASN1_INTEGER		*version;
	ASN1_IA5STRING		*vendor;
} SES_HEADER;
typedef struct ses_property {
	ASN1_INTEGER		*type;
	ASN1_UTF8STRING		*name;
	ASN1_INTEGER		*list_type;	/* 1 certificates, 2 digests */
	STACK_OF(ASN1_TYPE)	*list;		/* of OCTET STRING, or of SES_DIGEST */
	ASN1_GENERALIZEDTIME	*made, *from, *until;
} SES_PROPERTY;
/* Version 1: UTCTime, but GeneralizedTime is met too; no list_type. */
typedef struct ses_property1 {
	ASN1_INTEGER		*type;
	ASN1_UTF8STRING		*name;
	STACK_OF(ASN1_TYPE)	*list;
	ASN1_TIME		*made, *from, *until;
} SES_PROPERTY1;
typedef struct ses_digest {
	ASN1_PRINTABLESTRING	*type;
	ASN1_OCTET_STRING	*value;
} SES_DIGEST;
typedef struct ses_picture {
	ASN1_IA5STRING		*type;
	ASN1_OCTET_STRING	*data;
	ASN1_INTEGER		*width, *height;
} SES_PICTURE;
typedef struct ses_extension {
	ASN1_OBJECT		*id;
	ASN1_BOOLEAN		 critical;	/* -1: not written */
	ASN1_OCTET_STRING	*value;
} SES_EXTENSION;
typedef struct ses_info {
	SES_HEADER		*header;
	ASN1_IA5STRING		*id;
	SES_PROPERTY		*property;
	SES_PICTURE		*picture;
	STACK_OF(SES_EXTENSION)	*extensions;
} SES_INFO;
typedef struct ses_info1 {
	SES_HEADER		*header;
	ASN1_IA5STRING		*id;
	SES_PROPERTY1		*property;
	SES_PICTURE		*picture;
	STACK_OF(SES_EXTENSION)	*extensions;
} SES_INFO1;
typedef struct ses_seal {
	SES_INFO		*info;
	ASN1_OCTET_STRING	*maker;
	ASN1_OBJECT		*algorithm;
	ASN1_BIT_STRING		*signature;
	ASN1_BIT_STRING		*stamp;		/* version 5; of nobody's interest here */
} SES_SEAL;
typedef struct ses_sign_info1 {
	ASN1_OCTET_STRING	*maker;
	ASN1_OBJECT		*algorithm;
	ASN1_BIT_STRING		*signature;
} SES_SIGN_INFO1;
typedef struct ses_seal1 {
	SES_INFO1		*info;
	SES_SIGN_INFO1		*sign;
} SES_SEAL1;
DECLARE_ASN1_ITEM(SES_SEAL)
DECLARE_ASN1_ITEM(SES_SEAL1)
DECLARE_ASN1_ITEM(SES_INFO)
DECLARE_ASN1_ITEM(SES_DIGEST)

struct eseal {
	SES_SEAL		*ses;		/* versions 4 and 5 … */
	SES_SEAL1		*ses1;		/* … or 1: what the rest points into */
	int			 version;
	char			 id[ESEAL_ID_TEXT], vendor[ESEAL_ID_TEXT], name[ESEAL_NAME_TEXT];
	char			 picture_type[8];
	int64_t			 type, made, not_before, not_after;
	struct eseal_picture	 picture;
	struct eseal_holder	 holder[ESEAL_HOLDERS_MAX];
	size_t			 n_holders;
	bool			 has_critical;	/* an extension that must be understood */
	bool			 is_sm2;	/* signature algorithm */
	struct cert		*maker;
	struct buf		 signed_part;	/* the bytes that are signed */
	const ASN1_BIT_STRING	*signature;
};
#endif

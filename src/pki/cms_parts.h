#ifndef PKI_CMS_PARTS_H
#define PKI_CMS_PARTS_H
#include "pki/cms.h"
/* Shared by cms.c (signing) and cms_check.c, for src/pki only. */
#define CMS_OID_SIGNED		"1.2.840.113549.1.7.2"
#define CMS_OID_SIGNED_GM	"1.2.156.10197.6.1.4.2.2"
#define CMS_OID_CONTENT_TYPE	"1.2.840.113549.1.9.3"
#define CMS_OID_MESSAGE_DIGEST	"1.2.840.113549.1.9.4"
#define CMS_OID_SIGNING_TIME	"1.2.840.113549.1.9.5"
#define CMS_OID_SIGNING_CERT	"1.2.840.113549.1.9.16.2.47"

/* IssuerAndSerialNumber; ESSCertIDv2 of the certificate. */
void	cms_add_issuer_and_serial(struct buf *b, const struct cert *c);
void	cms_add_cert_id(struct buf *b, const struct cert *c, const EVP_MD *md);
/* AlgorithmIdentifier of SM2 signatures in GM/T 0010. */
void	cms_add_algorithm_gm(struct buf *b);
#endif

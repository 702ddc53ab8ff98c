#ifndef PKI_CMS_H
#define PKI_CMS_H
#include "pki/cert.h"
/*
 * SignedData with one signer and content inside (RFC 5652; GM/T 0010 in CMS_GM), for keys of
 * every kind of key.h.  Signed attributes are always there: contentType, signingTime,
 * messageDigest and signingCertificateV2 (RFC 5035), digests by the key kind.
 */
#define CMS_MAX		65536		/* bytes of one message */

enum cms_form {
	CMS_STANDARD,			/* the OIDs of PKCS#7 */
	CMS_GM,				/* those of GM/T 0010; only with an SM2 key */
};

struct cms_plan {
	const char	*type;		/* OID of the content */
	const void	*content;
	size_t		 len;
	const struct cert *signer;
	EVP_PKEY	*key;		/* of the signer */
	const struct cert *const *certs; /* to include, at most CERT_CHAIN_MAX */
	size_t		 n_certs;
	int64_t		 time;		/* signingTime, ms */
	enum cms_form	 form;
};
/* Append the ContentInfo.  ERR_INPUT: CMS_GM with another key than SM2. */
NODISCARD int	cms_sign(const struct cms_plan *plan, struct buf *der, struct err *err);

/*
 * Check a ContentInfo of either form: exactly one signer, who is `signer`; content type `type`;
 * digest, signingCertificateV2 and signature hold.  content points into der.  Not checked: the
 * signer's own certificate, unsigned attributes.
 */
NODISCARD int	cms_check(const void *der, size_t len, const char *type,
		    const struct cert *signer, struct der *content, struct err *err);
/* The i-th certificate a ContentInfo carries, whoever signed; ERR_NOT_FOUND past the last. */
NODISCARD int	cms_certificate(const void *der, size_t len, size_t i, struct cert **out,
		    struct err *err);
/* The certs-only form (RFC 5652 5.1, RFC 7030 4.1.3): certs are DER, one behind the other. */
NODISCARD int	cms_certs(const void *certs, size_t len, struct buf *der, struct err *err);
/* DER AlgorithmIdentifier of a digest, parameters absent. */
void		cms_add_digest(struct buf *b, const EVP_MD *md);
#endif

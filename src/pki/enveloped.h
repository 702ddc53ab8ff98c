#ifndef PKI_ENVELOPED_H
#define PKI_ENVELOPED_H
#include "pki/cert.h"
#include "pki/der.h"
/*
 * EnvelopedData (GM/T 0010-2012 clause 9; the OIDs of PKCS#7 are read as well): a document
 * encrypted with SM4-CBC under a key that is wrapped with SM2 for the encryption certificates of
 * its readers.
 *
 * Reading takes it apart; opening needs a private key, which may stand in a UKey.
 */
#define ENVELOPED_MAX	(1024 * 1024)	/* bytes of one document */

struct enveloped {
	struct der	 recipients;	/* RecipientInfos; points into the DER, as content */
	unsigned char	 iv[16];
	struct der	 content;	/* encrypted, padded (PKCS#5) */
};
/* ERR_INPUT when it is none, or is encrypted by anything but SM4-CBC. */
NODISCARD int	enveloped_parse(const void *der, size_t len, struct enveloped *out,
		    struct err *err);
/*
 * The wrapped key for this certificate (sm2_cipher_free): 1 there, 0 it is for others, -1
 * malformed.
 */
int		enveloped_for(const struct enveloped *e, const struct cert *reader,
		    struct sm2_cipher *wrapped, struct err *err);
/* Append the document for one reader. */
NODISCARD int	enveloped_make(const struct cert *reader, const void *p, size_t len,
		    struct buf *der, struct err *err);
#endif

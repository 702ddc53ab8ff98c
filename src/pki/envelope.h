#ifndef PKI_ENVELOPE_H
#define PKI_ENVELOPE_H
#include "pki/sm2.h"
/*
 * SM2EnvelopedKey (GM/T 0009 7.4, GB/T 35276): how the encryption key pair travels from the
 * key management centre into the UKey.
 *
 *	SM2EnvelopedKey ::= SEQUENCE {
 *		symAlgID		AlgorithmIdentifier,	-- sm4-ecb, parameters NULL
 *		symEncryptedKey		SM2Cipher,		-- to the sign public key
 *		sm2PublicKey		SM2PublicKey,		-- of the enclosed pair
 *		sm2EncryptedPrivateKey	BIT STRING }		-- SM4-ECB, unpadded, 32 bytes
 *
 * Readers accept symAlgID sm4 (bare) and sm4-ecb, parameters NULL or absent, and an
 * encrypted key of 32 bytes or of 64 (GmSSL's habit: the key is in the last half).
 */
#define ENVELOPE_MAX	1024

/*
 * Enclose the private scalar, whose public point is `point`, for the holder of the sign key;
 * appends the DER.  Not checked: that scalar and point belong together (envelope_open does).
 */
NODISCARD int	envelope_make(const unsigned char sign_point[SM2_POINT_LEN],
		    const unsigned char scalar[SM2_SCALAR_LEN],
		    const unsigned char point[SM2_POINT_LEN], struct buf *der, struct err *err);
/* Open it with the sign private key; checks d*G == sm2PublicKey.  out holds 32 bytes. */
NODISCARD int	envelope_open(EVP_PKEY *sign_key, const void *der, size_t len,
		    struct secret *out, struct err *err);

/*
 * The two parts to open it with a general tool, appended: the SM4 key as SM2Cipher (DER) for the sign
 * key, and the private scalar under that key (SM4-ECB, 32 bytes).  ERR_INPUT when malformed.
 */
NODISCARD int	envelope_split(const void *der, size_t len, struct buf *cipher, struct buf *key,
		    struct err *err);

/*
 * The fields of SKF's ENVELOPEDKEYBLOB (GM/T 0016 6.4.10), to be copied into the packed
 * struct by the token floor.  Coordinates are right-aligned in 64 bytes there.
 */
struct envelope_fields {
	unsigned char	 private_key[64];	/* zeros, then at 32 the 32 encrypted bytes */
	unsigned char	 x[64], y[64];		/* PubKey of the enclosed pair */
	unsigned char	 cx[64], cy[64];	/* ECCCipherBlob: C1 */
	unsigned char	 hash[32];		/* C3 */
	unsigned char	 cipher[64];		/* C2: the wrapped SM4 key */
	size_t		 cipher_len;		/* 16 */
};
/* Pure re-packing, no key needed.  ERR_INPUT when malformed. */
NODISCARD int	envelope_to_fields(const void *der, size_t len, struct envelope_fields *f,
		    struct err *err);
void		envelope_from_fields(const struct envelope_fields *f, struct buf *der);
#endif

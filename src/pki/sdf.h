#ifndef PKI_SDF_H
#define PKI_SDF_H
#include "pki/sm2.h"
/*
 * The part of GM/T 0018-2012 (SDF, cryptographic devices) that signing needs: types of its
 * clause 5 with numbers of 512 bits, right-aligned, and the functions of sdf.def.
 */
#define SDF_ECC_MAX	64		/* ECCref_MAX_LEN */
struct sdf_public_key {			/* ECCrefPublicKey */
	unsigned int	 bits;
	unsigned char	 x[SDF_ECC_MAX], y[SDF_ECC_MAX];
};
struct sdf_signature {			/* ECCSignature */
	unsigned char	 r[SDF_ECC_MAX], s[SDF_ECC_MAX];
};
#define SDR_OPENDEVICE	0x01000005
#define SDR_OPENSESSION	0x01000006
#define SDR_PARDENY	0x01000007
#define SDR_KEYNOTEXIST	0x01000008
#define SDR_PRKRERR	0x01000017	/* private key access right */
#define SDR_INARGERR	0x0100001d

struct sdf_functions {
#define SDF(name, args)	int (*name) args;
#include "pki/sdf.def"
#undef SDF
};
#endif

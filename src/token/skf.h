#ifndef TOKEN_SKF_H
#define TOKEN_SKF_H
#include <stdint.h>
/*
 * The smart token cryptography application interface, GM/T 0016-2012 (GB/T 35291-2017): types,
 * constants, error codes, functions.  Structures are packed; ULONG, BOOL are 32 bits as the
 * norm says (some vendors' Linux libraries use 64: a driver option).  Lists of names are each
 * ended by a NUL, the list by one more; a NULL buffer asks for the size.
 */
#pragma pack(push, 1)

typedef uint8_t		BYTE;
typedef uint32_t	ULONG;
typedef int32_t		BOOL;
typedef char		*LPSTR;
typedef void		*HANDLE, *DEVHANDLE, *HAPPLICATION, *HCONTAINER;
#define DEVAPI

/* 6.4: structures */
typedef struct { BYTE major, minor; } VERSION;
typedef struct {
	VERSION	Version;
	char	Manufacturer[64], Issuer[64], Label[32], SerialNumber[32];
	VERSION	HWVersion, FirmwareVersion;
	ULONG	AlgSymCap, AlgAsymCap, AlgHashCap, DevAuthAlgId;
	ULONG	TotalSpace, FreeSpace, MaxECCBufferSize, MaxBufferSize;
	BYTE	Reserved[64];
} DEVINFO;
typedef struct { ULONG BitLen; BYTE XCoordinate[64], YCoordinate[64]; } ECCPUBLICKEYBLOB;
typedef struct { BYTE r[64], s[64]; } ECCSIGNATUREBLOB;
typedef struct {
	BYTE	XCoordinate[64], YCoordinate[64], HASH[32];
	ULONG	CipherLen;
	BYTE	Cipher[1];			/* CipherLen bytes */
} ECCCIPHERBLOB;
typedef struct {
	ULONG			Version;	/* 1 */
	ULONG			ulSymmAlgID;	/* ECB only */
	ULONG			ulBits;		/* 256 */
	BYTE			cbEncryptedPriKey[64];
	ECCPUBLICKEYBLOB	PubKey;
	ECCCIPHERBLOB		ECCCipherBlob;
} ENVELOPEDKEYBLOB;
#pragma pack(pop)

#define ADMIN_TYPE		0
#define USER_TYPE		1
#define SGD_SM3			0x00000001
#define SGD_SM2_1		0x00020100	/* signature */
#define SGD_SM4_ECB		0x00000401
#define DEV_ABSENT_STATE	0
#define DEV_PRESENT_STATE	1
#define CONTAINER_EMPTY		0
#define CONTAINER_ECC		2

/* 7.2: error codes */
#define SAR_OK				0x00000000
#define SAR_FAIL			0x0A000001
#define SAR_NOTSUPPORTYETERR		0x0A000003
#define SAR_FILEERR			0x0A000004
#define SAR_INVALIDHANDLEERR		0x0A000005
#define SAR_INVALIDPARAMERR		0x0A000006
#define SAR_NAMELENERR			0x0A000009
#define SAR_INDATALENERR		0x0A000010
#define SAR_INDATAERR			0x0A000011
#define SAR_HASHNOTEQUALERR		0x0A00001A
#define SAR_KEYNOTFOUNTERR		0x0A00001B
#define SAR_CERTNOTFOUNTERR		0x0A00001C
#define SAR_DECRYPTPADERR		0x0A00001E
#define SAR_BUFFER_TOO_SMALL		0x0A000020
#define SAR_DEVICE_REMOVED		0x0A000023
#define SAR_PIN_INCORRECT		0x0A000024
#define SAR_PIN_LOCKED			0x0A000025
#define SAR_PIN_INVALID			0x0A000026
#define SAR_PIN_LEN_RANGE		0x0A000027
#define SAR_USER_TYPE_INVALID		0x0A00002A
#define SAR_APPLICATION_NAME_INVALID	0x0A00002B
#define SAR_USER_NOT_LOGGED_IN		0x0A00002D
#define SAR_APPLICATION_NOT_EXISTS	0x0A00002E
#define SAR_NO_ROOM			0x0A000030
#define SAR_REACH_MAX_CONTAINER_COUNT	0x0A000032

/*
 * The functions, one row each: SKF_FUNCTION(name, parameters).  From this list come the
 * prototypes, the driver's table and what the loader looks up.
 */
#define SKF_FUNCTIONS									\
	SKF_FUNCTION(EnumDev, (BOOL present, LPSTR list, ULONG *size))			\
	SKF_FUNCTION(ConnectDev, (LPSTR name, DEVHANDLE *dev))				\
	SKF_FUNCTION(DisConnectDev, (DEVHANDLE dev))					\
	SKF_FUNCTION(GetDevState, (LPSTR name, ULONG *state))				\
	SKF_FUNCTION(SetLabel, (DEVHANDLE dev, LPSTR label))				\
	SKF_FUNCTION(GetDevInfo, (DEVHANDLE dev, DEVINFO *info))			\
	SKF_FUNCTION(LockDev, (DEVHANDLE dev, ULONG ms))				\
	SKF_FUNCTION(UnlockDev, (DEVHANDLE dev))					\
	SKF_FUNCTION(ChangePIN, (HAPPLICATION app, ULONG type, LPSTR old_pin,		\
	    LPSTR new_pin, ULONG *retry))						\
	SKF_FUNCTION(GetPINInfo, (HAPPLICATION app, ULONG type, ULONG *max,		\
	    ULONG *remain, BOOL *is_default))						\
	SKF_FUNCTION(VerifyPIN, (HAPPLICATION app, ULONG type, LPSTR pin, ULONG *retry)) \
	SKF_FUNCTION(UnblockPIN, (HAPPLICATION app, LPSTR admin_pin, LPSTR new_pin,	\
	    ULONG *retry))								\
	SKF_FUNCTION(ClearSecureState, (HAPPLICATION app))				\
	SKF_FUNCTION(EnumApplication, (DEVHANDLE dev, LPSTR list, ULONG *size))		\
	SKF_FUNCTION(OpenApplication, (DEVHANDLE dev, LPSTR name, HAPPLICATION *app))	\
	SKF_FUNCTION(CloseApplication, (HAPPLICATION app))				\
	SKF_FUNCTION(CreateContainer, (HAPPLICATION app, LPSTR name, HCONTAINER *c))	\
	SKF_FUNCTION(DeleteContainer, (HAPPLICATION app, LPSTR name))			\
	SKF_FUNCTION(OpenContainer, (HAPPLICATION app, LPSTR name, HCONTAINER *c))	\
	SKF_FUNCTION(CloseContainer, (HCONTAINER c))					\
	SKF_FUNCTION(EnumContainer, (HAPPLICATION app, LPSTR list, ULONG *size))	\
	SKF_FUNCTION(GetContainerType, (HCONTAINER c, ULONG *type))			\
	SKF_FUNCTION(ImportCertificate, (HCONTAINER c, BOOL sign, BYTE *cert, ULONG len)) \
	SKF_FUNCTION(ExportCertificate, (HCONTAINER c, BOOL sign, BYTE *cert, ULONG *len)) \
	SKF_FUNCTION(GenRandom, (DEVHANDLE dev, BYTE *out, ULONG len))			\
	SKF_FUNCTION(GenECCKeyPair, (HCONTAINER c, ULONG alg, ECCPUBLICKEYBLOB *pub))	\
	SKF_FUNCTION(ImportECCKeyPair, (HCONTAINER c, ENVELOPEDKEYBLOB *envelope))	\
	SKF_FUNCTION(ECCSignData, (HCONTAINER c, BYTE *digest, ULONG len,		\
	    ECCSIGNATUREBLOB *sig))							\
	SKF_FUNCTION(ECCVerify, (DEVHANDLE dev, ECCPUBLICKEYBLOB *pub, BYTE *digest,	\
	    ULONG len, ECCSIGNATUREBLOB *sig))						\
	SKF_FUNCTION(ExportPublicKey, (HCONTAINER c, BOOL sign, BYTE *blob, ULONG *len)) \
	SKF_FUNCTION(DigestInit, (DEVHANDLE dev, ULONG alg, ECCPUBLICKEYBLOB *pub,	\
	    BYTE *id, ULONG id_len, HANDLE *hash))					\
	SKF_FUNCTION(Digest, (HANDLE hash, BYTE *p, ULONG len, BYTE *out, ULONG *out_len)) \
	SKF_FUNCTION(DigestUpdate, (HANDLE hash, BYTE *p, ULONG len))			\
	SKF_FUNCTION(DigestFinal, (HANDLE hash, BYTE *out, ULONG *out_len))		\
	SKF_FUNCTION(CloseHandle, (HANDLE hash))

#define SKF_FUNCTION(name, params)	ULONG DEVAPI SKF_##name params;
SKF_FUNCTIONS
#undef SKF_FUNCTION
#endif

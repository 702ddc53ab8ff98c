#ifndef TOKEN_SKF_H
#define TOKEN_SKF_H
#include <stdint.h>
/*
 * The smart token cryptography application interface, GM/T 0016-2012 (GB/T 35291-2017): types,
 * constants, error codes, functions.  Structures are packed; ULONG, BOOL are 32 bits as the
 * norm says; some vendors' Linux libraries use 64 bits for ULONG, and code compiled with
 * -DSKF_ULONG=uint64_t speaks with them (token/card.h).  Lists of names are each
 * ended by a NUL, the list by one more; a NULL buffer asks for the size.
 */
#pragma pack(push, 1)

#ifndef SKF_ULONG
#define SKF_ULONG	uint32_t
#endif
typedef uint8_t		BYTE;
typedef SKF_ULONG	ULONG;
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
typedef struct { ULONG BitLen; BYTE PrivateKey[64]; } ECCPRIVATEKEYBLOB;
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
typedef struct {
	BYTE	IV[32];
	ULONG	IVLen;
	ULONG	PaddingType;			/* 0 none, 1 PKCS#5 */
	ULONG	FeedBitLen;			/* of CFB, OFB */
} BLOCKCIPHERPARAM;
typedef struct {
	char	FileName[32];			/* no NUL when all 32 are used */
	ULONG	FileSize, ReadRights, WriteRights;
} FILEATTRIBUTE;
typedef struct {
	ULONG	AlgID, BitLen;
	BYTE	Modulus[256], PublicExponent[4];
} RSAPUBLICKEYBLOB;
typedef struct {
	ULONG	AlgID, BitLen;
	BYTE	Modulus[256], PublicExponent[4], PrivateExponent[256], Prime1[128], Prime2[128],
		Prime1Exponent[128], Prime2Exponent[128], Coefficient[128];
} RSAPRIVATEKEYBLOB;
#pragma pack(pop)

#define ADMIN_TYPE		0
#define USER_TYPE		1
#define SGD_SM3			0x00000001
#define SGD_SM2_1		0x00020100	/* signature */
#define SGD_SM2_3		0x00020400	/* encryption */
#define SGD_SM4			0x00000400
#define SGD_SM4_ECB		0x00000401
#define SGD_SM4_CBC		0x00000402
#define SGD_SM4_MAC		0x00000410
#define DEV_ABSENT_STATE	0
#define DEV_PRESENT_STATE	1
#define CONTAINER_EMPTY		0
#define CONTAINER_ECC		2
#define SECURE_NEVER_ACCOUNT	0x00		/* rights of files and applications */
#define SECURE_ADM_ACCOUNT	0x01
#define SECURE_USER_ACCOUNT	0x10
#define SECURE_ANYONE_ACCOUNT	0xFF

/* 7.2: error codes */
#define SAR_OK				0x00000000
#define SAR_FAIL			0x0A000001
#define SAR_NOTSUPPORTYETERR		0x0A000003
#define SAR_FILEERR			0x0A000004
#define SAR_INVALIDHANDLEERR		0x0A000005
#define SAR_INVALIDPARAMERR		0x0A000006
#define SAR_NAMELENERR			0x0A000009
#define SAR_KEYUSAGEERR			0x0A00000A
#define SAR_NOTINITIALIZEERR		0x0A00000C
#define SAR_MEMORYERR			0x0A00000E
#define SAR_TIMEOUTERR			0x0A00000F
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
#define SAR_USER_PIN_NOT_INITIALIZED	0x0A000029
#define SAR_USER_TYPE_INVALID		0x0A00002A
#define SAR_APPLICATION_NAME_INVALID	0x0A00002B
#define SAR_APPLICATION_EXISTS		0x0A00002C
#define SAR_USER_NOT_LOGGED_IN		0x0A00002D
#define SAR_APPLICATION_NOT_EXISTS	0x0A00002E
#define SAR_FILE_ALREADY_EXIST		0x0A00002F
#define SAR_NO_ROOM			0x0A000030
#define SAR_FILE_NOT_EXIST		0x0A000031
#define SAR_REACH_MAX_CONTAINER_COUNT	0x0A000032

/*
 * The functions, one row each: SKF_FUNCTION(name, parameters).  From this list come the
 * prototypes, the driver's table and what the loader looks up.  First those that the software
 * UKey has.
 */
#define SKF_SUPPORTED									\
	SKF_FUNCTION(EnumDev, (BOOL present, LPSTR list, ULONG *size))			\
	SKF_FUNCTION(ConnectDev, (LPSTR name, DEVHANDLE *dev))				\
	SKF_FUNCTION(DisConnectDev, (DEVHANDLE dev))					\
	SKF_FUNCTION(GetDevState, (LPSTR name, ULONG *state))				\
	SKF_FUNCTION(SetLabel, (DEVHANDLE dev, LPSTR label))				\
	SKF_FUNCTION(GetDevInfo, (DEVHANDLE dev, DEVINFO *info))			\
	SKF_FUNCTION(LockDev, (DEVHANDLE dev, ULONG ms))				\
	SKF_FUNCTION(UnlockDev, (DEVHANDLE dev))					\
	SKF_FUNCTION(DevAuth, (DEVHANDLE dev, BYTE *data, ULONG len))			\
	SKF_FUNCTION(ChangeDevAuthKey, (DEVHANDLE dev, BYTE *key, ULONG len))		\
	SKF_FUNCTION(GenRandom, (DEVHANDLE dev, BYTE *out, ULONG len))			\
	SKF_FUNCTION(ChangePIN, (HAPPLICATION app, ULONG type, LPSTR old_pin,		\
	    LPSTR new_pin, ULONG *retry))						\
	SKF_FUNCTION(GetPINInfo, (HAPPLICATION app, ULONG type, ULONG *max,		\
	    ULONG *remain, BOOL *is_default))						\
	SKF_FUNCTION(VerifyPIN, (HAPPLICATION app, ULONG type, LPSTR pin, ULONG *retry)) \
	SKF_FUNCTION(UnblockPIN, (HAPPLICATION app, LPSTR admin_pin, LPSTR new_pin,	\
	    ULONG *retry))								\
	SKF_FUNCTION(ClearSecureState, (HAPPLICATION app))				\
	SKF_FUNCTION(CreateApplication, (DEVHANDLE dev, LPSTR name, LPSTR admin_pin,	\
	    ULONG admin_tries, LPSTR user_pin, ULONG user_tries, ULONG file_rights,	\
	    HAPPLICATION *app))								\
	SKF_FUNCTION(EnumApplication, (DEVHANDLE dev, LPSTR list, ULONG *size))		\
	SKF_FUNCTION(DeleteApplication, (DEVHANDLE dev, LPSTR name))			\
	SKF_FUNCTION(OpenApplication, (DEVHANDLE dev, LPSTR name, HAPPLICATION *app))	\
	SKF_FUNCTION(CloseApplication, (HAPPLICATION app))				\
	SKF_FUNCTION(CreateFile, (HAPPLICATION app, LPSTR name, ULONG size,		\
	    ULONG read_rights, ULONG write_rights))					\
	SKF_FUNCTION(DeleteFile, (HAPPLICATION app, LPSTR name))			\
	SKF_FUNCTION(EnumFiles, (HAPPLICATION app, LPSTR list, ULONG *size))		\
	SKF_FUNCTION(GetFileInfo, (HAPPLICATION app, LPSTR name, FILEATTRIBUTE *info))	\
	SKF_FUNCTION(ReadFile, (HAPPLICATION app, LPSTR name, ULONG offset, ULONG size,	\
	    BYTE *out, ULONG *out_len))							\
	SKF_FUNCTION(WriteFile, (HAPPLICATION app, LPSTR name, ULONG offset, BYTE *p,	\
	    ULONG len))									\
	SKF_FUNCTION(CreateContainer, (HAPPLICATION app, LPSTR name, HCONTAINER *c))	\
	SKF_FUNCTION(DeleteContainer, (HAPPLICATION app, LPSTR name))			\
	SKF_FUNCTION(OpenContainer, (HAPPLICATION app, LPSTR name, HCONTAINER *c))	\
	SKF_FUNCTION(CloseContainer, (HCONTAINER c))					\
	SKF_FUNCTION(EnumContainer, (HAPPLICATION app, LPSTR list, ULONG *size))	\
	SKF_FUNCTION(GetContainerType, (HCONTAINER c, ULONG *type))			\
	SKF_FUNCTION(ImportCertificate, (HCONTAINER c, BOOL sign, BYTE *cert, ULONG len)) \
	SKF_FUNCTION(ExportCertificate, (HCONTAINER c, BOOL sign, BYTE *cert, ULONG *len)) \
	SKF_FUNCTION(GenECCKeyPair, (HCONTAINER c, ULONG alg, ECCPUBLICKEYBLOB *pub))	\
	SKF_FUNCTION(ImportECCKeyPair, (HCONTAINER c, ENVELOPEDKEYBLOB *envelope))	\
	SKF_FUNCTION(ECCSignData, (HCONTAINER c, BYTE *digest, ULONG len,		\
	    ECCSIGNATUREBLOB *sig))							\
	SKF_FUNCTION(ECCVerify, (DEVHANDLE dev, ECCPUBLICKEYBLOB *pub, BYTE *digest,	\
	    ULONG len, ECCSIGNATUREBLOB *sig))						\
	SKF_FUNCTION(ExtECCVerify, (DEVHANDLE dev, ECCPUBLICKEYBLOB *pub, BYTE *digest,	\
	    ULONG len, ECCSIGNATUREBLOB *sig))						\
	SKF_FUNCTION(ExtECCEncrypt, (DEVHANDLE dev, ECCPUBLICKEYBLOB *pub, BYTE *p,	\
	    ULONG len, ECCCIPHERBLOB *cipher))						\
	SKF_FUNCTION(ExportPublicKey, (HCONTAINER c, BOOL sign, BYTE *blob, ULONG *len)) \
	SKF_FUNCTION(ECCExportSessionKey, (HCONTAINER c, ULONG alg,			\
	    ECCPUBLICKEYBLOB *pub, ECCCIPHERBLOB *wrapped, HANDLE *key))		\
	SKF_FUNCTION(ImportSessionKey, (HCONTAINER c, ULONG alg, BYTE *wrapped,		\
	    ULONG len, HANDLE *key))							\
	SKF_FUNCTION(SetSymmKey, (DEVHANDLE dev, BYTE *bytes, ULONG alg, HANDLE *key))	\
	SKF_FUNCTION(EncryptInit, (HANDLE key, BLOCKCIPHERPARAM param))			\
	SKF_FUNCTION(Encrypt, (HANDLE key, BYTE *p, ULONG len, BYTE *out, ULONG *out_len)) \
	SKF_FUNCTION(EncryptUpdate, (HANDLE key, BYTE *p, ULONG len, BYTE *out,		\
	    ULONG *out_len))								\
	SKF_FUNCTION(EncryptFinal, (HANDLE key, BYTE *out, ULONG *out_len))		\
	SKF_FUNCTION(DecryptInit, (HANDLE key, BLOCKCIPHERPARAM param))			\
	SKF_FUNCTION(Decrypt, (HANDLE key, BYTE *p, ULONG len, BYTE *out, ULONG *out_len)) \
	SKF_FUNCTION(DecryptUpdate, (HANDLE key, BYTE *p, ULONG len, BYTE *out,		\
	    ULONG *out_len))								\
	SKF_FUNCTION(DecryptFinal, (HANDLE key, BYTE *out, ULONG *out_len))		\
	SKF_FUNCTION(DigestInit, (DEVHANDLE dev, ULONG alg, ECCPUBLICKEYBLOB *pub,	\
	    BYTE *id, ULONG id_len, HANDLE *hash))					\
	SKF_FUNCTION(Digest, (HANDLE hash, BYTE *p, ULONG len, BYTE *out, ULONG *out_len)) \
	SKF_FUNCTION(DigestUpdate, (HANDLE hash, BYTE *p, ULONG len))			\
	SKF_FUNCTION(DigestFinal, (HANDLE hash, BYTE *out, ULONG *out_len))		\
	SKF_FUNCTION(MacInit, (HANDLE key, BLOCKCIPHERPARAM *param, HANDLE *mac))	\
	SKF_FUNCTION(Mac, (HANDLE mac, BYTE *p, ULONG len, BYTE *out, ULONG *out_len))	\
	SKF_FUNCTION(MacUpdate, (HANDLE mac, BYTE *p, ULONG len))			\
	SKF_FUNCTION(MacFinal, (HANDLE mac, BYTE *out, ULONG *out_len))			\
	SKF_FUNCTION(CloseHandle, (HANDLE handle))

/* The norm's other functions: the software UKey says SAR_NOTSUPPORTYETERR. */
#define SKF_UNSUPPORTED									\
	SKF_FUNCTION(WaitForDevEvent, (LPSTR name, ULONG *len, ULONG *event))		\
	SKF_FUNCTION(CancelWaitForDevEvent, (void))					\
	SKF_FUNCTION(Transmit, (DEVHANDLE dev, BYTE *command, ULONG len, BYTE *out,	\
	    ULONG *out_len))								\
	SKF_FUNCTION(GenExtRSAKey, (DEVHANDLE dev, ULONG bits, RSAPRIVATEKEYBLOB *key))	\
	SKF_FUNCTION(GenRSAKeyPair, (HCONTAINER c, ULONG bits, RSAPUBLICKEYBLOB *pub))	\
	SKF_FUNCTION(ImportRSAKeyPair, (HCONTAINER c, ULONG alg, BYTE *wrapped,		\
	    ULONG wrapped_len, BYTE *pair, ULONG pair_len))				\
	SKF_FUNCTION(RSASignData, (HCONTAINER c, BYTE *p, ULONG len, BYTE *sig,		\
	    ULONG *sig_len))								\
	SKF_FUNCTION(RSAVerify, (DEVHANDLE dev, RSAPUBLICKEYBLOB *pub, BYTE *p, ULONG len, \
	    BYTE *sig, ULONG sig_len))							\
	SKF_FUNCTION(RSAExportSessionKey, (HCONTAINER c, ULONG alg,			\
	    RSAPUBLICKEYBLOB *pub, BYTE *out, ULONG *out_len, HANDLE *key))		\
	SKF_FUNCTION(ExtRSAPubKeyOperation, (DEVHANDLE dev, RSAPUBLICKEYBLOB *pub,	\
	    BYTE *p, ULONG len, BYTE *out, ULONG *out_len))				\
	SKF_FUNCTION(ExtRSAPriKeyOperation, (DEVHANDLE dev, RSAPRIVATEKEYBLOB *key,	\
	    BYTE *p, ULONG len, BYTE *out, ULONG *out_len))				\
	SKF_FUNCTION(ExtECCDecrypt, (DEVHANDLE dev, ECCPRIVATEKEYBLOB *key,		\
	    ECCCIPHERBLOB *cipher, BYTE *out, ULONG *out_len))				\
	SKF_FUNCTION(ExtECCSign, (DEVHANDLE dev, ECCPRIVATEKEYBLOB *key, BYTE *digest,	\
	    ULONG len, ECCSIGNATUREBLOB *sig))						\
	SKF_FUNCTION(GenerateAgreementDataWithECC, (HCONTAINER c, ULONG alg,		\
	    ECCPUBLICKEYBLOB *temp, BYTE *id, ULONG id_len, HANDLE *agreement))		\
	SKF_FUNCTION(GenerateAgreementDataAndKeyWithECC, (HANDLE c, ULONG alg,		\
	    ECCPUBLICKEYBLOB *sponsor, ECCPUBLICKEYBLOB *sponsor_temp,			\
	    ECCPUBLICKEYBLOB *temp, BYTE *id, ULONG id_len, BYTE *sponsor_id,		\
	    ULONG sponsor_id_len, HANDLE *key))						\
	SKF_FUNCTION(GenerateKeyWithECC, (HANDLE agreement, ECCPUBLICKEYBLOB *pub,	\
	    ECCPUBLICKEYBLOB *temp, BYTE *id, ULONG id_len, HANDLE *key))

/*
 * Beside the norm.  Remote unlock has the functions that mToken GM3000 has, with the challenge and
 * the message of token/unlock.h inside; *retry: answers that may still be tried.
 * YXSetActivationPIN: a user's PIN that VerifyPIN answers with SAR_USER_PIN_NOT_INITIALIZED
 * until ChangePIN has put another in its place.
 * YXImportDeviceKey: the device key of token/unlock.h, an SM2Cipher (DER) for the container's sign
 * key; a UKey that has one keeps it.  After VerifyPIN of the user.
 */
#define SKF_EXTENSIONS									\
	SKF_FUNCTION(GenRemoteUnblockRequest, (HAPPLICATION app, BYTE *random, ULONG len)) \
	SKF_FUNCTION(RemoteUnblockPIN, (HAPPLICATION app, BYTE *message, ULONG len,	\
	    ULONG *retry))								\
	SKF_FUNCTION(YXImportDeviceKey, (HCONTAINER c, BYTE *cipher, ULONG len))	\
	SKF_FUNCTION(YXSetActivationPIN, (HAPPLICATION app, LPSTR old_pin,		\
	    LPSTR new_pin, ULONG *retry))

#define SKF_FUNCTIONS	SKF_SUPPORTED SKF_UNSUPPORTED

#define SKF_FUNCTION(name, params)	ULONG DEVAPI SKF_##name params;
SKF_FUNCTIONS
SKF_EXTENSIONS
#undef SKF_FUNCTION

/* The functions of a loaded library. */
struct skf {
#define SKF_FUNCTION(name, params)	ULONG (DEVAPI *name) params;
	SKF_FUNCTIONS
	SKF_EXTENSIONS
#undef SKF_FUNCTION
};
#endif

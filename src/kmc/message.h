#ifndef KMC_MESSAGE_H
#define KMC_MESSAGE_H
#include "pki/cert.h"
/*
 * Messages between a CA and a key management centre, GM/T 0014 and GB/T 25056 shaped:
 *
 *	CARequest ::= SEQUENCE { ksRequest KSRequest, signatureAlgorithm AlgorithmIdentifier,
 *		signatureValue OCTET STRING }
 *	KSRequest ::= SEQUENCE { version INTEGER(1), caName EntName, requestList SEQUENCE OF
 *		Request, requestTime GeneralizedTime, taskNO INTEGER }
 *	EntName ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, entName GeneralName,
 *		entPubKeyHash OCTET STRING, serialNumber INTEGER }
 *	Request ::= CHOICE { applyKeyReq [0], restoreKeyReq [1], revokeKeyReq [2] }
 *	ApplyKeyReq ::= SEQUENCE { appKeyType AlgId, appKeyLen INTEGER(256), retAsymAlg,
 *		retSymAlg, retHashAlg AlgId, appUserInfo SEQUENCE { userCertNo INTEGER, userPubKey
 *		SubjectPublicKeyInfo, notBefore, notAfter GeneralizedTime, [0], [1], [2] OPTIONAL } }
 *	RestoreKeyReq ::= SEQUENCE { retAsymAlg, retSymAlg, retHashAlg, userCertNo, userPubKey }
 *	RevokeKeyReq ::= SEQUENCE { userCertNo INTEGER }
 *	KMRespond, KSRespond: likewise, with kmName, respondList, respondTime and
 *	Respond ::= CHOICE { [0], [1] RetKeyRespond, [2] RevokeKeyRespond, [3] ErrorPkgRespond }
 *	RetKeyRespond ::= SEQUENCE { userCertNo, retPubKey SPKI, retPriKey SignedAndEnvelopedData }
 *	RevokeKeyRespond ::= SEQUENCE { userCertNo }
 *	ErrorPkgRespond ::= SEQUENCE { errNo INTEGER, errDesc [0] EXPLICIT UTF8String }
 *
 * Implementations in the field differ in whether the tags of the CHOICEs are explicit: both
 * are read, and the answer is written like the question.  Interoperation with any of them is
 * not proved.  entPubKeyHash is over the SubjectPublicKeyInfo or over the 65 bytes of the key.
 * Who asks is told by serialNumber and entPubKeyHash, and proved by the signature; entName is read
 * and not compared, since some write the subject and some the issuer there.  userCertNo is unique
 * within that CA, so a key is found by both, also after the CA got another certificate.
 *
 * Parsing is strict and bounded; what it gives points into the message.
 */
#define KM_MESSAGE_MAX	65536
#define KM_ASKS		16		/* requests in one message */
#define KM_SERIAL	20		/* bytes of a certificate number */

enum km_kind { KM_APPLY, KM_RESTORE, KM_REVOKE, KM_ERROR };

/* One request of the list. */
struct km_ask {
	enum km_kind	 kind;
	struct der	 serial;			/* userCertNo, content of the INTEGER */
	unsigned char	 point[SM2_POINT_LEN];		/* userPubKey; not of revoke */
	int64_t		 not_before, not_after;		/* ms; of apply */
};
struct km_request {
	struct der	 tbs;				/* what is signed */
	struct der	 signature;			/* DER SM2Signature */
	struct der	 hash, serial;			/* of the CA's EntName */
	struct km_ask	 ask[KM_ASKS];
	size_t		 n;
	bool		 implicit;			/* how the CHOICEs are tagged */
	int64_t		 time;				/* ms */
	struct der	 task;				/* taskNO, content of the INTEGER */
};
/* ERR_INPUT when it is none. */
NODISCARD int	km_request_parse(const void *p, size_t len, struct km_request *r,
		    struct err *err);
/* The encoder of the same, for the other side: signed with its key in the name of cert. */
NODISCARD int	km_request_build(const struct km_request *r, const struct cert *cert,
		    EVP_PKEY *key, struct buf *der, struct err *err);

/* One answer of the list. */
struct km_answer {
	enum km_kind	 kind;
	struct der	 serial;
	unsigned char	 point[SM2_POINT_LEN];		/* of the encryption key */
	struct buf	 sealed;			/* DER SignedAndEnvelopedData */
	struct err	 err;				/* of KM_ERROR */
};
/* The whole KMRespond, signed. */
NODISCARD int	km_respond_build(const struct km_request *asked, const struct km_answer *answers,
		    size_t n, const struct cert *cert, EVP_PKEY *key, struct buf *der,
		    struct err *err);
/*
 * A private key for the holder of a sign key: SM2PrivateKey in SM4-ECB with padding, the SM4 key
 * in an SM2Cipher, signed by kmc (GM/T 0010 signedAndEnvelopedData).  The recipient is named
 * by the CA's certificate, as in the field.
 */
NODISCARD int	km_seal(const unsigned char scalar[SM2_SCALAR_LEN],
		    const unsigned char sign_point[SM2_POINT_LEN], const struct cert *recipient,
		    const struct cert *cert, EVP_PKEY *key, struct buf *der, struct err *err);
/* The hash of an EntName is that of this certificate's key. */
bool		km_hash_fits(struct der hash, const struct cert *cert);
#endif

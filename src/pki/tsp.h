#ifndef PKI_TSP_H
#define PKI_TSP_H
#include "pki/cert_pool.h"
#include "pki/cms.h"
/*
 * Time stamps (RFC 3161, RFC 5816, GB/T 20520) with keys of every kind: SM2 stamps differ from
 * RSA ones by key kind and, when wanted, by the OIDs of GM/T 0010, nothing else.
 */
#define TSP_REQUEST_MAX		4096		/* bytes of a request */
#define TSP_ANSWER_MAX		CMS_MAX
#define TSP_NONCE_MAX		32		/* bytes */
#define TSP_POLICY_TEXT		128
#define TSP_SERIAL_LEN		8

/* PKIFailureInfo bits that a TSA may set (RFC 3161 2.4.2). */
enum tsp_failure {
	TSP_BAD_ALGORITHM = 0, TSP_BAD_REQUEST = 2, TSP_BAD_FORMAT = 5,
	TSP_NO_TIME = 14, TSP_BAD_POLICY = 15, TSP_BAD_EXTENSION = 16, TSP_SYSTEM = 25,
};

/* Members point into the bytes that were parsed. */
struct tsp_request {
	struct der	 imprint;		/* MessageImprint with its header */
	struct der	 hash;			/* hashedMessage inside */
	int		 digest;		/* NID of its algorithm */
	char		 policy[TSP_POLICY_TEXT]; /* dotted; "": none asked for */
	struct der	 nonce;			/* INTEGER with its header; len 0: none */
	bool		 cert;			/* the signer's certificate is wanted */
};
/*
 * Strict DER, version 1; SHA-256, SHA-384, SHA-512 or SM3 with a digest of the right length;
 * extensions are refused, as we know none.  On -1 *failure says what to answer.
 */
NODISCARD int	tsp_request_parse(const void *der, size_t len, struct tsp_request *r,
		    enum tsp_failure *failure, struct err *err);
/* A request for the digest (NID of its algorithm); nonce_len 0: none. */
NODISCARD int	tsp_request_build(int digest, const void *hash, size_t hash_len,
		    const void *nonce, size_t nonce_len, bool cert, struct buf *der,
		    struct err *err);

/* One stamp. */
struct tsp_stamp {
	const char	*policy;		/* OID we stamp under */
	uint64_t	 serial;
	int64_t		 time;			/* genTime, ms */
	int64_t		 accuracy;		/* ms, at least 1 */
	const struct cert *signer;
	EVP_PKEY	*key;
	const struct cert *const *certs;	/* included when the request wants them */
	size_t		 n_certs;
	enum cms_form	 form;
};
/* Append a TimeStampResp that grants the stamp. */
NODISCARD int	tsp_respond(const struct tsp_request *r, const struct tsp_stamp *stamp,
		    struct buf *der, struct err *err);
/* Append a TimeStampResp that refuses; text is for people, UTF-8. */
void		tsp_refuse(enum tsp_failure failure, const char *text, struct buf *der);

struct tsp_facts {
	int64_t		 time;			/* ms */
	unsigned char	 serial[20];		/* right-aligned */
};
/*
 * Check a TimeStampResp: granted, stamps this digest, with this nonce, signed by `signer`, whose
 * certificate is for time stamps alone and valid at the time of the stamp.
 */
NODISCARD int	tsp_check(const void *der, size_t len, int digest, const void *hash,
		    size_t hash_len, const void *nonce, size_t nonce_len,
		    const struct cert *signer, struct tsp_facts *facts, struct err *err);
/* The TimeStampToken of a TimeStampResp that grants; it points into der and is not checked. */
NODISCARD int	tsp_token(const void *der, size_t len, struct der *token, struct err *err);
/*
 * Check a TimeStampToken that was kept: as above without nonce, by the certificate it carries, whose
 * way to a root of the pool held at the time of the stamp.
 */
NODISCARD int	tsp_check_token(struct der token, int digest, const void *hash, size_t hash_len,
		    const struct cert_pool *pool, struct tsp_facts *facts, struct err *err);
#endif

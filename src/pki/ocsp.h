#ifndef PKI_OCSP_H
#define PKI_OCSP_H
#include "pki/cert.h"
/*
 * OCSP (RFC 6960, GB/T 19713) with SM2 signatures: reading requests, answering as delegated
 * responder, checking answers.
 */
#define OCSP_REQUEST_MAX	8192		/* bytes of a request */
#define OCSP_QUESTIONS		32		/* certificates in one request */
#define OCSP_NONCE_MAX		128		/* RFC 9654 2.1: 1 to 128 bytes */
#define OCSP_ANSWER_MAX		65536

enum ocsp_state { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN };
/* responseStatus of RFC 6960 4.2.1 for ocsp_error. */
enum ocsp_failure {
	OCSP_MALFORMED = 1, OCSP_INTERNAL = 2, OCSP_TRY_LATER = 3, OCSP_UNAUTHORIZED = 6,
};

struct ocsp_request;
/* ERR_INPUT when malformed, of another version than 1, with an extension twice or one that is
 * critical and unknown here; ERR_LIMIT when more questions than OCSP_QUESTIONS.  A signature on
 * the request is ignored. */
NODISCARD int	 ocsp_request_parse(const void *der, size_t len, struct ocsp_request **out,
		    struct err *err);
void		 ocsp_request_free(struct ocsp_request *r);	/* NULL: no-op */
size_t		 ocsp_request_count(const struct ocsp_request *r);
const char	*ocsp_request_serial(const struct ocsp_request *r, size_t i); /* upper hex */
bool		 ocsp_request_has_nonce(const struct ocsp_request *r);
/* The question names this CA as issuer (CertID hash SHA-1, SHA-2 or SM3). */
bool		 ocsp_request_is_for(const struct ocsp_request *r, size_t i,
		    const struct cert *issuer);

struct ocsp_answer {
	enum ocsp_state	 state;
	int64_t		 revoked;			/* ms; OCSP_REVOKED only */
	int		 reason;			/* enum crl_reason; 0 is not written */
	/* never issued: answered as held since 1970 (extended revoked, RFC 6960 2.2) */
	bool		 unissued;			/* OCSP_REVOKED only */
	int64_t		 archive;			/* archive cutoff (4.4.4), ms; 0: none */
};
/*
 * Append a signed OCSPResponse: one answer per question in order, the request's nonce
 * echoed, the responder named by its key and its certificate included; producedAt is the
 * machine's clock (clock_shift does not move it).
 * next_update 0: none.
 */
NODISCARD int	 ocsp_respond(const struct ocsp_request *r, const struct ocsp_answer *answers,
		    const struct cert *responder, EVP_PKEY *responder_key, int64_t this_update,
		    int64_t next_update, struct buf *der, struct err *err);
/* Append an unsigned OCSPResponse with an error status. */
void		 ocsp_error(enum ocsp_failure status, struct buf *der);

/* A request for one certificate, CertID with SM3; nonce of nonce_len bytes (0: none). */
NODISCARD int	 ocsp_request_build(const struct cert *c, const struct cert *issuer,
		    const void *nonce, size_t nonce_len, struct buf *der, struct err *err);
/*
 * Check a response about `c`: signed by the issuer, or by a responder the issuer certified
 * for OCSPSigning and that is valid now; signature with the default ID; nonce as sent (when
 * nonce_len > 0); thisUpdate not in the future, nextUpdate not past (5 minutes of grace).
 */
NODISCARD int	 ocsp_check(const void *der, size_t len, const struct cert *c,
		    const struct cert *issuer, const void *nonce, size_t nonce_len,
		    int64_t now, struct ocsp_answer *answer, struct err *err);
#endif

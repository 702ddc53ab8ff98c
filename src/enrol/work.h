#ifndef ENROL_WORK_H
#define ENROL_WORK_H
#include "base/json.h"
#include "base/secret.h"
#include "http/server.h"

#include <openssl/cmp.h>
#include <pthread.h>
/* Private to the floor: its handlers and the pieces they share. */
#define ENROL_BODY	(32 * 1024)	/* bytes of one request, whatever protocol */

struct signer_enrolment;
struct cert;
struct cmp_transaction;
#define CMP_TRANSACTIONS	256	/* that wait for a confirmation */

enum enrol_protocol { ENROL_EST, ENROL_CMP };

struct enrol {
	/* What is asked of the signer; replaced in tests. */
	int	(*enrol)(const struct signer_enrolment *e, struct buf *cert, struct err *err);
	int	(*enrol_cmp)(const char *label, const char *from, const void *message, size_t len,
		    struct buf *cert, struct err *err);
	int	(*sender)(const char *kid, const char *from, struct buf *cert, struct err *err);
	int	(*chain)(const char *profile, const char *authority, json_t **out,
		    struct err *err);
	int	(*certify)(const char *use, const char *authority, const void *csr, size_t csr_len,
		    struct cert **out, struct err *err);
	/* Since start: certificates given out, requests refused; of EST and CMP. */
	_Atomic uint64_t	 issued[2], refused[2];
	/* Over what follows. */
	pthread_mutex_t		 lock;
	/* What signs our answers over CMP: never on disk, made anew with each process. */
	EVP_PKEY		*key;
	struct cert		*cert;
	STACK_OF(X509)		*chain_above;	/* of cert */
	int64_t			 renew;		/* ms: from here on another one is wanted */
	struct cmp_transaction	*transactions[CMP_TRANSACTIONS];
};
/* From an answer of chain: DER, one behind the other. */
void		enrol_chain_der(const json_t *answer, struct buf *certs);

/* Count an answer. */
void		enrol_count(struct enrol *e, enum enrol_protocol protocol, bool issued);
/* The request has this method (HEAD passes for GET); otherwise answered with 405. */
bool		enrol_method(const struct http_request *req, struct http_response *res,
		    const char *method);
/* One plain sentence. */
void		enrol_text(struct http_response *res, int status, const char *text);
/* The same for an error: its status, and its sentence unless it is a fault of our own. */
void		enrol_error(struct http_response *res, const char *event, const struct err *err);

/* est.c: everything below /.well-known/est. */
void		est_handle(struct enrol *e, const struct http_request *req,
		    struct http_response *res);
/*
 * Pieces of est.c, for tests and the fuzzer.  A path below /.well-known/est: label ("" when
 * absent) and operation.  -1: neither.
 */
#define EST_NAME	65
NODISCARD int	est_path(const char *path, char label[EST_NAME], char operation[EST_NAME]);
/* Authorization: Basic …  ERR_DENIED: none, or not one. */
NODISCARD int	est_basic(const char *header, char name[EST_NAME], struct secret *secret,
		    struct err *err);
/* A PKCS#10 request in base64 with line ends, proved and ready for the signer; appends DER. */
NODISCARD int	est_csr(const char *p, size_t len, struct buf *der, struct err *err);

#define CMP_ROOT	"/.well-known/cmp"
/* cmp.c: everything below /.well-known/cmp; and the end of it. */
void		cmp_handle(struct enrol *e, const struct http_request *req,
		    struct http_response *res);
void		cmp_close(struct enrol *e);
/* identity.c: our key, certificate and those above it into this context. */
NODISCARD int	enrol_identity_use(struct enrol *e, OSSL_CMP_CTX *ctx, struct err *err);
void		enrol_identity_release(struct enrol *e);
#endif

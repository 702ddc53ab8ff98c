#ifndef ENROL_WORK_H
#define ENROL_WORK_H
#include "base/json.h"
#include "base/secret.h"
#include "http/server.h"
/* Private to the floor: its handlers and the pieces they share. */
#define ENROL_BODY	(32 * 1024)	/* bytes of one request, whatever protocol */

/* What is asked of the signer; replaced in tests. */
struct signer_enrolment;
struct enrol {
	int	(*enrol)(const struct signer_enrolment *e, struct buf *cert, struct err *err);
	int	(*chain)(const char *profile, json_t **out, struct err *err);
};

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
#endif

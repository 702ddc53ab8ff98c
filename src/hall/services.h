#ifndef HALL_SERVICES_H
#define HALL_SERVICES_H
#include "base/json.h"
#include "doc/doc.h"
#include "pki/statement.h"
#include "signer/signer.h"
#include "token/unlock.h"
/*
 * What the hall asks of other processes, behind pointers so that tests stand in for them.
 * services_real() asks the signer, va and doc over their sockets.
 */
struct issued {
	struct buf	 sign_cert;	/* DER */
	struct buf	 enc_cert;	/* DER */
	struct buf	 enc_key;	/* enveloped encryption key pair, as the token imports it */
	char		 sign_serial[65], enc_serial[65];	/* hex */
};
void	issued_init(struct issued *i);
void	issued_free(struct issued *i);

enum cert_status { CERT_GOOD, CERT_REVOKED, CERT_UNKNOWN };

struct services {
	/* Issue, or give again, the pair of this approval; idempotent per order. */
	int	(*issue)(const char *statement, size_t statement_len, const void *signature,
		    size_t signature_len, const void *csr, size_t csr_len, struct issued *out,
		    struct err *err);
	/* Is a certificate (by serial, hex) good at this moment? */
	int	(*status)(const char *serial, enum cert_status *status, struct err *err);
	/* Hold, release or revoke a pair by a signed statement (signer/signer.h); no signature
	   for a hold by phone; second: of the other officer, or none. */
	int	(*change)(const char *kind, const char *statement, size_t len,
		    const void *signature, size_t signature_len, const void *second,
		    size_t second_len, struct err *err);
	/* The device key for the UKey that gets the order's pair, or nothing: kmc_device_give. */
	int	(*device)(const char *order, const char *serial, struct buf *out,
		    struct err *err);
	/* The answer to a UKey's challenge for an officer's statement: kmc_unlock_answer. */
	int	(*unlock)(const char *statement, size_t len, const void *signature,
		    size_t signature_len, unsigned char answer[UNLOCK_ANSWER], int64_t *expires,
		    struct err *err);
	/* The encryption key of the statement (kmc.h) for the carrier (pki/carrier.h), enveloped,
	   and its certificate: signer_recover. */
	int	(*recover)(const char *order, const struct signed_statement *statement,
		    const struct signed_statement *carrier, struct buf *envelope,
		    struct buf *enc_cert, struct err *err);
	/* Who may sign for keys, {"officers":[{"serial","name","active","may"}]}: kmc_officers. */
	int	(*key_officers)(json_t **out, struct err *err);
	/* signer_status: {"status","reason","revoked_at","invalid_since", …} */
	int	(*pair_status)(const char *serial, json_t **out, struct err *err);
	/* Check and reduce a picture, draw a form, draw a captcha: doc.h. */
	int	(*image)(const void *p, size_t len, const struct doc_image_rule *rule,
		    struct doc_image *out, struct err *err);
	int	(*form)(const json_t *d, struct buf *pdf, struct err *err);
	int	(*captcha)(const char *text, struct buf *png, struct err *err);
	/* The signatures in a PDF: doc.h. */
	int	(*pdf)(const void *p, size_t len, struct pdf_signatures *out, int *pages,
		    struct err *err);
	/* The picture of a seal, cut out or drawn: doc.h. */
	int	(*seal_cut)(const void *p, size_t len, int dpi, enum doc_seal_kind kind, struct doc_seal *out,
		    struct err *err);
	int	(*seal_draw)(const char *name, bool person, struct doc_seal *out, struct err *err);
	/* The seal for the pair of this approval, idempotent per order: signer_seal. */
	int	(*seal)(const struct signed_statement *approval, const void *picture, size_t len,
		    struct buf *der, struct err *err);
	/* Anchor our journal's head: signer_anchor. */
	int	(*anchor)(struct anchor *a, struct err *err);
};
const struct services	*services_real(void);
#endif

#ifndef HALL_FETCH_H
#define HALL_FETCH_H
#include "hall/order/order.h"
#include "hall/services.h"
/*
 * Collection: the applicant downloads into a UKey, or staff make and send it.
 *
 * fetch_open checks order number, authorisation code (from the mail) and captcha and gives a
 * fetch token, good for 30 minutes; everything after it goes by that token.  Repeating any call
 * gives the same result: the pair of an order is issued once, for one public key.
 */
/* in {"no","code","captcha_id","captcha"}; model {"token","no","subject","replaces","template",
 * "not_after_text","state","op_text","soft","same_key" (of the pair it replaces),"ukey" (its serial
 * number, "" unknown)} */
NODISCARD int	fetch_open(struct hall *h, const struct who *who, const json_t *in,
		    json_t *errors, json_t **model, struct err *err);
/* in {"token","csr" (base64 DER),"medium" (the serial number of the UKey, or of the container file of
 * a soft certificate),"way" ("request": a PKCS#10 of the applicant's own making; soft only)}; model {"sign_cert","enc_cert","enc_key" (base64 DER),
 * "chain":[base64 DER],"seal" (base64 DER, "": none),"serial","no","device" (base64 DER, "": none)}; with a request of the
 * applicant's own what soft_files adds. */
NODISCARD int	fetch_issue(struct hall *h, const struct who *who, const json_t *in,
		    json_t **model, struct err *err);
/* Whose order a token stands for; ERR_EXPIRED. */
NODISCARD int	fetch_token_order(struct hall *h, const struct who *who, const char *token,
		    char no[ORDER_NO], struct err *err);
/* in {"token"}: the key holds both certificates: the order is done. */
NODISCARD int	fetch_confirm(struct hall *h, const struct who *who, const json_t *in,
		    struct err *err);
/* Send the mail with a new authorisation code; the old one is void. */
NODISCARD int	fetch_resend(struct hall *h, const struct who *who, const char *no,
		    struct err *err);
/* Certificate by order and kind "sign" or "enc", as PEM, for its owner and staff. */
NODISCARD int	certificate_pem(struct hall *h, const struct who *who, const char *no,
		    const char *kind, struct buf *pem, struct err *err);
#endif

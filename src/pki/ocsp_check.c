#include "base/base.h"
#include "base/clock.h"
#include "pki/cert_parts.h"
#include "pki/der.h"
#include "pki/ocsp_parts.h"

#define OCSP_GRACE	(5 * CLOCK_MINUTE)

int
ocsp_request_build(const struct cert *c, const struct cert *issuer, const void *nonce,
    size_t nonce_len, struct buf *der, struct err *err)
{
	OCSP_REQUEST	*req = OCSP_REQUEST_new();
	OCSP_CERTID	*id = OCSP_cert_to_id(EVP_sm3(), c->x, issuer->x);
	unsigned char	*p = NULL, copy[OCSP_NONCE_MAX];
	int		 len, rc = -1;

	if (nonce_len > sizeof(copy))
		BUG("nonce of %zu bytes", nonce_len);
	if (nonce_len > 0)
		memcpy(copy, nonce, nonce_len);
	if (req == NULL || id == NULL || OCSP_request_add0_id(req, id) == NULL) {
		OCSP_CERTID_free(id);
		err_openssl(err, ERR_BUG, "cannot build the OCSP request");
	} else if ((nonce_len > 0 && !OCSP_request_add1_nonce(req, copy, (int)nonce_len)) ||
	    (len = i2d_OCSP_REQUEST(req, &p)) <= 0)
		err_openssl(err, ERR_BUG, "cannot build the OCSP request");
	else {
		buf_add(der, p, (size_t)len);
		rc = buf_check(der, err);
	}
	OPENSSL_free(p);
	OCSP_REQUEST_free(req);
	return rc;
}

/* OCSPResponse { ENUMERATED 0, [0] { SEQUENCE { id-pkix-ocsp-basic, OCTET STRING } } } */
static int
ocsp_slice(const void *p, size_t len, struct der *basic, struct err *err)
{
	static const unsigned char	 oid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
	struct der			 in = {.p = p, .len = len}, body, status, bytes, type;

	if (len > OCSP_ANSWER_MAX || der_get(&in, 0x30, &body) < 0 || in.len != 0 ||
	    der_get(&body, 0x0a, &status) < 0 || status.len != 1)
		return err_set(err, ERR_INPUT, "not an OCSP response");
	if (status.p[0] != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		return err_set(err, ERR_GATEWAY, "the OCSP responder answers with error %d",
		    status.p[0]);
	if (der_get(&body, 0xa0, &bytes) < 0 || body.len != 0 ||
	    der_get(&bytes, 0x30, &body) < 0 || bytes.len != 0 ||
	    der_get(&body, 0x06, &type) < 0 || type.len != sizeof(oid) ||
	    memcmp(type.p, oid, sizeof(oid)) != 0 ||
	    der_get(&body, 0x04, basic) < 0 || body.len != 0)
		return err_set(err, ERR_INPUT, "not a basic OCSP response");
	return 0;
}

/* The issuer itself, or whom it certified for OCSPSigning (RFC 6960 4.2.2.2). */
static int
ocsp_check_responder(const struct cert *responder, const struct cert *issuer, int64_t now,
    struct err *err)
{
	if (cert_is_same(responder, issuer))
		return 0;
	if (!cert_has_eku(responder, "1.3.6.1.5.5.7.3.9"))
		return err_set(err, ERR_CRYPTO, "%s may not answer OCSP", responder->subject);
	return cert_verify_chain((const struct cert *[]){responder, issuer}, 2, now, err);
}

static int
ocsp_check_signer(OCSP_BASICRESP *bs, struct der basic, const struct cert *issuer,
    int64_t now, struct err *err)
{
	STACK_OF(X509)		*extra = sk_X509_new_null();
	struct cert		*responder = NULL;
	struct der_signed	 s;
	unsigned char		*der = NULL;
	X509			*signer = NULL;
	int			 len, rc = -1;

	if (extra == NULL || !sk_X509_push(extra, cert_x509(issuer)))
		BUG("out of memory");
	if (!OCSP_resp_get0_signer(bs, &signer, extra) || (len = i2d_X509(signer, &der)) <= 0)
		err_openssl(err, ERR_CRYPTO, "the OCSP response does not carry its signer");
	else if (der_signed_parse_more(basic.p, basic.len, &s) < 0)
		err_set(err, ERR_CRYPTO, "the OCSP response is malformed");
	else if (cert_parse(der, (size_t)len, &responder, err) == 0 &&
	    ocsp_check_responder(responder, issuer, now, err) == 0)
		rc = key_verify_signed(cert_key(responder), &s, err);
	cert_free(responder);
	OPENSSL_free(der);
	sk_X509_free(extra);
	return rc;
}

static int
ocsp_check_nonce_echo(OCSP_BASICRESP *bs, const void *nonce, size_t nonce_len,
    struct err *err)
{
	int		 at = OCSP_BASICRESP_get_ext_by_NID(bs, NID_id_pkix_OCSP_Nonce, -1);
	struct der	 in, value;

	if (nonce_len == 0)
		return 0;
	if (at >= 0) {
		const ASN1_STRING	*s =
		    X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(bs, at));

		in = (struct der){.p = ASN1_STRING_get0_data(s),
		    .len = (size_t)ASN1_STRING_length(s)};
		if (der_get(&in, 0x04, &value) == 0 && value.len == nonce_len &&
		    memcmp(value.p, nonce, nonce_len) == 0)
			return 0;
	}
	return err_set(err, ERR_CRYPTO, "the OCSP response answers another request (nonce)");
}

/* The single response about the certificate, NULL when there is none. */
static OCSP_SINGLERESP *
ocsp_single(OCSP_BASICRESP *bs, const struct cert *c, const struct cert *issuer)
{
	for (int i = 0; i < OCSP_resp_count(bs); i++) {
		OCSP_SINGLERESP	*single = OCSP_resp_get0(bs, i);
		OCSP_CERTID	*id = OCSP_CERTID_dup(OCSP_SINGLERESP_get0_id(single));
		ASN1_INTEGER	*serial = NULL;
		char		 text[CERT_SERIAL_TEXT];
		bool		 is;

		is = id != NULL && ocsp_id_is_for(id, issuer) &&
		    OCSP_id_get0_info(NULL, NULL, NULL, &serial, id) == 1 &&
		    cert_serial_from_asn1(serial, text) == 0 && strcmp(text, c->serial) == 0;
		OCSP_CERTID_free(id);
		if (is)
			return single;
	}
	return NULL;
}

static int
ocsp_take_answer(OCSP_SINGLERESP *single, int64_t now, struct ocsp_answer *answer,
    struct err *err)
{
	ASN1_GENERALIZEDTIME	*revoked = NULL, *from = NULL, *to = NULL;
	int			 reason = -1, status;
	int64_t			 begin, end = 0;

	status = OCSP_single_get0_status(single, &reason, &revoked, &from, &to);
	if (cert_time(from, &begin) < 0 || (to != NULL && cert_time(to, &end) < 0))
		return err_set(err, ERR_INPUT, "the OCSP response's times are unreadable");
	if (begin > now + OCSP_GRACE || (end != 0 && end < now - OCSP_GRACE))
		return err_set(err, ERR_EXPIRED, "the OCSP response is not of today");
	*answer = (struct ocsp_answer){.state = OCSP_UNKNOWN};
	if (status == V_OCSP_CERTSTATUS_GOOD)
		answer->state = OCSP_GOOD;
	if (status != V_OCSP_CERTSTATUS_REVOKED)
		return 0;
	*answer = (struct ocsp_answer){.state = OCSP_REVOKED, .reason = reason < 0 ? 0 : reason};
	if (cert_time(revoked, &answer->revoked) < 0)
		return err_set(err, ERR_INPUT, "the OCSP response's times are unreadable");
	return 0;
}

int
ocsp_check(const void *der, size_t len, const struct cert *c, const struct cert *issuer,
    const void *nonce, size_t nonce_len, int64_t now, struct ocsp_answer *answer,
    struct err *err)
{
	struct der		 basic = {0};
	const unsigned char	*at;
	OCSP_BASICRESP		*bs;
	OCSP_SINGLERESP		*single;
	int			 rc = -1;

	if (ocsp_slice(der, len, &basic, err) < 0)
		return -1;
	at = basic.p;
	if ((bs = d2i_OCSP_BASICRESP(NULL, &at, (long)basic.len)) == NULL)
		err_openssl(err, ERR_INPUT, "not a basic OCSP response");
	else if (ocsp_check_signer(bs, basic, issuer, now, err) == 0 &&
	    ocsp_check_nonce_echo(bs, nonce, nonce_len, err) == 0) {
		if ((single = ocsp_single(bs, c, issuer)) == NULL)
			err_set(err, ERR_NOT_FOUND, "the OCSP response is about other certificates");
		else
			rc = ocsp_take_answer(single, now, answer, err);
	}
	OCSP_BASICRESP_free(bs);
	return rc;
}

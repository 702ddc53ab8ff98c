#include "pki/ca.h"
#include "pki/ocsp.h"

#include <openssl/ocsp.h>

static const char	 nonce[] = "0123456789abcdef";

/* Ask about the sign certificate, let `responder` answer; appends the response. */
static void
ask(struct ca *ca, const struct ocsp_answer *answer, const struct cert *responder,
    EVP_PKEY *key, struct buf *out)
{
	struct err		 err = {0};
	struct ocsp_request	*r = NULL;
	struct buf		 der;

	buf_init(&der, OCSP_REQUEST_MAX);
	assert_ok(ocsp_request_build(ca->sign, ca->issuing, nonce, 16, &der, &err));
	assert_ok(ocsp_request_parse(der.p, der.len, &r, &err));
	assert_int_equal(ocsp_request_count(r), 1);
	assert_string_equal(ocsp_request_serial(r, 0), cert_serial(ca->sign));
	assert_true(ocsp_request_is_for(r, 0, ca->issuing));
	assert_false(ocsp_request_is_for(r, 0, ca->root));
	assert_ok(ocsp_respond(r, answer, responder, key, CA_NOW, CA_NOW + CLOCK_HOUR, out,
	    &err));
	ocsp_request_free(r);
	buf_free(&der);
}

void
test_ocsp__good_and_revoked(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	struct ocsp_answer	 got;
	struct buf		 der;

	(void)state;
	ca_make(&ca);
	buf_init(&der, OCSP_ANSWER_MAX);
	ask(&ca, &(struct ocsp_answer){.state = OCSP_GOOD}, ca.ocsp, ca.ocsp_key, &der);
	assert_ok(ocsp_check(der.p, der.len, ca.sign, ca.issuing, nonce, 16, CA_NOW, &got,
	    &err));
	assert_int_equal(got.state, OCSP_GOOD);
	assert_err(ocsp_check(der.p, der.len, ca.sign, ca.issuing, "fedcba9876543210", 16,
	    CA_NOW, &got, &err), ERR_CRYPTO);
	assert_err(ocsp_check(der.p, der.len, ca.enc, ca.issuing, nonce, 16, CA_NOW, &got,
	    &err), ERR_NOT_FOUND);
	assert_err(ocsp_check(der.p, der.len, ca.sign, ca.issuing, nonce, 16,
	    CA_NOW + CLOCK_DAY, &got, &err), ERR_EXPIRED);
	buf_clear(&der);
	ask(&ca, &(struct ocsp_answer){.state = OCSP_REVOKED, .revoked = CA_NOW - CLOCK_DAY,
	    .reason = 4}, ca.ocsp, ca.ocsp_key, &der);
	assert_ok(ocsp_check(der.p, der.len, ca.sign, ca.issuing, nonce, 16, CA_NOW, &got,
	    &err));
	assert_int_equal(got.state, OCSP_REVOKED);
	assert_int_equal(got.reason, 4);
	assert_int_equal(got.revoked, CA_NOW - CLOCK_DAY);
	buf_clear(&der);
	ask(&ca, &(struct ocsp_answer){.state = OCSP_UNKNOWN}, ca.issuing, ca.issuing_key, &der);
	assert_ok(ocsp_check(der.p, der.len, ca.sign, ca.issuing, nonce, 16, CA_NOW, &got,
	    &err));
	assert_int_equal(got.state, OCSP_UNKNOWN);
	buf_free(&der);
	ca_free(&ca);
}

/* Only whom the issuer certified for it may answer. */
void
test_ocsp__wrong_responders(void **state)
{
	struct err		 err = {0};
	struct ca		 ca, other;
	struct ocsp_answer	 got;
	struct buf		 der;

	(void)state;
	ca_make(&ca);
	ca_make(&other);
	buf_init(&der, OCSP_ANSWER_MAX);
	ask(&ca, &(struct ocsp_answer){0}, ca.sign, ca.sign_key, &der);
	assert_err(ocsp_check(der.p, der.len, ca.sign, ca.issuing, nonce, 16, CA_NOW, &got,
	    &err), ERR_CRYPTO);
	buf_clear(&der);
	ask(&ca, &(struct ocsp_answer){0}, other.ocsp, other.ocsp_key, &der);
	assert_err(ocsp_check(der.p, der.len, ca.sign, ca.issuing, nonce, 16, CA_NOW, &got,
	    &err), ERR_CRYPTO);
	buf_clear(&der);
	ask(&ca, &(struct ocsp_answer){0}, ca.ocsp, ca.ocsp_key, &der);
	for (size_t i = 0; i < der.len; i += 5) {
		der.p[i] ^= 1;
		if (ocsp_check(der.p, der.len, ca.sign, ca.issuing, nonce, 16, CA_NOW, &got,
		    &err) == 0)
			fail_msg("byte %zu may be changed", i);
		der.p[i] ^= 1;
	}
	buf_free(&der);
	ca_free(&other);
	ca_free(&ca);
}

/* Clients ask with the hash they like; several at once. */
void
test_ocsp__hashes(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	OCSP_REQUEST		*req = OCSP_REQUEST_new();
	struct ocsp_request	*r = NULL;
	unsigned char		*der = NULL;
	int			 len;

	(void)state;
	ca_make(&ca);
	OCSP_request_add0_id(req, OCSP_cert_to_id(EVP_sha1(), cert_x509(ca.sign),
	    cert_x509(ca.issuing)));
	OCSP_request_add0_id(req, OCSP_cert_to_id(EVP_sha256(), cert_x509(ca.enc),
	    cert_x509(ca.issuing)));
	OCSP_request_add0_id(req, OCSP_cert_to_id(EVP_sha512(), cert_x509(ca.enc),
	    cert_x509(ca.issuing)));
	len = i2d_OCSP_REQUEST(req, &der);
	assert_true(len > 0);
	assert_ok(ocsp_request_parse(der, (size_t)len, &r, &err));
	assert_int_equal(ocsp_request_count(r), 3);
	assert_true(ocsp_request_is_for(r, 0, ca.issuing));
	assert_true(ocsp_request_is_for(r, 1, ca.issuing));
	assert_false(ocsp_request_is_for(r, 2, ca.issuing));
	assert_string_equal(ocsp_request_serial(r, 1), cert_serial(ca.enc));
	ocsp_request_free(r);
	r = NULL;
	for (int i = 0; i < OCSP_QUESTIONS; i++)
		OCSP_request_add0_id(req, OCSP_cert_to_id(EVP_sha1(), cert_x509(ca.sign),
		    cert_x509(ca.issuing)));
	OPENSSL_free(der);
	der = NULL;
	len = i2d_OCSP_REQUEST(req, &der);
	assert_err(ocsp_request_parse(der, (size_t)len, &r, &err), ERR_LIMIT);
	assert_err(ocsp_request_parse(der, (size_t)len - 1, &r, &err), ERR_INPUT);
	assert_err(ocsp_request_parse("", 0, &r, &err), ERR_INPUT);
	OPENSSL_free(der);
	OCSP_REQUEST_free(req);
	ca_free(&ca);
}

void
test_ocsp__error_answer(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	struct ocsp_answer	 got;
	struct buf		 der;

	(void)state;
	ca_make(&ca);
	buf_init(&der, 64);
	ocsp_error(OCSP_TRY_LATER, &der);
	assert_err(ocsp_check(der.p, der.len, ca.sign, ca.issuing, NULL, 0, CA_NOW, &got, &err),
	    ERR_GATEWAY);
	buf_free(&der);
	ca_free(&ca);
}

/* RFC 9654: 1 to 32 octets, in an OCTET STRING of their own. */
void
test_ocsp__nonce_bounds(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	struct ocsp_request	*r = NULL;
	struct buf		 der;
	static const char	 long_nonce[OCSP_NONCE_MAX] = "0123456789abcdef0123456789abcdef";
	char			*at;

	(void)state;
	ca_make(&ca);
	buf_init(&der, OCSP_REQUEST_MAX);
	assert_ok(ocsp_request_build(ca.sign, ca.issuing, long_nonce, sizeof(long_nonce), &der,
	    &err));
	assert_ok(ocsp_request_parse(der.p, der.len, &r, &err));
	assert_true(ocsp_request_has_nonce(r));
	ocsp_request_free(r);
	r = NULL;
	/* the same bytes called an INTEGER; then an OCTET STRING of one byte less */
	assert_non_null(at = memmem(der.p, der.len, "\x04\x20" "0123", 6));
	at[0] = 0x02;
	assert_err(ocsp_request_parse(der.p, der.len, &r, &err), ERR_INPUT);
	at[0] = 0x04;
	at[1] = 0x1f;
	assert_err(ocsp_request_parse(der.p, der.len, &r, &err), ERR_INPUT);
	buf_clear(&der);
	assert_ok(ocsp_request_build(ca.sign, ca.issuing, NULL, 0, &der, &err));
	assert_ok(ocsp_request_parse(der.p, der.len, &r, &err));
	assert_false(ocsp_request_has_nonce(r));
	ocsp_request_free(r);
	buf_free(&der);
	ca_free(&ca);
}

void
test_ocsp__archive_cutoff(void **state)
{
	struct err	 err = {0};
	struct ca	 ca;
	struct ocsp_answer got;
	struct buf	 der;
	static const char oid[] = "\x2b\x06\x01\x05\x05\x07\x30\x01\x06";

	(void)state;
	ca_make(&ca);
	buf_init(&der, OCSP_ANSWER_MAX);
	ask(&ca, &(struct ocsp_answer){.state = OCSP_GOOD}, ca.ocsp, ca.ocsp_key, &der);
	assert_null(memmem(der.p, der.len, oid, 9));
	buf_clear(&der);
	ask(&ca, &(struct ocsp_answer){.state = OCSP_GOOD, .archive = INT64_C(1479081600000)},
	    ca.ocsp, ca.ocsp_key, &der);
	assert_non_null(memmem(der.p, der.len, oid, 9));
	assert_non_null(memmem(der.p, der.len, "\x18\x0f" "20161114000000Z", 17));
	assert_ok(ocsp_check(der.p, der.len, ca.sign, ca.issuing, nonce, 16, CA_NOW, &got, &err));
	buf_free(&der);
	ca_free(&ca);
}

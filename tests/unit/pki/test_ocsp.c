#include "pki/ca.h"
#include "pki/der.h"
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
	OCSP_request_add0_id(req, OCSP_cert_to_id(EVP_md5(), cert_x509(ca.enc),
	    cert_x509(ca.issuing)));
	len = i2d_OCSP_REQUEST(req, &der);
	assert_true(len > 0);
	assert_ok(ocsp_request_parse(der, (size_t)len, &r, &err));
	assert_int_equal(ocsp_request_count(r), 4);
	assert_true(ocsp_request_is_for(r, 0, ca.issuing));
	assert_true(ocsp_request_is_for(r, 1, ca.issuing));
	assert_true(ocsp_request_is_for(r, 2, ca.issuing));
	assert_false(ocsp_request_is_for(r, 3, ca.issuing));
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

/* A request with this extension n times, of the whole or of its question; is it read? */
static bool
is_read(const struct ca *ca, const char *oid, int critical, int n, bool of_question,
    const void *value, int len)
{
	OCSP_REQUEST		*q = OCSP_REQUEST_new();
	OCSP_ONEREQ		*one = OCSP_request_add0_id(q, OCSP_cert_to_id(EVP_sm3(),
	    cert_x509(ca->sign), cert_x509(ca->issuing)));
	ASN1_OCTET_STRING	*bytes = ASN1_OCTET_STRING_new();
	ASN1_OBJECT		*o = OBJ_txt2obj(oid, 1);
	struct ocsp_request	*r = NULL;
	struct err		 err = {0};
	unsigned char		*der = NULL;
	X509_EXTENSION		*e;
	int			 size;

	assert_true(ASN1_OCTET_STRING_set(bytes, value, len));
	e = X509_EXTENSION_create_by_OBJ(NULL, o, critical, bytes);
	for (int i = 0; i < n; i++)
		assert_true(of_question ? OCSP_ONEREQ_add_ext(one, e, -1) :
		    OCSP_REQUEST_add_ext(q, e, -1));
	assert_true((size = i2d_OCSP_REQUEST(q, &der)) > 0);
	if (ocsp_request_parse(der, (size_t)size, &r, &err) < 0)
		assert_int_equal(err.kind, ERR_INPUT);
	ocsp_request_free(r);
	OPENSSL_free(der);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(bytes);
	ASN1_OBJECT_free(o);
	OCSP_REQUEST_free(q);
	return r != NULL;
}

static void
refuse(const struct ca *ca, const char *oid, int critical, int n, const void *value, int len)
{
	assert_false(is_read(ca, oid, critical, n, false, value, len));
}

/* RFC 6960 4.4: what is critical must be known; and nothing twice (RFC 5280 4.2). */
void
test_ocsp__extensions(void **state)
{
	struct ca	 ca;

	(void)state;
	ca_make(&ca);
	assert_true(is_read(&ca, "1.2.3", 0, 1, false, "\x05\x00", 2));
	assert_true(is_read(&ca, "1.2.3", 0, 1, true, "\x05\x00", 2));
	refuse(&ca, "1.2.3", 1, 1, "\x05\x00", 2);
	assert_false(is_read(&ca, "1.2.3", 1, 1, true, "\x05\x00", 2));
	refuse(&ca, "1.2.3", 0, 2, "\x05\x00", 2);
	assert_false(is_read(&ca, "1.2.3", 0, 2, true, "\x05\x00", 2));
	assert_true(is_read(&ca, "1.3.6.1.5.5.7.48.1.2", 1, 1, false, "\x04\x01x", 3));
	refuse(&ca, "1.3.6.1.5.5.7.48.1.2", 0, 2, "\x04\x01x", 3);
	/* signature algorithms that the client prefers (4.4.7), here SHA-384 with RSA */
	assert_true(is_read(&ca, "1.3.6.1.5.5.7.48.1.8", 1, 1, false, "\x30\x11\x30\x0f\x30\x0d"
	    "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00", 19));
	ca_free(&ca);
}

/* 4.1.1: version 1, written or not. */
void
test_ocsp__version(void **state)
{
	static const char	 start[] = "\xa0\x03\x02\x01";
	struct err		 err = {0};
	struct ca		 ca;
	struct ocsp_request	*r = NULL;
	struct buf		 der, tbs;
	struct der		 in, body, rest;

	(void)state;
	ca_make(&ca);
	for (char version = 0; version < 2; version++) {
		buf_init(&der, OCSP_REQUEST_MAX);
		buf_init(&tbs, OCSP_REQUEST_MAX);
		assert_ok(ocsp_request_build(ca.sign, ca.issuing, NULL, 0, &der, &err));
		in = (struct der){(const unsigned char *)der.p, der.len};
		assert_int_equal(der_get(&in, 0x30, &body), 0);
		assert_int_equal(der_get(&body, 0x30, &rest), 0);
		buf_add(&tbs, start, 4);
		buf_addch(&tbs, version);
		buf_add(&tbs, rest.p, rest.len);
		der_wrap(&tbs, 0x30);
		der_wrap(&tbs, 0x30);
		if (version == 0)
			assert_ok(ocsp_request_parse(tbs.p, tbs.len, &r, &err));
		else
			assert_err(ocsp_request_parse(tbs.p, tbs.len, &r, &err), ERR_INPUT);
		buf_free(&tbs);
		buf_free(&der);
	}
	ocsp_request_free(r);
	ca_free(&ca);
}

/* RFC 9654: 1 to 128 octets, in an OCTET STRING of their own. */
void
test_ocsp__nonce_bounds(void **state)
{
	struct err		 err = {0};
	struct ca		 ca;
	struct ocsp_request	*r = NULL;
	struct buf		 der;
	static const char	 long_nonce[OCSP_NONCE_MAX] = "0123";
	static const char	 over[OCSP_NONCE_MAX + 4] = "\x04\x81\x81";
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
	assert_non_null(at = memmem(der.p, der.len, "\x04\x81\x80" "0123", 7));
	at[0] = 0x02;
	assert_err(ocsp_request_parse(der.p, der.len, &r, &err), ERR_INPUT);
	at[0] = 0x04;
	at[2] = 0x7f;
	assert_err(ocsp_request_parse(der.p, der.len, &r, &err), ERR_INPUT);
	refuse(&ca, "1.3.6.1.5.5.7.48.1.2", 0, 1, "\x04\x00", 2);
	refuse(&ca, "1.3.6.1.5.5.7.48.1.2", 0, 1, over, sizeof(over));
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

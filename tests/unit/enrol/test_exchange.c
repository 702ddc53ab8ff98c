#include "unit.h"
#include "base/conf.h"
#include "base/str.h"
#include "enrol/work.h"
#include "pki/cert.h"
#include "pki/cmp.h"
#include "pki/csr.h"
#include "signer/signer.h"

#include <openssl/x509v3.h>

/* Whole exchanges of OpenSSL's CMP client with us; the signer's part is played here. */

static struct part {
	EVP_PKEY	*key;
	X509		*cert;
} exchange_ca, exchange_ra;
static bool	 exchange_refuses;		/* the signer does */
static int	 exchange_asked;		/* how often it was asked for a certificate */

static X509 *
make_cert(EVP_PKEY *key, const char *cn, const struct part *ca, bool is_ca)
{
	static long	 serial = 100;
	X509		*x = X509_new();
	X509_EXTENSION	*e;
	X509V3_CTX	 ctx;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 40 * 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
	    (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(ca->cert == NULL ? x : ca->cert));
	X509_set_pubkey(x, key);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_key_identifier, "hash");
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	if (is_ca) {
		e = X509V3_EXT_conf_nid(NULL, &ctx, NID_basic_constraints, "critical,CA:TRUE");
		X509_add_ext(x, e, -1);
		X509_EXTENSION_free(e);
	}
	assert_true(X509_sign(x, ca->cert == NULL ? key : ca->key, EVP_sha256()) > 0);
	return x;
}

static void
add_der(const X509 *x, struct buf *out)
{
	unsigned char	*der = NULL;
	int		 len = i2d_X509(x, &der);

	assert_true(len > 0);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
}

static int
play_enrol(const char *label, const char *from, const void *message, size_t len,
    struct buf *cert, struct err *err)
{
	struct cmp_message	 m;
	struct name		 subject = {0};
	EVP_PKEY		*key = NULL;
	X509			*x;

	(void)label;
	assert_string_equal(from, "192.0.2.1");
	if (exchange_refuses)
		return err_set(err, ERR_DENIED, "the signer says no");
	exchange_asked++;
	assert_int_equal(cmp_parse(message, len, &m, err), 0);
	if (m.type != CMP_RR) {
		assert_int_equal(cmp_wanted(&m, &subject, &key, err), 0);
		x = make_cert(key, name_get(&subject, "CN"), &exchange_ca, false);
		add_der(x, cert);
		X509_free(x);
	}
	EVP_PKEY_free(key);
	name_free(&subject);
	cmp_message_free(&m);
	return 0;
}

static int
play_sender(const char *kid, const char *from, struct buf *cert, struct err *err)
{
	(void)from;
	assert_int_equal(strlen(kid), 40);
	if (exchange_refuses)
		return err_set(err, ERR_NOT_FOUND, "no such authority");
	add_der(exchange_ra.cert, cert);
	return 0;
}

static int
play_chain(const char *profile, const char *authority, json_t **out, struct err *err)
{
	struct buf	 der, text;

	(void)profile;
	(void)authority;
	(void)err;
	buf_init(&der, LIMIT_CERT);
	buf_init(&text, LIMIT_CERT * 2);
	add_der(exchange_ca.cert, &der);
	base64_add(&text, der.p, der.len);
	*out = json_pack("{s:[s]}", "certs", text.p);
	buf_free(&der);
	buf_free(&text);
	return 0;
}

static int
play_certify(const char *use, const char *authority, const void *csr, size_t csr_len,
    struct cert **out, struct err *err)
{
	EVP_PKEY	*key = NULL;
	struct buf	 der;
	X509		*x;
	int		 rc;

	assert_string_equal(use, "cmp");
	assert_string_equal(authority, "machines");
	assert_int_equal(csr_check_key(csr, csr_len, &key, err), 0);
	buf_init(&der, LIMIT_CERT);
	x = make_cert(key, "CMP", &exchange_ca, false);
	add_der(x, &der);
	rc = cert_parse(der.p, der.len, out, err);
	buf_free(&der);
	X509_free(x);
	EVP_PKEY_free(key);
	return rc;
}

static struct enrol	 exchange_enrol = {.enrol_cmp = play_enrol, .sender = play_sender,
	.chain = play_chain, .certify = play_certify, .lock = PTHREAD_MUTEX_INITIALIZER};

static void
exchange_ask(const char *body, size_t len, struct http_response *res)
{
	static const struct http_header	 type = {"content-type", "application/pkixcmp"};
	struct http_request		 req = {.method = "POST", .path = CMP_ROOT, .body = body,
		.body_len = len, .peer = "192.0.2.1", .headers = &type, .n_headers = 1};

	*res = (struct http_response){.status = 200};
	buf_init(&res->head, 4096);
	buf_init(&res->body, 65536);
	cmp_handle(&exchange_enrol, &req, res);
}

/* Between client and us, in place of HTTP. */
static OSSL_CMP_MSG *
carry(OSSL_CMP_CTX *ctx, const OSSL_CMP_MSG *req)
{
	int			*status = OSSL_CMP_CTX_get_transfer_cb_arg(ctx);
	unsigned char		*der = NULL;
	int			 len = i2d_OSSL_CMP_MSG(req, &der);
	const unsigned char	*p;
	struct http_response	 res;
	OSSL_CMP_MSG		*answer = NULL;

	assert_true(len > 0);
	exchange_ask((char *)der, (size_t)len, &res);
	*status = res.status;
	p = (const unsigned char *)res.body.p;
	if (res.status == 200)
		answer = d2i_OSSL_CMP_MSG(NULL, &p, (long)res.body.len);
	OPENSSL_free(der);
	buf_free(&res.head);
	buf_free(&res.body);
	return answer;
}

static OSSL_CMP_CTX *
client_new(int *status, EVP_PKEY *fresh)
{
	OSSL_CMP_CTX	*ctx = OSSL_CMP_CTX_new(NULL, NULL);
	X509_STORE	*trusted = X509_STORE_new();
	X509_NAME	*name = X509_NAME_new();

	X509_STORE_add_cert(trusted, exchange_ca.cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"pump", -1,
	    -1, 0);
	OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_LOG_VERBOSITY, 0);
	OSSL_CMP_CTX_set0_trustedStore(ctx, trusted);
	OSSL_CMP_CTX_set1_cert(ctx, exchange_ra.cert);
	OSSL_CMP_CTX_set1_pkey(ctx, exchange_ra.key);
	OSSL_CMP_CTX_set1_subjectName(ctx, name);
	OSSL_CMP_CTX_set0_newPkey(ctx, 1, fresh);
	OSSL_CMP_CTX_set_transfer_cb(ctx, carry);
	OSSL_CMP_CTX_set_transfer_cb_arg(ctx, status);
	X509_NAME_free(name);
	return ctx;
}

static void
exchange_open(void)
{
	struct err	 err = {0};

	assert_ok(conf_set("enrol.cmp.ca", "machines", &err));
	exchange_refuses = false;
	exchange_asked = 0;
	exchange_ca.key = EVP_EC_gen("P-256");
	exchange_ra.key = EVP_EC_gen("P-256");
	exchange_ca.cert = make_cert(exchange_ca.key, "Machines", &(struct part){0}, true);
	exchange_ra.cert = make_cert(exchange_ra.key, "RA", &(struct part){0}, false);
}

static void
exchange_close(void)
{
	cmp_close(&exchange_enrol);
	EVP_PKEY_free(exchange_ca.key);
	EVP_PKEY_free(exchange_ra.key);
	X509_free(exchange_ca.cert);
	X509_free(exchange_ra.cert);
	exchange_ca = exchange_ra = (struct part){0};
}

static size_t
open_transactions(void)
{
	size_t	 n = 0;

	for (size_t i = 0; i < CMP_TRANSACTIONS; i++)
		n += exchange_enrol.transactions[i] != NULL;
	return n;
}

void
test_exchange__certificate_and_confirmation(void **state)
{
	int	 status = 0;

	(void)state;
	exchange_open();
	for (int implicit = 0; implicit < 2; implicit++) {
		OSSL_CMP_CTX	*ctx = client_new(&status, EVP_EC_gen("P-256"));
		X509		*x;

		OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_IMPLICIT_CONFIRM, implicit);
		x = OSSL_CMP_exec_certreq(ctx, OSSL_CMP_CR, NULL);
		assert_non_null(x);
		assert_true(X509_verify(x, exchange_ca.key) == 1);
		assert_int_equal(exchange_asked, implicit + 1);
		assert_int_equal(open_transactions(), 0);
		OSSL_CMP_CTX_free(ctx);
	}
	exchange_close();
}

/* A PKCS#10 request of an SM2 key: signed with the ID that everybody uses, or with an empty one. */
static X509_REQ *
sm2_request(bool id)
{
	struct name		 subject = {0};
	struct err		 err = {0};
	EVP_PKEY		*key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
	const unsigned char	*p;
	X509_REQ		*req;
	struct buf		 der;

	buf_init(&der, LIMIT_CSR);
	assert_ok(name_add(&subject, "CN", "pump", &err));
	assert_ok(csr_build_key(&subject, key, &der, &err));
	p = (const unsigned char *)der.p;
	assert_non_null(req = d2i_X509_REQ(NULL, &p, (long)der.len));
	if (!id)
		assert_true(X509_REQ_sign(req, key, EVP_sm3()) > 0);
	EVP_PKEY_free(key);
	name_free(&subject);
	buf_free(&der);
	return req;
}

void
test_exchange__sm2_by_pkcs10(void **state)
{
	int	 status = 0;

	(void)state;
	exchange_open();
	for (int id = 1; id >= 0; id--) {
		OSSL_CMP_CTX	*ctx = client_new(&status, NULL);
		X509_REQ	*req = sm2_request(id == 1);

		OSSL_CMP_CTX_set1_p10CSR(ctx, req);
		assert_int_equal(OSSL_CMP_exec_certreq(ctx, OSSL_CMP_P10CR, NULL) != NULL, id);
		assert_int_equal(exchange_asked, 1);
		assert_int_equal(open_transactions(), 0);
		X509_REQ_free(req);
		OSSL_CMP_CTX_free(ctx);
	}
	exchange_close();
}

/* A client that never confirms: its place is taken by a later one, nothing grows. */
void
test_exchange__unconfirmed(void **state)
{
	int	 status = 0;

	(void)state;
	exchange_open();
	for (int i = 0; i < CMP_TRANSACTIONS + 3; i++) {
		OSSL_CMP_CTX	*ctx = client_new(&status, EVP_EC_gen("P-256"));

		OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_DISABLE_CONFIRM, 1);
		assert_non_null(OSSL_CMP_exec_certreq(ctx, OSSL_CMP_IR, NULL));
		OSSL_CMP_CTX_free(ctx);
	}
	assert_int_equal(open_transactions(), CMP_TRANSACTIONS);
	exchange_close();
}

void
test_exchange__refused(void **state)
{
	OSSL_CMP_CTX	*ctx;
	struct part	 stranger = {.key = EVP_EC_gen("P-256")};
	int		 status = 0;

	(void)state;
	exchange_open();
	exchange_refuses = true;
	ctx = client_new(&status, EVP_EC_gen("P-256"));
	assert_null(OSSL_CMP_exec_certreq(ctx, OSSL_CMP_IR, NULL));
	assert_int_equal(status, 200);		/* nobody knows the sender's key: an error message */
	assert_int_equal(OSSL_CMP_CTX_get_status(ctx), OSSL_CMP_PKISTATUS_rejection);
	assert_int_equal(exchange_asked, 0);
	OSSL_CMP_CTX_free(ctx);
	/* nor is anybody known by a secret */
	ctx = client_new(&status, EVP_EC_gen("P-256"));
	OSSL_CMP_CTX_set1_cert(ctx, NULL);
	OSSL_CMP_CTX_set1_secretValue(ctx, (const unsigned char *)"secret", 6);
	OSSL_CMP_CTX_set1_referenceValue(ctx, (const unsigned char *)
	    "12345678901234567890", 20);
	assert_null(OSSL_CMP_exec_certreq(ctx, OSSL_CMP_IR, NULL));
	assert_int_equal(status, 200);
	assert_int_equal(exchange_asked, 0);
	OSSL_CMP_CTX_free(ctx);

	/* the name and certificate of the RA, the key of another: OpenSSL says no before us */
	exchange_refuses = false;
	stranger.cert = make_cert(stranger.key, "RA", &(struct part){0}, false);
	ctx = client_new(&status, EVP_EC_gen("P-256"));
	OSSL_CMP_CTX_set1_cert(ctx, stranger.cert);
	OSSL_CMP_CTX_set1_pkey(ctx, stranger.key);
	assert_null(OSSL_CMP_exec_certreq(ctx, OSSL_CMP_IR, NULL));
	assert_int_equal(status, 200);
	assert_int_equal(exchange_asked, 0);
	OSSL_CMP_CTX_free(ctx);
	assert_int_equal(open_transactions(), 0);
	X509_free(stranger.cert);
	EVP_PKEY_free(stranger.key);
	exchange_close();
}

void
test_exchange__not_cmp(void **state)
{
	static const struct {
		const char	*body;
		size_t		 len;
	} rows[] = {{"", 0}, {"hello", 5}, {"\x30\x00", 2}, {"\x30\x80\x00\x00", 4}};
	struct http_response	 res;

	(void)state;
	exchange_open();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		exchange_ask(rows[i].body, rows[i].len, &res);
		assert_int_equal(res.status, 400);
		buf_free(&res.head);
		buf_free(&res.body);
	}
	exchange_close();
}

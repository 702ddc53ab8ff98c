/* CMP over HTTP as the enrol process answers it; the signer's part is played here. */
#include "base/base.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "enrol/work.h"
#include "pki/cert.h"
#include "pki/csr.h"

#include <fcntl.h>

int	LLVMFuzzerInitialize(int *argc, char ***argv);
int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static EVP_PKEY		*fuzz_key;
static struct buf	 fuzz_ca;		/* DER */

/* A certificate of this key, by our CA. */
static void
fuzz_issue(EVP_PKEY *key, struct buf *out)
{
	unsigned char	*der = NULL;
	X509		*x = X509_new();
	int		 len;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 40 * 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
	    (const unsigned char *)"x", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	if (X509_sign(x, fuzz_key, EVP_sha256()) <= 0 || (len = i2d_X509(x, &der)) <= 0)
		abort();
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	X509_free(x);
}

static int
play_enrol(const char *label, const char *from, const void *message, size_t len,
    struct buf *cert, struct err *err)
{
	(void)label;
	(void)from;
	if (len % 2 == 0)
		return err_set(err, ERR_DENIED, "no");
	(void)message;
	fuzz_issue(fuzz_key, cert);
	return 0;
}

static int
play_sender(const char *kid, const char *from, struct buf *cert, struct err *err)
{
	(void)kid;
	(void)from;
	(void)err;
	buf_add(cert, fuzz_ca.p, fuzz_ca.len);
	return 0;
}

static int
play_chain(const char *profile, const char *authority, json_t **out, struct err *err)
{
	struct buf	 text;

	(void)profile;
	(void)authority;
	(void)err;
	buf_init(&text, LIMIT_CERT * 2);
	base64_add(&text, fuzz_ca.p, fuzz_ca.len);
	*out = json_pack("{s:[s]}", "certs", text.p);
	buf_free(&text);
	return 0;
}

static int
play_certify(const char *use, const char *authority, const void *csr, size_t csr_len,
    struct cert **out, struct err *err)
{
	EVP_PKEY	*key = NULL;
	struct buf	 der;
	int		 rc;

	(void)use;
	(void)authority;
	buf_init(&der, LIMIT_CERT);
	if (csr_check_key(csr, csr_len, &key, err) < 0)
		abort();
	fuzz_issue(key, &der);
	rc = cert_parse(der.p, der.len, out, err);
	EVP_PKEY_free(key);
	buf_free(&der);
	return rc;
}

static struct enrol	 fuzz_enrol = {.enrol_cmp = play_enrol, .sender = play_sender,
	.chain = play_chain, .certify = play_certify, .lock = PTHREAD_MUTEX_INITIALIZER};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct err	 err = {0};

	(void)argc;
	(void)argv;
	if (conf_set("enrol.cmp.ca", "ca", &err) < 0)
		abort();
	log_to(open("/dev/null", O_WRONLY));
	fuzz_key = EVP_EC_gen("P-256");
	buf_init(&fuzz_ca, LIMIT_CERT);
	fuzz_issue(fuzz_key, &fuzz_ca);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const struct http_header	 type = {"content-type", "application/pkixcmp"};
	struct http_request		 req = {.method = "POST", .path = CMP_ROOT,
		.body = (const char *)p, .body_len = len, .peer = "192.0.2.1",
		.headers = &type, .n_headers = 1};
	struct http_response		 res = {.status = 200};

	buf_init(&res.head, 4096);
	buf_init(&res.body, 1 << 20);
	cmp_handle(&fuzz_enrol, &req, &res);
	assert(res.body.len > 0 && (res.status == 200 || res.status == 400));
	buf_free(&res.head);
	buf_free(&res.body);
	return 0;
}

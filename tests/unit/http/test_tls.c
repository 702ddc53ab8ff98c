#include "unit.h"
#include "base/clock.h"
#include "http/client.h"
#include "http/server.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <pthread.h>

/* TLS with the certificates a site may have, ECDSA and RSA, against libcurl, which verifies. */

static char	tls_dir[] = "/tmp/yinxin-tls-XXXXXX";

static char *
tls_path(const char *name)
{
	return xasprintf("%s/%s", tls_dir, name);
}

/* A self-signed certificate for 127.0.0.1, and its key, as PEM files. */
static void
tls_make(EVP_PKEY *key, const char *key_file, const char *cert_file, int64_t ends)
{
	X509		*x = X509_new();
	X509_EXTENSION	*names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
			    "IP:127.0.0.1");
	FILE		*f;

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(ends / 1000));
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"127.0.0.1", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	X509_add_ext(x, names, -1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_non_null(f = fopen(cert_file, "w"));
	PEM_write_X509(f, x);
	fclose(f);
	assert_non_null(f = fopen(key_file, "w"));
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	X509_EXTENSION_free(names);
	X509_free(x);
}

static void
tls_handle(struct http_request *req, struct http_response *res, void *arg)
{
	(void)arg;
	buf_addf(&res->body, "%s %d", req->path, req->tls);
}

static void *
tls_run(void *server)
{
	http_server_run(server);
	return NULL;
}

/* One request; the answer's body into text, or an error. */
static int
tls_ask(int port, const char *ca_file, char text[64], struct err *err)
{
	char			*url = xasprintf("https://127.0.0.1:%d/here", port);
	struct http_call	 call = {.method = "GET", .url = url, .ca_file = ca_file};
	struct http_answer	 answer;
	int			 rc;

	http_answer_init(&answer);
	if ((rc = http_call(&call, &answer, NULL, err)) == 0)
		snprintf(text, 64, "%d %s", answer.status, answer.body.p);
	http_answer_free(&answer);
	free(url);
	return rc;
}

static void
tls_serves_with(EVP_PKEY *key, const char *name)
{
	struct err		 err = {0};
	char			*key_file = xasprintf("%s/%s.key", tls_dir, name);
	char			*cert_file = xasprintf("%s/%s.crt", tls_dir, name);
	char			*other = tls_path("other.crt"), text[64];
	int64_t			 ends = (clock_now() / 1000 + 86400) * 1000;
	struct http_config	 config = {.listen = "127.0.0.1:0", .tls_cert = cert_file,
		.tls_key = key_file, .threads = 1, .handle = tls_handle};
	struct http_server	*server = NULL;
	struct http_stats	 stats;
	pthread_t		 thread;

	tls_make(key, key_file, cert_file, ends);
	assert_ok(http_server_new(&server, &config, &err));
	assert_int_equal(pthread_create(&thread, NULL, tls_run, server), 0);
	assert_ok(tls_ask(http_server_port(server), cert_file, text, &err));
	assert_string_equal(text, "200 /here 1");
	/* against another certificate it is not believed */
	assert_err(tls_ask(http_server_port(server), other, text, &err), ERR_GATEWAY);
	assert_ok(tls_ask(http_server_port(server), cert_file, text, &err));
	http_server_stats(server, &stats);
	assert_int_equal(stats.tls_ends, ends);
	http_server_stop(server);
	pthread_join(thread, NULL);
	http_server_free(server);
	free(key_file);
	free(cert_file);
	free(other);
}

void
test_tls__ecdsa_and_rsa(void **state)
{
	EVP_PKEY	*ecdsa = EVP_EC_gen("P-256"), *rsa = EVP_RSA_gen(2048);
	EVP_PKEY	*other = EVP_EC_gen("P-256");
	char		*key, *cert;

	(void)state;
	assert_non_null(mkdtemp(tls_dir));
	key = tls_path("other.key");
	cert = tls_path("other.crt");
	tls_make(other, key, cert, clock_now() + CLOCK_DAY);
	tls_serves_with(ecdsa, "ecdsa");
	tls_serves_with(rsa, "rsa");
	EVP_PKEY_free(ecdsa);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(other);
	free(key);
	free(cert);
}

/* A certificate of another key, or none, is told when the server is made. */
void
test_tls__a_key_that_does_not_fit(void **state)
{
	struct err		 err = {0};
	char			*key = tls_path("ecdsa.key"), *cert = tls_path("rsa.crt");
	struct http_config	 config = {.listen = "127.0.0.1:0", .tls_cert = cert,
		.tls_key = key, .threads = 1, .handle = tls_handle};
	struct http_server	*server = NULL;

	(void)state;
	assert_err(http_server_new(&server, &config, &err), ERR_CRYPTO);
	config.tls_cert = "/nowhere.crt";
	assert_err(http_server_new(&server, &config, &err), ERR_CRYPTO);
	assert_non_null(strstr(err.text, "/nowhere.crt"));
	free(key);
	free(cert);
}

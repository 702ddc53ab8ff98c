#include "unit.h"
#include "base/clock.h"
#include "base/file.h"
#include "pki/crl.h"
#include "pki/csr.h"

#include <openssl/x509.h>
#include <unistd.h>

#define NOW	INT64_C(1795000000000)

/* A certificate of this profile for the key; issuer NULL: self-signed. */
static struct cert *
certify(const char *profile, EVP_PKEY *key, const struct cert *issuer, EVP_PKEY *issuer_key)
{
	struct err	 err = {0};
	struct name	 subject = {0};
	struct cert	*c = NULL;
	struct cert_plan plan = {.profile = profile_find(profile), .subject = &subject,
		.key = key, .issuer = issuer, .not_before = NOW - CLOCK_DAY,
		.not_after = NOW + (issuer == NULL ? 900 : 300) * CLOCK_DAY,
		.pointers = {.ocsp = "http://va.test/ocsp", .crl = "http://va.test/ca.crl",
		.policy = "1.2.156.99999.1.1"}};

	assert_ok(name_add(&subject, "C", "CN", &err));
	assert_ok(name_add(&subject, "CN", profile, &err));
	cert_new_serial(plan.serial);
	assert_ok(cert_build(&plan, SIGNING(issuer_key), &c, &err));
	name_free(&subject);
	return c;
}

/* Every kind signs certificates of every kind, and lists; nothing altered holds. */
void
test_key__hierarchies_of_each_kind(void **state)
{
	struct err		 err = {0};
	const struct key_kind	*kind, *below;

	(void)state;
	for (size_t i = 0; (kind = key_kind_at(i)) != NULL; i++) {
		struct cert		*root, *leaf;
		struct crl_facts	 facts;
		struct buf		 der;
		EVP_PKEY		*root_key = NULL, *key = NULL;

		below = key_kind_at(i + 1) == NULL ? key_kind_at(0) : key_kind_at(i + 1);
		assert_ok(key_generate(kind, &root_key, &err));
		assert_ok(key_generate(below, &key, &err));
		assert_ptr_equal(key_kind_of(root_key), kind);
		root = certify("root", root_key, NULL, root_key);
		leaf = certify("machine", key, root, root_key);
		assert_ok(cert_verify_chain((const struct cert *[]){leaf, root}, 2, NOW, &err));
		assert_err(cert_verify_signature(leaf, leaf, &err), ERR_CRYPTO);
		buf_init(&der, 65536);
		assert_ok(crl_build(&(struct crl_plan){.issuer = root, .number = 3,
		    .this_update = NOW, .next_update = NOW + CLOCK_DAY, .base = 2,
		    .point = "http://va.test/crl/1.crl"}, SIGNING(root_key), &der, &err));
		assert_ok(crl_verify(der.p, der.len, root, &facts, &err));
		assert_int_equal(facts.number, 3);
		der.p[40] ^= 1;
		assert_true(crl_verify(der.p, der.len, root, &facts, &err) < 0);
		assert_err(crl_build(&(struct crl_plan){.issuer = root, .number = 4,
		    .this_update = NOW, .next_update = NOW}, SIGNING(key), &der, &err),
		    ERR_CRYPTO);
		buf_free(&der);
		cert_free(leaf);
		cert_free(root);
		EVP_PKEY_free(key);
		EVP_PKEY_free(root_key);
	}
}

void
test_key__file_of_each_kind(void **state)
{
	struct err	 err = {0};
	struct secret	 pass = {0}, wrong = {0};
	char		 dir[] = "/tmp/yinxin-key-XXXXXX", path[64], address[80];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.key", dir);
	snprintf(address, sizeof(address), "file:%s", path);
	secret_set(&pass, "open sesame", 11);
	secret_set(&wrong, "open barley", 11);
	for (size_t i = 0; key_kind_at(i) != NULL; i++) {
		EVP_PKEY		*key = NULL;
		struct signing_key	 again = {0};

		assert_ok(key_generate(key_kind_at(i), &key, &err));
		assert_ok(key_write(path, key, &pass, &err));
		assert_err(signing_key_open(address, &wrong, &again, &err), ERR_DENIED);
		signing_key_close(&again);
		assert_ok(signing_key_open(address, &pass, &again, &err));
		assert_true(key_is_same(key, again.key));
		signing_key_close(&again);
		EVP_PKEY_free(key);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
	secret_free(&pass);
	secret_free(&wrong);
}

/* A request as OpenSSL makes it. */
static void
openssl_csr(EVP_PKEY *key, struct buf *der)
{
	X509_REQ	*req = X509_REQ_new();
	EVP_MD_CTX	*ctx = key_sign_ctx(key);
	unsigned char	*p = NULL;
	int		 len;

	assert_non_null(ctx);
	assert_true(X509_REQ_set_version(req, 0) && X509_REQ_set_pubkey(req, key));
	assert_true(X509_REQ_sign_ctx(req, ctx) > 0);
	len = i2d_X509_REQ(req, &p);
	assert_true(len > 0);
	buf_add(der, p, (size_t)len);
	OPENSSL_free(p);
	EVP_MD_CTX_free(ctx);
	X509_REQ_free(req);
}

void
test_key__request_of_each_kind(void **state)
{
	struct err	 err = {0};

	(void)state;
	for (size_t i = 0; key_kind_at(i) != NULL; i++) {
		EVP_PKEY	*key = NULL, *found = NULL;
		unsigned char	 point[SM2_POINT_LEN];
		struct buf	 der;

		buf_init(&der, LIMIT_CSR);
		assert_ok(key_generate(key_kind_at(i), &key, &err));
		openssl_csr(key, &der);
		assert_ok(csr_check_key(der.p, der.len, &found, &err));
		assert_true(key_is_same(key, found));
		EVP_PKEY_free(found);
		found = NULL;
		if (i > 0)		/* sm2 is the first row */
			assert_err(csr_check(der.p, der.len, point, &err), ERR_INPUT);
		der.p[der.len - 3] ^= 1;
		assert_true(csr_check_key(der.p, der.len, &found, &err) < 0);
		assert_null(found);
		buf_free(&der);
		EVP_PKEY_free(key);
	}
}

/* What we write ourselves is what OpenSSL writes, and reads back as the same key. */
void
test_key__spki_of_each_kind(void **state)
{
	struct err	 err = {0};
	EVP_PKEY	*key = NULL, *back = NULL;
	unsigned char	*want;
	struct buf	 der;
	int		 n;

	(void)state;
	buf_init(&der, LIMIT_CERT);
	for (size_t i = 0; key_kind_at(i) != NULL; i++) {
		want = NULL;
		buf_clear(&der);
		assert_ok(key_generate(key_kind_at(i), &key, &err));
		assert_ok(key_spki_add(key, &der, &err));
		assert_true((n = i2d_PUBKEY(key, &want)) > 0);
		assert_int_equal(der.len, n);
		assert_memory_equal(der.p, want, der.len);
		assert_ok(key_spki_parse(der.p, der.len, &back, &err));
		assert_true(key_is_same(key, back));
		OPENSSL_free(want);
		EVP_PKEY_free(key);
		EVP_PKEY_free(back);
	}
	buf_free(&der);
}

/* What is of no kind: a short RSA key, another curve. */
void
test_key__of_no_kind(void **state)
{
	struct err	 err = {0};
	unsigned char	 id[KEY_ID_LEN];
	EVP_PKEY	*rsa = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024),
			*ec = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"), *found = NULL;
	struct buf	 der;

	(void)state;
	assert_null(key_kind_of(rsa));
	assert_null(key_kind_of(ec));
	assert_err(key_id(ec, id, &err), ERR_CRYPTO);
	buf_init(&der, LIMIT_CERT);
	assert_ok(key_spki_add(rsa, &der, &err));
	assert_err(key_spki_parse(der.p, der.len, &found, &err), ERR_INPUT);
	assert_err(key_spki_parse("\x30\x00", 2, &found, &err), ERR_INPUT);
	buf_free(&der);
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec);
}

#include "base/base.h"
#include "signer/enrol.h"
#include "signer/process.h"
#include "signer/world.h"

#include <openssl/cmp.h>
#include <openssl/x509v3.h>

/* What the signer makes of CMP messages; OpenSSL's client writes them. */

/* An RA with a self-signed certificate. */
struct office {
	EVP_PKEY	*key;
	X509		*cert;
};

static void
office_add(struct office *o, const char *name, const char *suffix)
{
	struct err	 err = {0};
	struct ipc_msg	 in, out;
	unsigned char	*der = NULL;
	X509_EXTENSION	*kid;
	X509V3_CTX	 ctx;
	int		 len;

	o->key = EVP_EC_gen("P-256");
	o->cert = X509_new();
	X509_set_version(o->cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(o->cert), 7);
	X509_gmtime_adj(X509_getm_notBefore(o->cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(o->cert), 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(o->cert), "CN", MBSTRING_UTF8,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(o->cert, X509_get_subject_name(o->cert));
	X509_set_pubkey(o->cert, o->key);
	X509V3_set_ctx(&ctx, o->cert, o->cert, NULL, NULL, 0);
	kid = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_key_identifier, "hash");
	X509_add_ext(o->cert, kid, -1);
	X509_EXTENSION_free(kid);
	assert_true(X509_sign(o->cert, o->key, EVP_sha256()) > 0);
	len = i2d_X509(o->cert, &der);
	ipc_msg_init(&in);
	ipc_msg_init(&out);
	js_set_str(in.json, "name", name);
	js_set_str(in.json, "profile", "machine");
	js_set_str(in.json, "suffix", suffix);
	js_set_int(in.json, "days", 90);
	buf_add(&in.blob, der, (size_t)len);
	assert_ok(answer_ra_add(&in, &out, IPC_ADMIN, &world_shared()->signer, &err));
	OPENSSL_free(der);
	ipc_msg_free(&in);
	ipc_msg_free(&out);
}

static void
office_free(struct office *o)
{
	EVP_PKEY_free(o->key);
	X509_free(o->cert);
}

/* Keep the request's bytes; there is no answer. */
static OSSL_CMP_MSG *
catch(OSSL_CMP_CTX *ctx, const OSSL_CMP_MSG *req)
{
	struct buf	*into = OSSL_CMP_CTX_get_transfer_cb_arg(ctx);
	unsigned char	*der = NULL;
	int		 len = i2d_OSSL_CMP_MSG(req, &der);

	assert_true(len > 0);
	buf_add(into, der, (size_t)len);
	OPENSSL_free(der);
	return NULL;
}

/* A request of the sender for a new key under this name; tid: sixteen bytes. */
static struct buf
request(EVP_PKEY *key, X509 *cert, int type, const char *cn, const char *tid, EVP_PKEY *fresh)
{
	OSSL_CMP_CTX		*ctx = OSSL_CMP_CTX_new(NULL, NULL);
	ASN1_OCTET_STRING	*id = ASN1_OCTET_STRING_new();
	X509_NAME		*name = X509_NAME_new();
	struct buf		 out;

	buf_init(&out, 65536);
	ASN1_OCTET_STRING_set(id, (const unsigned char *)tid, 16);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0);
	OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_LOG_VERBOSITY, 0);
	OSSL_CMP_CTX_set1_cert(ctx, cert);
	OSSL_CMP_CTX_set1_pkey(ctx, key);
	OSSL_CMP_CTX_set1_subjectName(ctx, name);
	OSSL_CMP_CTX_set1_transactionID(ctx, id);
	OSSL_CMP_CTX_set0_newPkey(ctx, 1, fresh);
	OSSL_CMP_CTX_set1_oldCert(ctx, cert);
	OSSL_CMP_CTX_set_transfer_cb(ctx, catch);
	OSSL_CMP_CTX_set_transfer_cb_arg(ctx, &out);
	assert_null(OSSL_CMP_exec_certreq(ctx, type, NULL));
	assert_true(out.len > 0);
	X509_NAME_free(name);
	ASN1_OCTET_STRING_free(id);
	OSSL_CMP_CTX_free(ctx);
	return out;
}

static int
ask(struct buf *message, struct cert **out, struct err *err)
{
	struct ipc_msg	 in, answer;
	struct buf	 der;
	int		 rc;

	ipc_msg_init(&in);
	ipc_msg_init(&answer);
	buf_init(&der, LIMIT_CERT);
	js_set_str(in.json, "from", "192.0.2.9");
	buf_add(&in.blob, message->p, message->len);
	if ((rc = answer_enrol_cmp(&in, &answer, IPC_ENROL, &world_shared()->signer, err)) == 0 &&
	    (rc = js_need_bytes(answer.json, "cert", &der, err)) == 0)
		rc = cert_parse(der.p, der.len, out, err);
	buf_free(&der);
	buf_free(message);
	ipc_msg_free(&in);
	ipc_msg_free(&answer);
	return rc;
}

void
test_enrol_cmp__a_transaction_once(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	struct cert	*first = NULL, *again = NULL, *other = NULL;
	EVP_PKEY	*key = EVP_EC_gen("P-256"), *second = EVP_EC_gen("P-256");
	struct buf	 b;

	(void)state;
	office_add(&o, "office-once", "");
	EVP_PKEY_up_ref(key);
	b = request(o.key, o.cert, OSSL_CMP_IR, "pump", "0123456789abcdef", key);
	assert_ok(ask(&b, &first, &err));
	b = request(o.key, o.cert, OSSL_CMP_IR, "pump", "0123456789abcdef", key);
	assert_ok(ask(&b, &again, &err));
	assert_true(cert_is_same(first, again));
	b = request(o.key, o.cert, OSSL_CMP_IR, "pump", "0123456789abcdef", second);
	assert_err(ask(&b, &other, &err), ERR_CONFLICT);
	assert_string_equal(world_journal(world_shared()).what, "enrol.refused");
	cert_free(first);
	cert_free(again);
	office_free(&o);
}

/* By itself a machine has its key changed and no more; a flipped byte is nobody's word. */
void
test_enrol_cmp__a_machine_for_itself(void **state)
{
	struct office	 o;
	struct err	 err = {0};
	struct cert	*mine = NULL, *next = NULL;
	EVP_PKEY	*key = EVP_EC_gen("P-256");
	struct buf	 b;

	(void)state;
	office_add(&o, "office-machine", "");
	EVP_PKEY_up_ref(key);
	b = request(o.key, o.cert, OSSL_CMP_CR, "motor", "machine-machine1", key);
	assert_ok(ask(&b, &mine, &err));
	b = request(key, cert_x509(mine), OSSL_CMP_KUR, "motor", "machine-machine2",
	    EVP_EC_gen("P-256"));
	assert_ok(ask(&b, &next, &err));
	assert_false(cert_is_same(mine, next));
	cert_free(next);
	b = request(key, cert_x509(mine), OSSL_CMP_KUR, "pump", "machine-machine3",
	    EVP_EC_gen("P-256"));
	assert_err(ask(&b, &next, &err), ERR_DENIED);
	b = request(key, cert_x509(mine), OSSL_CMP_CR, "motor", "machine-machine4",
	    EVP_EC_gen("P-256"));
	assert_err(ask(&b, &next, &err), ERR_DENIED);
	b = request(o.key, o.cert, OSSL_CMP_CR, "motor", "machine-machine6", EVP_EC_gen("P-256"));
	b.p[60] ^= 1;
	assert_true(ask(&b, &next, &err) < 0);
	EVP_PKEY_free(key);
	cert_free(mine);
	office_free(&o);
}

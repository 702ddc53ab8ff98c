#include "house.h"
#include "pki/carrier.h"
#include "pki/enveloped.h"

/* An old encryption pair comes back into a new UKey, beside the pair that is used. */
#define NEW_ORDER	"20261121000000000003"
#define RECOVERY	"20261121000000000004"

/* The old pair: its private key as escrow has it. */
struct old {
	struct issued	 issued;	/* of a UKey that is gone */
	EVP_PKEY	*key;
	struct cert	*enc;
};

static void
old_make(struct old *o)
{
	struct err		 err = {0};
	unsigned char		 point[SM2_POINT_LEN];
	const unsigned char	*der;
	size_t			 len;

	assert_ok(sm2_generate(&o->issued.ca_key, &err));
	assert_ok(sm2_point(o->issued.ca_key, point, &err));
	o->issued.ca = certify(&o->issued, "root", point);
	assert_ok(sm2_generate(&o->key, &err));
	assert_ok(sm2_point(o->key, point, &err));
	o->enc = certify(&o->issued, "sm2-person-enc", point);
	buf_init(&o->issued.sign, 1);
	buf_init(&o->issued.envelope, 1);
	buf_init(&o->issued.enc, LIMIT_CERT);
	der = cert_der(o->enc, &len);
	buf_add(&o->issued.enc, der, len);
}

static void
old_free(struct old *o)
{
	cert_free(o->enc);
	EVP_PKEY_free(o->key);
	issued_free(&o->issued);
}

/* What kmc makes of it for a carrier. */
static void
enclose(const struct old *o, const unsigned char carrier[SM2_POINT_LEN], struct buf *envelope)
{
	struct err	 err = {0};
	unsigned char	 d[32], point[SM2_POINT_LEN];

	assert_ok(sm2_scalar(o->key, d, &err));
	assert_ok(sm2_point(o->key, point, &err));
	buf_clear(envelope);
	assert_ok(envelope_make(carrier, d, point, envelope, &err));
}

static void
put_current(struct ukey *u, struct issued *i)
{
	struct err		 err = {0};
	struct ukey_bundle	 b;
	struct buf		 csr;

	buf_init(&csr, LIMIT_CSR);
	assert_ok(ukey_request(u, NEW_ORDER, "张三", &csr, &err));
	issue(&csr, i);
	b = bundle(i);
	assert_ok(ukey_install(u, NEW_ORDER, &b, &err));
	buf_free(&csr);
}

/* Ask for it: the carrier's point, vouched for by the current certificate. */
static void
request(struct ukey *u, const struct issued *i, unsigned char point[SM2_POINT_LEN])
{
	struct err		 err = {0};
	struct cert		*by = NULL;
	struct buf		 text, sig;
	struct signed_statement	 s = {.text = NULL};

	buf_init(&text, 1024);
	buf_init(&sig, 256);
	assert_ok(cert_parse(i->sign.p, i->sign.len, &by, &err));
	assert_ok(ukey_recover_request(u, RECOVERY, cert_serial(by), &text, &sig, &err));
	s = (struct signed_statement){text.p, text.len, {sig.p, sig.len}, {0}};
	assert_ok(carrier_check(&s, RECOVERY, by, point, &err));
	assert_err(carrier_check(&s, NEW_ORDER, by, point, &err), ERR_DENIED);
	cert_free(by);
	buf_free(&text);
	buf_free(&sig);
}

static size_t
listed(struct ukey *u, const char *what)
{
	struct err	 err = {0};
	json_t		*j = NULL;
	size_t		 n;

	assert_ok(ukey_describe(u, &j, &err));
	n = json_array_size(json_object_get(j, what));
	json_decref(j);
	return n;
}

void
test_recovered__opens_old_documents(void **state)
{
	struct err		 err = {0};
	struct old		 old = {.key = NULL};
	struct issued		 now = {0};
	struct ukey		 u;
	struct ukey_bundle	 b = {.sign_cert = NULL};
	unsigned char		 point[SM2_POINT_LEN], again[SM2_POINT_LEN];
	struct buf		 bid, plain, envelope, wrong, sig, cert;
	char			*path = blank(&u);
	int			 left;

	(void)state;
	buf_init(&bid, ENVELOPED_MAX);
	buf_init(&plain, 256);
	buf_init(&envelope, 4096);
	buf_init(&wrong, 4096);
	buf_init(&sig, 256);
	buf_init(&cert, LIMIT_CERT);
	old_make(&old);
	assert_ok(enveloped_make(old.enc, "旧标书", strlen("旧标书"), &bid, &err));
	assert_ok(ukey_login(&u, PIN, &left, &err));
	put_current(&u, &now);
	assert_err(ukey_decrypt(&u, bid.p, bid.len, &plain, &err), ERR_NOT_FOUND);
	/* nothing is made for a certificate that is not there */
	assert_int_equal(ukey_recover_request(&u, RECOVERY, "", &plain, &sig, &err), -1);
	err = (struct err){0};
	request(&u, &now, point);
	request(&u, &now, again);
	assert_memory_equal(point, again, sizeof(point));	/* the same carrier */
	assert_int_equal(listed(&u, "unfinished"), 1);
	/* another pair's envelope is not written, nor one for another key */
	b.enc_cert = old.issued.enc.p;
	b.enc_len = old.issued.enc.len;
	b.envelope = now.envelope.p;
	b.envelope_len = now.envelope.len;
	assert_err(ukey_recover_install(&u, RECOVERY, &b, &err), ERR_CONFLICT);
	assert_ok(sm2_point(now.ca_key, again, &err));
	enclose(&old, again, &wrong);
	b.envelope = wrong.p;
	b.envelope_len = wrong.len;
	assert_int_equal(ukey_recover_install(&u, RECOVERY, &b, &err), -1);
	err = (struct err){0};
	assert_int_equal(listed(&u, "recovered"), 0);
	enclose(&old, point, &envelope);
	b.envelope = envelope.p;
	b.envelope_len = envelope.len;
	assert_ok(ukey_recover_install(&u, RECOVERY, &b, &err));
	assert_ok(ukey_recover_install(&u, RECOVERY, &b, &err));	/* and again */
	assert_ok(ukey_decrypt(&u, bid.p, bid.len, &plain, &err));
	assert_string_equal(plain.p, "旧标书");
	assert_int_equal(listed(&u, "recovered"), 1);
	assert_int_equal(listed(&u, "unfinished"), 0);
	assert_int_equal(listed(&u, "certificates"), 1);
	/* the pair in use is what it was */
	assert_ok(ukey_sign(&u, "", "t", 1, &sig, &cert, &err));
	assert_int_equal(cert.len, now.sign.len);
	old_free(&old);
	issued_free(&now);
	buf_free(&bid);
	buf_free(&plain);
	buf_free(&envelope);
	buf_free(&wrong);
	buf_free(&sig);
	buf_free(&cert);
	ukey_close(&u);
	free(path);
}

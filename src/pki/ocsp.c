#include "base/base.h"
#include "base/clock.h"
#include "pki/cert_parts.h"
#include "pki/der.h"
#include "pki/ocsp.h"
#include "pki/ocsp_parts.h"

#include <openssl/ocsp.h>

struct ocsp_request {
	OCSP_REQUEST	*req;
	size_t		 n;
	char		 serial[OCSP_QUESTIONS][CERT_SERIAL_TEXT]; /* "" when unusable */
};

/* Questions ----------------------------------------------------------------------------- */

/* The issuer's name and key under the question's own hash (RFC 6960 4.1.1). */
static bool
ocsp_hashes(const EVP_MD *md, const struct cert *issuer, unsigned char *name_hash,
    unsigned char *key_hash, unsigned *len)
{
	const ASN1_BIT_STRING	*key = X509_get0_pubkey_bitstr(issuer->x);

	return X509_NAME_digest(X509_get_subject_name(issuer->x), md, name_hash, len) == 1 &&
	    EVP_Digest(ASN1_STRING_get0_data(key), (size_t)ASN1_STRING_length(key), key_hash,
	    len, md, NULL) == 1;
}

bool
ocsp_id_is_for(OCSP_CERTID *id, const struct cert *issuer)
{
	ASN1_OCTET_STRING	*name = NULL, *key = NULL;
	ASN1_OBJECT		*hash = NULL;
	unsigned char		 name_hash[EVP_MAX_MD_SIZE], key_hash[EVP_MAX_MD_SIZE];
	const EVP_MD		*md;
	unsigned		 len;

	if (OCSP_id_get0_info(&name, &hash, &key, NULL, id) != 1)
		return false;
	switch (OBJ_obj2nid(hash)) {
	case NID_sha1:
		md = EVP_sha1();
		break;
	case NID_sha256:
		md = EVP_sha256();
		break;
	case NID_sha384:
		md = EVP_sha384();
		break;
	case NID_sha512:
		md = EVP_sha512();
		break;
	case NID_sm3:
		md = EVP_sm3();
		break;
	default:
		return false;
	}
	return ocsp_hashes(md, issuer, name_hash, key_hash, &len) &&
	    ASN1_STRING_length(name) == (int)len && ASN1_STRING_length(key) == (int)len &&
	    memcmp(ASN1_STRING_get0_data(name), name_hash, len) == 0 &&
	    memcmp(ASN1_STRING_get0_data(key), key_hash, len) == 0;
}

static OCSP_CERTID *
ocsp_question(const struct ocsp_request *r, size_t i)
{
	return OCSP_onereq_get0_id(OCSP_request_onereq_get0(r->req, (int)i));
}

/* RFC 9654 2.1, which came in place of RFC 8954 and its 32 bytes. */
static int
ocsp_check_nonce(OCSP_REQUEST *req, struct err *err)
{
	int			 at = OCSP_REQUEST_get_ext_by_NID(req,
	    NID_id_pkix_OCSP_Nonce, -1);
	const ASN1_STRING	*value;
	struct der		 in, nonce;

	if (at < 0)
		return 0;
	value = X509_EXTENSION_get_data(OCSP_REQUEST_get_ext(req, at));
	in = (struct der){.p = ASN1_STRING_get0_data(value),
	    .len = (size_t)ASN1_STRING_length(value)};
	if (der_get(&in, 0x04, &nonce) < 0 || in.len != 0 || nonce.len < 1 ||
	    nonce.len > OCSP_NONCE_MAX)
		return err_set(err, ERR_INPUT, "an OCSP nonce has 1 to %d bytes (RFC 9654 2.1)",
		    OCSP_NONCE_MAX);
	return 0;
}

/* Each extension once, and none that must be understood and is not (RFC 6960 4.4). */
static int
ocsp_check_extension(X509_EXTENSION *e, int next_of_kind, struct err *err)
{
	static const char *const	 known[] = {"1.3.6.1.5.5.7.48.1.2", /* nonce */
		"1.3.6.1.5.5.7.48.1.4",			/* answers it takes: basic ones are ours */
		"1.3.6.1.5.5.7.48.1.7",			/* service locator */
		"1.3.6.1.5.5.7.48.1.8"};		/* signatures it likes: there is one key */
	char				 oid[64] = "";

	if (next_of_kind >= 0)
		return err_set(err, ERR_INPUT, "an OCSP extension stands there twice");
	if (X509_EXTENSION_get_critical(e) == 0)
		return 0;
	OBJ_obj2txt(oid, sizeof(oid), X509_EXTENSION_get_object(e), 1);
	for (size_t k = 0; k < ARRAY_LEN(known); k++)
		if (strcmp(oid, known[k]) == 0)
			return 0;
	return err_set(err, ERR_INPUT, "the critical OCSP extension %s is not known here (RFC "
	    "6960 4.4)", oid);
}

static int
ocsp_check_extensions(OCSP_REQUEST *req, struct err *err)
{
	X509_EXTENSION	*e;

	for (int i = 0; i < OCSP_REQUEST_get_ext_count(req); i++) {
		e = OCSP_REQUEST_get_ext(req, i);
		if (ocsp_check_extension(e, OCSP_REQUEST_get_ext_by_OBJ(req,
		    X509_EXTENSION_get_object(e), i), err) < 0)
			return -1;
	}
	for (int k = 0; k < OCSP_request_onereq_count(req); k++) {
		OCSP_ONEREQ	*one = OCSP_request_onereq_get0(req, k);

		for (int i = 0; i < OCSP_ONEREQ_get_ext_count(one); i++) {
			e = OCSP_ONEREQ_get_ext(one, i);
			if (ocsp_check_extension(e, OCSP_ONEREQ_get_ext_by_OBJ(one,
			    X509_EXTENSION_get_object(e), i), err) < 0)
				return -1;
		}
	}
	return 0;
}

/* Version 1 is the only one; OpenSSL has no word for it, so the bytes say: [0] in front. */
static int
ocsp_check_version(const unsigned char *p, size_t len, struct err *err)
{
	struct der	 in = {p, len}, body, tbs, version, number;

	if (der_get(&in, 0x30, &body) < 0 || der_get(&body, 0x30, &tbs) < 0)
		return err_set(err, ERR_INPUT, "not an OCSP request");
	if (tbs.len > 0 && tbs.p[0] == 0xa0 && (der_get(&tbs, 0xa0, &version) < 0 ||
	    der_get(&version, 0x02, &number) < 0 || version.len != 0 || number.len != 1 ||
	    number.p[0] != 0))
		return err_set(err, ERR_INPUT, "an OCSP request has version 1 (RFC 6960 4.1.1)");
	return 0;
}

int
ocsp_request_parse(const void *der, size_t len, struct ocsp_request **out, struct err *err)
{
	const unsigned char	*at = der;
	OCSP_REQUEST		*req = len > OCSP_REQUEST_MAX ? NULL :
	    d2i_OCSP_REQUEST(NULL, &at, (long)len);
	struct ocsp_request	*r = NULL;
	int			 n;

	if (req == NULL || at != (const unsigned char *)der + len) {
		err_openssl(err, ERR_INPUT, "not an OCSP request");
		goto out;
	}
	n = OCSP_request_onereq_count(req);
	if (n < 1 || n > OCSP_QUESTIONS) {
		err_set(err, n < 1 ? ERR_INPUT : ERR_LIMIT,
		    "an OCSP request asks about 1 to %d certificates", OCSP_QUESTIONS);
		goto out;
	}
	if (ocsp_check_version(der, len, err) < 0 || ocsp_check_extensions(req, err) < 0 ||
	    ocsp_check_nonce(req, err) < 0)
		goto out;
	r = xcalloc(1, sizeof(*r));
	*r = (struct ocsp_request){.req = req, .n = (size_t)n};
	req = NULL; /* transferred */
	for (size_t i = 0; i < r->n; i++) {
		ASN1_INTEGER	*serial = NULL;

		if (OCSP_id_get0_info(NULL, NULL, NULL, &serial, ocsp_question(r, i)) != 1 ||
		    cert_serial_from_asn1(serial, r->serial[i]) < 0)
			r->serial[i][0] = '\0';
	}
	*out = r;
 out:
	OCSP_REQUEST_free(req);
	return r == NULL ? -1 : 0;
}

void
ocsp_request_free(struct ocsp_request *r)
{
	if (r == NULL)
		return;
	OCSP_REQUEST_free(r->req);
	free(r);
}

size_t
ocsp_request_count(const struct ocsp_request *r)
{
	return r->n;
}

const char *
ocsp_request_serial(const struct ocsp_request *r, size_t i)
{
	return r->serial[i];
}

bool
ocsp_request_has_nonce(const struct ocsp_request *r)
{
	return OCSP_REQUEST_get_ext_by_NID(r->req, NID_id_pkix_OCSP_Nonce, -1) >= 0;
}

bool
ocsp_request_is_for(const struct ocsp_request *r, size_t i, const struct cert *issuer)
{
	return ocsp_id_is_for(ocsp_question(r, i), issuer);
}

/* Answers ------------------------------------------------------------------------------- */

static int
ocsp_add_archive(OCSP_SINGLERESP *single, int64_t cutoff)
{
	ASN1_GENERALIZEDTIME	*t;
	int			 rc;

	if (cutoff == 0)
		return 0;
	if ((t = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(cutoff / 1000))) == NULL)
		return -1;
	rc = OCSP_SINGLERESP_add1_ext_i2d(single, NID_id_pkix_OCSP_archiveCutoff, t, 0, 0);
	ASN1_GENERALIZEDTIME_free(t);
	return rc == 1 ? 0 : -1;
}

static int
ocsp_add_answer(OCSP_BASICRESP *bs, OCSP_CERTID *id, const struct ocsp_answer *a,
    ASN1_TIME *from, ASN1_TIME *to)
{
	static const int	 states[] = {
		[OCSP_GOOD] = V_OCSP_CERTSTATUS_GOOD,
		[OCSP_REVOKED] = V_OCSP_CERTSTATUS_REVOKED,
		[OCSP_UNKNOWN] = V_OCSP_CERTSTATUS_UNKNOWN,
	};
	OCSP_SINGLERESP		*single;
	ASN1_TIME		*when = NULL;
	int			 reason = a->unissued ? OCSP_REVOKED_STATUS_CERTIFICATEHOLD :
	    a->reason == 0 ? OCSP_REVOKED_STATUS_NOSTATUS : a->reason;

	if (a->state == OCSP_REVOKED &&
	    (when = cert_time_new(a->unissued ? 0 : a->revoked)) == NULL)
		return -1;
	single = OCSP_basic_add1_status(bs, id, states[a->state], reason, when, from, to);
	ASN1_TIME_free(when);
	return single == NULL || ocsp_add_archive(single, a->archive) < 0 ? -1 : 0;
}

/* RFC 6960 4.4.8: says that a certificate never issued is called revoked here. */
static int
ocsp_add_extended(OCSP_BASICRESP *bs)
{
	static const unsigned char	 null[] = {0x05, 0x00};
	ASN1_OBJECT			*oid = OBJ_txt2obj("1.3.6.1.5.5.7.48.1.9", 1);
	ASN1_OCTET_STRING		*value = ASN1_OCTET_STRING_new();
	X509_EXTENSION			*e = NULL;
	int				 rc = -1;

	if (oid != NULL && value != NULL && ASN1_OCTET_STRING_set(value, null, sizeof(null)) &&
	    (e = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value)) != NULL &&
	    OCSP_BASICRESP_add_ext(bs, e, -1))
		rc = 0;
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(oid);
	return rc;
}

static int
ocsp_fill(OCSP_BASICRESP *bs, const struct ocsp_request *r, const struct ocsp_answer *answers,
    ASN1_TIME *from, ASN1_TIME *to)
{
	bool	 extended = false;

	for (size_t i = 0; i < r->n; i++) {
		if (ocsp_add_answer(bs, ocsp_question(r, i), &answers[i], from, to) < 0)
			return -1;
		extended = extended || answers[i].unissued;
	}
	return extended ? ocsp_add_extended(bs) : 0;
}

/* OCSP_basic_sign_ctx, never OCSP_basic_sign: the latter would use an empty ID. */
static int
ocsp_sign(OCSP_BASICRESP *bs, const struct cert *responder, EVP_PKEY *key, struct buf *der,
    struct err *err)
{
	EVP_MD_CTX	*ctx = key_sign_ctx(key);
	OCSP_RESPONSE	*resp = NULL;
	unsigned char	*p = NULL;
	int		 len, rc = -1;

	if (ctx == NULL || !OCSP_basic_sign_ctx(bs, cert_x509(responder), ctx, NULL, OCSP_RESPID_KEY) ||
	    (resp = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, bs)) == NULL ||
	    (len = i2d_OCSP_RESPONSE(resp, &p)) <= 0)
		err_openssl(err, ERR_CRYPTO, "cannot sign the OCSP response");
	else {
		buf_add(der, p, (size_t)len);
		rc = buf_check(der, err);
	}
	OPENSSL_free(p);
	OCSP_RESPONSE_free(resp);
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
ocsp_respond(const struct ocsp_request *r, const struct ocsp_answer *answers,
    const struct cert *responder, EVP_PKEY *responder_key, int64_t this_update,
    int64_t next_update, struct buf *der, struct err *err)
{
	OCSP_BASICRESP	*bs = OCSP_BASICRESP_new();
	ASN1_TIME	*from = cert_time_new(this_update);
	ASN1_TIME	*to = next_update == 0 ? NULL : cert_time_new(next_update);
	int		 rc = -1;

	if (bs == NULL || from == NULL)
		BUG("out of memory");
	if (ocsp_fill(bs, r, answers, from, to) < 0)
		err_openssl(err, ERR_BUG, "cannot fill the OCSP response");
	else if (OCSP_copy_nonce(bs, r->req) < 1)
		err_openssl(err, ERR_BUG, "cannot copy the OCSP nonce");
	else
		rc = ocsp_sign(bs, responder, responder_key, der, err);
	ASN1_TIME_free(to);
	ASN1_TIME_free(from);
	OCSP_BASICRESP_free(bs);
	return rc;
}

void
ocsp_error(enum ocsp_failure status, struct buf *der)
{
	const unsigned char	 answer[] = {0x30, 0x03, 0x0a, 0x01, (unsigned char)status};

	buf_add(der, answer, sizeof(answer));
}

#include "base/base.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "enrol/work.h"
#include "pki/cert_pool.h"
#include "pki/cmp.h"
#include "signer/signer.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>

/*
 * CMP over HTTP (RFC 6712, RFC 9483).  OpenSSL's server context does the protocol: nonces,
 * protection, confirmations.  That a message is signed by the key of the certificate it carries is
 * all that is seen to here; who that is and what it may have the signer decides, from the same bytes.
 */
#define CMP_TYPE	"application/pkixcmp"
#define CMP_LABEL	65
#define CMP_ID		129			/* hex of a transactionID, cut */
#define CMP_WAIT	(5 * CLOCK_MINUTE)	/* for a confirmation */

/* The message that is being answered. */
struct cmp_call {
	struct enrol			*enrol;
	const struct http_request	*req;
	const char			*label;
};
/* Lives until it is confirmed, refused or forgotten.  Never in two threads at once. */
struct cmp_transaction {
	OSSL_CMP_SRV_CTX	*srv;
	char			 id[CMP_ID];
	int64_t			 used;		/* clock_steady */
	const struct cmp_call	*call;		/* while a message is answered */
	bool			 open;		/* a confirmation is wanted */
};

/* ---- transactions ---- */

static void
transaction_free(struct cmp_transaction *t)
{
	if (t == NULL)
		return;
	OSSL_CMP_SRV_CTX_free(t->srv);
	free(t);
}

/* The one with this id, out of the table; NULL: none. */
static struct cmp_transaction *
transaction_take(struct enrol *e, const char *id)
{
	struct cmp_transaction	*t = NULL;

	pthread_mutex_lock(&e->lock);
	for (size_t i = 0; t == NULL && i < CMP_TRANSACTIONS; i++)
		if (e->transactions[i] != NULL && strcmp(e->transactions[i]->id, id) == 0) {
			t = e->transactions[i];
			e->transactions[i] = NULL;
		}
	pthread_mutex_unlock(&e->lock);
	return t;
}

/* Into a free place, or that of the oldest. */
static void
transaction_keep(struct enrol *e, struct cmp_transaction *t)
{
	struct cmp_transaction	**place = &e->transactions[0], *old;

	pthread_mutex_lock(&e->lock);
	t->used = clock_steady();
	for (size_t i = 0; i < CMP_TRANSACTIONS; i++) {
		old = e->transactions[i];
		if (old != NULL && t->used - old->used > CMP_WAIT) {
			transaction_free(old);
			e->transactions[i] = old = NULL;
		}
		if (old == NULL || (*place != NULL && old->used < (*place)->used))
			place = &e->transactions[i];
	}
	transaction_free(*place);
	*place = t;
	pthread_mutex_unlock(&e->lock);
}

void
cmp_close(struct enrol *e)
{
	for (size_t i = 0; i < CMP_TRANSACTIONS; i++) {
		transaction_free(e->transactions[i]);
		e->transactions[i] = NULL;
	}
	enrol_identity_release(e);
}

/* ---- what OpenSSL asks ---- */

/* What the refusal is called in CMP (PKIFailureInfo, RFC 4210 5.2.3). */
static int
cmp_failure(enum err_kind kind)
{
	switch (kind) {
	case ERR_DENIED:
	case ERR_NOT_FOUND:
		return OSSL_CMP_PKIFAILUREINFO_notAuthorized;
	case ERR_INPUT:
		return OSSL_CMP_PKIFAILUREINFO_badCertTemplate;
	case ERR_CRYPTO:
		return OSSL_CMP_PKIFAILUREINFO_badPOP;
	case ERR_CONFLICT:
		return OSSL_CMP_PKIFAILUREINFO_transactionIdInUse;
	case ERR_WRONG_STATE:
		return OSSL_CMP_PKIFAILUREINFO_badRequest;
	case ERR_BUSY:
	case ERR_STORE:
		return OSSL_CMP_PKIFAILUREINFO_systemUnavail;
	default:
		return OSSL_CMP_PKIFAILUREINFO_systemFailure;
	}
}

static OSSL_CMP_PKISI *
cmp_refuse(struct enrol *e, const struct err *err)
{
	bool	 ours = err->kind == ERR_BUG || err->kind == ERR_STORE;

	enrol_count(e, ENROL_CMP, false);
	log_err("cmp.refused", err);
	return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_rejection,
	    1 << cmp_failure(err->kind), ours ? "not possible now" : err->text);
}

/* The certificates above c, without the root: for the client that has only that. */
static STACK_OF(X509) *
cmp_chain(struct enrol *e, const struct cert *c)
{
	struct cert_pool	 pool = {.n = 0};
	STACK_OF(X509)		*out = sk_X509_new_null();
	json_t			*answer = NULL, *one;
	struct err		 none = {0};
	struct cert		*ca;
	struct buf		 der;
	size_t			 i;

	buf_init(&der, LIMIT_CERT);
	if (e->chain("", "", &answer, &none) < 0)
		goto out;
	json_array_foreach(json_object_get(answer, "certs"), i, one) {
		buf_clear(&der);
		if (base64_decode(json_string_value(one), json_string_length(one), &der) == 0 &&
		    cert_parse(der.p, der.len, &ca, &none) == 0 &&
		    cert_pool_take(&pool, ca, &none) < 0)
			break;
	}
	for (i = 0; i < CERT_CHAIN_MAX && (c = cert_pool_issuer(&pool, c)) != NULL &&
	    strcmp(cert_subject(c), cert_issuer(c)) != 0; i++)
		if (X509_up_ref(cert_x509(c)) == 1)
			sk_X509_push(out, cert_x509(c));
 out:
	json_decref(answer);
	cert_pool_release(&pool);
	buf_free(&der);
	return out;
}

/* ir, cr, p10cr, kur; OpenSSL owns what goes out. */
static OSSL_CMP_PKISI *
cmp_on_request(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *req, int id, const OSSL_CRMF_MSG *crm,
    const X509_REQ *p10cr, X509 **cert, STACK_OF(X509) **chain, STACK_OF(X509) **ca_pubs)
{
	struct cmp_transaction	*t = OSSL_CMP_SRV_CTX_get0_custom_ctx(srv);
	const struct cmp_call	*call = t->call;
	struct cert		*c = NULL;
	struct err		 err = {0};
	struct buf		 der;
	bool			 done = false;

	(void)req;
	(void)id;
	(void)crm;
	(void)p10cr;
	(void)ca_pubs;
	buf_init(&der, LIMIT_CERT);
	if (call->enrol->enrol_cmp(call->label, call->req->peer, call->req->body,
	    call->req->body_len, &der, &err) == 0 &&
	    cert_parse(der.p, der.len, &c, &err) == 0 && X509_up_ref(cert_x509(c)) == 1) {
		*cert = cert_x509(c);
		*chain = cmp_chain(call->enrol, c);
		t->open = done = true;
		enrol_count(call->enrol, ENROL_CMP, true);
	}
	cert_free(c);
	buf_free(&der);
	return done ? OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL) :
	    cmp_refuse(call->enrol, &err);
}

static OSSL_CMP_PKISI *
cmp_on_revocation(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *req, const X509_NAME *issuer,
    const ASN1_INTEGER *serial)
{
	struct cmp_transaction	*t = OSSL_CMP_SRV_CTX_get0_custom_ctx(srv);
	const struct cmp_call	*call = t->call;
	struct err		 err = {0};
	struct buf		 none;
	int			 rc;

	(void)req;
	(void)issuer;
	(void)serial;
	buf_init(&none, LIMIT_CERT);
	rc = call->enrol->enrol_cmp(call->label, call->req->peer, call->req->body,
	    call->req->body_len, &none, &err);
	buf_free(&none);
	return rc == 0 ? OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL) :
	    cmp_refuse(call->enrol, &err);
}

/* A certificate that the client does not want stays as it is until an rr says otherwise. */
static int
cmp_on_confirmation(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *req, int id,
    const ASN1_OCTET_STRING *hash, const OSSL_CMP_PKISI *status)
{
	struct cmp_transaction	*t = OSSL_CMP_SRV_CTX_get0_custom_ctx(srv);

	(void)req;
	(void)id;
	(void)hash;
	(void)status;
	t->open = false;
	return 1;
}

static void
cmp_on_error(OSSL_CMP_SRV_CTX *srv, const OSSL_CMP_MSG *req, const OSSL_CMP_PKISI *status,
    const ASN1_INTEGER *code, const OSSL_CMP_PKIFREETEXT *details)
{
	struct cmp_transaction	*t = OSSL_CMP_SRV_CTX_get0_custom_ctx(srv);

	(void)req;
	(void)status;
	(void)code;
	(void)details;
	t->open = false;
}

/* ---- one message ---- */

/*
 * The certificate whose key shall have signed: the one the message carries, or the RA's of that
 * key.  Neither: nobody is trusted, and OpenSSL says so in a signed error message, as to a MAC.
 */
static int
cmp_pin_sender(struct enrol *e, OSSL_CMP_CTX *ctx, const struct cmp_message *m,
    const char *from, struct err *err)
{
	const unsigned char	*p = m->sender.p;
	size_t			 len = m->sender.len;
	char			 kid[2 * KEY_ID_LEN + 1];
	X509			*x = NULL;
	struct buf		 der;
	int			 rc = 0;

	buf_init(&der, LIMIT_CERT);
	if (len == 0 && m->kid.len > 0 && m->kid.len <= KEY_ID_LEN) {
		hex_encode(m->kid.p, m->kid.len, kid);
		rc = e->sender(kid, from, &der, err);
		if (rc < 0 && (err->kind == ERR_NOT_FOUND || err->kind == ERR_DENIED)) {
			log_err("cmp.stranger", err);
			err_clear(err);
			rc = 0;
		}
		p = (const unsigned char *)der.p;
		len = der.len;
	}
	if (rc == 0 && len > 0 && ((x = d2i_X509(NULL, &p, (long)len)) == NULL ||
	    OSSL_CMP_CTX_set1_srvCert(ctx, x) != 1))
		rc = err_openssl(err, ERR_INPUT, "the sender's certificate cannot be read");
	X509_free(x);
	buf_free(&der);
	return rc;
}

static struct cmp_transaction *
transaction_new(struct enrol *e, const char *id, const struct cmp_message *m, const char *from,
    struct err *err)
{
	struct cmp_transaction	*t = xcalloc(1, sizeof(*t));
	OSSL_CMP_CTX		*ctx;

	snprintf(t->id, sizeof(t->id), "%s", id);
	t->srv = OSSL_CMP_SRV_CTX_new(NULL, NULL);
	if (t->srv == NULL || OSSL_CMP_SRV_CTX_init(t->srv, t, cmp_on_request,
	    cmp_on_revocation, NULL, cmp_on_error, cmp_on_confirmation, NULL) != 1)
		BUG("out of memory for CMP");
	ctx = OSSL_CMP_SRV_CTX_get0_cmp_ctx(t->srv);
	OSSL_CMP_CTX_set_option(ctx, OSSL_CMP_OPT_LOG_VERBOSITY, 0);
	OSSL_CMP_SRV_CTX_set_grant_implicit_confirm(t->srv, 1);
	if (enrol_identity_use(e, ctx, err) == 0 && cmp_pin_sender(e, ctx, m, from, err) == 0)
		return t;
	transaction_free(t);
	return NULL;
}

/* The PKCS#10 request of a p10cr, which has no accessor: by OpenSSL's own tables of the message. */
static X509_REQ *
cmp_p10(OSSL_CMP_MSG *msg)
{
	const ASN1_TEMPLATE	*body = &ASN1_ITEM_rptr(OSSL_CMP_MSG)->templates[1];
	const ASN1_TEMPLATE	*p10 = &ASN1_ITEM_ptr(body->item)->templates[CMP_P10CR];
	void			*at;

	memcpy(&at, (char *)msg + body->offset, sizeof(at));
	memcpy(&at, (char *)at + p10->offset, sizeof(at));
	return at;
}

/*
 * OpenSSL's server knows no ID of SM2 but the empty one, with which no request for a certificate is
 * signed: it is told ours (GM/T 0009 10).
 */
static void
cmp_tell_id(OSSL_CMP_MSG *msg, const struct cmp_message *m)
{
	ASN1_OCTET_STRING	*id;
	X509_REQ		*req;

	if (m->type != CMP_P10CR || (req = cmp_p10(msg)) == NULL ||
	    !EVP_PKEY_is_a(X509_REQ_get0_pubkey(req), "SM2"))
		return;
	if ((id = ASN1_OCTET_STRING_new()) == NULL ||
	    ASN1_OCTET_STRING_set(id, (const unsigned char *)SM2_DEFAULT_ID,
	    SM2_DEFAULT_ID_LEN) != 1)
		BUG("out of memory for CMP");
	X509_REQ_set0_distinguishing_id(req, id);
}

/* The answer of OpenSSL's server, in DER. */
static int
cmp_process(struct cmp_transaction *t, const struct cmp_message *m,
    const struct http_request *req, struct http_response *res, struct err *err)
{
	const unsigned char	*p = (const unsigned char *)req->body;
	OSSL_CMP_MSG		*msg = d2i_OSSL_CMP_MSG(NULL, &p, (long)req->body_len);
	OSSL_CMP_MSG		*answer = NULL;
	unsigned char		*der = NULL;
	int			 len, rc = -1;

	if (msg == NULL) {
		err_openssl(err, ERR_INPUT, "not a CMP message");
		goto out;
	}
	cmp_tell_id(msg, m);
	ERR_clear_error();	/* what is left there would be told to the client */
	answer = OSSL_CMP_SRV_process_request(t->srv, msg);
	if (answer == NULL || (len = i2d_OSSL_CMP_MSG(answer, &der)) <= 0) {
		err_openssl(err, ERR_INPUT, "no answer to such a message");
		goto out;
	}
	if (OSSL_CMP_MSG_get_bodytype(answer) == CMP_ERROR)
		enrol_count(t->call->enrol, ENROL_CMP, false);
	http_respond_header(res, "Content-Type", "%s", CMP_TYPE);
	http_respond_header(res, "Cache-Control", "no-store");
	buf_add(&res->body, der, (size_t)len);
	rc = 0;
 out:
	OPENSSL_free(der);
	OSSL_CMP_MSG_free(answer);
	OSSL_CMP_MSG_free(msg);
	return rc;
}

static int
cmp_answer(struct enrol *e, const char *label, const struct http_request *req,
    struct http_response *res, struct err *err)
{
	const struct cmp_call	 call = {e, req, label};
	struct cmp_transaction	*t = NULL;
	struct cmp_message	 m;
	char			 id[CMP_ID] = "";
	OSSL_CMP_CTX		*ctx;
	int			 rc = cmp_parse(req->body, req->body_len, &m, err);

	if (rc < 0)
		goto out;
	hex_encode(m.transaction.p, MIN(m.transaction.len, (CMP_ID - 1) / 2), id);
	if ((t = transaction_take(e, id)) == NULL &&
	    (t = transaction_new(e, id, &m, req->peer, err)) == NULL) {
		rc = -1;
		goto out;
	}
	t->call = &call;
	rc = cmp_process(t, &m, req, res, err);
	t->call = NULL;
	ctx = OSSL_CMP_SRV_CTX_get0_cmp_ctx(t->srv);
	if (t->open && OSSL_CMP_CTX_get_option(ctx, OSSL_CMP_OPT_IMPLICIT_CONFIRM) != 1) {
		transaction_keep(e, t);
		t = NULL;	/* transferred */
	}
 out:
	transaction_free(t);
	cmp_message_free(&m);
	return rc;
}

/* /.well-known/cmp, and /.well-known/cmp/p/<profile> (RFC 9811 3.3). */
static int
cmp_label(const char *path, char label[CMP_LABEL])
{
	label[0] = '\0';
	if (*path == '\0')
		return 0;
	if (!str_has_prefix(path, "/p/") || path[3] == '\0' || strlen(path + 3) >= CMP_LABEL ||
	    strchr(path + 3, '/') != NULL)
		return -1;
	snprintf(label, CMP_LABEL, "%s", path + 3);
	return 0;
}

void
cmp_handle(struct enrol *e, const struct http_request *req, struct http_response *res)
{
	char		 label[CMP_LABEL];
	struct err	 err = {0};

	if (conf_str("enrol.cmp.ca")[0] == '\0' ||
	    cmp_label(req->path + strlen(CMP_ROOT), label) < 0) {
		enrol_text(res, 404, "not found");
	} else if (!enrol_method(req, res, "POST")) {
		return;
	} else if (!http_is_type(req, CMP_TYPE)) {
		enrol_text(res, 415, CMP_TYPE " is wanted");
	} else if (cmp_answer(e, label, req, res, &err) < 0) {
		enrol_count(e, ENROL_CMP, false);
		enrol_error(res, "cmp", &err);
		if (err.kind == ERR_INPUT)
			res->status = 400;
		else if (err.kind == ERR_NOT_FOUND)
			res->status = 403;
	}
}

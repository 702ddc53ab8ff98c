#include "base/base.h"
#include "base/str.h"
#include "enrol/work.h"
#include "pki/cms.h"
#include "pki/csr.h"
#include "signer/signer.h"

/* Enrolment over Secure Transport (RFC 7030). */
#define EST_ROOT	"/.well-known/est"
#define EST_LINE	64	/* characters of base64 on a line */

/* ---- what comes in ---- */

int
est_path(const char *path, char label[EST_NAME], char operation[EST_NAME])
{
	const char	*p = path, *slash;

	label[0] = '\0';
	if (*p++ != '/')
		return -1;
	if ((slash = strchr(p, '/')) != NULL) {
		if (slash == p || (size_t)(slash - p) >= EST_NAME)
			return -1;
		snprintf(label, EST_NAME, "%.*s", (int)(slash - p), p);
		p = slash + 1;
	}
	if (*p == '\0' || strlen(p) >= EST_NAME || strchr(p, '/') != NULL)
		return -1;
	snprintf(operation, EST_NAME, "%s", p);
	return 0;
}

int
est_basic(const char *header, char name[EST_NAME], struct secret *secret, struct err *err)
{
	struct buf	 b;
	char		*colon;
	int		 rc = -1;

	buf_init(&b, 512);
	if (header == NULL || strncasecmp(header, "Basic ", 6) != 0 ||
	    base64_decode(header + 6, strlen(header + 6), &b) < 0 || b.over ||
	    memchr(b.p, '\0', b.len) != NULL || !utf8_is_valid(b.p, b.len) ||
	    (colon = strchr(b.p, ':')) == NULL || colon == b.p || colon - b.p >= EST_NAME) {
		err_set(err, ERR_DENIED,
		    "name and secret of a registration authority are wanted (HTTP Basic)");
		goto out;
	}
	snprintf(name, EST_NAME, "%.*s", (int)(colon - b.p), b.p);
	secret_set(secret, colon + 1, b.len - (size_t)(colon + 1 - b.p));
	rc = 0;
 out:
	secret_wipe(b.p, b.len);
	buf_free(&b);
	return rc;
}

/* RFC 8951: base64, with or without line ends. */
int
est_csr(const char *p, size_t len, struct buf *der, struct err *err)
{
	EVP_PKEY	*key = NULL;
	struct buf	 text;
	int		 rc = -1;

	buf_init(&text, ENROL_BODY);
	for (size_t i = 0; i < len; i++)
		if (strchr(" \t\r\n", p[i]) == NULL || p[i] == '\0')
			buf_addch(&text, p[i]);
	if (buf_check(&text, err) < 0)
		goto out;
	if (base64_decode(text.p, text.len, der) < 0 || der->over || der->len == 0 ||
	    der->p[0] != 0x30) {
		err_set(err, ERR_INPUT, "a PKCS#10 request in base64 is wanted (RFC 7030 4.2.1)");
		goto out;
	}
	rc = csr_check_key(der->p, der->len, &key, err);
 out:
	EVP_PKEY_free(key);
	buf_free(&text);
	return rc;
}

/* ---- what goes out ---- */

static void
est_respond(struct http_response *res, const char *type, const struct buf *der)
{
	struct buf	 text;

	buf_init(&text, 2 * der->len + 64);
	base64_add(&text, der->p, der->len);
	http_respond_header(res, "Content-Type", "%s", type);
	http_respond_header(res, "Content-Transfer-Encoding", "base64");
	http_respond_header(res, "Cache-Control", "no-store");
	for (size_t at = 0; at < text.len; at += EST_LINE)
		buf_addf(&res->body, "%.*s\r\n", (int)MIN(EST_LINE, text.len - at), text.p + at);
	buf_free(&text);
}

static void
est_respond_certs(struct http_response *res, const struct buf *certs)
{
	struct err	 err = {0};
	struct buf	 der;

	buf_init(&der, certs->len + 256);
	if (cms_certs(certs->p, certs->len, &der, &err) < 0)
		enrol_error(res, "est.certs", &err);
	else
		est_respond(res, "application/pkcs7-mime; smime-type=certs-only", &der);
	buf_free(&der);
}

/* ---- operations ---- */

static void
est_cacerts(struct enrol *e, const char *label, const struct http_request *req,
    struct http_response *res)
{
	json_t		*answer = NULL;
	struct err	 err = {0};
	struct buf	 certs;

	(void)req;
	buf_init(&certs, 64 * LIMIT_CERT);
	if (e->chain(label, "", &answer, &err) < 0) {
		enrol_error(res, "est.cacerts", &err);
	} else {
		enrol_chain_der(answer, &certs);
		est_respond_certs(res, &certs);
	}
	buf_free(&certs);
	json_decref(answer);
}

/* What a request under this profile may be made with: a key and its signature algorithm. */
static const struct est_attribute {
	const char	*kind, *key, *parameter, *signature;	/* OIDs */
	int		 bits;			/* of RSA, instead of parameter */
} est_attributes[] = {
	{"sm2", "1.2.840.10045.2.1", "1.2.156.10197.1.301", "1.2.156.10197.1.501", 0},
	{"ecdsa", "1.2.840.10045.2.1", "1.2.840.10045.3.1.7", "1.2.840.10045.4.3.2", 0},
	{"rsa", "1.2.840.113549.1.1.1", NULL, "1.2.840.113549.1.1.11", 3072},
};

/* Attribute { type, SET { parameter } }, then the signature's OID (RFC 7030 4.5.2). */
static void
est_add_attribute(struct buf *out, const struct est_attribute *a)
{
	unsigned char	 bits[2] = {(unsigned char)(a->bits >> 8), (unsigned char)a->bits};
	struct err	 err = {0};
	struct buf	 one, value;

	buf_init(&one, 128);
	buf_init(&value, 64);
	if (der_add_oid(&one, a->key, &err) < 0 || (a->parameter != NULL &&
	    der_add_oid(&value, a->parameter, &err) < 0))
		BUG("an OID of our own");
	if (a->parameter == NULL)
		der_add_uint(&value, bits, 2);
	der_wrap(&value, 0x31);
	buf_add(&one, value.p, value.len);
	der_wrap(&one, 0x30);
	buf_add(out, one.p, one.len);
	if (der_add_oid(out, a->signature, &err) < 0)
		BUG("an OID of our own");
	buf_free(&one);
	buf_free(&value);
}

static void
est_csrattrs(struct enrol *e, const char *label, const struct http_request *req,
    struct http_response *res)
{
	const struct profile	*profile = profile_find(label);
	struct buf		 der;

	(void)e;
	(void)req;
	if (label[0] == '\0') {
		res->status = 204;	/* what it may be the RA's profile says */
		return;
	}
	if (profile == NULL || profile->kind != PROFILE_TLS) {
		enrol_text(res, 404, "no profile of this name");
		return;
	}
	buf_init(&der, 1024);
	for (size_t i = 0; i < ARRAY_LEN(est_attributes); i++)
		if (profile_allows_key(profile, est_attributes[i].kind))
			est_add_attribute(&der, &est_attributes[i]);
	der_wrap(&der, 0x30);
	est_respond(res, "application/csrattrs", &der);
	buf_free(&der);
}

/* The answer to a refusal: 401 for who is not known, 400 for what cannot be read. */
static void
est_refuse(struct http_response *res, const struct err *err, bool known)
{
	enrol_error(res, "est.refused", err);
	if (!known || err->kind == ERR_NOT_FOUND) {
		res->status = 401;
		http_respond_header(res, "WWW-Authenticate",
		    "Basic realm=\"yinxin enrolment\", charset=\"UTF-8\"");
	} else if (err->kind == ERR_INPUT || err->kind == ERR_CRYPTO) {
		res->status = 400;
	}
}

/*
 * RFC 7030 3.5: a challengePassword is the name of the TLS connection, or this request was made for
 * another one, by somebody in between.
 */
static int
est_check_channel(const struct http_request *req, const struct buf *csr, struct err *err)
{
	struct der	 have;
	struct buf	 want;
	int		 n = csr_challenge(csr->p, csr->len, &have);
	bool		 same;

	if (n == 0)
		return 0;
	buf_init(&want, 2 * HTTP_CHANNEL);
	base64_add(&want, req->channel, req->channel_len);
	same = n == 1 && req->channel_len > 0 && secret_equal(have.p, have.len, want.p, want.len);
	buf_free(&want);
	return same ? 0 : err_set(err, ERR_INPUT, "the challengePassword is not the tls-unique (TLS "
	    "1.3: tls-exporter) of this connection (RFC 7030 3.5)");
}

/* Who asks: by name and secret, or a machine by the certificate of its TLS connection. */
static int
est_caller(const struct http_request *req, struct signer_enrolment *q, char name[EST_NAME],
    struct err *err)
{
	const char	*header = http_header(req, "authorization");

	if (header == NULL && req->client_len > 0 && q->renewal) {
		q->client = req->client;
		q->client_len = req->client_len;
		return 0;
	}
	q->ra = name;
	return est_basic(header, name, &q->secret, err);
}

static void
est_enrol(struct enrol *e, const char *label, bool renewal, const struct http_request *req,
    struct http_response *res)
{
	struct signer_enrolment	 q = {.label = label, .from = req->peer, .renewal = renewal};
	char			 name[EST_NAME];
	struct err		 err = {0};
	struct buf		 csr, cert;
	bool			 known;

	buf_init(&csr, LIMIT_CSR);
	buf_init(&cert, LIMIT_CERT);
	known = est_caller(req, &q, name, &err) == 0;
	if (!http_is_type(req, "application/pkcs10")) {
		enrol_text(res, 415, "application/pkcs10 is wanted");
	} else if (!known || est_csr(req->body, req->body_len, &csr, &err) < 0 ||
	    est_check_channel(req, &csr, &err) < 0) {
		est_refuse(res, &err, known);
	} else {
		q.csr = csr.p;
		q.csr_len = csr.len;
		if (e->enrol(&q, &cert, &err) < 0)
			est_refuse(res, &err, true);
		else
			est_respond_certs(res, &cert);
	}
	enrol_count(e, ENROL_EST, cert.len > 0);
	secret_free(&q.secret);
	buf_free(&csr);
	buf_free(&cert);
}

static void
est_simple(struct enrol *e, const char *label, const struct http_request *req,
    struct http_response *res)
{
	est_enrol(e, label, false, req, res);
}

static void
est_again(struct enrol *e, const char *label, const struct http_request *req,
    struct http_response *res)
{
	est_enrol(e, label, true, req, res);
}

/* The operations of RFC 7030; without a handler: optional, and not offered here. */
static const struct est_operation {
	const char	*name, *method;
	void		(*handle)(struct enrol *e, const char *label,
			    const struct http_request *req, struct http_response *res);
} est_operations[] = {
	{"cacerts", "GET", est_cacerts},
	{"csrattrs", "GET", est_csrattrs},
	{"simpleenroll", "POST", est_simple},
	{"simplereenroll", "POST", est_again},
	{"fullcmc", "POST", NULL},
	{"serverkeygen", "POST", NULL},
};

void
est_handle(struct enrol *e, const struct http_request *req, struct http_response *res)
{
	const struct est_operation	*o = est_operations;
	const struct est_operation	*end = o + ARRAY_LEN(est_operations);
	char				 label[EST_NAME], operation[EST_NAME];

	if (est_path(req->path + strlen(EST_ROOT), label, operation) < 0)
		o = end;
	while (o < end && strcmp(o->name, operation) != 0)
		o++;
	if (o == end)
		enrol_text(res, 404, "no such operation here");
	else if (o->handle == NULL)
		enrol_text(res, 501, "this operation of EST is not offered here");
	else if (!enrol_method(req, res, o->method))
		return;
	else
		o->handle(e, label, req, res);
}

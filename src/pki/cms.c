#include "base/base.h"
#include "pki/cms.h"
#include "pki/cms_parts.h"

#include <openssl/x509.h>

/* Small parts ----------------------------------------------------------------------------- */

static void
cms_add_oid(struct buf *b, const char *oid)
{
	struct err	 err = {0};

	if (der_add_oid(b, oid, &err) < 0)
		BUG("%s", err.text);
}

void
cms_add_digest(struct buf *b, const EVP_MD *md)
{
	const ASN1_OBJECT	*o = OBJ_nid2obj(EVP_MD_get_type(md));
	struct buf		 id;

	buf_init(&id, 64);
	der_add(&id, 0x06, OBJ_get0_data(o), OBJ_length(o));
	der_wrap(&id, 0x30);
	buf_add(b, id.p, id.len);
	buf_free(&id);
}

/* Put what is in `inner` into b under these tags, innermost first (0 ends); inner is freed. */
static void
cms_move(struct buf *b, struct buf *inner, const unsigned *tags)
{
	for (; *tags != 0; tags++)
		der_wrap(inner, *tags);
	buf_add(b, inner->p, inner->len);
	b->over = b->over || inner->over;
	buf_free(inner);
}
#define cms_put(b, inner, ...)	cms_move((b), (inner), (const unsigned[]){__VA_ARGS__, 0})

static void
cms_add_name(struct buf *b, const X509_NAME *name)
{
	unsigned char	*p = NULL;
	int		 len = i2d_X509_NAME(name, &p);

	if (len <= 0)
		BUG("a name that does not encode");
	buf_add(b, p, (size_t)len);
	OPENSSL_free(p);
}

static void
cms_add_serial(struct buf *b, const struct cert *c)
{
	const ASN1_INTEGER	*serial = X509_get0_serialNumber(cert_x509(c));

	der_add_uint(b, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
}

void
cms_add_issuer_and_serial(struct buf *b, const struct cert *c)
{
	struct buf	 in;

	buf_init(&in, CMS_MAX);
	cms_add_name(&in, X509_get_issuer_name(cert_x509(c)));
	cms_add_serial(&in, c);
	cms_put(b, &in, 0x30);
}

/* Signed attributes ----------------------------------------------------------------------- */

/* ESSCertIDv2 (RFC 5035 5.4.1): hash algorithm left out when it is SHA-256, the default. */
void
cms_add_cert_id(struct buf *b, const struct cert *c, const EVP_MD *md)
{
	unsigned char		 hash[EVP_MAX_MD_SIZE];
	unsigned		 n = 0;
	size_t			 len;
	const unsigned char	*der = cert_der(c, &len);
	struct buf		 id, issuer, names;

	if (EVP_Digest(der, len, hash, &n, md, NULL) != 1)
		BUG("no digest");
	buf_init(&id, CMS_MAX);
	buf_init(&issuer, CMS_MAX);
	buf_init(&names, CMS_MAX);
	if (!EVP_MD_is_a(md, "SHA2-256"))
		cms_add_digest(&id, md);
	der_add(&id, 0x04, hash, n);
	cms_add_name(&names, X509_get_issuer_name(cert_x509(c)));
	cms_put(&issuer, &names, 0xa4, 0x30);
	cms_add_serial(&issuer, c);
	cms_put(&id, &issuer, 0x30);
	cms_put(b, &id, 0x30);
}

/* One Attribute with one value. */
static void
cms_attribute(struct buf *out, const char *oid, struct buf *value)
{
	buf_init(out, CMS_MAX);
	cms_add_oid(out, oid);
	cms_put(out, value, 0x31);
	der_wrap(out, 0x30);
}

static int
cms_compare(const void *a, const void *b)
{
	const struct buf	*x = a, *y = b;
	int			 c = memcmp(x->p, y->p, MIN(x->len, y->len));

	return c != 0 ? c : (x->len > y->len) - (x->len < y->len);
}

/* The content of a SET OF, in DER order (X.690 11.6); the members are freed. */
static void
cms_add_set(struct buf *out, struct buf *members, size_t n)
{
	qsort(members, n, sizeof(members[0]), cms_compare);
	for (size_t i = 0; i < n; i++) {
		buf_add(out, members[i].p, members[i].len);
		buf_free(&members[i]);
	}
}

static void
cms_attributes(const struct cms_plan *plan, const EVP_MD *md, struct buf *out)
{
	struct buf	 a[4], value[4];
	unsigned char	 hash[EVP_MAX_MD_SIZE];
	unsigned	 n = 0;

	for (size_t i = 0; i < ARRAY_LEN(value); i++)
		buf_init(&value[i], CMS_MAX);
	if (EVP_Digest(plan->content, plan->len, hash, &n, md, NULL) != 1)
		BUG("no digest");
	cms_add_oid(&value[0], plan->type);
	der_add_time(&value[1], plan->time);
	der_add(&value[2], 0x04, hash, n);
	cms_add_cert_id(&value[3], plan->signer, md);
	der_wrap(&value[3], 0x30);
	der_wrap(&value[3], 0x30);
	cms_attribute(&a[0], CMS_OID_CONTENT_TYPE, &value[0]);
	cms_attribute(&a[1], CMS_OID_SIGNING_TIME, &value[1]);
	cms_attribute(&a[2], CMS_OID_MESSAGE_DIGEST, &value[2]);
	cms_attribute(&a[3], CMS_OID_SIGNING_CERT, &value[3]);
	cms_add_set(out, a, ARRAY_LEN(a));
}

/* The message ----------------------------------------------------------------------------- */

/* GM/T 0010 names the algorithm of the key, RFC 5652 that of the signature. */
void
cms_add_algorithm_gm(struct buf *b)
{
	struct buf	 id;

	buf_init(&id, 64);
	cms_add_oid(&id, "1.2.156.10197.1.301.1");
	cms_put(b, &id, 0x30);
}

static int
cms_add_signer(const struct cms_plan *plan, const struct key_kind *kind, struct buf *b,
    struct err *err)
{
	static const unsigned char	 version[] = {0x02, 0x01, 0x01};
	const EVP_MD			*md = kind->digest();
	struct buf			 info, attributes, set, signature;
	int				 rc;

	buf_init(&info, CMS_MAX);
	buf_init(&attributes, CMS_MAX);
	buf_init(&set, CMS_MAX);
	buf_init(&signature, KEY_SIG_MAX);
	cms_attributes(plan, md, &attributes);
	der_add(&set, 0x31, attributes.p, attributes.len);	/* signed as SET OF (5.4) */
	rc = key_sign(plan->key, set.p, set.len, &signature, err);
	buf_add(&info, version, sizeof(version));
	cms_add_issuer_and_serial(&info, plan->signer);
	cms_add_digest(&info, md);
	der_add(&info, 0xa0, attributes.p, attributes.len);
	if (plan->form == CMS_GM)
		cms_add_algorithm_gm(&info);
	else
		buf_add(&info, kind->algorithm, kind->algorithm_len);
	der_add(&info, 0x04, signature.p, signature.len);
	cms_put(b, &info, 0x30, 0x31);
	buf_free(&signature);
	buf_free(&set);
	buf_free(&attributes);
	return rc;
}

static void
cms_add_content(const struct cms_plan *plan, struct buf *b)
{
	struct buf	 in, content;

	buf_init(&in, CMS_MAX);
	buf_init(&content, CMS_MAX);
	cms_add_oid(&in, plan->type);
	der_add(&content, 0x04, plan->content, plan->len);
	cms_put(&in, &content, 0xa0);
	cms_put(b, &in, 0x30);
}

static void
cms_add_certs(const struct cms_plan *plan, struct buf *b)
{
	struct buf		 in, certs[CERT_CHAIN_MAX];
	const unsigned char	*der;
	size_t			 len;

	if (plan->n_certs == 0)
		return;
	if (plan->n_certs > ARRAY_LEN(certs))
		BUG("%zu certificates in one message", plan->n_certs);
	buf_init(&in, CMS_MAX);
	for (size_t i = 0; i < plan->n_certs; i++) {
		der = cert_der(plan->certs[i], &len);
		buf_init(&certs[i], LIMIT_CERT);
		buf_add(&certs[i], der, len);
	}
	cms_add_set(&in, certs, plan->n_certs);
	cms_put(b, &in, 0xa0);
}

int
cms_sign(const struct cms_plan *plan, struct buf *der, struct err *err)
{
	const struct key_kind	*kind = key_kind_of(plan->key);
	unsigned char		 version[] = {0x02, 0x01, 0x03};
	struct buf		 body, in;
	int			 rc;

	if (kind == NULL || (plan->form == CMS_GM && strcmp(kind->name, "sm2") != 0))
		return err_set(err, ERR_INPUT, "GM/T 0010 messages are signed with SM2 keys");
	version[2] = plan->form == CMS_GM ? 1 : 3;
	buf_init(&body, CMS_MAX);
	buf_init(&in, CMS_MAX);
	buf_add(&body, version, sizeof(version));
	cms_add_digest(&in, kind->digest());
	cms_put(&body, &in, 0x31);
	cms_add_content(plan, &body);
	cms_add_certs(plan, &body);
	rc = cms_add_signer(plan, kind, &body, err);
	buf_init(&in, CMS_MAX);
	cms_add_oid(&in, plan->form == CMS_GM ? CMS_OID_SIGNED_GM : CMS_OID_SIGNED);
	cms_put(&in, &body, 0x30, 0xa0);
	cms_put(der, &in, 0x30);
	return rc < 0 ? -1 : buf_check(der, err);
}

int
cms_certs(const void *certs, size_t len, struct buf *der, struct err *err)
{
	struct buf	 body;
	int		 rc = -1;

	buf_init(&body, len + 256);
	if (der_add_oid(&body, "1.2.840.113549.1.7.1", err) < 0)
		goto out;
	der_wrap(&body, 0x30);			/* no content */
	der_add(&body, 0xa0, certs, len);
	der_add(&body, 0x31, "", 0);		/* no signer */
	buf_clear(der);
	buf_add(der, "\x02\x01\x01\x31\x00", 5);	/* version 1, no digest */
	buf_add(der, body.p, body.len);
	der_wrap(der, 0x30);
	der_wrap(der, 0xa0);
	buf_clear(&body);
	if (der_add_oid(&body, CMS_OID_SIGNED, err) < 0)
		goto out;
	buf_add(&body, der->p, der->len);
	buf_clear(der);
	der_add(der, 0x30, body.p, body.len);
	rc = buf_check(der, err);
 out:
	buf_free(&body);
	return rc;
}

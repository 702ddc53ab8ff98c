#include "base/base.h"
#include "pki/cms_parts.h"

/* The next element is this OID. */
static bool
cms_is_oid(struct der *d, const char *oid)
{
	struct err	 err = {0};
	struct der	 body;
	struct buf	 want;
	bool		 is;

	buf_init(&want, 64);
	if (der_add_oid(&want, oid, &err) < 0)
		BUG("%s", err.text);
	is = der_get(d, 0x06, &body) == 0 && body.len + 2 == want.len &&
	    memcmp(body.p, want.p + 2, body.len) == 0;
	buf_free(&want);
	return is;
}

/* ContentInfo to the SignedData's body. */
static int
cms_open(struct der in, struct der *signed_data)
{
	struct der	 body, type, explicit;

	if (der_get(&in, 0x30, &body) < 0 || in.len != 0)
		return -1;
	type = body;
	if (!cms_is_oid(&body, CMS_OID_SIGNED)) {
		body = type;
		if (!cms_is_oid(&body, CMS_OID_SIGNED_GM))
			return -1;
	}
	return der_get(&body, 0xa0, &explicit) == 0 && body.len == 0 &&
	    der_get(&explicit, 0x30, signed_data) == 0 && explicit.len == 0 ? 0 : -1;
}

/* EncapsulatedContentInfo of this type, its octets. */
static int
cms_content(struct der *d, const char *type, struct der *content)
{
	struct der	 body, explicit;

	return der_get(d, 0x30, &body) == 0 && cms_is_oid(&body, type) &&
	    der_get(&body, 0xa0, &explicit) == 0 && body.len == 0 &&
	    der_get(&explicit, 0x04, content) == 0 && explicit.len == 0 ? 0 : -1;
}

struct cms_signer {
	struct der	 id;			/* issuerAndSerialNumber with header */
	struct der	 digest, algorithm;	/* AlgorithmIdentifiers with header */
	struct der	 attributes;		/* content of the set */
	struct der	 signature;
};

/* The only SignerInfo; what may follow (unsigned attributes) is not looked at. */
static int
cms_signer(struct der *d, struct cms_signer *s)
{
	struct der	 set, info, skip;
	unsigned	 tag;

	return der_get(d, 0x31, &set) == 0 && d->len == 0 &&
	    der_get(&set, 0x30, &info) == 0 && set.len == 0 &&
	    der_get(&info, 0x02, &skip) == 0 &&
	    der_next(&info, &tag, &skip, &s->id) == 0 && tag == 0x30 &&
	    der_next(&info, &tag, &skip, &s->digest) == 0 && tag == 0x30 &&
	    der_get(&info, 0xa0, &s->attributes) == 0 &&
	    der_next(&info, &tag, &skip, &s->algorithm) == 0 && tag == 0x30 &&
	    der_get(&info, 0x04, &s->signature) == 0 &&
	    (info.len == 0 || der_get(&info, 0xa1, &skip) == 0) && info.len == 0 ? 0 : -1;
}

/* The only value of the attribute, with its header; -1 when it is not there exactly once. */
static int
cms_attribute(struct der attributes, const char *oid, struct der *value)
{
	struct der	 attribute, set, skip;
	unsigned	 tag;
	int		 found = 0;

	while (attributes.len > 0) {
		if (der_get(&attributes, 0x30, &attribute) < 0)
			return -1;
		if (!cms_is_oid(&attribute, oid))
			continue;
		if (der_get(&attribute, 0x31, &set) < 0 || attribute.len != 0 ||
		    der_next(&set, &tag, &skip, value) < 0 || set.len != 0)
			return -1;
		found++;
	}
	return found == 1 ? 0 : -1;
}

static bool
cms_is(struct der value, const struct buf *want)
{
	return value.len == want->len && memcmp(value.p, want->p, want->len) == 0;
}

/* The attributes say what the content is, what its digest is, and who signs. */
static int
cms_check_attributes(struct der attributes, const char *type, struct der content,
    const struct cert *signer, const EVP_MD *md, struct err *err)
{
	struct der	 value;
	struct buf	 want;
	unsigned char	 hash[EVP_MAX_MD_SIZE];
	unsigned	 n = 0;
	int		 rc = -1;

	if (EVP_Digest(content.p, content.len, hash, &n, md, NULL) != 1)
		BUG("no digest");
	buf_init(&want, CMS_MAX);
	der_add(&want, 0x04, hash, n);
	if (cms_attribute(attributes, CMS_OID_MESSAGE_DIGEST, &value) < 0 ||
	    !cms_is(value, &want)) {
		err_set(err, ERR_CRYPTO, "the digest of the message is another (RFC 5652 5.4)");
		goto out;
	}
	buf_clear(&want);
	cms_add_cert_id(&want, signer, md);
	der_wrap(&want, 0x30);
	der_wrap(&want, 0x30);
	if (cms_attribute(attributes, CMS_OID_SIGNING_CERT, &value) < 0 ||
	    !cms_is(value, &want)) {
		err_set(err, ERR_CRYPTO, "the message names another signer (RFC 5035 5.4)");
		goto out;
	}
	if (cms_attribute(attributes, CMS_OID_CONTENT_TYPE, &value) < 0 ||
	    !cms_is_oid(&value, type))
		err_set(err, ERR_CRYPTO, "the content type is not signed (RFC 5652 11.1)");
	else
		rc = 0;
 out:
	buf_free(&want);
	return rc;
}

static bool
cms_is_der(struct der value, const unsigned char *p, size_t len)
{
	return p != NULL && value.len == len && memcmp(value.p, p, len) == 0;
}

/* Digest and signature are those of the key's kind, as RFC 5652 or GM/T 0010 name them. */
static bool
cms_is_algorithm(const struct cms_signer *s, const struct key_kind *kind)
{
	struct buf	 want;
	bool		 is;

	buf_init(&want, 64);
	cms_add_digest(&want, kind->digest());
	is = cms_is(s->digest, &want);
	buf_clear(&want);
	cms_add_algorithm_gm(&want);
	is = is && (cms_is_der(s->algorithm, kind->algorithm, kind->algorithm_len) ||
	    cms_is_der(s->algorithm, kind->alias, kind->alias_len) ||
	    (strcmp(kind->name, "sm2") == 0 && cms_is(s->algorithm, &want)));
	buf_free(&want);
	return is;
}

static int
cms_check_signer(const struct cms_signer *s, const struct cert *signer, struct err *err)
{
	struct buf	 id, set;
	int		 rc;

	buf_init(&id, CMS_MAX);
	buf_init(&set, CMS_MAX);
	cms_add_issuer_and_serial(&id, signer);
	der_add(&set, 0x31, s->attributes.p, s->attributes.len);
	if (!cms_is(s->id, &id))
		rc = err_set(err, ERR_CRYPTO, "the message is signed by another");
	else
		rc = key_verify(cert_key(signer), set.p, set.len, s->signature.p,
		    s->signature.len, err);
	buf_free(&set);
	buf_free(&id);
	return rc;
}

int
cms_check(const void *der, size_t len, const char *type, const struct cert *signer,
    struct der *content, struct err *err)
{
	const struct key_kind	*kind = cert_key(signer) == NULL ? NULL :
	    key_kind_of(cert_key(signer));
	struct der		 body, skip;
	struct cms_signer	 s;

	if (len > CMS_MAX || cms_open((struct der){.p = der, .len = len}, &body) < 0 ||
	    der_get(&body, 0x02, &skip) < 0 || der_get(&body, 0x31, &skip) < 0 ||
	    cms_content(&body, type, content) < 0 ||
	    (body.len > 0 && body.p[0] == 0xa0 && der_get(&body, 0xa0, &skip) < 0) ||
	    cms_signer(&body, &s) < 0)
		return err_set(err, ERR_INPUT, "not a signed message with one signer (RFC 5652)");
	if (kind == NULL)
		return err_set(err, ERR_CRYPTO, "the signer's key is of no kind we know");
	if (!cms_is_algorithm(&s, kind))
		return err_set(err, ERR_CRYPTO, "the message is not signed with %s", kind->title);
	if (cms_check_attributes(s.attributes, type, *content, signer, kind->digest(), err) < 0)
		return -1;
	return cms_check_signer(&s, signer, err);
}

int
cms_certificate(const void *der, size_t len, size_t i, struct cert **out, struct err *err)
{
	struct der	 in = {.p = der, .len = len}, body = {0}, skip, certs, whole;
	unsigned	 tag;

	if (len > CMS_MAX || cms_open(in, &body) < 0 || der_get(&body, 0x02, &skip) < 0 ||
	    der_get(&body, 0x31, &skip) < 0 || der_get(&body, 0x30, &skip) < 0)
		return err_set(err, ERR_INPUT, "not a SignedData message (RFC 5652 5.1)");
	if (der_get(&body, 0xa0, &certs) < 0)
		return err_set(err, ERR_NOT_FOUND, "the message carries no certificates");
	for (; certs.len > 0 && der_next(&certs, &tag, &skip, &whole) == 0; i--)
		if (i == 0)
			return cert_parse(whole.p, whole.len, out, err);
	return err_set(err, ERR_NOT_FOUND, "the message carries no more certificates");
}

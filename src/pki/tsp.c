#include "base/base.h"
#include "base/clock.h"
#include "base/str.h"
#include "pki/tsp.h"
#include "pki/tsp_parts.h"

#include <openssl/objects.h>

/* Digests we stamp: what RFC 3161 calls a hash function known to be one-way. */
static const struct { int nid; size_t len; } tsp_digests[] = {
	{NID_sm3, 32}, {NID_sha256, 32}, {NID_sha384, 48}, {NID_sha512, 64},
};

/* Reading --------------------------------------------------------------------------------- */

static int
tsp_oid_nid(struct der body)
{
	for (size_t i = 0; i < ARRAY_LEN(tsp_digests); i++) {
		const ASN1_OBJECT	*o = OBJ_nid2obj(tsp_digests[i].nid);

		if (OBJ_length(o) == body.len && memcmp(OBJ_get0_data(o), body.p, body.len) == 0)
			return tsp_digests[i].nid;
	}
	return NID_undef;
}

int
tsp_imprint_parse(struct der body, struct der *hash, int *digest)
{
	static const unsigned char	 null[] = {0x05, 0x00};
	struct der			 id, oid;

	*digest = NID_undef;
	if (der_get(&body, 0x30, &id) < 0 || der_get(&id, 0x06, &oid) < 0 ||
	    (id.len > 0 && (id.len != sizeof(null) || memcmp(id.p, null, sizeof(null)) != 0)) ||
	    der_get(&body, 0x04, hash) < 0 || body.len != 0)
		return -1;
	*digest = tsp_oid_nid(oid);
	for (size_t i = 0; i < ARRAY_LEN(tsp_digests); i++)
		if (tsp_digests[i].nid == *digest)
			return hash->len == tsp_digests[i].len ? 0 : -1;
	return 0;
}

/* Dotted text of an OID's content; -1 when it is none or too long. */
static int
tsp_oid_text(struct der body, char text[TSP_POLICY_TEXT])
{
	const unsigned char	*at;
	ASN1_OBJECT		*o;
	struct buf		 whole;
	int			 n = -1;

	buf_init(&whole, TSP_POLICY_TEXT);
	der_add(&whole, 0x06, body.p, body.len);
	at = (const unsigned char *)whole.p;
	if (!whole.over && (o = d2i_ASN1_OBJECT(NULL, &at, (long)whole.len)) != NULL) {
		n = OBJ_obj2txt(text, TSP_POLICY_TEXT, o, 1);
		ASN1_OBJECT_free(o);
	}
	buf_free(&whole);
	return n > 0 && n < TSP_POLICY_TEXT ? 0 : -1;
}

/* Any INTEGER in its shortest form, also a negative one: it is given back as it came. */
static bool
tsp_nonce_is_good(struct der n)
{
	return n.len >= 1 && n.len <= TSP_NONCE_MAX && (n.len == 1 ||
	    !((n.p[0] == 0x00 && n.p[1] < 0x80) || (n.p[0] == 0xff && n.p[1] >= 0x80)));
}

static int
tsp_parse_rest(struct der *body, struct tsp_request *r, enum tsp_failure *failure)
{
	struct der	 part = {0};

	*failure = TSP_BAD_FORMAT;
	if (body->len > 0 && body->p[0] == 0x06 &&
	    (der_get(body, 0x06, &part) < 0 || tsp_oid_text(part, r->policy) < 0))
		return -1;
	if (body->len > 0 && body->p[0] == 0x02) {
		r->nonce.p = body->p;
		if (der_get(body, 0x02, &part) < 0 || !tsp_nonce_is_good(part))
			return -1;
		r->nonce.len = (size_t)(body->p - r->nonce.p);
	}
	/* DEFAULT FALSE: DER writes TRUE only, but there are clients that write both */
	if (body->len > 0 && body->p[0] == 0x01) {
		if (der_get(body, 0x01, &part) < 0 || part.len != 1 ||
		    (part.p[0] != 0xff && part.p[0] != 0))
			return -1;
		r->cert = part.p[0] != 0;
	}
	if (body->len == 0)
		return 0;
	if (body->p[0] == 0xa0)
		*failure = TSP_BAD_EXTENSION;
	return -1;
}

int
tsp_request_parse(const void *der, size_t len, struct tsp_request *r,
    enum tsp_failure *failure, struct err *err)
{
	struct der	 in = {.p = der, .len = len}, body, imprint;
	unsigned char	 version;
	unsigned	 tag;

	*r = (struct tsp_request){0};
	*failure = TSP_BAD_FORMAT;
	if (len > TSP_REQUEST_MAX || der_get(&in, 0x30, &body) < 0 || in.len != 0 ||
	    der_get_uint(&body, &version, 1) < 0)
		return err_set(err, ERR_INPUT, "not a time stamp request (RFC 3161 2.4.1)");
	if (version != 1) {
		*failure = TSP_BAD_REQUEST;
		return err_set(err, ERR_INPUT, "a time stamp request has version 1");
	}
	if (der_next(&body, &tag, &imprint, &r->imprint) < 0 || tag != 0x30 ||
	    tsp_imprint_parse(imprint, &r->hash, &r->digest) < 0)
		return err_set(err, ERR_INPUT, "the message imprint is malformed (RFC 3161 2.4.1)");
	if (r->digest == NID_undef) {
		*failure = TSP_BAD_ALGORITHM;
		return err_set(err, ERR_INPUT, "digests are SM3, SHA-256, SHA-384 or SHA-512");
	}
	return tsp_parse_rest(&body, r, failure) == 0 ? 0 :
	    err_set(err, ERR_INPUT, *failure == TSP_BAD_EXTENSION ?
	    "extensions are not supported" : "the time stamp request is malformed");
}

/* Writing --------------------------------------------------------------------------------- */

static void
tsp_add_imprint(struct buf *b, int digest, const void *hash, size_t len)
{
	const ASN1_OBJECT	*o = OBJ_nid2obj(digest);
	struct buf		 in;

	buf_init(&in, TSP_REQUEST_MAX);
	der_add(&in, 0x06, OBJ_get0_data(o), OBJ_length(o));
	der_wrap(&in, 0x30);
	der_add(&in, 0x04, hash, len);
	der_wrap(&in, 0x30);
	buf_add(b, in.p, in.len);
	buf_free(&in);
}

int
tsp_request_build(int digest, const void *hash, size_t hash_len, const void *nonce,
    size_t nonce_len, bool cert, struct buf *der, struct err *err)
{
	static const unsigned char	 one[] = {1}, yes[] = {0xff};
	struct buf			 in;
	int				 rc;

	buf_init(&in, TSP_REQUEST_MAX);
	der_add(&in, 0x02, one, 1);
	tsp_add_imprint(&in, digest, hash, hash_len);
	if (nonce_len > 0)
		der_add_uint(&in, nonce, nonce_len);
	if (cert)
		der_add(&in, 0x01, yes, 1);
	der_wrap(&in, 0x30);
	buf_add(der, in.p, in.len);
	rc = buf_check(&in, err);
	buf_free(&in);
	return rc;
}

/* GeneralizedTime with the fraction's trailing zeros left out (RFC 3161 2.4.2). */
static void
tsp_add_time(struct buf *b, int64_t ms)
{
	time_t		 t = (time_t)(ms / 1000);
	struct tm	 tm;
	char		 text[32], part[8];
	size_t		 n;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < 70 || tm.tm_year > 8099)
		BUG("a time out of the range of time stamps");
	strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm);
	snprintf(part, sizeof(part), ".%03d", (int)(ms % 1000));
	for (n = strlen(part); part[n - 1] == '0'; n--)
		part[n - 1] = '\0';
	if (part[1] != '\0')
		strncat(text, part, sizeof(text) - strlen(text) - 1);
	strncat(text, "Z", sizeof(text) - strlen(text) - 1);
	der_add(b, 0x18, text, strlen(text));
}

/* Non-negative number under a tag. */
static void
tsp_add_number(struct buf *b, unsigned tag, uint64_t value)
{
	unsigned char	 bytes[8];
	struct buf	 n;

	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(value >> (56 - 8 * i));
	buf_init(&n, 32);
	der_add_uint(&n, bytes, sizeof(bytes));
	n.p[0] = (char)tag;
	buf_add(b, n.p, n.len);
	buf_free(&n);
}

static void
tsp_add_accuracy(struct buf *b, int64_t ms)
{
	struct buf	 in;

	buf_init(&in, 64);
	if (ms >= 1000)
		tsp_add_number(&in, 0x02, (uint64_t)(ms / 1000));
	if (ms % 1000 != 0)
		tsp_add_number(&in, 0x80, (uint64_t)(ms % 1000));
	der_wrap(&in, 0x30);
	buf_add(b, in.p, in.len);
	buf_free(&in);
}

/* TSTInfo (RFC 3161 2.4.2). */
static int
tsp_info(const struct tsp_request *r, const struct tsp_stamp *stamp, struct buf *info,
    struct err *err)
{
	if (stamp->accuracy < 1)
		BUG("a time stamp without accuracy");
	tsp_add_number(info, 0x02, 1);
	if (der_add_oid(info, stamp->policy, err) < 0)
		return -1;
	buf_add(info, r->imprint.p, r->imprint.len);
	tsp_add_number(info, 0x02, stamp->serial);
	tsp_add_time(info, stamp->time);
	tsp_add_accuracy(info, stamp->accuracy);
	buf_add(info, r->nonce.p, r->nonce.len);
	der_wrap(info, 0x30);
	return buf_check(info, err);
}

int
tsp_respond(const struct tsp_request *r, const struct tsp_stamp *stamp, struct buf *der,
    struct err *err)
{
	struct cms_plan	 plan = {.type = TSP_OID_INFO, .signer = stamp->signer,
		.key = stamp->key, .certs = stamp->certs, .n_certs = r->cert ? stamp->n_certs : 0,
		.time = stamp->time, .form = stamp->form};
	struct buf	 info, answer;
	int		 rc = -1;

	buf_init(&info, TSP_REQUEST_MAX);
	buf_init(&answer, TSP_ANSWER_MAX);
	tsp_add_number(&answer, 0x02, 0);			/* granted */
	der_wrap(&answer, 0x30);
	if (tsp_info(r, stamp, &info, err) == 0) {
		plan.content = info.p;
		plan.len = info.len;
		if (cms_sign(&plan, &answer, err) == 0) {
			der_wrap(&answer, 0x30);
			buf_add(der, answer.p, answer.len);
			rc = buf_check(der, err);
		}
	}
	buf_free(&answer);
	buf_free(&info);
	return rc;
}

void
tsp_refuse(enum tsp_failure failure, const char *text, struct buf *der)
{
	unsigned char	 bits[5] = {0};
	size_t		 last = 1 + (size_t)failure / 8;
	struct buf	 in, words;

	buf_init(&in, 1024);
	buf_init(&words, 1024);
	tsp_add_number(&in, 0x02, 2);				/* rejection */
	der_add(&words, 0x0c, text, strlen(text));
	der_wrap(&words, 0x30);
	buf_add(&in, words.p, words.len);
	bits[0] = (unsigned char)(7 - failure % 8);		/* unused bits */
	bits[last] = (unsigned char)(0x80 >> (failure % 8));
	der_add(&in, 0x03, bits, last + 1);
	der_wrap(&in, 0x30);
	der_wrap(&in, 0x30);
	buf_add(der, in.p, in.len);
	buf_free(&words);
	buf_free(&in);
}

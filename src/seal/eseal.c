#include "base/base.h"
#include "seal/parts.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"

#include <openssl/objects.h>
#include <time.h>

#define ESEAL_SM2_SM3	"1.2.156.10197.1.501"
#define ESEAL_NO		"这不是一枚完整的电子印章（GB/T 38540-2020、GM/T 0031）："

/* Fields ------------------------------------------------------------------------------ */

/* Text of at most size - 1 bytes, no controls; `ascii`: nothing but printable ASCII. */
static int
eseal_text(const ASN1_STRING *s, bool ascii, char *out, size_t size)
{
	const unsigned char	*p = ASN1_STRING_get0_data(s);
	size_t			 n = (size_t)ASN1_STRING_length(s);

	if (n == 0 || n >= size)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (p[i] < 0x20 || p[i] == 0x7f || (ascii && p[i] > 0x7e))
			return -1;
	memcpy(out, p, n);
	out[n] = '\0';
	return utf8_is_valid(out, n) ? 0 : -1;
}

static int
eseal_time(const ASN1_TIME *t, int64_t *ms)
{
	struct tm	 tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1 || tm.tm_year < 70)
		return -1;
	*ms = (int64_t)timegm(&tm) * CLOCK_SECOND;
	return 0;
}

/* A non-negative number; -1 also when it is larger than anything we count. */
static int
eseal_number(const ASN1_INTEGER *n, int64_t *out)
{
	return ASN1_INTEGER_get_int64(out, n) == 1 && *out >= 0 && *out <= 1000000 ? 0 : -1;
}

static int
eseal_header(struct eseal *s, const SES_HEADER *h, const ASN1_IA5STRING *id)
{
	int64_t	 version;
	char	 es[3];

	if (eseal_text(h->id, true, es, sizeof(es)) < 0 || strcmp(es, "ES") != 0 ||
	    eseal_number(h->version, &version) < 0 ||
	    eseal_text(h->vendor, true, s->vendor, sizeof(s->vendor)) < 0)
		return -1;
	s->version = (int)version;
	return eseal_text(id, true, s->id, sizeof(s->id));
}

static int
eseal_picture_take(struct eseal *s, const SES_PICTURE *p)
{
	s->picture = (struct eseal_picture){.type = s->picture_type,
	    .p = ASN1_STRING_get0_data(p->data), .len = (size_t)ASN1_STRING_length(p->data)};
	if (s->picture.len > ESEAL_PICTURE_MAX ||
	    eseal_text(p->type, true, s->picture_type, sizeof(s->picture_type)) < 0 ||
	    eseal_number(p->width, &s->picture.width) < 0)
		return -1;
	return eseal_number(p->height, &s->picture.height);
}

/* A CertDigestObj; its bytes stand in the list, so what they say is pointed to there. */
static int
eseal_holder_digest(const ASN1_STRING *sequence, struct eseal_holder *h)
{
	struct der	 d = {ASN1_STRING_get0_data(sequence),
	    (size_t)ASN1_STRING_length(sequence)}, body, type, value;

	if (der_get(&d, 0x30, &body) < 0 || d.len != 0 || der_get(&body, 0x13, &type) < 0 ||
	    der_get(&body, 0x04, &value) < 0 || body.len != 0)
		return -1;
	/* the standard fixes no spelling for SM3, others are nobody's */
	if (!(type.len == 3 && strncasecmp((const char *)type.p, "SM3", 3) == 0) &&
	    !(type.len == 19 && memcmp(type.p, "1.2.156.10197.1.401", 19) == 0))
		return -1;
	*h = (struct eseal_holder){.is_digest = true, .p = value.p, .len = value.len};
	return value.len == SM2_DIGEST_LEN ? 0 : -1;
}

static int
eseal_holders(struct eseal *s, bool digests, const STACK_OF(ASN1_TYPE) *list)
{
	int	 n = sk_ASN1_TYPE_num(list);

	if (n < 1 || n > ESEAL_HOLDERS_MAX)
		return -1;
	for (int i = 0; i < n; i++) {
		const ASN1_TYPE		*t = sk_ASN1_TYPE_value(list, i);
		struct eseal_holder	*h = &s->holder[i];

		if (digests ? t->type != V_ASN1_SEQUENCE ||
		    eseal_holder_digest(t->value.sequence, h) < 0 :
		    t->type != V_ASN1_OCTET_STRING)
			return -1;
		if (!digests)
			*h = (struct eseal_holder){
			    .p = ASN1_STRING_get0_data(t->value.octet_string),
			    .len = (size_t)ASN1_STRING_length(t->value.octet_string)};
		if (h->len == 0 || h->len > LIMIT_CERT)
			return -1;
	}
	s->n_holders = (size_t)n;
	return 0;
}

static int
eseal_extensions(struct eseal *s, const STACK_OF(SES_EXTENSION) *list)
{
	int	 n = list == NULL ? 0 : OPENSSL_sk_num((const OPENSSL_STACK *)list);

	if (n > ESEAL_EXTENSIONS_MAX)
		return -1;
	for (int i = 0; i < n; i++) {
		const SES_EXTENSION *e = OPENSSL_sk_value((const OPENSSL_STACK *)list, i);

		s->has_critical = s->has_critical || e->critical > 0;
	}
	return 0;
}

static int
eseal_signer(struct eseal *s, const ASN1_OCTET_STRING *maker, const ASN1_OBJECT *algorithm,
    const ASN1_BIT_STRING *signature, struct err *err)
{
	char	 oid[64];

	if ((signature->flags & 0x07) != 0)	/* bits that nobody signed */
		return err_set(err, ERR_INPUT, ESEAL_NO "签名值不对。");
	(void)OBJ_obj2txt(oid, sizeof(oid), algorithm, 1);
	s->is_sm2 = strcmp(oid, ESEAL_SM2_SM3) == 0;
	s->signature = signature;
	return cert_parse(ASN1_STRING_get0_data(maker), (size_t)ASN1_STRING_length(maker),
	    &s->maker, err);
}

/* Generations ------------------------------------------------------------------------- */

/* The template reads BER as well: what is written again must be what was read. */
static int
eseal_template(const ASN1_ITEM *item, const void *der, size_t len, ASN1_VALUE **out)
{
	const unsigned char	*p = der;
	unsigned char		*again = NULL;
	int			 n;
	bool			 same;

	*out = ASN1_item_d2i(NULL, &p, (long)len, item);
	if (*out == NULL || p != (const unsigned char *)der + len)
		return -1;
	n = ASN1_item_i2d(*out, &again, item);
	same = n > 0 && (size_t)n == len && memcmp(again, der, len) == 0;
	OPENSSL_free(again);
	return same ? 0 : -1;
}

/* Versions 4 and 5: the first member is what is signed. */
static int
eseal_parse_4(struct eseal *s, const void *der, size_t len, struct der first, struct err *err)
{
	const SES_PROPERTY	*p;
	int64_t			 list_type;

	if (eseal_template(ASN1_ITEM_rptr(SES_SEAL), der, len, (ASN1_VALUE **)&s->ses) < 0)
		return err_openssl(err, ERR_INPUT, ESEAL_NO "结构不对。");
	p = s->ses->info->property;
	if (eseal_header(s, s->ses->info->header, s->ses->info->id) < 0)
		return err_set(err, ERR_INPUT, ESEAL_NO "头或编号不对。");
	if (s->version != ESEAL_V4 && (s->version != ESEAL_V5))
		return err_set(err, ERR_INPUT, ESEAL_NO "版本号与结构不符。");
	if (s->ses->stamp != NULL && s->version != ESEAL_V5)
		return err_set(err, ERR_INPUT, ESEAL_NO "时间戳只在第 5 版里。");
	if (eseal_number(p->type, &s->type) < 0 ||
	    eseal_text(p->name, false, s->name, sizeof(s->name)) < 0 ||
	    eseal_number(p->list_type, &list_type) < 0 || (list_type != 1 && list_type != 2) ||
	    eseal_holders(s, list_type == 2, p->list) < 0 ||
	    eseal_time(p->made, &s->made) < 0 || eseal_time(p->from, &s->not_before) < 0 ||
	    eseal_time(p->until, &s->not_after) < 0)
		return err_set(err, ERR_INPUT, ESEAL_NO "印章属性不对。");
	if (eseal_picture_take(s, s->ses->info->picture) < 0 ||
	    eseal_extensions(s, s->ses->info->extensions) < 0)
		return err_set(err, ERR_INPUT, ESEAL_NO "印章图像或扩展不对。");
	buf_add(&s->signed_part, first.p, first.len);
	return eseal_signer(s, s->ses->maker, s->ses->algorithm, s->ses->signature, err);
}

/* Version 1: SEQUENCE { eSealInfo, cert, signatureAlgorithm } is what is signed. */
static int
eseal_parse_1(struct eseal *s, const void *der, size_t len, struct der first, struct der second,
    struct err *err)
{
	const SES_PROPERTY1	*p;
	struct der		 body, skip, maker, algorithm;
	unsigned		 tag;

	if (eseal_template(ASN1_ITEM_rptr(SES_SEAL1), der, len, (ASN1_VALUE **)&s->ses1) < 0)
		return err_openssl(err, ERR_INPUT, ESEAL_NO "结构不对。");
	p = s->ses1->info->property;
	if (eseal_header(s, s->ses1->info->header, s->ses1->info->id) < 0)
		return err_set(err, ERR_INPUT, ESEAL_NO "头或编号不对。");
	/* the number is not fixed by the text of 2014: makers write 1, 2 or 3 */
	if (s->version < 1 || s->version > 3)
		return err_set(err, ERR_INPUT, ESEAL_NO "版本号与结构不符。");
	s->version = ESEAL_V1;
	if (eseal_number(p->type, &s->type) < 0 ||
	    eseal_text(p->name, false, s->name, sizeof(s->name)) < 0 ||
	    eseal_holders(s, false, p->list) < 0 || eseal_time(p->made, &s->made) < 0 ||
	    eseal_time(p->from, &s->not_before) < 0 || eseal_time(p->until, &s->not_after) < 0)
		return err_set(err, ERR_INPUT, ESEAL_NO "印章属性不对。");
	if (eseal_picture_take(s, s->ses1->info->picture) < 0 ||
	    eseal_extensions(s, s->ses1->info->extensions) < 0 ||
	    der_get(&second, 0x30, &body) < 0 || der_next(&body, &tag, &skip, &maker) < 0 ||
	    der_next(&body, &tag, &skip, &algorithm) < 0)
		return err_set(err, ERR_INPUT, ESEAL_NO "印章图像或扩展不对。");
	buf_add(&s->signed_part, first.p, first.len);
	buf_add(&s->signed_part, maker.p, maker.len);
	buf_add(&s->signed_part, algorithm.p, algorithm.len);
	der_wrap(&s->signed_part, 0x30);
	return eseal_signer(s, s->ses1->sign->maker, s->ses1->sign->algorithm,
	    s->ses1->sign->signature, err);
}

/* The generations are told apart by the number of members of the outer SEQUENCE. */
int
eseal_parse(const void *der, size_t len, struct eseal **out, struct err *err)
{
	struct der	 d = {der, len}, body, skip, member[5] = {{0}};
	struct eseal	*s;
	unsigned	 tag;
	size_t		 n = 0;
	int		 rc;

	if (len > ESEAL_MAX)
		return err_set(err, ERR_LIMIT, "电子印章不超过 %d KB。", ESEAL_MAX / 1024);
	if (der_get(&d, 0x30, &body) < 0 || d.len != 0)
		return err_set(err, ERR_INPUT, ESEAL_NO "结构不对。");
	while (n < ARRAY_LEN(member) && body.len > 0 &&
	    der_next(&body, &tag, &skip, &member[n]) == 0)
		n++;
	if (body.len != 0 || n < 2 || n == 3)
		return err_set(err, ERR_INPUT, ESEAL_NO "结构不对。");
	s = xcalloc(1, sizeof(*s));
	buf_init(&s->signed_part, ESEAL_MAX);
	rc = n == 2 ? eseal_parse_1(s, der, len, member[0], member[1], err) :
	    eseal_parse_4(s, der, len, member[0], err);
	if (rc == 0)
		*out = s;
	else
		eseal_free(s);
	return rc;
}

int
eseal_read(const char *path, struct eseal **out, struct err *err)
{
	struct buf	 der;
	int		 rc;

	buf_init(&der, ESEAL_MAX);
	rc = file_read(path, &der, err);
	if (rc == 0)
		rc = eseal_parse(der.p, der.len, out, err);
	buf_free(&der);
	return rc;
}

void
eseal_free(struct eseal *s)
{
	if (s == NULL)
		return;
	ASN1_item_free((ASN1_VALUE *)s->ses, ASN1_ITEM_rptr(SES_SEAL));
	ASN1_item_free((ASN1_VALUE *)s->ses1, ASN1_ITEM_rptr(SES_SEAL1));
	buf_free(&s->signed_part);
	cert_free(s->maker);
	free(s);
}

/* What it says ------------------------------------------------------------------------ */

int
eseal_version(const struct eseal *s)
{
	return s->version;
}

const char *
eseal_id(const struct eseal *s)
{
	return s->id;
}

const char *
eseal_vendor(const struct eseal *s)
{
	return s->vendor;
}

int64_t
eseal_type(const struct eseal *s)
{
	return s->type;
}

const char *
eseal_name(const struct eseal *s)
{
	return s->name;
}

int64_t
eseal_made(const struct eseal *s)
{
	return s->made;
}

int64_t
eseal_not_before(const struct eseal *s)
{
	return s->not_before;
}

int64_t
eseal_not_after(const struct eseal *s)
{
	return s->not_after;
}

const struct eseal_picture *
eseal_picture(const struct eseal *s)
{
	return &s->picture;
}

const struct eseal_holder *
eseal_holder_at(const struct eseal *s, size_t i)
{
	return i < s->n_holders ? &s->holder[i] : NULL;
}

const struct cert *
eseal_maker(const struct eseal *s)
{
	return s->maker;
}

bool
eseal_is_for(const struct eseal *s, const struct cert *holder)
{
	unsigned char		 digest[SM2_DIGEST_LEN];
	const unsigned char	*der;
	size_t			 len;

	der = cert_der(holder, &len);
	sm3(der, len, digest);
	for (size_t i = 0; i < s->n_holders; i++) {
		const struct eseal_holder *h = &s->holder[i];

		if (h->is_digest ? memcmp(h->p, digest, sizeof(digest)) == 0 :
		    h->len == len && memcmp(h->p, der, len) == 0)
			return true;
	}
	return false;
}

int
eseal_verify_signature(const struct eseal *s, struct err *err)
{
	EVP_PKEY	*key = cert_key(s->maker);

	if (!s->is_sm2 || key == NULL)
		return err_set(err, ERR_CRYPTO, "the seal is not signed with SM2 and SM3");
	return sm2_verify_message(key, s->signed_part.p, s->signed_part.len,
	    ASN1_STRING_get0_data(s->signature), (size_t)ASN1_STRING_length(s->signature), err);
}

#include "base/base.h"
#include "seal/esign.h"

#include "base/clock.h"

#include <time.h>

#define ESIGN_NO	"这不是一枚完整的电子签章（GB/T 38540-2020）："
#define ESIGN_SM2_SM3	"1.2.156.10197.1.501"

struct esign {
	struct buf	 bytes;			/* all the rest points into it */
	struct der	 tbs;			/* with its header */
	struct der	 value, stamp;
	struct eseal	*seal;
	struct cert	*signer;
	int64_t		 time;
	unsigned char	 digest[SM2_DIGEST_LEN];
	char		 property[ESIGN_PROPERTY_TEXT];
	bool		 has_critical;
};

/* A BIT STRING of whole bytes. */
static int
esign_bits(struct der *d, struct der *bytes)
{
	if (der_get(d, 0x03, bytes) < 0 || bytes->len < 1 || bytes->p[0] != 0)
		return -1;
	bytes->p++;
	bytes->len--;
	return 0;
}

static int
esign_read_property(struct esign *s, struct der d)
{
	if (d.len >= sizeof(s->property))
		return -1;
	for (size_t i = 0; i < d.len; i++)
		if (d.p[i] < 0x20 || d.p[i] > 0x7e)
			return -1;
	memcpy(s->property, d.p, d.len);
	return 0;
}

/* SEQUENCE OF { OID, BOOLEAN, OCTET STRING } within [0]. */
static int
esign_read_extensions(struct esign *s, struct der in)
{
	struct der	 list, one, part;

	if (der_get(&in, 0x30, &list) < 0 || in.len != 0)
		return -1;
	for (size_t n = 0; list.len > 0; n++) {
		if (n == ESEAL_EXTENSIONS_MAX || der_get(&list, 0x30, &one) < 0 ||
		    der_get(&one, 0x06, &part) < 0)
			return -1;
		if (one.len > 0 && one.p[0] == 0x01) {
			if (der_get(&one, 0x01, &part) < 0 || part.len != 1)
				return -1;
			s->has_critical = s->has_critical || part.p[0] != 0;
		}
		if (der_get(&one, 0x04, &part) < 0 || one.len != 0)
			return -1;
	}
	return 0;
}

/* TBS_Sign (GB/T 38540-2020 8.1.2). */
static int
esign_read_tbs(struct esign *s, struct der in, struct err *err)
{
	struct der	 seal, skip, part;
	unsigned char	 version;
	unsigned	 tag;

	if (der_get_uint(&in, &version, 1) < 0 || (version != ESEAL_V4 && version != ESEAL_V5))
		return err_set(err, ERR_INPUT, ESIGN_NO "版本号不是 4 或 5。");
	if (der_next(&in, &tag, &skip, &seal) < 0 || tag != 0x30)
		return err_set(err, ERR_INPUT, ESIGN_NO "里面没有印章。");
	if (eseal_parse(seal.p, seal.len, &s->seal, err) < 0)
		return -1;
	if (der_get(&in, 0x18, &part) < 0 || part.len != 15 ||
	    der_read_time(part, &s->time) < 0 || s->time <= 0)
		return err_set(err, ERR_INPUT, ESIGN_NO "签章时间不对。");
	if (esign_bits(&in, &part) < 0 || part.len != SM2_DIGEST_LEN)
		return err_set(err, ERR_INPUT, ESIGN_NO "原文杂凑值不对。");
	memcpy(s->digest, part.p, SM2_DIGEST_LEN);
	if (der_get(&in, 0x16, &part) < 0 || esign_read_property(s, part) < 0)
		return err_set(err, ERR_INPUT, ESIGN_NO "原文属性不对。");
	if (in.len > 0 && (der_get(&in, 0xa0, &part) < 0 || esign_read_extensions(s, part) < 0 ||
	    in.len != 0))
		return err_set(err, ERR_INPUT, ESIGN_NO "扩展不对。");
	return 0;
}

static bool
esign_is_sm2(struct der oid)
{
	static const unsigned char	 want[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75};

	return oid.len == sizeof(want) && memcmp(oid.p, want, sizeof(want)) == 0;
}

static int
esign_read(struct esign *s, struct err *err)
{
	struct der	 in = {(unsigned char *)s->bytes.p, s->bytes.len}, all, tbs, cert, oid, part;
	unsigned	 tag;

	if (der_get(&in, 0x30, &all) < 0 || in.len != 0 || der_next(&all, &tag, &tbs, &s->tbs) < 0 ||
	    tag != 0x30 || der_get(&all, 0x04, &cert) < 0 || der_get(&all, 0x06, &oid) < 0 ||
	    esign_bits(&all, &s->value) < 0)
		return err_set(err, ERR_INPUT, ESIGN_NO "结构不对。");
	if (!esign_is_sm2(oid))
		return err_set(err, ERR_INPUT, ESIGN_NO "签名算法不是 SM2 和 SM3。");
	if (all.len > 0 && (der_get(&all, 0xa0, &part) < 0 || esign_bits(&part, &s->stamp) < 0 ||
	    part.len != 0 || all.len != 0))
		return err_set(err, ERR_INPUT, ESIGN_NO "时间戳不对。");
	if (cert_parse(cert.p, cert.len, &s->signer, err) < 0)
		return -1;
	return esign_read_tbs(s, tbs, err);
}

int
esign_parse(const void *der, size_t len, struct esign **out, struct err *err)
{
	struct esign	*s;

	if (len > ESIGN_MAX)
		return err_set(err, ERR_LIMIT, "电子签章不超过 %d KB。", ESIGN_MAX / 1024);
	s = xcalloc(1, sizeof(*s));
	buf_init(&s->bytes, ESIGN_MAX);
	buf_add(&s->bytes, der, len);
	if (esign_read(s, err) < 0) {
		esign_free(s);
		return -1;
	}
	*out = s;
	return 0;
}

void
esign_free(struct esign *s)
{
	if (s == NULL)
		return;
	eseal_free(s->seal);
	cert_free(s->signer);
	buf_free(&s->bytes);
	free(s);
}

const struct eseal *
esign_seal(const struct esign *s)
{
	return s->seal;
}

const struct cert *
esign_signer(const struct esign *s)
{
	return s->signer;
}

int64_t
esign_time(const struct esign *s)
{
	return s->time;
}

const unsigned char *
esign_digest(const struct esign *s)
{
	return s->digest;
}

const char *
esign_property(const struct esign *s)
{
	return s->property;
}

bool
esign_has_critical(const struct esign *s)
{
	return s->has_critical;
}

struct der
esign_value(const struct esign *s)
{
	return s->value;
}

struct der
esign_stamp(const struct esign *s)
{
	return s->stamp;
}

int
esign_verify_signature(const struct esign *s, struct err *err)
{
	EVP_PKEY	*key = cert_key(s->signer);
	unsigned char	 point[SM2_POINT_LEN];

	if (key == NULL || cert_point(s->signer, point, err) < 0)
		return err_set(err, ERR_CRYPTO, "the signer's key is no SM2 key");
	return sm2_verify_message(key, s->tbs.p, s->tbs.len, s->value.p, s->value.len, err);
}

/* Making ------------------------------------------------------------------------------ */

static void
esign_add_bits(struct buf *der, const void *p, size_t len)
{
	struct buf	 b;

	buf_init(&b, ESIGN_MAX);
	buf_addch(&b, '\0');
	buf_add(&b, p, len);
	der_add(der, 0x03, b.p, b.len);
	buf_free(&b);
}

int
esign_tbs(const struct esign_plan *plan, struct buf *tbs, struct err *err)
{
	static const unsigned char	 version = ESEAL_V4;
	time_t				 seconds = (time_t)(plan->time / CLOCK_SECOND);
	struct tm			 tm;
	char				 text[20];

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm) != 15)
		return err_set(err, ERR_BUG, "no such time");
	buf_clear(tbs);
	der_add_uint(tbs, &version, 1);
	buf_add(tbs, plan->seal, plan->seal_len);
	der_add(tbs, 0x18, text, 15);
	esign_add_bits(tbs, plan->digest, SM2_DIGEST_LEN);
	der_add(tbs, 0x16, plan->property, strlen(plan->property));
	der_wrap(tbs, 0x30);
	return buf_check(tbs, err);
}

/* Whole and checked: what cannot be read back is not given out. */
int
esign_wrap(const struct buf *tbs, const struct cert *signer, const struct buf *sig,
    const void *stamp, size_t stamp_len, struct buf *der, struct err *err)
{
	struct esign	*s = NULL;
	struct buf	 b;
	const unsigned char *cert;
	size_t		 len;
	int		 rc;

	cert = cert_der(signer, &len);
	buf_clear(der);
	buf_add(der, tbs->p, tbs->len);
	der_add(der, 0x04, cert, len);
	if (der_add_oid(der, ESIGN_SM2_SM3, err) < 0)
		return -1;
	esign_add_bits(der, sig->p, sig->len);
	if (stamp_len > 0) {
		buf_init(&b, ESIGN_MAX);
		esign_add_bits(&b, stamp, stamp_len);
		der_wrap(&b, 0xa0);
		buf_add(der, b.p, b.len);
		buf_free(&b);
	}
	der_wrap(der, 0x30);
	rc = buf_check(der, err);
	if (rc == 0 && (rc = esign_parse(der->p, der->len, &s, err)) == 0)
		rc = esign_verify_signature(s, err);
	esign_free(s);
	return rc;
}

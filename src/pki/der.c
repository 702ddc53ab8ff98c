#include "base/base.h"
#include "pki/der.h"

#include <openssl/objects.h>
#include <time.h>

/* The length octets at *d; consumes them.  Long forms must be minimal. */
static int
der_length(struct der *d, size_t *len)
{
	size_t	 n, value = 0;

	if (d->len == 0)
		return -1;
	n = *d->p++;
	d->len--;
	if (n < 0x80) {
		*len = n;
		return 0;
	}
	n &= 0x7f;
	if (n == 0 || n > 4 || n > d->len)
		return -1;
	for (size_t i = 0; i < n; i++)
		value = value << 8 | d->p[i];
	if (value < 0x80 || value >> (8 * (n - 1)) == 0)
		return -1;
	d->p += n;
	d->len -= n;
	*len = value;
	return 0;
}

int
der_next(struct der *d, unsigned *tag, struct der *body, struct der *whole)
{
	struct der	 at = *d;
	unsigned	 t;
	size_t		 len;

	if (at.len < 2 || (at.p[0] & 0x1f) == 0x1f)
		return -1;
	t = *at.p++;
	at.len--;
	if (der_length(&at, &len) < 0 || len > at.len)
		return -1;
	*tag = t;
	*body = (struct der){.p = at.p, .len = len};
	if (whole != NULL)
		*whole = (struct der){.p = d->p, .len = (size_t)(at.p + len - d->p)};
	*d = (struct der){.p = at.p + len, .len = at.len - len};
	return 0;
}

int
der_get(struct der *d, unsigned tag, struct der *body)
{
	struct der	 at = *d;
	unsigned	 found;

	if (der_next(&at, &found, body, NULL) < 0 || found != tag)
		return -1;
	*d = at;
	return 0;
}

int
der_get_uint(struct der *d, unsigned char *out, size_t size)
{
	struct der	 body;

	if (der_get(d, 0x02, &body) < 0 || body.len == 0 || (body.p[0] & 0x80) != 0)
		return -1;
	if (body.len > 1 && body.p[0] == 0) {
		if ((body.p[1] & 0x80) == 0)
			return -1;
		body.p++;
		body.len--;
	}
	if (body.len > size)
		return -1;
	memset(out, 0, size - body.len);
	memcpy(out + size - body.len, body.p, body.len);
	return 0;
}

static void
der_add_length(struct buf *b, size_t len)
{
	unsigned	 n = len > 0xffffff ? 4 : len > 0xffff ? 3 : len > 0xff ? 2 : 1;

	if (len > 0xffffffff)
		BUG("DER element of %zu bytes", len);
	if (len >= 0x80)
		buf_addch(b, (char)(0x80 | n));
	else
		n = 1;
	while (n-- > 0)
		buf_addch(b, (char)(len >> (8 * n)));
}

void
der_add(struct buf *b, unsigned tag, const void *p, size_t len)
{
	buf_addch(b, (char)tag);
	der_add_length(b, len);
	buf_add(b, p, len);
}

void
der_wrap(struct buf *b, unsigned tag)
{
	struct buf	 inner = *b;

	buf_init(b, inner.max);
	der_add(b, tag, inner.p, inner.len);
	b->over = b->over || inner.over;
	buf_free(&inner);
}

int
der_add_oid(struct buf *b, const char *oid, struct err *err)
{
	ASN1_OBJECT	*o = OBJ_txt2obj(oid, 1);

	if (o == NULL)
		return err_openssl(err, ERR_INPUT, "%.64s is not an object identifier", oid);
	der_add(b, 0x06, OBJ_get0_data(o), OBJ_length(o));
	ASN1_OBJECT_free(o);
	return 0;
}

/* RFC 5280 4.1.2.5: UTCTime until 2049, GeneralizedTime after. */
void
der_add_time(struct buf *b, int64_t ms)
{
	time_t		 t = (time_t)(ms / 1000);
	struct tm	 tm;
	char		 text[32];

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < 50 || tm.tm_year > 8099)
		BUG("a time out of the range of certificates");
	strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
	if (tm.tm_year < 150)
		der_add(b, 0x17, text + 2, strlen(text) - 2);
	else
		der_add(b, 0x18, text, strlen(text));
}

void
der_add_uint(struct buf *b, const unsigned char *p, size_t len)
{
	unsigned char	 body[66] = {0};

	while (len > 1 && p[0] == 0) {
		p++;
		len--;
	}
	if (len == 0 || len > sizeof(body) - 1)
		BUG("INTEGER of %zu bytes", len);
	memcpy(body + 1, p, len);
	if ((p[0] & 0x80) != 0)
		der_add(b, 0x02, body, len + 1);
	else
		der_add(b, 0x02, body + 1, len);
}

static int
der_signed_slice(struct der in, struct der_signed *s, struct der *rest)
{
	struct der	 body, bits, skip;
	unsigned	 tag;

	if (der_get(&in, 0x30, &body) < 0 || in.len != 0)
		return -1;
	if (der_next(&body, &tag, &skip, &s->tbs) < 0 || tag != 0x30)
		return -1;
	if (der_next(&body, &tag, &skip, &s->algorithm) < 0 || tag != 0x30)
		return -1;
	if (der_get(&body, 0x03, &bits) < 0 || bits.len < 1 || bits.p[0] != 0)
		return -1;
	s->signature = (struct der){.p = bits.p + 1, .len = bits.len - 1};
	*rest = body;
	return 0;
}

int
der_signed_parse(const void *p, size_t len, struct der_signed *s)
{
	struct der	 rest;

	if (der_signed_slice((struct der){.p = p, .len = len}, s, &rest) < 0)
		return -1;
	return rest.len == 0 ? 0 : -1;
}

int
der_signed_parse_more(const void *p, size_t len, struct der_signed *s)
{
	struct der	 rest, skip;

	if (der_signed_slice((struct der){.p = p, .len = len}, s, &rest) < 0)
		return -1;
	if (rest.len > 0 && der_get(&rest, 0xa0, &skip) < 0)
		return -1;
	return rest.len == 0 ? 0 : -1;
}

int
der_read_time(struct der t, int64_t *ms)
{
	struct tm	 tm = {0};
	int64_t		 fraction = 0, unit = 100;
	char		 text[16] = "", back[16];

	if (t.len < 15 || t.p[t.len - 1] != 'Z')
		return -1;
	memcpy(text, t.p, 14);
	if (strspn(text, "0123456789") != 14 || sscanf(text, "%4d%2d%2d%2d%2d%2d", &tm.tm_year,
	    &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ms = (int64_t)timegm(&tm) * 1000;
	if (strftime(back, sizeof(back), "%Y%m%d%H%M%S", &tm) != 14 || strcmp(back, text) != 0)
		return -1;
	if (t.len == 15)
		return 0;
	if (t.p[14] != '.' || t.len < 17 || t.p[t.len - 2] == '0')
		return -1;
	for (size_t i = 15; i < t.len - 1; i++, unit /= 10) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return -1;
		fraction += (t.p[i] - '0') * unit;
	}
	*ms += fraction;
	return 0;
}

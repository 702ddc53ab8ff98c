#include "base/base.h"
#include "pki/der.h"

/* 1.2.156.10197.1.501, sm2sign-with-sm3 */
static const unsigned char der_sm2_sm3[] = {
	0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75,
};

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

void
der_add(struct buf *b, unsigned tag, const void *p, size_t len)
{
	buf_addch(b, (char)tag);
	if (len >= 0x10000)
		BUG("DER element of %zu bytes", len);
	if (len >= 0x100) {
		buf_add(b, "\x82", 1);
		buf_addch(b, (char)(len >> 8));
	} else if (len >= 0x80)
		buf_add(b, "\x81", 1);
	buf_addch(b, (char)(len & 0xff));
	buf_add(b, p, len);
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

/* sm2sign-with-sm3 with parameters absent (ours) or NULL (many Chinese CAs). */
static int
der_check_algorithm(struct der alg)
{
	struct der	 oid, null;

	if (der_get(&alg, 0x06, &oid) < 0 || oid.len != sizeof(der_sm2_sm3) ||
	    memcmp(oid.p, der_sm2_sm3, oid.len) != 0)
		return -1;
	if (alg.len == 0)
		return 0;
	return der_get(&alg, 0x05, &null) < 0 || null.len != 0 || alg.len != 0 ? -1 : 0;
}

static int
der_signed_slice(struct der in, struct der_signed *s, struct der *rest)
{
	struct der	 body, alg, bits, skip;
	unsigned	 tag;

	if (der_get(&in, 0x30, &body) < 0 || in.len != 0)
		return -1;
	if (der_next(&body, &tag, &skip, &s->tbs) < 0 || tag != 0x30)
		return -1;
	if (der_get(&body, 0x30, &alg) < 0 || der_check_algorithm(alg) < 0)
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

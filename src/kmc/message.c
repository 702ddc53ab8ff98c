#include "base/base.h"
#include "base/clock.h"
#include "kmc/message.h"
#include "kmc/message_parts.h"

/* sm2sign-with-sm3, 1.2.156.10197.1.501 */
static const unsigned char	 oid_sm2sign_sm3[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83,
	0x75};

/* ---- reading ---- */

/* A positive INTEGER of at most max bytes; its minimal content. */
static int
get_number(struct der *in, size_t max, struct der *out)
{
	if (der_get(in, 0x02, out) < 0 || out->len == 0 || out->len > max + 1 ||
	    (out->p[0] & 0x80) != 0)
		return -1;
	if (out->len > 1 && out->p[0] == 0 && (out->p[1] & 0x80) == 0)
		return -1;
	return out->len > max && out->p[0] != 0 ? -1 : 0;
}

static int
digits(const unsigned char *p, int n, int low, int high)
{
	int	 v = 0;

	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + p[i] - '0';
	}
	return v < low || v > high ? -1 : v;
}

/* GeneralizedTime YYYYMMDDHHMMSSZ (X.690 11.7). */
static int
get_time(struct der *in, int64_t *ms)
{
	struct der	 t;
	struct tm	 tm = {0}, back;
	time_t		 s;

	if (der_get(in, 0x18, &t) < 0 || t.len != 15 || t.p[14] != 'Z')
		return -1;
	tm.tm_year = digits(t.p, 4, 1970, 9999) - 1900;
	tm.tm_mon = digits(t.p + 4, 2, 1, 12) - 1;
	tm.tm_mday = digits(t.p + 6, 2, 1, 31);
	tm.tm_hour = digits(t.p + 8, 2, 0, 23);
	tm.tm_min = digits(t.p + 10, 2, 0, 59);
	tm.tm_sec = digits(t.p + 12, 2, 0, 59);
	if (tm.tm_year < 0 || tm.tm_mon < 0 || tm.tm_mday < 0 || tm.tm_hour < 0 ||
	    tm.tm_min < 0 || tm.tm_sec < 0)
		return -1;
	s = timegm(&tm);
	if (gmtime_r(&s, &back) == NULL || back.tm_mday != tm.tm_mday)	/* 30 February */
		return -1;
	*ms = (int64_t)s * 1000;
	return 0;
}

static int
get_algorithms(struct der *in, int n)
{
	struct der	 skip;

	for (int i = 0; i < n; i++)
		if (der_get(in, 0x30, &skip) < 0)
			return -1;
	return 0;
}

static int
get_user_key(struct der *in, unsigned char point[SM2_POINT_LEN])
{
	struct der	 body, whole;
	struct err	 ignored = {0};
	unsigned	 tag;

	if (der_next(in, &tag, &body, &whole) < 0 || tag != 0x30)
		return -1;
	return sm2_spki_parse(whole.p, whole.len, point, &ignored);
}

static int
get_apply(struct der in, struct km_ask *a)
{
	struct der	 user, bits, skip;
	unsigned	 tag, last = 0;

	if (get_algorithms(&in, 1) < 0 || get_number(&in, 2, &bits) < 0 || bits.len != 2 ||
	    bits.p[0] != 1 || bits.p[1] != 0 ||		/* 256 */
	    get_algorithms(&in, 3) < 0 || der_get(&in, 0x30, &user) < 0 || in.len != 0)
		return -1;
	if (get_number(&user, KM_SERIAL, &a->serial) < 0 || get_user_key(&user, a->point) < 0 ||
	    get_time(&user, &a->not_before) < 0 || get_time(&user, &a->not_after) < 0 ||
	    a->not_after <= a->not_before)
		return -1;
	for (; user.len > 0; last = tag)		/* [0] [1] [2], each optional, in order */
		if (der_next(&user, &tag, &skip, NULL) < 0 || tag < 0xa0 || tag > 0xa2 ||
		    tag <= last)
			return -1;
	return 0;
}

static int
get_restore(struct der in, struct km_ask *a)
{
	if (get_algorithms(&in, 3) < 0 || get_number(&in, KM_SERIAL, &a->serial) < 0 ||
	    get_user_key(&in, a->point) < 0)
		return -1;
	return in.len == 0 ? 0 : -1;
}

static int
get_revoke(struct der in, struct km_ask *a)
{
	return get_number(&in, KM_SERIAL, &a->serial) < 0 || in.len != 0 ? -1 : 0;
}

static int	(*const get_kinds[])(struct der in, struct km_ask *a) = {
	[KM_APPLY] = get_apply, [KM_RESTORE] = get_restore, [KM_REVOKE] = get_revoke,
};

/* An explicit tag holds one SEQUENCE and nothing else. */
static int
get_ask(struct der *list, struct km_request *r)
{
	struct km_ask	*a = &r->ask[r->n];
	struct der	 body, at, inner;
	unsigned	 tag;
	bool		 implicit;

	if (r->n == KM_ASKS || der_next(list, &tag, &body, NULL) < 0 || tag < 0xa0 ||
	    tag > 0xa2)
		return -1;
	at = body;
	implicit = der_get(&at, 0x30, &inner) < 0 || at.len != 0;
	if (r->n > 0 && implicit != r->implicit)
		return -1;
	r->implicit = implicit;
	a->kind = (enum km_kind)(tag - 0xa0);
	r->n++;
	return get_kinds[a->kind](implicit ? body : inner, a);
}

static int
get_name(struct der *in, struct km_request *r)
{
	struct der	 name, alg, general;
	unsigned	 tag;

	if (der_get(in, 0x30, &name) < 0 || der_get(&name, 0x30, &alg) < 0 ||
	    der_next(&name, &tag, &general, NULL) < 0 || (tag & 0xc0) != 0x80 ||
	    der_get(&name, 0x04, &r->hash) < 0 || get_number(&name, KM_SERIAL, &r->serial) < 0)
		return -1;
	return name.len == 0 ? 0 : -1;
}

static int
get_tbs(struct der in, struct km_request *r)
{
	struct der	 version, list;

	if (der_get(&in, 0x02, &version) < 0 || version.len != 1 || version.p[0] != 1 ||
	    get_name(&in, r) < 0 || der_get(&in, 0x30, &list) < 0 || list.len == 0)
		return -1;
	while (list.len > 0)
		if (get_ask(&list, r) < 0)
			return -1;
	if (get_time(&in, &r->time) < 0 || get_number(&in, KM_SERIAL, &r->task) < 0)
		return -1;
	return in.len == 0 ? 0 : -1;
}

static int
get_message(struct der in, struct km_request *r)
{
	struct der	 all, body, alg, oid, null;
	unsigned	 tag;

	if (der_get(&in, 0x30, &all) < 0 || in.len != 0 ||
	    der_next(&all, &tag, &body, &r->tbs) < 0 || tag != 0x30 ||
	    der_get(&all, 0x30, &alg) < 0 || der_get(&alg, 0x06, &oid) < 0 ||
	    oid.len != sizeof(oid_sm2sign_sm3) ||
	    memcmp(oid.p, oid_sm2sign_sm3, oid.len) != 0 ||
	    (alg.len > 0 && (der_get(&alg, 0x05, &null) < 0 || null.len != 0 || alg.len != 0)) ||
	    der_get(&all, 0x04, &r->signature) < 0 || all.len != 0)
		return -1;
	return get_tbs(body, r);
}

int
km_request_parse(const void *p, size_t len, struct km_request *r, struct err *err)
{
	*r = (struct km_request){0};
	if (len > KM_MESSAGE_MAX)
		return err_set(err, ERR_LIMIT, "a message of %zu bytes is too long", len);
	if (get_message((struct der){p, len}, r) < 0)
		return err_set(err, ERR_INPUT, "not a CARequest (GB/T 25056)");
	return 0;
}

/* ---- writing ---- */

static void
add_number(struct buf *b, struct der content)
{
	der_add(b, 0x02, content.p, content.len);
}

void
km_add_oid(struct buf *b, const char *oid)
{
	struct err	 err = {0};

	if (der_add_oid(b, oid, &err) < 0)
		BUG("%s", err.text);
}

void
km_add_algorithm(struct buf *b, const char *oid)
{
	struct buf	 body;

	buf_init(&body, 64);
	km_add_oid(&body, oid);
	der_add(b, 0x30, body.p, body.len);
	buf_free(&body);
}

void
km_add_small(struct buf *b, unsigned v)
{
	unsigned char	 p[2] = {(unsigned char)(v >> 8), (unsigned char)v};

	der_add_uint(b, p, sizeof(p));
}

static void
add_time(struct buf *b, int64_t ms)
{
	time_t		 t = (time_t)(ms / 1000);
	struct tm	 tm;
	char		 text[32];

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < 70 || tm.tm_year > 8099)
		BUG("a time out of range");
	strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
	der_add(b, 0x18, text, strlen(text));
}

/* The public key, hashed both ways that are met. */
static void
key_hashes(const struct cert *cert, unsigned char spki_hash[32], unsigned char point_hash[32])
{
	unsigned char	 point[SM2_POINT_LEN];
	struct err	 ignored = {0};
	struct buf	 spki;

	memset(spki_hash, 0, 32);
	memset(point_hash, 0, 32);
	if (cert_point(cert, point, &ignored) < 0)
		return;
	buf_init(&spki, 256);
	sm2_spki_add(point, &spki);
	sm3(spki.p, spki.len, spki_hash);
	sm3(point, sizeof(point), point_hash);
	buf_free(&spki);
}

bool
km_hash_fits(struct der hash, const struct cert *cert)
{
	unsigned char	 a[32], b[32];

	key_hashes(cert, a, b);
	return hash.len == 32 && (memcmp(hash.p, a, 32) == 0 || memcmp(hash.p, b, 32) == 0);
}

void
km_add_name(struct buf *b, const struct cert *cert, bool issuer)
{
	X509		*x = cert_x509(cert);
	unsigned char	*der = NULL;
	int		 len = i2d_X509_NAME(issuer ? X509_get_issuer_name(x) :
	    X509_get_subject_name(x), &der);

	if (len <= 0)
		BUG("out of memory");
	buf_add(b, der, (size_t)len);
	OPENSSL_free(der);
}

void
km_add_serial(struct buf *b, const struct cert *cert)
{
	unsigned char	*der = NULL;
	int		 len = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert_x509(cert)), &der);

	if (len <= 0)
		BUG("out of memory");
	buf_add(b, der, (size_t)len);
	OPENSSL_free(der);
}

static void
add_name(struct buf *out, const struct cert *cert)
{
	unsigned char	 spki_hash[32], unused[32];
	struct buf	 b, name;

	buf_init(&b, KM_MESSAGE_MAX);
	buf_init(&name, KM_MESSAGE_MAX);
	km_add_algorithm(&b, KM_OID_SM3);
	km_add_name(&name, cert, false);
	der_add(&b, 0xa4, name.p, name.len);		/* directoryName */
	key_hashes(cert, spki_hash, unused);
	der_add(&b, 0x04, spki_hash, sizeof(spki_hash));
	km_add_serial(&b, cert);
	der_add(out, 0x30, b.p, b.len);
	buf_free(&b);
	buf_free(&name);
}

/* One member of a CHOICE, its content wrapped in [kind], explicitly or not. */
static void
add_choice(struct buf *list, enum km_kind kind, bool implicit, struct buf *content)
{
	if (!implicit)
		der_wrap(content, 0x30);
	der_add(list, 0xa0u + kind, content->p, content->len);
}

/* version, name, list, time, task: wrapped, signed, appended. */
static int
add_signed(struct buf *out, const struct cert *cert, EVP_PKEY *key, const struct buf *list,
    int64_t time, struct der task, struct err *err)
{
	struct buf	 tbs, sig;
	int		 rc = -1;

	buf_init(&tbs, KM_MESSAGE_MAX);
	buf_init(&sig, 256);
	km_add_small(&tbs, 1);
	add_name(&tbs, cert);
	der_add(&tbs, 0x30, list->p, list->len);
	add_time(&tbs, time);
	add_number(&tbs, task);
	der_wrap(&tbs, 0x30);
	if (buf_check(&tbs, err) == 0 && sm2_sign_message(key, tbs.p, tbs.len, &sig, err) == 0) {
		km_add_algorithm(&tbs, KM_OID_SIGNED);
		der_add(&tbs, 0x04, sig.p, sig.len);
		der_add(out, 0x30, tbs.p, tbs.len);
		rc = buf_check(out, err);
	}
	buf_free(&tbs);
	buf_free(&sig);
	return rc;
}

static void
add_ask(struct buf *b, const struct km_ask *a)
{
	struct buf	 user;

	buf_init(&user, KM_MESSAGE_MAX);
	add_number(&user, a->serial);
	if (a->kind != KM_REVOKE)
		sm2_spki_add(a->point, &user);
	if (a->kind == KM_APPLY) {
		add_time(&user, a->not_before);
		add_time(&user, a->not_after);
		der_wrap(&user, 0x30);
		km_add_algorithm(b, KM_OID_SM2_SIGN);
		km_add_small(b, 256);
	}
	if (a->kind != KM_REVOKE) {
		km_add_algorithm(b, KM_OID_SM2_ENC);
		km_add_algorithm(b, KM_OID_SM4_ECB);
		km_add_algorithm(b, KM_OID_SM3);
	}
	buf_add(b, user.p, user.len);
	buf_free(&user);
}

int
km_request_build(const struct km_request *r, const struct cert *cert, EVP_PKEY *key,
    struct buf *der, struct err *err)
{
	struct buf	 list, one;
	int		 rc;

	buf_init(&list, KM_MESSAGE_MAX);
	for (size_t i = 0; i < r->n; i++) {
		buf_init(&one, KM_MESSAGE_MAX);
		add_ask(&one, &r->ask[i]);
		add_choice(&list, r->ask[i].kind, r->implicit, &one);
		buf_free(&one);
	}
	rc = add_signed(der, cert, key, &list, r->time, r->task, err);
	buf_free(&list);
	return rc;
}

static void
add_answer(struct buf *b, const struct km_answer *a)
{
	struct buf	 text;

	if (a->kind != KM_ERROR) {
		add_number(b, a->serial);
		if (a->kind != KM_REVOKE) {
			sm2_spki_add(a->point, b);
			buf_add(b, a->sealed.p, a->sealed.len);
		}
		return;
	}
	buf_init(&text, LIMIT_ERR_TEXT + 8);
	km_add_small(b, (unsigned)a->err.kind);
	der_add(&text, 0x0c, a->err.text, strlen(a->err.text));
	der_add(b, 0xa0, text.p, text.len);
	buf_free(&text);
}

int
km_respond_build(const struct km_request *asked, const struct km_answer *answers, size_t n,
    const struct cert *cert, EVP_PKEY *key, struct buf *der, struct err *err)
{
	struct buf	 list, one;
	int		 rc;

	buf_init(&list, KM_MESSAGE_MAX);
	for (size_t i = 0; i < n; i++) {
		buf_init(&one, KM_MESSAGE_MAX);
		add_answer(&one, &answers[i]);
		add_choice(&list, answers[i].kind, asked->implicit, &one);
		buf_free(&one);
	}
	rc = add_signed(der, cert, key, &list, clock_now(), asked->task, err);
	buf_free(&list);
	return rc;
}

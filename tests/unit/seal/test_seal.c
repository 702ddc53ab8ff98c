#include "pki/der.h"
#include "seal/world.h"

static struct eseal *
parse(const struct buf *der)
{
	struct err	 err = {0};
	struct eseal	*s = NULL;

	assert_ok(eseal_parse(der->p, der->len, &s, &err));
	return s;
}

void
test_seal__what_is_written_is_read(void **state)
{
	struct world			 w;
	struct buf			 der;
	struct eseal			*s;
	struct err			 err = {0};
	const struct eseal_holder	*h;

	(void)state;
	world_make(&w);
	for (int version = ESEAL_V4; version <= ESEAL_V5; version++) {
		w.plan.version = (enum eseal_version)version;
		build(&w, &der);
		s = parse(&der);
		assert_int_equal(eseal_version(s), version);
		assert_string_equal(eseal_id(s), "4A5B6C7D8E9F");
		assert_string_equal(eseal_vendor(s), "YINXIN");
		assert_string_equal(eseal_name(s), "长沙建工有限公司");
		assert_int_equal(eseal_type(s), ESEAL_OF_ORGANISATION);
		assert_int_equal(eseal_made(s), CA_NOW);
		assert_int_equal(eseal_not_after(s), CA_NOW + 365 * CLOCK_DAY);
		assert_string_equal(eseal_picture(s)->type, "PNG");
		assert_int_equal(eseal_picture(s)->width, 42);
		assert_int_equal(eseal_picture(s)->len, sizeof(png) - 1);
		assert_memory_equal(eseal_picture(s)->p, png, sizeof(png) - 1);
		h = eseal_holder_at(s, 0);
		assert_non_null(h);
		assert_false(h->is_digest);
		assert_null(eseal_holder_at(s, 1));
		assert_true(cert_is_same(eseal_maker(s), w.maker));
		assert_true(eseal_is_for(s, w.ca.sign));
		assert_false(eseal_is_for(s, w.ca.enc));
		assert_ok(eseal_verify_signature(s, &err));
		eseal_free(s);
		buf_free(&der);
	}
	world_free(&w);
}

/* The signature is over DER(SES_SealInfo), by SM2 with the default ID: said again by hand. */
void
test_seal__signed_bytes_are_the_first_member(void **state)
{
	struct world	 w;
	struct buf	 der;
	struct der	 d, body, skip, info, bits;
	struct err	 err = {0};
	unsigned	 tag;

	(void)state;
	world_make(&w);
	build(&w, &der);
	d = (struct der){(unsigned char *)der.p, der.len};
	assert_int_equal(der_get(&d, 0x30, &body), 0);
	assert_int_equal(der_next(&body, &tag, &skip, &info), 0);
	assert_int_equal(der_get(&body, 0x04, &skip), 0);
	assert_int_equal(der_get(&body, 0x06, &skip), 0);
	assert_int_equal(der_get(&body, 0x03, &bits), 0);
	assert_int_equal(body.len, 0);
	assert_int_equal(bits.p[0], 0);
	assert_ok(sm2_verify_message(w.key, info.p, info.len, bits.p + 1, bits.len - 1, &err));
	buf_free(&der);
	world_free(&w);
}

/* One bit anywhere: it does not parse, or the signature, or the chain of the maker does not hold. */
void
test_seal__each_altered_byte_is_noticed(void **state)
{
	struct world		 w;
	struct buf		 der;
	struct eseal_question	 q = {.now = CA_NOW, .maker_use = MAKER_USE};

	(void)state;
	world_make(&w);
	build(&w, &der);
	q.pool = &w.pool;
	for (size_t i = 0; i < der.len; i++) {
		struct err	 err = {0};
		struct eseal	*s = NULL;

		der.p[i] ^= 1;
		if (eseal_parse(der.p, der.len, &s, &err) == 0) {
			q.seal = s;
			q.holder = w.ca.sign;
			if (eseal_check(&q, &err) == 0)
				fail_msg("byte %zu of %zu may be altered", i, der.len);
		}
		eseal_free(s);
		der.p[i] ^= 1;
	}
	buf_free(&der);
	world_free(&w);
}

void
test_seal__bounds_of_parsing(void **state)
{
	struct world	 w;
	struct buf	 der;
	struct err	 err = {0};
	struct eseal	*s = NULL;
	unsigned char	*large = calloc(1, ESEAL_MAX + 1);

	(void)state;
	world_make(&w);
	build(&w, &der);
	for (size_t n = 0; n < der.len; n += 13)
		assert_err(eseal_parse(der.p, n, &s, &err), ERR_INPUT);
	buf_addch(&der, '\0');
	assert_err(eseal_parse(der.p, der.len, &s, &err), ERR_INPUT);
	assert_err(eseal_parse(large, ESEAL_MAX + 1, &s, &err), ERR_LIMIT);
	assert_null(s);
	w.plan.picture.p = large;
	w.plan.picture.len = ESEAL_PICTURE_MAX + 1;
	buf_clear(&der);
	assert_err(eseal_build(&w.plan, SIGNING(w.key), &der, &err), ERR_LIMIT);
	memcpy(large, png, sizeof(png));
	w.plan.picture.len = ESEAL_PICTURE_MAX;
	assert_ok(eseal_build(&w.plan, SIGNING(w.key), &der, &err));
	s = parse(&der);
	assert_int_equal(eseal_picture(s)->len, ESEAL_PICTURE_MAX);
	eseal_free(s);
	free(large);
	buf_free(&der);
	world_free(&w);
}

/* Rules ------------------------------------------------------------------------------- */

struct broken {
	char	 names[256];
};

static void
collect(const struct eseal_rule *rule, bool holds, void *arg)
{
	struct broken	*b = arg;

	assert_true(rule->title[0] != '\0' && rule->text[0] != '\0');
	if (!holds) {
		strncat(b->names, rule->name, sizeof(b->names) - strlen(b->names) - 1);
		strncat(b->names, " ", sizeof(b->names) - strlen(b->names) - 1);
	}
}

/* What breaks for this question, by name. */
static void
assert_broken(const struct eseal_question *q, const char *want)
{
	struct broken	 b = {""};

	(void)eseal_check_each(q, collect, &b);
	assert_string_equal(b.names, want);
}

/* Sign whatever the plan says, without the rules: a maker who does not ask them. */
static struct eseal *
forge(struct world *w, void (*change)(struct buf *der, const struct world *w))
{
	struct buf	 der, info, sig, out;
	struct der	 d, body, skip, first, cert;
	struct err	 err = {0};
	struct eseal	*s = NULL;
	unsigned	 tag;
	size_t		 len;
	const unsigned char *maker = cert_der(w->maker, &len);

	build(w, &der);
	d = (struct der){(unsigned char *)der.p, der.len};
	assert_int_equal(der_get(&d, 0x30, &body), 0);
	assert_int_equal(der_next(&body, &tag, &skip, &first), 0);
	assert_int_equal(der_next(&body, &tag, &skip, &cert), 0);
	buf_init(&info, ESEAL_MAX);
	buf_init(&sig, 256);
	buf_init(&out, ESEAL_MAX);
	buf_add(&info, first.p, first.len);
	change(&info, w);
	assert_ok(sm2_sign_message(w->key, info.p, info.len, &sig, &err));
	buf_add(&out, info.p, info.len);
	der_add(&out, 0x04, maker, len);
	assert_ok(der_add_oid(&out, "1.2.156.10197.1.501", &err));
	buf_clear(&info);
	buf_addch(&info, '\0');
	buf_add(&info, sig.p, sig.len);
	der_add(&out, 0x03, info.p, info.len);
	der_wrap(&out, 0x30);
	s = parse(&out);
	buf_free(&der);
	buf_free(&info);
	buf_free(&sig);
	buf_free(&out);
	return s;
}

/* Overwrite the one place where these bytes stand. */
static void
replace(struct buf *der, const void *from, const void *to, size_t len)
{
	char	*at = memmem(der->p, der->len, from, len);

	assert_non_null(at);
	assert_null(memmem(at + 1, der->len - (size_t)(at + 1 - der->p), from, len));
	memcpy(at, to, len);
}

static void
no_change(struct buf *der, const struct world *w)
{
	(void)der;
	(void)w;
}

static void
to_type_9(struct buf *der, const struct world *w)
{
	(void)w;	/* type 1 stands before the name */
	replace(der, "\x02\x01\x01\x0c\x18", "\x02\x01\x09\x0c\x18", 5);
}

static void
to_gif(struct buf *der, const struct world *w)
{
	(void)w;
	replace(der, "\x16\x03PNG", "\x16\x03GIF", 5);
}

static void
to_tif(struct buf *der, const struct world *w)
{
	(void)w;
	replace(der, "\x16\x03PNG", "\x16\x03TIF", 5);
}

static void
to_4_mm(struct buf *der, const struct world *w)
{
	(void)w;
	replace(der, "\x02\x01\x2a\x02\x01\x2a", "\x02\x01\x04\x02\x01\x2a", 6);
}

static void
to_121_mm(struct buf *der, const struct world *w)
{
	(void)w;
	replace(der, "\x02\x01\x2a\x02\x01\x2a", "\x02\x01\x2a\x02\x01\x79", 6);
}

static void
to_edges(struct buf *der, const struct world *w)
{
	(void)w;
	replace(der, "\x02\x01\x2a\x02\x01\x2a", "\x02\x01\x05\x02\x01\x78", 6);
}

static void
to_critical(struct buf *der, const struct world *w)
{
	static const unsigned char	 extension[] = {0x30, 0x0e, 0x30, 0x0c, 0x06, 0x03, 0x2a,
		0x03, 0x04, 0x01, 0x01, 0xff, 0x04, 0x02, 0x05, 0x00};
	struct der	 d = {(unsigned char *)der->p, der->len}, body;
	struct buf	 all;

	(void)w;
	assert_int_equal(der_get(&d, 0x30, &body), 0);
	buf_init(&all, ESEAL_MAX);
	buf_add(&all, body.p, body.len);
	buf_add(&all, extension, sizeof(extension));
	der_wrap(&all, 0x30);
	buf_clear(der);
	buf_add(der, all.p, all.len);
	buf_free(&all);
}

void
test_seal__each_rule_broken_once(void **state)
{
	static const struct {
		void		(*change)(struct buf *, const struct world *);
		const char	*want;
	} rows[] = {{no_change, ""}, {to_type_9, "type "}, {to_gif, "picture-type "},
		{to_tif, "picture-type "}, {to_4_mm, "picture-size "}, {to_121_mm, "picture-size "},
		{to_edges, ""}, {to_critical, "extensions "}};
	struct world		 w;
	struct eseal_question	 q = {.now = CA_NOW, .maker_use = MAKER_USE};

	(void)state;
	world_make(&w);
	q.pool = &w.pool;
	q.holder = w.ca.sign;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct eseal	*s = forge(&w, rows[i].change);

		q.seal = s;
		assert_broken(&q, rows[i].want);
		eseal_free(s);
	}
	world_free(&w);
}

void
test_seal__rules_of_time(void **state)
{
	struct world		 w;
	struct eseal_question	 q = {.maker_use = MAKER_USE};
	struct buf		 der;
	struct eseal		*s;
	struct err		 err = {0};
	int64_t			 end;

	(void)state;
	world_make(&w);
	end = w.plan.not_after;
	build(&w, &der);
	q.seal = s = parse(&der);
	q.pool = &w.pool;
	q.now = CA_NOW - CLOCK_SECOND;
	assert_broken(&q, "begun ");
	q.now = CA_NOW;
	assert_broken(&q, "");
	q.now = end;
	assert_broken(&q, "");
	q.now = end + 1;
	assert_broken(&q, "not-ended ");
	assert_err(eseal_check(&q, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "更新"));
	eseal_free(s);
	buf_clear(&der);
	w.plan.not_after = w.plan.not_before;	/* nothing that begins as it ends is made */
	assert_err(eseal_build(&w.plan, SIGNING(w.key), &der, &err), ERR_INPUT);
	assert_int_equal(der.len, 0);
	w.plan.not_after = end;
	w.plan.made = cert_not_after(w.maker) + CLOCK_SECOND;
	assert_err(eseal_build(&w.plan, SIGNING(w.key), &der, &err), ERR_INPUT);
	buf_free(&der);
	world_free(&w);
}

void
test_seal__rules_of_the_maker(void **state)
{
	struct world		 w;
	struct eseal_question	 q = {.now = CA_NOW, .maker_use = MAKER_USE};
	struct cert_pool	 other = {.n = 0};
	struct eseal		*s;
	struct ca		 foreign;
	struct err		 err = {0};
	struct buf		 der;

	(void)state;
	world_make(&w);
	ca_make(&foreign);
	assert_ok(cert_pool_take(&other, cert_hold(foreign.root), &err));
	q.seal = s = forge(&w, no_change);
	q.pool = &other;
	assert_broken(&q, "maker-chain ");
	q.pool = NULL;				/* not asked */
	assert_broken(&q, "");
	eseal_free(s);
	/* an organisation makes itself a seal with its own certificate */
	buf_init(&der, ESEAL_MAX);
	w.plan.maker = w.ca.sign;
	assert_err(eseal_build(&w.plan, SIGNING(w.ca.sign_key), &der, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "制章者"));
	w.plan.maker_use = NULL;
	assert_ok(eseal_build(&w.plan, SIGNING(w.ca.sign_key), &der, &err));
	q.seal = s = parse(&der);
	assert_broken(&q, "maker-use ");
	q.maker_use = "";			/* a house without makers: profile_eku */
	assert_broken(&q, "maker-use ");
	q.maker_use = MAKER_USE;
	eseal_free(s);
	/* nor does an encryption certificate make one, nor another's key */
	w.plan.maker = w.ca.enc;
	assert_err(eseal_build(&w.plan, SIGNING(w.ca.enc_key), &der, &err), ERR_INPUT);
	w.plan.maker = w.maker;
	assert_err(eseal_build(&w.plan, SIGNING(w.ca.sign_key), &der, &err), ERR_INPUT);
	assert_non_null(strstr(err.text, "改动"));
	buf_free(&der);
	cert_pool_release(&other);
	ca_free(&foreign);
	world_free(&w);
}

/* The same seal with digests in place of certificates. */
static void
to_digests(struct buf *der, const struct world *w)
{
	unsigned char		 digest[SM2_DIGEST_LEN];
	struct buf		 list, from, all;
	struct der		 d = {(unsigned char *)der->p, der->len}, body, part, whole;
	const unsigned char	*cert;
	unsigned		 tag;
	size_t			 len;

	cert = cert_der(w->ca.sign, &len);
	sm3(cert, len, digest);
	buf_init(&list, ESEAL_MAX);
	buf_init(&from, ESEAL_MAX);
	buf_init(&all, ESEAL_MAX);
	der_add(&list, 0x13, "SM3", 3);
	der_add(&list, 0x04, digest, sizeof(digest));
	der_wrap(&list, 0x30);
	der_wrap(&list, 0x30);
	assert_int_equal(der_get(&d, 0x30, &body), 0);
	for (int i = 0; i < 2; i++) {		/* header, esID */
		assert_int_equal(der_next(&body, &tag, &part, &whole), 0);
		buf_add(&all, whole.p, whole.len);
	}
	assert_int_equal(der_get(&body, 0x30, &d), 0);
	for (int i = 0; d.len > 0; i++) {	/* type, name, list type, list, dates */
		assert_int_equal(der_next(&d, &tag, &part, &whole), 0);
		if (i == 2)
			buf_add(&from, "\x02\x01\x02", 3);
		else if (i == 3)
			buf_add(&from, list.p, list.len);
		else
			buf_add(&from, whole.p, whole.len);
	}
	der_wrap(&from, 0x30);
	buf_add(&all, from.p, from.len);
	buf_add(&all, body.p, body.len);
	der_wrap(&all, 0x30);
	buf_clear(der);
	buf_add(der, all.p, all.len);
	buf_free(&list);
	buf_free(&from);
	buf_free(&all);
}

void
test_seal__rules_of_the_holder(void **state)
{
	struct world		 w;
	struct eseal_question	 q = {.now = CA_NOW, .maker_use = MAKER_USE};
	struct eseal		*s[2];

	(void)state;
	world_make(&w);
	s[0] = forge(&w, no_change);
	s[1] = forge(&w, to_digests);
	assert_true(eseal_holder_at(s[1], 0)->is_digest);
	for (size_t i = 0; i < 2; i++) {
		q = (struct eseal_question){.now = CA_NOW, .maker_use = MAKER_USE, .pool = &w.pool,
		    .seal = s[i], .holder = w.ca.sign};
		assert_broken(&q, "");
		q.holder = w.ca.enc;
		assert_broken(&q, "holder holder-use ");
		q.holder = w.maker;
		assert_broken(&q, "holder ");
	}
	for (size_t i = 0; i < 2; i++)
		eseal_free(s[i]);
	/* a seal that outlives its certificate is no use after that */
	w.plan.not_after = cert_not_after(w.ca.sign) + 10 * CLOCK_DAY;
	s[0] = forge(&w, no_change);
	q = (struct eseal_question){.now = cert_not_after(w.ca.sign) + CLOCK_DAY, .seal = s[0],
	    .holder = w.ca.sign};
	assert_broken(&q, "holder-valid ");
	eseal_free(s[0]);
	world_free(&w);
}

/* Other generations ------------------------------------------------------------------- */

/* GM/T 0031-2014: UTCTime, a bare list, signature over info, certificate and algorithm. */
static void
build_1(struct world *w, struct buf *out)
{
	struct buf	 info, part, list, sig, sign;
	struct err	 err = {0};
	size_t		 len;
	const unsigned char *der;

	buf_init(out, ESEAL_MAX);
	buf_init(&info, ESEAL_MAX);
	buf_init(&part, ESEAL_MAX);
	buf_init(&list, ESEAL_MAX);
	buf_init(&sig, 256);
	buf_init(&sign, ESEAL_MAX);
	der_add(&info, 0x16, "ES", 2);
	der_add(&info, 0x02, "\x01", 1);
	der_add(&info, 0x16, "OLD", 3);
	der_wrap(&info, 0x30);
	der_add(&info, 0x16, "20140001", 8);
	der_add(&part, 0x02, "\x02", 1);
	der_add(&part, 0x0c, "王小二", 9);
	der = cert_der(w->ca.sign, &len);
	der_add(&list, 0x04, der, len);
	der_wrap(&list, 0x30);
	buf_add(&part, list.p, list.len);
	der_add_time(&part, CA_NOW);
	der_add_time(&part, CA_NOW);
	der_add_time(&part, CA_NOW + 365 * CLOCK_DAY);
	der_wrap(&part, 0x30);
	buf_add(&info, part.p, part.len);
	buf_clear(&part);
	der_add(&part, 0x16, "png", 3);
	der_add(&part, 0x04, png, sizeof(png) - 1);
	der_add(&part, 0x02, "\x12", 1);
	der_add(&part, 0x02, "\x12", 1);
	der_wrap(&part, 0x30);
	buf_add(&info, part.p, part.len);
	der_wrap(&info, 0x30);
	der = cert_der(w->maker, &len);
	der_add(&sign, 0x04, der, len);
	assert_ok(der_add_oid(&sign, "1.2.156.10197.1.501", &err));
	buf_clear(&part);
	buf_add(&part, info.p, info.len);
	buf_add(&part, sign.p, sign.len);
	der_wrap(&part, 0x30);
	assert_ok(sm2_sign_message(w->key, part.p, part.len, &sig, &err));
	buf_clear(&part);
	buf_addch(&part, '\0');
	buf_add(&part, sig.p, sig.len);
	der_add(&sign, 0x03, part.p, part.len);
	der_wrap(&sign, 0x30);
	buf_add(out, info.p, info.len);
	buf_add(out, sign.p, sign.len);
	der_wrap(out, 0x30);
	buf_free(&info);
	buf_free(&part);
	buf_free(&list);
	buf_free(&sig);
	buf_free(&sign);
}

void
test_seal__version_1_is_read(void **state)
{
	struct world		 w;
	struct buf		 der;
	struct eseal		*s = NULL;
	struct err		 err = {0};
	struct eseal_question	 q = {.now = CA_NOW, .maker_use = MAKER_USE};

	(void)state;
	world_make(&w);
	build_1(&w, &der);
	s = parse(&der);
	assert_int_equal(eseal_version(s), ESEAL_V1);
	assert_int_equal(eseal_type(s), ESEAL_OF_PERSON);
	assert_string_equal(eseal_name(s), "王小二");
	q.seal = s;
	q.pool = &w.pool;
	q.holder = w.ca.sign;
	assert_broken(&q, "");
	eseal_free(s);
	s = NULL;
	der.p[der.len - 1] ^= 1;
	if (eseal_parse(der.p, der.len, &s, &err) == 0) {
		q.seal = s;
		assert_broken(&q, "signature ");
	}
	eseal_free(s);
	buf_free(&der);
	world_free(&w);
}

/* GM/T 0031-2025 may carry a time stamp behind the signature; version 4 may not. */
void
test_seal__version_5_may_be_stamped(void **state)
{
	struct world	 w;
	struct buf	 der, all, stamp;
	struct eseal	*s = NULL;
	struct err	 err = {0};

	(void)state;
	world_make(&w);
	for (int version = ESEAL_V4; version <= ESEAL_V5; version++) {
		struct der	 d, body;

		w.plan.version = (enum eseal_version)version;
		build(&w, &der);
		d = (struct der){(unsigned char *)der.p, der.len};
		assert_int_equal(der_get(&d, 0x30, &body), 0);
		buf_init(&all, ESEAL_MAX);
		buf_init(&stamp, 64);
		buf_add(&all, body.p, body.len);
		der_add(&stamp, 0x03, "\x00token", 6);
		der_wrap(&stamp, 0xa0);
		buf_add(&all, stamp.p, stamp.len);
		der_wrap(&all, 0x30);
		if (version == ESEAL_V4) {
			assert_err(eseal_parse(all.p, all.len, &s, &err), ERR_INPUT);
		} else {
			s = parse(&all);
			assert_int_equal(eseal_version(s), ESEAL_V5);
			assert_ok(eseal_verify_signature(s, &err));
			eseal_free(s);
		}
		buf_free(&all);
		buf_free(&stamp);
		buf_free(&der);
	}
	world_free(&w);
}

#include "base/base.h"
#include "house.h"
#include "pki/carrier.h"

/* A key in escrow, its certificate, and the new UKey of the same and of another subject. */
struct scene {
	EVP_PKEY	*old_key, *new_key;
	unsigned char	 point[SM2_POINT_LEN];
	struct cert	*enc, *sign, *other;
	char		 order[24];
};

static void
scene_make(struct scene *s)
{
	static int	 n;
	struct err	 err = {0};
	struct house	*h = house_shared();
	EVP_PKEY	*enc_key = NULL;
	char		 order[24];

	snprintf(order, sizeof(order), "202611220000000%05d", ++n);
	snprintf(s->order, sizeof(s->order), "202611230000000%05d", n);
	assert_ok(sm2_generate(&s->old_key, &err));
	assert_ok(sm2_generate(&s->new_key, &err));
	assert_ok(house_pair(h, order, HOUSE_USCC, s->old_key, s->point, NULL, &err));
	assert_ok(sm2_from_point(s->point, &enc_key, &err));
	/* long ended */
	s->enc = house_cert(h, "sm2-org-enc", enc_key, "单位", HOUSE_USCC,
	    clock_add_years(clock_now(), -8), 2);
	s->sign = house_cert(h, "sm2-org-sign", s->new_key, "单位", HOUSE_USCC, clock_now(), 1);
	s->other = house_cert(h, "sm2-org-sign", s->new_key, "别家", HOUSE_OTHER, clock_now(), 1);
	EVP_PKEY_free(enc_key);
}

static void
scene_free(struct scene *s)
{
	EVP_PKEY_free(s->old_key);
	EVP_PKEY_free(s->new_key);
	cert_free(s->enc);
	cert_free(s->sign);
	cert_free(s->other);
}

static json_t *
asked(const struct scene *s)
{
	struct house	*h = house_shared();
	char		 agent[KMC_SUBJECT];

	kmc_person(s->order, "name", "经办人", agent);
	return json_pack("{s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:I,s:[s]}", "type", "recovery", "v", 1,
	    "order", s->order, "serial", cert_serial(s->enc), "kind", "user", "officer",
	    h->person[0].serial, "second", h->person[1].serial, "time",
	    (json_int_t)clock_now(), "people", agent);
}

/* The statement is dropped here. */
static int
recover_by(const struct scene *s, json_t *statement, const struct cert *to, EVP_PKEY *first,
    EVP_PKEY *second, struct buf *envelope, struct err *err)
{
	struct house_signed	 t;
	struct kmc_recovery	 r = {.carrier = {.text = NULL}};
	int			 rc;

	house_sign(&t, statement, first, second);
	r.statement = t.of;
	r.enc_cert.p = cert_der(s->enc, &r.enc_cert.len);
	r.sign_cert.p = cert_der(to, &r.sign_cert.len);
	buf_clear(envelope);
	rc = kmc_recover_work(house_shared()->kmc, &r, envelope, err);
	house_signed_free(&t);
	return rc;
}

static int
recover(const struct scene *s, json_t *statement, struct buf *envelope, struct err *err)
{
	struct house	*h = house_shared();

	return recover_by(s, statement, s->sign, h->person[0].key, h->person[1].key, envelope,
	    err);
}

static int64_t
refusals(void)
{
	return house_count(house_shared(),
	    "SELECT count(*) FROM journal WHERE what = 'recover.refused'");
}

static json_t *
with(json_t *statement, const char *key, json_t *value)
{
	json_object_set_new(statement, key, value);
	return statement;
}

void
test_recover__two_officers_give_the_key_back(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct scene	 s = {0};
	struct buf	 envelope;
	json_t		*j;

	(void)state;
	buf_init(&envelope, ENVELOPE_MAX);
	scene_make(&s);
	j = asked(&s);
	assert_ok(recover(&s, json_incref(j), &envelope, &err));
	house_assert_encloses(s.new_key, &envelope, s.point);
	/* asked again: the same; another statement for the order: refused */
	assert_ok(recover(&s, json_incref(j), &envelope, &err));
	house_assert_encloses(s.new_key, &envelope, s.point);
	assert_err(recover(&s, with(json_incref(j), "time", json_integer(clock_now() - 1)),
	    &envelope, &err), ERR_CONFLICT);
	assert_int_equal(house_count(h, "SELECT count(*) FROM recovery WHERE kind = 'user' "
	    "AND ref NOT LIKE 'restore:%'"), 1);
	assert_int_equal(house_count(h, "SELECT count(*) FROM journal WHERE what = 'key.recover' "
	    "AND detail NOT LIKE '%restore:%'"),
	    1);
	json_decref(j);
	scene_free(&s);
	buf_free(&envelope);
}

void
test_recover__one_officer_is_not_two(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct house_person *a = &h->person[0], *b = &h->person[1], *c = &h->person[2];
	struct scene	 s = {0};
	struct buf	 envelope;
	struct cert	*again;
	int64_t		 before = refusals();

	(void)state;
	buf_init(&envelope, ENVELOPE_MAX);
	scene_make(&s);
	assert_err(recover_by(&s, asked(&s), s.sign, a->key, NULL, &envelope, &err), ERR_DENIED);
	assert_err(recover_by(&s, asked(&s), s.sign, a->key, a->key, &envelope, &err), ERR_DENIED);
	assert_err(recover_by(&s, with(asked(&s), "second", json_string(a->serial)), s.sign, a->key,
	    a->key, &envelope, &err), ERR_DENIED);
	/* somebody who is no key officer */
	assert_err(recover_by(&s, with(asked(&s), "second", json_string(c->serial)), s.sign, a->key,
	    c->key, &envelope, &err), ERR_DENIED);
	/* a second certificate for the same UKey */
	again = house_cert(h, "staff", a->key, "甲", NULL, clock_now(), 3);
	assert_ok(house_enlist(h, again, &err));
	assert_err(recover_by(&s, with(asked(&s), "second", json_string(cert_serial(again))), s.sign,
	    a->key, a->key, &envelope, &err), ERR_DENIED);
	/* who was removed is no officer any more, and again one when enrolled again */
	assert_ok(key_officer_remove(h->kmc, b->serial, &err));
	assert_err(recover(&s, asked(&s), &envelope, &err), ERR_DENIED);
	assert_err(key_officer_remove(h->kmc, b->serial, &err), ERR_NOT_FOUND);
	assert_ok(house_enlist(h, b->cert, &err));
	assert_int_equal(envelope.len, 0);
	assert_int_equal(refusals(), before + 6);
	assert_ok(recover(&s, asked(&s), &envelope, &err));
	cert_free(again);
	scene_free(&s);
	buf_free(&envelope);
}

/* Of the order: the digest of one more person. */
static json_t *
acted_by(const struct scene *s, const char *what, const char *value)
{
	json_t	*j = asked(s);
	char	 digest[KMC_SUBJECT];

	kmc_person(s->order, what, value, digest);
	json_array_append_new(json_object_get(j, "people"), json_string(digest));
	return j;
}

/* A key officer with a certificate that carries an identity code; on the list already. */
static struct cert *
known_officer(EVP_PKEY **key, const char *cn, const char *id_no)
{
	struct err	 err = {0};
	struct cert	*c = NULL;

	if (*key == NULL)
		assert_ok(sm2_generate(key, &err));
	c = house_cert(house_shared(), "sm2-person-sign", *key, cn, id_no, clock_now(), 1);
	assert_ok(house_enlist(house_shared(), c, &err));
	return c;
}

void
test_recover__an_applicant_signs_nothing_of_ones_own(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct house_person *a = &h->person[0];
	struct scene	 s = {0};
	struct buf	 envelope;
	struct cert	*known = NULL, *twin = NULL;
	EVP_PKEY	*key = NULL, *other = NULL;
	int64_t		 before = refusals();

	(void)state;
	buf_init(&envelope, ENVELOPE_MAX);
	scene_make(&s);
	/* by the name of either officer */
	assert_err(recover(&s, acted_by(&s, "name", "甲"), &envelope, &err), ERR_DENIED);
	assert_err(recover(&s, acted_by(&s, "name", "乙"), &envelope, &err), ERR_DENIED);
	/* by the code in a certificate of another name; only of this type, only of this code */
	known = known_officer(&key, "丁", "11010519491231002X");
	assert_err(recover_by(&s, with(acted_by(&s, "resident-id", "11010519491231002X"), "second",
	    json_string(cert_serial(known))), s.sign, a->key, key, &envelope, &err), ERR_DENIED);
	/* a statement that does not say who applied */
	assert_err(recover(&s, with(asked(&s), "people", json_array()), &envelope, &err),
	    ERR_DENIED);
	assert_err(recover(&s, with(asked(&s), "people", json_null()), &envelope, &err),
	    ERR_DENIED);
	/* two UKeys of one person are one officer */
	twin = known_officer(&other, "丁二", "11010519491231002X");
	assert_err(recover_by(&s, with(with(asked(&s), "officer", json_string(cert_serial(twin))),
	    "second", json_string(cert_serial(known))), s.sign, other, key, &envelope, &err),
	    ERR_DENIED);
	assert_int_equal(envelope.len, 0);
	assert_int_equal(refusals(), before + 6);
	assert_ok(recover_by(&s, with(acted_by(&s, "resident-id", "110105194912310038"), "second",
	    json_string(cert_serial(known))), s.sign, a->key, key, &envelope, &err));
	assert_ok(key_officer_remove(h->kmc, cert_serial(known), &err));
	assert_ok(key_officer_remove(h->kmc, cert_serial(twin), &err));
	cert_free(known);
	cert_free(twin);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	scene_free(&s);
	buf_free(&envelope);
}

/* The holder of the wanted certificate is an applicant, whatever the statement says. */
void
test_recover__the_holder_signs_nothing_of_ones_own(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct scene	 s = {0};
	struct buf	 envelope;
	EVP_PKEY	*enc_key = NULL;

	(void)state;
	buf_init(&envelope, ENVELOPE_MAX);
	scene_make(&s);
	assert_ok(sm2_from_point(s.point, &enc_key, &err));
	cert_free(s.enc);
	s.enc = house_cert(h, "sm2-org-enc", enc_key, "甲", HOUSE_USCC, clock_now(), 1);
	assert_err(recover(&s, asked(&s), &envelope, &err), ERR_DENIED);	/* by its name */
	assert_non_null(strstr(err.text, "is an applicant"));
	cert_free(s.enc);
	s.enc = house_cert(h, "sm2-org-enc", enc_key, "单位", HOUSE_USCC, clock_now(), 1);
	assert_ok(recover(&s, asked(&s), &envelope, &err));
	EVP_PKEY_free(enc_key);
	scene_free(&s);
	buf_free(&envelope);
}

void
test_recover__only_to_its_subject(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct scene	 s = {0}, t = {0};
	struct cert	*enc;
	struct buf	 envelope;

	(void)state;
	buf_init(&envelope, ENVELOPE_MAX);
	scene_make(&s);
	scene_make(&t);
	assert_err(recover_by(&s, asked(&s), s.other, h->person[0].key, h->person[1].key, &envelope,
	    &err), ERR_DENIED);
	assert_err(recover(&s, with(asked(&s), "serial", json_string(cert_serial(t.enc))), &envelope,
	    &err), ERR_DENIED);
	/* a certificate made up for another subject's key */
	enc = s.enc;
	s.enc = house_cert(h, "sm2-org-enc", cert_key(enc), "别家", HOUSE_OTHER, clock_now(), 1);
	assert_err(recover_by(&s, asked(&s), s.other, h->person[0].key, h->person[1].key, &envelope,
	    &err), ERR_DENIED);
	cert_free(s.enc);
	/* a key that is not ours */
	s.enc = house_cert(h, "sm2-org-enc", s.new_key, "单位", HOUSE_USCC, clock_now(), 1);
	assert_err(recover(&s, asked(&s), &envelope, &err), ERR_NOT_FOUND);
	cert_free(s.enc);
	s.enc = enc;
	assert_int_equal(envelope.len, 0);
	scene_free(&s);
	scene_free(&t);
	buf_free(&envelope);
}

void
test_recover__judicial_has_a_document_and_a_receiver(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct scene	 s = {0};
	struct buf	 envelope;
	json_t		*j;

	(void)state;
	buf_init(&envelope, ENVELOPE_MAX);
	scene_make(&s);
	j = with(asked(&s), "kind", json_string("judicial"));
	assert_err(recover(&s, json_incref(j), &envelope, &err), ERR_DENIED);
	j = with(j, "document", json_string("(2026)法调字第12号"));
	assert_err(recover(&s, json_incref(j), &envelope, &err), ERR_DENIED);
	j = with(j, "receiver", json_string(cert_serial(s.other)));
	assert_err(recover(&s, json_incref(j), &envelope, &err), ERR_DENIED);
	assert_ok(recover_by(&s, json_incref(j), s.other, h->person[0].key, h->person[1].key,
	    &envelope, &err));
	house_assert_encloses(s.new_key, &envelope, s.point);
	assert_int_equal(house_count(h, "SELECT count(*) FROM recovery WHERE kind = 'judicial' "
	    "AND ref NOT LIKE 'restore:%' AND document <> ''"), 1);
	json_decref(j);
	scene_free(&s);
	buf_free(&envelope);
}

void
test_recover__time_and_store(void **state)
{
	struct err	 err = {0};
	struct house	*h = house_shared();
	struct scene	 s = {0}, t = {0};
	struct buf	 envelope;
	char		 sql[512];

	(void)state;
	buf_init(&envelope, ENVELOPE_MAX);
	scene_make(&s);
	scene_make(&t);
	assert_err(recover(&s, with(asked(&s), "time", json_integer(clock_now() - 8 * CLOCK_DAY)),
	    &envelope, &err), ERR_DENIED);
	assert_err(recover(&s, with(asked(&s), "time", json_integer(clock_now() + CLOCK_HOUR)),
	    &envelope, &err), ERR_DENIED);
	assert_err(recover(&s, with(asked(&s), "kind", json_string("friend")), &envelope, &err),
	    ERR_DENIED);
	/* somebody exchanged the wrapped keys in the store */
	snprintf(sql, sizeof(sql), "UPDATE escrow SET sealed = (SELECT sealed FROM escrow "
	    "WHERE ref = '202611220000000%s') WHERE ref = '202611220000000%s'",
	    t.order + 15, s.order + 15);
	assert_int_equal(house_sql(h, sql), 1);
	assert_err(recover(&s, asked(&s), &envelope, &err), ERR_CRYPTO);
	assert_int_equal(envelope.len, 0);
	scene_free(&s);
	scene_free(&t);
	buf_free(&envelope);
}

/* A carrier for this order, that `by` vouches for. */
static void
vouch(const struct scene *s, const char *order, EVP_PKEY *carrier, EVP_PKEY *by,
    struct buf *text, struct buf *sig)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN];

	buf_init(text, 1024);
	buf_init(sig, 256);
	assert_ok(sm2_point(carrier, point, &err));
	assert_ok(carrier_text(order, cert_serial(s->sign), point, text, &err));
	assert_ok(sm2_sign_message(by, text->p, text->len, sig, &err));
}

static int
recover_carried(const struct scene *s, json_t *statement, const char *order, EVP_PKEY *carrier,
    EVP_PKEY *by, struct buf *envelope, struct err *err)
{
	struct house		*h = house_shared();
	struct house_signed	 t;
	struct kmc_recovery	 r = {.carrier = {.text = NULL}};
	struct buf		 text, sig;
	int			 rc;

	vouch(s, order, carrier, by, &text, &sig);
	house_sign(&t, statement, h->person[0].key, h->person[1].key);
	r.statement = t.of;
	r.enc_cert.p = cert_der(s->enc, &r.enc_cert.len);
	r.sign_cert.p = cert_der(s->sign, &r.sign_cert.len);
	r.carrier = (struct signed_statement){text.p, text.len, {sig.p, sig.len}, {0}};
	buf_clear(envelope);
	rc = kmc_recover_work(h->kmc, &r, envelope, err);
	house_signed_free(&t);
	buf_free(&text);
	buf_free(&sig);
	return rc;
}

void
test_recover__a_carrier_that_the_receiver_vouches_for(void **state)
{
	struct err	 err = {0};
	struct scene	 s = {0};
	EVP_PKEY	*carrier = NULL, *other = NULL;
	struct buf	 envelope;
	json_t		*j;

	(void)state;
	buf_init(&envelope, ENVELOPE_MAX);
	scene_make(&s);
	assert_ok(sm2_generate(&carrier, &err));
	assert_ok(sm2_generate(&other, &err));
	j = with(asked(&s), "receiver", json_string(cert_serial(s.sign)));
	/* nobody vouches; for another order; the statement names another receiver */
	assert_err(recover_carried(&s, json_incref(j), s.order, carrier, carrier, &envelope, &err),
	    ERR_DENIED);
	assert_err(recover_carried(&s, json_incref(j), "20261123000000099999", carrier, s.new_key,
	    &envelope, &err), ERR_DENIED);
	assert_err(recover_carried(&s, with(json_deep_copy(j), "receiver",
	    json_string(cert_serial(s.other))), s.order, carrier, s.new_key, &envelope, &err),
	    ERR_DENIED);
	assert_int_equal(envelope.len, 0);
	assert_ok(recover_carried(&s, json_incref(j), s.order, carrier, s.new_key, &envelope, &err));
	house_assert_encloses(carrier, &envelope, s.point);
	/* once: the same key again, no other, and not the receiver's own any more */
	assert_ok(recover_carried(&s, json_incref(j), s.order, carrier, s.new_key, &envelope, &err));
	assert_err(recover_carried(&s, json_incref(j), s.order, other, s.new_key, &envelope, &err),
	    ERR_CONFLICT);
	assert_err(recover(&s, json_incref(j), &envelope, &err), ERR_CONFLICT);
	json_decref(j);
	EVP_PKEY_free(carrier);
	EVP_PKEY_free(other);
	scene_free(&s);
	buf_free(&envelope);
}

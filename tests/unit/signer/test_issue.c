#include "base/base.h"
#include "signer/world.h"
#include "base/rand.h"
#include "pki/envelope.h"

#include <pthread.h>

static struct world	 w;

struct world *
world_shared(void)
{
	return &w;
}

/* world_kmc is each file's own; the shared world's is this file's. */
struct kmc *
world_kmc_shared(void)
{
	return world_kmc;
}

int	group_setup(void **state);
int
group_setup(void **state)
{
	(void)state;
	world_make(&w);
	return 0;
}

int	group_teardown(void **state);
int
group_teardown(void **state)
{
	(void)state;
	world_free(&w);
	return 0;
}

static bool
is_same_pair(const struct signer_pair *a, const struct signer_pair *b)
{
	return strcmp(a->sign_serial, b->sign_serial) == 0 &&
	    strcmp(a->enc_serial, b->enc_serial) == 0 &&
	    secret_equal(a->sign_cert.p, a->sign_cert.len, b->sign_cert.p, b->sign_cert.len) &&
	    secret_equal(a->enc_cert.p, a->enc_cert.len, b->enc_cert.p, b->enc_cert.len) &&
	    secret_equal(a->envelope.p, a->envelope.len, b->envelope.p, b->envelope.len);
}

static void
assert_has_point(const struct cert *c, EVP_PKEY *key)
{
	struct err	 err = {0};
	unsigned char	 want[SM2_POINT_LEN], have[SM2_POINT_LEN];

	assert_ok(sm2_point(key, want, &err));
	assert_ok(cert_point(c, have, &err));
	assert_memory_equal(want, have, sizeof(want));
}

/* Both certificates hold under the root, and the envelope opens to the enc key. */
static void
assert_pair_holds(const struct signer_pair *p, EVP_PKEY *key)
{
	struct err	 err = {0};
	struct cert	*sign = NULL, *enc = NULL;
	struct secret	 scalar = {0};
	EVP_PKEY	*enc_key = NULL;
	const char	*type = NULL;
	char		 code[CERT_IDENTITY_TEXT];

	assert_ok(cert_parse(p->sign_cert.p, p->sign_cert.len, &sign, &err));
	assert_ok(cert_parse(p->enc_cert.p, p->enc_cert.len, &enc, &err));
	assert_ok(cert_verify_chain((const struct cert *[]){sign, world_ca(&w, "issuing-1"),
	    world_ca(&w, "root-1")}, 3, clock_now(), &err));
	assert_ok(cert_verify_chain((const struct cert *[]){enc, world_ca(&w, "issuing-1"),
	    world_ca(&w, "root-1")}, 3, clock_now(), &err));
	assert_true(cert_is_sign(sign) && cert_is_enc(enc));
	assert_string_equal(cert_serial(sign), p->sign_serial);
	assert_string_equal(cert_serial(enc), p->enc_serial);
	assert_string_equal(cert_cn(sign), "长沙建工有限公司");
	assert_true(cert_identity(enc, &type, code));
	assert_string_equal(type, "uscc");
	assert_string_equal(code, "91350100M000100Y43");
	assert_has_point(sign, key);
	assert_ok(envelope_open(key, p->envelope.p, p->envelope.len, &scalar, &err));
	assert_int_equal(scalar.len, SM2_SCALAR_LEN);
	assert_ok(sm2_from_scalar(scalar.p, &enc_key, &err));
	assert_has_point(enc, enc_key);
	secret_free(&scalar);
	EVP_PKEY_free(enc_key);
	cert_free(sign);
	cert_free(enc);
}

void
test_issue__twice_is_the_same_pair(void **state)
{
	struct err		 err = {0};
	struct signed_text	 t = world_sign(world_approval(&w, "20261121000000000001"),
	    w.officer_key);
	struct signer_pair	 first, second;
	EVP_PKEY		*key = NULL;
	struct journal_end	 end;

	(void)state;
	signer_pair_init(&first);
	signer_pair_init(&second);
	assert_ok(sm2_generate(&key, &err));
	assert_ok(world_issue(&w, &t, key, &first, &err));
	assert_pair_holds(&first, key);
	end = world_journal(&w);
	assert_string_equal(end.what, "certificate.issue");
	assert_non_null(strstr(end.detail, first.sign_serial));
	assert_ok(world_issue(&w, &t, key, &second, &err));
	assert_true(is_same_pair(&first, &second));
	assert_int_equal(world_journal(&w).seq, end.seq);
	signer_pair_free(&first);
	signer_pair_free(&second);
	signed_text_free(&t);
	EVP_PKEY_free(key);
}

void
test_issue__another_key_is_a_conflict(void **state)
{
	struct err		 err = {0};
	struct signed_text	 t = world_sign(world_approval(&w, "20261121000000000002"),
	    w.officer_key);
	struct signer_pair	 p;
	EVP_PKEY		*key = NULL, *other = NULL;

	(void)state;
	signer_pair_init(&p);
	assert_ok(sm2_generate(&key, &err));
	assert_ok(sm2_generate(&other, &err));
	assert_ok(world_issue(&w, &t, key, &p, &err));
	assert_err(world_issue(&w, &t, other, &p, &err), ERR_CONFLICT);
	assert_string_equal(world_journal(&w).what, "issue.refused");
	signer_pair_free(&p);
	signed_text_free(&t);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

/* Approved anew for another subject: the pair that is out must not stand for that. */
void
test_issue__another_statement_is_a_conflict(void **state)
{
	struct err		 err = {0};
	struct signed_text	 t = world_sign(world_approval(&w, "20261121000000000005"),
	    w.officer_key), later;
	json_t			*j = world_approval(&w, "20261121000000000005");
	struct signer_pair	 p;
	EVP_PKEY		*key = NULL;

	(void)state;
	js_set_int(j, "years", 2);
	later = world_sign(j, w.officer_key);
	signer_pair_init(&p);
	assert_ok(sm2_generate(&key, &err));
	assert_ok(world_issue(&w, &t, key, &p, &err));
	assert_err(world_issue(&w, &later, key, &p, &err), ERR_CONFLICT);
	assert_string_equal(world_journal(&w).what, "issue.refused");
	signer_pair_free(&p);
	signed_text_free(&t);
	signed_text_free(&later);
	EVP_PKEY_free(key);
}

/* ---- all at once ---- */

#define CROWD	8

struct runner {
	struct signed_text	*text;
	EVP_PKEY		*key;
	struct signer_pair	 pair;
	struct err		 err;
	int			 rc;
	pthread_t		 thread;
};

static pthread_barrier_t	crowd_start;

static void *
runner_run(void *arg)
{
	struct runner	*r = arg;

	pthread_barrier_wait(&crowd_start);
	r->rc = world_issue(&w, r->text, r->key, &r->pair, &r->err);
	return NULL;
}

void
test_issue__eight_at_once_get_one_pair(void **state)
{
	struct err		 err = {0};
	struct signed_text	 t = world_sign(world_approval(&w, "20261121000000000003"),
	    w.officer_key);
	struct runner		 crowd[CROWD] = {0};
	int64_t			 before = world_journal(&w).seq;
	EVP_PKEY		*key = NULL;

	(void)state;
	assert_ok(sm2_generate(&key, &err));
	pthread_barrier_init(&crowd_start, NULL, CROWD);
	for (int i = 0; i < CROWD; i++) {
		crowd[i].text = &t;
		crowd[i].key = key;
		signer_pair_init(&crowd[i].pair);
		assert_int_equal(pthread_create(&crowd[i].thread, NULL, runner_run, &crowd[i]), 0);
	}
	for (int i = 0; i < CROWD; i++)
		pthread_join(crowd[i].thread, NULL);
	for (int i = 0; i < CROWD; i++) {
		if (crowd[i].rc < 0)
			fail_msg("thread %d: %s", i, crowd[i].err.text);
		assert_true(is_same_pair(&crowd[0].pair, &crowd[i].pair));
	}
	assert_pair_holds(&crowd[0].pair, key);
	assert_int_equal(world_journal(&w).seq, before + 1);
	for (int i = 0; i < CROWD; i++)
		signer_pair_free(&crowd[i].pair);
	pthread_barrier_destroy(&crowd_start);
	signed_text_free(&t);
	EVP_PKEY_free(key);
}

/* ---- a generator that is broken ---- */

static void
rand_constant(void *p, size_t len)
{
	memset(p, 0x42, len);
}

void
test_issue__broken_generator_is_loud(void **state)
{
	struct err		 err = {0};
	struct signed_text	 t = world_sign(world_approval(&w, "20261121000000000004"),
	    w.officer_key);
	struct signer_pair	 p;
	EVP_PKEY		*key = NULL;

	(void)state;
	signer_pair_init(&p);
	assert_ok(sm2_generate(&key, &err));
	rand_replace(rand_constant);
	assert_err(world_issue(&w, &t, key, &p, &err), ERR_BUG);
	rand_replace(NULL);
	assert_string_equal(p.sign_serial, "");
	assert_string_equal(world_journal(&w).what, "issue.refused");
	assert_ok(world_issue(&w, &t, key, &p, &err));
	assert_pair_holds(&p, key);
	assert_string_not_equal(p.sign_serial, p.enc_serial);
	signer_pair_free(&p);
	signed_text_free(&t);
	EVP_PKEY_free(key);
}

/* OCSP, time stamps and the va's own keys, with the signer asked without a process between. */
#include "base/base.h"
#include "signer/world.h"
#include "pki/tsp.h"
#include "signer/authority_make.h"
#include "va/clock_trust.h"
#include "va/work.h"

#include <openssl/objects.h>
#include <unistd.h>

static bool	 signer_is_away;

static int
certify(const char *use, const char *authority, const void *csr, size_t csr_len,
    struct cert **out, struct err *err)
{
	if (signer_is_away)
		return err_set(err, ERR_BUSY, "away");
	return service_issue(&world_shared()->signer, use, authority, csr, csr_len, out, err);
}

static int
list_ask(const char *authority, const char *scope, int64_t *number, int64_t *next_update,
    struct err *err)
{
	if (signer_is_away)
		return err_set(err, ERR_BUSY, "away");
	return list_work(&world_shared()->signer, authority, scope, number, next_update, err);
}

static void
va_begin(struct va *v)
{
	struct err	 err = {0};

	*v = (struct va){.certify = certify, .list_ask = list_ask};
	signer_is_away = false;
	pthread_mutex_init(&v->lock, NULL);
	pthread_mutex_init(&v->issuers_lock, NULL);
	pthread_mutex_init(&v->lists_lock, NULL);
	pthread_cond_init(&v->lists_asked, NULL);
	pthread_mutex_init(&v->identity_lock, NULL);
	pthread_mutex_init(&v->certify_lock, NULL);
	secret_set(&v->passphrase, WORLD_PASSPHRASE, sizeof(WORLD_PASSPHRASE) - 1);
	assert_ok(store_open(&v->store, STORE_CA, conf_str("store.ca"), true, &err));
	assert_ok(va_issuers_load(v, &err));
	assert_ok(va_tsa_open(v, &err));
}

static void
va_end(struct va *v)
{
	va_tsa_close(v);
	va_cache_release(v);
	va_lists_release(v);
	va_identities_release(v);
	store_close(v->store);
	for (size_t i = 0; i < v->n_issuers; i++) {
		cert_free(v->issuers[i]->cert);
		free(v->issuers[i]);
	}
}

/* A certificate to ask about: a new officer's. */
static struct cert *
subject_new(void)
{
	struct err	 err = {0};
	EVP_PKEY	*key = NULL;
	struct cert	*c = NULL;
	struct buf	 csr;

	assert_ok(sm2_generate(&key, &err));
	world_csr(key, &csr);
	assert_ok(officer_issue(&world_shared()->signer, "王五", csr.p, csr.len, OFFICER_APPROVE,
	    &c, &err));
	buf_free(&csr);
	EVP_PKEY_free(key);
	return c;
}

static const struct cert *
issuing(void)
{
	return world_ca(world_shared(), "issuing-1");
}

/* Ask the va about the certificate and check what it says; copies the answer when wanted. */
static enum ocsp_state
ask(struct va *v, const struct cert *c, const char *nonce, struct buf *copy)
{
	struct err		 err = {0};
	struct va_answer	 a = {0};
	struct ocsp_answer	 got;
	struct buf		 der;
	size_t			 n = nonce == NULL ? 0 : strlen(nonce);

	buf_init(&der, OCSP_REQUEST_MAX);
	buf_init(&a.der, OCSP_ANSWER_MAX);
	assert_ok(ocsp_request_build(c, issuing(), nonce, n, &der, &err));
	va_ocsp(v, der.p, der.len, &a);
	assert_ok(ocsp_check(a.der.p, a.der.len, c, issuing(), nonce, n, clock_now(), &got, &err));
	assert_true(a.next > clock_now());
	if (copy != NULL) {
		buf_clear(copy);
		buf_add(copy, a.der.p, a.der.len);
	}
	buf_free(&a.der);
	buf_free(&der);
	return got.state;
}

void
test_va__answers_are_kept_until_the_store_changes(void **state)
{
	static struct va	 v;
	struct err		 err = {0};
	struct cert		*c = subject_new();
	struct buf		 first, again;

	(void)state;
	va_begin(&v);
	buf_init(&first, OCSP_ANSWER_MAX);
	buf_init(&again, OCSP_ANSWER_MAX);
	va_watch(&v);
	assert_int_equal(ask(&v, c, NULL, &first), OCSP_GOOD);
	assert_int_equal(ask(&v, c, NULL, &again), OCSP_GOOD);
	assert_int_equal(v.cached, 1);
	assert_int_equal(first.len, again.len);
	assert_memory_equal(first.p, again.p, first.len);
	assert_int_equal(ask(&v, c, "0123456789abcdef", NULL), OCSP_GOOD);
	assert_int_equal(ask(&v, c, "n", NULL), OCSP_GOOD);
	assert_int_equal(v.cached, 1);
	/* one round of the watch is all it takes, and the next answer is ready then */
	assert_ok(admin_revoke(&world_shared()->signer, cert_serial(c), 4, &err));
	va_watch(&v);
	assert_int_equal(ask(&v, c, NULL, NULL), OCSP_REVOKED);
	assert_int_equal(v.cached, 2);
	buf_free(&first);
	buf_free(&again);
	cert_free(c);
	va_end(&v);
}

/* Without a watch that works, no answer outlives the promise. */
void
test_va__a_dead_watch_makes_nothing_stale(void **state)
{
	static struct va	 v;
	struct err		 err = {0};
	struct cert		*c = subject_new();

	(void)state;
	va_begin(&v);
	assert_ok(conf_set("va.fresh_seconds", "1", &err));
	assert_int_equal(ask(&v, c, NULL, NULL), OCSP_GOOD);
	assert_ok(admin_revoke(&world_shared()->signer, cert_serial(c), 4, &err));
	usleep(1100 * 1000);
	assert_int_equal(ask(&v, c, NULL, NULL), OCSP_REVOKED);
	assert_ok(conf_set("va.fresh_seconds", "5", &err));
	cert_free(c);
	va_end(&v);
}

void
test_va__never_issued(void **state)
{
	static struct va	 v;
	struct err		 err = {0};
	struct ocsp_request	*r = NULL;
	struct ocsp_answer	 got;
	struct va_answer	 a = {0};
	struct cert		*c = subject_new();
	struct buf		 der;
	char			 sql[200];

	(void)state;
	va_begin(&v);
	buf_init(&der, OCSP_REQUEST_MAX);
	buf_init(&a.der, OCSP_ANSWER_MAX);
	snprintf(sql, sizeof(sql), "DELETE FROM certificate WHERE serial = '%s'", cert_serial(c));
	world_sql(world_shared(), sql);
	assert_int_equal(ask(&v, c, NULL, NULL), OCSP_UNKNOWN);
	assert_ok(conf_set("va.ocsp_unissued", "revoked", &err));
	assert_ok(ocsp_request_build(c, issuing(), NULL, 0, &der, &err));
	assert_ok(ocsp_request_parse(der.p, der.len, &r, &err));
	va_ocsp_make(&v, r, &a);
	assert_ok(ocsp_check(a.der.p, a.der.len, c, issuing(), NULL, 0, clock_now(), &got, &err));
	assert_int_equal(got.state, OCSP_REVOKED);
	assert_int_equal(got.reason, 6);
	assert_int_equal(got.revoked, 0);
	/* id-pkix-ocsp-extended-revoke */
	assert_non_null(memmem(a.der.p, a.der.len, "\x2b\x06\x01\x05\x05\x07\x30\x01\x09", 9));
	assert_ok(conf_set("va.ocsp_unissued", "unknown", &err));
	ocsp_request_free(r);
	buf_free(&a.der);
	buf_free(&der);
	cert_free(c);
	va_end(&v);
}

/* No list yet: said each time, never an empty one. */
void
test_va__list_that_is_not_there(void **state)
{
	static struct va		 v;
	static const struct va_issuer	 stranger = {.id = "stranger-1"};
	struct err			 err = {0};
	struct va_list_out		 list;

	(void)state;
	va_begin(&v);
	for (int i = 0; i < 2; i++) {
		err_clear(&err);
		assert_int_equal(va_crl(&v, &stranger, "", &list, &err), -1);
	}
	va_end(&v);
}

/* A signer that takes its time with the full list. */
static struct slow {
	pthread_mutex_t	 lock;
	pthread_cond_t	 changed;
	int		 asked;
	bool		 let_go;
} slow = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, false};

static int
slow_list_ask(const char *authority, const char *scope, int64_t *number, int64_t *next_update,
    struct err *err)
{
	if (scope[0] == '\0') {
		pthread_mutex_lock(&slow.lock);
		slow.asked++;
		pthread_cond_broadcast(&slow.changed);
		while (!slow.let_go)
			pthread_cond_wait(&slow.changed, &slow.lock);
		pthread_mutex_unlock(&slow.lock);
	}
	return list_ask(authority, scope, number, next_update, err);
}

static void *
ask_full_list(void *arg)
{
	struct va	*v = arg;
	struct err	 err = {0};
	struct va_list_out list;

	assert_ok(va_crl(v, va_issuer_by_slug(v, "issuing"), "", &list, &err));
	return list.der;
}

/* While the signer makes one list the others, and what is known of it, are there at once. */
void
test_va__a_slow_signer_holds_nobody_up(void **state)
{
	static struct va	 v;
	struct err		 err = {0};
	pthread_t		 thread[2];
	void			*got[2];
	struct va_list_out	 delta;
	int64_t			 from, to;

	(void)state;
	alarm(60);	/* else a lock that is held would hang the program */
	va_begin(&v);
	v.list_ask = slow_list_ask;
	slow.asked = 0;
	slow.let_go = false;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, ask_full_list, &v), 0);
	pthread_mutex_lock(&slow.lock);
	while (slow.asked == 0)
		pthread_cond_wait(&slow.changed, &slow.lock);
	pthread_mutex_unlock(&slow.lock);
	va_crl_times(&v, va_issuer_by_slug(&v, "issuing"), &from, &to);
	assert_int_equal(to, 0);
	assert_ok(va_crl(&v, va_issuer_by_slug(&v, "issuing"), "delta", &delta, &err));
	assert_true(delta.next_update > delta.this_update && delta.seen <= clock_steady());
	pthread_mutex_lock(&slow.lock);
	slow.let_go = true;
	pthread_cond_broadcast(&slow.changed);
	pthread_mutex_unlock(&slow.lock);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_join(thread[i], &got[i]), 0);
	assert_int_equal(slow.asked, 1);
	assert_ptr_equal(got[0], got[1]);
	va_bytes_drop(got[0]);
	va_bytes_drop(got[1]);
	va_bytes_drop(delta.der);
	va_end(&v);
	alarm(0);
}

/* A CA without a list, with the signer away: overdue since it was made, so that the alarm rings. */
void
test_va__a_list_that_never_was(void **state)
{
	static struct va	 v;
	struct err		 err = {0};
	struct world		*w = world_shared();
	const struct va_issuer	*issuer;
	struct va_list_out	 list = {0};
	json_t			*asked = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i}", "name", "mute", "parent",
	    "root-1", "kind", "sm2", "company", "测试认证有限公司", "cn", "哑", "years", 5),
				*out = json_object();

	(void)state;
	assert_ok(ca_create(&w->signer, asked, &w->passphrase, &w->passphrase, out, &err));
	va_begin(&v);
	issuer = va_issuer_by_slug(&v, "mute");
	assert_int_equal(va_lists_end(&v, issuer), 0);		/* not looked for yet */
	signer_is_away = true;
	assert_err(va_crl(&v, issuer, "", &list, &err), ERR_BUSY);
	assert_int_equal(va_lists_end(&v, issuer), cert_not_before(issuer->cert));
	assert_true(va_lists_end(&v, issuer) <= clock_now());
	va_end(&v);
	va_begin(&v);
	issuer = va_issuer_by_slug(&v, "mute");
	assert_ok(va_crl(&v, issuer, "", &list, &err));
	assert_int_equal(va_lists_end(&v, issuer), list.next_update);
	assert_true(list.next_update > clock_now());
	va_bytes_drop(list.der);
	json_decref(asked);
	json_decref(out);
	va_end(&v);
}

/* Certificates of a CA that is not ours: no signature is spent on them. */
void
test_va__another_issuer(void **state)
{
	static struct va	 v;
	struct err		 err = {0};
	struct va_answer	 a = {0};
	struct cert		*c = subject_new();
	struct buf		 der;

	(void)state;
	va_begin(&v);
	buf_init(&der, OCSP_REQUEST_MAX);
	buf_init(&a.der, OCSP_ANSWER_MAX);
	assert_ok(ocsp_request_build(issuing(), c, NULL, 0, &der, &err));	/* c is no CA */
	va_ocsp(&v, der.p, der.len, &a);
	assert_int_equal(a.der.len, 5);
	assert_int_equal(a.der.p[4], OCSP_UNAUTHORIZED);
	cert_free(c);
	buf_free(&a.der);
	buf_free(&der);
	va_end(&v);
}

/* Keys live through a new start; a due one is replaced; an old one serves while it must. */
void
test_va__identity_rollover(void **state)
{
	static struct va	 v;
	struct err		 err = {0};
	struct va_identity	*first = NULL, *second = NULL;
	char			*path = xasprintf("%s/va/ocsp-issuing-1.pem", conf_str("data.dir"));

	(void)state;
	va_begin(&v);
	assert_ok(va_identity_take(&v, va_issuer_by_slug(&v, "issuing"), VA_USE_OCSP, &first, &err));
	va_end(&v);
	va_begin(&v);
	signer_is_away = true;
	assert_ok(va_identity_take(&v, va_issuer_by_slug(&v, "issuing"), VA_USE_OCSP, &second, &err));
	assert_true(cert_is_same(first->cert, second->cert));
	va_identity_free(second);
	clock_shift(21 * CLOCK_DAY);
	va_identities_renew(&v);	/* fails: the old one goes on */
	assert_ok(va_identity_take(&v, va_issuer_by_slug(&v, "issuing"), VA_USE_OCSP, &second, &err));
	assert_true(cert_is_same(first->cert, second->cert));
	va_identity_free(second);
	v.places[0].tried = 0;
	signer_is_away = false;
	va_identities_renew(&v);
	assert_ok(va_identity_take(&v, va_issuer_by_slug(&v, "issuing"), VA_USE_OCSP, &second, &err));
	assert_false(cert_is_same(first->cert, second->cert));
	assert_false(key_is_same(first->key, second->key));
	assert_int_equal(cert_not_after(second->cert) - cert_not_before(second->cert),
	    30 * CLOCK_DAY);
	clock_shift(-21 * CLOCK_DAY);
	va_identity_free(first);
	va_identity_free(second);
	va_end(&v);
	/* the next tests begin with a certificate of today */
	assert_int_equal(unlink(path), 0);
	free(path);
}

/* No room for the file of a new key: it serves all the same, and is written when there is. */
void
test_va__identity_without_room(void **state)
{
	static struct va	 v;
	struct err		 err = {0};
	struct va_identity	*first = NULL, *second = NULL;
	char			*path = xasprintf("%s/va/ocsp-issuing-1.pem", conf_str("data.dir"));
	char			*full = xasprintf("%s.new-%ld", path, (long)getpid());

	(void)state;
	(void)unlink(path);
	assert_int_equal(mkdir(full, 0700), 0);
	va_begin(&v);
	assert_ok(va_identity_take(&v, va_issuer_by_slug(&v, "issuing"), VA_USE_OCSP, &first, &err));
	va_identities_renew(&v);
	assert_true(v.places[0].unsaved);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(rmdir(full), 0);
	va_identities_renew(&v);
	assert_false(v.places[0].unsaved);
	va_end(&v);
	va_begin(&v);
	assert_ok(va_identity_take(&v, va_issuer_by_slug(&v, "issuing"), VA_USE_OCSP, &second, &err));
	assert_true(cert_is_same(first->cert, second->cert));
	va_identity_free(first);
	va_identity_free(second);
	va_end(&v);
	assert_int_equal(unlink(path), 0);
	free(full);
	free(path);
}

/* The signer certifies for OCSP and time stamps only, keys of its own kind, and says so. */
void
test_va__signer_refuses_other_uses(void **state)
{
	struct err	 err = {0};
	struct cert	*c = NULL;
	EVP_PKEY	*key = NULL;
	struct buf	 csr;

	(void)state;
	signer_is_away = false;
	assert_ok(key_generate(key_kind_find("ecdsa"), &key, &err));
	world_csr(key, &csr);
	assert_err(certify("ocsp", "issuing-1", csr.p, csr.len, &c, &err), ERR_INPUT);
	assert_string_equal(world_journal(world_shared()).what, "service.refused");
	assert_err(certify("issuing-ca", "issuing-1", csr.p, csr.len, &c, &err), ERR_INPUT);
	assert_err(certify("ocsp", "root-1", csr.p, csr.len, &c, &err), ERR_WRONG_STATE);
	csr.p[csr.len - 1] ^= 1;
	assert_int_equal(certify("ocsp", "issuing-1", csr.p, csr.len, &c, &err), -1);
	err_clear(&err);
	buf_free(&csr);
	EVP_PKEY_free(key);
}

/* ---- time stamps ---- */

static const unsigned char	 document[32] = {7};

static int
stamp(struct va *v, struct tsp_facts *f, struct err *out)
{
	struct va_identity	*i = NULL;
	struct err		 err = {0};
	struct buf		 der, answer;
	int			 rc;

	buf_init(&der, TSP_REQUEST_MAX);
	buf_init(&answer, TSP_ANSWER_MAX);
	assert_ok(tsp_request_build(NID_sm3, document, 32, "nonce", 5, true, &der, &err));
	va_tsa(v, der.p, der.len, &answer);
	assert_ok(va_identity_take(v, va_tsa_issuer(v), VA_USE_TSA, &i, &err));
	rc = tsp_check(answer.p, answer.len, NID_sm3, document, 32, "nonce", 5, i->cert, f, out);
	/* PKIFailureInfo timeNotAvailable */
	if (rc < 0)
		assert_non_null(memmem(answer.p, answer.len, "\x03\x03\x01\x00\x02", 5));
	va_identity_free(i);
	buf_free(&answer);
	buf_free(&der);
	return rc;
}

static int64_t
number(const struct tsp_facts *f)
{
	int64_t	 n = 0;

	for (size_t i = 12; i < sizeof(f->serial); i++)
		n = n << 8 | f->serial[i];
	return n;
}

/* Ending without a word, as kill -9 does, gives no number twice. */
void
test_va__stamp_numbers_are_given_once(void **state)
{
	static struct va	 v;
	struct err		 err = {0};
	struct tsp_facts	 f;
	int64_t			 last = 0;

	(void)state;
	for (int start = 0; start < 3; start++) {
		va_begin(&v);
		for (int i = 0; i < 5; i++) {
			assert_ok(stamp(&v, &f, &err));
			assert_true(number(&f) > last);
			last = number(&f);
			assert_true(f.time <= clock_now());
		}
		va_end(&v);
	}
}

void
test_va__no_stamp_with_a_clock_that_was_set(void **state)
{
	static struct va	 v;
	struct err		 err = {0};
	struct tsp_facts	 f;

	(void)state;
	va_begin(&v);
	assert_ok(stamp(&v, &f, &err));
	clock_shift(5 * CLOCK_SECOND);
	assert_err(stamp(&v, &f, &err), ERR_GATEWAY);
	clock_shift(-5 * CLOCK_SECOND);
	assert_err(stamp(&v, &f, &err), ERR_GATEWAY);	/* until somebody has looked */
	va_end(&v);
	/* and after a new start not while it stands before the last stamp */
	clock_shift(-10 * CLOCK_SECOND);
	va_begin(&v);
	assert_err(stamp(&v, &f, &err), ERR_GATEWAY);
	clock_shift(10 * CLOCK_SECOND);
	va_end(&v);
	va_begin(&v);
	assert_ok(stamp(&v, &f, &err));
	va_end(&v);
}

static bool
never(void)
{
	return false;
}

void
test_va__clock_must_be_synchronised_when_wanted(void **state)
{
	struct clock_trust	 t;
	struct err		 err = {0};
	int64_t			 now;

	(void)state;
	clock_trust_begin(&t, 1000, true, 0);
	t.synchronised = never;
	assert_err(clock_trust_now(&t, &now, &err), ERR_WRONG_STATE);
	assert_false(clock_trust_is_good(&t));
	t.need_sync = false;
	assert_true(clock_trust_is_good(&t));
	assert_int_equal(t.last, 0);		/* to look is not to stamp */
	assert_ok(clock_trust_now(&t, &now, &err));
}

#include "base/base.h"
#include "signer/world.h"
#include "pki/crl.h"
#include "va/work.h"

static struct world	 w;

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

struct world *
world_shared(void)
{
	return &w;
}

/* A pair of certificates for an order. */
static void
issue_one(const char *order, struct signer_pair *out)
{
	struct err		 err = {0};
	struct signed_text	 t = world_sign(world_approval(&w, order), w.officer_key);
	EVP_PKEY		*key = NULL;

	signer_pair_init(out);
	assert_ok(sm2_generate(&key, &err));
	assert_ok(world_issue(&w, &t, key, out, &err));
	signed_text_free(&t);
	EVP_PKEY_free(key);
}

static json_t *
revocation(const char *serial, int64_t reason)
{
	return json_pack("{s:s,s:i,s:s,s:I,s:s,s:s,s:s,s:I}", "type", "revocation", "v", 1,
	    "serial", serial, "reason", (json_int_t)reason, "by", "officer", "officer",
	    w.officer, "second", w.second, "time", (json_int_t)clock_now());
}

static int
revoke_by_two(const char *serial, int64_t reason, EVP_PKEY *first, struct err *err)
{
	return world_change(&w, revocation(serial, reason), first, w.second_key, err);
}

static bool
crl_contains(const char *serial)
{
	struct err		 err = {0};
	struct crl_facts	 facts;
	struct crl_entry	 entry;
	struct buf		 der;
	bool			 is_there;

	buf_init(&der, LIMIT_FRAME);
	world_list(&w, "issuing-1", "", &der);
	assert_ok(crl_verify(der.p, der.len, world_ca(&w, "issuing-1"), &facts, &err));
	assert_ok(crl_find(der.p, der.len, serial, &is_there, &entry, &err));
	buf_free(&der);
	return is_there;
}

static enum ocsp_state
state_of(struct va *v, const char *serial)
{
	struct err		 err = {0};
	struct ocsp_answer	 a;

	assert_ok(va_lookup(v, serial, NULL, &a, &err));
	return a.state;
}

void
test_status__revoked_is_seen_at_once(void **state)
{
	struct err		 err = {0};
	static struct va	 v;
	struct signer_pair	 p;

	(void)state;
	issue_one("20261121000000000101", &p);
	assert_ok(store_open(&v.store, STORE_CA, conf_str("store.ca"), true, &err));
	assert_int_equal(state_of(&v, p.sign_serial), OCSP_GOOD);
	assert_int_equal(state_of(&v, "00112233445566778899AABBCCDDEEFF"), OCSP_UNKNOWN);
	assert_false(crl_contains(p.sign_serial));
	assert_ok(revoke_by_two(p.sign_serial, 1, w.officer_key, &err));
	assert_string_equal(world_journal(&w).what, "certificate.revoke");
	assert_int_equal(state_of(&v, p.sign_serial), OCSP_REVOKED);
	assert_int_equal(state_of(&v, p.enc_serial), OCSP_REVOKED);
	assert_true(crl_contains(p.sign_serial));
	assert_true(crl_contains(p.enc_serial));
	assert_ok(revoke_by_two(p.sign_serial, 1, w.officer_key, &err));	/* it is so already */
	assert_err(revoke_by_two(p.enc_serial, 1, w.officer_key, &err), ERR_NOT_FOUND);
	store_close(v.store);
	signer_pair_free(&p);
}

void
test_status__revocation_needs_the_officer(void **state)
{
	struct err		 err = {0};
	struct signer_pair	 p;
	EVP_PKEY		*other = NULL;

	(void)state;
	issue_one("20261121000000000102", &p);
	assert_ok(sm2_generate(&other, &err));
	assert_err(revoke_by_two(p.sign_serial, 1, other, &err), ERR_DENIED);
	assert_string_equal(world_journal(&w).what, "status.refused");
	/* hold, remove, and what only looks like 1 when it is cut to an int */
	assert_err(revoke_by_two(p.sign_serial, 6, w.officer_key, &err), ERR_INPUT);
	assert_err(revoke_by_two(p.sign_serial, 8, w.officer_key, &err), ERR_INPUT);
	assert_err(revoke_by_two(p.sign_serial, INT64_C(4294967297), w.officer_key, &err),
	    ERR_INPUT);
	assert_false(crl_contains(p.sign_serial));
	EVP_PKEY_free(other);
	signer_pair_free(&p);
}

/* An officer whose own certificate is revoked signs no more. */
void
test_status__revoked_officer_is_out(void **state)
{
	struct err		 err = {0};
	struct signer_pair	 p;
	struct cert		*c = NULL;
	struct buf		 csr;
	EVP_PKEY		*key = NULL;
	struct world		 other = w;
	struct signed_text	 t;

	(void)state;
	assert_ok(sm2_generate(&key, &err));
	world_csr(key, &csr);
	assert_ok(officer_issue(&w.signer, "李四", csr.p, csr.len, OFFICER_APPROVE, &c, &err));
	snprintf(other.officer, sizeof(other.officer), "%s", cert_serial(c));
	signer_pair_init(&p);
	t = world_sign(world_approval(&other, "20261121000000000103"), key);
	/* an officer may not end another; the administrator may */
	assert_err(revoke_by_two(cert_serial(c), 1, w.officer_key, &err), ERR_NOT_FOUND);
	assert_err(revoke_by_two(cert_serial(world_ca(&w, "issuing-1")), 1, w.officer_key, &err), ERR_NOT_FOUND);
	assert_ok(admin_revoke(&w.signer, cert_serial(c), 1, &err));
	assert_err(world_issue(&w, &t, key, &p, &err), ERR_DENIED);
	assert_non_null(strstr(err.text, "not good"));
	signed_text_free(&t);
	signer_pair_free(&p);
	buf_free(&csr);
	cert_free(c);
	EVP_PKEY_free(key);
}

static int
revoke_late(struct db *db, void *serial, struct err *err)
{
	int64_t	 late = clock_now() - 5 * CLOCK_SECOND;

	return db_run(db, SQL_CA_CERTIFICATE_STATUS_SET, NULL, err, DB_TEXT(serial),
	    DB_TEXT("revoked"), DB_INT(late), DB_INT(1), DB_INT(0), DB_INT(late),
	    DB_TEXT("good"), DB_INT(0));
}

/* A revocation whose time is before a list that could not see it yet is in the next. */
void
test_status__revocation_committed_after_a_list(void **state)
{
	struct err		 err = {0};
	struct signer_pair	 p;

	(void)state;
	issue_one("20261121000000000109", &p);
	assert_false(crl_contains(p.sign_serial));
	assert_ok(store_write(w.signer.store, revoke_late, p.sign_serial, &err));
	assert_true(crl_contains(p.sign_serial));
	signer_pair_free(&p);
}

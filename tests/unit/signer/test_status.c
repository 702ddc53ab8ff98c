#include "base/base.h"
#include "signer/world.h"
#include "pki/crl.h"
#include "signer/pair.h"

/* Hold, release and revocation: who may, in which order, and what the list says of it. */

static EVP_PKEY	*holder;

static void
issue_one(const char *order, struct signer_pair *out)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signed_text	 t = world_sign(world_approval(w, order), w->officer_key);

	EVP_PKEY_free(holder);
	holder = NULL;
	signer_pair_init(out);
	assert_ok(sm2_generate(&holder, &err));
	assert_ok(world_issue(w, &t, holder, out, &err));
	signed_text_free(&t);
}

static json_t *
statement(const char *type, const char *serial, const char *by)
{
	json_t	*j = json_pack("{s:s,s:i,s:s,s:s,s:I}", "type", type, "v", 1, "serial", serial,
	    "by", by, "time", (json_int_t)clock_now());

	if (strcmp(by, "officer") == 0) {
		js_set_str(j, "officer", world_shared()->officer);
		js_set_str(j, "second", world_shared()->second);
	}
	return j;
}

static json_t *
with(json_t *j, const char *name, json_t *value)
{
	json_object_set_new(j, name, value);
	return j;
}

static void
assert_status(const char *serial, const char *want)
{
	struct err	 err = {0};
	json_t		*j = json_object();

	assert_ok(status_ask(&world_shared()->signer, serial, j, &err));
	assert_string_equal(js_str(j, "status"), want);
	json_decref(j);
}

static bool
listed(const char *serial, struct crl_entry *entry)
{
	struct err	 err = {0};
	struct buf	 der;
	bool		 found;

	buf_init(&der, LIMIT_FRAME);
	world_list(world_shared(), "issuing-1", "", &der);
	assert_ok(crl_find(der.p, der.len, serial, &found, entry, &err));
	buf_free(&der);
	return found;
}

void
test_status__held_and_released(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct crl_entry	 e;
	struct signer_pair	 p;

	(void)state;
	issue_one("20261121000000000201", &p);
	assert_ok(world_change(w, statement("hold", p.sign_serial, "phone"), NULL, NULL, &err));
	assert_status(p.sign_serial, "held");
	assert_string_equal(world_journal(w).what, "certificate.hold");
	assert_non_null(strstr(world_journal(w).detail, "\"by\":\"phone\""));
	assert_true(listed(p.enc_serial, &e));
	assert_int_equal(e.reason, CRL_REASON_HOLD);
	/* no word by phone undoes it, nor one officer; two do */
	assert_err(world_change(w, statement("release", p.sign_serial, "phone"), NULL, NULL,
	    &err), ERR_DENIED);
	assert_err(world_change(w, statement("release", p.sign_serial, "officer"),
	    w->officer_key, NULL, &err), ERR_DENIED);
	assert_status(p.sign_serial, "held");
	assert_ok(world_change(w, statement("release", p.sign_serial, "officer"), w->officer_key,
	    w->second_key, &err));
	assert_status(p.sign_serial, "good");
	assert_false(listed(p.sign_serial, &e));
	signer_pair_free(&p);
}

/* The key is found: who held it releases it with the key; not what an officer held. */
void
test_status__holder_releases_what_he_held(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signer_pair	 p;
	EVP_PKEY		*other = NULL;

	(void)state;
	issue_one("20261121000000000206", &p);
	assert_ok(sm2_generate(&other, &err));
	assert_ok(world_change(w, statement("hold", p.sign_serial, "phone"), NULL, NULL, &err));
	assert_err(world_change(w, statement("release", p.sign_serial, "holder"), other, NULL,
	    &err), ERR_DENIED);
	assert_ok(world_change(w, statement("release", p.sign_serial, "holder"), holder, NULL,
	    &err));
	assert_status(p.sign_serial, "good");
	clock_shift(5);
	assert_ok(world_change(w, statement("hold", p.sign_serial, "officer"), w->officer_key,
	    NULL, &err));
	clock_shift(10);
	assert_err(world_change(w, statement("release", p.sign_serial, "holder"), holder, NULL,
	    &err), ERR_DENIED);
	assert_status(p.sign_serial, "held");
	clock_shift(0);
	EVP_PKEY_free(other);
	signer_pair_free(&p);
}

/* The administrator revokes machines and staff alone; an applicant's pair not at all. */
void
test_status__admin_cannot_end_a_pair(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signer_pair	 p;

	(void)state;
	issue_one("20261121000000000207", &p);
	assert_err(admin_revoke(&w->signer, p.sign_serial, 5, &err), ERR_DENIED);
	assert_err(admin_revoke(&w->signer, p.enc_serial, 5, &err), ERR_DENIED);
	assert_status(p.sign_serial, "good");
	signer_pair_free(&p);
}

/* A release signed before the second hold is a piece of the past. */
void
test_status__old_release_is_not_replayed(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signer_pair	 p;
	json_t			*release;

	(void)state;
	issue_one("20261121000000000202", &p);
	assert_ok(world_change(w, statement("hold", p.sign_serial, "phone"), NULL, NULL, &err));
	release = statement("release", p.sign_serial, "officer");
	assert_ok(world_change(w, json_incref(release), w->officer_key, w->second_key, &err));
	clock_shift(5);
	assert_ok(world_change(w, statement("hold", p.sign_serial, "phone"), NULL, NULL, &err));
	assert_err(world_change(w, release, w->officer_key, w->second_key, &err), ERR_DENIED);
	assert_status(p.sign_serial, "held");
	clock_shift(0);
	signer_pair_free(&p);
}

/* Who asks is a whole word: a piece of one, or several, would need nobody's signature. */
void
test_status__asked_by_a_piece_of_a_word(void **state)
{
	static const char *const pieces[] = { "h", "old", "holde", "off", "office", "r",
	    "holder,officer", ",", "", "Holder", "officer ", "web", "phone" };
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signer_pair	 p;

	(void)state;
	issue_one("20261121000000000299", &p);
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		assert_err(world_change(w, with(statement("revocation", p.sign_serial,
		    pieces[i]), "reason", json_integer(1)), NULL, NULL, &err), ERR_DENIED);
		if (strcmp(pieces[i], "phone") != 0)
			assert_err(world_change(w, statement("hold", p.sign_serial, pieces[i]),
			    NULL, NULL, &err), ERR_DENIED);
	}
	assert_status(p.sign_serial, "good");
	assert_ok(world_change(w, statement("hold", p.sign_serial, "phone"), NULL, NULL, &err));
	for (size_t i = 0; i < ARRAY_LEN(pieces); i++)
		assert_err(world_change(w, statement("release", p.sign_serial, pieces[i]), NULL,
		    NULL, &err), ERR_DENIED);
	assert_status(p.sign_serial, "held");
	signer_pair_free(&p);
}

void
test_status__holder_revokes_with_the_key(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct crl_entry	 e;
	struct signer_pair	 p;
	EVP_PKEY		*other = NULL;
	json_t			*j;

	(void)state;
	issue_one("20261121000000000203", &p);
	assert_ok(sm2_generate(&other, &err));
	j = with(statement("revocation", p.sign_serial, "holder"), "reason", json_integer(1));
	with(j, "invalid_since", json_integer(1700000000000));
	assert_err(world_change(w, json_incref(j), other, NULL, &err), ERR_DENIED);
	assert_err(world_change(w, json_incref(j), NULL, NULL, &err), ERR_DENIED);
	assert_status(p.sign_serial, "good");
	assert_ok(world_change(w, j, holder, NULL, &err));
	assert_status(p.sign_serial, "revoked");
	assert_true(listed(p.sign_serial, &e));
	assert_int_equal(e.reason, 1);
	assert_int_equal(e.invalid_since, 1700000000000);
	/* for good */
	assert_err(world_change(w, statement("release", p.sign_serial, "officer"),
	    w->officer_key, w->second_key, &err), ERR_WRONG_STATE);
	assert_err(world_change(w, statement("hold", p.sign_serial, "phone"), NULL, NULL, &err),
	    ERR_WRONG_STATE);
	EVP_PKEY_free(other);
	signer_pair_free(&p);
}

void
test_status__officers_revoke_by_two(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signer_pair	 p;
	json_t			*j;

	(void)state;
	issue_one("20261121000000000204", &p);
	j = with(statement("revocation", p.sign_serial, "officer"), "reason", json_integer(5));
	json_object_del(j, "second");
	assert_err(world_change(w, json_incref(j), w->officer_key, w->second_key, &err),
	    ERR_DENIED);				/* names no second */
	with(j, "second", json_string(w->officer));
	assert_err(world_change(w, json_incref(j), w->officer_key, w->officer_key, &err),
	    ERR_DENIED);				/* the same one twice */
	with(j, "second", json_string(w->second));
	assert_err(world_change(w, json_incref(j), w->officer_key, NULL, &err), ERR_DENIED);
	assert_err(world_change(w, json_incref(j), w->officer_key, w->officer_key, &err),
	    ERR_DENIED);
	assert_status(p.sign_serial, "good");
	assert_ok(world_change(w, j, w->officer_key, w->second_key, &err));
	assert_status(p.sign_serial, "revoked");
	signer_pair_free(&p);
}

/* A certificate that was held is untrusted since then, also when it is revoked later. */
void
test_status__revoked_since_it_was_held(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signer_pair	 p;
	struct crl_entry	 held, revoked;

	(void)state;
	issue_one("20261121000000000205", &p);
	assert_ok(world_change(w, statement("hold", p.sign_serial, "holder"), holder, NULL, &err));
	assert_true(listed(p.sign_serial, &held));
	clock_shift(1100);
	assert_ok(world_change(w, with(statement("revocation", p.sign_serial, "holder"),
	    "reason", json_integer(5)), holder, NULL, &err));
	assert_true(listed(p.sign_serial, &revoked));
	assert_int_equal(revoked.reason, 5);
	assert_int_equal(revoked.revoked, held.revoked);
	clock_shift(0);
	signer_pair_free(&p);
	EVP_PKEY_free(holder);
	holder = NULL;
}

static json_t *
said(const char *serial, const char *by, int64_t ago)
{
	return with(statement("hold", serial, by), "time", json_integer(clock_now() - ago));
}

/* The clock of one side was moved: ten minutes of a holder's word, the days of an officer's. */
void
test_status__of_these_minutes(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	int64_t			 minutes = 10 * CLOCK_MINUTE, days = conf_int("ca.approval_days") *
	    CLOCK_DAY, slack = 5 * CLOCK_SECOND;
	struct signer_pair	 p;

	(void)state;
	issue_one("20261121000000000208", &p);
	assert_err(world_change(w, said(p.sign_serial, "holder", minutes + slack), holder, NULL,
	    &err), ERR_DENIED);
	assert_err(world_change(w, said(p.sign_serial, "holder", -minutes - slack), holder, NULL,
	    &err), ERR_DENIED);
	assert_err(world_change(w, said(p.sign_serial, "officer", days + slack), w->officer_key,
	    NULL, &err), ERR_DENIED);
	assert_err(world_change(w, said(p.sign_serial, "officer", -minutes - slack),
	    w->officer_key, NULL, &err), ERR_DENIED);
	assert_status(p.sign_serial, "good");
	assert_ok(world_change(w, said(p.sign_serial, "holder", minutes - slack), holder, NULL,
	    &err));
	assert_status(p.sign_serial, "held");
	signer_pair_free(&p);
	issue_one("20261121000000000209", &p);
	assert_ok(world_change(w, said(p.sign_serial, "officer", days - slack), w->officer_key,
	    NULL, &err));
	assert_status(p.sign_serial, "held");
	signer_pair_free(&p);
}

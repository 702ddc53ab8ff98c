#include "base/base.h"
#include "signer/world.h"

/* What the signer must not do, whoever asks; each refusal is a line of the journal. */

static EVP_PKEY	*refusal_key;		/* of the applicant */

static EVP_PKEY *
applicant_key(void)
{
	struct err	 err = {0};

	if (refusal_key == NULL)
		assert_ok(sm2_generate(&refusal_key, &err));
	return refusal_key;
}

/* The text must be refused with this kind, and the journal must say so. */
static void
assert_refused(struct signed_text *t, enum err_kind kind, const char *why)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signer_pair	 p;
	struct journal_end	 before = world_journal(w), after;

	signer_pair_init(&p);
	assert_err(world_issue(w, t, applicant_key(), &p, &err), kind);
	if (strstr(err.text, why) == NULL)
		fail_msg("not about \"%s\": %s", why, err.text);
	after = world_journal(w);
	assert_int_equal(after.seq, before.seq + 1);
	assert_string_equal(after.what, "issue.refused");
	assert_non_null(strstr(after.detail, why));
	assert_string_equal(p.sign_serial, "");
	signer_pair_free(&p);
	signed_text_free(t);
}

/* An approval of order ...9 with one member changed (value: taken over). */
static struct signed_text
changed(const char *name, json_t *value)
{
	struct world	*w = world_shared();
	json_t		*j = world_approval(w, "20261121000000000009");

	json_object_set_new(j, name, value);
	return world_sign(j, w->officer_key);
}

static struct signed_text
changed_subject(const char *name, json_t *value)
{
	struct world	*w = world_shared();
	json_t		*j = world_approval(w, "20261121000000000009");

	json_object_set_new(json_object_get(j, "subject"), name, value);
	return world_sign(j, w->officer_key);
}

void
test_refusal__forged_signature(void **state)
{
	struct world		*w = world_shared();
	struct signed_text	 t = world_sign(world_approval(w, "20261121000000000009"),
	    applicant_key());

	(void)state;
	assert_refused(&t, ERR_DENIED, "is not that of");
	t = world_sign(world_approval(w, "20261121000000000009"), w->officer_key);
	t.signature.p[t.signature.len - 1] ^= 1;
	assert_refused(&t, ERR_DENIED, "is not that of");
	/* Signed for another order than the one it now names. */
	t = world_sign(world_approval(w, "20261121000000000009"), w->officer_key);
	memcpy(strstr(t.bytes.p, "0000000009"), "0000000008", 10);
	assert_refused(&t, ERR_DENIED, "is not that of");
}

void
test_refusal__unknown_officer(void **state)
{
	struct signed_text	 t = changed("officer", json_string("0123456789ABCDEF"));

	(void)state;
	assert_refused(&t, ERR_DENIED, "is no officer");
	t = changed("officer", json_null());
	assert_refused(&t, ERR_DENIED, "is no officer");
}

/* A sentence that no longer fits is cut between characters and journaled like any other. */
void
test_refusal__officer_with_a_very_long_name(void **state)
{
	struct signed_text	 t;
	struct buf		 name;

	(void)state;
	buf_init(&name, 4096);
	for (int i = 0; i < 3; i++) {
		for (int k = 0; k < 300; k++)
			buf_addstr(&name, "字");
		t = changed("officer", json_string(name.p));
		assert_refused(&t, ERR_DENIED, "字字字");
		buf_clear(&name);
		for (int k = 0; k <= i; k++)
			buf_addch(&name, 'a');
	}
	buf_free(&name);
}

/* A member of staff without the right, later with it, later put off the list. */
static void
staff_set(const char *serial, unsigned int may, bool active)
{
	static const char	 text[] = "UPDATE officer SET may = %u, active = %d "
	    "WHERE serial = '%s'";
	char			 sql[200];

	snprintf(sql, sizeof(sql), text, may, active, serial);
	world_sql(world_shared(), sql);
}

void
test_refusal__disabled_officer(void **state)
{
	struct world		*w = world_shared();
	struct signed_text	 t = changed("years", json_integer(1));

	(void)state;
	staff_set(w->officer, OFFICER_APPROVE | OFFICER_REVOKE, false);
	assert_refused(&t, ERR_DENIED, "may not sign this");
	staff_set(w->officer, OFFICER_REVOKE, true);
	t = changed("years", json_integer(1));
	assert_refused(&t, ERR_DENIED, "may not sign this");
	staff_set(w->officer, OFFICER_APPROVE | OFFICER_REVOKE, true);
}

void
test_refusal__not_canonical(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signed_text	 t = changed("years", json_integer(1));

	(void)state;
	buf_addch(&t.bytes, ' ');
	buf_clear(&t.signature);
	assert_ok(sm2_sign_message(w->officer_key, t.bytes.p, t.bytes.len, &t.signature, &err));
	assert_refused(&t, ERR_DENIED, "canonical");
	t = changed("years", json_integer(1));
	t.bytes.p[0] = '[';
	assert_refused(&t, ERR_INPUT, "statement");
	t = changed("type", json_string("revocation"));
	assert_refused(&t, ERR_DENIED, "no approval");
	t = changed("v", json_integer(2));
	assert_refused(&t, ERR_DENIED, "no approval");
}

void
test_refusal__old_and_future_time(void **state)
{
	int64_t			 now = clock_now();
	struct signed_text	 t;

	(void)state;
	t = changed("time", json_integer(now - (conf_int("ca.approval_days") + 1) * CLOCK_DAY));
	assert_refused(&t, ERR_DENIED, "of these days");
	t = changed("time", json_integer(now + CLOCK_HOUR));
	assert_refused(&t, ERR_DENIED, "of these days");
	t = changed("time", json_string("now"));
	assert_refused(&t, ERR_DENIED, "of these days");
}

void
test_refusal__wrong_product(void **state)
{
	static const char *const names[] = {"root", "issuing-ca", "staff", "ocsp", "sm2-org-sign",
		"", "no-such"};
	struct signed_text	 t;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		t = changed("profile", json_string(names[i]));
		assert_refused(&t, ERR_DENIED, "product");
	}
	t = changed("op", json_string("extend"));
	assert_refused(&t, ERR_DENIED, "unknown");
	t = changed("order", json_string("1"));
	assert_refused(&t, ERR_DENIED, "no order");
	t = changed("years", json_integer(99));
	assert_refused(&t, ERR_INPUT, "");
	t = changed("years", json_integer(INT64_C(4294967297)));
	assert_refused(&t, ERR_INPUT, "");
}

/* A key that is a file only where the product says so, and never longer than that may last. */
void
test_refusal__wrong_medium(void **state)
{
	struct world		*w = world_shared();
	struct signed_text	 t = changed("medium", json_string("soft"));
	json_t			*j = world_approval(w, "20261121000000000009");

	(void)state;
	assert_refused(&t, ERR_DENIED, "is not for the medium");
	t = changed("medium", json_string(""));
	assert_refused(&t, ERR_DENIED, "is not for the medium");
	t = changed("profile", json_string("sm2-person-soft"));
	assert_refused(&t, ERR_DENIED, "is not for the medium");
	js_set_str(j, "profile", "sm2-person-soft");
	js_set_str(j, "medium", "soft");
	js_set_int(j, "years", 3);
	t = world_sign(j, w->officer_key);
	assert_refused(&t, ERR_INPUT, "2");
}

void
test_refusal__wrong_identity(void **state)
{
	struct signed_text	 t = changed_subject("id_type", json_string("resident-id"));

	(void)state;
	assert_refused(&t, ERR_DENIED, "names its subject by");
	t = changed_subject("id_no", json_string(""));
	assert_refused(&t, ERR_DENIED, "names its subject by");
	t = changed_subject("CN", json_string(""));
	assert_refused(&t, ERR_INPUT, "");
}

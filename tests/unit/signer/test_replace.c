#include "base/base.h"
#include "signer/world.h"
#include "signer/pair.h"
#include "signer/replace.h"

/* Renewal, re-issue and change: what becomes of the old pair and how long the new one holds. */

static void
issue(json_t *approval, struct signer_pair *out, enum err_kind want)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signed_text	 t = world_sign(approval, w->officer_key);
	EVP_PKEY		*key = NULL;

	signer_pair_init(out);
	assert_ok(sm2_generate(&key, &err));
	if (want == ERR_NONE)
		assert_ok(world_issue(w, &t, key, out, &err));
	else
		assert_err(world_issue(w, &t, key, out, &err), want);
	signed_text_free(&t);
	EVP_PKEY_free(key);
}

/* An approval of this op that replaces `old`; years 0 unless it is a renewal. */
static json_t *
approval(const char *order, const char *op, const struct signer_pair *old)
{
	json_t	*j = world_approval(world_shared(), order);

	js_set_str(j, "op", op);
	if (old != NULL)
		js_set_str(j, "replaces", old->sign_serial);
	if (strcmp(op, "renew") != 0 && strcmp(op, "new") != 0)
		js_set_int(j, "years", 0);
	if (strcmp(op, "reissue") == 0)
		js_set_int(j, "reason", 1);
	return j;
}

static int64_t
end_of(const struct signer_pair *p)
{
	struct err	 err = {0};
	struct cert	*c = NULL;
	int64_t		 end;

	assert_ok(cert_parse(p->enc_cert.p, p->enc_cert.len, &c, &err));
	end = cert_not_after(c);
	cert_free(c);
	return end;
}

static const char *
status_of(const struct signer_pair *p)
{
	static char	 text[16];
	struct err	 err = {0};
	json_t		*j = json_object();

	assert_ok(status_ask(&world_shared()->signer, p->sign_serial, j, &err));
	snprintf(text, sizeof(text), "%s", js_str(j, "status"));
	json_decref(j);
	return text;
}

/* What was left of the old one is not lost: the years count from its end. */
void
test_replace__renewal_adds_to_the_old_end(void **state)
{
	struct signer_pair	 old, fresh, again;

	(void)state;
	issue(approval("20261121000000000301", "new", NULL), &old, ERR_NONE);
	issue(approval("20261121000000000302", "renew", &old), &fresh, ERR_NONE);
	assert_int_equal(end_of(&fresh), clock_add_years(end_of(&old) + CLOCK_SECOND, 1) -
	    CLOCK_SECOND);
	assert_string_equal(status_of(&old), "good");
	assert_string_equal(status_of(&fresh), "good");
	/* once, whoever asks */
	issue(approval("20261121000000000303", "renew", &old), &again, ERR_WRONG_STATE);
	signer_pair_free(&again);
	issue(approval("20261121000000000303", "reissue", &old), &again, ERR_WRONG_STATE);
	assert_string_equal(status_of(&old), "good");
	signer_pair_free(&old);
	signer_pair_free(&fresh);
	signer_pair_free(&again);
}

void
test_replace__expired_renewal_counts_from_now(void **state)
{
	struct signer_pair	 old, fresh;
	int64_t			 now;

	(void)state;
	issue(approval("20261121000000000311", "new", NULL), &old, ERR_NONE);
	clock_shift(400 * CLOCK_DAY);
	now = clock_now();
	issue(approval("20261121000000000312", "renew", &old), &fresh, ERR_NONE);
	assert_in_range(end_of(&fresh), clock_add_years(now, 1) - 5 * CLOCK_SECOND,
	    clock_add_years(now, 1) + 5 * CLOCK_SECOND);
	clock_shift(0);
	signer_pair_free(&old);
	signer_pair_free(&fresh);
}

void
test_replace__reissue_ends_the_lost_one(void **state)
{
	struct signer_pair	 old, fresh;
	json_t			*j;

	(void)state;
	issue(approval("20261121000000000321", "new", NULL), &old, ERR_NONE);
	j = approval("20261121000000000322", "reissue", &old);
	js_set_int(j, "years", 1);
	issue(j, &fresh, ERR_DENIED);			/* buys no years */
	signer_pair_free(&fresh);
	j = approval("20261121000000000322", "reissue", &old);
	json_object_del(j, "reason");
	issue(j, &fresh, ERR_DENIED);
	signer_pair_free(&fresh);
	issue(approval("20261121000000000322", "reissue", &old), &fresh, ERR_NONE);
	assert_int_equal(end_of(&fresh), end_of(&old));
	assert_string_equal(status_of(&old), "revoked");
	assert_string_equal(status_of(&fresh), "good");
	signer_pair_free(&old);
	signer_pair_free(&fresh);
}

/* Another's certificate cannot be taken over, and an organisation may change its name. */
void
test_replace__change_keeps_the_person(void **state)
{
	struct signer_pair	 old, fresh;
	json_t			*j;

	(void)state;
	issue(approval("20261121000000000331", "new", NULL), &old, ERR_NONE);
	j = approval("20261121000000000332", "renew", &old);
	js_set_str(json_object_get(j, "subject"), "id_no", "91430100MA4L1XX12L");
	issue(j, &fresh, ERR_DENIED);
	signer_pair_free(&fresh);
	j = approval("20261121000000000332", "change", &old);
	js_set_str(json_object_get(j, "subject"), "CN", "长沙建工集团有限公司");
	js_set_str(json_object_get(j, "subject"), "O", "长沙建工集团有限公司");
	js_set_str(json_object_get(j, "subject"), "id_no", "91430100MA4L1XX12L");
	issue(j, &fresh, ERR_NONE);
	assert_string_equal(status_of(&old), "revoked");
	signer_pair_free(&old);
	signer_pair_free(&fresh);
}

void
test_replace__held_or_revoked(void **state)
{
	struct err		 err = {0};
	struct world		*w = world_shared();
	struct signer_pair	 old, fresh;

	(void)state;
	issue(approval("20261121000000000341", "new", NULL), &old, ERR_NONE);
	assert_ok(world_change(w, json_pack("{s:s,s:i,s:s,s:s,s:I}", "type", "hold", "v", 1,
	    "serial", old.sign_serial, "by", "phone", "time", (json_int_t)clock_now()), NULL,
	    NULL, &err));
	issue(approval("20261121000000000342", "renew", &old), &fresh, ERR_WRONG_STATE);
	signer_pair_free(&fresh);
	issue(approval("20261121000000000342", "reissue", &old), &fresh, ERR_NONE);
	signer_pair_free(&fresh);
	issue(approval("20261121000000000343", "reissue", &old), &fresh, ERR_WRONG_STATE);
	signer_pair_free(&fresh);
	signer_pair_free(&old);
}

/* The new end of a pair that ends on `old`, fetched so much after it: a day in China. */
static void
assert_end(const char *old, int64_t after, int years, const char *want)
{
	int64_t	day = 0, end = 0;
	char	text[CLOCK_TEXT];

	assert_int_equal(clock_parse_date(old, &day), 0);
	end = day + CLOCK_DAY - CLOCK_SECOND;		/* 23:59:59 */
	assert_string_equal(clock_date(renewal_end(end, end + after, years), text), want);
}

/* Whole years: month ends, leap days, the year's end; before, at and after the old end. */
void
test_replace__the_calendar(void **state)
{
	(void)state;
	assert_end("2027-01-31", -CLOCK_DAY, 1, "2028-01-31");
	assert_end("2027-12-31", -CLOCK_DAY, 2, "2029-12-31");
	assert_end("2027-02-28", -CLOCK_DAY, 1, "2028-02-29");	/* to the end of February */
	assert_end("2028-02-28", -CLOCK_DAY, 1, "2029-02-28");
	assert_end("2028-02-29", -CLOCK_DAY, 1, "2029-02-28");
	assert_end("2028-02-29", -CLOCK_DAY, 4, "2032-02-29");
	assert_end("2028-04-30", -90 * CLOCK_DAY, 5, "2033-04-30");
	/* to the second: what is left counts; what has ended begins with the download */
	assert_end("2027-06-30", -1, 1, "2028-06-30");
	assert_end("2027-06-30", 0, 1, "2028-06-30");
	assert_end("2027-06-30", CLOCK_DAY, 1, "2028-07-01");
	assert_end("2027-06-30", 365 * CLOCK_DAY, 1, "2029-06-29");	/* over a leap day */
}

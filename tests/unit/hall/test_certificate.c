#include "made.h"
#include "hall/account/code.h"
#include "hall/act.h"
#include "hall/certificate/certificate.h"
#include "hall/certificate/selfcheck.h"
#include "hall/ops.h"
#include "hall/order/review.h"

/* Freezing, thawing, revoking and the operations: whose word does it, until when. */

/* A draft of this kind; its id.  in is stolen. */
static void
draft(struct world *w, const struct who *who, const char *serial, json_t *in, char id[24])
{
	struct err	 err = {0};
	json_t		*m = NULL;

	assert_ok(certificate_statement(w->h, who, serial, in, NULL, &m, &err));
	assert_non_null(strstr(js_str(m, "statement"), serial));
	(void)snprintf(id, 24, "%s", js_str(m, "id"));
	json_decref(m);
	json_decref(in);
}

static int
sign(struct world *w, const struct who *who, const char *serial, const char *id,
    const char *code, bool *waiting, struct err *err)
{
	json_t	*in = json_pack("{s:s, s:s, s:s}", "id", id, "signature", "MAA=", "code", code);
	int	 rc = certificate_change(w->h, who, serial, in, waiting, err);

	json_decref(in);
	return rc;
}

static const char *
code_by_sms(struct world *w)
{
	struct err	 err = {0};
	json_t		*in = world_captcha(w, &w->me, json_object()), *errors = json_array();

	assert_ok(certificate_code(w->h, &w->me, in, errors, &err));
	json_decref(in);
	json_decref(errors);
	return world_sms_code(w);
}

/* What stands on the page. */
static bool
page_says(struct world *w, const char *serial, const char *name)
{
	struct err	 err = {0};
	json_t		*m = NULL;
	bool		 yes = false;

	assert_ok(certificate_view(w->h, &w->me, serial, &m, &err));
	yes = js_bool(m, name);
	json_decref(m);
	return yes;
}

void
test_certificate__the_holder_thaws_with_key_and_code(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct made	 m;
	char		 id[24], code[8];
	bool		 waiting = true;

	(void)state;
	world_open(&w);
	m = certificate_of(&w, "cscf01", UKEY, "");
	draft(&w, &w.me, m.serial, json_pack("{s:s}", "kind", "hold"), id);
	assert_ok(sign(&w, &w.me, m.serial, id, "", &waiting, &err));
	assert_false(waiting);
	assert_true(page_says(&w, m.serial, "is_held"));
	assert_true(page_says(&w, m.serial, "may_release"));
	assert_int_equal(sign(&w, &w.me, m.serial, id, "", &waiting, &err), -1);	/* once */
	draft(&w, &w.me, m.serial, json_pack("{s:s}", "kind", "release"), id);
	assert_err(sign(&w, &w.me, m.serial, id, "000000", &waiting, &err), ERR_INPUT);
	assert_true(page_says(&w, m.serial, "is_held"));
	(void)snprintf(code, sizeof(code), "%s", code_by_sms(&w));
	assert_ok(sign(&w, &w.me, m.serial, id, code, &waiting, &err));
	assert_true(page_says(&w, m.serial, "is_good"));
	assert_string_equal(js_str(world_newest(&w, "sms"), "template"), "SMS_RELEASED");
	world_close(&w);
}

/* Ten minutes to the second, also when the clock was moved. */
void
test_certificate__a_text_is_good_for_ten_minutes(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct made	 m;
	struct who	 other = {.account = 99, .address = "192.0.2.3"};
	char		 id[24];
	bool		 waiting = false;

	(void)state;
	world_open(&w);
	m = certificate_of(&w, "cscf02", UKEY, "");
	draft(&w, &w.me, m.serial, json_pack("{s:s}", "kind", "hold"), id);
	assert_err(sign(&w, &other, m.serial, id, "", &waiting, &err), ERR_NOT_FOUND);
	assert_err(sign(&w, &w.staff, m.serial, id, "", &waiting, &err), ERR_DENIED);
	clock_shift(10 * CLOCK_MINUTE + CLOCK_SECOND);
	assert_err(sign(&w, &w.me, m.serial, id, "", &waiting, &err), ERR_EXPIRED);
	clock_shift(-2 * CLOCK_SECOND);
	assert_ok(sign(&w, &w.me, m.serial, id, "", &waiting, &err));
	clock_shift(-10 * CLOCK_MINUTE + CLOCK_SECOND);
	(void)snprintf(world_pair_state, sizeof(world_pair_state), "good");
	world_close(&w);
}

void
test_certificate__staff_thaw_and_revoke_by_two(void **state)
{
	static const char *const	kinds[] = { "release", "revocation" };
	struct err			err = {0};
	struct world			w;
	struct made			m;
	char				me[24];

	(void)state;
	world_open(&w);
	m = certificate_of(&w, "cscf03", UKEY, "");
	(void)snprintf(me, sizeof(me), "%" PRId64, w.staff.staff);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		json_t	*in = json_pack("{s:s, s:s}", "kind", kinds[i], "reason", "5"), *got = NULL;

		assert_err(certificate_statement(w.h, &w.staff, m.serial, in, NULL, &got, &err),
		    ERR_INPUT);				/* no second */
		js_set_str(in, "second", me);
		assert_err(certificate_statement(w.h, &w.staff, m.serial, in, NULL, &got, &err),
		    ERR_INPUT);				/* the same one */
		json_decref(in);
	}
	world_close(&w);
}

static int
begin(struct world *w, const char *op, const char *serial, char no[ORDER_NO], struct err *err)
{
	json_t	*in = json_pack("{s:s, s:s}", "cause", "lost", "years", "1"), *errors = json_array();
	int	 rc = op_begin(w->h, &w->me, op, serial, in, errors, no, err);

	json_decref(errors);
	json_decref(in);
	return rc;
}

/* One operation at a time; the other hears which order is in its way, until that is given up. */
void
test_certificate__one_operation_at_a_time(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct made	 m;
	struct who	 holder;
	char		 first[ORDER_NO], again[ORDER_NO];

	(void)state;
	world_open(&w);
	m = certificate_of(&w, "cscf04", UKEY, "");
	holder = w.me;
	w.me.key = m.serial;
	assert_ok(begin(&w, "reissue", m.serial, first, &err));
	assert_ok(begin(&w, "reissue", m.serial, again, &err));
	assert_string_equal(first, again);
	assert_err(begin(&w, "change", m.serial, again, &err), ERR_CONFLICT);
	assert_non_null(strstr(err.text, first));
	assert_ok(begin(&w, "unlock", m.serial, again, &err));	/* the certificate stays */
	w.me = holder;
	assert_ok(order_cancel(w.h, &w.me, first, "", &err));
	assert_err(begin(&w, "change", m.serial, again, &err), ERR_DENIED);	/* without its key */
	w.me.key = m.serial;
	assert_ok(begin(&w, "change", m.serial, again, &err));
	w.me = holder;
	world_close(&w);
}

static int
bind_run(struct db *db, struct act *a, struct err *err)
{
	return medium_bind(db, a->h, a->who, &a->o, a->name, err);
}

static int
bind(struct world *w, const char *no, const char *ukey, struct err *err)
{
	struct act	a = {.h = w->h, .who = &w->me, .no = no, .name = ukey};

	return act_write(&a, bind_run, err);
}

/* A change stays in its UKey, a re-issue takes another. */
void
test_certificate__the_ukey_of_a_change_is_the_old_one(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct made	 m;
	struct who	 holder;
	char		 no[ORDER_NO];

	(void)state;
	world_open(&w);
	m = certificate_of(&w, "cscf05", UKEY, "");
	holder = w.me;
	w.me.key = m.serial;
	assert_ok(begin(&w, "change", m.serial, no, &err));
	w.me = holder;
	assert_err(bind(&w, no, "YX0002", &err), ERR_CONFLICT);
	assert_non_null(strstr(err.text, UKEY));
	assert_ok(bind(&w, no, UKEY, &err));
	m = certificate_of(&w, "cscf07", "YX0003", "");
	assert_ok(begin(&w, "reissue", m.serial, no, &err));
	assert_err(bind(&w, no, "YX0003", &err), ERR_CONFLICT);	/* it holds the lasting one */
	assert_ok(bind(&w, no, "YX0004", &err));
	world_close(&w);
}

/* From the command line: for the owner, by the system; nothing that needs the UKey. */
void
test_certificate__begun_by_the_system(void **state)
{
	static const struct who	 system = {.system = true, .address = ""};
	struct err		 err = {0};
	struct world		 w;
	struct made		 m;
	char			 no[ORDER_NO];
	json_t			*in = json_pack("{s:s}", "cause", "lost"), *got = NULL;

	(void)state;
	world_open(&w);
	m = certificate_of(&w, "cscf06", UKEY, "");
	assert_err(op_begin(w.h, &system, "change", m.serial, in, NULL, no, &err), ERR_DENIED);
	assert_err(op_begin(w.h, &system, "renew", m.serial, in, NULL, no, &err), ERR_WRONG_STATE);
	assert_ok(op_begin(w.h, &system, "reissue", m.serial, in, NULL, no, &err));
	assert_ok(order_view(w.h, &w.me, no, &got, &err));	/* the owner's */
	assert_string_equal(js_str(got, "old"), m.serial);
	assert_string_equal(js_str(json_array_get(json_object_get(got, "events"), 0), "actor"),
	    "system");
	json_decref(got);
	assert_err(selfcheck_certificate(w.h, &(struct who){.account = 99}, m.serial, &got, &err),
	    ERR_NOT_FOUND);
	assert_err(selfcheck_certificate(w.h, &w.me, m.serial, &got, &err), ERR_WRONG_STATE);
	json_decref(in);
	world_close(&w);
}

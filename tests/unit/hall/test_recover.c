#include "world.h"
#include "hall/certificate/recover.h"
#include "hall/ops.h"
#include "hall/order/order_row.h"
#include "pki/carrier.h"

#define DAYS	(3 * CLOCK_DAY)			/* of the definition */

/* An account with an ended pair and a good one, and two key officers. */
struct scene {
	struct world	 w;
	EVP_PKEY	*key[2], *enc_key, *second_key;	/* of the old and the new pair */
	struct cert	*old, *enc, *fresh, *second;
	struct who	 officer[2];
	char		 no[ORDER_NO];
};

static void
scene_officers(struct scene *s)
{
	struct err	 err = {0};
	struct who	 system = {.system = true, .address = ""};
	int64_t		 id = 0;

	s->second = world_cert(&s->w, "staff", s->second_key);
	assert_ok(staff_add(s->w.h, &system, "审核员乙", cert_serial(s->second), ROLE_REVIEWER,
	    &id, &err));
	s->officer[0] = s->w.staff;
	s->officer[1] = (struct who){.staff = id, .roles = ROLE_REVIEWER, .address = "192.0.2.8"};
	(void)snprintf(world_key_officers[0], 65, "%s", cert_serial(s->w.officer));
	(void)snprintf(world_key_officers[1], 65, "%s", cert_serial(s->second));
}

static void
scene_open(struct scene *s)
{
	struct err	 err = {0};
	char		 no[ORDER_NO];

	memset(s, 0, sizeof(*s));
	world_open(&s->w);
	world_recover_refuses = ERR_NONE;
	assert_ok(sm2_generate(&s->key[0], &err));
	assert_ok(sm2_generate(&s->key[1], &err));
	assert_ok(sm2_generate(&s->enc_key, &err));
	assert_ok(sm2_generate(&s->second_key, &err));
	s->old = world_cert(&s->w, "sm2-org-sign", s->key[0]);
	s->enc = world_cert(&s->w, "sm2-org-enc", s->enc_key);
	s->fresh = world_cert(&s->w, "sm2-org-sign", s->key[1]);
	world_recovered = s->enc;
	scene_officers(s);
	world_order(&s->w, "cskc01", "download", no);
	world_certify(&s->w, no, s->old, s->enc, "revoked");
	world_order(&s->w, "cskc02", "download", no);
	world_certify(&s->w, no, s->fresh, NULL, "good");
}

static void
scene_close(struct scene *s)
{
	size_t	i = 0;

	for (i = 0; i < 2; i++)
		EVP_PKEY_free(s->key[i]);
	EVP_PKEY_free(s->enc_key);
	EVP_PKEY_free(s->second_key);
	cert_free(s->old);
	cert_free(s->enc);
	cert_free(s->fresh);
	cert_free(s->second);
	world_close(&s->w);
}

/* Materials and identity stand for themselves elsewhere. */
static int
complete(struct db *db, void *arg, struct err *err)
{
	struct scene	*s = arg;
	struct order	 o = {0};
	int		 rc = -1;

	if (order_load(db, s->w.h, s->no, &o, err) < 0)
		return -1;
	js_set_int(o.steps, "materials", clock_now());
	js_set_int(o.steps, "identity", clock_now());
	rc = order_move(db, s->w.h, &s->w.me, &o, EVENT_COMPLETE, NULL, err);
	order_release(&o);
	return rc;
}

static json_t *
reason(const struct scene *s, const char *id, const char *text)
{
	return json_pack("{s:s, s:s, s:s}", "reason", id, "text", text, "receiver",
	    cert_serial(s->fresh));
}

static void
begin(struct scene *s)
{
	struct err	err = {0};

	assert_ok(op_begin(s->w.h, &s->w.me, "recover", cert_serial(s->old), NULL, NULL, s->no,
	    &err));
	(void)world_step(&s->w, s->no, "reason", reason(s, "lost", ""));
	assert_ok(store_write(s->w.store, complete, s, &err));
}

/* A fresh statement by officer `by`, for the other one; NULL when it is refused. */
static json_t *
draft(struct scene *s, size_t by, size_t second, struct err *err)
{
	json_t	*in = json_object(), *errors = json_array(), *m = NULL;
	char	 text[24];
	json_t	*v = world_view(&s->w, s->no);

	(void)snprintf(text, sizeof(text), "%" PRId64, js_int(v, "version", 0));
	js_set_str(in, "version", text);
	(void)snprintf(text, sizeof(text), "%" PRId64, s->officer[second].staff);
	js_set_str(in, "second", text);
	if (recover_statement(s->w.h, &s->officer[by], s->no, in, errors, &m, err) < 0)
		m = NULL;
	json_decref(v);
	json_decref(in);
	json_decref(errors);
	return m;
}

static int
sign(struct scene *s, size_t by, const char *statement, EVP_PKEY *key, const struct cert *c,
    struct err *err)
{
	struct err		 e = {0};
	json_t			*in = json_pack("{s:s}", "statement", statement);
	struct buf		 sig;
	size_t			 len = 0;
	const unsigned char	*der = cert_der(c, &len);
	int			 rc = -1;

	buf_init(&sig, 256);
	if (sm2_sign_message(key, statement, strlen(statement), &sig, &e) < 0)
		fail_msg("%s", e.text);
	js_set_bytes(in, "certificate", der, len);
	js_set_bytes(in, "signature", sig.p, sig.len);
	rc = recover_sign(s->w.h, &s->officer[by], s->no, in, err);
	buf_free(&sig);
	json_decref(in);
	return rc;
}

/* The first signs; the statement. */
static json_t *
signed_once(struct scene *s)
{
	struct err	 err = {0};
	json_t		*m = draft(s, 0, 1, &err);

	if (m == NULL)
		fail_msg("%s", err.text);
	assert_ok(sign(s, 0, js_str(m, "statement"), s->w.officer_key, s->w.officer, &err));
	return m;
}

static json_t *
signed_twice(struct scene *s)
{
	struct err	 err = {0};
	json_t		*m = signed_once(s);

	assert_ok(sign(s, 1, js_str(m, "statement"), s->second_key, s->second, &err));
	return m;
}

static int
tick(struct db *db, void *arg, struct err *err)
{
	return recover_tick(db, arg, clock_now(), err);
}

static void
pass(struct scene *s)
{
	struct err	err = {0};

	assert_ok(store_write(s->w.store, tick, s->w.h, &err));
}

/* What the new UKey sends for this order; the carrier's key is any. */
static json_t *
request(struct scene *s, const char *order, EVP_PKEY *by)
{
	struct err	 err = {0};
	unsigned char	 point[SM2_POINT_LEN];
	struct buf	 text, sig;
	json_t		*in = json_pack("{s:s}", "ukey", "YX0002");

	buf_init(&text, 1024);
	buf_init(&sig, 256);
	assert_ok(sm2_point(s->enc_key, point, &err));
	assert_ok(carrier_text(order, cert_serial(s->fresh), point, &text, &err));
	assert_ok(sm2_sign_message(by, text.p, text.len, &sig, &err));
	js_set_str(in, "carrier", text.p);
	js_set_bytes(in, "signature", sig.p, sig.len);
	buf_free(&text);
	buf_free(&sig);
	return in;
}

/* in is stolen. */
static int
ask_key(struct scene *s, json_t *in, json_t **got, struct err *err)
{
	int	rc = recover_key_get(s->w.h, &s->w.me, s->no, in, got, err);

	json_decref(in);
	return rc;
}

/* What does not open the probe ends nothing. */
static int
done_with_wrong(struct scene *s, struct err *err)
{
	json_t	*in = json_object();
	int	 rc = -1;

	js_set_bytes(in, "plain", "00000000000000000000000000000000", 32);
	rc = recover_done(s->w.h, &s->w.me, s->no, in, err);
	json_decref(in);
	return rc;
}

static int
count_sms(struct world *w, const char *template)
{
	json_t	*j = NULL;
	size_t	 i = 0;
	int	 n = 0;

	world_pull(w);
	json_array_foreach(w->out, i, j)
		n += strcmp(js_str(json_object_get(j, "payload"), "template"), template) == 0;
	return n;
}

void
test_recover__signed_by_two_within_three_days(void **state)
{
	struct err	 err = {0};
	struct scene	 s;
	json_t		*m = NULL, *given = NULL;

	(void)state;
	scene_open(&s);
	begin(&s);
	/* the agent's phone and the account's are two: both hear of it */
	assert_int_equal(count_sms(&s.w, "SMS_RECOVER_BEGUN"), 2);
	assert_null(draft(&s, 0, 0, &err));				/* the same person */
	assert_int_equal(err.kind, ERR_INPUT);
	err_clear(&err);
	m = signed_once(&s);
	assert_state(&s.w, s.no, "countersigning");
	clock_shift(DAYS - CLOCK_SECOND);
	pass(&s);
	assert_state(&s.w, s.no, "countersigning");
	/* the first again; the second with the first's UKey */
	assert_err(sign(&s, 0, js_str(m, "statement"), s.w.officer_key, s.w.officer, &err),
	    ERR_DENIED);
	assert_err(sign(&s, 1, js_str(m, "statement"), s.w.officer_key, s.w.officer, &err),
	    ERR_DENIED);
	assert_ok(sign(&s, 1, js_str(m, "statement"), s.second_key, s.second, &err));
	assert_state(&s.w, s.no, "recovering");
	assert_int_equal(count_sms(&s.w, "SMS_RECOVER_READY"), 2);
	assert_err(ask_key(&s, request(&s, s.no, s.key[0]), &given, &err), ERR_INPUT);
	assert_err(ask_key(&s, request(&s, "20261121000000000001", s.key[1]), &given, &err),
	    ERR_INPUT);
	world_recover_refuses = ERR_CONFLICT;
	assert_err(ask_key(&s, request(&s, s.no, s.key[1]), &given, &err), ERR_CONFLICT);
	world_recover_refuses = ERR_NONE;
	assert_ok(ask_key(&s, request(&s, s.no, s.key[1]), &given, &err));
	assert_err(done_with_wrong(&s, &err), ERR_INPUT);
	assert_err(order_cancel(s.w.h, &s.w.me, s.no, "", &err), ERR_WRONG_STATE);
	clock_shift(-DAYS + CLOCK_SECOND);
	json_decref(given);
	json_decref(m);
	scene_close(&s);
}

void
test_recover__lapses(void **state)
{
	struct err	 err = {0};
	struct scene	 s;
	json_t		*m = NULL, *given = NULL;

	(void)state;
	scene_open(&s);
	begin(&s);
	/* the second did not come: signed again from the beginning */
	m = signed_once(&s);
	clock_shift(DAYS);
	assert_err(sign(&s, 1, js_str(m, "statement"), s.second_key, s.second, &err), ERR_EXPIRED);
	pass(&s);
	assert_state(&s.w, s.no, "reviewing");
	assert_err(sign(&s, 0, js_str(m, "statement"), s.w.officer_key, s.w.officer, &err),
	    ERR_CONFLICT);
	json_decref(m);
	/* kmc does not take it: signed again */
	m = signed_twice(&s);
	world_recover_refuses = ERR_DENIED;
	assert_err(ask_key(&s, request(&s, s.no, s.key[1]), &given, &err), ERR_WRONG_STATE);
	assert_state(&s.w, s.no, "reviewing");
	world_recover_refuses = ERR_NONE;
	json_decref(m);
	/* the applicant comes too late: the order is over */
	m = signed_twice(&s);
	clock_shift(DAYS);
	assert_err(ask_key(&s, request(&s, s.no, s.key[1]), &given, &err), ERR_EXPIRED);
	assert_state(&s.w, s.no, "cancelled");
	assert_int_equal(count_sms(&s.w, "SMS_RECOVER_ENDED"), 2);
	json_decref(m);
	/* or does not come at all */
	begin(&s);
	m = signed_twice(&s);
	clock_shift(DAYS);
	pass(&s);
	assert_state(&s.w, s.no, "cancelled");
	assert_int_equal(count_sms(&s.w, "SMS_RECOVER_ENDED"), 4);
	clock_shift(-3 * DAYS);
	json_decref(m);
	scene_close(&s);
}

static int
rename_agent(struct db *db, void *arg, struct err *err)
{
	struct scene	*s = arg;
	struct order	 o = {0};
	int		 rc = order_load(db, s->w.h, s->no, &o, err);

	if (rc == 0) {
		js_set_str(o.form, "agent_name", "审核员乙");
		rc = order_save(db, s->w.h, &o, err);
	}
	order_release(&o);
	return rc;
}

/* Not the applicant, not who is not on kmc's list, not for a certificate in use, not into another
 * subject's UKey. */
void
test_recover__who_may(void **state)
{
	struct err	 err = {0};
	struct scene	 s;
	char		 no[ORDER_NO];
	const char	*next = NULL;
	json_t		*m = NULL, *in = NULL, *errors = json_array();

	(void)state;
	scene_open(&s);
	assert_err(op_begin(s.w.h, &s.w.me, "recover", cert_serial(s.fresh), NULL, NULL, no, &err),
	    ERR_WRONG_STATE);
	assert_ok(op_begin(s.w.h, &s.w.me, "recover", cert_serial(s.old), NULL, NULL, s.no, &err));
	in = json_pack("{s:s, s:s, s:s}", "reason", "lost", "text", "", "receiver",
	    cert_serial(s.old));
	assert_err(step_accept(s.w.h, &s.w.me, s.no, "reason", in, errors, &next, &err),
	    ERR_WRONG_STATE);
	json_decref(in);
	in = reason(&s, "other", "");
	assert_err(step_accept(s.w.h, &s.w.me, s.no, "reason", in, errors, &next, &err), ERR_INPUT);
	json_decref(in);
	begin(&s);
	world_key_officers[1][0] = '\0';
	assert_null(draft(&s, 0, 1, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	err_clear(&err);
	assert_null(draft(&s, 1, 0, &err));
	assert_int_equal(err.kind, ERR_DENIED);
	err_clear(&err);
	(void)snprintf(world_key_officers[1], 65, "%s", cert_serial(s.second));
	assert_ok(store_write(s.w.store, rename_agent, &s, &err));
	assert_null(draft(&s, 0, 1, &err));
	assert_int_equal(err.kind, ERR_INPUT);
	err_clear(&err);
	assert_err(recover_view(s.w.h, &s.w.me, s.no, &m, &err), ERR_DENIED);
	assert_ok(recover_view(s.w.h, &s.officer[1], s.no, &m, &err));
	assert_false(js_bool(m, "may_first"));
	assert_non_null(strstr(js_str(m, "why_not"), "申请人"));
	json_decref(m);
	json_decref(errors);
	scene_close(&s);
}

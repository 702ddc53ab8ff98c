#include "made.h"
#include "hall/certificate/unlock.h"
#include "hall/medium/stock.h"
#include "hall/ops.h"
#include "hall/order/review.h"

#define CHALLENGE	"000102030405060708090a0b0c0d0e0f"

static int
begin(struct world *w, const struct made *m, char no[ORDER_NO], struct err *err)
{
	return op_begin(w->h, &w->me, "unlock", m->serial, NULL, NULL, no, err);
}

/* in is stolen. */
static int
take(struct world *w, const char *no, const char *step, json_t *in, struct err *err)
{
	json_t		*errors = json_array();
	const char	*next = NULL;
	int		 rc = step_accept(w->h, &w->me, no, step, in, errors, &next, err);

	json_decref(errors);
	json_decref(in);
	return rc;
}

static json_t *
answer(const char *text)
{
	return json_pack("{s:s}", "answer", text);
}

static json_t *
challenge(const char *ukey)
{
	return json_pack("{s:s, s:s}", "ukey", ukey, "challenge", CHALLENGE);
}

static void
phone(struct world *w, const char *no)
{
	struct err	 err = {0};
	json_t		*in = world_captcha(w, &w->me, json_object()), *errors = json_array();

	assert_ok(phone_code_send(w->h, &w->me, no, in, errors, &err));
	assert_string_equal(js_str(world_newest(w, "sms"), "phone"), "18907311889");
	(void)world_step(w, no, "phone_code", json_pack("{s:s}", "code", world_sms_code(w)));
	json_decref(in);
	json_decref(errors);
}

/* Send a link; its token. */
static json_t *
link_mailed(struct world *w, const char *no)
{
	struct err	 err = {0};
	const char	*at = NULL;
	char		 token[33];

	assert_ok(unlock_send_link(w->h, &w->me, no, &err));
	assert_string_equal(js_str(world_newest(w, "mail"), "to"), "agent@example.com");
	at = strstr(js_str(world_newest(w, "mail"), "text"), "token=");
	assert_non_null(at);
	(void)snprintf(token, sizeof(token), "%s", at + strlen("token="));
	return json_pack("{s:s}", "token", token);
}

static void
prove(struct world *w, const char *no)
{
	(void)world_step(w, no, "question", answer("长沙"));
	phone(w, no);
	(void)world_step(w, no, "mail_link", link_mailed(w, no));
}

static void
approve(struct world *w, const char *no)
{
	struct err		 err = {0};
	json_t			*m = NULL, *in = json_object();
	struct buf		 sig = {0};
	const unsigned char	*der = NULL;
	size_t			 len = 0;

	assert_ok(review_view(w->h, &w->staff, no, &m, &err));
	assert_true(js_bool(m, "has_unlock"));
	assert_int_equal(json_array_size(json_object_get(m, "warnings")), 0);
	assert_int_equal(json_array_size(json_object_get(json_object_get(m, "unlock"),
	    "proofs")), 3);
	len = (size_t)js_int(m, "version", 0);
	json_decref(m);
	assert_ok(review_statement(w->h, &w->staff, no, (int64_t)len, &m, &err));
	assert_non_null(strstr(js_str(m, "statement"), "\"challenge\":\"" CHALLENGE "\""));
	assert_non_null(strstr(js_str(m, "statement"), "\"serial\":\"" UKEY "\""));
	assert_non_null(strstr(js_str(m, "statement"), "\"type\":\"unlock\""));
	buf_init(&sig, 256);
	assert_ok(sm2_sign_message(w->officer_key, js_str(m, "statement"),
	    strlen(js_str(m, "statement")), &sig, &err));
	der = cert_der(w->officer, &len);
	js_set_bytes(in, "certificate", der, len);
	js_set_bytes(in, "signature", sig.p, sig.len);
	js_set_str(in, "statement", js_str(m, "statement"));
	assert_ok(review_approve(w->h, &w->staff, no, in, &err));
	buf_free(&sig);
	json_decref(in);
	json_decref(m);
}

/* ---- rules ---- */

/* One mailed link alone is never enough; what the form lacks is not asked for. */
void
test_unlock__proves_by_two_at_least(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct made	 all, few;
	char		 no[ORDER_NO], again[ORDER_NO];

	(void)state;
	world_open(&w);
	all = certificate_of(&w, "cskc01", UKEY, "");
	assert_ok(begin(&w, &all, no, &err));
	assert_ok(begin(&w, &all, again, &err));		/* another window */
	assert_string_equal(no, again);
	assert_err(take(&w, no, "mail_link", json_pack("{s:s}", "token", ""), &err),
	    ERR_WRONG_STATE);
	assert_err(unlock_send_link(w.h, &w.me, no, &err), ERR_WRONG_STATE);
	(void)world_step(&w, no, "question", answer("长沙"));
	assert_err(take(&w, no, "challenge", challenge(UKEY), &err), ERR_WRONG_STATE);
	few = certificate_of(&w, "cskc02", "YX0002", "answer");
	assert_ok(begin(&w, &few, no, &err));
	assert_err(take(&w, no, "question", answer(""), &err), ERR_INPUT);
	phone(&w, no);						/* first, with no question */
	few = (struct made){.w = &w, .ukey = "YX0003", .drop = "answer", .no_mail = true};
	make(&few, "cskc03");
	assert_err(begin(&w, &few, no, &err), ERR_WRONG_STATE);	/* the phone alone */
	world_close(&w);
}

void
test_unlock__the_question_has_five_tries_a_day(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct made	 m;
	char		 no[ORDER_NO];
	int		 i = 0;

	(void)state;
	world_open(&w);
	m = certificate_of(&w, "cskc01", UKEY, "");
	assert_ok(begin(&w, &m, no, &err));
	for (i = 0; i < 5; i++)
		assert_err(take(&w, no, "question", answer("北京"), &err), ERR_INPUT);
	assert_err(take(&w, no, "question", answer("长沙"), &err), ERR_LIMIT);
	assert_ok(order_cancel(w.h, &w.me, no, "", &err));
	assert_ok(begin(&w, &m, no, &err));			/* a new order has no new tries */
	assert_err(take(&w, no, "question", answer("长沙"), &err), ERR_LIMIT);
	clock_shift(CLOCK_DAY + CLOCK_MINUTE);
	assert_ok(take(&w, no, "question", answer(" 长沙 "), &err));
	clock_shift(-CLOCK_DAY - CLOCK_MINUTE);
	world_close(&w);
}

void
test_unlock__a_link_is_good_once_and_for_half_an_hour(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct made	 m;
	char		 no[ORDER_NO];
	json_t		*old = NULL, *token = NULL;

	(void)state;
	world_open(&w);
	m = certificate_of(&w, "cskc01", UKEY, "");
	assert_ok(begin(&w, &m, no, &err));
	(void)world_step(&w, no, "question", answer("长沙"));
	phone(&w, no);
	assert_err(take(&w, no, "mail_link", json_pack("{s:s}", "token", ""), &err), ERR_INPUT);
	old = link_mailed(&w, no);
	token = link_mailed(&w, no);
	assert_err(take(&w, no, "mail_link", old, &err), ERR_INPUT);	/* void by the newer */
	clock_shift(-CLOCK_HOUR);		/* the clock set back: it lives no longer for that */
	assert_err(take(&w, no, "mail_link", json_incref(token), &err), ERR_INPUT);
	clock_shift(CLOCK_HOUR);
	clock_shift(30 * CLOCK_MINUTE + CLOCK_SECOND);
	assert_err(take(&w, no, "mail_link", json_incref(token), &err), ERR_INPUT);
	clock_shift(-CLOCK_MINUTE);
	assert_ok(take(&w, no, "mail_link", json_incref(token), &err));
	assert_err(take(&w, no, "mail_link", token, &err), ERR_INPUT);
	clock_shift(-29 * CLOCK_MINUTE - CLOCK_SECOND);
	world_close(&w);
}

static int
bind_other(struct db *db, void *arg, struct err *err)
{
	struct order	o = {.id = 77, .account = 99};

	return medium_bind(db, world_now->h, &world_now->me, &o, arg, err);
}

/* Another UKey, one that nobody wrote down, somebody else's: none of them. */
void
test_unlock__only_the_ukey_of_the_certificate(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct made	 m, unknown;
	struct who	 system = {.system = true, .address = ""};
	char		 no[ORDER_NO];

	(void)state;
	world_open(&w);
	m = certificate_of(&w, "cskc01", UKEY, "");
	assert_err(store_write(w.store, bind_other, (char[]){UKEY}, &err), ERR_CONFLICT);
	assert_err(store_write(w.store, bind_other, (char[]){"a b"}, &err), ERR_INPUT);
	assert_ok(store_write(w.store, bind_other, (char[]){"YX0009"}, &err));
	assert_ok(begin(&w, &m, no, &err));
	prove(&w, no);
	assert_err(take(&w, no, "challenge", challenge("YX0009"), &err), ERR_CONFLICT);
	assert_err(take(&w, no, "challenge", challenge(""), &err), ERR_INPUT);
	assert_ok(take(&w, no, "challenge", challenge(UKEY), &err));
	assert_state(&w, no, "reviewing");
	assert_err(stock_release(w.h, &w.me, UKEY, &err), ERR_DENIED);
	assert_ok(stock_release(w.h, &system, UKEY, &err));
	assert_err(stock_release(w.h, &system, UKEY, &err), ERR_NOT_FOUND);
	assert_err(take(&w, no, "challenge", challenge(UKEY), &err), ERR_WRONG_STATE);
	assert_ok(store_write(w.store, bind_other, (char[]){UKEY}, &err));
	assert_err(take(&w, no, "challenge", challenge(UKEY), &err), ERR_WRONG_STATE);
	clock_shift(2 * CLOCK_MINUTE);			/* another code to the same phone */
	unknown = certificate_of(&w, "cskc02", "", "");
	assert_ok(begin(&w, &unknown, no, &err));
	prove(&w, no);
	assert_err(take(&w, no, "challenge", challenge(UKEY), &err), ERR_WRONG_STATE);
	clock_shift(-2 * CLOCK_MINUTE);
	world_close(&w);
}

static void
until_reviewed(struct world *w, struct made *m, char no[ORDER_NO])
{
	struct err	err = {0};

	*m = certificate_of(w, "cskc01", UKEY, "");
	assert_ok(begin(w, m, no, &err));
	prove(w, no);
	(void)world_step(w, no, "challenge", challenge(UKEY));
}

void
test_unlock__the_answer_is_for_an_approved_order(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct made	 m;
	struct who	 other = {.account = 99, .address = "192.0.2.3"};
	char		 no[ORDER_NO];
	json_t		*got = NULL;

	(void)state;
	world_open(&w);
	world_unlock_refuses = ERR_NONE;
	until_reviewed(&w, &m, no);
	assert_err(unlock_answer_get(w.h, &w.me, no, &got, &err), ERR_WRONG_STATE);
	approve(&w, no);
	assert_err(unlock_done(w.h, &w.me, no, &err), ERR_WRONG_STATE);	/* no answer yet */
	assert_err(unlock_answer_get(w.h, &other, no, &got, &err), ERR_NOT_FOUND);
	assert_err(unlock_answer_get(w.h, &w.staff, no, &got, &err), ERR_DENIED);
	assert_ok(unlock_answer_get(w.h, &w.me, no, &got, &err));
	assert_string_equal(js_str(got, "ukey"), UKEY);
	assert_string_equal(js_str(got, "order"), no);
	assert_int_equal(strlen(js_str(got, "answer")), 2 * UNLOCK_ANSWER);
	json_decref(got);
	assert_ok(unlock_done(w.h, &w.me, no, &err));
	assert_ok(unlock_done(w.h, &w.me, no, &err));
	assert_state(&w, no, "done");
	assert_string_equal(js_str(world_newest(&w, "sms"), "template"), "SMS_UNLOCKED");
	assert_err(unlock_answer_get(w.h, &w.me, no, &got, &err), ERR_WRONG_STATE);
	world_close(&w);
}

void
test_unlock__a_lapsed_answer_is_reviewed_again(void **state)
{
	static const enum err_kind	kinds[] = { ERR_EXPIRED, ERR_CONFLICT, ERR_DENIED };
	struct err			err = {0};
	struct world			w;
	struct made			m;
	char				no[ORDER_NO];
	json_t				*got = NULL;
	size_t				i = 0;

	(void)state;
	world_open(&w);
	until_reviewed(&w, &m, no);
	approve(&w, no);
	world_unlock_refuses = ERR_BUSY;			/* kmc is away: nothing is lost */
	assert_err(unlock_answer_get(w.h, &w.me, no, &got, &err), ERR_BUSY);
	assert_state(&w, no, "unlocking");
	for (i = 0; i < ARRAY_LEN(kinds); i++) {
		world_unlock_refuses = kinds[i];
		assert_int_equal(unlock_answer_get(w.h, &w.me, no, &got, &err), -1);
		assert_non_null(strstr(err.text, "重新读取UKey"));
		assert_state(&w, no, "submitted");
		(void)world_step(&w, no, "challenge", challenge(UKEY));
		approve(&w, no);
	}
	world_unlock_refuses = ERR_NONE;
	assert_ok(unlock_answer_get(w.h, &w.me, no, &got, &err));
	json_decref(got);
	world_close(&w);
}

static int
freeze(struct db *db, void *arg, struct err *err)
{
	struct rows	*rows = NULL;
	int64_t		 order = 0;

	if (db_one(db, SQL_CERTIFICATE_ONE, &rows, err, DB_TEXT(arg)) < 0)
		return -1;
	order = rows_int(rows, 1);
	rows_free(rows);
	return db_run(db, SQL_CERTIFICATE_STATE_SET, NULL, err, DB_INT(order), DB_TEXT("frozen"));
}

void
test_unlock__a_frozen_certificate_is_not_unlocked(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct made	 m;
	char		 no[ORDER_NO], again[ORDER_NO];
	json_t		*got = NULL;

	(void)state;
	world_open(&w);
	until_reviewed(&w, &m, no);
	approve(&w, no);
	assert_ok(store_write(w.store, freeze, m.serial, &err));	/* the holder saw the SMS */
	assert_err(unlock_answer_get(w.h, &w.me, no, &got, &err), ERR_WRONG_STATE);
	assert_err(take(&w, no, "challenge", challenge(UKEY), &err), ERR_WRONG_STATE);
	assert_ok(order_cancel(w.h, &w.me, no, "", &err));
	assert_err(begin(&w, &m, again, &err), ERR_WRONG_STATE);
	world_close(&w);
}

#include "world.h"

#include <pthread.h>
#include <stdatomic.h>

static int
account_try(struct world *w, const char *login, const char *password, bool captcha,
    struct err *err)
{
	struct who	 who = {.address = "192.0.2.20"};
	json_t		*in = json_pack("{s:s, s:s}", "login", login, "password", password);
	json_t		*errors = json_array();
	int		 rc = 0;

	if (captcha)
		(void)world_captcha(w, &who, in);
	rc = account_sign_in(w->h, &who, in, errors, w->token, err);
	json_decref(errors);
	json_decref(in);
	return rc;
}

void
test_account__signs_in_by_mobile_and_mail(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct session	 s;

	(void)state;
	world_open(&w);
	assert_ok(account_try(&w, WORLD_MOBILE, WORLD_PASSWORD, false, &err));
	assert_ok(session_load(w.h, w.token, SESSION_ACCOUNT, &s, &err));
	assert_int_equal(s.owner, w.me.account);
	assert_string_equal(s.name, "188****8888");
	assert_true(hall_csrf_is(w.h, w.token, s.csrf));
	assert_err(session_load(w.h, w.token, SESSION_STAFF, &s, &err), ERR_EXPIRED);
	assert_ok(account_try(&w, " Wang@Example.COM ", WORLD_PASSWORD, false, &err));
	assert_ok(session_end(w.h, w.token, &err));
	assert_err(session_load(w.h, w.token, SESSION_ACCOUNT, &s, &err), ERR_EXPIRED);
	assert_err(session_load(w.h, "", SESSION_ACCOUNT, &s, &err), ERR_EXPIRED);
	world_close(&w);
}

void
test_account__unknown_and_wrong_answer_alike(void **state)
{
	struct err	 a = {0}, err = {0};
	struct world	 w;
	int		 i = 0;

	(void)state;
	world_open(&w);
	assert_int_equal(account_try(&w, "13900000000", "Wrong-123", false, &a), -1);
	assert_int_equal(account_try(&w, WORLD_MOBILE, "Wrong-123", false, &err), -1);
	assert_string_equal(a.text, err.text);
	assert_int_equal(a.kind, err.kind);
	/* After two failures a captcha, after ten nothing any more for an hour. */
	assert_err(account_try(&w, WORLD_MOBILE, "Wrong-123", false, &err), ERR_INPUT);
	assert_err(account_try(&w, WORLD_MOBILE, WORLD_PASSWORD, false, &err), ERR_INPUT);
	for (i = 0; i < 8; i++)
		assert_int_equal(account_try(&w, WORLD_MOBILE, "Wrong-123", true, &err), -1);
	assert_err(account_try(&w, WORLD_MOBILE, WORLD_PASSWORD, true, &err), ERR_LIMIT);
	clock_shift(61 * CLOCK_MINUTE);
	assert_ok(account_try(&w, WORLD_MOBILE, WORLD_PASSWORD, false, &err));
	clock_shift(-61 * CLOCK_MINUTE);
	world_close(&w);
}

void
test_account__sessions_end(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct session	 s;

	(void)state;
	world_open(&w);
	assert_ok(account_try(&w, WORLD_MOBILE, WORLD_PASSWORD, false, &err));
	clock_shift(50 * CLOCK_MINUTE);
	assert_ok(session_load(w.h, w.token, SESSION_ACCOUNT, &s, &err));
	clock_shift(50 * CLOCK_MINUTE);
	assert_ok(session_load(w.h, w.token, SESSION_ACCOUNT, &s, &err));	/* was used */
	clock_shift(61 * CLOCK_MINUTE);
	assert_err(session_load(w.h, w.token, SESSION_ACCOUNT, &s, &err), ERR_EXPIRED);
	clock_shift(-161 * CLOCK_MINUTE);
	assert_ok(account_try(&w, WORLD_MOBILE, WORLD_PASSWORD, false, &err));
	clock_shift(-25 * CLOCK_HOUR);
	assert_err(session_load(w.h, w.token, SESSION_ACCOUNT, &s, &err), ERR_EXPIRED);
	clock_shift(25 * CLOCK_HOUR);
	world_close(&w);
}

void
test_account__passwords_have_rules(void **state)
{
	static const struct { const char *password, *says; } bad[] = {
		{ "", "请填写密码" }, { "Ab1-", "至少8位" }, { "abcdefgh", "至少两种" },
		{ "password1", "太常见" }, { "ca123456789", "太常见" },
		{ "a13907310009", "手机号" }, { "zhangsan1", "邮箱名" },
	};
	struct err	 err = {0};
	struct world	 w;
	struct who	 who = {.address = "192.0.2.30"};
	json_t		*in = NULL, *errors = json_array();
	int64_t		 id = 0;
	size_t		 i = 0;

	(void)state;
	world_open(&w);
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		in = json_pack("{s:s, s:s, s:s, s:s, s:s}", "mobile", "13907310009", "mail",
		    "zhangsan@example.com", "password", bad[i].password, "password2",
		    bad[i].password, "code", "123456");
		json_array_clear(errors);
		assert_err(account_register(w.h, &who, in, errors, &id, &err), ERR_INPUT);
		assert_string_equal(js_str(json_array_get(errors, 0), "field"), "password");
		if (strstr(err.text, bad[i].says) == NULL)
			fail_msg("%s: %s", bad[i].password, err.text);
		json_decref(in);
	}
	in = json_pack("{s:s, s:s, s:s, s:s, s:s}", "mobile", WORLD_MOBILE, "mail",
	    "zhangsan@example.com", "password", WORLD_PASSWORD, "password2", WORLD_PASSWORD,
	    "code", "123456");
	json_array_clear(errors);
	assert_err(account_register(w.h, &who, in, errors, &id, &err), ERR_INPUT);
	assert_string_equal(js_str(json_array_get(errors, 0), "field"), "code");
	json_decref(in);
	json_decref(errors);
	world_close(&w);
}

void
test_account__forgotten_password_ends_sessions(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 who = {.address = "192.0.2.31"};
	struct session	 s;
	json_t		*in = NULL, *errors = json_array();
	int		 before = 0;

	(void)state;
	world_open(&w);
	assert_ok(account_try(&w, WORLD_MOBILE, WORLD_PASSWORD, false, &err));
	before = world_count(&w, "sms");
	in = world_captcha(&w, &who, json_object());
	assert_ok(code_send(w.h, &who, CODE_RESET, "target", "13900000000", in, errors, &err));
	assert_int_equal(world_count(&w, "sms"), before);	/* nobody's number: no message */
	(void)world_captcha(&w, &who, in);
	assert_ok(code_send(w.h, &who, CODE_RESET, "target", WORLD_MOBILE, in, errors, &err));
	assert_int_equal(world_count(&w, "sms"), before + 1);
	js_set_str(in, "target", WORLD_MOBILE);
	js_set_str(in, "code", world_sms_code(&w));
	js_set_str(in, "password", "New-pass-77");
	js_set_str(in, "password2", "New-pass-78");
	assert_err(account_reset(w.h, &who, in, errors, &err), ERR_INPUT);
	js_set_str(in, "password2", "New-pass-77");
	assert_ok(account_reset(w.h, &who, in, errors, &err));
	assert_err(session_load(w.h, w.token, SESSION_ACCOUNT, &s, &err), ERR_EXPIRED);
	assert_err(account_try(&w, WORLD_MOBILE, WORLD_PASSWORD, false, &err), ERR_INPUT);
	assert_ok(account_try(&w, WORLD_MOBILE, "New-pass-77", false, &err));
	json_decref(in);
	in = json_pack("{s:s, s:s, s:s}", "old", "wrong", "password", "Third-pass-1",
	    "password2", "Third-pass-1");
	assert_err(account_change_password(w.h, &w.me, w.token, in, errors, &err), ERR_INPUT);
	js_set_str(in, "old", "New-pass-77");
	assert_ok(account_change_password(w.h, &w.me, w.token, in, errors, &err));
	assert_ok(session_load(w.h, w.token, SESSION_ACCOUNT, &s, &err));
	json_decref(in);
	json_decref(errors);
	world_close(&w);
}

void
test_account__ukey_challenge_is_good_once(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 who = {.address = "192.0.2.32"};
	struct session	 s;
	json_t		*m = NULL, *in = json_object();
	struct buf	 sig = {0};
	const unsigned char *der = NULL;
	size_t		 len = 0;

	(void)state;
	world_open(&w);
	assert_ok(ukey_challenge(w.h, &who, &m, &err));
	buf_init(&sig, 256);
	assert_ok(sm2_sign_message(w.officer_key, js_str(m, "text"), strlen(js_str(m, "text")),
	    &sig, &err));
	der = cert_der(w.officer, &len);
	js_set_str(in, "id", js_str(m, "id"));
	js_set_bytes(in, "certificate", der, len);
	js_set_bytes(in, "signature", sig.p, sig.len);
	assert_ok(ukey_sign_in(w.h, &who, SESSION_STAFF, in, w.token, &err));
	assert_ok(session_load(w.h, w.token, SESSION_STAFF, &s, &err));
	assert_string_equal(s.name, "审核员甲");
	assert_true((s.roles & ROLE_REVIEWER) != 0);
	assert_err(ukey_sign_in(w.h, &who, SESSION_STAFF, in, w.token, &err), ERR_EXPIRED);
	json_decref(m);
	assert_ok(ukey_challenge(w.h, &who, &m, &err));	/* the old signature for a new text */
	js_set_str(in, "id", js_str(m, "id"));
	assert_err(ukey_sign_in(w.h, &who, SESSION_STAFF, in, w.token, &err), ERR_CRYPTO);
	json_decref(m);
	assert_ok(ukey_challenge(w.h, &who, &m, &err));	/* staff are no applicants */
	buf_clear(&sig);
	assert_ok(sm2_sign_message(w.officer_key, js_str(m, "text"), strlen(js_str(m, "text")),
	    &sig, &err));
	js_set_str(in, "id", js_str(m, "id"));
	js_set_bytes(in, "signature", sig.p, sig.len);
	assert_err(ukey_sign_in(w.h, &who, SESSION_ACCOUNT, in, w.token, &err), ERR_DENIED);
	buf_free(&sig);
	json_decref(m);
	json_decref(in);
	world_close(&w);
}

#define AT_ONCE		6

/* One act, done by several threads at the same moment; how often it held. */
struct at_once {
	pthread_barrier_t	 start;
	bool			(*act)(const struct at_once *o);
	struct world		*w;
	const json_t		*in;
	atomic_int		 held;
};

static void *
at_once_main(void *arg)
{
	struct at_once	*o = arg;

	(void)pthread_barrier_wait(&o->start);
	if (o->act(o))
		atomic_fetch_add(&o->held, 1);
	return NULL;
}

static int
at_once(struct world *w, const json_t *in, bool (*act)(const struct at_once *o))
{
	struct at_once	o = {.act = act, .w = w, .in = in};
	pthread_t	threads[AT_ONCE];
	int		i = 0;

	assert_int_equal(pthread_barrier_init(&o.start, NULL, AT_ONCE), 0);
	for (i = 0; i < AT_ONCE; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, at_once_main, &o), 0);
	for (i = 0; i < AT_ONCE; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	(void)pthread_barrier_destroy(&o.start);
	return atomic_load(&o.held);
}

static bool
at_once_captcha(const struct at_once *o)
{
	struct err	err = {0};

	return captcha_use(o->w->h, js_str(o->in, "captcha_id"), js_str(o->in, "captcha"),
	    &err) == 0;
}

void
test_code__one_captcha_for_one_of_many_at_once(void **state)
{
	struct world	 w;
	struct who	 who = {.address = "192.0.2.34"};
	json_t		*in = json_object();
	int		 i = 0;

	(void)state;
	world_open(&w);
	for (i = 0; i < 10; i++) {
		(void)world_captcha(&w, &who, in);
		assert_int_equal(at_once(&w, in, at_once_captcha), 1);
	}
	json_decref(in);
	world_close(&w);
}

static bool
at_once_sign_in(const struct at_once *o)
{
	struct err	err = {0};
	struct who	who = {.address = "192.0.2.35"};
	char		token[SESSION_TOKEN];

	return ukey_sign_in(o->w->h, &who, SESSION_STAFF, o->in, token, &err) == 0;
}

void
test_account__one_challenge_for_one_of_many_at_once(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 who = {.address = "192.0.2.35"};
	json_t		*m = NULL, *in = json_object();
	struct buf	 sig = {0};
	const unsigned char *der = NULL;
	size_t		 len = 0;
	int		 i = 0;

	(void)state;
	world_open(&w);
	buf_init(&sig, 256);
	der = cert_der(w.officer, &len);
	js_set_bytes(in, "certificate", der, len);
	for (i = 0; i < 10; i++) {
		assert_ok(ukey_challenge(w.h, &who, &m, &err));
		buf_clear(&sig);
		assert_ok(sm2_sign_message(w.officer_key, js_str(m, "text"),
		    strlen(js_str(m, "text")), &sig, &err));
		js_set_str(in, "id", js_str(m, "id"));
		js_set_bytes(in, "signature", sig.p, sig.len);
		json_decref(m);
		assert_int_equal(at_once(&w, in, at_once_sign_in), 1);
	}
	buf_free(&sig);
	json_decref(in);
	world_close(&w);
}

static int
limit_tick_run(struct db *db, void *arg, struct err *err)
{
	(void)arg;
	return limit_tick(db, clock_now(), err);
}

/* A clock set a year ahead by mistake, and set right again. */
void
test_code__a_clock_that_ran_ahead_locks_nobody_out(void **state)
{
	struct err	err = {0};
	struct world	w;
	int64_t		hits = 0;
	int		i = 0;

	(void)state;
	world_open(&w);
	assert_ok(limit_hit(w.h, "test", "now", 1, CLOCK_HOUR, &err));
	clock_shift(365 * CLOCK_DAY);
	for (i = 0; i < 3; i++)
		assert_ok(limit_hit(w.h, "test", "ahead", 3, CLOCK_HOUR, &err));
	clock_shift(-365 * CLOCK_DAY);
	assert_err(limit_hit(w.h, "test", "ahead", 3, CLOCK_HOUR, &err), ERR_LIMIT);
	assert_ok(store_write(w.store, limit_tick_run, NULL, &err));
	assert_ok(limit_hit(w.h, "test", "ahead", 3, CLOCK_HOUR, &err));
	/* What is young is kept; what is long over goes. */
	assert_ok(limit_hits(w.h, "test", "now", CLOCK_HOUR, &hits, &err));
	assert_int_equal(hits, 1);
	clock_shift(3 * CLOCK_DAY);
	assert_ok(store_write(w.store, limit_tick_run, NULL, &err));
	assert_ok(limit_hits(w.h, "test", "now", 30 * CLOCK_DAY, &hits, &err));
	assert_int_equal(hits, 0);
	clock_shift(-3 * CLOCK_DAY);
	world_close(&w);
}

void
test_code__burns_after_five_wrong_tries(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 who = {.address = "192.0.2.33"};
	json_t		*in = json_object(), *errors = json_array();
	char		 code[8];
	int		 i = 0;

	(void)state;
	world_open(&w);
	(void)world_captcha(&w, &who, in);
	assert_ok(code_send(w.h, &who, CODE_RESET, "target", WORLD_MOBILE, in, errors, &err));
	(void)snprintf(code, sizeof(code), "%s", world_sms_code(&w));
	(void)world_captcha(&w, &who, in);
	assert_err(code_send(w.h, &who, CODE_RESET, "target", WORLD_MOBILE, in, errors, &err),
	    ERR_LIMIT);					/* 60 s apart */
	assert_err(code_use(w.h, CODE_REGISTER, WORLD_MOBILE, code, &err), ERR_INPUT);
	for (i = 0; i < 5; i++)
		assert_err(code_use(w.h, CODE_RESET, WORLD_MOBILE, "000000", &err), ERR_INPUT);
	assert_err(code_use(w.h, CODE_RESET, WORLD_MOBILE, code, &err), ERR_INPUT);
	clock_shift(61 * CLOCK_SECOND);
	(void)world_captcha(&w, &who, in);
	assert_ok(code_send(w.h, &who, CODE_RESET, "target", WORLD_MOBILE, in, errors, &err));
	(void)snprintf(code, sizeof(code), "%s", world_sms_code(&w));
	clock_shift(6 * CLOCK_MINUTE);
	assert_err(code_use(w.h, CODE_RESET, WORLD_MOBILE, code, &err), ERR_INPUT);	/* old */
	for (i = 0; i < 3; i++) {
		(void)world_captcha(&w, &who, in);
		assert_ok(code_send(w.h, &who, CODE_RESET, "target", WORLD_MOBILE, in, errors,
		    &err));
		clock_shift(2 * CLOCK_MINUTE);
	}
	(void)world_captcha(&w, &who, in);
	assert_err(code_send(w.h, &who, CODE_RESET, "target", WORLD_MOBILE, in, errors, &err),
	    ERR_LIMIT);					/* five an hour */
	clock_shift(-(61 * CLOCK_SECOND + 12 * CLOCK_MINUTE));
	json_decref(errors);
	json_decref(in);
	world_close(&w);
}

/* Who has a network of IPv6 has no more tries than who has one address. */
void
test_code__addresses_of_one_network_count_together(void **state)
{
	static const char *const	same[] = { "2001:db8:1:2::1", "2001:db8:1:2::2",
	    "2001:db8:1:2:ffff::3" };
	struct err			err = {0};
	struct world			w;
	struct who			who = { .address = "" };
	struct buf			png;
	size_t				i = 0;
	int				n = 0, tries[2] = {0};
	char				text[64];

	(void)state;
	world_open(&w);
	for (i = 0; i < ARRAY_LEN(same); i++) {
		who.address = same[i];
		assert_int_equal(limit_hit_from(w.h, "x", &who, 2, CLOCK_HOUR, &err) == 0, i < 2);
		err_clear(&err);
	}
	who.address = "2001:db8:1:3::1";
	assert_ok(limit_hit_from(w.h, "x", &who, 2, CLOCK_HOUR, &err));
	/* The pictures of one address and of one network. */
	for (i = 0; i < 2; i++)
		for (n = 0; n < 2000; n++) {
			(void)snprintf(text, sizeof(text), i == 0 ? "192.0.2.%d" : "2001:db8:9:9::%x",
			    i == 0 ? 77 : n + 1);
			who.address = text;
			buf_init(&png, 65536);
			if (captcha_draw(w.h, &who, "0123456789abcdef0123456789abcdef", &png, &err) == 0)
				tries[i]++;
			else
				n = 2000;
			err_clear(&err);
			buf_free(&png);
		}
	assert_true(tries[0] > 0 && tries[0] < 2000);
	assert_int_equal(tries[1], tries[0]);
	world_close(&w);
}

/* A code sent to the address; 0 when there came none. */
static int
reset_codes(struct world *w, const struct who *who, const char *mail)
{
	struct err	 err = {0};
	json_t		*in = world_captcha(w, who, json_object()), *errors = json_array();
	int		 before = world_count(w, "mail");

	assert_ok(code_send(w->h, who, CODE_RESET, "target", mail, in, errors, &err));
	json_decref(in);
	json_decref(errors);
	return world_count(w, "mail") - before;
}

static void
prove_mail(struct world *w, const char *mail)
{
	struct err	 err = {0};
	json_t		*in = world_captcha(w, &w->me, json_object()), *errors = json_array();
	const char	*p = NULL;
	char		 code[8] = "";

	assert_ok(code_send(w->h, &w->me, CODE_MAIL, "mail", mail, in, errors, &err));
	for (p = js_str(world_newest(w, "mail"), "text"); *p != '\0' && code[0] == '\0'; p++)
		if (strspn(p, "0123456789") == 6)
			(void)snprintf(code, sizeof(code), "%.6s", p);
	js_set_str(in, "mail", mail);
	js_set_str(in, "code", code);
	assert_ok(account_mail_prove(w->h, &w->me, in, errors, &err));
	json_decref(in);
	json_decref(errors);
}

static int
told_of_another(struct world *w, const char *mail)
{
	json_t	*j = NULL;
	size_t	 i = 0;
	int	 n = 0;

	world_pull(w);
	json_array_foreach(w->out, i, j) {
		json_t	*p = json_object_get(j, "payload");

		n += strcmp(js_str(p, "to"), mail) == 0 &&
		    strstr(js_str(p, "subject"), "账户邮箱已更换") != NULL;
	}
	return n;
}

/* Who has a session and no more gains no password by a mail address of his own. */
void
test_account__another_mail_resets_no_password_today(void **state)
{
	struct world	w;
	struct who	who = {.address = "192.0.2.88"};
	json_t		*me = NULL;
	struct err	err = {0};
	char		mine[128];

	(void)state;
	world_open(&w);
	assert_ok(account_model(w.h, &w.me, &me, &err));
	(void)snprintf(mine, sizeof(mine), "%s", js_str(me, "mail"));
	json_decref(me);
	prove_mail(&w, mine);				/* what stood there: at once */
	assert_int_equal(reset_codes(&w, &who, mine), 1);
	prove_mail(&w, "thief@example.com");
	assert_int_equal(told_of_another(&w, mine), 1);
	clock_shift(CLOCK_DAY - 2 * CLOCK_MINUTE);
	assert_int_equal(reset_codes(&w, &who, mine), 0);
	assert_int_equal(reset_codes(&w, &who, "thief@example.com"), 0);
	clock_shift(3 * CLOCK_MINUTE);
	assert_int_equal(reset_codes(&w, &who, "thief@example.com"), 1);
	clock_shift(-CLOCK_DAY - CLOCK_MINUTE);
	world_close(&w);
}

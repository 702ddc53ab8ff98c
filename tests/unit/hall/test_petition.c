#include "world.h"
#include "hall/account/session.h"
#include "hall/petition/petition.h"
#include "hall/petition/petition_own.h"

#include <pthread.h>
#include <unistd.h>

#define NEW_MOBILE	"13912340001"
#define PETITION_WAIT	(3 * CLOCK_DAY)

static struct who	visitor = {.address = "192.0.2.60"};

/* in: {"mobile", …}; the code is sent and used. */
static int
begin(struct world *w, const char *login, const char *mobile, const char *name,
    char ref[PETITION_REF], struct err *why)
{
	struct err	 err = {0};
	json_t		*in = world_captcha(w, &visitor, json_object()), *errors = json_array();
	int		 rc = 0;

	assert_ok(code_send(w->h, &visitor, CODE_NUMBER, "mobile", mobile, in, errors, &err));
	js_set_str(in, "login", login);
	js_set_str(in, "name", name);
	js_set_str(in, "id_no", "11010519491231002X");
	js_set_str(in, "note", "原号码已销号");
	js_set_str(in, "mobile", mobile);
	js_set_str(in, "code", world_sms_code(w));
	rc = petition_begin_mobile(w->h, &visitor, in, errors, ref, why);
	json_decref(errors);
	json_decref(in);
	return rc;
}

static void
file(struct world *w, const char *ref)
{
	struct err	err = {0};

	assert_err(petition_file(w->h, &visitor, ref, &err), ERR_WRONG_STATE);	/* no pictures */
	assert_ok(petition_picture_add(w->h, &visitor, ref, "id_front", "JPEG-1", 6, &err));
	assert_ok(petition_picture_add(w->h, &visitor, ref, "id_back", "JPEG-2", 6, &err));
	assert_err(petition_picture_add(w->h, &visitor, ref, "passport", "JPEG-2", 6, &err),
	    ERR_NOT_FOUND);
	assert_err(petition_picture_add(w->h, &visitor, ref, "more", "text", 4, &err), ERR_INPUT);
	assert_ok(petition_file(w->h, &visitor, ref, &err));
	assert_err(petition_file(w->h, &visitor, ref, &err), ERR_WRONG_STATE);
}

static json_t *
show(struct world *w, const char *ref)
{
	struct err	 err = {0};
	json_t		*m = NULL;

	assert_ok(petition_show(w->h, &visitor, ref, &m, &err));
	return m;
}

static bool
is_in_state(struct world *w, const char *ref, const char *state)
{
	json_t	*m = show(w, ref);
	bool	 is = strcmp(js_str(m, "state"), state) == 0;

	if (!is)
		printf("state %s, not %s\n", js_str(m, "state"), state);
	json_decref(m);
	return is;
}

static int
decide(struct world *w, const struct who *who, const char *ref, const char *refusal,
    struct err *err)
{
	json_t	*m = show(w, ref), *errors = json_array();
	json_t	*in = json_object();
	char	 version[24];
	bool	 waiting = false;
	int	 rc = 0;

	(void)snprintf(version, sizeof(version), "%d", (int)js_int(m, "version", 0));
	js_set_str(in, "version", version);
	js_set_str(in, "reason", refusal == NULL ? "" : refusal);
	rc = refusal == NULL ? petition_approve(w->h, who, js_str(m, "no"), in, &waiting, err) :
	    petition_refuse(w->h, who, js_str(m, "no"), in, errors, err);
	json_decref(in);
	json_decref(errors);
	json_decref(m);
	return rc;
}

static size_t
run_due(struct world *w)
{
	struct err	err = {0};
	size_t		n = 0;

	assert_ok(petition_run(w->h, clock_now(), &n, &err));
	return n;
}

/* How many SMS of this template went to this number. */
static int
told(struct world *w, const char *to, const char *template)
{
	json_t	*j = NULL;
	size_t	 i = 0;
	int	 n = 0;

	world_pull(w);
	json_array_foreach(w->out, i, j) {
		json_t	*p = json_object_get(j, "payload");

		n += strcmp(js_str(p, "phone"), to) == 0 &&
		    strcmp(js_str(p, "template"), template) == 0;
	}
	return n;
}

/* The token of the link in the newest SMS to this number. */
static void
stop_link(struct world *w, const char *to, char token[PETITION_REF])
{
	json_t		*j = NULL;
	const char	*url = NULL;
	size_t		 i = 0;

	world_pull(w);
	token[0] = '\0';
	json_array_foreach(w->out, i, j) {
		json_t	*p = json_object_get(j, "payload");

		url = js_str(json_object_get(p, "params"), "url");
		if (strcmp(js_str(p, "phone"), to) == 0 && strstr(url, "petition-stop") != NULL)
			(void)snprintf(token, PETITION_REF, "%s", strrchr(url, '/') + 1);
	}
	assert_int_equal(strlen(token), PETITION_REF - 1);
}

void
test_petition__the_number_changes_after_the_waiting_to_the_millisecond(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct session	 s;
	char		 ref[PETITION_REF];
	json_t		*me = NULL;
	int64_t		 shift = 0;

	(void)state;
	world_open(&w);
	assert_ok(session_start(w.h, &w.me, SESSION_ACCOUNT, w.me.account, NULL, w.token, &err));
	assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err));
	assert_true(is_in_state(&w, ref, "draft"));
	file(&w, ref);
	assert_err(decide(&w, &w.me, ref, NULL, &err), ERR_DENIED);
	assert_ok(decide(&w, &w.staff, ref, NULL, &err));
	assert_true(is_in_state(&w, ref, "waiting"));
	assert_err(decide(&w, &w.staff, ref, NULL, &err), ERR_WRONG_STATE);	/* the other window */
	shift = PETITION_WAIT - 2 * CLOCK_SECOND;
	clock_shift(shift);
	assert_int_equal(run_due(&w), 0);
	assert_ok(account_model(w.h, &w.me, &me, &err));
	assert_string_equal(js_str(me, "mobile"), WORLD_MOBILE);
	json_decref(me);
	clock_shift(2 * CLOCK_SECOND);
	shift += 2 * CLOCK_SECOND;
	assert_int_equal(run_due(&w), 1);
	assert_int_equal(run_due(&w), 0);
	assert_true(is_in_state(&w, ref, "done"));
	assert_int_equal(told(&w, WORLD_MOBILE, "SMS_PETITION_WARNING"), 1);
	assert_int_equal(told(&w, WORLD_MOBILE, "SMS_MOBILE_CHANGED"), 1);
	assert_int_equal(told(&w, NEW_MOBILE, "SMS_MOBILE_CHANGED"), 1);
	assert_ok(account_model(w.h, &w.me, &me, &err));
	assert_string_equal(js_str(me, "mobile"), NEW_MOBILE);
	json_decref(me);
	assert_err(session_load(w.h, w.token, SESSION_ACCOUNT, &s, &err), ERR_EXPIRED);
	clock_shift(-shift);
	world_close(&w);
}

/* The rule itself, exactly: due at `effective`, not a millisecond before. */
static int
tick_at(struct db *db, void *arg, struct err *err)
{
	const int64_t	*at = arg;

	return petition_tick(db, (struct hall *)(intptr_t)at[1], at[0], err);
}

void
test_petition__due_at_its_millisecond(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 ref[PETITION_REF], text[CLOCK_TEXT];
	json_t		*m = NULL;
	int64_t		 at[2], before = clock_now();

	(void)state;
	world_open(&w);
	at[1] = (int64_t)(intptr_t)w.h;
	clock_shift(-before + 1803830399999);	/* 2027-02-28 23:59:59.999 in China: a month's end */
	assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err));
	file(&w, ref);
	assert_ok(decide(&w, &w.staff, ref, NULL, &err));
	m = show(&w, ref);
	/* three days of 24 hours, over the end of February; the hall's clock ran on a little */
	at[0] = 1803830399999 + PETITION_WAIT - 1;
	assert_ok(store_write(w.store, tick_at, at, &err));
	assert_true(is_in_state(&w, ref, "waiting"));
	(void)snprintf(text, sizeof(text), "%s", js_str(m, "effective"));
	assert_memory_equal(text, "2027-03-0", 9);
	at[0] = clock_now() + PETITION_WAIT;
	assert_ok(store_write(w.store, tick_at, at, &err));
	assert_true(is_in_state(&w, ref, "done"));
	json_decref(m);
	clock_shift(before - 1803830399999);
	world_close(&w);
}

void
test_petition__the_old_channel_stops_it(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 ref[PETITION_REF], token[PETITION_REF];
	json_t		*m = NULL;

	(void)state;
	world_open(&w);
	assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err));
	file(&w, ref);
	assert_ok(decide(&w, &w.staff, ref, NULL, &err));
	stop_link(&w, WORLD_MOBILE, token);
	assert_err(petition_stop(w.h, &visitor, ref, &err), ERR_NOT_FOUND);	/* the claimant's own */
	assert_ok(petition_stop_show(w.h, &visitor, token, &m, &err));
	assert_true(js_bool(m, "may_stop"));
	json_decref(m);
	assert_ok(petition_stop(w.h, &visitor, token, &err));
	assert_ok(petition_stop(w.h, &visitor, token, &err));		/* twice is once */
	assert_true(is_in_state(&w, ref, "stopped"));
	clock_shift(PETITION_WAIT);
	assert_int_equal(run_due(&w), 0);
	clock_shift(-PETITION_WAIT);
	assert_err(petition_cancel(w.h, &visitor, ref, &err), ERR_WRONG_STATE);
	world_close(&w);
}

void
test_petition__signed_in_the_account_stops_it_by_its_number(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 other = {.address = "192.0.2.61"};
	char		 ref[PETITION_REF], no[ORDER_NO];
	json_t		*list = NULL;

	(void)state;
	world_open(&w);
	other.account = world_register(&w, "13900000077", "other@example.com");
	assert_ok(begin(&w, "wang@example.com", NEW_MOBILE, "赵钱孙", ref, &err));
	file(&w, ref);
	assert_ok(petition_of_account(w.h, &w.me, &list, &err));
	assert_int_equal(json_array_size(list), 0);	/* nothing to see before staff granted it */
	json_decref(list);
	assert_ok(decide(&w, &w.staff, ref, NULL, &err));
	assert_ok(petition_of_account(w.h, &w.me, &list, &err));
	assert_int_equal(json_array_size(list), 1);
	assert_true(js_bool(json_array_get(list, 0), "may_stop"));
	(void)snprintf(no, sizeof(no), "%s", js_str(json_array_get(list, 0), "no"));
	json_decref(list);
	assert_err(petition_stop(w.h, &other, no, &err), ERR_NOT_FOUND);
	assert_err(petition_stop(w.h, &visitor, no, &err), ERR_NOT_FOUND);
	assert_ok(petition_stop(w.h, &w.me, no, &err));
	assert_true(is_in_state(&w, ref, "stopped"));
	world_close(&w);
}

void
test_petition__refused_taken_back_or_out_of_date(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 ref[PETITION_REF];
	json_t		*m = NULL;

	(void)state;
	world_open(&w);
	assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err));
	file(&w, ref);
	assert_err(decide(&w, &w.staff, ref, "", &err), ERR_INPUT);
	assert_ok(decide(&w, &w.staff, ref, "照片不清楚", &err));
	m = show(&w, ref);
	assert_string_equal(js_str(m, "reason"), "照片不清楚");
	json_decref(m);

	clock_shift(2 * CLOCK_MINUTE);
	assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err));
	file(&w, ref);
	assert_ok(petition_cancel(w.h, &visitor, ref, &err));
	assert_err(decide(&w, &w.staff, ref, NULL, &err), ERR_WRONG_STATE);

	/* granted, but meanwhile the number became somebody's */
	clock_shift(2 * CLOCK_MINUTE);
	assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err));
	file(&w, ref);
	assert_ok(decide(&w, &w.staff, ref, NULL, &err));
	(void)world_register(&w, NEW_MOBILE, "third@example.com");
	clock_shift(PETITION_WAIT);
	assert_int_equal(run_due(&w), 1);
	m = show(&w, ref);
	assert_string_equal(js_str(m, "state"), "refused");
	assert_non_null(strstr(js_str(m, "reason"), "新手机号"));
	json_decref(m);
	clock_shift(-PETITION_WAIT - 4 * CLOCK_MINUTE);
	world_close(&w);
}

void
test_petition__an_unknown_account_is_only_told_to_staff(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 ref[PETITION_REF], no[ORDER_NO];
	json_t		*m = NULL;

	(void)state;
	world_open(&w);
	assert_ok(begin(&w, "13999999999", NEW_MOBILE, "赵钱孙", ref, &err));
	file(&w, ref);
	m = show(&w, ref);
	(void)snprintf(no, sizeof(no), "%s", js_str(m, "no"));
	assert_string_equal(js_str(m, "state"), "reviewing");
	json_decref(m);
	assert_err(decide(&w, &w.staff, ref, NULL, &err), ERR_WRONG_STATE);
	assert_ok(petition_view(w.h, &w.staff, no, &m, &err));
	assert_false(js_bool(m, "possible"));
	json_decref(m);
	world_close(&w);
}

void
test_petition__nobody_decides_about_oneself(void **state)
{
	struct err	err = {0};
	struct world	w;
	char		ref[PETITION_REF];

	(void)state;
	world_open(&w);
	assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "审核员甲", ref, &err));
	file(&w, ref);
	assert_err(decide(&w, &w.staff, ref, NULL, &err), ERR_DENIED);
	assert_err(decide(&w, &w.staff, ref, "不是本人", &err), ERR_DENIED);
	assert_true(is_in_state(&w, ref, "reviewing"));
	world_close(&w);
}

/* The same hall where two reviewers must agree. */
static void
two_reviewers(struct world *w)
{
	((struct halldef *)(uintptr_t)hall_def(w->h))->petition_mobile.reviewers = 2;
}

void
test_petition__two_reviewers_where_the_hall_says_so(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 system = {.system = true, .address = ""}, second = {.address = ""};
	char		 ref[PETITION_REF];

	(void)state;
	world_open(&w);
	two_reviewers(&w);
	assert_ok(staff_add(w.h, &system, "审核员乙", "ab12", ROLE_REVIEWER, &second.staff, &err));
	second.roles = ROLE_REVIEWER;
	assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err));
	file(&w, ref);
	assert_ok(decide(&w, &w.staff, ref, NULL, &err));
	assert_true(is_in_state(&w, ref, "second"));
	assert_err(decide(&w, &w.staff, ref, NULL, &err), ERR_DENIED);
	assert_ok(decide(&w, &second, ref, NULL, &err));
	assert_true(is_in_state(&w, ref, "waiting"));
	world_close(&w);
}

void
test_petition__limits_and_drafts_of_a_day(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 ref[PETITION_REF];
	int64_t		 at[2];
	int		 i = 0;

	(void)state;
	world_open(&w);
	for (i = 0; i < 3; i++) {
		assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err));
		clock_shift(61 * CLOCK_SECOND);
	}
	assert_err(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err), ERR_LIMIT);
	clock_shift(-3 * 61 * CLOCK_SECOND);
	assert_err(begin(&w, WORLD_MOBILE, WORLD_MOBILE, "赵钱孙", ref, &err), ERR_INPUT);
	assert_ok(begin(&w, WORLD_MOBILE, "13912340002", "赵钱孙", ref, &err));
	at[1] = (int64_t)(intptr_t)w.h;
	at[0] = clock_now() + CLOCK_DAY - CLOCK_MINUTE;
	assert_ok(store_write(w.store, tick_at, at, &err));
	assert_true(is_in_state(&w, ref, "draft"));
	at[0] = clock_now() + CLOCK_DAY;
	assert_ok(store_write(w.store, tick_at, at, &err));
	assert_true(is_in_state(&w, ref, "expired"));
	assert_err(petition_file(w.h, &visitor, ref, &err), ERR_WRONG_STATE);
	world_close(&w);
}

/* Sent back by staff, or said anew by the claimant; json is taken. */
static int
answer(struct world *w, const struct who *who, const char *ref, const char *reason,
    struct err *err)
{
	json_t	*m = show(w, ref), *errors = json_array();
	json_t	*in = json_pack("{s:o, s:s}", "version", json_sprintf("%d",
		    (int)js_int(m, "version", 0)), "reason", reason);
	int	 rc = petition_return(w->h, who, js_str(m, "no"), in, errors, err);

	json_decref(in);
	json_decref(errors);
	json_decref(m);
	return rc;
}

static int
mend(struct world *w, const char *ref, json_t *in, struct err *err)
{
	json_t	*errors = json_array();
	int	 rc = petition_mend(w->h, &visitor, ref, in, errors, err);

	json_decref(errors);
	json_decref(in);
	return rc;
}

void
test_petition__returned_mended_and_filed_again(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 ref[PETITION_REF], no[ORDER_NO];
	json_t		*m = NULL;
	int		 i = 0;

	(void)state;
	world_open(&w);
	assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err));
	assert_err(answer(&w, &w.staff, ref, "照片不清楚", &err), ERR_WRONG_STATE);	/* a draft */
	file(&w, ref);
	assert_err(mend(&w, ref, json_pack("{s:s}", "name", "赵钱李"), &err), ERR_WRONG_STATE);
	assert_err(answer(&w, &w.staff, ref, "短", &err), ERR_INPUT);
	assert_err(answer(&w, &w.me, ref, "照片不清楚", &err), ERR_DENIED);
	assert_ok(answer(&w, &w.staff, ref, "照片不清楚", &err));
	assert_true(is_in_state(&w, ref, "returned"));
	assert_int_equal(told(&w, NEW_MOBILE, "SMS_PETITION_RETURNED"), 1);
	assert_err(decide(&w, &w.staff, ref, NULL, &err), ERR_WRONG_STATE);
	assert_err(mend(&w, ref, json_pack("{s:s}", "id_no", "123"), &err), ERR_INPUT);
	/* another number wants its code; what stays empty stays */
	assert_err(mend(&w, ref, json_pack("{s:s, s:s}", "mobile", "13912340002", "code",
	    "000000"), &err), ERR_INPUT);
	assert_ok(mend(&w, ref, json_pack("{s:s, s:s}", "name", "赵钱李", "id_no", ""), &err));
	assert_ok(petition_picture_add(w.h, &visitor, ref, "id_front", "JPEG-3", 6, &err));
	assert_ok(petition_file(w.h, &visitor, ref, &err));
	assert_err(mend(&w, ref, json_pack("{s:s}", "name", "赵钱孙"), &err), ERR_WRONG_STATE);
	m = show(&w, ref);
	(void)snprintf(no, sizeof(no), "%s", js_str(m, "no"));
	json_decref(m);
	assert_ok(petition_view(w.h, &w.staff, no, &m, &err));
	assert_string_equal(js_str(json_array_get(json_object_get(m, "facts"), 1), "value"), "赵钱李");
	assert_string_equal(js_str(json_array_get(json_object_get(m, "facts"), 2), "value"),
	    "11010519491231002X");
	assert_string_equal(js_str(m, "returned_for"), "照片不清楚");
	json_decref(m);
	for (i = 1; i < PETITION_RETURNS; i++) {
		assert_ok(answer(&w, &w.staff, ref, "还是不清楚", &err));
		assert_ok(petition_file(w.h, &visitor, ref, &err));
	}
	assert_err(answer(&w, &w.staff, ref, "还是不清楚", &err), ERR_WRONG_STATE);	/* the fourth */
	assert_ok(decide(&w, &w.staff, ref, NULL, &err));
	assert_true(is_in_state(&w, ref, "waiting"));
	world_close(&w);
}

void
test_petition__what_comes_back_from_the_second_reviewer_begins_anew(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 system = {.system = true, .address = ""}, second = {.address = ""};
	char		 ref[PETITION_REF];
	int64_t		 at[2];

	(void)state;
	world_open(&w);
	two_reviewers(&w);
	assert_ok(staff_add(w.h, &system, "审核员乙", "ab12", ROLE_REVIEWER, &second.staff, &err));
	second.roles = ROLE_REVIEWER;
	assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err));
	file(&w, ref);
	assert_ok(decide(&w, &w.staff, ref, NULL, &err));
	assert_ok(answer(&w, &second, ref, "缺少证明", &err));
	assert_ok(petition_file(w.h, &visitor, ref, &err));
	assert_ok(decide(&w, &second, ref, NULL, &err));
	assert_true(is_in_state(&w, ref, "second"));
	/* seven days to mend it */
	assert_ok(answer(&w, &w.staff, ref, "缺少证明", &err));
	at[1] = (int64_t)(intptr_t)w.h;
	at[0] = clock_now() + PETITION_MEND_DAYS * CLOCK_DAY - CLOCK_MINUTE;
	assert_ok(store_write(w.store, tick_at, at, &err));
	assert_true(is_in_state(&w, ref, "returned"));
	at[0] += CLOCK_MINUTE;
	assert_ok(store_write(w.store, tick_at, at, &err));
	assert_true(is_in_state(&w, ref, "expired"));
	assert_err(petition_file(w.h, &visitor, ref, &err), ERR_WRONG_STATE);
	world_close(&w);
}

/* Who files for an account that is not there is stopped at the same number of tries. */
void
test_petition__filings_are_counted_alike_for_nobodys_account(void **state)
{
	static const char *const	 logins[] = { WORLD_MOBILE, "13999999999" };
	struct err			 err = {0};
	struct world			 w;
	char				 ref[PETITION_REF], mobile[16];
	int				 who = 0, i = 0, n[2] = {0};

	(void)state;
	for (who = 0; who < 2; who++) {
		world_open(&w);
		for (i = 0; i < 5; i++) {
			(void)snprintf(mobile, sizeof(mobile), "1391235000%d", i);
			assert_ok(begin(&w, logins[who], mobile, "赵钱孙", ref, &err));
			assert_ok(petition_picture_add(w.h, &visitor, ref, "id_front", "JPEG-1", 6, &err));
			assert_ok(petition_picture_add(w.h, &visitor, ref, "id_back", "JPEG-2", 6, &err));
			n[who] += petition_file(w.h, &visitor, ref, &err) == 0;
			err_clear(&err);
		}
		world_close(&w);
	}
	assert_int_equal(n[0], 3);
	assert_int_equal(n[1], n[0]);
}

/* A filing seen from inside: filed, not committed yet. */
struct filing {
	struct world	*w;
	const char	*ref;
	bool		 filed;
};

static int
filing_run(struct db *db, void *arg, struct err *err)
{
	struct filing	*f = arg;
	struct petition	 p = {0};
	int		 rc = petition_load(db, f->w->h, &visitor, f->ref, &p, err);

	if (rc == 0)
		rc = petition_move(db, f->w->h, &visitor, &p, "reviewing", NULL, err);
	petition_release(&p);
	__atomic_store_n(&f->filed, true, __ATOMIC_SEQ_CST);
	usleep(400000);
	return rc;
}

static void *
filing_thread(void *arg)
{
	struct filing	*f = arg;
	struct err	 err = {0};

	assert_ok(store_write(f->w->store, filing_run, f, &err));
	return NULL;
}

/* Swapped in the moment of filing: the reviewer sees the picture that was filed. */
void
test_petition__a_picture_is_not_swapped_while_it_is_filed(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 ref[PETITION_REF];
	struct filing	 f = {.w = &w, .ref = ref};
	struct buf	 seen;
	const char	*type = NULL;
	pthread_t	 thread;

	(void)state;
	world_open(&w);
	buf_init(&seen, 64);
	assert_ok(begin(&w, WORLD_MOBILE, NEW_MOBILE, "赵钱孙", ref, &err));
	assert_ok(petition_picture_add(w.h, &visitor, ref, "id_front", "JPEG-1", 6, &err));
	assert_ok(petition_picture_add(w.h, &visitor, ref, "id_back", "JPEG-2", 6, &err));
	assert_int_equal(pthread_create(&thread, NULL, filing_thread, &f), 0);
	while (!__atomic_load_n(&f.filed, __ATOMIC_SEQ_CST))
		usleep(1000);
	assert_true(petition_picture_add(w.h, &visitor, ref, "id_front", "JPEG-9", 6, &err) < 0);
	assert_true(err.kind == ERR_CONFLICT || err.kind == ERR_WRONG_STATE);
	pthread_join(thread, NULL);
	assert_true(is_in_state(&w, ref, "reviewing"));
	err_clear(&err);
	assert_ok(petition_picture_read(w.h, &visitor, ref, "id_front", &seen, &type, &err));
	assert_string_equal(seen.p, "JPEG-1");
	buf_free(&seen);
	world_close(&w);
}

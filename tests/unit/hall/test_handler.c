#include "world.h"
#include "hall/account/account_own.h"
#include "hall/petition/handler.h"
#include "hall/petition/petition.h"

/* The subject of world_form_org. */
#define SUBJECT		"测试勘察单位一"
#define SUBJECT_ID	"91350100M000100Y43"
#define OTHER_MOBILE	"13900000079"

/* One account with a certificate of the subject, and another account. */
struct two {
	struct world	 w;
	char		 no[ORDER_NO];
	struct who	 other;
	bool		 proved;	/* proved_run: somebody proved himself for the order */
	bool		 moves;		/* granted: the other account takes another number first */
};

static int
hold_run(struct db *db, void *arg, struct err *err)
{
	struct two	*t = arg;
	struct order	 o = { .id = 0 };
	int		 rc = order_load(db, t->w.h, t->no, &o, err);

	if (rc == 0)
		rc = db_run(db, SQL_CERTIFICATE_INSERT, NULL, err, DB_INT(o.id), DB_TEXT("sign"),
		    DB_INT(o.account), DB_TEXT("5e71a1"), DB_TEXT("CN=x"), DB_INT(clock_now()),
		    DB_INT(clock_now() + 30 * CLOCK_DAY), DB_BLOB("x", 1), DB_INT(clock_now()));
	order_release(&o);
	return rc;
}

static void
two_open(struct two *t)
{
	struct err	err = {0};

	memset(t, 0, sizeof(*t));
	world_open(&t->w);
	world_order(&t->w, "h1", "download", t->no);
	assert_ok(store_write(t->w.store, hold_run, t, &err));
	t->other = (struct who){.address = "192.0.2.90"};
	t->other.account = world_register(&t->w, OTHER_MOBILE, "other@example.com");
}

/* The old handler proved himself, by the phone and by a way of the hall. */
static int
prove_run(struct db *db, void *arg, struct err *err)
{
	struct two	*t = arg;
	struct order	 o = { .id = 0 };
	int		 rc = order_load(db, t->w.h, t->no, &o, err);

	if (rc == 0) {
		js_set_bool(o.steps, "identity", true);
		js_set_bool(o.steps, "proof", true);
		rc = order_save(db, t->w.h, &o, err);
	}
	order_release(&o);
	return rc;
}

static int
proved_run(struct db *db, void *arg, struct err *err)
{
	struct two	*t = arg;
	struct order	 o = { .id = 0 };
	int		 rc = order_load(db, t->w.h, t->no, &o, err);

	t->proved = rc == 0 && (json_object_get(o.steps, "identity") != NULL ||
	    json_object_get(o.steps, "proof") != NULL);
	order_release(&o);
	return rc;
}

/* A code to the own number. */
static json_t *
coded(struct two *t, const struct who *who, json_t *in)
{
	struct err	 err = {0};
	json_t		*errors = json_array(), *captcha = world_captcha(&t->w, who, json_object());

	assert_ok(handover_code(t->w.h, who, captcha, errors, &err));
	js_set_str(in, "code", world_sms_code(&t->w));
	json_decref(captcha);
	json_decref(errors);
	return in;
}

static int
offer(struct two *t, const char *mobile, char no[ORDER_NO], struct err *why)
{
	json_t	*in = coded(t, &t->w.me, json_pack("{s:s, s:s}", "subject", SUBJECT, "mobile",
		    mobile)), *errors = json_array();
	int	 rc = handover_offer(t->w.h, &t->w.me, in, errors, no, why);

	json_decref(errors);
	json_decref(in);
	return rc;
}

static int
accept(struct two *t, const struct who *who, const char *no, struct err *why)
{
	json_t	*in = coded(t, who, json_pack("{s:s, s:s, s:s}", "name", "钱小二", "id_no",
		    "11010519491231002X", "mail", "qian@example.com")), *errors = json_array();
	int	 rc = handover_accept(t->w.h, who, no, in, errors, why);

	json_decref(errors);
	json_decref(in);
	return rc;
}

static bool
sees(struct two *t, const struct who *who)
{
	struct err	 err = {0};
	json_t		*m = NULL;
	bool		 saw = order_view(t->w.h, who, t->no, &m, &err) == 0;

	json_decref(m);
	return saw;
}

void
test_handler__handed_over_with_both_codes(void **state)
{
	struct err	 err = {0};
	struct two	 t;
	char		 no[ORDER_NO];
	json_t		*m = NULL;

	(void)state;
	two_open(&t);
	assert_err(offer(&t, "13911111111", no, &err), ERR_INPUT);	/* nobody's number */
	clock_shift(61 * CLOCK_SECOND);
	assert_ok(offer(&t, OTHER_MOBILE, no, &err));
	clock_shift(61 * CLOCK_SECOND);
	assert_err(offer(&t, OTHER_MOBILE, no, &err), ERR_CONFLICT);	/* one at a time */
	clock_shift(61 * CLOCK_SECOND);
	assert_ok(handler_subjects(t.w.h, &t.other, NULL, &m, &err));
	assert_int_equal(json_array_size(json_object_get(m, "offers")), 1);
	json_decref(m);
	assert_true(sees(&t, &t.w.me));
	world_close(&t.w);
	clock_shift(-3 * 61 * CLOCK_SECOND);
}

void
test_handler__everything_moves_and_the_old_one_sees_nothing(void **state)
{
	struct err	 err = {0};
	struct two	 t;
	char		 no[ORDER_NO];
	json_t		*m = NULL, *form = NULL;

	(void)state;
	two_open(&t);
	assert_ok(store_write(t.w.store, prove_run, &t, &err));
	assert_ok(offer(&t, OTHER_MOBILE, no, &err));
	assert_ok(accept(&t, &t.other, no, &err));
	assert_ok(store_read(t.w.store, proved_run, &t, &err));
	assert_false(t.proved);
	clock_shift(61 * CLOCK_SECOND);
	assert_err(accept(&t, &t.other, no, &err), ERR_WRONG_STATE);
	clock_shift(-61 * CLOCK_SECOND);
	assert_true(sees(&t, &t.other));
	assert_false(sees(&t, &t.w.me));
	assert_ok(order_view(t.w.h, &t.other, t.no, &m, &err));
	form = json_object_get(m, "form");
	assert_string_equal(js_str(form, "agent_name"), "钱小二");
	assert_string_equal(js_str(form, "agent_phone"), OTHER_MOBILE);
	assert_string_equal(js_str(form, "answer"), "");
	json_decref(m);
	assert_ok(handler_subjects(t.w.h, &t.other, NULL, &m, &err));
	assert_int_equal(json_array_size(json_object_get(m, "rows")), 1);
	json_decref(m);
	assert_err(handler_subject(t.w.h, &t.w.me, SUBJECT, &m, &err), ERR_NOT_FOUND);
	world_close(&t.w);
}

static int
tick_run(struct db *db, void *arg, struct err *err)
{
	return handover_tick(db, *(int64_t *)arg, err);
}

void
test_handler__an_offer_lasts_seven_days(void **state)
{
	struct err	 err = {0};
	struct two	 t;
	char		 no[ORDER_NO];
	json_t		*m = NULL;
	int64_t		 at = 0;

	(void)state;
	two_open(&t);
	assert_ok(offer(&t, OTHER_MOBILE, no, &err));
	clock_shift(7 * CLOCK_DAY - CLOCK_MINUTE);
	at = clock_now();
	assert_ok(store_write(t.w.store, tick_run, &at, &err));
	assert_ok(handover_view(t.w.h, &t.other, no, &m, &err));
	assert_true(js_bool(m, "may_accept"));
	json_decref(m);
	clock_shift(2 * CLOCK_MINUTE);
	assert_ok(handover_view(t.w.h, &t.other, no, &m, &err));	/* also before the tick */
	assert_false(js_bool(m, "may_accept"));
	json_decref(m);
	assert_err(accept(&t, &t.other, no, &err), ERR_WRONG_STATE);
	assert_true(sees(&t, &t.w.me));
	clock_shift(-7 * CLOCK_DAY - CLOCK_MINUTE);
	world_close(&t.w);
}

/* Who has certificates of this name and number, as a petition asks. */
struct finding {
	struct hall	*h;
	const char	*id;
	int64_t		 but, accounts[HANDLER_HOLDERS];
	size_t		 n;
};

static int
find_run(struct db *db, void *arg, struct err *err)
{
	struct finding	*f = arg;

	return handler_find(db, f->h, SUBJECT, f->id, f->but, f->accounts, &f->n, err);
}

void
test_handler__found_by_name_and_number_only(void **state)
{
	struct err	err = {0};
	struct two	t;
	struct finding	f = { .id = SUBJECT_ID };

	(void)state;
	two_open(&t);
	f.h = t.w.h;
	f.but = t.other.account;
	assert_ok(store_read(t.w.store, find_run, &f, &err));
	assert_int_equal(f.n, 1);
	assert_int_equal(f.accounts[0], t.w.me.account);
	f.id = "91430100MA4L16JY83";
	assert_ok(store_read(t.w.store, find_run, &f, &err));
	assert_int_equal(f.n, 0);
	f.id = "";
	assert_ok(store_read(t.w.store, find_run, &f, &err));
	assert_int_equal(f.n, 0);
	f.id = SUBJECT_ID;
	f.but = t.w.me.account;
	assert_ok(store_read(t.w.store, find_run, &f, &err));
	assert_int_equal(f.n, 0);
	world_close(&t.w);
}

/* ---- certificates of one subject under two accounts ---- */

static int
give_run(struct db *db, void *arg, struct err *err)
{
	struct two	*t = arg;
	struct order	 o = { .id = 0 };
	int		 rc = order_load(db, t->w.h, t->no, &o, err);

	if (rc == 0)
		rc = db_run(db, SQL_ORDER_ACCOUNT_SET, NULL, err, DB_INT(o.id),
		    DB_INT(t->other.account), DB_INT(o.account));
	if (rc == 0)
		rc = db_run(db, SQL_CERTIFICATE_INSERT, NULL, err, DB_INT(o.id), DB_TEXT("sign"),
		    DB_INT(t->other.account), DB_TEXT("5e71a2"), DB_TEXT("CN=x"), DB_INT(clock_now()),
		    DB_INT(clock_now() + 30 * CLOCK_DAY), DB_BLOB("x", 1), DB_INT(clock_now()));
	order_release(&o);
	return rc;
}

/* Of both accounts; the claimant is a third. second: the order of the other account. */
static void
three_open(struct two *t, char first[ORDER_NO], struct who *claimant)
{
	struct err	err = {0};

	two_open(t);
	memcpy(first, t->no, ORDER_NO);
	world_order(&t->w, "h2", "download", t->no);
	assert_ok(store_write(t->w.store, give_run, t, &err));
	*claimant = (struct who){ .address = "192.0.2.91" };
	claimant->account = world_register(&t->w, "13900000080", "third@example.com");
}

#define MOVED_MOBILE	"13900000081"

/* An old handler takes another number while the petition is being reviewed. */
static int
move_run(struct db *db, void *arg, struct err *err)
{
	struct two	*t = arg;

	return account_mobile_store(db, t->w.h, &t->other, t->other.account, MOVED_MOBILE, err);
}

/* Filed with its pictures, and granted. */
static void
granted(struct two *t, const struct who *claimant, char ref[PETITION_REF])
{
	static const char *const	pictures[] = { "letter", "id_front", "id_back" };
	struct err			err = {0};
	json_t	*errors = json_array(), *m = NULL, *in = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
		    "subject", SUBJECT, "subject_id", SUBJECT_ID, "name", "钱小二", "id_no",
		    "11010519491231002X", "contact", "qian@example.com", "note", "原经办人都离职了");
	size_t				i = 0;
	bool				waiting = false;

	assert_ok(petition_begin_handler(t->w.h, claimant, in, errors, ref, &err));
	for (i = 0; i < ARRAY_LEN(pictures); i++)
		assert_ok(petition_picture_add(t->w.h, claimant, ref, pictures[i], "JPEG-1", 6, &err));
	assert_ok(petition_file(t->w.h, claimant, ref, &err));
	json_decref(in);
	if (t->moves)
		assert_ok(store_write(t->w.store, move_run, t, &err));
	assert_ok(petition_view(t->w.h, &t->w.staff, ref, &m, &err));
	in = json_pack("{s:o}", "version", json_sprintf("%d", (int)js_int(m, "version", 0)));
	assert_ok(petition_approve(t->w.h, &t->w.staff, ref, in, &waiting, &err));
	json_decref(m);
	json_decref(in);
	json_decref(errors);
}

static int
warned(struct two *t, const char *mobile)
{
	json_t	*j = NULL;
	size_t	 i = 0;
	int	 n = 0;

	world_pull(&t->w);
	json_array_foreach(t->w.out, i, j)
		n += strcmp(js_str(json_object_get(j, "payload"), "phone"), mobile) == 0 &&
		    strcmp(js_str(json_object_get(j, "payload"), "template"),
		    "SMS_PETITION_WARNING") == 0;
	return n;
}

void
test_handler__taken_over_from_two_accounts(void **state)
{
	struct err	err = {0};
	struct two	t;
	struct who	claimant;
	char		first[ORDER_NO], ref[PETITION_REF];
	size_t		n = 0;

	(void)state;
	three_open(&t, first, &claimant);
	granted(&t, &claimant, ref);
	assert_int_equal(warned(&t, WORLD_MOBILE), 1);
	assert_int_equal(warned(&t, OTHER_MOBILE), 1);
	clock_shift(3 * CLOCK_DAY);
	assert_ok(petition_run(t.w.h, clock_now(), &n, &err));
	assert_int_equal(n, 1);
	clock_shift(-3 * CLOCK_DAY);
	assert_true(sees(&t, &claimant));
	assert_false(sees(&t, &t.other));
	memcpy(t.no, first, ORDER_NO);
	assert_true(sees(&t, &claimant));
	assert_false(sees(&t, &t.w.me));
	world_close(&t.w);
}

void
test_handler__each_of_two_old_handlers_may_object(void **state)
{
	struct err	 err = {0};
	struct two	 t;
	struct who	 claimant;
	char		 first[ORDER_NO], ref[PETITION_REF];
	json_t		*list = NULL;
	size_t		 n = 0;
	int		 by = 0;

	(void)state;
	for (by = 0; by < 2; by++) {
		three_open(&t, first, &claimant);
		granted(&t, &claimant, ref);
		assert_err(petition_stop(t.w.h, &(struct who){ .account = 4711, .address = "x" },
		    ref, &err), ERR_NOT_FOUND);
		assert_ok(petition_of_account(t.w.h, by == 0 ? &t.w.me : &t.other, &list, &err));
		assert_true(js_bool(json_array_get(list, 0), "may_stop"));
		json_decref(list);
		assert_ok(petition_stop(t.w.h, by == 0 ? &t.w.me : &t.other, ref, &err));
		clock_shift(3 * CLOCK_DAY);
		assert_ok(petition_run(t.w.h, clock_now(), &n, &err));
		assert_int_equal(n, 0);
		clock_shift(-3 * CLOCK_DAY);
		assert_true(sees(&t, &t.other));
		assert_false(sees(&t, &claimant));
		world_close(&t.w);
	}
}

/* Pages that nobody wrote a link to. */
void
test_handler__a_page_beyond_all_numbers(void **state)
{
	static const char *const	pages[] = { "9223372036854775807", "-5", "1e9", "x", "0" };
	struct err			 err = {0};
	struct two			 t;
	json_t				*q = json_object(), *m = NULL;
	size_t				 i = 0;

	(void)state;
	two_open(&t);
	for (i = 0; i < ARRAY_LEN(pages); i++) {
		js_set_str(q, "page", pages[i]);
		assert_ok(handler_subjects(t.w.h, &t.w.me, q, &m, &err));
		assert_int_equal(js_int(m, "total", 0), 1);
		assert_int_equal(js_int(m, "page", 0), 1);
		json_decref(m);
	}
	json_decref(q);
	world_close(&t.w);
}

/* The warning goes where the old handler is reached when it is granted. */
void
test_handler__warned_at_the_number_of_today(void **state)
{
	struct two	 t;
	struct who	 claimant;
	char		 first[ORDER_NO], ref[PETITION_REF];

	(void)state;
	three_open(&t, first, &claimant);
	t.moves = true;
	granted(&t, &claimant, ref);
	assert_int_equal(warned(&t, WORLD_MOBILE), 1);
	assert_int_equal(warned(&t, MOVED_MOBILE), 1);
	assert_int_equal(warned(&t, OTHER_MOBILE), 0);
	world_close(&t.w);
}

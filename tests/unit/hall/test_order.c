#include "world.h"

void
test_order__numbers_are_dates_and_luck(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO], again[ORDER_NO], copy[ORDER_NO], day[CLOCK_TEXT];
	json_t		*m = NULL;

	(void)state;
	world_open(&w);
	assert_ok(order_create(w.h, &w.me, "org", no, &err));
	assert_ok(order_create(w.h, &w.me, "org", again, &err));
	assert_string_equal(no, again);			/* the untouched draft */
	assert_int_equal(strlen(no), 20);
	assert_memory_equal(no, clock_compact(clock_now(), day), 8);
	assert_err(order_create(w.h, &w.me, "nothing", no, &err), ERR_NOT_FOUND);
	world_order(&w, "cs1", "window", no);
	assert_ok(order_copy(w.h, &w.me, no, copy, &err));
	m = world_view(&w, copy);
	assert_string_equal(js_str(json_object_get(m, "form"), "org_name"), "测试勘察单位一");
	assert_string_equal(js_str(json_object_get(m, "form"), "user_name"), "");
	assert_string_equal(js_str(json_object_get(m, "form"), "answer"), "");
	json_decref(m);
	assert_ok(order_list(w.h, &w.me, "open", NULL, &m, &err));
	assert_int_equal(js_int(m, "total", 0), 2);
	json_decref(m);
	world_close(&w);
}

void
test_order__steps_come_in_order(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO];
	json_t		*errors = json_array(), *in = world_form_org("cs2"), *m = NULL;
	const char	*next = NULL;

	(void)state;
	world_open(&w);
	assert_ok(order_create(w.h, &w.me, "org", no, &err));
	assert_err(step_accept(w.h, &w.me, no, "form", in, errors, &next, &err), ERR_WRONG_STATE);
	assert_err(step_show(w.h, &w.me, no, "payment", &m, &err), ERR_WRONG_STATE);
	assert_err(step_show(w.h, &w.me, no, "dance", &m, &err), ERR_NOT_FOUND);
	assert_ok(step_show(w.h, &w.me, no, NULL, &m, &err));
	assert_string_equal(js_str(m, "step"), "agreement");
	assert_int_equal(json_array_size(json_object_get(m, "progress")), 6);
	json_decref(m);
	json_array_clear(errors);
	assert_err(step_accept(w.h, &w.me, no, "agreement", in, errors, &next, &err), ERR_INPUT);
	assert_int_equal(json_array_size(errors), 3);
	assert_err(material_add(w.h, &w.me, no, "licence", "JPEG-1", 6, &m, &err),
	    ERR_WRONG_STATE);
	json_decref(in);
	json_decref(errors);
	world_close(&w);
}

void
test_order__a_changed_form_is_confirmed_again(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO];
	json_t		*m = NULL;

	(void)state;
	world_open(&w);
	world_order(&w, "cs3", "window", no);
	world_materials(&w, no);
	assert_state(&w, no, "submitted");
	assert_string_equal(world_step(&w, no, "form", world_form_org("cs3b")), "confirm");
	assert_state(&w, no, "draft");
	(void)world_step(&w, no, "confirm", json_pack("{s:s}", "way", "window"));
	assert_string_equal(world_step(&w, no, "print", json_object()), "identity");
	assert_ok(material_delete(w.h, &w.me, no, "licence", &err));
	assert_ok(step_show(w.h, &w.me, no, NULL, &m, &err));
	assert_string_equal(js_str(m, "step"), "materials");
	json_decref(m);
	assert_ok(material_same(w.h, &w.me, no, "agent_id", "licence", &m, &err));
	assert_true(js_bool(m, "complete"));
	json_decref(m);
	assert_err(material_same(w.h, &w.me, no, "agent_id", "seal_specimen", &m, &err),
	    ERR_INPUT);
	assert_err(material_add(w.h, &w.me, no, "licence", "nonsense", 8, &m, &err), ERR_INPUT);
	assert_err(material_add(w.h, &w.me, no, "portrait", "JPEG-1", 6, &m, &err),
	    ERR_NOT_FOUND);
	world_close(&w);
}

/* ---- random events against a model, with stale copies ---- */

struct order_try {
	struct world	*w;
	int64_t		 id, version;		/* version as this actor remembers it */
	enum order_state state;
	enum order_event event;
};

static int
order_try_run(struct db *db, void *arg, struct err *err)
{
	struct order_try	*t = arg;
	struct who		 system = {.system = true, .address = ""};
	struct order		 o = {0};
	int			 rc = -1;

	if (order_load_id(db, t->w->h, t->id, &o, err) < 0)
		return -1;
	o.version = t->version;
	o.state = o.was = t->state;
	rc = order_move(db, t->w->h, &system, &o, t->event, NULL, err);
	order_release(&o);
	return rc;
}

static int
order_id_run(struct db *db, void *arg, struct err *err)
{
	struct order_try	*t = arg;
	struct order		 o = {0};
	char			*no = NULL;

	(void)no;
	if (order_load(db, t->w->h, (const char *)t->w->token, &o, err) < 0)
		return -1;
	t->id = o.id;
	t->version = o.version;
	t->state = o.state;
	order_release(&o);
	return 0;
}

void
test_order__random_events_follow_the_table(void **state)
{
	struct err		 err = {0};
	struct world		 w;
	struct order_try	 actor[3] = {{0}}, model = {0};
	char			 no[ORDER_NO];
	int			 round = 0, moved = 0, stale = 0;

	(void)state;
	world_open(&w);
	for (round = 0; round < 400; round++) {
		struct order_try	*a = &actor[rand_below(3)];
		enum order_state	 to;

		if (round % 40 == 0) {
			assert_ok(order_create(w.h, &w.me, "org", no, &err));
			if (round > 0)
				world_order(&w, no + 12, "window", no);
			(void)snprintf(w.token, sizeof(w.token), "%s", no);
			model.w = &w;
			assert_ok(store_read(w.store, order_id_run, &model, &err));
			actor[0] = actor[1] = actor[2] = model;
		}
		/* Now and then an actor looks again. */
		if (rand_below(2) == 0) {
			a->version = model.version;
			a->state = model.state;
		}
		/* Half of the events are ones that the table allows. */
		a->event = (enum order_event)(1 + rand_below(EVENT__MAX - 1));
		while (rand_below(2) == 0 && order_next(a->state, a->event) == ORDER__MAX)
			a->event = (enum order_event)(1 + rand_below(EVENT__MAX - 1));
		to = order_next(a->state, a->event);
		err_clear(&err);
		if (to == ORDER__MAX) {
			assert_err(store_write(w.store, order_try_run, a, &err), ERR_WRONG_STATE);
		} else if (a->version != model.version || a->state != model.state) {
			assert_err(store_write(w.store, order_try_run, a, &err), ERR_CONFLICT);
			stale++;
		} else {
			assert_ok(store_write(w.store, order_try_run, a, &err));
			model.version++;
			model.state = to;
			moved++;
		}
		{
			struct order_try	now = {.w = &w};

			assert_ok(store_read(w.store, order_id_run, &now, &err));
			assert_int_equal(now.state, model.state);
			assert_int_equal(now.version, model.version);
		}
	}
	assert_true(moved > 0);
	assert_true(stale + moved > 2);
	world_close(&w);
}

void
test_order__status_needs_number_and_phone(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 visitor = {.address = "192.0.2.44"};
	char		 no[ORDER_NO];
	json_t		*in = NULL, *errors = json_array(), *m = NULL;

	(void)state;
	world_open(&w);
	world_order(&w, "cs5", "window", no);
	in = world_captcha(&w, &visitor, json_object());
	assert_ok(code_send(w.h, &visitor, CODE_QUERY, "mobile", "18907311889", in, errors, &err));
	js_set_str(in, "mobile", "18907311889");
	js_set_str(in, "no", no);
	js_set_str(in, "code", world_sms_code(&w));
	assert_ok(order_status(w.h, &visitor, in, errors, &m, &err));
	assert_string_equal(js_str(m, "state"), "submitted");
	assert_null(json_object_get(m, "form"));
	json_decref(m);
	assert_err(order_status(w.h, &visitor, in, errors, &m, &err), ERR_INPUT); /* code used */
	json_decref(in);
	json_decref(errors);
	world_close(&w);
}

/* ---- lists ---- */

struct listed {
	struct world	*w;
	const char	*no;
	int64_t		 amount, paid;
};

static int
listed_run(struct db *db, void *arg, struct err *err)
{
	struct listed	*l = arg;
	struct order	 o = { .id = 0 };
	int		 rc = order_load(db, l->w->h, l->no, &o, err);

	if (rc == 0) {
		o.amount = l->amount;
		o.paid = l->paid;
		rc = order_save(db, l->w->h, &o, err);
	}
	order_release(&o);
	return rc;
}

static void
assert_listed(struct world *w, const struct who *who, const char *op, const char *pay, int64_t n)
{
	struct err	 err = {0};
	json_t		*q = json_pack("{s:s, s:s}", "op", op, "pay", pay), *m = NULL;

	assert_ok(order_list(w->h, who, "all", q, &m, &err));
	assert_int_equal(js_int(m, "total", -1), n);
	assert_int_equal(json_array_size(json_object_get(m, "rows")), MIN(n, 20));
	json_decref(m);
	json_decref(q);
}

/* Paid to the last fen, one short, nothing to pay; a kind of operation; both; who else. */
void
test_order__lists_by_operation_and_payment(void **state)
{
	static const struct { int64_t amount, paid; } money[] = { { 34000, 34000 },
	    { 34000, 33999 }, { 34000, 0 }, { 34000, 34001 }, { 0, 0 } };
	struct who	 system = {.system = true, .address = ""}, other = {.address = ""};
	struct listed	 l = { .w = NULL };
	struct err	 err = {0};
	struct world	 w;
	char		 no[ORDER_NO], name[16];
	size_t		 i = 0;

	(void)state;
	world_open(&w);
	for (i = 0; i < 25; i++) {		/* five times each: more than a page */
		(void)snprintf(name, sizeof(name), "list%02zu", i);
		world_order(&w, name, "download", no);
		l = (struct listed){ .w = &w, .no = no, .amount = money[i % 5].amount,
		    .paid = money[i % 5].paid };
		assert_ok(store_write(w.store, listed_run, &l, &err));
	}
	assert_listed(&w, &w.me, "", "", 25);
	assert_listed(&w, &w.me, "", "paid", 10);
	assert_listed(&w, &w.me, "", "owed", 10);
	assert_listed(&w, &w.me, "", "free", 5);
	assert_listed(&w, &w.me, "", "nonsense", 25);
	assert_listed(&w, &w.me, "new", "", 25);
	assert_listed(&w, &w.me, "renew", "", 0);
	assert_listed(&w, &w.me, "nonsense", "paid", 10);
	assert_listed(&w, &w.me, "new", "owed", 10);
	assert_listed(&w, &system, "new", "owed", 10);
	other.account = world_register(&w, "13900000055", "other@example.com");
	assert_listed(&w, &other, "", "", 0);
	world_close(&w);
}

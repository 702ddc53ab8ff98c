#include "world.h"
#include "hall/certificate/soft.h"
#include "hall/def/catalog.h"
#include "hall/delivery/delivery.h"
#include "hall/medium/medium.h"
#include "hall/medium/words.h"
#include "hall/ops.h"
#include "hall/order/order_row.h"

/* Soft certificates in the hall: what is offered, counted, noted and refused. */

struct soft_move { struct hall *h; const char *no; enum order_state state; };

static int
soft_set_state(struct db *db, void *arg, struct err *err)
{
	struct soft_move	*m = arg;
	struct order		 o = {0};
	int			 rc = order_load(db, m->h, m->no, &o, err);

	o.state = m->state;
	if (rc == 0)
		rc = order_save(db, m->h, &o, err);
	order_release(&o);
	return rc;
}

static void
soft_order(struct world *w, const char *product, enum order_state state, char no[ORDER_NO])
{
	struct soft_move	m = {.h = w->h, .no = no, .state = state};
	struct err		err = {0};

	assert_ok(order_create(w->h, &w->me, product, no, &err));
	assert_ok(store_write(w->store, soft_set_state, &m, &err));
}

static int64_t
soft_listed(struct world *w, const char *tab)
{
	struct err	 err = {0};
	json_t		*query = json_object(), *m = NULL;
	int64_t		 n;

	assert_ok(order_list(w->h, &w->me, tab, query, &m, &err));
	n = js_int(m, "total", -1);
	assert_int_equal(json_array_size(json_object_get(m, "rows")), n);
	json_decref(m);
	json_decref(query);
	return n;
}

static void
soft_counted(struct world *w, int64_t fetch, int64_t soft, int64_t open)
{
	struct err	 err = {0};
	json_t		*m = NULL;

	assert_ok(order_counters(w->h, &w->me, &m, &err));
	assert_int_equal(js_int(m, "fetch", -1), fetch);
	assert_int_equal(js_int(m, "soft", -1), soft);
	assert_int_equal(js_int(m, "open", -1), open);
	json_decref(m);
	assert_int_equal(soft_listed(w, "fetch"), fetch);
	assert_int_equal(soft_listed(w, "soft"), soft);
}

/* NAV-04: a counter and the list it leads to say the same, at each state. */
void
test_soft__counters_and_their_lists(void **state)
{
	struct world	 w;
	char		 no[ORDER_NO];

	(void)state;
	world_open(&w);
	soft_counted(&w, 0, 0, 0);
	soft_order(&w, "person-soft", ORDER_REVIEWING, no);
	soft_counted(&w, 0, 0, 1);
	soft_order(&w, "person", ORDER_APPROVED, no);
	soft_counted(&w, 1, 0, 1);
	soft_order(&w, "person-soft", ORDER_APPROVED, no);
	soft_order(&w, "person-soft", ORDER_FETCHED, no);
	soft_counted(&w, 3, 2, 1);
	soft_order(&w, "person-soft", ORDER_DONE, no);
	soft_order(&w, "person-soft", ORDER_CANCELLED, no);
	soft_counted(&w, 3, 2, 1);
	soft_order(&w, "person-soft", ORDER_DRAFT, no);
	soft_counted(&w, 3, 2, 2);
	world_close(&w);
}

/* What is downloaded only; a UKey's product takes every way as before. */
void
test_soft__ways_of_collection(void **state)
{
	struct world		 w;
	const struct halldef	*d;
	const struct def_product *soft, *ukey;

	(void)state;
	world_open(&w);
	d = hall_def(w.h);
	soft = halldef_product(d, "person-soft");
	ukey = halldef_product(d, "person");
	assert_true(soft->soft && !ukey->soft);
	assert_int_equal(soft->medium, 0);
	assert_int_equal(product_amount(soft, 2), 38000);
	assert_int_equal(product_amount(soft, 3), -1);
	for (size_t i = 0; i < d->n_collections; i++) {
		assert_true(product_collects(ukey, &d->collections[i]));
		assert_int_equal(product_collects(soft, &d->collections[i]), !d->collections[i].made);
	}
	world_close(&w);
}

struct soft_bound { struct hall *h; const char *no; json_t *in, *model; };

static int
soft_bind_run(struct db *db, void *arg, struct err *err)
{
	struct soft_bound	*b = arg;
	struct order		 o = {0};
	int			 rc = order_load(db, b->h, b->no, &o, err);

	if (rc == 0 && b->in != NULL)
		rc = soft_bind(db, &o, b->in, err);
	if (rc == 0)
		rc = soft_model(db, &o, b->model, err);
	order_release(&o);
	return rc;
}

/* Each medium has all its words, and a soft certificate's speak of no UKey. */
void
test_soft__words_of_each_medium(void **state)
{
	struct world	 w;
	const char	*key = NULL;
	json_t		*ukey = NULL, *soft = NULL, *value = NULL;

	(void)state;
	world_open(&w);
	ukey = medium_words_model(medium_words(halldef_product(hall_def(w.h), "person")));
	soft = medium_words_model(medium_words_sold(hall_def(w.h), "person-soft"));
	json_object_foreach(ukey, key, value) {
		assert_string_not_equal(json_string_value(value), "");
		assert_string_not_equal(js_str(soft, key), "");
		assert_string_not_equal(js_str(soft, key), json_string_value(value));
		assert_null(strstr(js_str(soft, key), "UKey"));
	}
	assert_int_equal(json_object_size(ukey), json_object_size(soft));
	assert_ptr_equal(medium_words_sold(hall_def(w.h), "gone"), medium_words_by_id("ukey"));
	json_decref(ukey);
	json_decref(soft);
	world_close(&w);
}

/* Where the key is: the assistant's file, by its number; or a request; the last one counts. */
void
test_soft__where_the_key_is(void **state)
{
	struct world		 w;
	struct err		 err = {0};
	char			 no[ORDER_NO], ukey[ORDER_NO];
	struct soft_bound	 b = {.no = no};

	(void)state;
	world_open(&w);
	b.h = w.h;
	soft_order(&w, "person-soft", ORDER_APPROVED, no);
	soft_order(&w, "person", ORDER_APPROVED, ukey);
	b.model = json_object();
	assert_ok(store_write(w.store, soft_bind_run, &b, &err));
	assert_string_equal(js_str(b.model, "key_place"), "");		/* not yet */
	assert_string_equal(js_str(b.model, "medium_text"), "软证书");
	b.in = json_pack("{s:s}", "medium", "SC12345678901234");
	assert_ok(store_write(w.store, soft_bind_run, &b, &err));
	assert_non_null(strstr(js_str(b.model, "key_place"), "编号 SC12345678901234"));
	js_set_str(b.in, "medium", "bad\nnumber");
	assert_err(store_write(w.store, soft_bind_run, &b, &err), ERR_INPUT);
	js_set_str(b.in, "way", "request");
	assert_ok(store_write(w.store, soft_bind_run, &b, &err));
	assert_non_null(strstr(js_str(b.model, "key_place"), "由您自己生成"));
	json_decref(b.in);
	b.in = NULL;
	b.no = ukey;
	assert_ok(store_write(w.store, soft_bind_run, &b, &err));
	assert_string_equal(js_str(b.model, "key_place"), "");
	assert_string_equal(js_str(b.model, "medium_text"), "UKey");
	json_decref(b.model);
	world_close(&w);
}

/* Nobody makes or sends one. */
void
test_soft__no_maker_takes_it(void **state)
{
	struct world	 w;
	struct err	 err = {0};
	char		 no[ORDER_NO];
	json_t		*m = NULL, *in = json_pack("{s:s, s:s, s:s}", "company", "顺丰", "waybill",
			    "SF1234567890123", "blank", "1"), *errors = json_array();

	(void)state;
	world_open(&w);
	soft_order(&w, "person-soft", ORDER_APPROVED, no);
	assert_ok(delivery_work(w.h, &w.staff, &m, &err));
	assert_int_equal(json_array_size(json_object_get(m, "to_make")), 0);
	assert_err(delivery_claim(w.h, &w.staff, no, &err), ERR_WRONG_STATE);
	assert_non_null(strstr(err.text, "软证书"));
	assert_err(delivery_ship(w.h, &w.staff, no, in, errors, &err), ERR_WRONG_STATE);
	assert_non_null(strstr(err.text, "没有UKey要寄"));
	json_decref(m);
	json_decref(in);
	json_decref(errors);
	world_close(&w);
}

/* Unlocking is refused with what to do instead; re-issue has causes of its own, free of charge. */
void
test_soft__operations(void **state)
{
	struct world	 w;
	struct err	 err = {0};
	struct order	 old = {.op = "new"}, fresh = {.op = "reissue"};
	struct op_case	 c = {.old = &old, .now = clock_now(), .good = true};
	json_t		*model = json_object(), *in = json_object(), *errors = json_array();
	static const struct { const char *cause; bool may; int reason; } causes[] = {
		{"lost", true, 4}, {"forgotten", true, 4}, {"copied", true, 1}, {"broken", false, 4},
		{"", false, 4}};

	(void)state;
	world_open(&w);
	c.hall = w.h;
	c.def = hall_def(w.h);
	c.not_before = c.medium_issued = c.now - 100 * CLOCK_DAY;
	c.not_after = c.now + 100 * CLOCK_DAY;
	c.in = in;
	c.errors = errors;
	old.def = fresh.def = halldef_product(c.def, "person-soft");
	old.form = fresh.form = json_object();
	assert_err(op_by_name("unlock")->may(&c, &err), ERR_WRONG_STATE);
	assert_non_null(strstr(err.text, "补办"));
	err_clear(&err);
	op_by_name("reissue")->model(&c, model);
	assert_int_equal(json_array_size(json_object_get(model, "reissue_causes")), 3);
	for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
		js_set_str(in, "cause", causes[i].cause);
		fresh.amount = -1;
		if (!causes[i].may) {
			assert_err(op_by_name("reissue")->prepare(&c, &fresh, &err), ERR_INPUT);
			continue;
		}
		assert_ok(op_by_name("reissue")->prepare(&c, &fresh, &err));
		assert_int_equal(fresh.amount, 0);
		assert_int_equal(op_reason(&fresh), causes[i].reason);
		assert_int_equal(op_leaves_medium(&fresh), MEDIUM_NONE);
	}
	json_decref(old.form);
	json_decref(model);
	json_decref(in);
	json_decref(errors);
	world_close(&w);
}

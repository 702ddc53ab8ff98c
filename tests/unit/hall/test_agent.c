#include "world.h"
#include "hall/account/account_own.h"
#include "hall/act.h"

/* The agent's phone of orders follows the account's number; only where it was that number. */
#define NEW_NUMBER	"13900000088"
#define ELSE		"18907311889"		/* the agent of world_form_org */

/* What the orders of a test are set to, and what is read back. */
struct phone {
	struct world	*w;
	const char	*no, *phone, *state;
	bool		 proved;
	char		 now[32];
};

static int
phone_put_run(struct db *db, void *arg, struct err *err)
{
	struct phone	*p = arg;
	struct order	 o = { .id = 0 };
	int		 rc = order_load(db, p->w->h, p->no, &o, err);

	if (rc == 0) {
		js_set_str(o.form, "agent_phone", p->phone);
		o.state = order_state_by_name(p->state);
		if (p->proved)
			js_set_int(o.steps, "identity", clock_now());
		rc = order_save(db, p->w->h, &o, err);
	}
	order_release(&o);
	return rc;
}

static int
phone_get_run(struct db *db, void *arg, struct err *err)
{
	struct phone	*p = arg;
	struct order	 o = { .id = 0 };
	int		 rc = order_load(db, p->w->h, p->no, &o, err);

	(void)snprintf(p->now, sizeof(p->now), "%s", js_str(o.form, "agent_phone"));
	p->state = order_state_name(o.state);
	p->proved = json_object_get(o.steps, "identity") != NULL;
	order_release(&o);
	return rc;
}

static int
number_run(struct db *db, void *arg, struct err *err)
{
	struct world	*w = arg;

	return account_mobile_store(db, w->h, &w->me, w->me.account, NEW_NUMBER, err);
}

static struct phone
phone_of(struct world *w, const char *no)
{
	struct err	err = {0};
	struct phone	p = { .w = w, .no = no };

	assert_ok(store_read(w->store, phone_get_run, &p, &err));
	return p;
}

static void
phone_put(struct world *w, const char *no, const char *phone, const char *state, bool proved)
{
	struct err	err = {0};
	struct phone	p = { .w = w, .no = no, .phone = phone, .state = state, .proved = proved };

	assert_ok(store_write(w->store, phone_put_run, &p, &err));
}

void
test_agent__follows_the_number(void **state)
{
	static const struct { const char *phone, *state, *now, *then; bool proved, still; } rows[] = {
		{ WORLD_MOBILE, "draft", NEW_NUMBER, "draft", false, false },
		{ WORLD_MOBILE, "draft", NEW_NUMBER, "draft", true, false },
		{ WORLD_MOBILE, "submitted", NEW_NUMBER, "submitted", true, false },
		{ WORLD_MOBILE, "reviewing", NEW_NUMBER, "submitted", true, false },
		{ WORLD_MOBILE, "reviewing", NEW_NUMBER, "reviewing", false, false },
		{ WORLD_MOBILE, "returned", NEW_NUMBER, "returned", true, false },
		{ WORLD_MOBILE, "approved", NEW_NUMBER, "approved", true, true },
		{ WORLD_MOBILE, "shipped", NEW_NUMBER, "shipped", true, true },
		{ WORLD_MOBILE, "done", NEW_NUMBER, "done", true, true },
		{ WORLD_MOBILE, "cancelled", WORLD_MOBILE, "cancelled", true, true },
		{ ELSE, "submitted", ELSE, "submitted", true, true },
		{ ELSE, "done", ELSE, "done", true, true },
	};
	char		no[ARRAY_LEN(rows)][ORDER_NO], name[16];
	struct err	err = {0};
	struct phone	p;
	struct world	w;
	json_t		*m = NULL;
	size_t		 i = 0;

	(void)state;
	world_open(&w);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		(void)snprintf(name, sizeof(name), "agent%02zu", i);
		world_order(&w, name, "download", no[i]);
		phone_put(&w, no[i], rows[i].phone, rows[i].state, rows[i].proved);
	}
	assert_ok(store_write(w.store, number_run, &w, &err));
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		p = phone_of(&w, no[i]);
		assert_string_equal(p.now, rows[i].now);
		assert_string_equal(p.state, rows[i].then);
		assert_int_equal(p.proved, rows[i].still);
	}
	m = world_view(&w, no[0]);
	assert_string_equal(js_str(json_array_get(json_object_get(m, "events"),
	    json_array_size(json_object_get(m, "events")) - 1), "note"),
	    "188****8888 → 139****0088");
	json_decref(m);
	world_close(&w);
}

/* More orders than one batch, all of them. */
void
test_agent__follows_in_all_orders(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	char		 (*no)[ORDER_NO] = xcalloc(201, sizeof(*no)), name[16];
	size_t		 i = 0;

	(void)state;
	world_open(&w);
	for (i = 0; i < 201; i++) {
		(void)snprintf(name, sizeof(name), "many%03zu", i);
		world_order(&w, name, "download", no[i]);
		phone_put(&w, no[i], WORLD_MOBILE, "done", false);
	}
	assert_ok(store_write(w.store, number_run, &w, &err));
	for (i = 0; i < 201; i++)
		assert_string_equal(phone_of(&w, no[i]).now, NEW_NUMBER);
	free(no);
	world_close(&w);
}

#include "world.h"
#include "hall/delivery/delivery.h"
#include "hall/delivery/parcel.h"
#include "hall/order/fetch.h"
#include "hall/order/review.h"

/* Parcels: the courier's facts come late, twice and out of order. */

static int
parcel_fact_run(struct db *db, void *arg, struct err *err)
{
	return hall_sink.express(db, arg, err);
}

static void
parcel_fact(struct world *w, const struct express_fact *f)
{
	struct err	err = {0};

	assert_ok(store_write(w->store, parcel_fact_run, (void *)(uintptr_t)f, &err));
}

struct move { const char *no; enum order_state to; };

/* The order as it is when staff made its key; how it gets there is test_journey.c's. */
static int
parcel_ready_run(struct db *db, void *arg, struct err *err)
{
	struct world	*w = world_now;
	const struct move *m = arg;
	struct order	 o = {0};
	int		 rc = order_load(db, w->h, m->no, &o, err);

	o.state = m->to;
	if (rc == 0)
		rc = order_save(db, w->h, &o, err);
	order_release(&o);
	return rc;
}

static void
parcel_open(struct world *w, char no[ORDER_NO])
{
	struct err	err = {0};
	struct move	m = { no, ORDER_READY };

	world_open(w);
	world_order(w, "parcel1", "courier", no);
	assert_ok(store_write(w->store, parcel_ready_run, &m, &err));
}

static const char *
parcel_state(struct world *w, const char *no, char text[24])
{
	struct err	 err = {0};
	json_t		*m = NULL, *row = NULL;
	size_t		 i = 0;

	text[0] = '\0';
	assert_ok(delivery_work(w->h, &w->staff, &m, &err));
	json_array_foreach(json_object_get(m, "ready"), i, row)
		if (strcmp(js_str(row, "no"), no) == 0)
			(void)snprintf(text, 24, "%s", js_str(json_object_get(row, "parcel"),
			    "state"));
	json_decref(m);
	return text;
}

void
test_parcel__ordered_once_a_time(void **state)
{
	struct world		 w;
	struct err		 err = {0};
	char			 no[ORDER_NO], ref[64], text[24];
	struct express_fact	 f = {.what = EXPRESS_NOT_ORDERED, .ref = ref, .waybill = "",
		.reason_code = "filter", .reason = "超出派送范围"};
	json_t			*p = NULL;

	(void)state;
	parcel_open(&w, no);
	assert_err(parcel_order(w.h, &w.me, no, &err), ERR_DENIED);
	err_clear(&err);
	assert_err(parcel_cancel(w.h, &w.staff, no, &err), ERR_WRONG_STATE);
	err_clear(&err);
	assert_ok(parcel_order(w.h, &w.staff, no, &err));
	assert_err(parcel_order(w.h, &w.staff, no, &err), ERR_CONFLICT);
	err_clear(&err);
	p = world_newest(&w, "express.order");
	assert_string_equal(js_str(json_object_get(p, "receiver"), "contact"), "张三丰");
	assert_true(js_bool(p, "collect"));
	(void)snprintf(ref, sizeof(ref), "%s", js_str(p, "ref"));
	parcel_fact(&w, &f);
	assert_string_equal(parcel_state(&w, no, text), "refused");
	assert_ok(parcel_order(w.h, &w.staff, no, &err));	/* another number at the courier */
	assert_string_not_equal(js_str(world_newest(&w, "express.order"), "ref"), ref);
	parcel_fact(&w, &f);					/* of the first try: too late */
	assert_string_equal(parcel_state(&w, no, text), "asked");
	(void)snprintf(ref, sizeof(ref), "%s", js_str(world_newest(&w, "express.order"), "ref"));
	f = (struct express_fact){.what = EXPRESS_ORDERED, .ref = ref, .waybill = "SF1",
		.reason_code = "", .reason = ""};
	parcel_fact(&w, &f);
	parcel_fact(&w, &f);
	assert_string_equal(parcel_state(&w, no, text), "ordered");
	assert_ok(parcel_cancel(w.h, &w.staff, no, &err));
	f.what = EXPRESS_NOT_CANCELLED;
	parcel_fact(&w, &f);
	assert_string_equal(parcel_state(&w, no, text), "ordered");
	assert_ok(parcel_cancel(w.h, &w.staff, no, &err));
	f.what = EXPRESS_CANCELLED;
	parcel_fact(&w, &f);
	assert_string_equal(parcel_state(&w, no, text), "cancelled");
	world_close(&w);
}

static json_t *
parcel_ship(struct world *w, const char *no, const char *company, const char *waybill)
{
	struct err	 err = {0};
	json_t		*in = json_pack("{s:s, s:s}", "company", company, "waybill", waybill);
	json_t		*errors = json_array();

	assert_ok(delivery_ship(w->h, &w->staff, no, in, errors, &err));
	json_decref(errors);
	json_decref(in);
	return world_newest(w, "express.route");
}

void
test_parcel__signed_for_once(void **state)
{
	struct express_route	 route[3] = {{.at = 1000, .code = "50", .text = "已收取"},
		{.at = 2000, .code = "44", .text = "派送中"}, {.at = 3000, .code = "80",
		.text = "已签收"}};
	struct express_fact	 f = {.what = EXPRESS_ROUTES_KNOWN, .ref = "", .waybill =
		"SF1234567890123", .route = route, .n = 1, .reason_code = "", .reason = ""};
	struct world		 w;
	char			 no[ORDER_NO];
	json_t			*m = NULL;
	int			 sms = 0;

	(void)state;
	parcel_open(&w, no);
	m = parcel_ship(&w, no, "顺丰速运", "SF1234567890123");
	assert_string_equal(js_str(m, "tail"), "8888");
	sms = world_count(&w, "sms");
	parcel_fact(&w, &f);
	assert_int_equal(world_count(&w, "sms"), sms);
	f.n = 2;
	parcel_fact(&w, &f);
	parcel_fact(&w, &f);
	assert_int_equal(world_count(&w, "sms"), sms + 1);	/* it comes today, told once */
	assert_state(&w, no, "shipped");
	f.n = 3;
	f.signed_at = 3000;
	parcel_fact(&w, &f);
	parcel_fact(&w, &f);
	f.n = 1;
	f.signed_at = 0;
	parcel_fact(&w, &f);					/* late, and knows less */
	assert_state(&w, no, "done");
	assert_int_equal(world_count(&w, "sms"), sms + 2);
	m = world_view(&w, no);
	assert_int_equal(json_array_size(json_object_get(json_array_get(json_object_get(m,
	    "deliveries"), 0), "track")), 3);
	json_decref(m);
	f.waybill = "SF0000000000000";				/* nobody's */
	f.signed_at = 3000;
	parcel_fact(&w, &f);
	world_close(&w);
}

void
test_parcel__others_waybills_are_not_followed(void **state)
{
	struct world	 w;
	char		 no[ORDER_NO];

	(void)state;
	parcel_open(&w, no);
	assert_null(parcel_ship(&w, no, "中国邮政", "1234567890123"));
	world_close(&w);
}

/* A courier's words are cut between characters, or nothing of it would be filed. */
void
test_parcel__long_words_of_the_courier_are_cut_between_characters(void **state)
{
	struct world		 w;
	struct err		 err = {0};
	struct buf		 words;
	char			 no[ORDER_NO], ref[64], text[24];
	struct express_fact	 f = {.what = EXPRESS_NOT_ORDERED, .ref = ref, .waybill = "",
		.reason_code = "E1"};
	int			 i = 0;

	(void)state;
	parcel_open(&w, no);
	assert_ok(parcel_order(w.h, &w.staff, no, &err));
	(void)snprintf(ref, sizeof(ref), "%s", js_str(world_newest(&w, "express.order"), "ref"));
	buf_init(&words, 4096);
	for (i = 0; i < 200; i++)
		buf_addstr(&words, "远");
	f.reason = words.p;
	parcel_fact(&w, &f);
	assert_string_equal(parcel_state(&w, no, text), "refused");
	buf_free(&words);
	world_close(&w);
}

#include "world.h"
#include "hall/order/order_enter.h"
#include "hall/order/order_row.h"

/* From a question without signing in into the order: once, for ten minutes, for whose phone it is. */
#define AGENT	"18907311889"		/* of world_form_org; nobody's account */
#define INVOICE	"F12345678901234567890"

struct visit {
	struct world	 w;
	char		 no[ORDER_NO], ticket[ORDER_TICKET], path[ORDER_PATH];
	struct who	 visitor;
};

static int
visit_agent_run(struct db *db, void *arg, struct err *err)
{
	struct visit	*v = arg;
	struct order	 o = { .id = 0 };
	int		 rc = order_load(db, v->w.h, v->no, &o, err);

	js_set_str(o.form, "agent_phone", WORLD_MOBILE);
	if (rc == 0)
		rc = order_save(db, v->w.h, &o, err);
	order_release(&o);
	return rc;
}

static void
visit_open(struct visit *v)
{
	struct err	err = {0};

	memset(v, 0, sizeof(*v));
	world_open(&v->w);
	world_order(&v->w, "visit1", "download", v->no);
	assert_ok(store_write(v->w.store, visit_agent_run, v, &err));
	v->visitor = (struct who){.address = "192.0.2.77", .agent = "test"};
	order_enter_ticket(v->w.h, WORLD_MOBILE, v->ticket);
}

static int
visit_enter(struct visit *v, const char *ticket, const char *no, const char *invoice,
    struct err *err)
{
	json_t	*in = json_pack("{s:s, s:s, s:s}", "ticket", ticket, "no", no, "invoice", invoice);
	char	 token[SESSION_TOKEN];
	struct session s;
	int	 rc = order_enter(v->w.h, &v->visitor, in, token, v->path, err);

	json_decref(in);
	if (rc == 0) {
		rc = session_load(v->w.h, token, SESSION_ACCOUNT, &s, err);
		assert_int_equal(s.owner, v->w.me.account);
	}
	return rc;
}

void
test_order_enter__once_and_for_ten_minutes(void **state)
{
	struct err	 err = {0};
	struct visit	 v;
	char		 other[ORDER_TICKET], want[ORDER_PATH];
	int64_t		 ends = 0, shift = 0;

	(void)state;
	visit_open(&v);
	(void)snprintf(want, sizeof(want), "/orders/%s/continue", v.no);
	ends = strtoll(v.ticket, NULL, 10);
	(void)snprintf(other, sizeof(other), "%s", v.ticket);
	other[2] = other[2] == '9' ? '8' : '9';			/* later than it was given */
	assert_err(visit_enter(&v, other, v.no, "", &err), ERR_EXPIRED);
	assert_err(visit_enter(&v, "", v.no, "", &err), ERR_EXPIRED);
	assert_err(visit_enter(&v, "1-2-3", v.no, "", &err), ERR_EXPIRED);
	clock_shift(-CODE_AHEAD - CLOCK_MINUTE);		/* given by a clock that ran ahead */
	assert_err(visit_enter(&v, v.ticket, v.no, "", &err), ERR_EXPIRED);
	clock_shift(CODE_AHEAD + CLOCK_MINUTE);
	shift = ends - clock_now();
	clock_shift(shift);					/* over */
	assert_err(visit_enter(&v, v.ticket, v.no, "", &err), ERR_EXPIRED);
	clock_shift(-CLOCK_SECOND);				/* just not */
	assert_ok(visit_enter(&v, v.ticket, v.no, "", &err));
	assert_string_equal(v.path, want);
	assert_err(visit_enter(&v, v.ticket, v.no, "", &err), ERR_EXPIRED);	/* once */
	clock_shift(CLOCK_SECOND - shift);
	world_close(&v.w);
}

void
test_order_enter__only_whose_phone_it_is(void **state)
{
	struct err	 err = {0};
	struct visit	 v;
	char		 ticket[ORDER_TICKET];

	(void)state;
	visit_open(&v);
	order_enter_ticket(v.w.h, AGENT, ticket);		/* nobody's */
	assert_err(visit_enter(&v, ticket, v.no, "", &err), ERR_DENIED);
	(void)world_register(&v.w, "13900000066", "other@example.com");
	order_enter_ticket(v.w.h, "13900000066", ticket);	/* another account's */
	assert_err(visit_enter(&v, ticket, v.no, "", &err), ERR_DENIED);
	assert_err(visit_enter(&v, v.ticket, "20260101000000000000", "", &err), ERR_NOT_FOUND);
	assert_ok(visit_enter(&v, v.ticket, v.no, "", &err));	/* refusals do not use it up */
	world_close(&v.w);
}

void
test_order_enter__to_an_invoice(void **state)
{
	static const char *const bad[] = { "F1234567890123456789", "X12345678901234567890",
	    "F1234567890123456789/", "//evil.example", "F123456789012345678901" };
	struct err	 err = {0};
	struct visit	 v;
	size_t		 i = 0;

	(void)state;
	visit_open(&v);
	for (i = 0; i < ARRAY_LEN(bad); i++)
		assert_err(visit_enter(&v, v.ticket, "", bad[i], &err), ERR_NOT_FOUND);
	assert_ok(visit_enter(&v, v.ticket, "", INVOICE, &err));
	assert_string_equal(v.path, "/invoices/" INVOICE);
	world_close(&v.w);
}

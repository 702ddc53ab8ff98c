#include "world.h"
#include "hall/medium/stock.h"
#include "hall/ops.h"

/* ---- orders and certificates ---- */

struct holder {
	struct world	*w;
	struct who	*who;
	struct order	 o;		/* of a number, an account, what it replaces */
	const char	*ukey;
	char		 serial[65];	/* of its certificate */
};

static int
bind_run(struct db *db, void *arg, struct err *err)
{
	struct holder	*p = arg;

	return medium_bind(db, p->w->h, p->who, &p->o, p->ukey, err);
}

static int
free_run(struct db *db, void *arg, struct err *err)
{
	struct holder	*p = arg;

	return medium_free(db, &p->o, err);
}

/* The pair was written: a certificate of the order, and the UKey is issued. */
static int
write_run(struct db *db, void *arg, struct err *err)
{
	struct holder		*p = arg;
	unsigned char		 point[SM2_POINT_LEN];
	struct cert		*c = NULL;
	const unsigned char	*der = NULL;
	size_t			 len = 0;
	int			 rc = -1;

	if (sm2_point(p->w->officer_key, point, err) < 0)
		return -1;
	c = world_issue(p->w, "sm2-org-sign", "单位", point, false, false);
	der = cert_der(c, &len);
	(void)snprintf(p->serial, sizeof(p->serial), "%s", cert_serial(c));
	if (db_run(db, SQL_CERTIFICATE_INSERT, NULL, err, DB_INT(p->o.id), DB_TEXT("sign"),
	    DB_INT(p->o.account), DB_TEXT(p->serial), DB_TEXT("单位"), DB_INT(cert_not_before(c)),
	    DB_INT(cert_not_after(c)), DB_BLOB(der, len), DB_INT(clock_now())) == 0)
		rc = medium_of_order_move(db, p->who, p->o.id, MEDIUM_WRITE, "", err);
	cert_free(c);
	return rc;
}

static int
end_run(struct db *db, void *arg, struct err *err)
{
	struct holder	*p = arg;

	return db_run(db, SQL_CERTIFICATE_STATE_SET, NULL, err, DB_INT(p->o.id),
	    DB_TEXT("revoked"));
}

static struct holder
holder(struct world *w, const char *user_name, const char *ukey)
{
	struct holder	p = {.w = w, .who = &w->me, .ukey = ukey};
	struct err	err = {0};
	char		no[ORDER_NO];
	json_t		*m = NULL;

	world_order(w, user_name, "download", no);
	assert_ok(order_view(w->h, &w->me, no, &m, &err));
	json_decref(m);
	(void)snprintf(p.o.no, sizeof(p.o.no), "%s", no);
	p.o.account = w->me.account;
	return p;
}

static int
id_run(struct db *db, void *arg, struct err *err)
{
	struct holder	*p = arg;
	struct order	 o = {0};
	int		 rc = order_load(db, p->w->h, p->o.no, &o, err);

	p->o.id = o.id;
	order_release(&o);
	return rc;
}

static struct holder
order_for(struct world *w, const char *user_name, const char *ukey)
{
	struct err	err = {0};
	struct holder	p = holder(w, user_name, ukey);

	assert_ok(store_read(w->store, id_run, &p, &err));
	return p;
}

static int
bind(struct holder *p, const char *ukey, struct err *err)
{
	p->ukey = ukey;
	return store_write(p->w->store, bind_run, p, err);
}

static void
written(struct holder *p)
{
	struct err	err = {0};

	assert_ok(store_write(p->w->store, write_run, p, &err));
}

static void
receive(struct world *w, const char *batch, const char *serials)
{
	struct err	 err = {0};
	int64_t		 added = 0;
	json_t		*in = json_pack("{s:s, s:s}", "batch", batch, "serials", serials);

	assert_ok(stock_add(w->h, &w->staff, in, NULL, &added, &err));
	json_decref(in);
}

static void
assert_ukey(struct world *w, const char *serial, const char *state)
{
	struct err	 err = {0};
	json_t		*m = NULL;

	assert_ok(stock_view(w->h, &w->staff, serial, &m, &err));
	assert_string_equal(js_str(m, "state"), state);
	json_decref(m);
}

static int
scrap(struct world *w, const char *serial, const char *reason, struct err *err)
{
	json_t	*in = json_pack("{s:s, s:s}", "serial", serial, "reason", reason);
	int	 rc = stock_scrap(w->h, &w->staff, in, NULL, err);

	json_decref(in);
	return rc;
}

/* ---- rules ---- */

void
test_medium__moves(void **state)
{
	(void)state;
	assert_int_equal(medium_next(MEDIUM_BLANK, MEDIUM_WRITE), MEDIUM_ISSUED);
	assert_int_equal(medium_next(MEDIUM_ISSUED, MEDIUM_WRITE), MEDIUM_ISSUED);
	assert_int_equal(medium_next(MEDIUM_LOST, MEDIUM_WRITE), MEDIUM__MAX);
	assert_int_equal(medium_next(MEDIUM_REPLACED, MEDIUM_WRITE), MEDIUM__MAX);
	assert_int_equal(medium_next(MEDIUM_SCRAPPED, MEDIUM_WRITE), MEDIUM__MAX);
	assert_int_equal(medium_next(MEDIUM_BLANK, MEDIUM_LOSE), MEDIUM__MAX);
	assert_int_equal(medium_next(MEDIUM_LOCKED, MEDIUM_UNLOCK), MEDIUM_ISSUED);
	assert_int_equal(medium_next(MEDIUM_LOCKED, MEDIUM_SCRAP), MEDIUM__MAX);
	assert_int_equal(medium_next(MEDIUM_SCRAPPED, MEDIUM_SCRAP), MEDIUM__MAX);
}

/* A batch comes whole or not at all, and only to makers. */
void
test_medium__a_batch_is_received_whole(void **state)
{
	static const char *const wrong[] = { "A4 A1", "A4 a/b", "A4 A4", " \n",
	    "A4 123456789012345678901234567890123" };
	struct err	 err = {0};
	struct world	 w;
	json_t		*m = NULL, *in = json_pack("{s:s, s:s, s:s}", "batch", "2026-11", "kind",
			    "软UKey", "serials", "A1\r\nA2, A3\n\n");
	int64_t		 added = 0;
	size_t		 i = 0;

	(void)state;
	world_open(&w);
	assert_err(stock_add(w.h, &w.me, in, NULL, &added, &err), ERR_DENIED);
	assert_ok(stock_add(w.h, &w.staff, in, NULL, &added, &err));
	assert_int_equal(added, 3);
	for (i = 0; i < ARRAY_LEN(wrong); i++) {
		js_set_str(in, "serials", wrong[i]);
		assert_err(stock_add(w.h, &w.staff, in, NULL, &added, &err), ERR_INPUT);
	}
	assert_err(stock_view(w.h, &w.staff, "A4", &m, &err), ERR_NOT_FOUND);
	assert_err(stock_list(w.h, &w.me, json_object_get(in, "none"), &m, &err), ERR_DENIED);
	assert_ok(scrap(&w, "A2", "到货损坏", &err));
	assert_err(scrap(&w, "A2", "到货损坏", &err), ERR_WRONG_STATE);
	assert_err(scrap(&w, "A3", "", &err), ERR_INPUT);
	assert_ok(stock_list(w.h, &w.staff, NULL, &m, &err));
	assert_int_equal(json_array_size(json_object_get(m, "rows")), 0);
	assert_int_equal(js_int(json_array_get(json_object_get(m, "batches"), 0), "total", 0), 3);
	assert_int_equal(js_int(json_array_get(json_object_get(m, "states"), MEDIUM_BLANK),
	    "count", 0), 2);
	assert_int_equal(js_int(json_array_get(json_object_get(m, "states"), MEDIUM_SCRAPPED),
	    "count", 0), 1);
	json_decref(m);
	json_decref(in);
	world_close(&w);
}

/* Two orders and one UKey: one winner; given up, or taken back, it is free again. */
void
test_medium__holds_one_lasting_certificate(void **state)
{
	struct err	err = {0};
	struct world	w;
	struct holder	a, b;

	(void)state;
	world_open(&w);
	receive(&w, "2026-11", "A1 A2");
	a = order_for(&w, "cskc01", "A1");
	b = order_for(&w, "cskc02", "A1");
	assert_ok(bind(&a, "A1", &err));
	assert_ok(bind(&a, "A1", &err));			/* again: harmless */
	assert_ukey(&w, "A1", "blank");
	assert_err(scrap(&w, "A1", "到货损坏", &err), ERR_WRONG_STATE);
	assert_ok(bind(&a, "A2", &err));			/* another one into the port */
	assert_ok(bind(&b, "A1", &err));			/* so this is free */
	assert_ok(store_write(w.store, free_run, &b, &err));
	assert_ok(bind(&a, "A1", &err));
	written(&a);
	assert_ukey(&w, "A1", "issued");
	assert_err(bind(&a, "A2", &err), ERR_CONFLICT);		/* it is in A1 */
	assert_err(bind(&b, "A1", &err), ERR_CONFLICT);
	assert_err(scrap(&w, "A1", "用户退回", &err), ERR_WRONG_STATE);
	(void)snprintf(b.o.op, sizeof(b.o.op), "renew");
	(void)snprintf(b.o.replaces, sizeof(b.o.replaces), "%.47s", a.serial);
	assert_ok(bind(&b, "A1", &err));			/* what it renews is in it */
	b.o.account++;
	assert_err(bind(&b, "A1", &err), ERR_CONFLICT);		/* somebody else's */
	b.o.account--;
	written(&b);
	assert_ok(store_write(w.store, end_run, &b, &err));
	assert_ok(scrap(&w, "A1", "用户退回", &err));
	assert_err(bind(&a, "A1", &err), ERR_WRONG_STATE);
	world_close(&w);
}

/* A re-issue leaves the old UKey: nothing is written into it. */
void
test_medium__a_reissue_wants_another_ukey(void **state)
{
	struct err	err = {0};
	struct world	w;
	struct holder	a, b;

	(void)state;
	world_open(&w);
	a = order_for(&w, "cskc01", "OWN-1");
	b = order_for(&w, "cskc02", "OWN-1");
	assert_ok(bind(&a, "OWN-1", &err));			/* never in stock: the own */
	written(&a);
	(void)snprintf(b.o.op, sizeof(b.o.op), "reissue");
	(void)snprintf(b.o.replaces, sizeof(b.o.replaces), "%.47s", a.serial);
	b.o.form = json_pack("{s:s}", "reissue_cause", "UKey遗失");
	assert_int_equal(op_leaves_medium(&b.o), MEDIUM_LOSE);
	assert_err(bind(&b, "OWN-1", &err), ERR_CONFLICT);
	js_set_str(b.o.form, "reissue_cause", "UKey损坏");
	assert_int_equal(op_leaves_medium(&b.o), MEDIUM_REPLACE);
	assert_err(bind(&b, "OWN-1", &err), ERR_CONFLICT);
	assert_ok(bind(&b, "OWN-2", &err));
	json_decref(b.o.form);
	world_close(&w);
}

static int64_t
broken_fee(struct world *w, const struct holder *p)
{
	struct err	 err = {0};
	json_t		*m = json_object(), *c = NULL;
	int64_t		 fee = 0;

	assert_ok(ops_model(w->h, &w->me, p->serial, m, &err));
	c = json_array_get(json_object_get(m, "reissue_causes"), 1);
	assert_string_equal(js_str(c, "id"), "broken");
	fee = strcmp(js_str(c, "fee"), "0.00") != 0;
	json_decref(m);
	return fee;
}

/* The year counts from the UKey's issue; a renewal into it begins no new one. */
void
test_medium__warranty_from_its_issue(void **state)
{
	struct err	err = {0};
	struct world	w;
	struct holder	a, b;

	(void)state;
	world_open(&w);
	a = order_for(&w, "cskc01", "OWN-1");
	b = order_for(&w, "cskc02", "OWN-1");
	assert_ok(bind(&a, "OWN-1", &err));
	written(&a);
	clock_shift(200 * CLOCK_DAY);
	(void)snprintf(b.o.op, sizeof(b.o.op), "renew");
	(void)snprintf(b.o.replaces, sizeof(b.o.replaces), "%.47s", a.serial);
	assert_ok(bind(&b, "OWN-1", &err));
	written(&b);
	clock_shift(165 * CLOCK_DAY - CLOCK_MINUTE);
	assert_int_equal(broken_fee(&w, &b), 0);
	clock_shift(2 * CLOCK_MINUTE);
	assert_int_equal(broken_fee(&w, &b), 1);
	clock_shift(-365 * CLOCK_DAY - CLOCK_MINUTE);
	world_close(&w);
}

#include "world.h"
#include "hall/certificate/eseal.h"
#include "hall/order/material.h"
#include "hall/order/order_row.h"

/* The electronic seal of an order: what it is, whence its picture comes, what it costs. */

static json_t *
eseal_form_person(const char *user_name, const char *seal)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s,"
	    " s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
	    "user_name", user_name, "person_name", "赵钱孙", "sex", "女", "org_name", "测试勘察单位一",
	    "department", "技术部", "mail", "zhao@example.com", "person_id_type", "resident-id",
	    "person_id_no", "11010519491231002X", "phone", "0731-12345678", "mobile", "18907311889",
	    "postcode", "410000", "province", "湖南省", "city", "长沙市", "address", "五一大道8888号",
	    "agent_name", "赵钱孙", "agent_phone", "18907311889", "agent_mail", "agent@example.com",
	    "agent_id_type", "resident-id", "agent_id_no", "11010519491231002X", "years", "1",
	    "question", "您的出生地是哪里？", "answer", "长沙", "medium", "ukey", "seal", seal);
}

/* An order that may take materials, of this product, with this answer to 电子印章. */
static void
eseal_order(struct world *w, const char *product, const char *user_name, const char *seal,
    char no[ORDER_NO])
{
	struct err	 err = {0};
	json_t		*form = strcmp(product, "org") == 0 ? world_form_org(user_name) :
			    eseal_form_person(user_name, seal);

	js_set_str(form, "seal", seal);
	assert_ok(order_create(w->h, &w->me, product, no, &err));
	(void)world_step(w, no, "agreement", json_pack("{s:s, s:s, s:s}", "agree_service", "1",
	    "agree_privacy", "1", "agree_sensitive", "1"));
	(void)world_step(w, no, "form", form);
	(void)world_step(w, no, "confirm", json_pack("{s:s}", "way", "download"));
	(void)world_step(w, no, "print", json_object());
}

static void
eseal_set_picture(struct world *w, const char *product, enum def_picture picture)
{
	struct def_product	*p = (struct def_product *)(uintptr_t)halldef_product(
				    hall_def(w->h), product);

	p->seal.picture = picture;
}

static int
eseal_upload(struct world *w, const char *no, const char *kind, const char *jpg, struct err *err)
{
	json_t	*row = NULL;
	int	 rc = material_add(w->h, &w->me, no, kind, jpg, strlen(jpg), &row, err);

	json_decref(row);
	return rc;
}

static void
eseal_sees(struct world *w, const char *no, const char *want)
{
	struct err	 err = {0};
	struct buf	 png = {0};

	buf_init(&png, LIMIT_FRAME);
	assert_ok(eseal_order_picture(w->h, &w->me, no, &png, &err));
	assert_string_equal(png.p, want);
	buf_free(&png);
}

struct eseal_look {
	struct hall	*h;
	const char	*no, *material;
	json_t		*seal, *model;
	bool		 wanted, required;
	int64_t		 amount, fee;
	char		 kind[16];
};

static int
eseal_look_run(struct db *db, void *arg, struct err *err)
{
	struct eseal_look	*l = arg;
	struct order		 o = {0};
	int			 rc = order_load(db, l->h, l->no, &o, err);

	if (rc < 0)
		return -1;
	l->amount = o.amount;
	l->fee = o.seal_fen;
	(void)snprintf(l->kind, sizeof(l->kind), "%s", eseal_kind(&o));
	if (l->material != NULL)
		rc = eseal_material(db, &o, l->material, &l->wanted, &l->required, err);
	if (rc == 0 && l->model != NULL)
		rc = eseal_picture_model(db, &o, l->model, err);
	if (rc == 0 && l->model == NULL && l->material == NULL)
		rc = eseal_statement(db, &o, &l->seal, err);
	order_release(&o);
	return rc;
}

static void
eseal_rule(struct world *w, const char *no, const char *material, bool wanted, bool required)
{
	struct err		 err = {0};
	struct eseal_look	 l = {.h = w->h, .no = no, .material = material};

	assert_ok(store_read(w->store, eseal_look_run, &l, &err));
	assert_int_equal(l.wanted, wanted);
	assert_int_equal(l.required, required);
}

void
test_eseal__kinds_and_fees(void **state)
{
	static const struct { const char *product, *seal, *kind; int64_t fee; } rows[] = {
		{ "org", "", "", 0 }, { "org", "no", "", 0 }, { "org", "yes", "stamp", 5000 },
		{ "person", "yes", "stamp", 5000 }, { "person", "signature", "signature", 5000 },
	};
	struct world	 w;
	struct err	 err = {0};
	json_t		*form = world_form_org("sealx"), *errors = json_array();
	const char	*next = NULL;
	char		 no[ORDER_NO], name[16];
	size_t		 i = 0;

	(void)state;
	world_open(&w);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		struct eseal_look	 l = {.h = w.h, .no = no, .material = "licence"};

		(void)snprintf(name, sizeof(name), "seal%zu", i);
		eseal_order(&w, rows[i].product, name, rows[i].seal, no);
		assert_ok(store_read(w.store, eseal_look_run, &l, &err));
		assert_string_equal(l.kind, rows[i].kind);
		assert_int_equal(l.fee, rows[i].fee);
		assert_int_equal(l.amount, 34000 + rows[i].fee);
	}
	/* nobody signs by hand for an organisation */
	assert_ok(order_create(w.h, &w.me, "org", no, &err));
	(void)world_step(&w, no, "agreement", json_pack("{s:s, s:s, s:s}", "agree_service", "1",
	    "agree_privacy", "1", "agree_sensitive", "1"));
	js_set_str(form, "seal", "signature");
	assert_err(step_accept(w.h, &w.me, no, "form", form, errors, &next, &err), ERR_INPUT);
	json_decref(form);
	json_decref(errors);
	world_close(&w);
}

void
test_eseal__the_picture_follows_the_specimen(void **state)
{
	struct world		 w;
	struct err		 err = {0};
	char			 no[ORDER_NO];
	struct eseal_look	 l = {.no = no};

	(void)state;
	world_open(&w);
	l.h = w.h;
	memset(&world_seals, 0, sizeof(world_seals));
	eseal_order(&w, "org", "sealp", "yes", no);
	assert_err(store_read(w.store, eseal_look_run, &l, &err), ERR_CONFLICT);	/* never looked at */
	err_clear(&err);
	eseal_sees(&w, no, "drawn 测试勘察单位一");
	eseal_sees(&w, no, "drawn 测试勘察单位一");
	assert_int_equal(world_seals.draws, 1);				/* kept */
	assert_err(eseal_upload(&w, no, ESEAL_SPECIMEN, "JPEG-BAD", &err), ERR_INPUT);
	err_clear(&err);
	assert_ok(eseal_upload(&w, no, ESEAL_SPECIMEN, "JPEG-1", &err));
	/* the approval must not name what nobody saw */
	assert_err(store_read(w.store, eseal_look_run, &l, &err), ERR_CONFLICT);
	err_clear(&err);
	eseal_sees(&w, no, "cut JPEG-1");
	assert_int_equal(world_seals.kind, DOC_SEAL_ORGANISATION);
	assert_ok(store_read(w.store, eseal_look_run, &l, &err));
	assert_string_equal(js_str(l.seal, "kind"), "stamp");
	assert_int_equal(js_int(l.seal, "width", 0), 40);
	json_decref(l.seal);
	assert_ok(material_delete(w.h, &w.me, no, ESEAL_SPECIMEN, &err));
	eseal_sees(&w, no, "drawn 测试勘察单位一");
	world_close(&w);
}

void
test_eseal__where_the_hall_takes_pictures_from(void **state)
{
	struct world	 w;
	struct err	 err = {0};
	char		 no[ORDER_NO];

	(void)state;
	world_open(&w);
	eseal_order(&w, "org", "sealh", "yes", no);
	eseal_rule(&w, no, ESEAL_SPECIMEN, true, false);
	eseal_rule(&w, no, ESEAL_SIGNATURE, false, false);
	eseal_set_picture(&w, "org", PICTURE_SPECIMEN);
	eseal_rule(&w, no, ESEAL_SPECIMEN, true, true);
	assert_err(eseal_prepare(w.h, &w.me, no, NULL, &err), ERR_WRONG_STATE);
	assert_non_null(strstr(err.text, "还没有上传签章印模"));
	err_clear(&err);
	assert_ok(eseal_upload(&w, no, ESEAL_SPECIMEN, "JPEG-1", &err));
	eseal_sees(&w, no, "cut JPEG-1");
	eseal_set_picture(&w, "org", PICTURE_DRAWN);
	eseal_rule(&w, no, ESEAL_SPECIMEN, false, false);
	eseal_sees(&w, no, "drawn 测试勘察单位一");			/* whatever lies there */
	assert_err(eseal_upload(&w, no, ESEAL_SPECIMEN, "JPEG-1", &err), ERR_WRONG_STATE);
	world_close(&w);
}

void
test_eseal__a_signature_is_never_drawn(void **state)
{
	struct world		 w;
	struct err		 err = {0};
	char			 no[ORDER_NO];
	struct eseal_look	 l = {.no = no};

	(void)state;
	world_open(&w);
	l.h = w.h;
	eseal_set_picture(&w, "person", PICTURE_DRAWN);			/* of stamps */
	eseal_order(&w, "person", "sealg", "signature", no);
	eseal_rule(&w, no, ESEAL_SIGNATURE, true, true);
	eseal_rule(&w, no, ESEAL_SPECIMEN, false, false);
	l.model = json_object();
	assert_ok(store_read(w.store, eseal_look_run, &l, &err));
	assert_string_equal(js_str(l.model, "seal_kind_text"), "手写签名");
	assert_false(js_bool(l.model, "seal_shown"));
	json_decref(l.model);
	l.model = NULL;
	assert_err(store_read(w.store, eseal_look_run, &l, &err), ERR_WRONG_STATE);
	err_clear(&err);
	assert_err(eseal_prepare(w.h, &w.me, no, NULL, &err), ERR_WRONG_STATE);
	err_clear(&err);
	assert_err(eseal_upload(&w, no, ESEAL_SPECIMEN, "JPEG-1", &err), ERR_WRONG_STATE);
	err_clear(&err);
	assert_ok(eseal_upload(&w, no, ESEAL_SIGNATURE, "JPEG-2", &err));
	eseal_sees(&w, no, "cut JPEG-2");
	assert_int_equal(world_seals.kind, DOC_SEAL_SIGNATURE);
	assert_ok(store_read(w.store, eseal_look_run, &l, &err));
	assert_string_equal(js_str(l.seal, "kind"), "signature");
	json_decref(l.seal);
	world_close(&w);
}

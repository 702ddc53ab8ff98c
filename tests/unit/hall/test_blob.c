#include "world.h"
#include "hall/blob.h"
#include "hall/petition/petition.h"

/* Pictures that nothing has any more go after a while; what an order has stays. */

static const char	*blob_no;		/* the order that is looked at */
static char		 blob_name[BLOB_NAME];

static int
blob_name_run(struct db *db, void *arg, struct err *err)
{
	struct world	*w = world_now;
	struct order	 o = {0};
	struct rows	*rows = NULL;
	int		 rc = order_load(db, w->h, blob_no, &o, err);

	if (rc == 0)
		rc = db_one(db, SQL_MATERIAL_GET, &rows, err, DB_INT(o.id), DB_TEXT(arg));
	if (rc == 0)
		(void)snprintf(blob_name, sizeof(blob_name), "%s", rows_text(rows, 0));
	rows_free(rows);
	order_release(&o);
	return rc;
}

static void
material_blob(struct world *w, const char *no, const char *kind, char name[BLOB_NAME])
{
	struct err	err = {0};
	char		text[32];

	blob_no = no;
	(void)snprintf(text, sizeof(text), "%s", kind);
	assert_ok(store_read(w->store, blob_name_run, text, &err));
	memcpy(name, blob_name, BLOB_NAME);
}

static int
blob_is_run(struct db *db, void *arg, struct err *err)
{
	struct buf	out;
	int		rc = 0;

	buf_init(&out, 65536);
	rc = blob_get(db, world_now->h, arg, &out, err);
	buf_free(&out);
	return rc;
}

static bool
blob_is(struct world *w, char name[BLOB_NAME])
{
	struct err	err = {0};

	return store_read(w->store, blob_is_run, name, &err) == 0;
}

static int
blob_tick_run(struct db *db, void *arg, struct err *err)
{
	(void)arg;
	for (const struct gate_part *p = hall_sink.tick; p->name != NULL; p++)
		if (p->run(db, clock_now(), err) < 0)
			return -1;
	return 0;
}

static void
later(struct world *w, int64_t ms)
{
	struct err	err = {0};

	clock_shift(ms);
	assert_ok(store_write(w->store, blob_tick_run, NULL, &err));
}

static void
upload(struct world *w, const char *no, const char *bytes)
{
	struct err	 err = {0};
	json_t		*row = NULL;

	assert_ok(material_add(w->h, &w->me, no, "licence", bytes, strlen(bytes), &row, &err));
	json_decref(row);
}

void
test_blob__a_replaced_picture_goes_after_thirty_days(void **state)
{
	struct world	w;
	char		no[2][ORDER_NO], old[BLOB_NAME], fresh[BLOB_NAME], shared[BLOB_NAME];

	(void)state;
	world_open(&w);
	world_order(&w, "blob1", "window", no[0]);
	world_order(&w, "blob2", "window", no[1]);
	upload(&w, no[0], "JPEG-old");
	material_blob(&w, no[0], "licence", old);
	upload(&w, no[0], "JPEG-both");
	material_blob(&w, no[0], "licence", shared);
	upload(&w, no[1], "JPEG-both");
	upload(&w, no[0], "JPEG-new");			/* the other order still has the same */
	material_blob(&w, no[0], "licence", fresh);
	later(&w, BLOB_KEPT - CLOCK_MINUTE);
	assert_true(blob_is(&w, old));
	later(&w, 2 * CLOCK_MINUTE);
	assert_false(blob_is(&w, old));
	assert_true(blob_is(&w, shared));
	assert_true(blob_is(&w, fresh));
	upload(&w, no[0], "JPEG-old");			/* comes back, and is let go again */
	assert_true(blob_is(&w, old));
	upload(&w, no[0], "JPEG-new");
	later(&w, CLOCK_MINUTE);
	assert_true(blob_is(&w, old));
	later(&w, BLOB_KEPT);
	assert_false(blob_is(&w, old));
	assert_true(blob_is(&w, fresh));
	clock_shift(-2 * BLOB_KEPT - 2 * CLOCK_MINUTE);
	world_close(&w);
}

/* What was uploaded for a petition that was never filed. */
void
test_blob__pictures_of_a_draft_go_with_it(void **state)
{
	struct err	 err = {0};
	struct world	 w;
	struct who	 visitor = {.address = "192.0.2.61"};
	json_t		*in = NULL, *errors = json_array();
	char		 ref[PETITION_REF];
	const char	*type = NULL;
	struct buf	 out;

	(void)state;
	world_open(&w);
	in = world_captcha(&w, &visitor, json_object());
	assert_ok(code_send(w.h, &visitor, CODE_NUMBER, "mobile", "13912340009", in, errors, &err));
	js_set_str(in, "login", WORLD_MOBILE);
	js_set_str(in, "name", "赵钱孙");
	js_set_str(in, "id_no", "11010519491231002X");
	js_set_str(in, "note", "原号码已销号");
	js_set_str(in, "mobile", "13912340009");
	js_set_str(in, "code", world_sms_code(&w));
	assert_ok(petition_begin_mobile(w.h, &visitor, in, errors, ref, &err));
	assert_ok(petition_picture_add(w.h, &visitor, ref, "id_front", "JPEG-1", 6, &err));
	buf_init(&out, 65536);
	assert_ok(petition_picture_read(w.h, &visitor, ref, "id_front", &out, &type, &err));
	later(&w, CLOCK_DAY + CLOCK_MINUTE);		/* the draft has expired */
	assert_err(petition_picture_read(w.h, &visitor, ref, "id_front", &out, &type, &err),
	    ERR_NOT_FOUND);
	clock_shift(-CLOCK_DAY - CLOCK_MINUTE);
	buf_free(&out);
	json_decref(errors);
	json_decref(in);
	world_close(&w);
}

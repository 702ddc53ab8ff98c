#include "base/base.h"
#include "hall/payment/bundle.h"

#include "base/str.h"
#include "hall/act.h"
#include "hall/journal.h"

/* Bundles at the server: looked at, and given up for their holder. */

#define BUNDLE_LISTED	100

static int
bundle_need_system(const struct who *who, struct err *err)
{
	return who->system ? 0 : err_set(err, ERR_DENIED, "只在服务器上办理。");
}

static int
bundle_list_run(struct db *db, struct act *a, struct err *err)
{
	struct rows	*rows = NULL;
	json_t		*list = json_array(), *j = NULL;
	int		 rc = 0;

	a->model = json_pack("{s:o}", "rows", list);
	if (db_query(db, SQL_BUNDLE_ALL, &rows, err, DB_INT(BUNDLE_LISTED)) < 0)
		return -1;
	while ((rc = rows_next(rows, err)) > 0) {
		j = json_pack("{s:s}", "no", rows_text(rows, 0));
		js_set_time(j, "created", rows_int(rows, 1));
		js_set_int(j, "n", rows_int(rows, 2));
		js_set_int(j, "n_done", rows_int(rows, 3));
		js_set_int(j, "n_over", rows_int(rows, 4));
		js_set_int(j, "n_paid", rows_int(rows, 5));
		(void)json_array_append_new(list, j);
	}
	rows_free(rows);
	return rc;
}

int
bundle_list(struct hall *h, const struct who *who, json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who};

	if (bundle_need_system(who, err) < 0)
		return -1;
	return act_model(&a, act_read(&a, bundle_list_run, err), model);
}

static int
bundle_cancel_run(struct db *db, struct act *a, struct err *err)
{
	struct bundle	b;

	if (bundle_load(db, a->who, a->name, &b, err) < 0)
		return -1;
	return hall_journal_add(db, a->who, "bundle.cancel", b.no, a->p, err);
}

/* One order, by itself: its refund, notice and events are those of any cancelled order. */
static int
bundle_cancel_one(struct hall *h, const struct who *who, const char *no, const char *reason,
    json_t *model, struct err *err)
{
	struct err	why = { .kind = ERR_NONE };

	if (order_cancel(h, who, no, reason, &why) == 0)
		return json_array_append_new(json_object_get(model, "cancelled"), json_string(no));
	if (why.kind != ERR_WRONG_STATE && why.kind != ERR_CONFLICT) {
		*err = why;
		return -1;
	}
	return json_array_append_new(json_object_get(model, "kept"), json_pack("{s:s, s:s}", "no",
	    no, "why", why.text));
}

int
bundle_cancel(struct hall *h, const struct who *who, const char *no, const char *reason,
    json_t **model, struct err *err)
{
	struct act	a = {.h = h, .who = who, .name = no, .p = reason};
	json_t		*view = NULL, *o = NULL;
	size_t		 i = 0;
	int		 rc = -1;

	if (bundle_need_system(who, err) < 0)
		return -1;
	if (utf8_count(reason) < 2)
		return err_set(err, ERR_INPUT, "请写明取消的原因。");
	*model = json_pack("{s:[], s:[]}", "cancelled", "kept");
	if (bundle_view(h, who, no, &view, err) == 0)
		rc = act_write(&a, bundle_cancel_run, err);
	json_array_foreach(json_object_get(view, "orders"), i, o)
		if (rc == 0 && !js_bool(o, "is_over"))
			rc = bundle_cancel_one(h, who, js_str(o, "no"), reason, *model, err);
	json_decref(view);
	if (rc < 0) {
		json_decref(*model);
		*model = NULL;
	}
	return rc;
}
